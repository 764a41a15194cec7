"""`tracks`: rank correlations over networks."""

import numpy as np
import pytest
from scipy import stats

from indicators.claims.evidence import Undecided
from indicators.claims.verbs import tracks
from indicators.errors import NotApplicable
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

    assert tracks(up, down, by=0.5).values == pytest.approx([-1])
    assert tracks(up, down, by=0.5).verdict == "contradicted"
    assert tracks(up, down, by=0.5, sign=-1).verdict == "consistent"


def test_seeds_in_which_a_measurement_is_constant_cannot_decide():
    x = cells(np.array([[0, 1, 2.0]] * 3) + noise(4, 0.01))
    y = x.copy()
    y[0] = 0.7

    assert (tracks(x, y, by=0.5).verdict, tracks(x, y, by=0.5).seeds) == ("supported", 3)
    assert tracks(x[:3], y[:3], by=0.5).verdict == "inconclusive"
    assert tracks(x, cells(np.full((4, 3, 3), 0.1)), by=0.5).reason == "too few seeds; 4 of 4 seeds cannot decide"


def test_perfect_correlations_are_no_infinite_evidence():
    x = cells(np.tile([[0, 1, 2.0], [0, 3, 5], [0, 7, 9]], (3, 1, 1)))

    found = tracks(x, x, by=0.5)

    # As if short of it by half a step of 1 / 60, and uncertain by that step.
    most = 1 - 1 / 120
    reach = stats.t.ppf(0.95, 2) / 60 / np.sqrt(12) / (1 - most**2)
    assert (found.effect, found.low) == pytest.approx((most, np.tanh(np.arctanh(most) - reach)))


def test_within_recipes_it_is_the_mean_of_the_correlations_over_seeds():
    rng = np.random.default_rng(1)
    x, y = cells(rng.normal(size=(6, 3, 3))), cells(rng.normal(size=(6, 3, 3)))
    oracle = [stats.pearsonr(x.values[:, i, j], y.values[:, i, j]).statistic for i in range(3) for j in range(3)]

    found = tracks(x, y, by=0, within="recipe")

    assert found.effect == pytest.approx(np.mean(oracle))
    assert tracks(x, y, by=0, sign=-1, within="recipe").effect == pytest.approx(-np.mean(oracle))
    assert found.compared.endswith("within a recipe")


def test_what_tells_recipes_apart_tells_nothing_within_them():
    accuracy = cells(np.array([[[0.6, 0.7, 0.8]] * 3]) + noise(5, 0.01))
    # Follows the level alone, and no network within it.
    indicator = cells(np.array([[[1.0, 2.0, 3.0]] * 3]).repeat(5, 0))

    assert tracks(indicator, accuracy, by=0.3).verdict == "supported"
    with pytest.raises(Undecided, match="is constant in every recipe"):
        tracks(indicator, accuracy, by=0.3, within="recipe")


def test_recipes_in_which_a_measurement_is_constant_tell_nothing_within_them():
    rng = np.random.default_rng(2)
    x, y = cells(rng.normal(size=(6, 3, 3))), cells(rng.normal(size=(6, 3, 3)))
    x[:, 0] = 0.5
    oracle = [stats.pearsonr(x.values[:, i, j], y.values[:, i, j]).statistic for i in (1, 2) for j in range(3)]

    assert tracks(x, y, by=0, within="recipe").effect == pytest.approx(np.mean(oracle))
    with pytest.raises(Undecided, match="is constant in every recipe"):
        tracks(x * 0, y, by=0, within="recipe")


@pytest.mark.parametrize("seeds", [3, 5, 10])
@pytest.mark.parametrize("within", [None, "recipe"])
def test_tracks_of_a_known_correlation_errs_as_often_as_it_says(within, seeds):
    rng, worlds = np.random.default_rng(3), 400
    x, rest = rng.normal(size=(2, worlds, seeds, 3, 3))
    y = 0.3 * x + np.sqrt(1 - 0.3**2) * rest

    found = [tracks(cells(one), cells(other), by=0.3, within=within) for one, other in zip(x, y, strict=True)]

    for verdict in ("supported", "refuted") if within else ("supported",):
        assert [one.verdict for one in found].count(verdict) <= stats.binom.ppf(0.999, worlds, 0.05)


def test_one_recipe_takes_three_networks():
    with pytest.raises(NotApplicable, match="2 seeds: a correlation within a recipe takes 3"):
        tracks(cells(noise(2)), cells(noise(2)), by=0.3, within="recipe")


def test_tracks_takes_measurements_of_the_same_networks():
    with pytest.raises(ValueError, match="differ in seeds"):
        tracks(NINE, NINE.assign_coords(seed=[7]), by=0)
    with pytest.raises(ValueError, match="sign=2"):
        tracks(NINE, NINE, by=0, sign=2)
    with pytest.raises(ValueError, match="within='seed'"):
        tracks(NINE, NINE, by=0, within="seed")
    with pytest.raises(ValueError, match="by=1"):
        tracks(NINE, NINE, by=1)
    with pytest.raises(ValueError, match="expected seed, optimizer and level"):
        tracks(NINE.isel(level=0), NINE, by=0)
