"""`tracks`: rank correlations over networks."""

import numpy as np
import pytest
from scipy import stats

from indicators.claims.verbs import tracks
from tests.claims.arrays import NINE, cells, noise, one_seed


def test_tracks_is_the_rank_correlation_of_what_the_optimizers_means_leave():
    rng = np.random.default_rng(1)
    x, y = cells(rng.normal(size=(4, 3, 3))), cells(rng.normal(size=(4, 3, 3)))
    rest_x, rest_y = ((array - array.mean("level")).values.reshape(4, 9) for array in (x, y))
    oracle = [stats.spearmanr(a, b).statistic for a, b in zip(rest_x, rest_y, strict=True)]

    assert tracks(x, y, by=0).values == pytest.approx(oracle)
    assert tracks(x, y, by=0, sign=-1).values == pytest.approx([-rho for rho in oracle])


def test_tracks_shares_ranks_among_ties_even_behind_roundoff():
    x = one_seed([0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.7, 0.8, 0.9])  # the same three steps, thrice
    y = one_seed([0.1, 0.3, 0.2], [0, 0, 0], [0, 0, 0])
    oracle = stats.spearmanr([-1, 0, 1] * 3, [-1, 1, 0, 0, 0, 0, 0, 0, 0]).statistic

    assert tracks(x, y, by=0).effect == pytest.approx(oracle)


def test_differences_between_optimizers_alone_are_not_tracked():
    offsets = np.array([0.0, 5.0, 10.0])[:, None]
    up, down = cells(offsets + np.array([[[0, 1, 2.0]] * 3])), cells(offsets - np.array([[[0, 1, 2.0]] * 3]))

    assert tracks(up, down, by=0.5).effect == pytest.approx(-1)
    assert tracks(up, down, by=0.5).verdict == "contradicted"
    assert tracks(up, down, by=0.5, sign=-1).verdict == "consistent"


def test_seeds_in_which_a_measurement_is_constant_cannot_decide():
    x = cells(np.array([[0, 1, 2.0]] * 3) + noise(4, 0.01))
    y = x.copy()
    y[0] = 0.7

    assert (tracks(x, y, by=0.5).verdict, tracks(x, y, by=0.5).seeds) == ("supported", 3)
    assert tracks(x[:3], y[:3], by=0.5).verdict == "inconclusive"
    assert tracks(x, cells(np.full((4, 3, 3), 0.1)), by=0.5).reason == "too few seeds; 4 of 4 seeds cannot decide"


def test_perfect_correlations_keep_the_uncertainty_of_one_swapped_pair():
    x = cells(np.tile([[0, 1, 2.0], [0, 3, 5], [0, 7, 9]], (3, 1, 1)))

    found = tracks(x, x, by=0.5)

    assert 1 - found.low == pytest.approx(stats.t.ppf(0.95, 2) / 60)


def test_tracks_takes_measurements_of_the_same_networks():
    with pytest.raises(ValueError, match="differ in seeds"):
        tracks(NINE, NINE.assign_coords(seed=[7]), by=0)
    with pytest.raises(ValueError, match="sign=2"):
        tracks(NINE, NINE, by=0, sign=2)
    with pytest.raises(ValueError, match="expected seed, optimizer and level"):
        tracks(NINE.isel(level=0), NINE, by=0)
