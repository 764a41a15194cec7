"""What neurons of one layer tell about neurons of another, and what chance makes of it: arrays in, arrays out."""

import numpy as np
from numpy.typing import ArrayLike

from indicators.measures.arrays import Floats, Integers, check_generator, chunks
from indicators.measures.information.binarized import Active, Packed, as_packed, ones
from indicators.measures.information.entropies import nmi_of_counts
from indicators.measures.information.pairs import checked_pairs


def nmi_across(first: Active, second: Active, pairs: ArrayLike) -> Floats:
    """Normalized mutual information of pairs of binarized neurons, one in each of two layers, in [0, 1].

    What `pairs.pairwise_nmi` gives for two neurons of one layer: 0 independent, 1 each tells the other; two that
    do not vary count as 1, one of them as 0.

    first, second: (images, neurons) bool, or packed, of the same images; pairs: (n, 2) int, a neuron of the first
    and one of the second; the result is (n,). ValueError for other shapes, pairs out of range, or layers of
    different numbers of images; TypeError for other dtypes. Thesis section 9.3.
    """
    one, other, left, right = _checked(first, second, pairs)
    both = np.empty(len(left), np.int64)
    for chunk in chunks(len(left), 4 * one.words.shape[1]):
        both[chunk] = ones(one.words[left[chunk]] & other.words[right[chunk]])
    return nmi_of_counts(one.images, one.counts[left], other.counts[right], both, "arithmetic")


def nmi_across_floor(first: Active, second: Active, pairs: ArrayLike, *, rng: np.random.Generator) -> Floats:
    """What `nmi_across` gives for each pair with the images of its second neuron in random order.

    Every pair has an order of its own. Of an order it matters only on how many images both neurons are active, and
    that number is hypergeometric: it is drawn instead of the order. Not 0: of n images, two independent neurons of
    entropy H show about 1 / (2 n H). Two neurons that do not vary count as 1 here too.

    Shapes and errors are those of `nmi_across`; TypeError where `rng` is not a numpy.random.Generator.
    """
    check_generator(rng)
    one, other, left, right = _checked(first, second, pairs)
    counts = one.counts[left], other.counts[right]
    both = rng.hypergeometric(counts[0], one.images - counts[0], counts[1])
    return nmi_of_counts(one.images, *counts, both, "arithmetic")


def _checked(first: Active, second: Active, pairs: ArrayLike) -> tuple[Packed, Packed, Integers, Integers]:
    one, other = as_packed(first), as_packed(second)
    if one.images != other.images:
        raise ValueError(f"layers of {one.images} and of {other.images} images; give the same images to both")
    left, right = checked_pairs(pairs, max(len(one.counts), len(other.counts))).T
    if left.max() >= len(one.counts) or right.max() >= len(other.counts):
        raise ValueError(
            f"pairs up to ({left.max()}, {right.max()}) are not in the layers' "
            f"{len(one.counts)} and {len(other.counts)} neurons"
        )
    return one, other, left, right
