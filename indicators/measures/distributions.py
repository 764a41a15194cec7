"""How the weights of a layer, their changes or its activations are distributed: arrays in, numbers out."""

import math

import numpy as np
from numpy.typing import ArrayLike

from indicators.measures.arrays import Floats, finite_vector, mantissa, real_numbers

# The density gathers values into bins of a sixteenth of the bandwidth and describes each bin by eight moments:
# a value is at most 1/32 of the bandwidth from its bin's center, and what is left out is below 1e-14 of the peak.
_BINS_PER_BANDWIDTH = 16
_MOMENTS = 8
_REACH = 9  # in bandwidths: exp(-81 / 2) is below the last digit of the peak


def value_range(values: ArrayLike) -> float:
    """Difference between the largest and the smallest value, in the values' unit, from 0 up.

    0: all equal. It ignores everything between, and grows with the number of values.

    values: any shape. ValueError for no values, NaN or infinity; TypeError for what is not a real number.
    Thesis section 7.2.2.
    """
    vector = _checked(values)
    return float(vector.max() - vector.min())


def quantiles(values: ArrayLike, shares: ArrayLike) -> Floats:
    """Values below which the given shares of all values lie, linear between neighbors, in the values' unit.

    The share 0 gives the smallest value, 1/2 the median, 1 the largest.

    values: any shape; shares: any shape, in [0, 1], and that of the result. ValueError for other shares, no
    values, NaN or infinity; TypeError for what is not a real number. Thesis section 7.2.2.
    """
    wanted = real_numbers(shares, "shares").astype(np.float64)
    if not (wanted.min() >= 0.0 and wanted.max() <= 1.0):
        raise ValueError(f"shares from {wanted.min()} to {wanted.max()} are not in [0, 1]; divide percentages by 100")
    return np.asarray(np.quantile(_checked(values), wanted))


def excess_kurtosis(values: ArrayLike) -> float:
    """Weight of the tails: fourth central moment over the squared variance, less 3, from -2 up.

    -1.2: uniform; 0: Gaussian; large: a few values far out beside many near the mean, hence also a measure
    of sparsity. It depends neither on the mean nor on the scale. Population moments, without correction for
    small samples. NaN where all values are equal.

    values: any shape. ValueError for no values, NaN or infinity; TypeError for what is not a real number.
    Thesis section 7.2.4.
    """
    vector, _ = mantissa(_checked(values))
    if vector.min() == vector.max():
        return math.nan
    squares = mantissa(vector - vector.mean())[0] ** 2
    return float(np.mean(squares**2) / np.mean(squares) ** 2 - 3.0)


def uniform_distance(values: ArrayLike) -> float:
    """Kolmogorov distance between the values and the uniform distribution over their range, in (0, 1].

    The largest difference between the two cumulative distributions. 1/n for n values: evenly spaced (n
    uniform draws give about 0.87 / sqrt(n)); toward 1: nearly all at one end. It depends neither on the place
    nor on the scale. NaN where all values are equal.

    values: any shape. ValueError for no values, NaN or infinity; TypeError for what is not a real number.
    Thesis section 7.2.1.
    """
    ranked = np.sort(mantissa(_checked(values))[0])
    if ranked[0] == ranked[-1]:
        return math.nan
    uniform = (ranked - ranked[0]) / (ranked[-1] - ranked[0])
    places = np.arange(ranked.size + 1) / ranked.size
    return float(max(np.max(places[1:] - uniform), np.max(uniform - places[:-1])))


def distribution_distance(first: ArrayLike, second: ArrayLike) -> float:
    """Kolmogorov distance between two sets of values, in [0, 1]: the two-sample Kolmogorov-Smirnov statistic.

    The largest difference between their cumulative distributions. 0: the same distribution; 1: all values of
    one lie below all of the other. It ignores which value is whose, so a layer may have turned entirely and
    still be at 0 from its initial distribution; it does depend on a change of scale.

    first, second: any shapes and sizes. ValueError for no values, NaN or infinity; TypeError for what is not
    a real number. Thesis section 7.2.4.
    """
    one, other = np.sort(_checked(first, "first")), np.sort(_checked(second, "second"))
    below = [
        [np.searchsorted(ranked, places, side="right").astype(np.int64) for ranked in (one, other)]
        for places in (one, other)
    ]
    # On integers, so that equal distributions of different sizes are at exactly zero.
    largest = max(int(np.max(np.abs(a * other.size - b * one.size))) for a, b in below)
    return largest / (one.size * other.size)


def density(values: ArrayLike, points: ArrayLike) -> Floats:
    """Gaussian kernel estimate of the values' density at the given points, per unit of the values.

    The mean over the values of a Gaussian around each, whose width is the sample standard deviation times
    n^(-1/5) (Scott's rule). The integral over all reals is 1; the estimate smooths edges, so a uniform
    distribution gets shoulders. Exact to 1e-12 of the peak. NaN at every point where all values are equal.

    values: any shape; points: any shape, and that of the result. ValueError for no values, NaN or infinity;
    TypeError for what is not a real number. Thesis sections 7.2.1 and 7.2.4.
    """
    vector, places = _checked(values), finite_vector(points, "points")
    if vector.min() == vector.max():
        return np.full(np.shape(points), math.nan)
    width = _standard_deviation(vector) * vector.size**-0.2
    lowest = vector.min()
    moments = _binned_moments((vector - lowest) / width)
    heights: Floats = _smoothed(moments, (places - lowest) / width) / (vector.size * width * math.sqrt(2.0 * math.pi))
    return heights.reshape(np.shape(points))


def _standard_deviation(vector: Floats) -> float:
    scaled, exponent = mantissa(vector)
    centered, finer = mantissa(scaled - scaled.mean())
    return math.ldexp(math.sqrt(float(np.sum(centered**2)) / (vector.size - 1)), exponent + finer)


def _binned_moments(values: Floats) -> Floats:
    """Sums of (value - center of its bin)^k / k! over each bin, (moments, bins); values in bandwidths, from 0."""
    index = (values * _BINS_PER_BANDWIDTH).astype(np.intp)
    offset = values - (index + 0.5) / _BINS_PER_BANDWIDTH
    term, rows = np.ones_like(values), []
    for order in range(_MOMENTS):
        rows.append(np.bincount(index, weights=term))
        term *= offset
        term /= order + 1
    return np.stack(rows)


def _smoothed(moments: Floats, places: Floats) -> Floats:
    """Sum of exp(-(place - value)^2 / 2), from the bins within reach of each place."""
    bins = moments.shape[1]
    reach = _REACH * _BINS_PER_BANDWIDTH
    sums = np.zeros(places.size)
    nearest = np.clip(np.floor(places * _BINS_PER_BANDWIDTH), -reach - 1, bins + reach).astype(np.intp)
    for start in range(0, places.size, 1024):
        index = nearest[start : start + 1024, np.newaxis] + np.arange(-reach, reach + 1)
        distance = places[start : start + 1024, np.newaxis] - (index + 0.5) / _BINS_PER_BANDWIDTH
        inside = (index >= 0) & (index < bins)
        gathered = np.where(inside, moments[:, np.clip(index, 0, bins - 1)], 0.0)
        sums[start : start + 1024] = (_hermite_series(gathered, distance) * np.exp(-0.5 * distance**2)).sum(axis=1)
    return sums


def _hermite_series(coefficients: Floats, x: Floats) -> Floats:
    """Sum of coefficients times Hermite polynomials: exp(-(x - t)^2 / 2) = exp(-x^2 / 2) sum He_k(x) t^k / k!."""
    before, polynomial, total = np.zeros_like(x), np.ones_like(x), np.zeros_like(x)
    for order, coefficient in enumerate(coefficients):
        total += coefficient * polynomial
        before, polynomial = polynomial, x * polynomial - order * before
    return total


def _checked(values: ArrayLike, name: str = "values") -> Floats:
    return finite_vector(values, name)
