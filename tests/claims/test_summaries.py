import numpy as np
import pytest
import xarray as xr

from indicators.claims.summaries import (
    as_of_ten_classes,
    difference,
    freed_of,
    growth_of_the_middle_half,
    half_loss_fraction,
    left_beyond_decay,
    left_of_the_start,
    lost_with_most_weights,
    pruning_area,
    relative_change,
    sampling_error,
    share_in_order,
    sparsity_turned_at_random,
    unevenness,
)
from indicators.errors import NotApplicable
from indicators.measures import weights
from indicators.measures.information import label_information
from indicators.measures.sparsity import hoyer

GRID = [0.0, 0.1, 0.5, 0.9]


def curve(*accuracies, dims=()):
    return xr.DataArray(
        np.array(accuracies if dims else accuracies[0], float),
        dims=(*dims, "fraction"),
        coords={"fraction": GRID},
        name="random_pruning",
    )


@pytest.mark.parametrize(
    ("accuracies", "fraction"),
    [
        pytest.param([0.8, 0.8, 0.4, 0.1], 0.5, id="on the grid"),
        pytest.param([0.8, 0.6, 0.2, 0.1], 0.3, id="halfway between two fractions"),
        pytest.param([0.8, 0.2, 0.2, 0.1], 0.1 * 2 / 3, id="in the first step"),
        pytest.param([0.8, 0.8, 0.8, 0.5], 0.9, id="never lost"),
        pytest.param([0.8, 0.8, 0.8, 0.4], 0.9, id="lost at the very end"),
        pytest.param([0.8, 0.3, 0.7, 0.1], 0.08, id="the first crossing counts"),
    ],
)
def test_half_loss_fraction_by_hand(accuracies, fraction):
    assert half_loss_fraction(curve(accuracies)).item() == pytest.approx(fraction)


@pytest.mark.parametrize(
    ("accuracies", "area"),
    [
        pytest.param([0.5, 0.5, 0.5, 0.5], 0.9, id="nothing lost"),
        pytest.param([0.5, 0.0, 0.0, 0.0], 0.05, id="all lost in the first step"),
        pytest.param([0.8, 0.8, 0.4, 0.0], 0.1 + 0.4 * 0.75 + 0.4 * 0.25, id="three trapezoids"),
        pytest.param([0.4, 0.8, 0.8, 0.8], 0.1 * 1.5 + 0.8 * 2, id="pruning helps"),
    ],
)
def test_pruning_area_by_hand(accuracies, area):
    assert pruning_area(curve(accuracies)).item() == pytest.approx(area)


def test_draws_of_one_network_are_averaged():
    draws = curve([0.8, 0.8, 0.4, 0.1], [0.8, 0.6, 0.2, 0.1], dims=("draw",))

    assert half_loss_fraction(draws).item() == pytest.approx((0.5 + 0.3) / 2)
    assert pruning_area(draws).item() == pytest.approx((0.525 + 0.3625) / 2)


def test_a_draw_that_never_loses_half_counts_with_the_last_fraction():
    draws = curve([0.8, 0.8, 0.4, 0.1], [0.8, 0.8, 0.8, 0.8], dims=("draw",))

    assert half_loss_fraction(draws).item() == pytest.approx((0.5 + 0.9) / 2)


def test_a_network_that_is_never_right_has_no_summary():
    networks = curve([0.0, 0.0, 0.0, 0.0], [0.8, 0.8, 0.8, 0.8], dims=("seed",))

    assert half_loss_fraction(networks).values.tolist() == pytest.approx([np.nan, 0.9], nan_ok=True)
    assert pruning_area(networks).values.tolist() == pytest.approx([np.nan, 0.9], nan_ok=True)
    assert np.isnan(half_loss_fraction(networks.isel(seed=[0, 0]).rename(seed="draw")).item())


def test_summaries_state_their_resolution():
    draws = curve([0.8, 0.8, 0.4, 0.1], [0.8, 0.6, 0.2, 0.1], dims=("draw",)).assign_attrs(resolution=0.002, unit="x")

    assert half_loss_fraction(draws).attrs == {"resolution": pytest.approx(0.4 / 8)}
    assert pruning_area(draws).attrs == {"resolution": 0.002}


@pytest.mark.parametrize("summary", [half_loss_fraction, pruning_area])
def test_a_summary_keeps_the_other_dimensions_and_their_labels(summary):
    rng = np.random.default_rng(0)
    labels = {"seed": [3, 4], "draw": [0, 1, 2], "level": ["low", "high"], "fraction": GRID}
    values = xr.DataArray(rng.uniform(0.1, 1, (2, 3, 2, 4)), labels, tuple(labels), name="random_pruning")

    summed = summary(values)

    assert summed.dims == ("seed", "level")
    assert set(summed.coords) == {"seed", "level"}
    assert summed.name == f"random_pruning {'half_loss_fraction' if summary is half_loss_fraction else 'area'}"
    one = summary(values.sel(seed=4, level="low"))
    assert summed.sel(seed=4, level="low").item() == pytest.approx(one.item())


def by_layer(*values, **attrs):
    return xr.DataArray(np.array(values, float), dims="layer", attrs=attrs)


@pytest.mark.parametrize(
    ("ratio", "distance", "over_final", "over_initial"),
    [
        pytest.param(1, 0, 0, 0, id="nothing changed"),
        pytest.param(2, 0, 1, 0.5, id="halved"),
        pytest.param(0.5, 0, 0.5, 1, id="doubled"),
        pytest.param(1, 1, 2**0.5, 2**0.5, id="turned by a right angle"),
        pytest.param(1, 2, 2, 2, id="reversed"),
        pytest.param(0.6, 0.4, 0.8, 0.8 / 0.6, id="moved at a right angle to the initial weights"),
    ],
)
def test_relative_change_by_hand(ratio, distance, over_final, over_initial):
    assert relative_change(by_layer(ratio), by_layer(distance)).item() == pytest.approx(over_final)
    assert relative_change(by_layer(ratio), by_layer(distance), over="initial").item() == pytest.approx(over_initial)


def test_relative_change_is_the_length_of_the_change():
    rng = np.random.default_rng(0)
    initial, change = rng.normal(size=(2, 3, 100)) * [[[1.0]], [[1e-3]]]
    pairs = list(zip(initial, initial + change, strict=True))
    ratio, distance = (by_layer(*(of(*pair) for pair in pairs)) for of in (weights.norm_ratio, weights.cosine_distance))
    length = np.linalg.norm(change, axis=1)

    over_initial = relative_change(ratio, distance, over="initial")

    np.testing.assert_allclose(over_initial, length / np.linalg.norm(initial, axis=1), rtol=1e-9)
    np.testing.assert_allclose(relative_change(ratio, distance), over_initial * ratio)


def test_relative_change_states_the_coarser_resolution_and_where_it_does_not_exist():
    ratio = by_layer(1, resolution=0.005, undefined="kernels of zeros", unit="ratio")

    assert relative_change(ratio, by_layer(1, resolution=1e-7)).attrs == {
        "resolution": 0.005,
        "undefined": "kernels of zeros",
    }


def test_a_difference_states_the_resolutions_of_both_and_where_either_does_not_exist():
    share = by_layer(0.5, resolution=0.002, undefined="neurons that are ignored")

    found = difference(share, by_layer(0.2, resolution=0.05, undefined="dead neurons"))

    assert found.item() == pytest.approx(0.3)
    assert found.attrs == {
        "resolution": pytest.approx(np.hypot(0.002, 0.05)),
        "undefined": "neurons that are ignored; dead neurons",
    }
    assert difference(share, by_layer(0.2, undefined="")).attrs["undefined"] == "neurons that are ignored"


def test_the_growth_of_the_middle_half_by_hand():
    share = {"share": [0.05, 0.25, 0.75, 0.95]}
    final, initial = (
        xr.DataArray(np.array(ends, float), share, ("share",)) for ends in ([-9, -2, 3, 9], [-2, -1, 1, 2])
    )

    assert growth_of_the_middle_half(final, initial).item() == pytest.approx(np.log10(5 / 2))


@pytest.mark.parametrize("turned", [0.0, 0.3, 1.0, 1.4])
def test_weights_turned_at_random_are_as_sparse_as_is_said(turned):
    rng = np.random.default_rng(0)
    start, rest = rng.uniform(-1, 1, 1_000_000), rng.standard_normal(1_000_000)
    rest -= start * (start @ rest) / (start @ start)
    rest *= np.linalg.norm(start) / np.linalg.norm(rest)
    cosine = 1 - turned
    # Of any norm.
    weights_there = 3 * (cosine * start + np.sqrt(1 - cosine**2) * rest)

    said = sparsity_turned_at_random(xr.DataArray(turned))

    assert said.item() == pytest.approx(hoyer(weights_there), abs=0.002)


@pytest.mark.parametrize(
    ("ratio", "distance", "left"),
    [
        pytest.param(1, 0, 1, id="unmoved"),
        pytest.param(0.5, 0, 2, id="grown along itself"),
        pytest.param(0.5, 0.5, 1, id="grown across itself"),
        pytest.param(4, 0, 0.25, id="shrunk"),
        pytest.param(1, 1, 0, id="unrelated"),
        pytest.param(2, 2, -0.5, id="reversed and shrunk"),
    ],
)
def test_left_of_the_start_by_hand(ratio, distance, left):
    values = left_of_the_start(xr.DataArray(float(ratio)), xr.DataArray(float(distance)))

    assert values.item() == pytest.approx(left)


def test_left_of_the_start_is_the_component_along_the_initial_weights():
    initial, final = np.random.default_rng(0).normal(size=(2, 50))
    ratio, distance = (xr.DataArray(of(initial, final)) for of in (weights.norm_ratio, weights.cosine_distance))

    assert left_of_the_start(ratio, distance).item() == pytest.approx(initial @ final / (initial @ initial))


def by_level(medium, high):
    return xr.DataArray([np.nan, medium, high], {"level": ["low", "medium", "high"]}, ("level",), name="left")


@pytest.mark.parametrize(
    ("left", "exposure", "beyond"),
    [
        pytest.param((0.9, 0.81), (1, 2), 0, id="the same decay twice as long"),
        pytest.param((0.9, 0.9), (1, 2), 0.09, id="less is gone"),
        pytest.param((0.5, 0.0), (3, 6), -0.25, id="more is gone"),
        pytest.param((1.0, 1.0), (1, 50), 0, id="no decay"),
        pytest.param((-0.1, 0.2), (1, 2), np.nan, id="nothing left at medium"),
    ],
)
def test_left_beyond_decay_by_hand(left, exposure, beyond):
    found = left_beyond_decay(by_level(*left), by_level(*exposure))

    assert found.item() == pytest.approx(beyond, nan_ok=True)
    assert "nothing is left at medium" in found.attrs["undefined"]


@pytest.mark.parametrize(
    ("values", "uneven"),
    [
        pytest.param([0.2, 0.2, 0.2], 0, id="all alike"),
        pytest.param([0.1, 0.3], 0.5, id="half of the mean"),
        pytest.param([0.1, np.nan, 0.3], 0.5, id="one unknown"),
        pytest.param([0.0, 0.0], np.nan, id="no mean"),
    ],
)
def test_unevenness_by_hand(values, uneven):
    layers = xr.DataArray(values, dims="layer", name="cosine_distance")

    assert unevenness(layers).item() == pytest.approx(uneven, nan_ok=True)
    assert unevenness(7 * layers).item() == pytest.approx(uneven, nan_ok=True)


def test_unevenness_takes_two_layers():
    with pytest.raises(NotApplicable, match="cosine_distance has 1 layers: their unevenness takes two"):
        unevenness(xr.DataArray([0.2], dims="layer", name="cosine_distance"))


def test_lost_with_most_weights_takes_the_first_fraction_beyond_half():
    assert lost_with_most_weights(curve([0.8, 0.7, 0.6, 0.3])).item() == pytest.approx(0.5)


def test_lost_with_most_weights_takes_a_curve_beyond_half():
    with pytest.raises(NotApplicable, match="random_pruning ends before half of the weights are removed"):
        lost_with_most_weights(curve([0.8, 0.7, 0.6, 0.3]).isel(fraction=slice(3)))


def information(*values, **attrs):
    return xr.DataArray(list(values), dims="layer", name="label_information", attrs=attrs)


def detector_information(classes, images=100):
    """What a neuron carries that is above its mean on the images of one class alone, from the catalog's measure."""
    labels = np.repeat(np.arange(classes), images)
    return label_information((labels == 0)[:, None], labels).item()


@pytest.mark.parametrize("classes", [2, 4, 10, 100])
def test_a_detector_of_one_class_carries_as_much_on_the_scale_of_ten_classes_as_one_of_ten(classes):
    found = as_of_ten_classes(information(detector_information(classes)), classes)

    assert found.item() == pytest.approx(detector_information(10))


def test_information_of_ten_classes_is_as_it_was():
    found = as_of_ten_classes(information(0.01, 0.2, resolution=0.001, undefined="nowhere", unit="x"), 10)

    assert found.values.tolist() == [0.01, 0.2]
    assert found.attrs == {"resolution": 0.001, "undefined": "nowhere"}


def test_the_resolution_goes_along_with_the_scale():
    assert as_of_ten_classes(information(1.0, resolution=0.5), 2).attrs["resolution"] == pytest.approx(0.0706, abs=1e-4)


def test_labels_of_one_class_carry_no_information():
    with pytest.raises(ValueError, match="classes=1: labels of fewer than two carry no information"):
        as_of_ten_classes(information(0.1), 1)


def shares_of_pairs(*shares):
    ends = np.arange(len(shares)) / len(shares)
    return xr.DataArray(list(shares), {"nmi": ends}, ("nmi",), name="histogram")


def test_the_sampling_error_is_that_of_a_mean_over_so_many_pairs():
    mean = xr.DataArray(0.5, name="nmi")

    # Middles 0.125 and 0.875, half of the pairs each: 0.375 from their mean, and half a bin of 0.25.
    found = sampling_error(shares_of_pairs(0.5, 0, 0, 0.5), mean, 100)

    assert found.item() == pytest.approx((0.375 + 0.125) / 10 / 0.5)


def test_the_sampling_error_is_no_less_than_that_of_the_pairs_themselves():
    nmi = np.random.default_rng(0).beta(0.5, 20, size=10_000)
    shares = np.histogram(nmi, np.linspace(0, 1, 101))[0] / nmi.size

    found = sampling_error(shares_of_pairs(*shares), xr.DataArray(nmi.mean(), name="nmi"), 10_000).item()

    assert nmi.std() / 100 / nmi.mean() <= found <= 1.3 * nmi.std() / 100 / nmi.mean()


def test_pairs_that_share_nothing_have_no_sampling_error():
    found = sampling_error(shares_of_pairs(1.0, 0.0), xr.DataArray(0.0, name="nmi"), 100)

    assert np.isnan(found.item())
    assert found.attrs == {"undefined": "layers that share nothing"}


def of_networks(*numbers, name="x"):
    """Of three networks of an optimizer and two levels, by seed."""
    return xr.DataArray(np.array(numbers, float)[:, None, :], dims=("seed", "optimizer", "level"), name=name)


@pytest.mark.parametrize(
    ("x", "share"),
    [
        pytest.param([1, 2, 3], 1, id="the same order"),
        pytest.param([3, 2, 1], 0, id="the reverse"),
        pytest.param([1, 1, 1], 0.5, id="all alike"),
        pytest.param([1, 3, 2], 1, id="a pair too close together does not count"),
        pytest.param([2, 1, 3], 0.5, id="one of two"),
    ],
)
def test_share_in_order_by_hand(x, share):
    y = of_networks([0.65, 0.70, 0.72], name="accuracy")

    assert share_in_order(of_networks(x), y, apart=0.05).values.tolist() == [share]
    assert share_in_order(of_networks(x), y, apart=0.05, sign=-1).values.tolist() == [1 - share]


def test_share_in_order_steps_by_a_pair_of_the_seed_with_the_fewest():
    y = of_networks([0.6, 0.7, 0.8], [0.6, 0.62, 0.67], name="accuracy")

    found = share_in_order(of_networks([1, 2, 3], [3, 1, 2]), y, apart=0.05)

    assert found.values.tolist() == [1, 0.5]
    assert found.attrs["resolution"] == 0.5


def test_share_in_order_without_networks_far_apart_is_undefined():
    found = share_in_order(of_networks([1, 2, 3]), of_networks([0.6, 0.61, 0.62]), apart=0.05)

    assert np.isnan(found.item())
    assert found.attrs == {"resolution": 1, "undefined": "seeds without networks so far apart"}


def random_networks(seed, seeds=6):
    values = np.random.default_rng(seed).normal(size=(seeds, 3, 3))
    return xr.DataArray(values, dims=("seed", "optimizer", "level"), name=f"x{seed}")


def test_what_is_freed_of_another_measurement_has_no_straight_line_left_in_any_recipe():
    values, other = random_networks(0), random_networks(1)
    mixed = (values + 5 * other).rename("mixed")

    left = freed_of(mixed, other)

    slopes = [np.polyfit(other[:, i, j], left[:, i, j], 1)[0] for i in range(3) for j in range(3)]
    np.testing.assert_allclose(slopes, 0, atol=1e-12)
    xr.testing.assert_allclose(left.mean("seed"), mixed.mean("seed"))
    xr.testing.assert_allclose(left, freed_of(values, other) + 5 * other.mean("seed"))


def test_recipes_alike_in_the_other_measurement_keep_their_values():
    values, other = random_networks(0).assign_attrs(resolution=0.1), random_networks(1)
    alike = xr.ones_like(other)

    left = freed_of(values, alike)

    xr.testing.assert_identical(left.drop_attrs(), values.drop_attrs().rename(left.name))
    assert left.attrs == {"resolution": 0.1}
