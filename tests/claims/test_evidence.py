import json
import math
from contextlib import suppress

import pytest

from indicators.claims.evidence import VERDICTS, Evidence, Undecided, overall, stands
from indicators.claims.intervals import judge
from indicators.errors import NotApplicable
from tests.claims.arrays import contrast


def evidence(verdict):
    return Evidence(verdict, 0.1, None, None, 0.05, 1, "a - b", "points", "1 seed", None, (0.1,))


@pytest.mark.parametrize(
    ("verdict", "answer"),
    [("supported", True), ("consistent", True), ("refuted", False), ("contradicted", False)],
)
def test_decided_evidence_is_true_or_false(verdict, answer):
    assert bool(evidence(verdict)) is answer
    assert stands(verdict) is answer


@pytest.mark.parametrize("verdict", ["inconclusive", "not applicable", "error"])
def test_undecided_evidence_has_no_truth_and_raises_itself(verdict):
    undecided = evidence(verdict)

    with pytest.raises(Undecided, match="1 seed") as caught:
        bool(undecided)

    assert caught.value.evidence is undecided
    assert stands(verdict) is None


@pytest.mark.parametrize("verdict", ["supported", "refuted", "inconclusive"])
def test_evidence_knows_whether_it_was_asked_and_is_equal_all_the_same(verdict):
    asked, other = evidence(verdict), evidence(verdict)

    with suppress(Undecided):
        bool(asked)

    assert (asked.asserted, other.asserted) == (True, False)
    assert asked == other
    assert asked.as_dict() == other.as_dict()


def test_what_cannot_be_measured_is_not_an_undecided_comparison():
    assert not issubclass(NotApplicable, Undecided)
    assert not issubclass(Undecided, NotApplicable)


def test_evidence_says_verdict_effect_and_reason():
    assert str(evidence("consistent")) == "consistent: a - b = 0.1 points (1 seed)"


def test_evidence_with_an_interval_survives_strict_json():
    found = judge(contrast(0.1, 0.12, 0.14), by=0.05, unit="points")

    read = json.loads(json.dumps(found.as_dict(), allow_nan=False))

    assert read["values"] == [0.1, 0.12, 0.14]
    assert (read["low"], read["high"], read["p"]) == (found.low, found.high, found.p)
    assert set(read) == set(Evidence.__dataclass_fields__) - {"_asserted"}


def test_evidence_without_seeds_is_inconclusive_and_survives_strict_json():
    found = judge(contrast(), by=0.05, unit="points")

    assert (found.verdict, found.seeds) == ("inconclusive", 0)
    assert math.isnan(found.effect)
    assert json.loads(json.dumps(found.as_dict(), allow_nan=False))["effect"] is None
    assert str(found) == "inconclusive: too few seeds"


@pytest.mark.parametrize(
    ("cases", "verdict"),
    [
        (["supported", "supported"], "supported"),
        (["supported", "consistent"], "consistent"),
        (["supported", "inconclusive"], "inconclusive"),
        (["consistent", "contradicted", "inconclusive"], "contradicted"),
        (["refuted", "contradicted", "supported"], "refuted"),
        (["error", "refuted"], "error"),
        (["not applicable", "not applicable"], "not applicable"),
        (["not applicable", "supported"], "supported"),
        (["not applicable", "refuted"], "refuted"),
    ],
)
def test_verdict_of_a_claim_from_its_cases(cases, verdict):
    assert overall(cases) == overall(cases[::-1]) == verdict


@pytest.mark.parametrize("verdict", VERDICTS)
def test_a_single_case_is_the_claim(verdict):
    assert overall([verdict]) == verdict


@pytest.mark.parametrize("cases", [[], ["supported", "true"]])
def test_a_claim_without_known_verdicts_has_none(cases):
    with pytest.raises(ValueError, match="verdicts="):
        overall(cases)
