"""How worlds differ from run to run, and that their seeds meet the premises."""

import numpy as np
import pytest
from scipy import stats

from indicators.claims import premises
from tests.fixtures.small_worlds import make
from tests.worlds.plants import UNTRAINED, accuracies, network, planted
from tests.worlds.world import Noise, World


def noisy(plant, noise, unit=0.1):
    return make(plant, seeds=4000, noise=noise, unit=unit).measurement(plant.name).to_numpy()


def test_noise_has_the_spread_and_the_correlations_that_were_asked_for():
    values = noisy(planted("entropy"), Noise(spread=0.5, shared=0, depth=0.6))

    assert values.std(0) == pytest.approx(0.05, rel=0.1)
    assert np.corrcoef(values[:, 0, 0, 3], values[:, 0, 0, 9])[0, 1] == pytest.approx(0.6, abs=0.05)
    assert np.corrcoef(values[:, 0, 0, 3], values[:, 0, 1, 3])[0, 1] == pytest.approx(0, abs=0.06)


def test_networks_of_a_seed_share_what_their_initialization_does():
    values = noisy(network("entropy"), Noise(spread=0.5, shared=2.0))

    assert values.std(0) == pytest.approx(0.05 * 5**0.5, rel=0.1)
    assert np.corrcoef(values[:, 0, 0], values[:, 2, 1])[0, 1] == pytest.approx(0.8, abs=0.05)


def test_spreads_differ_threefold_between_networks():
    spreads = np.sort(noisy(network("entropy"), Noise(spread=0.5, shared=0, uneven=3.0)).std(0).ravel())

    assert spreads[5:].mean() / spreads[:4].mean() == pytest.approx(3, rel=0.1)
    assert np.sqrt(spreads[0] * spreads[-1]) == pytest.approx(0.05, rel=0.1)


@pytest.mark.parametrize("level", range(3))
def test_spreads_differ_hundredfold_by_level(level):
    noise = Noise(spread=0.5, shared=0, by_level=100.0)
    spreads = noisy(network("entropy"), noise).std(0)[:, level]

    assert spreads == pytest.approx(0.05 * 10.0 ** (level - 1), rel=0.1)


def test_spreads_are_drawn_by_lot_evenly_in_decades():
    noise = Noise(spread=0.5, shared=0, by_lot=100.0)
    study = make(network("entropy"), seeds=50, copies=200, noise=noise, unit=0.1)
    decades = np.log10(study.measurement("entropy").to_numpy().reshape(200, 50, 9).std(1) / 0.05).ravel()

    assert np.quantile(decades, [0.01, 0.25, 0.5, 0.75, 0.99]) == pytest.approx([-0.98, -0.5, 0, 0.5, 0.98], abs=0.1)


@pytest.mark.parametrize("skew", [-1, 0, 1])
def test_noise_is_skewed_as_an_exponential_is(skew):
    values = noisy(network("entropy"), Noise(spread=0.5, shared=0, skew=skew))

    assert values.mean() == pytest.approx(0, abs=0.001)
    assert values.std() == pytest.approx(0.05, rel=0.05)
    assert stats.skew(values, None) == pytest.approx(2 * skew, abs=0.2)


def test_seeds_of_a_machine_share_a_part_of_their_noise_and_studies_do_not():
    noise = Noise(spread=0.5, shared=0, batch=2, together=0.4)
    study = make(network("entropy"), seeds=5, copies=1000, noise=noise, unit=0.1)
    values = study.measurement("entropy").to_numpy().reshape(1000, 5, 9)

    assert values.std() == pytest.approx(0.05, rel=0.05)
    found = np.corrcoef(values[:, :, 0].T)
    assert found == pytest.approx(np.kron(np.eye(3), 0.4 * np.ones((2, 2)))[:5, :5] + 0.6 * np.eye(5), abs=0.12)
    assert np.corrcoef(values[:-1, 4, 0], values[1:, 0, 0])[0, 1] == pytest.approx(0, abs=0.12)


def test_untrained_networks_share_the_initialization_of_the_trained():
    plants = (planted("entropy"), planted("entropy", of=UNTRAINED))
    study = make(*plants, seeds=4000, noise=Noise(shared=2.0), unit=1.0)
    trained, untrained = study.measurement("entropy")[:, 0, 0, 5], study.untrained("entropy")[:, 5]

    assert np.corrcoef(trained, untrained)[0, 1] == pytest.approx(0.8, abs=0.05)


@pytest.mark.parametrize("premise", [*premises.PREMISES, " and ".join(premises.PREMISES)])
def test_worlds_meet_every_premise_but_in_seeds_that_are_to_fail(premise):
    study = make(network("entropy", 1), seeds=50, noise=Noise(failing=10), effect=1.0, misleading=-7.0)

    held, unmet = premises.met(premise, study.original.measurement)

    assert held.to_numpy().tolist() == [True] * 40 + [False] * 10
    assert unmet.count("10 of 50 seeds") == len(premises.parse(premise))
    assert study.measurement("entropy").mean(("optimizer", "level"))[:40].mean() == pytest.approx(1, abs=0.5)
    assert (study.measurement("entropy")[40:] < -1).all()


def test_premises_look_at_weights_that_turned_whatever_is_planted_of_them():
    study = make(planted("cosine_distance", base=0.1, noise=0), noise=Noise(failing=1))

    assert (study.measurement("cosine_distance") == 0.1).all()
    assert premises.met("weights turned", study.original.measurement)[0].to_numpy().tolist() == [True, True, False]


def test_premises_look_at_the_accuracies_that_are_planted():
    study = make(accuracies(base=0.5, noise=0))
    unmet = [name for name in premises.PREMISES if not premises.met(name, study.original.measurement)[0].all()]

    assert unmet == ["separated levels"]


def test_a_world_is_the_same_for_the_same_generator_and_another_for_another():
    one, same, other = (
        World([planted("entropy")], 0, seeds=3, rng=np.random.default_rng(seed)).measurement("entropy")
        for seed in (0, 0, 1)
    )

    assert one.equals(same)
    assert not one.equals(other)
