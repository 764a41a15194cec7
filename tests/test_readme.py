"""What README says of verdicts is so."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from indicators import claims
from indicators.specs import load_study

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CLAIMS = [claim for claim in claims.read() if claim.tier not in ("identity", "control")]
CONTROLS = [claim for claim in claims.read() if claim.tier == "control"]


def verdicts(study):
    return json.loads((ROOT / f"hypotheses/{study}.json").read_text(encoding="utf-8"))["verdicts"]


def counts(study, of, words):
    found = Counter(verdicts(study)[claim.id] for claim in of)
    return ", ".join(str(found[word]) for word in words.split(", "))


def test_the_findings_by_theme_are_those_of_the_committed_verdicts():
    rows = re.findall(r"^\| (\w+) \| (\d+)" + r" \| ([\d, ]+)" * 4 + r" \|$", README, re.MULTILINE)
    of_one_seed, of_several = "consistent, contradicted, inconclusive", "supported, refuted, inconclusive"

    def row(theme):
        mine, beside = ([claim for claim in of if claim.theme == theme] for of in (CLAIMS, CONTROLS))
        single = (counts(study, mine, of_one_seed) for study in ("thesis-2019", "cifar10-quarter-recorded"))
        mini = (counts("cifar10-mini-recorded", of, of_several) for of in (mine, beside))
        return (theme, str(len(mine)), *single, *mini)

    assert rows == [row(theme) for theme in dict.fromkeys(claim.theme for claim in CLAIMS)]


@pytest.mark.parametrize(("kind", "of"), [("claims", CLAIMS), ("controls", CONTROLS)])
def test_the_counts_below_the_table_are_those_of_the_committed_verdicts(kind, of):
    found = Counter(verdicts("cifar10-mini-recorded")[claim.id] for claim in of)

    shown = ", ".join(f"{found[word]} {word}" for word in ("supported", "refuted", "inconclusive"))

    assert f"    {kind}: {shown}" in README


def test_the_one_seed_of_quarter_stands_beside_mini_as_is_said():
    quarter, mini = verdicts("cifar10-quarter-recorded"), verdicts("cifar10-mini-recorded")

    def where(of, beside="", among=CLAIMS):
        return sorted(claim.id for claim in among if mini[claim.id] == of and beside in ("", quarter[claim.id]))

    held, fell = where("supported", "contradicted"), where("refuted", "consistent")
    said = (
        f"of the {len(where('supported'))} claims that mini supports, it is consistent with "
        f"{len(where('supported', 'consistent'))} and contradicts {len(held)} ({', '.join(held)}); "
        f"of the {len(where('refuted'))} that mini refutes, it contradicts {len(where('refuted', 'contradicted'))} "
        f"and is consistent with {len(fell)} ({', '.join(fell)})."
    )
    assert said in " ".join(README.split())
    of_labels = [claim.id for claim in CLAIMS + CONTROLS if claim.id.partition(".")[0] == "A26"]
    assert {quarter[name] for name in of_labels} == {"consistent"}
    assert {quarter[name] for name in ("A16", "A6")} <= {"inconclusive", "contradicted"}


def test_seeds_and_networks_are_those_that_are_published():
    seeds = load_study("cifar10-mini-recorded").seeds

    assert seeds == 10
    assert f"ten seeds of small networks ({9 * seeds} trained, {seeds} untrained)" in README
