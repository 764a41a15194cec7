"""`more`, `less` and `same` reach every verdict."""

import numpy as np
import pytest

from indicators.claims.verbs import less, more, same
from tests.claims.arrays import SGD, SGD_HIGH, cells, one_seed, shifted


@pytest.mark.parametrize(
    ("shift", "seeds", "up", "down"),
    [
        (0.1, 3, "supported", "refuted"),
        (0.01, 3, "refuted", "refuted"),
        (0.05, 3, "inconclusive", "refuted"),
        (0.1, 1, "consistent", "contradicted"),
        (0.02, 2, "inconclusive", "contradicted"),
    ],
)
def test_more_and_less_reach_both_verdicts(shift, seeds, up, down):
    values = shifted(shift, seeds)

    assert more(values, SGD_HIGH, than={"level": "low"}, by=0.05).verdict == up
    assert less(values, SGD_HIGH, than={"level": "low"}, by=0.05).verdict == down


def test_an_effect_of_exactly_what_counts_does_not_count_however_it_is_rounded():
    for high, low, by in [(0.85, 0.84, 0.01), (0.3, 0.1, 0.2), (0.7, 0.6, 0.1), (0.1 + 0.2, 0.3, 0.0)]:
        for kind in (np.float64, np.float32):
            values = one_seed([low, low, high], [0, 0, 0], [0, 0, 0]).astype(kind)
            thrice = cells(np.repeat(values.values, 3, axis=0)).astype(kind)

            assert more(values, SGD_HIGH, than={"level": "low"}, by=by).verdict == "inconclusive"
            assert more(thrice, SGD_HIGH, than={"level": "low"}, by=by).verdict == "inconclusive"
            assert same(values, SGD_HIGH, as_={"level": "low"}, within=by).verdict == "consistent"


@pytest.mark.parametrize(
    ("shift", "seeds", "verdict"),
    [
        (0.0, 3, "supported"),
        (0.02, 3, "inconclusive"),
        (0.1, 3, "refuted"),
        (-0.1, 3, "refuted"),
        (0.01, 1, "consistent"),
        (-0.03, 1, "contradicted"),
    ],
)
def test_same_reaches_both_verdicts(shift, seeds, verdict):
    assert same(shifted(shift, seeds), SGD_HIGH, as_={"level": "low"}, within=0.02).verdict == verdict


def test_measurements_that_are_zero_everywhere_show_no_effect():
    zeros = cells(np.zeros((3, 3, 3)))

    found = more(zeros, SGD, than={"optimizer": "layca"}, by=0.01)

    assert (found.verdict, found.effect) == ("refuted", 0)
    assert "the seeds do not differ" in found.reason
