"""The standard error of a contrast, borrowed from all cells where seeds agree."""

import numpy as np
import pytest
import xarray as xr

from indicators.claims.verbs import more
from tests.claims.arrays import HIGH, SGD_HIGH, alike, cells, noise, standard_error


def pooled_by_hand(values, weights):
    """Standard error from the residuals of the compared levels' cells once cell means and seed means are gone."""
    table = values.values.reshape(len(values), -1)
    rest = table - table.mean(0) - table.mean(1, keepdims=True) + table.mean()
    variance = (rest**2).sum() / ((table.shape[1] - 1) * (len(values) - 1))
    return np.sqrt(variance * np.sum(np.square(weights)) / len(values))


def agreeing(seeds=3):
    """Noise in nine cells, but none in the two compared."""
    values = cells(noise(seeds, 1.0))
    values.loc[SGD_HIGH], values.loc[{"optimizer": "sgd", "level": "low"}] = 2.0, 1.0
    return values


@pytest.mark.parametrize("seeds", [3, 5])
def test_seeds_that_agree_borrow_the_spread_of_all_cells_of_the_compared_levels(seeds):
    values = agreeing(seeds)

    found = more(values, SGD_HIGH, than={"level": "low"}, by=0.5)

    assert found.values == pytest.approx([1.0] * seeds)
    assert standard_error(found) == pytest.approx(pooled_by_hand(values.sel(level=["low", "high"]), [1, -1]))
    assert found.verdict == "inconclusive"


def test_means_of_many_cells_borrow_less():
    values = cells(noise(3, 1.0))
    # All seeds agree on the difference of the means alone.
    values.loc[HIGH] += 1 - (values.sel(level="high") - values.sel(level="low")).mean("optimizer")

    found = more(values, HIGH, than={"level": "low"}, by=0.5)

    assert found.values == pytest.approx([1.0] * 3)
    assert standard_error(found) == pytest.approx(pooled_by_hand(values.sel(level=["low", "high"]), [1 / 3] * 6))


def test_levels_that_are_not_compared_neither_widen_nor_narrow_an_interval():
    values = cells(noise(3, 1.0))
    wild = values.copy()
    wild.loc[{"level": "medium"}] *= 100

    found, among_wild = (more(some, SGD_HIGH, than={"level": "low"}, by=0.5) for some in (values, wild))

    assert alike(found, among_wild)


def test_what_every_cell_of_a_seed_shares_does_not_blur_a_difference_but_blurs_a_level():
    shared = np.array([-3.0, 0.0, 3.0])[:, None, None]
    values = cells(0.001 * noise(3, 1.0) + shared)

    assert standard_error(more(values, SGD_HIGH, than={"level": "low"}, by=0)) < 0.01
    assert standard_error(more(values, SGD_HIGH, than=0, by=0)) == pytest.approx(3 / np.sqrt(3), rel=0.01)


def test_a_mean_over_all_cells_has_the_spread_of_its_seeds():
    values = cells(noise(5, 1.0))
    means = values.mean(("optimizer", "level"))

    assert standard_error(more(values, {}, than=0, by=0)) == pytest.approx(float(means.std(ddof=1)) / np.sqrt(5))


def test_a_contrast_inside_cells_borrows_the_spread_of_that_contrast():
    inner = cells(noise(3, 1.0))
    inner.loc[SGD_HIGH] = 1.0
    base = cells(noise(3, 50.0, np.random.default_rng(2)))  # cancels inside every cell
    values = xr.concat([base, base + inner], dim="layer").assign_coords(layer=["a", "b"])

    found = more(values, SGD_HIGH | {"layer": "b"}, than={"layer": "a"}, by=0)

    between = inner.sel(level=["high"]).values.reshape(3, 3)
    seeds = between.mean(1)
    rest = between - between.mean(0) - (seeds - seeds.mean())[:, None]
    variance = (rest**2).sum() / 4 * (2 / 3) + seeds.var(ddof=1)
    assert standard_error(found) == pytest.approx(np.sqrt(variance / 3))
