"""How much of a layer rests on few of its weights: arrays in, numbers out.

`distributions.excess_kurtosis` is a fourth answer to the same question.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from indicators.measures.arrays import Floats, finite_vector, mantissa


class Outliers(NamedTuple):
    """What lies far out in the distribution of a layer's weights."""

    share: float
    """Share of the weights, in [0, 1]."""
    norm_share: float
    """Their norm over that of all weights, in [0, 1]."""


def near_zero_share(weights: ArrayLike, eps: float, *, relative: bool = False) -> float:
    """Share of a layer's weights nearer to zero than `eps`, |w| < eps, in [0, 1].

    `eps` in weight units, or with `relative` in units of the weights' own root mean square, which does not
    depend on their scale: a uniform distribution around zero then has eps / sqrt(3) below, a Gaussian about
    0.8 eps. NaN where it is relative and the weights are all zeros.

    weights: any shape. ValueError for an eps that is not positive and finite, no weights, NaN or infinity;
    TypeError for what is not a real number. Thesis section 7.2.4.
    """
    if not 0.0 < eps < math.inf:
        raise ValueError(f"eps={eps} is not positive and finite; give the size below which a weight is near zero")
    vector = finite_vector(weights, "weights")
    if not relative:
        return float(np.mean(np.abs(vector) < eps))
    if not vector.any():
        return math.nan
    scaled, _ = mantissa(vector)
    return float(np.mean(np.abs(scaled) < eps * math.sqrt(np.mean(scaled**2))))


def hoyer(weights: ArrayLike) -> float:
    """Hoyer's sparsity of a layer's weights, a pure number in [0, 1].

    (sqrt(N) - |w|_1 / |w|_2) / (sqrt(N) - 1): 0 where all weights have the same magnitude, 1 where a single
    one is not zero. It ignores scale, signs and order; a Gaussian has about 0.2, a uniform distribution around zero
    0.13.
    NaN where all weights are zeros or there is only one.

    weights: any shape. ValueError for no weights, NaN or infinity; TypeError for what is not a real number.
    Hoyer (2004), Non-negative matrix factorization with sparseness constraints; thesis section 7.2.4.
    """
    vector, _ = mantissa(finite_vector(weights, "weights"))
    if vector.size == 1 or not vector.any():
        return math.nan
    root = math.sqrt(vector.size)
    ratio = float(np.sum(np.abs(vector))) / math.sqrt(float(np.sum(vector**2)))
    return min(max((root - ratio) / (root - 1.0), 0.0), 1.0)


def outliers(weights: ArrayLike, *, reach: float = 1.5) -> Outliers:
    """Share of a layer's weights that are outliers, and the share of the layer's norm that they hold.

    Outliers lie strictly beyond the quartiles by more than `reach` times their distance; quartiles are
    linear between neighbors. A Gaussian has 0.7 % outliers with 25 % of the norm, a uniform distribution
    none. Scale does not matter. The share of the norm is NaN where all weights are zeros.

    weights: any shape. ValueError for a reach that is negative or not finite, no weights, NaN or infinity;
    TypeError for what is not a real number. Thesis section 7.2.4.
    """
    if not 0.0 <= reach < math.inf:
        raise ValueError(f"reach={reach} is not a finite number from 0 up; Tukey's rule is 1.5")
    vector, _ = mantissa(finite_vector(weights, "weights"))
    low, high = np.quantile(vector, [0.25, 0.75])
    far = (vector < low - reach * (high - low)) | (vector > high + reach * (high - low))
    if not vector.any():
        return Outliers(0.0, math.nan)
    # Sums of the same squares in another order may leave the scale by a rounding.
    norm_share = math.sqrt(float(np.sum(vector[far] ** 2)) / float(np.sum(vector**2)))
    return Outliers(float(far.mean()), min(norm_share, 1.0))


def participation_ratio(kernel: ArrayLike) -> Floats:
    """Share of its incoming weights that each neuron effectively uses, in [1 / fan-in, 1].

    (sum w^2)^2 / sum w^4 over the fan-in: 1 where all its weights have the same magnitude, 1 / fan-in where
    a single one is not zero; 1/3 is typical of Gaussian weights, 5/9 of uniform ones. It ignores scale and
    signs. NaN for a neuron whose weights are all zeros.

    kernel: (height, width, inputs, neurons) or (inputs, neurons), the neurons on the last axis; the result
    is (neurons,). ValueError for fewer than two axes, no weights, NaN or infinity; TypeError for what is not
    a real number. Thesis section 7.2.4.
    """
    if np.ndim(kernel) < 2:
        raise ValueError(f"kernel.shape={np.shape(kernel)} is not (..., inputs, neurons); give the kernel as stored")
    columns = finite_vector(kernel, "kernel").reshape(-1, np.shape(kernel)[-1])
    peaks = np.max(np.abs(columns), axis=0)
    squares = np.ldexp(columns, -np.frexp(peaks)[1]) ** 2
    fourth = (squares**2).sum(axis=0)
    total = squares.sum(axis=0)
    ratio: Floats = np.divide(total**2, len(columns) * fourth, out=np.full(peaks.shape, math.nan), where=peaks > 0)
    return np.clip(ratio, 1.0 / len(columns), 1.0)
