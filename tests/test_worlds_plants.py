"""What worlds are made of: patterns and plants hold the effect that they are given."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from indicators.claims.view import View, layers_in
from tests.fixtures.small_worlds import make, measured
from tests.worlds.correlations import following, ranked, tracking
from tests.worlds.curves import FRACTIONS, half_loss, pruning_area
from tests.worlds.patterns import (
    CENTRAL,
    DEPTHS,
    HIDDEN,
    LAST,
    LAYERS,
    PLACES,
    along,
    deeper,
    high,
    levels,
    part,
    place,
    sgd,
    zigzag,
)
from tests.worlds.plants import ON_TEST_IMAGES, UNTRAINED, around, bent, decades, network, planted
from tests.worlds.profiles import rise, trough
from tests.worlds.world import USUAL


def test_parts_are_those_of_the_claims():
    values = View(make(planted("entropy")))["entropy"]

    assert values["depth"].to_numpy() == pytest.approx(DEPTHS)
    for name, places in PLACES.items():
        assert layers_in(values, name)["layer"].to_numpy().tolist() == [LAYERS[k] for k in places]
        assert part(name).sum() == len(places)


@pytest.mark.parametrize("parts", [(LAST,), (CENTRAL, LAST), HIDDEN])
def test_layers_rise_by_the_effect(parts):
    layers = measured(planted("entropy", sgd * high * deeper(*parts), base=0.5), 0.3)
    places = [k for name in parts for k in PLACES[name]]
    third = len(places) // 3
    rising = layers.sel(optimizer="sgd", level="high").isel(layer=places).mean("seed").to_numpy()

    assert rising[-third:].mean() - rising[:third].mean() == pytest.approx(0.3)
    assert rising.mean() == pytest.approx(0.5)
    assert (layers.sel(optimizer=["wdecay", "layca"]) == 0.5).all()


def test_levels_rise_by_the_effect_in_two_equal_steps():
    values = measured(network("entropy", levels), 0.4).mean(("seed", "optimizer"))

    assert values.sel(level=["low", "medium", "high"]).to_numpy() == pytest.approx([0, 0.2, 0.4])


def test_one_layer_is_planted_alone():
    values = measured(planted("entropy", place(-1)), 1).mean(("seed", "optimizer", "level"))

    assert values.to_numpy().tolist() == [0] * 14 + [1]


@pytest.mark.parametrize("parts", [(LAST,), HIDDEN])
def test_layers_spread_by_the_effect(parts):
    places = [k for name in parts for k in PLACES[name]]
    values = measured(bent(network("entropy", sgd), around(0.5, *parts)), 0.2).isel(layer=places, seed=0)

    assert values.std("layer").sel(optimizer="sgd").to_numpy() == pytest.approx(0.2)
    assert values.mean("layer").to_numpy() == pytest.approx(0.5)
    assert zigzag(*parts).isel(layer=places).mean() == pytest.approx(0)


def test_decades_are_powers_of_ten():
    assert measured(decades("entropy", levels, base=-2), 1.0).sel(level="high").to_numpy() == pytest.approx(0.1)


@pytest.mark.parametrize("onset", [0.34, 0.4, 0.51, 0.9])
def test_a_profile_crosses_its_threshold_where_planted(onset):
    heights = measured(rise("entropy", 1, 0.0, threshold=0.02), onset)[0, 0, 0].to_numpy()

    assert (np.diff(heights) >= 0).all()
    assert heights[0] == 0
    assert np.interp(0.02, heights[heights > 0], DEPTHS[heights > 0]) == pytest.approx(onset, abs=1 / 15)
    after = int((heights > 0.02).argmax())
    share = (0.02 - heights[after - 1]) / (heights[after] - heights[after - 1])
    assert DEPTHS[after - 1] + share / 15 == pytest.approx(onset)


@pytest.mark.parametrize("width", [0.1, 0.2, 0.45])
def test_a_trough_is_as_wide_as_planted(width):
    heights = measured(trough("entropy", 1, 0.0, threshold=0.02), width)[0, 0, 0].to_numpy()
    fine = np.linspace(DEPTHS[0], DEPTHS[-1], 100001)

    assert (np.interp(fine, DEPTHS, heights) < 0.02).mean() * 14 / 15 == pytest.approx(width, abs=1e-3)


@pytest.mark.parametrize("half", [0.006, 0.03, 0.1, 0.5, 0.88])
def test_a_curve_has_lost_half_where_planted(half):
    curve = measured(half_loss("random_pruning", 1, 0.0, draws=2), half)[0, 0, 0]

    assert curve.dims == ("draw", "fraction")
    kept = curve[0].to_numpy() / 0.8
    assert kept[0] == 1
    assert (np.diff(kept) <= 1e-12).all()
    assert kept[-1] >= 0
    assert np.interp(0.5, kept[::-1], FRACTIONS[::-1]) == pytest.approx(half)


@pytest.mark.parametrize("area", [0.1, 0.5, 0.85])
def test_a_curve_has_the_planted_area(area):
    curve = measured(pruning_area("magnitude_pruning", 1, 0.0, few=True), area)[0, 0, 0]

    assert np.trapezoid(curve / 0.8, curve["fraction"]) == pytest.approx(area)


@pytest.mark.parametrize("correlation", [-0.9, -0.3, 0.0, 0.5, 1.0])
def test_networks_go_together_as_planted(correlation):
    study = make(tracking("entropy", 1, sampling=0.0, noise=0.0), effect=correlation, noise=USUAL)
    accuracy = study.measurement("accuracy").sel(split="test")
    rest = [values - values.mean("level") for values in (study.measurement("entropy"), accuracy)]

    for seed in range(3):
        x, y = (values.sel(seed=seed).to_numpy().ravel() for values in rest)
        assert spearmanr(x, y).statistic == pytest.approx(correlation, abs=0.02)


def test_correlations_of_networks_differ_from_run_to_run_as_those_of_unrelated_ones():
    study = make(tracking("entropy", 1), effect=0.0, seeds=500, noise=USUAL)
    rest = [study.measurement("entropy"), study.measurement("accuracy").sel(split="test")]
    tables = [(values - values.mean("level")).to_numpy().reshape(500, -1) for values in rest]
    unrelated = np.random.default_rng(0).normal(size=(2, 500, 9))

    found, chance = (
        np.std([spearmanr(x, y).statistic for x, y in zip(*pair, strict=True)]) for pair in (tables, unrelated)
    )
    assert found == pytest.approx(chance, rel=0.15)


@pytest.mark.parametrize("correlation", [-1.0, -0.4, 0.25, 0.98])
def test_layers_are_ordered_as_planted(correlation):
    values = measured(ranked("entropy", 1, HIDDEN), correlation)[0, 0, 0].to_numpy()[:14]

    assert spearmanr(values, np.arange(14)).statistic == pytest.approx(correlation, abs=0.01)


def test_what_is_planted_of_untrained_networks_and_test_images_stands_apart():
    study = make(
        planted("entropy", base=1),
        planted("entropy", 1, base=2, of=UNTRAINED),
        planted("entropy", base=3, of=ON_TEST_IMAGES),
        effect=0.5,
    )
    view = View(study)

    assert (view["entropy"] == 1).all()
    assert view.untrained("entropy").dims == ("seed", "layer")
    assert (view.untrained("entropy", statistics="estimated") == 2.5).all()
    assert (view.on_test_images("entropy") == 3).all()


def test_what_is_not_planted_is_an_error():
    with pytest.raises(LookupError, match=r"entropy \(trained\) is not planted: add it to the row"):
        make(planted("cosine_distance")).measurement("entropy")
    with pytest.raises(ValueError, match=r"entropy \(untrained\) is planted along \['level'\]"):
        planted("entropy", levels, of=UNTRAINED)


def test_dimensions_come_from_the_patterns():
    stages = along("stage", {"early": 0.0, "late": 1.0})
    values = measured(planted("gradient_size", stages * sgd, base=1), 0.5)

    assert values.dims == ("seed", "optimizer", "level", "layer", "stage")
    assert (values.sel(optimizer="sgd", stage="late") == 1.5).all()


@pytest.mark.parametrize("correlation", [-1.0, -0.4, 0.0, 0.7])
def test_networks_of_a_recipe_follow_accuracy_by_the_correlation(correlation):
    source = make(*following("entropy", -1, then=lambda number, _: number * part(HIDDEN[0])), effect=correlation)
    accuracy = source.measurement("accuracy").sel(split="test").transpose("optimizer", "level", "seed")
    followed = source.measurement("entropy").isel(layer=0).transpose("optimizer", "level", "seed")

    found = [
        np.corrcoef(*pair)[0, 1]
        for pair in zip(*(x.to_numpy().reshape(9, -1) for x in (accuracy, followed)), strict=True)
    ]
    assert found == pytest.approx([-correlation] * 9, abs=1e-9)
