"""Entropies and mutual information from the numbers of images that neurons fire on: counts in, nats out."""

import numpy as np

from indicators.measures.arrays import Bools, Floats, Integers
from indicators.measures.information.binarized import Active, as_packed

AVERAGE_METHODS = ("arithmetic", "max")


def entropy(active: Active) -> Floats:
    """Entropy of each binarized neuron, in nats.

    -p log p - (1 - p) log(1 - p), with p the share of the images that the neuron is active for: 0 for a
    neuron that does not vary, log 2 for one that is active half of the time.

    active: (images, neurons) bool, or packed; the result is (neurons,). Errors as in `pack`. Thesis section
    8.3.6.
    """
    packed = as_packed(active)
    terms = entropy_terms(packed.images)
    return terms[packed.counts] + terms[packed.images - packed.counts]


def entropy_terms(images: int) -> Floats:
    """Table of -p log p for p = 0/n, 1/n, ..., n/n; near 1 through log1p, for its last digits."""
    counts = np.arange(images + 1)
    share = counts / images
    logarithm = np.log1p((counts - images) / images, out=np.zeros(images + 1), where=2 * counts > images)
    np.log(share, out=logarithm, where=(2 * counts <= images) & (counts > 0))
    return np.abs(share * logarithm)


def nmi_of_counts(images: int, first: Integers, second: Integers, both: Integers, average_method: str) -> Floats:
    """NMI of pairs from the numbers of images that each, and both, are active for; arrays that broadcast."""
    information, first_entropy, second_entropy = information_of_counts(images, first, second, both)
    constant = ((first == 0) | (first == images)) & ((second == 0) | (second == images))
    return normalized(information, average(first_entropy, second_entropy, average_method), constant)


def information_of_counts(
    images: int, first: Integers, second: Integers, both: Integers
) -> tuple[Floats, Floats, Floats]:
    """I(a, b), H(a) and H(b) of pairs, in nats, from the counts that `nmi_of_counts` takes."""
    terms = entropy_terms(images)
    neither = images - first - second + both
    first_entropy, second_entropy = (
        terms[first] + terms[images - first],
        terms[second] + terms[images - second],
    )
    joint = terms[both] + terms[first - both] + terms[second - both] + terms[neither]
    information = np.where(images * both == first * second, 0.0, first_entropy + second_entropy - joint)
    # Equal and complementary neurons need no such decision: their three entropies are the same double.
    return information, first_entropy, second_entropy


def average(first: Floats, second: Floats | float, average_method: str) -> Floats:
    """What the information is divided by: the mean or the larger of two entropies."""
    return np.maximum(first, second) if average_method == "max" else 0.5 * (first + second)


def normalized(information: Floats, mean: Floats, same: Bools) -> Floats:
    """Information over a mean entropy, kept inside [0, 1] against rounding, exactly 1 for the same partitions.

    A mean of zero is that of constants, whose share is 0 unless they are the same.
    """
    share = np.divide(information, mean, out=np.zeros_like(information), where=mean > 0.0)
    return np.where(same, 1.0, np.clip(share, 0.0, 1.0))
