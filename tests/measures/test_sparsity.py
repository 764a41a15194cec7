import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import stats

from indicators.measures import sparsity

kernels = arrays(
    np.float32,
    array_shapes(min_dims=2, max_dims=4, max_side=5),
    elements=st.sampled_from([0, 0.25, -1, 3]) | st.floats(-1e3, 1e3, width=32),
)
QUANTITIES = {
    "near_zero_share": lambda weights: sparsity.near_zero_share(weights, 0.5),
    "near_zero_share_relative": lambda weights: sparsity.near_zero_share(weights, 0.5, relative=True),
    "hoyer": sparsity.hoyer,
    "outliers": lambda weights: np.array(sparsity.outliers(weights)),
    "participation_ratio": sparsity.participation_ratio,
}
SCALE_FREE = {name: quantity for name, quantity in QUANTITIES.items() if name != "near_zero_share"}


# By hand


def test_near_zero_share_by_hand_is_strictly_nearer():
    weights = np.array([[0.0, -0.1], [0.1, 5.0]])

    assert sparsity.near_zero_share(weights, 0.1) == 0.25
    assert sparsity.near_zero_share(weights, 0.11) == 0.75
    assert sparsity.near_zero_share([3.0, 4.0, 0.0, 0.0], 1.0, relative=True) == 0.5
    assert sparsity.near_zero_share([3.0, 3.0, -3.0], 1.0, relative=True) == 0
    assert sparsity.near_zero_share(np.float32([0.1]), 0.1) == 0, "the float32 .1 is above .1"


def test_hoyer_by_hand():
    assert sparsity.hoyer([2.0, -2.0, 2.0, 2.0]) == 0
    assert sparsity.hoyer([0.0, 0.0, -0.3]) == 1
    assert sparsity.hoyer([3.0, 4.0, 0.0, 0.0]) == pytest.approx((2 - 7 / 5) / (2 - 1))


def test_outliers_by_hand():
    # Quartiles 1 and 2, so that what lies beyond -0.5 and 3.5 is out, and what lies there is not.
    weights = [1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 1.5, -0.5, 3.5]
    assert sparsity.outliers(weights) == (0.0, 0.0)

    weights[-1] = 3.6
    found = sparsity.outliers(weights)
    assert found.share == pytest.approx(1 / 9)
    assert found.norm_share == pytest.approx(3.6 / np.linalg.norm(weights))
    assert sparsity.outliers(weights, reach=1.7).share == 0
    assert sparsity.outliers(weights, reach=0).share == pytest.approx(2 / 9)


def test_participation_ratio_by_hand():
    kernel = np.array([[1.0, 0.0, 3.0, 0.0], [-1.0, 0.0, 4.0, 0.0], [1.0, 5.0, 0.0, 0.0]])

    np.testing.assert_allclose(
        sparsity.participation_ratio(kernel), [1, 1 / 3, 25**2 / (81 + 256) / 3, math.nan], rtol=1e-15
    )


def test_all_zeros_and_a_single_weight_are_undefined_and_not_wrong():
    zeros = np.zeros((3, 2))

    assert sparsity.near_zero_share(zeros, 1e-9) == 1
    assert math.isnan(sparsity.near_zero_share(zeros, 0.1, relative=True))
    assert math.isnan(sparsity.hoyer(zeros))
    assert math.isnan(sparsity.hoyer([3.0]))
    assert sparsity.outliers(zeros).share == 0
    assert math.isnan(sparsity.outliers(zeros).norm_share)
    assert np.isnan(sparsity.participation_ratio(zeros)).all()


# Against independent results


def test_the_landmarks_of_gaussian_and_uniform_weights():
    # The quantiles of a distribution stand for a large sample without its noise.
    places = (np.arange(200_000) + 0.5) / 200_000
    gaussian, uniform = stats.norm.ppf(places), 2 * places - 1
    reach = stats.norm.ppf(0.75) * 4
    second_moment = 2 * (reach * stats.norm.pdf(reach) + stats.norm.sf(reach))

    assert sparsity.outliers(gaussian) == pytest.approx((2 * stats.norm.sf(reach), math.sqrt(second_moment)), abs=5e-4)
    assert sparsity.outliers(gaussian) == pytest.approx((0.007, 0.252), abs=5e-4)
    assert sparsity.outliers(uniform).share == 0
    assert sparsity.hoyer(gaussian) == pytest.approx(1 - math.sqrt(2 / math.pi), abs=2e-3)
    assert sparsity.hoyer(uniform) == pytest.approx(1 - math.sqrt(3) / 2, abs=1e-3)
    np.testing.assert_allclose(
        sparsity.participation_ratio(np.stack([gaussian, uniform], axis=1)), [1 / 3, 5 / 9], atol=1e-3
    )
    assert sparsity.near_zero_share(uniform, 0.1, relative=True) == pytest.approx(0.1 / math.sqrt(3), abs=1e-4)
    assert sparsity.near_zero_share(gaussian, 0.1, relative=True) == pytest.approx(
        2 * stats.norm.cdf(0.1) - 1, abs=1e-4
    )


@settings(deadline=None)
@given(kernels.filter(np.any))
def test_every_quantity_agrees_with_its_formula_in_forty_digits(kernel):
    with mpmath.workdps(40):
        exact = [mpmath.mpf(float(x)) for x in kernel.ravel()]
        size, norm = len(exact), mpmath.sqrt(mpmath.fsum(x**2 for x in exact))
        hoyer = (
            (mpmath.sqrt(size) - mpmath.fsum(map(abs, exact)) / norm) / (mpmath.sqrt(size) - 1) if size > 1 else None
        )
        near = sum(abs(x) < mpmath.mpf(0.3) * norm / mpmath.sqrt(size) for x in exact) / size
        for column, value in zip(
            kernel.reshape(-1, kernel.shape[-1]).T, sparsity.participation_ratio(kernel), strict=True
        ):
            squares = [mpmath.mpf(float(x)) ** 2 for x in column]
            if any(squares):
                fourth = mpmath.fsum(x**2 for x in squares)
                assert value == pytest.approx(float(mpmath.fsum(squares) ** 2 / fourth / len(column)), rel=1e-13)
            else:
                assert math.isnan(value)

    assert size == 1 or sparsity.hoyer(kernel) == pytest.approx(float(hoyer), abs=1e-13)
    assert sparsity.near_zero_share(kernel, 0.3, relative=True) == near


@settings(deadline=None)
@given(kernels.filter(np.any), st.floats(0, 3))
def test_outliers_agree_with_the_rule_applied_weight_by_weight(kernel, reach):
    flat = kernel.ravel().astype(np.float64)
    low, high = np.percentile(flat, [25, 75])
    far = np.array([x < low - reach * (high - low) or x > high + reach * (high - low) for x in flat.tolist()])
    found = sparsity.outliers(kernel, reach=reach)

    assert found.share == far.mean()
    assert found.norm_share == pytest.approx(np.linalg.norm(flat[far]) / np.linalg.norm(flat), abs=1e-13)


def test_the_norm_share_of_outliers_that_hold_everything_is_not_above_one():
    rng = np.random.default_rng(0)
    weights = rng.standard_normal((2000, 100)) * (rng.random((2000, 100)) < 0.2)
    shares = np.array([sparsity.outliers(row).norm_share for row in weights])

    assert np.count_nonzero(shares > 1 - 1e-14) > 500, "both quartiles of most rows are zero"
    assert (shares <= 1).all()


# By property


@settings(deadline=None)
@given(kernels.filter(np.any), st.integers(-200, 200))
def test_what_is_scale_free_ignores_scale_and_sign_and_stays_in_its_bounds(kernel, power):
    wide = kernel.astype(np.float64)

    for quantity in SCALE_FREE.values():
        value = quantity(wide)
        np.testing.assert_array_equal(quantity(wide * 2.0**power), value)
        assert ((value >= 0) & (value <= 1) | np.isnan(value)).all()
    for quantity in (sparsity.hoyer, sparsity.participation_ratio):
        np.testing.assert_array_equal(quantity(-wide), quantity(wide))
    used = sparsity.participation_ratio(wide)
    assert ((used >= kernel.shape[-1] / kernel.size) | np.isnan(used)).all()


@pytest.mark.parametrize("quantity", SCALE_FREE.values(), ids=SCALE_FREE)
@pytest.mark.parametrize("peak", [1e-300, 1e-30, 1e30, 1e300])
def test_extreme_magnitudes_neither_overflow_nor_vanish(quantity, peak):
    weights = np.array([[3.0, 4.0], [-1.0, 0.0], [1.0, 2.0]])

    np.testing.assert_allclose(quantity(weights * peak), quantity(weights), rtol=1e-12)


def test_neurons_of_different_scales_do_not_disturb_each_other():
    kernel = np.array([[3.0, 3e-200, 3e200], [4.0, 4e-200, 4e200]])

    np.testing.assert_allclose(sparsity.participation_ratio(kernel), np.full(3, 625 / 337 / 2), rtol=1e-14)


def test_the_neurons_of_a_convolution_are_on_its_last_axis():
    kernel = np.random.default_rng(0).standard_normal((3, 3, 4, 5))
    flat = kernel.reshape(36, 5)

    np.testing.assert_array_equal(sparsity.participation_ratio(kernel), sparsity.participation_ratio(flat))
    assert sparsity.participation_ratio(kernel).shape == (5,)
    order = [4, 0, 3, 1, 2]
    np.testing.assert_array_equal(
        sparsity.participation_ratio(kernel[..., order]), sparsity.participation_ratio(kernel)[order]
    )


@pytest.mark.parametrize("quantity", QUANTITIES.values(), ids=QUANTITIES)
def test_layout_and_dtype_do_not_matter_and_inputs_are_left_alone(quantity):
    kernel = np.random.default_rng(0).integers(-8, 8, size=(3, 3, 4, 5)).astype(np.float64)
    kept = kernel.copy()
    expected = quantity(kernel)

    for dtype in (np.float16, np.float32, np.int8, np.int64):
        np.testing.assert_array_equal(quantity(kernel.astype(dtype)), expected)
    np.testing.assert_array_equal(quantity(np.asfortranarray(kernel)), expected)
    np.testing.assert_allclose(quantity(kernel[::-1]), expected, rtol=1e-13)
    np.testing.assert_array_equal(kernel, kept)


# Errors


@pytest.mark.parametrize("quantity", QUANTITIES.values(), ids=QUANTITIES)
@pytest.mark.parametrize(
    ("weights", "error", "message"),
    [
        pytest.param(np.ones((0, 2)), ValueError, "holds no values", id="empty"),
        pytest.param([[1.0, math.nan]], ValueError, "holds NaN or infinity", id="NaN"),
        pytest.param([[1.0, math.inf]], ValueError, "holds NaN or infinity", id="infinity"),
        pytest.param([[1.0j]], TypeError, "complex128", id="complex"),
        pytest.param([["a"]], TypeError, "<U1", id="text"),
    ],
)
def test_unusable_weights_are_named(quantity, weights, error, message):
    with pytest.raises(error, match=message):
        quantity(weights)


def test_unusable_options_are_named():
    for eps in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match=f"eps={eps} is not positive and finite"):
            sparsity.near_zero_share([1.0], eps)
    for reach in (-0.1, math.nan, math.inf):
        with pytest.raises(ValueError, match=f"reach={reach} is not a finite number from 0 up"):
            sparsity.outliers([1.0], reach=reach)
    with pytest.raises(ValueError, match=r"kernel.shape=\(3,\) is not \(..., inputs, neurons\)"):
        sparsity.participation_ratio([1.0, 2.0, 3.0])
