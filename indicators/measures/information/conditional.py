"""What pairs of neurons tell about each other beside the labels: arrays in, arrays out."""

import numpy as np
from numpy.typing import ArrayLike

from indicators.measures.arrays import Floats, Integers, check_choice, chunks
from indicators.measures.information.binarized import Active, Packed, as_packed, ones
from indicators.measures.information.entropies import AVERAGE_METHODS, average, information_of_counts, normalized
from indicators.measures.information.labels import counts_by_class, packed_classes
from indicators.measures.information.pairs import checked_pairs


def conditional_information(active: Active, pairs: ArrayLike, labels: ArrayLike) -> Floats:
    """Mutual information of pairs of binarized neurons given the label, in nats, from 0 to log 2.

    I(a, b | y), the mean over the classes, weighted by their images, of the information within each. 0: what
    the pair shares, if anything, is the class; equal to the unconditional information where the labels are
    independent of the pair. Exactly 0 where the counts are independent within every class. Within n images
    of a class, independent neurons average about 1 / (2 n), so compare classes of the same size.

    active: (images, neurons) bool, or packed; pairs: (n, 2) int; labels: (images,) int or bool; the result
    is (n,). ValueError for other shapes or pairs out of range, TypeError for other dtypes. Thesis section
    8.3.7.
    """
    return _conditional(active, pairs, labels)[0]


def conditional_nmi(
    active: Active, pairs: ArrayLike, labels: ArrayLike, *, average_method: str = "arithmetic"
) -> Floats:
    """Mutual information of pairs of binarized neurons given the label, normalized to [0, 1].

    I(a, b | y) over the mean (`"arithmetic"`) or the larger (`"max"`) of H(a | y) and H(b | y). 0: independent
    within every class; 1: equal or complementary in each. Two neurons that do not vary within any class count
    as 1, one of them as 0. With a single class it is `pairs.pairwise_nmi`.

    Shapes and errors are those of `conditional_information`, and a ValueError for an unknown method. Thesis
    section 8.3.7.
    """
    check_choice("average_method", average_method, AVERAGE_METHODS)
    shared, first, second = _conditional(active, pairs, labels)
    return normalized(shared, average(first, second, average_method), (first == 0) & (second == 0))


def _conditional(active: Active, pairs: ArrayLike, labels: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """I(a, b | y), H(a | y) and H(b | y) of each pair."""
    packed = as_packed(active)
    classes = packed_classes(labels, packed.images)
    left, right = checked_pairs(pairs, len(packed.counts)).T
    inside = counts_by_class(packed.words, classes.words)
    terms = np.empty((3, len(left)))
    for chunk in chunks(len(left), 4 * packed.words.shape[1]):
        terms[:, chunk] = _conditional_terms(packed, classes, inside, left[chunk], right[chunk])
    return terms[0], terms[1], terms[2]


def _conditional_terms(packed: Packed, classes: Packed, inside: Integers, left: Integers, right: Integers) -> Floats:
    common = packed.words[left] & packed.words[right]
    total = np.zeros((3, len(left)))
    for mask, size, active in zip(classes.words, classes.counts.tolist(), inside, strict=True):
        within = information_of_counts(size, active[left], active[right], ones(common & mask))
        total += np.maximum(within, 0.0) * (size / packed.images)
    return total
