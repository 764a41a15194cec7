"""What is NaN, infinite or negative is an error only where it is looked at."""

import numpy as np
import pytest

from indicators.claims.evidence import Undecided
from indicators.claims.verbs import less, more, rises, same, tracks
from tests.claims.arrays import HIGH, NINE, SGD, SGD_HIGH, cells, noise


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("seeds", [1, 3])
def test_what_is_not_finite_is_an_error_where_it_is_compared_and_nowhere_else(bad, seeds):
    values = cells(noise(seeds))
    values[0, 1, 2] = bad

    for verb in (more, less):
        with pytest.raises(ValueError, match=r"1 of \d+ compared values.*seed \d+, wdecay, high: measure"):
            verb(values, HIGH, than={"level": "low"}, by=0)
    assert np.isfinite(more(values, SGD_HIGH, than={"level": "low"}, by=0).effect)
    with pytest.raises(ValueError, match="not finite"):
        rises(values, "level", by=0)
    with pytest.raises(ValueError, match="not finite"):
        tracks(values, cells(noise(seeds)), by=0)


def test_what_may_be_undefined_and_is_decides_nothing():
    values = cells(noise(3)).assign_attrs(undefined="layers without two neurons that vary")
    values[0, 1, 2] = np.nan

    with pytest.raises(Undecided, match=r"inconclusive: 1 of 9 compared values do not exist \(layers without two"):
        more(values, HIGH, than={"level": "low"}, by=0)
    values[0, 1, 2] = np.inf
    with pytest.raises(ValueError, match="not finite"):
        more(values, HIGH, than={"level": "low"}, by=0)


def test_a_cell_that_is_not_compared_and_not_finite_does_not_widen_or_narrow_to_nothing():
    values = cells(noise(3))
    values[0, 1, 2] = np.nan

    found = more(values, SGD_HIGH, than={"level": "low"}, by=0)

    assert 0 < found.high - found.low < 1


@pytest.mark.parametrize("wrong", [-0.1, np.nan, np.inf])
def test_what_counts_and_the_resolution_are_finite_and_not_negative(wrong):
    for compare in (
        lambda **options: more(NINE, SGD, than=0, **options),
        lambda **options: rises(NINE, "level", **options),
        lambda **options: tracks(NINE, NINE, **options),
    ):
        with pytest.raises(ValueError, match="by="):
            compare(by=wrong)
        with pytest.raises(ValueError, match="resolution="):
            compare(by=0.1, resolution=wrong)
    with pytest.raises(ValueError, match="within="):
        same(NINE, SGD, as_=0, within=wrong)
