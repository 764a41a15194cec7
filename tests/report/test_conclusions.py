"""The table of the thesis's conclusions: what it takes from the verdicts of several studies."""

from pathlib import Path

import pytest

from indicators.claims import reading
from indicators.report.conclusions import CONCLUSIONS, Answer, answered, to_markdown
from indicators.report.overview import read_document, shipped

README = Path(__file__).parents[2] / "README.md"
STUDIES = {
    "thesis-2019": "2019",
    "cifar10-vgg16-recorded": "full",
    "cifar10-quarter-recorded": "quarter",
    "cifar10-mini-recorded": "mini",
}


def row(name, verdict, *, p=None, p_refuted=None):
    adjusted = {"p": p, "adjusted_p": p, "p_refuted": p_refuted, "adjusted_p_refuted": p_refuted}
    return {"id": name, "verdict": verdict, "cases": [], **adjusted}


def of_one(*rows):
    """What one study with these claims answers, by the first claim of each conclusion."""
    return {found.conclusion.claims[0]: found for found in answered([{"claims": list(rows)}])}


def test_conclusions_name_claims_that_there_are():
    known = {claim.id for claim in reading.read()}

    named = {name for one in CONCLUSIONS for name in (*one.claims, one.control) if name}
    assert named <= known


def test_of_several_claims_all_have_to_hold():
    both = of_one(row("A2", "supported", p=0.01), row("S2", "inconclusive"))

    assert both["A2"].claims == (Answer("inconclusive", weak=False),)
    assert "A2" not in of_one(row("A2", "supported", p=0.01))


@pytest.mark.parametrize(
    ("claim", "weak"),
    [
        (row("G5", "supported", p=0.04), False),
        (row("G5", "supported", p=0.06), True),
        (row("G5", "refuted", p=0.9, p_refuted=0.04), False),
        (row("G5", "refuted", p=0.9, p_refuted=0.2), True),
        (row("G5", "consistent"), False),
    ],
)
def test_a_verdict_that_does_not_hold_among_so_many_is_marked(claim, weak):
    found = of_one(claim)["G5"]

    assert found.claims == (Answer(claim["verdict"], weak),)
    assert found.control == (None,)
    assert ("°" in to_markdown([found], ["mine"]).splitlines()[2]) == weak


def test_readme_answers_every_conclusion_by_the_published_verdicts():
    documents = [read_document(shipped(name)) for name in STUDIES]

    assert to_markdown(answered(documents), list(STUDIES.values())) in README.read_text()
