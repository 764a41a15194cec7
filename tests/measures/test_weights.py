import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from indicators.measures import weights

EPS = np.finfo(np.float64).eps
QUANTITIES = [weights.cosine_distance, weights.norm_ratio, weights.alignment, weights.weight_change_std]
SHARES = [weights.opposed_share, weights.opposed_share_by_chance, weights.sign_flips]

kernel_values = st.floats(-1e3, 1e3, width=32)
kernel_pairs = st.integers(1, 40).flatmap(
    lambda size: st.tuples(*[arrays(np.float32, size, elements=kernel_values)] * 2)
)


def exact(initial, final):
    """Cosine distance, norm ratio, alignment and spread of the changes to sixty digits."""
    with mpmath.workdps(60):
        start, end = ([mpmath.mpf(float(x)) for x in np.ravel(side)] for side in (initial, final))
        change = [b - a for a, b in zip(start, end, strict=True)]
        norm_start, norm_end = (mpmath.sqrt(mpmath.fdot(side, side)) for side in (start, end))
        mean = mpmath.fsum(change) / len(change)
        return (
            1 - mpmath.fdot(start, end) / norm_start / norm_end,
            norm_start / norm_end,
            mpmath.fdot(start, change) / norm_start / norm_end,
            mpmath.sqrt(mpmath.fsum((x - mean) ** 2 for x in change) / len(change)),
        )


# By hand


@pytest.mark.parametrize(
    ("initial", "final", "expected"),
    [
        pytest.param([1, 2], [1, 2], 0, id="unchanged"),
        pytest.param([1, 2], [3, 6], 0, id="only longer"),
        pytest.param([1, 0], [0, 5], 1, id="orthogonal"),
        pytest.param([1, 2], [-1, -2], 2, id="opposite"),
        pytest.param([3, 4], [4, 3], 1 - 24 / 25, id="three four five"),
    ],
)
def test_cosine_distance_by_hand(initial, final, expected):
    assert weights.cosine_distance(initial, final) == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize("final", [[0.1, 0.2, 0.3], [0.2, 0.4, 0.6], [1e-30, 2e-30, 3e-30]])
def test_cosine_distance_of_exactly_parallel_weights_is_exactly_zero(final):
    final = np.array(final)

    assert weights.cosine_distance(final, final) == 0.0
    assert weights.cosine_distance(4 * final, final) == 0.0


def test_norm_ratio_alignment_and_spread_by_hand():
    initial, final = [[3.0, 4.0]], [[0.0, 10.0]]

    assert weights.norm_ratio(initial, final) == 0.5
    assert weights.alignment(initial, final) == pytest.approx((-3 * 3 + 4 * 6) / 50)
    assert weights.weight_change_std(initial, final) == 4.5


def test_zeroing_everything_along_the_initial_weights_aligns_to_minus_the_ratio():
    assert weights.alignment([2.0, 0.0], [0.0, 3.0]) == pytest.approx(-2 / 3)


def test_the_spread_ignores_a_change_common_to_all_weights():
    assert weights.weight_change_std([1.0, 2.0, 4.0], [11.0, 12.0, 14.0]) == 0.0


def test_zero_weights_leave_the_angle_undefined_and_not_wrong():
    zero, some = np.zeros((2, 2)), np.ones((2, 2))

    assert math.isnan(weights.cosine_distance(zero, some))
    assert math.isnan(weights.cosine_distance(some, zero))
    assert math.isnan(weights.alignment(zero, some))
    assert math.isnan(weights.alignment(some, zero))
    assert math.isnan(weights.norm_ratio(some, zero))
    assert weights.norm_ratio(zero, some) == 0.0
    assert weights.weight_change_std(zero, some) == 0.0


def test_weight_change_by_hand_keeps_the_shape_of_the_kernel():
    initial, final = [[3.0, 4.0], [0.0, 1.0]], [[0.0, 4.0], [-2.0, 4.0]]

    np.testing.assert_array_equal(weights.weight_change(initial, final), [[-3, 0], [-2, 3]])
    np.testing.assert_allclose(
        weights.weight_change(initial, final, normalized=True), [[-0.5, 0], [-1 / 3, 0.5]], rtol=1e-15
    )


def test_the_normalized_change_to_all_zeros_is_undefined():
    initial, final = np.ones((2, 3)), np.zeros((2, 3))

    assert math.isnan(weights.weight_change_std(initial, final, normalized=True))
    np.testing.assert_array_equal(weights.weight_change(initial, final, normalized=True), np.full((2, 3), math.nan))
    np.testing.assert_array_equal(weights.weight_change(initial, final), -initial)


def test_opposed_weights_and_sign_flips_by_hand():
    initial = [1.0, 1.0, 1.0, 1.0, -1.0, -1.0, -1.0, 0.0, 0.0, 1.0]
    final = [2.0, 1.0, 0.5, -1.0, -2.0, -0.5, 3.0, 1.0, -1.0, 0.0]

    assert weights.opposed_share(initial, final) == 0.5
    assert weights.sign_flips(initial, final) == 0.2


def test_signs_are_compared_and_not_multiplied_where_products_would_vanish():
    assert weights.opposed_share([1e-200, -5e-324], [-1e-200, 0.0]) == 1
    assert weights.sign_flips([1e-200, -5e-324], [-1e-200, 5e-324]) == 1


@pytest.mark.parametrize(
    ("scale", "expected"),
    [
        pytest.param(1.0, 0.75, id="equal spread"),
        pytest.param(1e-3, 1.0, id="shrunk to nothing"),
        pytest.param(1e3, 0.5, id="grown far beyond"),
    ],
)
def test_the_opposed_share_by_chance_depends_on_the_growth_of_the_weights(scale, expected):
    places = np.linspace(-1, 1, 2001)
    shuffled = np.random.default_rng(0).permutation(places)

    assert weights.opposed_share_by_chance(places, scale * places) == pytest.approx(expected, abs=2e-3)
    assert weights.opposed_share(places, scale * shuffled) == pytest.approx(expected, abs=0.03)


# Against sixty digits


@pytest.mark.parametrize("size", [4, 27, 1728, 5_000])
@pytest.mark.parametrize("angle", [3e-7, 1e-5, 1e-2, 1.0, 2.5, 3.1415])
@pytest.mark.parametrize("scale", [1.0, 0.0371, 13.7])
def test_cosine_distance_of_float32_weights_has_eleven_digits(size, angle, scale):
    rng = np.random.default_rng(size)
    initial = rng.standard_normal(size).astype(np.float32)
    turned = math.cos(angle) * initial + math.sin(angle) * rng.standard_normal(size)
    final = (scale * turned).astype(np.float32)
    expected = exact(initial, final)[0]

    assert expected > 1e-14
    assert abs(weights.cosine_distance(initial, final) / expected - 1) < 1e-11


@pytest.mark.parametrize("size", [16, 1728, 5_000])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 15.0])
def test_every_quantity_agrees_with_sixty_digits(size, scale):
    rng = np.random.default_rng(size)
    initial, final = rng.standard_normal((2, size)) * [[1.0], [scale]]
    got = [quantity(initial, final) for quantity in QUANTITIES]

    for value, expected in zip(got, exact(initial, final), strict=True):
        assert float(abs(value - expected)) <= 20 * EPS * max(1.0, float(abs(expected)))


def test_the_spread_of_small_changes_is_not_lost_beside_large_weights():
    rng = np.random.default_rng(5)
    initial = (1000 + rng.standard_normal(500)).astype(np.float32)
    final = np.nextafter(initial, np.float32(2000))

    assert weights.weight_change_std(initial, final) == pytest.approx(float(exact(initial, final)[3]), rel=1e-12)


@pytest.mark.parametrize("size", [16, 1000, 589_824])
@pytest.mark.parametrize("scale", [0.07, 1.0, 15.0])
def test_cosine_distance_is_one_less_ratio_less_alignment(size, scale):
    rng = np.random.default_rng(size)
    initial = rng.standard_normal(size).astype(np.float32)
    final = ((0.3 * initial + rng.standard_normal(size)) / scale).astype(np.float32)
    ratio = weights.norm_ratio(initial, final)
    identity = 1 - ratio - weights.alignment(initial, final)

    tolerance = 4 * EPS * max(1, ratio) * math.sqrt(math.log(size))
    assert abs(weights.cosine_distance(initial, final) - identity) <= tolerance


@settings(deadline=None)
@given(kernel_pairs)
def test_the_opposed_share_by_chance_is_that_of_all_pairs_of_weights(pair):
    initial, final = (side.astype(np.float64) for side in pair)
    expected = (np.sign(initial)[:, None] * np.sign(final - initial[:, None]) < 0).mean()

    assert weights.opposed_share_by_chance(initial, final) == pytest.approx(expected, abs=1e-15)


@settings(deadline=None)
@given(kernel_pairs)
def test_shares_agree_with_the_products_of_signs(pair):
    initial, final = (side.astype(np.float64) for side in pair)

    assert weights.opposed_share(initial, final) == (np.sign(initial) * np.sign(final - initial) < 0).mean()
    assert weights.sign_flips(initial, final) == (np.sign(initial) * np.sign(final) < 0).mean()
    assert weights.sign_flips(initial, final) <= weights.opposed_share(initial, final)


@settings(deadline=None)
@given(kernel_pairs)
def test_the_spread_is_that_of_the_changes_normalized_or_not(pair):
    initial, final = pair

    for normalized in (False, True) if final.any() else (False,):
        change = weights.weight_change(initial, final, normalized=normalized)
        norm = np.linalg.norm(final.astype(np.float64)) if normalized else 1.0
        spread = weights.weight_change_std(initial, final, normalized=normalized)
        np.testing.assert_allclose(change * norm, final.astype(np.float64) - initial, rtol=1e-12, atol=0)
        assert spread == pytest.approx(change.std(), rel=1e-9, abs=1e-14 * np.abs(change).max())


# By property


@settings(deadline=None)
@given(kernel_pairs)
def test_cosine_distance_stays_within_its_bounds_and_is_symmetric(pair):
    initial, final = pair
    value = weights.cosine_distance(initial, final)

    assert math.isnan(value) != (initial.any() and final.any())
    if initial.any() and final.any():
        assert 0.0 <= value <= 2.0
        assert weights.cosine_distance(final, initial) == pytest.approx(value, rel=1e-6, abs=1e-15)


@settings(deadline=None)
@given(kernel_pairs, st.integers(-40, 40))
def test_scaling_by_a_power_of_two_changes_nothing_that_should_not_change(pair, power):
    initial, final = (side.astype(np.float64) for side in pair)
    factor = 2.0**power

    for quantity in (weights.cosine_distance, weights.norm_ratio, weights.alignment, *SHARES):
        np.testing.assert_equal(quantity(factor * initial, factor * final), quantity(initial, final))
    assert weights.weight_change_std(factor * initial, factor * final) == pytest.approx(
        factor * weights.weight_change_std(initial, final), rel=1e-15
    )


@settings(deadline=None)
@given(kernel_pairs, st.randoms(use_true_random=False))
def test_the_order_of_the_weights_does_not_matter(pair, random):
    order = list(range(len(pair[0])))
    random.shuffle(order)
    moved = tuple(side[order] for side in pair)

    for quantity in (*QUANTITIES, *SHARES):
        np.testing.assert_allclose(quantity(*moved), quantity(*pair), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("quantity", QUANTITIES)
@pytest.mark.parametrize("peak", [1e-300, 5e-324, 1e-30, 1e30, 1e300])
def test_extreme_magnitudes_neither_overflow_nor_vanish(quantity, peak):
    initial, final = np.array([3.0, 4.0]) * peak, np.array([4.0, 3.0]) * peak
    unit = peak if quantity is weights.weight_change_std else 1.0

    assert quantity(initial, final) / unit == pytest.approx(quantity([3.0, 4.0], [4.0, 3.0]), rel=1e-13)


@pytest.mark.parametrize("quantity", QUANTITIES + SHARES)
def test_layout_and_dtype_do_not_matter_and_inputs_are_left_alone(quantity):
    rng = np.random.default_rng(0)
    initial, final = rng.integers(-8, 8, size=(2, 3, 3, 4, 5)).astype(np.float64)
    kept = initial.copy(), final.copy()
    expected = quantity(initial, final)

    assert isinstance(expected, float)
    for dtype in (np.float16, np.float32, np.int8, np.int64):
        assert quantity(initial.astype(dtype), final.astype(dtype)) == expected
    assert quantity(np.asfortranarray(initial), final) == expected
    assert quantity(np.repeat(initial, 2, axis=0)[::2], final) == expected
    np.testing.assert_array_equal((initial, final), kept)


# Errors


@pytest.mark.parametrize("quantity", [*QUANTITIES, *SHARES, weights.weight_change])
@pytest.mark.parametrize(
    ("initial", "final", "error", "message"),
    [
        pytest.param([1.0, 2.0], [1.0], ValueError, r"initial.shape=\(2,\) is not final.shape=\(1,\)", id="sizes"),
        pytest.param([[1.0, 2.0]], [[1.0], [2.0]], ValueError, "same kernel", id="transposed"),
        pytest.param([], [], ValueError, "holds no values", id="empty"),
        pytest.param([math.nan, 1.0], [1.0, 1.0], ValueError, "initial holds NaN or infinity", id="NaN"),
        pytest.param([1.0, 1.0], [math.inf, 1.0], ValueError, "final holds NaN or infinity", id="infinity"),
        pytest.param([1.0j], [1.0], TypeError, "complex128 is not a real number", id="complex"),
        pytest.param([1.0], ["a"], TypeError, "final.dtype=<U1", id="text"),
        pytest.param([1.0], [None], TypeError, "object", id="object"),
    ],
)
def test_unusable_weights_are_named(quantity, initial, final, error, message):
    with pytest.raises(error, match=message):
        quantity(initial, final)
