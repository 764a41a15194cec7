"""Layers whose neurons fire or not: which are above their own mean on which images, one bit for each.

Functions of `active` take such a layer as booleans or packed into bits.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from indicators.measures.arrays import (
    Array,
    Bools,
    Floats,
    Integers,
    activation_matrix,
    chunks,
    not_finite,
)


@dataclass(frozen=True, eq=False)
class Packed:
    """A binarized layer with one bit per value, made by `pack`; functions of `active` take it too.

    words: (neurons, ceil(images / 64)) uint64, whose bytes are the bits of `numpy.packbits` along the
    images, zeros after the last image; images: their number; counts: (neurons,) number of images that each
    neuron is active for.
    """

    words: NDArray[np.uint64]
    images: int
    counts: Integers


Active = Bools | Packed


def binarize(activations: ArrayLike) -> Bools:
    """Whether each neuron fires above its own mean over the images: value > mean, strictly.

    The mean is the exact one, not its rounding, so that a constant neuron is never active and the result is
    the same whatever the order of the images. It ignores by how much the mean is exceeded.

    activations: (images, neurons) real, finite; the result has the same shape. ValueError for another
    number of axes, an empty array, NaN or infinity; TypeError for what is not a real number. Thesis section
    8.3.
    """
    values = activation_matrix(activations)
    active: Bools = np.greater(values, _mean_rounded_down(values))
    return active


def pack(active: Bools) -> Packed:
    """A binarized layer packed into bits, an eighth of its memory: once for many questions.

    active: (images, neurons) bool. ValueError for another number of axes or an empty array, TypeError for
    another dtype.
    """
    matrix = _bool_matrix(active)
    images, neurons = matrix.shape
    words = np.zeros((neurons, -(-images // 64)), dtype=np.uint64)
    octets = words.view(np.uint8)
    for chunk in chunks(neurons, images):
        octets[chunk, : -(-images // 8)] = _octets(matrix[:, chunk]).T
    counts = ones(words)
    words.flags.writeable = counts.flags.writeable = False
    return Packed(words, images, counts)


def live(active: Active) -> Bools:
    """Whether each neuron varies: active for some images and not for others.

    active: (images, neurons) bool, or packed; the result is (neurons,) bool. Errors as in `pack`. Pairs of
    neurons that do not vary count as equal (`pairwise_nmi`), so a layer's mean is worth a second look over
    its live ones.
    """
    packed = as_packed(active)
    return (packed.counts > 0) & (packed.counts < packed.images)


def _mean_rounded_down(values: Array) -> Array:
    """A threshold for each neuron that separates its values just as the exact mean does."""
    images = len(values)
    if values.dtype.kind != "f":
        floors: Integers = values.sum(axis=0, dtype=np.int64) // images
        return floors
    with np.errstate(over="ignore", invalid="ignore"):
        means = values.sum(axis=0, dtype=np.float64) / images
    if not np.isfinite(means).all():
        raise not_finite()
    # The exact mean lies within `doubt` of the rounded one. Rounding both ends of that interval down to the
    # dtype gives the same float32 for all but a few neurons in a million.
    doubt = 2.0 * np.finfo(np.float64).eps * _sums_of_magnitudes(values, means)
    if values.dtype == np.float64:  # where the doubt itself may vanish among subnormals
        return _resolve(values, np.nextafter(means - doubt, -np.inf), np.nextafter(means + doubt, np.inf))
    return _resolve(values, _floor(means - doubt, values.dtype), _floor(means + doubt, values.dtype))


def _sums_of_magnitudes(values: Array, means: Floats) -> Floats:
    if values.min() >= 0:
        return means * len(values)
    sums = np.empty(values.shape[1])
    for chunk in chunks(values.shape[1], len(values)):
        sums[chunk] = np.abs(values[:, chunk]).sum(axis=0, dtype=np.float64)
    return sums


def _floor(numbers: Floats, dtype: np.dtype[Any]) -> Array:
    """The largest numbers of `dtype` that are not above."""
    with np.errstate(over="ignore"):
        rounded = numbers.astype(dtype)
    return np.where(rounded > numbers, np.nextafter(rounded, dtype.type(-np.inf)), rounded)


def _resolve(values: Array, low: Array, high: Array) -> Array:
    """The lower thresholds, decided exactly for the neurons that have values between the two candidates."""
    unsure = np.flatnonzero(low != high)
    for chunk in chunks(len(unsure), len(values)):
        columns = unsure[chunk]
        block = values[:, columns]
        constant = (block == block[0]).all(axis=0)
        low[columns[constant]] = block[0, constant]
        between = (block > low[columns]) & (block <= high[columns])
        for position in np.flatnonzero(between.any(axis=0) & ~constant):
            column = columns[position]
            low[column] = _largest_not_above_mean(
                block[:, position], np.unique(block[between[:, position], position]), low[column]
            )
    return low


def _largest_not_above_mean(column: Array, candidates: Array, otherwise: Any) -> Any:
    terms = column.tolist()
    for candidate in candidates[::-1]:
        # fsum is exact up to its last rounding, so the sign of sum(x) - n * candidate is right.
        if math.fsum(terms + [-float(candidate)] * len(terms)) >= 0.0:
            return candidate
    return otherwise


def _octets(matrix: Bools) -> NDArray[np.uint8]:
    """The bits as `numpy.packbits(matrix, axis=0)` packs them, far faster: whole rows at a time."""
    rows = matrix.view(np.uint8)
    octets = np.zeros((-(-len(rows) // 8), rows.shape[1]), dtype=np.uint8)
    for place in range(8):
        np.add(octets, octets, out=octets)  # shifts by one bit, and unlike a shift it is vectorized
        bits = rows[place::8]
        octets[: len(bits)] |= bits
    return octets


def ones(words: NDArray[np.uint64]) -> Integers:
    """How many bits are set, along the last axis."""
    counts: Integers = np.bitwise_count(words).sum(axis=-1, dtype=np.int64)
    return counts


def as_packed(active: Active) -> Packed:
    """The layer packed, if it is not yet."""
    return active if isinstance(active, Packed) else pack(active)


def _bool_matrix(active: Bools) -> Bools:
    matrix = np.asarray(active)
    if matrix.dtype != np.bool_:
        raise TypeError(f"active.dtype={matrix.dtype} is not bool; binarize the activations first")
    if matrix.ndim != 2 or matrix.size == 0:
        raise ValueError(f"active.shape={matrix.shape} is not (images, neurons) with at least one of each")
    return matrix
