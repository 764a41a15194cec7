import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from indicators.measures import pruning

# Few distinct values, so that most examples have ties across the threshold and across kernels.
kernel_lists = st.lists(
    arrays(
        np.float32,
        array_shapes(max_dims=3, max_side=4),
        elements=st.sampled_from([-2, -1, -0.0, 0, 0.5, 1, 3]),
    ),
    min_size=1,
    max_size=4,
)
fractions = st.floats(0, 1)
measured = st.integers(0, 10_000).map(lambda images: images / 10_000)


def removed_one_by_one(kernels, fraction, sign=1):
    """The smallest magnitudes by a stable sort, which keeps ties in the order of their flat index."""
    flat = np.concatenate([np.ravel(kernel) for kernel in kernels]).astype(np.float64)
    removed = np.zeros(flat.size, dtype=bool)
    removed[np.argsort(sign * np.abs(flat), kind="stable")[: math.floor(fraction * flat.size)]] = True
    return np.split(removed, np.cumsum([np.size(kernel) for kernel in kernels])[:-1])


def assert_same_masks(masks, expected):
    assert len(masks) == len(expected)
    for mask, other in zip(masks, expected, strict=True):
        assert mask.dtype == np.bool_
        np.testing.assert_array_equal(mask.ravel(), np.ravel(other))


# Masks


def test_magnitude_mask_by_hand_ranks_all_kernels_together_or_each_alone():
    kernels = [np.array([[0.1, -4.0], [3.0, 0.2]]), np.array([-0.3, 10.0, 20.0, 0.05])]

    assert_same_masks(pruning.magnitude_mask(kernels, 0.5), [[1, 0, 0, 1], [1, 0, 0, 1]])
    assert_same_masks(pruning.magnitude_mask(kernels, 0.25), [[1, 0, 0, 0], [0, 0, 0, 1]])
    assert_same_masks(pruning.magnitude_mask(kernels, 0.25, scope="layer"), [[1, 0, 0, 0], [0, 0, 0, 1]])
    assert_same_masks(pruning.magnitude_mask([kernels[0], 100 * kernels[1]], 0.5), [[1, 1, 1, 1], [0, 0, 0, 0]])
    assert_same_masks(
        pruning.magnitude_mask([kernels[0], 100 * kernels[1]], 0.5, scope="layer"),
        [[1, 0, 0, 1], [1, 0, 0, 1]],
    )


def test_equal_magnitudes_go_by_lowest_flat_index_across_kernels_and_signs():
    kernels = [np.array([1.0, -1.0, 0.0]), np.array([-1.0, 1.0, -0.0])]

    assert_same_masks(pruning.magnitude_mask(kernels, 0.5), [[1, 0, 1], [0, 0, 1]])
    assert_same_masks(pruning.magnitude_mask(kernels, 5 / 6), [[1, 1, 1], [1, 0, 1]])


def test_the_number_removed_is_the_floor_of_the_double_product():
    kernels = [np.arange(100.0)]

    assert pruning.magnitude_mask(kernels, 0.29)[0].sum() == 28
    assert pruning.random_mask(kernels, 0.29, rng=np.random.default_rng(0))[0].sum() == 28


@settings(deadline=None)
@given(kernel_lists, fractions)
def test_magnitude_mask_is_the_head_of_a_stable_sort(kernels, fraction):
    expected = removed_one_by_one(kernels, fraction)
    per_layer = [removed_one_by_one([kernel], fraction)[0] for kernel in kernels]

    assert_same_masks(pruning.magnitude_mask(kernels, fraction), expected)
    assert_same_masks(pruning.magnitude_mask(kernels, fraction, scope="layer"), per_layer)


def test_the_largest_go_first_by_hand_and_their_ties_by_lowest_flat_index_too():
    kernels = [np.array([1.0, -4.0, 2.0]), np.array([4.0, 0.0, -4.0])]

    assert_same_masks(pruning.magnitude_mask(kernels, 2 / 6, order="largest"), [[0, 1, 0], [1, 0, 0]])
    assert_same_masks(pruning.magnitude_mask(kernels, 4 / 6, order="largest"), [[0, 1, 1], [1, 0, 1]])
    assert_same_masks(pruning.magnitude_mask(kernels, 1 / 3, order="largest", scope="layer"), [[0, 1, 0], [1, 0, 0]])


@settings(deadline=None)
@given(kernel_lists, fractions)
def test_the_largest_are_the_head_of_a_stable_sort_the_other_way(kernels, fraction):
    per_layer = [removed_one_by_one([kernel], fraction, sign=-1)[0] for kernel in kernels]

    assert_same_masks(
        pruning.magnitude_mask(kernels, fraction, order="largest"), removed_one_by_one(kernels, fraction, sign=-1)
    )
    assert_same_masks(pruning.magnitude_mask(kernels, fraction, order="largest", scope="layer"), per_layer)


@settings(deadline=None)
@given(kernel_lists, st.lists(fractions, max_size=6), st.sampled_from(pruning.SCOPES), st.sampled_from(pruning.ORDERS))
def test_one_ranking_gives_the_masks_of_every_fraction(kernels, sweep, scope, order):
    together = list(pruning.magnitude_masks(kernels, sweep, scope=scope, order=order))

    assert len(together) == len(sweep)
    for masks, fraction in zip(together, sweep, strict=True):
        assert_same_masks(masks, pruning.magnitude_mask(kernels, fraction, scope=scope, order=order))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int8])
def test_a_sweep_over_many_weights_is_exact_for_every_dtype(dtype):
    rng = np.random.default_rng(1)
    kernels = [(40 * rng.standard_normal(shape)).astype(dtype) for shape in ((3, 3, 3, 64), (64, 100), (1,))]

    for masks, fraction in zip(pruning.magnitude_masks(kernels, pruning.FRACTIONS), pruning.FRACTIONS, strict=True):
        assert_same_masks(masks, removed_one_by_one(kernels, fraction))


@settings(deadline=None)
@given(kernel_lists, fractions, st.integers(0, 2**32))
def test_random_mask_removes_the_same_number_repeats_with_its_seed_and_ignores_the_values(kernels, fraction, seed):
    first = pruning.random_mask(kernels, fraction, rng=np.random.default_rng(seed))
    again = pruning.random_mask([np.ones_like(k) for k in kernels], fraction, rng=np.random.default_rng(seed))

    assert sum(mask.sum() for mask in first) == math.floor(fraction * sum(kernel.size for kernel in kernels))
    assert [mask.shape for mask in first] == [kernel.shape for kernel in kernels]
    assert_same_masks(first, again)


def test_random_mask_is_uniform_over_all_kernels_together():
    rng = np.random.default_rng(7)
    draws = 4000
    hits = sum(
        np.concatenate([mask.ravel() for mask in pruning.random_mask([np.ones(3), np.ones((2, 2))], 0.5, rng=rng)])
        for _ in range(draws)
    )

    # Three of seven each time: standard deviation 0.0078, so six of them.
    np.testing.assert_allclose(hits / draws, 3 / 7, atol=0.047)


@settings(deadline=None)
@given(kernel_lists, fractions, st.integers(0, 2**32))
def test_random_mask_per_layer_removes_the_floor_of_every_layer(kernels, fraction, seed):
    masks = pruning.random_mask(kernels, fraction, rng=np.random.default_rng(seed), scope="layer")

    assert [mask.sum() for mask in masks] == [math.floor(fraction * kernel.size) for kernel in kernels]
    assert [mask.shape for mask in masks] == [kernel.shape for kernel in kernels]


def test_random_mask_per_layer_draws_each_layer_anew_and_uniformly():
    rng = np.random.default_rng(7)
    first, second = np.array(
        [[m.ravel() for m in pruning.random_mask([np.ones(4)] * 2, 0.5, rng=rng, scope="layer")] for _ in range(4000)]
    ).swapaxes(0, 1)

    # Half of them each, with a standard deviation of 0.0079; the same place in both for a quarter.
    np.testing.assert_allclose(first.mean(axis=0), 0.5, atol=0.048)
    np.testing.assert_allclose((first & second).mean(axis=0), 0.25, atol=0.042)


# Shares per layer


def test_the_share_removed_of_each_layer_by_hand():
    kernels = [np.array([[0.1, 0.2], [3.0, 4.0]]), np.array([10.0, 0.05]), np.array([20.0])]

    np.testing.assert_array_equal(pruning.removed_per_layer(pruning.magnitude_mask(kernels, 3 / 7)), [0.5, 0.5, 0])
    np.testing.assert_array_equal(
        pruning.removed_curves(kernels, [0, 3 / 7, 4 / 7, 1]), [[0, 0, 0], [0.5, 0.5, 0], [0.75, 0.5, 0], [1, 1, 1]]
    )
    np.testing.assert_array_equal(
        pruning.removed_curves(kernels, [1 / 7, 2 / 7], order="largest"), [[0, 0, 1], [0, 0.5, 1]]
    )
    assert pruning.removed_curves(kernels, []).shape == (0, 3)


@settings(deadline=None)
@given(kernel_lists, st.lists(fractions, min_size=1, max_size=5), st.sampled_from(pruning.ORDERS))
def test_removed_curves_rise_with_the_fraction_and_count_what_is_removed(kernels, sweep, order):
    sizes = np.array([kernel.size for kernel in kernels])
    sweep = sorted(sweep)
    together = pruning.removed_curves(kernels, sweep, order=order)
    alone = pruning.removed_curves(kernels, sweep, order=order, scope="layer")

    assert (np.diff(together, axis=0) >= 0).all()
    np.testing.assert_allclose(together @ sizes, [math.floor(fraction * sizes.sum()) for fraction in sweep])
    np.testing.assert_allclose(alone * sizes, [[math.floor(f * size) for size in sizes] for f in sweep])


@pytest.mark.parametrize(
    ("masks", "error", "message"),
    [
        pytest.param([], ValueError, r"sizes \[\]", id="none"),
        pytest.param([np.ones(2, bool), np.ones(0, bool)], ValueError, r"sizes \[2, 0\]", id="an empty one"),
        pytest.param([np.ones(2)], TypeError, "float64.* are not bool", id="weights"),
        pytest.param(np.ones((2, 2), bool), TypeError, r"write \[mask\]", id="a bare array"),
    ],
)
def test_unusable_masks_are_named(masks, error, message):
    with pytest.raises(error, match=message):
        pruning.removed_per_layer(masks)


def test_a_mask_of_nothing_and_of_everything_exists():
    kernels = [np.zeros(3), np.ones((1, 2))]

    for make in (
        pruning.magnitude_mask,
        lambda k, f: pruning.random_mask(k, f, rng=np.random.default_rng(0)),
    ):
        assert_same_masks(make(kernels, 0), [[0, 0, 0], [0, 0]])
        assert_same_masks(make(kernels, 1), [[1, 1, 1], [1, 1]])


def test_masks_leave_the_kernels_alone_and_follow_their_layout():
    kernel = np.arange(24.0).reshape(2, 3, 4)[:, ::-1].transpose(2, 0, 1)
    kept = kernel.copy()

    (mask,) = pruning.magnitude_mask([kernel], 0.5)
    mask[...] = True

    np.testing.assert_array_equal(pruning.magnitude_mask([kernel], 0.5)[0], kernel < 12)
    np.testing.assert_array_equal(kernel, kept)


@pytest.mark.parametrize(
    ("kernels", "fraction", "error", "message"),
    [
        pytest.param([np.ones(2)], 1.5, ValueError, r"fraction=1.5 is not in \[0, 1\]", id="above one"),
        pytest.param([np.ones(2)], -0.1, ValueError, "fraction=-0.1", id="negative"),
        pytest.param([np.ones(2)], math.nan, ValueError, "fraction=nan", id="NaN fraction"),
        pytest.param([], 0.5, ValueError, "holds no kernel", id="no kernels"),
        pytest.param([np.ones(2), np.ones((0, 3))], 0.5, ValueError, r"kernels\[1\].*holds no values", id="empty"),
        pytest.param([np.array([1, math.nan])], 0.5, ValueError, r"kernels\[0\] holds NaN or infinity", id="NaN"),
        pytest.param([np.array([1, -math.inf])], 0.5, ValueError, r"kernels\[0\] holds NaN or infinity", id="infinity"),
        pytest.param([np.ones(2, complex)], 0.5, TypeError, "complex128", id="complex"),
        pytest.param([["a"]], 0.5, TypeError, "<U1", id="text"),
        pytest.param(np.ones((2, 2)), 0.5, TypeError, r"write \[kernel\]", id="a bare array"),
    ],
)
def test_unusable_kernels_and_fractions_are_named_at_the_call(kernels, fraction, error, message):
    with pytest.raises(error, match=message):
        pruning.magnitude_mask(kernels, fraction)
    with pytest.raises(error, match=message):
        pruning.magnitude_masks(kernels, [fraction])
    with pytest.raises(error, match=message):
        pruning.random_mask(kernels, fraction, rng=np.random.default_rng(0))


def test_an_unknown_scope_and_a_seed_for_a_generator_are_named():
    with pytest.raises(ValueError, match=r"scope='model' is not one of \('network', 'layer'\)"):
        pruning.magnitude_mask([np.ones(2)], 0.5, scope="model")
    with pytest.raises(ValueError, match="scope='model' is not one of"):
        pruning.random_mask([np.ones(2)], 0.5, rng=np.random.default_rng(0), scope="model")
    with pytest.raises(ValueError, match=r"order='first' is not one of \('smallest', 'largest'\)"):
        pruning.magnitude_masks([np.ones(2)], [0.5], order="first")
    with pytest.raises(TypeError, match=r"rng=3 is not a numpy.random.Generator"):
        pruning.random_mask([np.ones(2)], 0.5, rng=3)


# Curves: the published test accuracies at the 26 fractions, and the summaries published with them.

SGD_HIGH_BY_MAGNITUDE = """
    .8364 .8363 .8361 .8363 .836 .8357 .8363 .8364 .8349 .834 .832 .8292 .8245
    .8146 .7881 .7149 .5322 .4098 .3475 .3068 .2831 .2631 .2096 .1886 .1 .1
"""
WDECAY_HIGH_AT_RANDOM = """
    .864 .8603 .8404 .7776 .615 .4566 .2687 .1438 .1107 .1 .1 .1 .1
    .1 .1 .1 .1 .1 .1 .1 .1 .1 .1 .1 .1 .1
"""
LAYCA_LOW_BY_MAGNITUDE = """
    .6488 .6488 .6485 .6482 .6482 .6475 .6436 .639 .6219 .5969 .5489 .5148 .5013
    .4486 .3815 .3419 .3018 .2097 .1314 .1122 .1162 .1 .1 .1 .1 .1
"""
CURVES = np.array(
    [text.split() for text in (SGD_HIGH_BY_MAGNITUDE, WDECAY_HIGH_AT_RANDOM, LAYCA_LOW_BY_MAGNITUDE)],
    dtype=float,
)


def test_the_summaries_are_those_published_with_the_curves():
    np.testing.assert_allclose(pruning.area(pruning.FRACTIONS, CURVES), [0.6572, 0.2372, 0.5516], atol=5.1e-5)
    np.testing.assert_allclose(
        pruning.half_loss_fraction(pruning.FRACTIONS, CURVES), [0.601, 0.163, 0.545], atol=5.1e-4
    )
    one_point_less = CURVES[:, 0] - 0.01
    np.testing.assert_allclose(
        pruning.fraction_at(pruning.FRACTIONS, CURVES, one_point_less), [0.403, 0.022, 0.233], atol=5.1e-4
    )


def test_the_fractions_are_those_of_the_thesis_and_cannot_be_changed():
    assert len(pruning.FRACTIONS) == 26
    np.testing.assert_allclose(pruning.FRACTIONS[[0, 1, 2, -1]], [0, 0.01, 0.047083, 0.9], atol=5e-7)
    with pytest.raises(ValueError, match="read-only"):
        pruning.FRACTIONS[0] = 1


def test_the_area_under_an_untouched_curve_is_its_upper_end():
    grid = [0, 0.3, 1.0]

    assert pruning.area(grid, [0.7, 0.7, 0.7]) == pytest.approx(0.9)
    assert pruning.area(grid, [0.7, 0.7, 0.7], upper=1.0) == pytest.approx(1.0)
    assert pruning.area(grid, [0.8, 0.4, 0.0], upper=0.65) == pytest.approx(0.3 * 0.75 + 0.35 * 0.375)


def test_fraction_at_interpolates_to_the_first_crossing():
    grid, curve = [0, 0.2, 0.4, 0.6], [0.9, 0.5, 0.7, 0.1]

    assert pruning.fraction_at(grid, curve, 0.6) == pytest.approx(0.15)
    assert pruning.fraction_at(grid, curve, 0.5) == pytest.approx(0.2)
    assert pruning.fraction_at(grid, curve, 0.4) == pytest.approx(0.5)
    assert pruning.fraction_at(grid, curve, 0.9) == 0
    assert pruning.fraction_at(grid, curve, 1.0) == 0
    assert math.isnan(pruning.fraction_at(grid, curve, 0.05))


def test_curves_without_an_answer_give_nan():
    grid, curves = [0, 0.5, 1], [[0.8, 0.8, 0.795], [0, 0, 0]]

    assert np.isnan(pruning.half_loss_fraction(grid, curves)).all()
    assert np.isnan(pruning.fraction_at(grid, curves, [0.79, -0.01])).all()
    np.testing.assert_array_equal(np.isnan(pruning.area(grid, curves)), [False, True])


@settings(deadline=None)
@given(arrays(np.float64, (2, 3, 26), elements=measured), st.floats(0, 1))
def test_leading_axes_are_independent_curves(curves, level):
    for summary in (pruning.area, pruning.half_loss_fraction):
        together = summary(pruning.FRACTIONS, curves)
        one_by_one = [[summary(pruning.FRACTIONS, curve) for curve in row] for row in curves]
        np.testing.assert_array_equal(together, one_by_one)
    levels = pruning.fraction_at(pruning.FRACTIONS, curves[0, 0], [level, level / 2])
    np.testing.assert_array_equal(
        levels, [pruning.fraction_at(pruning.FRACTIONS, curves[0, 0], value) for value in (level, level / 2)]
    )


@settings(deadline=None)
@given(arrays(np.float64, 26, elements=measured), st.floats(0, 1))
def test_the_curve_is_at_the_level_where_fraction_at_says(curve, level):
    place = pruning.fraction_at(pruning.FRACTIONS, curve, level)

    if np.isnan(place):
        assert curve.min() > level
    elif place == 0:
        assert curve[0] <= level
    else:
        assert np.interp(place, pruning.FRACTIONS, curve) == pytest.approx(level, abs=1e-9)
        assert (curve[place > pruning.FRACTIONS + 1e-9] > level).all()


@pytest.mark.parametrize(
    ("grid", "curve", "message"),
    [
        pytest.param([0, 0.5], [0.1, 0.2, 0.3], "does not end in 2", id="lengths"),
        pytest.param([0.1, 0.5], [0.1, 0.2], "unpruned", id="no unpruned network"),
        pytest.param([0, 0.5, 0.5], [0.1, 0.2, 0.3], "increasing", id="not increasing"),
        pytest.param([0, 2], [0.1, 0.2], "at most 1", id="fractions beyond one"),
        pytest.param([0, math.nan], [0.1, 0.2], "increasing", id="NaN fraction"),
        pytest.param([0], [0.1], "two or more", id="one point"),
        pytest.param([0, 1], [80, 60], "divide percentages by 100", id="percentages"),
        pytest.param([0, 1], [0.8, math.nan], "leave out", id="NaN accuracy"),
        pytest.param([0, 1], 0.5, "single number", id="no axis"),
    ],
)
def test_unusable_curves_are_named(grid, curve, message):
    for summary in (pruning.area, pruning.half_loss_fraction):
        with pytest.raises(ValueError, match=message):
            summary(grid, curve)


@pytest.mark.parametrize("upper", [0, 0.95, math.nan])
def test_the_area_must_lie_under_the_measured_curve(upper):
    with pytest.raises(ValueError, match=f"upper={upper}"):
        pruning.area([0, 0.9], [0.8, 0.1], upper=upper)
