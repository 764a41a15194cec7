import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import stats

from indicators.measures import distributions

# Few distinct values among many, so that ties are common.
samples = arrays(
    np.float32,
    array_shapes(max_dims=3, max_side=6),
    elements=st.sampled_from([-2, -1, 0, 0.5, 3]) | st.floats(-1e3, 1e3, width=32),
)
varied = samples.filter(lambda values: values.min() < values.max())
# Differences of neighboring floats are lost where a sample is shifted or scaled: such values cannot be moved.
round_samples = arrays(np.float64, st.integers(2, 30), elements=st.integers(-50, 50)).filter(lambda v: np.ptp(v) > 0)
SUMMARIES = {
    "value_range": distributions.value_range,
    "quantiles": lambda values: distributions.quantiles(values, [0.0, 0.3, 1.0]),
    "excess_kurtosis": distributions.excess_kurtosis,
    "uniform_distance": distributions.uniform_distance,
    "distribution_distance": lambda values: distributions.distribution_distance(values, [0.0, 1.0]),
    "density": lambda values: distributions.density(values, [0.0, 1.0]),
}


# By hand


def test_range_and_quantiles_by_hand():
    values = [[4.0, 0.0], [1.0, 2.0]]

    assert distributions.value_range(values) == 4.0
    np.testing.assert_array_equal(distributions.quantiles(values, [[0, 0.5], [1, 5 / 6]]), [[0, 1.5], [4, 3.0]])
    assert distributions.quantiles(values, 0.5).shape == ()


def test_excess_kurtosis_by_hand():
    assert distributions.excess_kurtosis([-1, 1]) == -2
    assert distributions.excess_kurtosis([-1, 0, 0, 1]) == pytest.approx(0.5 / 0.25 - 3)
    assert distributions.excess_kurtosis(np.arange(1000)) == pytest.approx(-1.2, abs=1e-5)
    assert distributions.excess_kurtosis([0] * 9 + [1]) == pytest.approx((1 - 6 * 0.09) / 0.09)


def test_uniform_distance_by_hand():
    assert distributions.uniform_distance(np.arange(5)) == pytest.approx(1 / 5)
    assert distributions.uniform_distance([0, 0, 0, 1]) == 0.75
    assert distributions.uniform_distance([0, 1, 1, 1, 1]) == 0.8


def test_distribution_distance_by_hand():
    assert distributions.distribution_distance([1, 2, 3], [3, 1, 2]) == 0
    assert distributions.distribution_distance([1, 2], [1, 1, 1, 2, 2, 2]) == 0
    assert distributions.distribution_distance([1, 2], [3]) == 1
    assert distributions.distribution_distance([1, 2, 3, 4], [2.5, 5]) == 0.5


def test_density_of_two_values_by_hand():
    width = math.sqrt(2) * 2**-0.2
    expected = math.exp(-0.5 / width**2) / (width * math.sqrt(2 * math.pi))

    assert distributions.density([-1.0, 1.0], 0.0) == pytest.approx(expected, rel=1e-13)


def test_values_that_are_all_equal_have_no_shape():
    for values in ([0.1], [0.1, 0.1, 0.1], np.zeros((2, 2))):
        assert math.isnan(distributions.excess_kurtosis(values))
        assert math.isnan(distributions.uniform_distance(values))
        assert distributions.value_range(values) == 0
        np.testing.assert_array_equal(distributions.density(values, np.zeros((2, 3))), np.full((2, 3), math.nan))
        np.testing.assert_array_equal(distributions.quantiles(values, [0, 0.4]), [np.max(values)] * 2)
    assert distributions.distribution_distance([0.1, 0.1], [0.1]) == 0


# Against independent implementations


@settings(deadline=None)
@given(varied)
def test_kurtosis_and_uniform_distance_agree_with_scipy_and_forty_digits(values):
    flat = values.ravel().astype(np.float64)
    with mpmath.workdps(40):
        exact = [mpmath.mpf(x) for x in flat.tolist()]
        mean = mpmath.fsum(exact) / len(exact)
        second, fourth = (mpmath.fsum((x - mean) ** power for x in exact) / len(exact) for power in (2, 4))
        kurtosis = float(fourth / second**2 - 3)
    # The mean is rounded: of values far from zero and close together, the last digits are lost.
    lost = np.finfo(float).eps * np.abs(flat).max() / np.ptp(flat) * len(flat)

    assert distributions.excess_kurtosis(values) == pytest.approx(kurtosis, rel=1e-12 + 100 * lost, abs=1e-12)
    assert distributions.uniform_distance(values) == pytest.approx(
        stats.kstest(flat, "uniform", args=(flat.min(), np.ptp(flat))).statistic, abs=1e-12
    )


@settings(deadline=None)
@given(samples, samples)
def test_distribution_distance_agrees_with_scipy(first, second):
    places = np.concatenate([first.ravel(), second.ravel()])
    one, other = (stats.ecdf(values.ravel()).cdf.evaluate(places) for values in (first, second))
    expected = np.abs(one - other).max()

    assert distributions.distribution_distance(first, second) == pytest.approx(expected, abs=1e-14)
    assert distributions.distribution_distance(second, first) == distributions.distribution_distance(first, second)


@pytest.mark.parametrize("scale", [0.5, 1.0, 1.1])
def test_distribution_distance_of_large_samples_is_the_statistic_of_scipy(scale):
    rng = np.random.default_rng(8)
    first, second = rng.standard_normal(3000), scale * rng.standard_normal(2000).round(1)

    assert distributions.distribution_distance(first, second) == pytest.approx(
        stats.ks_2samp(first, second, method="asymp").statistic, abs=1e-14
    )


@pytest.mark.parametrize("size", [2, 3, 50, 1728, 20_000])
@pytest.mark.parametrize("draw", ["standard_normal", "random", "standard_cauchy", "standard_exponential"])
def test_density_agrees_with_scipy_everywhere(size, draw):
    rng = np.random.default_rng(size)
    values = 0.03 * getattr(rng, draw)(size) + 7
    points = np.concatenate([np.linspace(values.min() - 0.1, values.max() + 0.1, 150), values[:50], [-1e9, 1e9]])
    expected = stats.gaussian_kde(values)(points)

    np.testing.assert_allclose(distributions.density(values, points), expected, rtol=0, atol=1e-12 * expected.max())


@settings(deadline=None, max_examples=40)
@given(varied)
def test_density_of_any_values_agrees_with_a_sum_of_gaussians(values):
    flat = values.ravel().astype(np.float64)
    width = flat.std(ddof=1) * flat.size**-0.2
    points = np.concatenate([flat, np.linspace(flat.min(), flat.max(), 9)])
    expected = np.exp(-0.5 * ((points[:, None] - flat) / width) ** 2).mean(axis=1) / (width * math.sqrt(2 * math.pi))

    np.testing.assert_allclose(distributions.density(values, points), expected, atol=1e-12 * expected.max())


def test_density_at_more_points_than_one_step_holds():
    values = np.random.default_rng(0).standard_normal(500)
    points = np.linspace(values.min(), values.max(), 3000)

    np.testing.assert_allclose(distributions.density(values, points), stats.gaussian_kde(values)(points), atol=1e-12)


# By property


@settings(deadline=None)
@given(varied)
def test_bounds_hold(values):
    assert distributions.excess_kurtosis(values) >= -2 - 1e-9
    assert 1 / values.size - 1e-12 <= distributions.uniform_distance(values) <= 1
    assert 0 <= distributions.distribution_distance(values, values[:1]) <= 1
    assert (distributions.density(values, np.linspace(-2e3, 2e3, 50)) >= 0).all()


def test_the_density_integrates_to_one():
    values = np.random.default_rng(3).random(400)
    points = np.linspace(-3, 4, 4000)

    assert np.trapezoid(distributions.density(values, points), points) == pytest.approx(1, abs=1e-9)


@settings(deadline=None)
@given(round_samples, st.integers(-40, 40), st.integers(-60, 60))
def test_place_and_scale_do_not_change_the_shape(values, power, shift):
    moved = (values + shift) * 2.0**power

    assert distributions.uniform_distance(moved) == distributions.uniform_distance(values)
    assert distributions.excess_kurtosis(moved) == pytest.approx(distributions.excess_kurtosis(values), abs=1e-9)
    np.testing.assert_allclose(
        distributions.density(moved, moved) * 2.0**power, distributions.density(values, values), rtol=1e-9
    )


@pytest.mark.parametrize("peak", [1e-300, 1e-30, 1e30, 1e300])
def test_extreme_magnitudes_neither_overflow_nor_vanish(peak):
    values = np.array([-1.0, 0.0, 0.0, 1.0])

    assert distributions.excess_kurtosis(peak * values) == pytest.approx(-1)
    assert distributions.uniform_distance(peak * values) == distributions.uniform_distance(values)
    assert distributions.density(peak * values, 0.0) * peak == pytest.approx(float(distributions.density(values, 0.0)))


@pytest.mark.parametrize("summary", SUMMARIES.values(), ids=SUMMARIES)
def test_layout_order_and_dtype_do_not_matter_and_inputs_are_left_alone(summary):
    values = np.random.default_rng(0).integers(-8, 8, size=(3, 4, 5)).astype(np.float64)
    kept = values.copy()
    expected = summary(values)

    for dtype in (np.float16, np.float32, np.int8, np.int64):
        np.testing.assert_array_equal(summary(values.astype(dtype)), expected)
    np.testing.assert_allclose(summary(values.T), expected, rtol=1e-13)
    np.testing.assert_allclose(summary(values[::-1]), expected, rtol=1e-13)
    np.testing.assert_array_equal(summary(np.asfortranarray(values)), expected)
    np.testing.assert_array_equal(values, kept)


# Errors


@pytest.mark.parametrize("summary", SUMMARIES.values(), ids=SUMMARIES)
@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        pytest.param([], ValueError, "holds no values", id="empty"),
        pytest.param([1.0, math.nan], ValueError, "holds NaN or infinity", id="NaN"),
        pytest.param([1.0, -math.inf], ValueError, "holds NaN or infinity", id="infinity"),
        pytest.param([1.0j], TypeError, "complex128 is not a real number", id="complex"),
        pytest.param(["a"], TypeError, "<U1", id="text"),
    ],
)
def test_unusable_values_are_named(summary, values, error, message):
    with pytest.raises(error, match=message):
        summary(values)


@pytest.mark.parametrize("shares", [[-0.1], [50], [math.nan]])
def test_quantiles_are_of_shares(shares):
    with pytest.raises(ValueError, match=r"are not in \[0, 1\]; divide percentages by 100"):
        distributions.quantiles([1.0, 2.0], shares)
