"""How often single comparisons err in harder worlds than those of the claims; docs/statistics.md has all rates."""

from dataclasses import replace

import numpy as np
import pytest

from indicators.claims.verbs import more
from tests.worlds import simulate, verbs
from tests.worlds.patterns import high, sgd
from tests.worlds.plants import network
from tests.worlds.rates import surprise
from tests.worlds.world import USUAL, Noise, World

REPETITIONS = 500
BY_NAME = {asked.name: asked for asked in verbs.COMPARISONS}
TRACKS, WITHIN = "tracks", "tracks, within a recipe"
LINEAR = [name for name in BY_NAME if name not in (TRACKS, WITHIN)]
SIMPLE = [name for name in LINEAR if name.split(",")[0] in ("more", "less", "same") and "coarse" not in name]
"""Those in which one number per seed decides."""


def rates(name, spreads, shape, seeds, repetitions=REPETITIONS):
    noise = replace(verbs.SPREADS[spreads], **verbs.SHAPES[shape])
    return verbs.rates(BY_NAME[name], noise, seeds, repetitions, np.random.default_rng(0))


@pytest.mark.parametrize("spreads", verbs.SPREADS)
@pytest.mark.parametrize("name", LINEAR)
def test_hardly_anything_is_supported_at_what_counts(name, spreads):
    found = rates(name, spreads, "normal", [3, 10])

    assert min(surprise(rate, REPETITIONS) for rate in found.supported) > 0.001


@pytest.mark.parametrize("spreads", verbs.SPREADS)
@pytest.mark.parametrize("name", [name for name in SIMPLE if "number" not in name])
def test_skewed_noise_misleads_little_where_networks_are_compared(name, spreads):
    found = rates(name, spreads, "tail upwards", [3, 10])

    assert min(surprise(rate, REPETITIONS, 0.08) for rate in found.supported) > 0.001


@pytest.mark.parametrize("name", [name for name in SIMPLE if "number" in name])
def test_skewed_noise_misleads_little_about_one_network_if_all_are_as_noisy(name):
    found = rates(name, "alike", "tail upwards", [3, 10])

    assert min(surprise(rate, REPETITIONS, 0.08) for rate in found.supported) > 0.001


@pytest.mark.parametrize("spreads", ["alike", "hundredfold by level"])
@pytest.mark.parametrize("name", SIMPLE)
def test_three_seeds_see_an_effect_two_standard_deviations_beyond_what_counts(name, spreads):
    missed = 1 - rates(name, spreads, "normal", [3]).power[0]

    assert surprise(missed, REPETITIONS, 1 - 0.55) > 0.001


def test_ten_seeds_see_such_an_effect_in_coarse_numbers_too():
    found = rates("more, of coarse numbers", "alike", "normal", [10])

    assert surprise(1 - found.power[0], REPETITIONS, 0.1) > 0.001


def test_correlations_are_hardly_supported_at_what_counts():
    found = rates(TRACKS, "alike", "normal", [3, 5, 10], 500)

    assert min(surprise(rate, 500) for rate in found.supported) > 0.001
    assert found.power[0] > 0.8


def test_correlations_within_recipes_are_hardly_supported_at_what_counts():
    found = rates(WITHIN, "alike", "normal", [3, 10], 100)

    assert min(surprise(rate, 100) for rate in found.supported) > 0.001
    assert found.power[1] > 0.8


@pytest.mark.parametrize(("means", "rate"), [*zip(verbs.RECIPES, (0.10, 0.48), strict=True)])
def test_recipes_that_say_nothing_of_networks_are_told_by_the_networks_of_one(means, rate):
    found = verbs.of_recipes(means, [3], 300, np.random.default_rng(0))

    assert found[TRACKS][0] == pytest.approx(rate, abs=0.09)
    assert found[WITHIN][0] < 0.02


@pytest.mark.parametrize("name", ["more, than a level", "more, than a number", "same, as a level"])
def test_looks_at_ever_more_seeds_mislead_no_more_than_one(name):
    found = verbs.looks(BY_NAME[name], USUAL, REPETITIONS, np.random.default_rng(0))

    assert surprise(found.last, REPETITIONS) > 0.001
    assert surprise(found.again, REPETITIONS) > 0.001
    assert found.again <= found.own_level < found.first_level


# What the rates rest on


@pytest.mark.parametrize("noise", [Noise(), Noise(by_lot=100.0), Noise(shared=3.0, skew=1)])
def test_many_studies_are_judged_as_each_alone(noise):
    asked = BY_NAME["more, than a level"]
    world = World([network(verbs.NAME)], 0.0, seeds=5, copies=20, rng=np.random.default_rng(0), noise=noise)
    effects = np.linspace(-1, 4, 20)

    (found,) = asked.questions(world, effects, [4], 5)

    values = world.measurement(verbs.NAME)
    for study, effect in enumerate(effects):
        alone = values[5 * study : 5 * study + 4] + effect * sgd * high
        verdict = more(alone, verbs.SGD_HIGH, than={"level": "low"}, by=asked.by).verdict
        assert (found.holds()[study], found.falls()[study]) == (verdict == "supported", verdict == "refuted")


@pytest.mark.parametrize("name", LINEAR)
def test_effects_are_planted_in_the_unit_of_what_is_asked(name):
    asked = BY_NAME[name]
    world = World([asked.plant], 0.0, seeds=3, rng=np.random.default_rng(0), noise=Noise(spread=0.0))
    (none,), (some,) = (asked.questions(world, np.array([e * asked.by]), [3], 3) for e in (0.0, 2.0))
    decided = [(one.total, *one.steps)[asked.decided].mean for one in (none, some)]

    assert np.subtract(*decided[::-1]) == pytest.approx(2 * asked.by, abs=1e-6)
    assert decided[0] == pytest.approx(0, abs=verbs.STEP * ("coarse" in name) + 1e-6)


@pytest.mark.parametrize("effect", [0.3, 0.8])
def test_recipes_follow_accuracy_by_the_correlation_that_is_planted(effect):
    asked = BY_NAME[TRACKS]
    size = 10 + asked.pilot
    world = World([asked.plant], 0.0, seeds=size, copies=10, rng=np.random.default_rng(0))

    (found,) = asked.questions(world, np.full(10, effect), [size], size)

    assert found.total.mean == pytest.approx(effect, abs=0.03)


def test_the_rates_of_a_verb_are_printed(capsys, monkeypatch):
    monkeypatch.setattr(verbs, "SPREADS", {"alike": USUAL})
    monkeypatch.setattr(verbs, "SHAPES", {"normal": {}})

    assert simulate.main(["--verbs", "--only", "more, than a level", "--repetitions", "30", "--seeds", "3"]) == 0
    printed = capsys.readouterr().out
    assert "spreads alike, normal, 30 repetitions, seeds [3]" in printed
    assert printed.count("\nmore, than a level ") == 1
    assert "\nmeans by chance" in printed
    assert "\nalike                   more, than a level" in printed
