"""How far training moved the weights of a layer, and in which direction: arrays in, numbers out."""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Vector = NDArray[np.float64]


def real_numbers(values: ArrayLike, name: str) -> NDArray[Any]:
    """Return `values` as an array of real numbers, checked: the check that the whole core shares.

    TypeError for anything but booleans, integers and floats of at most 64 bits, ValueError for an empty
    array. Finiteness is left to the caller, who usually reads it from a sum or an extreme computed anyway.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise TypeError(
            f"{name}.dtype={array.dtype} is not a real number of at most 64 bits; convert it with astype(np.float32)"
        )
    if array.size == 0:
        raise ValueError(f"{name}.shape={array.shape} holds no values; expected at least one")
    return array


def cosine_distance(initial: ArrayLike, final: ArrayLike) -> float:
    """Cosine distance between the initial and the final weights of one layer, a pure number in [0, 2].

    1 - cos(w0, wn), each kernel flattened: 0 means the same direction, 1 orthogonal (about what two
    independent draws give), 2 opposite. It ignores the norms. NaN where either is all zeros. For float32
    weights the result is accurate to a relative 1e-11 however small the rotation, where `1 - dot` keeps no
    digit below 1e-16.

    Shapes: any, equal for both. ValueError for unequal shapes, nothing to compare, NaN or infinity;
    TypeError for what is not a real number. Thesis section 7.1.
    """
    (start, _), (end, _) = _both(initial, final)
    if not (start.any() and end.any()):
        return math.nan
    # A scale of 29 bits times a float32 weight of 24 fits a float64 exactly: without the rounding, that
    # product's own error would drown the distance of nearly parallel weights.
    start = start * _rounded_to_29_bits(_norm(end) / _norm(start))
    change = end - start
    # |w0||wn| - w0.wn is half of |wn - w0|^2 - (|wn| - |w0|)^2, and the difference of norms is read from
    # the change.
    stretch = _dot(change, start + end) / (_norm(start) + _norm(end))
    product_of_norms = math.sqrt(_dot(start, start) * _dot(end, end))
    return min(max(0.5 * (_dot(change, change) - stretch**2) / product_of_norms, 0.0), 2.0)


def norm_ratio(initial: ArrayLike, final: ArrayLike) -> float:
    """Norm of a layer's initial weights over that of its final ones, r = |w0| / |wn|, from 0 up.

    1 means that the norm is unchanged, less that it grew, more that it shrank. It ignores the direction.
    0 where only the initial weights are all zeros, NaN where the final weights are.

    Shapes: any, equal for both. ValueError for unequal shapes, nothing to compare, NaN or infinity;
    TypeError for what is not a real number. Thesis section 7.2.3, equation 7.1.
    """
    (start, start_exponent), (end, end_exponent) = _both(initial, final)
    if not end.any():
        return math.nan
    return math.ldexp(_norm(start) / _norm(end), start_exponent - end_exponent)


def alignment(initial: ArrayLike, final: ArrayLike) -> float:
    """Part of a layer's change that lies along its initial weights, d, in units of the final norm.

    d = w0/|w0| . (wn - w0)/|wn|, so that the cosine distance is 1 - r - d with r the norm ratio. Positive:
    the change prolongs the initial weights; 0: orthogonal to them; -r: everything along them was removed.
    It ignores the part of the change orthogonal to w0. NaN where either is all zeros.

    Shapes: any, equal for both. ValueError for unequal shapes, nothing to compare, NaN or infinity;
    TypeError for what is not a real number. Thesis section 7.2.3, equation 7.1.
    """
    (start, start_exponent), (end, end_exponent) = _both(initial, final)
    if not (start.any() and end.any()):
        return math.nan
    exponent = max(start_exponent, end_exponent)
    change = np.ldexp(end, end_exponent - exponent) - np.ldexp(start, start_exponent - exponent)
    return math.ldexp(_dot(start, change) / _norm(start) / _norm(end), exponent - end_exponent)


def weight_change_std(initial: ArrayLike, final: ArrayLike) -> float:
    """Spread of a layer's weight changes: population standard deviation of wn - w0, in weight units.

    0 means that every weight moved by the same amount (none included). It ignores the mean change, and
    unlike the three quantities above it depends on the scale of the weights, which batch normalization
    leaves arbitrary.

    Shapes: any, equal for both. ValueError for unequal shapes, nothing to compare, NaN or infinity;
    TypeError for what is not a real number. Thesis section 7.2.1.
    """
    (start, start_exponent), (end, end_exponent) = _both(initial, final)
    exponent = max(start_exponent, end_exponent)
    change = np.ldexp(end, end_exponent - exponent) - np.ldexp(start, start_exponent - exponent)
    change -= change.mean()
    return math.ldexp(math.sqrt(_dot(change, change) / change.size), exponent)


def _both(initial: ArrayLike, final: ArrayLike) -> tuple[tuple[Vector, int], tuple[Vector, int]]:
    """Flatten both kernels to float64, each as a vector of peak in [1/2, 1) and a power of two."""
    start, end = real_numbers(initial, "initial"), real_numbers(final, "final")
    if start.shape != end.shape:
        raise ValueError(
            f"initial.shape={start.shape} is not final.shape={end.shape}; "
            "give the same kernel before and after training"
        )
    return _mantissa(start, "initial"), _mantissa(end, "final")


def _mantissa(weights: NDArray[Any], name: str) -> tuple[Vector, int]:
    """Divide by a power of two, which is exact: squares then neither overflow nor vanish."""
    vector = weights.astype(np.float64).ravel()
    peak = float(np.max(np.abs(vector)))
    if not math.isfinite(peak):
        raise ValueError(f"{name} holds NaN or infinity; expected finite weights: look for the epoch that diverged")
    exponent = math.frexp(peak)[1]
    return np.ldexp(vector, -exponent), exponent


def _dot(left: Vector, right: Vector) -> float:
    """Sum in pairs: its error grows with log N, that of a running sum with N."""
    return float(np.sum(left * right))


def _norm(vector: Vector) -> float:
    return math.sqrt(_dot(vector, vector))


def _rounded_to_29_bits(value: float) -> float:
    mantissa, exponent = math.frexp(value)
    return math.ldexp(round(math.ldexp(mantissa, 29)), exponent - 29)
