"""What the claims say of themselves, read from their source."""

import json
import re

import pytest

from indicators.claims import reading
from indicators.errors import InputError
from indicators.measures.catalog import INDICATORS
from tests.worlds.claims import claims as imported

EXAMPLE = '''
import pytest
from indicators.claims.verbs import less, more

LEAST = 0.02

@pytest.mark.claim("A1", tier="core", section="8.1", figures="8.2", premise="separated levels", expected=0.5)
@pytest.mark.parametrize("optimizer", ["sgd", "layca"])
def test_first(study, optimizer):
    """The sentence,
    on two lines.

    And what must be explained.
    """
    nmi = layers_in(study["pairwise_nmi"], LAST)
    floor = study.untrained("label_nmi", statistics="estimated")

    # Half of what was found.
    assert more(nmi - floor, {"optimizer": optimizer}, than=0, by=LEAST, unit="NMI")
    assert less(nmi, {}, than=1, by=0.1)

def helper(study):
    return study["entropy"]

@pytest.mark.claim("A1", tier="core", section="8.1", needs="a sweep")
def test_second(study):
    """Another part."""
    # Because.
    assert more(study["accuracy_by_rate"], {}, than=0, by=0.1)

@pytest.mark.claim("A2", tier="control", section="8.1")
def test_third(study):
    """A third."""
    assert tracks(study["entropy"], study["accuracy"], within="recipe", by=0.3)

@pytest.mark.claim("A2", tier="control", section="8.1")
def test_along_factors(study):
    """Along factors."""
    widths = study.over("width")["entropy"]
    depths = study.over("depth").each(lambda deep: layers_in(deep["pairwise_nmi"], LAST).mean("layer"))
    wide = study.at("width", 2).untrained("label_nmi").sel(part="last")
    # By a tenth.
    assert more(widths - study.at("width", WIDE)["accuracy"], {"width": 2}, than={"width": 1}, by=0.1)

@pytest.mark.claim("A3", tier="core", section="8.1")
def test_fourth(study):
    """A fourth."""
    assert same(study["entropy"], {}, as_=1, within=0.2)
'''


@pytest.fixture
def example(tmp_path):
    (tmp_path / "test_2_nets.py").write_text(EXAMPLE)
    return reading.read(tmp_path)


def test_a_claim_is_read_with_all_of_its_tests(example):
    claim, *_ = example

    assert (claim.id, claim.tier, claim.theme, claim.section) == ("A1", "core", "nets", "8.1")
    assert (claim.figures, claim.premise, claim.file) == ("8.2", "separated levels", "test_2_nets.py")
    assert claim.sentence == "The sentence, on two lines."
    first, second = claim.comparisons
    assert (first.test, first.verb, first.by, first.expected) == ("test_first", "more", 0.02, 0.5)
    assert first.quantities == ("pairwise_nmi", "label_nmi")
    assert first.layers == ("LAST",)
    assert first.reason == "Half of what was found."
    assert first.parameters == {"optimizer": "['sgd', 'layca']"}
    assert first.compared[0] == "more(nmi - floor, {'optimizer': optimizer}, than=0, by=LEAST, unit='NMI')"
    assert len(first.compared) == 2
    assert (second.sentence, second.expected) == ("Another part.", pytest.approx(0.3))


def test_measurements_of_networks_along_a_factor_are_read_and_factors_are_none(example):
    along = example[1].comparisons[1]

    assert along.quantities == ("entropy", "pairwise_nmi", "label_nmi", "accuracy")


def test_what_counts_is_read_from_the_word_that_its_verb_has_for_it(example):
    assert [test.by for claim in example[1:] for test in claim.comparisons] == [0.3, 0.1, 0.2]


def test_a_folder_without_claims_and_a_file_that_is_no_python_are_named(tmp_path):
    with pytest.raises(InputError, match=r"holds no claims; expected files test_\*\.py"):
        reading.read(tmp_path)
    (tmp_path / "test_1_broken.py").write_text("x = (\n")
    with pytest.raises(InputError, match=r"test_1_broken.py, line 1: .*; correct it there"):
        reading.read(tmp_path)


@pytest.mark.parametrize(
    ("name", "theme"), [("test_3_weights.py", "weights"), ("test_mine.py", "mine"), ("weights.py", "")]
)
def test_the_theme_of_a_file_is_in_its_name(name, theme):
    assert reading.theme(name) == theme


# The claims of the suite


SUITE = reading.read()
TESTS = [pytest.param(claim, test, id=f"{claim.theme}:{test.test}") for claim in SUITE for test in claim.comparisons]


def test_what_is_read_is_what_is_run():
    read = {(claim.id, test.test, test.verb, test.by) for claim in SUITE for test in claim.comparisons}

    assert read == {(found.id, found.test, found.verb, found.by) for found in imported()}


@pytest.mark.parametrize(("claim", "test"), TESTS)
def test_a_claim_says_what_it_compares_and_why(claim, test):
    assert test.sentence.endswith(".")
    assert test.quantities
    assert test.verb in reading.VERBS
    assert test.reason
    assert test.by >= 0
    assert test.expected > test.by or test.verb == "same" or (claim.tier == "identity")
    assert set(test.quantities) <= set(INDICATORS) or claim.needs


@pytest.mark.parametrize("claim", SUITE, ids=lambda claim: claim.id)
def test_a_claim_has_its_place(claim):
    assert re.fullmatch(r"[TOWPASGX]\d+(\.[a-z0-9-]+)?", claim.id)
    assert claim.tier in ("core", "secondary", "extension", "identity", "control")
    assert ("." in claim.id) is (claim.tier == "control")
    assert re.fullmatch(r"[6789](\.\d+)*(, [6789](\.\d+)*)*|Abstract.*", claim.section)


def test_every_testable_claim_of_the_thesis_is_there_and_no_control_stands_alone():
    letters = {"T": 12, "O": 18, "W": 33, "P": 14, "A": 41, "S": 26}
    expected = {f"{letter}{number}" for letter, last in letters.items() for number in range(1, last + 1)}
    # G1 and X9 are no statements about what can be measured; W29 says what W26 did, A1, A2, A3 and A26 what X12 did.
    expected |= {f"G{number}" for number in range(2, 9)} | {f"X{number}" for number in range(1, 16)}
    expected -= {"W26", "X9", "X12"}
    found = {claim.id for claim in SUITE}

    assert {name for name in found if "." not in name} == expected
    assert {name.partition(".")[0] for name in found} == expected
    assert sum(claim.tier == "identity" for claim in SUITE) == 8


def test_no_two_tests_have_the_same_name():
    names = [test.test for claim in SUITE for test in claim.comparisons]

    assert len(set(names)) == len(names)


def test_at_most_twenty_five_claims_need_what_no_study_has():
    assert len([claim.id for claim in SUITE if claim.needs]) <= 25


def test_everything_is_json():
    assert json.loads(json.dumps([claim.as_dict() for claim in SUITE]))[0]["id"] == SUITE[0].id
