"""What pairs of neurons tell about each other, given ones or all of a layer's: arrays in, arrays out."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from indicators.measures.arrays import Floats, Integers, check_choice, chunks, real_numbers
from indicators.measures.information.binarized import Active, Packed, as_packed, live, ones
from indicators.measures.information.entropies import AVERAGE_METHODS, nmi_of_counts

# Neurons on each side of a block of pairs: what one block allocates stays within about ten megabytes.
_BLOCK = 256


def pairwise_nmi(active: Active, pairs: ArrayLike, *, average_method: str = "arithmetic") -> Floats:
    """Mutual information of pairs of binarized neurons, normalized to a pure number in [0, 1].

    I(a, b) over the mean (`"arithmetic"`) or the larger (`"max"`, which the 2019 numbers used) of H(a) and
    H(b). 0: independent; 1: each tells the other, equal or complementary. Decided on integer counts, so
    exact at both ends. Two neurons that do not vary count as 1, one of them as 0. Independent neurons
    average about 1 / (2 n H) over n images, not 0.

    active: (images, neurons) bool, or packed; pairs: (n, 2) int. ValueError for pairs of another shape,
    empty or out of range, an unknown method; TypeError for other dtypes. Thesis section 8.3.4.
    """
    check_choice("average_method", average_method, AVERAGE_METHODS)
    packed = as_packed(active)
    left, right = checked_pairs(pairs, len(packed.counts)).T
    values = np.empty(len(left))
    for chunk in chunks(len(left), 4 * packed.words.shape[1]):
        one, other = left[chunk], right[chunk]
        both = ones(packed.words[one] & packed.words[other])
        values[chunk] = nmi_of_counts(packed.images, packed.counts[one], packed.counts[other], both, average_method)
    return values


def nmi_histogram(nmi: ArrayLike, bins: int = 100) -> Integers:
    """Number of pairs, or of neurons, by their NMI in equal bins of [0, 1]; the last includes 1.

    The first bin holds the exact zeros and the last the exact ones, hence the pairs of neurons that do not
    vary: look at live pairs as well.

    nmi: any shape, in [0, 1]; the result is (bins,). ValueError for values outside or none, or no bins;
    TypeError for what is not a real number. Thesis section 8.3.4.
    """
    _check_bins(bins)
    values = real_numbers(nmi, "nmi")
    if not (values.min() >= 0.0 and values.max() <= 1.0):
        raise ValueError(f"nmi from {values.min()} to {values.max()} is not in [0, 1]; give values of pairwise_nmi")
    return np.histogram(values, bins, range=(0.0, 1.0))[0].astype(np.int64)


class AllPairs(NamedTuple):
    """The NMI of every pair of different neurons of a layer, summarized."""

    mean: float
    """Over all pairs; two neurons that do not vary count as 1, one of them as 0."""
    live_mean: float
    """Over the pairs of two neurons that vary; NaN where there is none."""
    pairs: int
    """How many pairs there are."""
    live_pairs: int
    """How many of them are of two neurons that vary."""
    histogram: Integers
    """(bins,) number of pairs in equal bins of [0, 1], of all pairs."""


def all_pairs(active: Active, *, average_method: str = "arithmetic", bins: int = 100) -> AllPairs:
    """NMI of every pair of different neurons of a layer: its means and its histogram, without sampling error.

    The mean of `pairwise_nmi` over all n (n - 1) / 2 pairs, to rounding. The time grows with the
    square of the number of neurons that vary (50 million pairs of 1000 images take some seconds), the memory
    does not.

    active: (images, neurons) bool, or packed, at least two neurons. ValueError for fewer, other shapes, an
    unknown method or no bins; TypeError for another dtype. Thesis section 8.3.4.
    """
    check_choice("average_method", average_method, AVERAGE_METHODS)
    _check_bins(bins)
    packed = as_packed(active)
    neurons, varying = len(packed.counts), live(packed)
    if neurons < 2:
        raise ValueError(f"active has {neurons} neuron; expected at least two to make a pair")
    alive = int(varying.sum())
    live_pairs, constant = math.comb(alive, 2), math.comb(neurons - alive, 2)
    histogram, sums = np.zeros(bins, dtype=np.int64), []
    for values in _blocks(packed, np.flatnonzero(varying), average_method):
        histogram += nmi_histogram(values, bins)
        sums.append(float(values.sum()))
    # No need to look at a neuron that does not vary: it makes 1 with another such, 0 with any other.
    histogram[-1] += constant
    histogram[0] += alive * (neurons - alive)
    pairs, total = math.comb(neurons, 2), math.fsum(sums)
    live_mean = total / live_pairs if live_pairs else math.nan
    return AllPairs((total + constant) / pairs, live_mean, pairs, live_pairs, histogram)


def checked_pairs(pairs: ArrayLike, neurons: int) -> Integers:
    """The pairs as (n, 2) indices of neurons, checked."""
    values = np.asarray(pairs)
    if values.ndim != 2 or values.shape[1] != 2 or len(values) == 0:
        raise ValueError(f"pairs.shape={values.shape} is not (n, 2) with at least one pair of neurons")
    if values.dtype.kind not in "iu":
        raise TypeError(f"pairs.dtype={values.dtype} is not an integer; give indices of neurons")
    if values.min() < 0 or values.max() >= neurons:
        raise ValueError(f"pairs from {values.min()} to {values.max()} are not in [0, {neurons}), the layer's neurons")
    return values.astype(np.int64)


def _check_bins(bins: int) -> None:
    if bins < 1:
        raise ValueError(f"bins={bins} is not at least 1")


def _blocks(packed: Packed, neurons: NDArray[np.intp], average_method: str) -> Iterator[Floats]:
    """NMI of all pairs of the given neurons, a block at a time, each pair once."""
    starts = range(0, len(neurons), _BLOCK)
    for start in starts:
        left = neurons[start : start + _BLOCK]
        for other in range(start, len(neurons), _BLOCK):
            right = neurons[other : other + _BLOCK]
            both = _common(packed, left, right)
            first, second = packed.counts[left][:, np.newaxis], packed.counts[right]
            values = nmi_of_counts(packed.images, first, second, both, average_method)
            upper = np.triu_indices(len(left), 1)
            block = values[upper] if other == start else values.ravel()
            if block.size:
                yield block


def _common(packed: Packed, left: NDArray[np.intp], right: NDArray[np.intp]) -> Integers:
    """How many images two neurons are both active for, (left, right)."""
    # Where every neuron meets every other, a product of matrices is faster than bits; integers stay exact.
    counts = _bits(packed, left) @ _bits(packed, right).T
    return counts.astype(np.int64)


def _bits(packed: Packed, neurons: NDArray[np.intp]) -> NDArray[np.floating]:
    bits = np.unpackbits(packed.words[neurons].view(np.uint8), axis=1)
    return bits.astype(np.float32 if packed.images < 1 << 24 else np.float64)
