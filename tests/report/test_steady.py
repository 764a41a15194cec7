"""How steady the verdict of a claim is, from what its comparisons say of theirs."""

import pytest

from indicators.report import steady
from indicators.report.verdicts import by_claim
from tests.report.judged import EVIDENCE, case

STEADY = {"by": [0.0, 3.0], "seeds_out": 1, "interval": 98, "seeds_needed": None}


def compared(verdict="supported", seeds=5, effect=0.1234, band=False, **about):
    told = {"verdict": verdict, "seeds": seeds, "effect": effect, "band": band}
    return EVIDENCE | told | {"steady": STEADY | about}


def claim(*evidence, in_thirds=None):
    cases = [
        case("A3", found["verdict"], evidence=[found], parameters=str(k), place=[9, k], in_thirds=in_thirds)
        for k, found in enumerate(evidence)
    ]
    return by_claim(cases)[0]


@pytest.mark.parametrize(
    ("about", "checks"),
    [
        ({}, (True, True, True, None)),
        ({"by": [0.0, 1.9]}, (False, True, True, None)),
        ({"by": [0.6, None]}, (False, True, True, None)),
        ({"by": [0.5, None]}, (True, True, True, None)),
        ({"by": None}, (None, True, True, None)),
        ({"interval": 95}, (True, False, True, None)),
        ({"seeds_out": 0}, (True, True, False, None)),
        ({"seeds_out": 0, "seeds": 3}, (True, True, None, None)),
    ],
)
def test_checks_by_hand(about, checks):
    assert steady.checks(claim(compared(**about))) == checks


def test_thirds_are_told_by_their_verdict():
    assert steady.checks(claim(compared(), in_thirds="supported")).thirds is True
    assert steady.checks(claim(compared(), in_thirds="inconclusive")).thirds is False


def test_what_is_supported_bears_what_all_of_its_cases_bear_and_what_is_refuted_what_one_does():
    weak = {"interval": 90}

    assert steady.checks(claim(compared(), compared(**weak))).interval is False
    refuted = claim(compared("refuted"), compared("refuted", **weak), compared("supported", **weak))
    assert steady.checks(refuted).interval is True
    assert steady.shown(refuted) == "3/3"


@pytest.mark.parametrize(
    ("evidence", "count"),
    [
        pytest.param([compared("inconclusive", effect=0.5, seeds_needed=7)], 7, id="one that would stand"),
        pytest.param([compared("inconclusive", effect=0.5, seeds_needed=n) for n in (7, 12)], 12, id="all have to"),
        pytest.param(
            [compared("inconclusive", effect=e, seeds_needed=n) for e, n in ((0.5, 7), (0.0, 9))],
            9,
            id="one would fall",
        ),
        pytest.param(
            [compared("inconclusive", effect=0.5, seeds_needed=n) for n in (7, None)], None, id="one stays open"
        ),
        pytest.param([compared("inconclusive", effect=0.5, band=True, seeds_needed=4)], 4, id="beyond a band"),
        pytest.param([compared("supported")], None, id="nothing open"),
    ],
)
def test_seeds_that_would_decide(evidence, count):
    assert steady.seeds_needed(claim(*evidence)) == count


def test_words():
    assert steady.shown(claim(compared())) == "3/3"
    assert steady.shown(claim(compared("inconclusive", seeds_needed=12))) == "n 12"
    assert steady.shown(claim(compared("inconclusive"))) == f"n >{steady.MOST_SEEDS}"
    assert steady.shown(claim(EVIDENCE | {"verdict": "consistent"})) == ""
