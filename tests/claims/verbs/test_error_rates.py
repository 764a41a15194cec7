"""How often verbs err in many drawn studies of known effect."""

import numpy as np
import pytest
from scipy import stats

from indicators.claims.verbs import more, rises
from tests.claims.arrays import HIGH, SGD_HIGH, cells, noise

WORLDS = 400
EVEN = np.ones((3, 3))
UNEVEN = np.array([[3.0, 1.0, 1.0], [1.0, 2.0, 1.0], [1.0, 1.0, 0.5]])  # sgd at low varies most
MARGIN = 3 * np.sqrt(0.05 * 0.95 / WORLDS)


def shares(judge, seeds, effect, spread=EVEN):
    """Share of each verdict over worlds with a true difference of ``effect`` between low and high."""
    rng = np.random.default_rng(seeds)
    runs = noise((WORLDS, seeds), 1.0, rng) * spread + rng.normal(size=(WORLDS, seeds, 1, 1))
    found = [judge(cells(run + np.array([0.0, effect / 2, effect]))).verdict for run in runs]
    return {verdict: found.count(verdict) / WORLDS for verdict in ("supported", "refuted", "inconclusive")}


def sgd_gains(values):
    return more(values, SGD_HIGH, than={"level": "low"}, by=1.0)


@pytest.mark.parametrize("spread", [EVEN, UNEVEN], ids=["even spread", "uneven spread"])
@pytest.mark.parametrize("seeds", [3, 5])
def test_an_effect_of_exactly_what_counts_is_rarely_called_more_or_less_than_that(seeds, spread):
    found = shares(sgd_gains, seeds, effect=1.0, spread=spread)

    assert found["supported"] <= 0.05 + MARGIN
    assert found["refuted"] <= 0.05 + MARGIN


def test_the_spread_of_all_cells_halves_the_false_claims_of_three_lucky_seeds():
    def two_cells(values):
        return sgd_gains(values.sel(optimizer=["sgd"], level=["low", "high"]))

    alone, pooled = (shares(judge, 3, effect=1.0)["supported"] for judge in (two_cells, sgd_gains))

    assert 0.02 < alone < 0.05 + MARGIN
    assert pooled < alone / 2


def test_levels_that_do_not_differ_hardly_ever_rise():
    found = shares(lambda values: rises(values, "level", by=0.0), 3, effect=0.0)

    assert found["supported"] < 0.01


def test_a_large_effect_is_found_and_never_refuted():
    found = shares(sgd_gains, 5, effect=9.0)

    assert found["supported"] > 0.95
    assert found["refuted"] == 0


def test_no_effect_is_refuted_once_what_counts_is_large_enough():
    found = shares(lambda values: more(values, HIGH, than={"level": "low"}, by=6.0), 3, effect=0.0)

    assert found["refuted"] > 0.9
    assert found["supported"] == 0


@pytest.mark.parametrize("seeds", [3, 5, 10])
@pytest.mark.parametrize("spread", [0.0, 0.1, 0.25, 0.5, 1.0, 3.0])
def test_rounding_is_no_reason_to_be_sure(seeds, spread):
    """Numbers rounded to a grid, of an effect of exactly what counts: hardly ever called more than that."""
    rng = np.random.default_rng([seeds, round(100 * spread)])
    worlds = 400
    means = rng.uniform(-2, 2, (worlds, 1, 3, 3))
    means[:, 0, 0, 2] = means[:, 0, 0, 0] + 3.0
    exact = means + rng.normal(0, spread, (worlds, seeds, 3, 3))

    rounded = [cells(2 * np.round(world / 2)) for world in exact]
    found = [more(world, SGD_HIGH, than={"level": "low"}, by=3.0, resolution=2.0).verdict for world in rounded]

    assert found.count("supported") <= stats.binom.ppf(0.999, worlds, 0.05)
