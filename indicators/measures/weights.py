"""How far training moved the weights of a layer, and in which direction: arrays in, numbers out."""

import math

import numpy as np
from numpy.typing import ArrayLike

from indicators.measures.arrays import Floats, finite_vector, mantissa


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
    (start, _), (end, end_exponent) = _both(initial, final)
    if not (start.any() and end.any()):
        return math.nan
    change, exponent, _ = _change(initial, final)
    return math.ldexp(_dot(start, change) / _norm(start) / _norm(end), exponent - end_exponent)


def weight_change(initial: ArrayLike, final: ArrayLike, *, normalized: bool = False) -> Floats:
    """Change of every weight of one layer, wn - w0, in weight units; `normalized`: in units of the final norm.

    (wn - w0) / |wn| does not depend on the scale of the final weights, which batch normalization leaves
    arbitrary. What it holds is described by the functions of `distributions`. All NaN where it is
    normalized and the final weights are all zeros.

    Shapes: any, equal for both, and that of the result. ValueError for unequal shapes, nothing to compare,
    NaN or infinity; TypeError for what is not a real number. Thesis sections 7.2.1 and 7.2.2.
    """
    change, exponent, (end, end_exponent) = _change(initial, final)
    if normalized:
        change = change / (_norm(end) if end.any() else math.nan)
        exponent -= end_exponent
    return np.ldexp(change, exponent).reshape(np.shape(final))


def weight_change_std(initial: ArrayLike, final: ArrayLike, *, normalized: bool = False) -> float:
    """Spread of a layer's weight changes: population standard deviation of wn - w0, in weight units.

    0 means that every weight moved by the same amount (none included). It ignores the mean change, and
    unlike the three quantities above it depends on the scale of the weights, which batch normalization
    leaves arbitrary. `normalized`: in units of the final norm, NaN where the final weights are all zeros.

    Shapes: any, equal for both. ValueError for unequal shapes, nothing to compare, NaN or infinity;
    TypeError for what is not a real number. Thesis sections 7.2.1 and 7.2.2.
    """
    change, exponent, (end, end_exponent) = _change(initial, final)
    if normalized and not end.any():
        return math.nan
    change -= change.mean()
    spread = math.sqrt(_dot(change, change) / change.size)
    return math.ldexp(spread / _norm(end), exponent - end_exponent) if normalized else math.ldexp(spread, exponent)


def opposed_share(initial: ArrayLike, final: ArrayLike) -> float:
    """Share of a layer's weights that moved against their initial sign, w0 (wn - w0) < 0, in [0, 1].

    1: every weight went toward zero or past it; 0: none did. It ignores how far. Weights that were zero or
    did not move count as not opposed. The share without any relation between w0 and wn is not one half: see
    `opposed_share_by_chance`.

    Shapes: any, equal for both. ValueError for unequal shapes, nothing to compare, NaN or infinity;
    TypeError for what is not a real number. Thesis sections 7.2.3 and 7.2.4.
    """
    start, end = _finite_pair(initial, final)
    return float(np.mean(((start > 0) & (end < start)) | ((start < 0) & (end > start))))


def opposed_share_by_chance(initial: ArrayLike, final: ArrayLike) -> float:
    """Share of weights that would oppose their initial sign if w0 and wn were unrelated, in [0, 1].

    The mean of `opposed_share` over all orders of the final weights, which keeps the distribution of either
    side; exact, from N^2 comparisons by one sort. About 0.75 for symmetric distributions of equal spread, up
    to 1 where the final weights are much smaller than the initial ones, down to 0.5 where much larger.

    Shapes and errors are those of `opposed_share`. Thesis sections 7.2.3 and 7.2.4.
    """
    start, end = _finite_pair(initial, final)
    end = np.sort(end)
    below = np.searchsorted(end, np.sort(start[start > 0]), side="left").sum()
    not_above = np.searchsorted(end, np.sort(start[start < 0]), side="right")
    return float((int(below) + int((end.size - not_above).sum())) / end.size**2)


def sign_flips(initial: ArrayLike, final: ArrayLike) -> float:
    """Share of a layer's weights whose sign training changed, w0 wn < 0, in [0, 1].

    0: none; 0.5: about what weights unrelated to their initial values give; 1: all. Weights that are zero
    before or after count as not flipped.

    Shapes: any, equal for both. ValueError for unequal shapes, nothing to compare, NaN or infinity;
    TypeError for what is not a real number. Thesis section 7.2.4.
    """
    start, end = _finite_pair(initial, final)
    return float(np.mean(((start > 0) & (end < 0)) | ((start < 0) & (end > 0))))


def _change(initial: ArrayLike, final: ArrayLike) -> tuple[Floats, int, tuple[Floats, int]]:
    """The change wn - w0, and wn, each as a vector and the power of two that it is to be multiplied by."""
    (start, start_exponent), (end, end_exponent) = _both(initial, final)
    exponent = max(start_exponent, end_exponent)
    change = np.ldexp(end, end_exponent - exponent) - np.ldexp(start, start_exponent - exponent)
    return change, exponent, (end, end_exponent)


def _both(initial: ArrayLike, final: ArrayLike) -> tuple[tuple[Floats, int], tuple[Floats, int]]:
    """Both kernels, flattened to float64, each as a vector of peak in [1/2, 1) and a power of two."""
    start, end = _finite_pair(initial, final)
    return mantissa(start), mantissa(end)


def _finite_pair(initial: ArrayLike, final: ArrayLike) -> tuple[Floats, Floats]:
    if np.shape(initial) != np.shape(final):
        raise ValueError(
            f"initial.shape={np.shape(initial)} is not final.shape={np.shape(final)}; "
            "give the same kernel before and after training"
        )
    return finite_vector(initial, "initial"), finite_vector(final, "final")


def _dot(left: Floats, right: Floats) -> float:
    """Inner product, summed in pairs: its error grows with log N, that of a running sum with N."""
    return float(np.sum(left * right))


def _norm(vector: Floats) -> float:
    return math.sqrt(_dot(vector, vector))


def _rounded_to_29_bits(value: float) -> float:
    significand, exponent = math.frexp(value)
    return math.ldexp(round(math.ldexp(significand, 29)), exponent - 29)
