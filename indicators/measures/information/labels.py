"""What neurons tell about the labels, and what they would tell by chance: arrays in, arrays out."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from indicators.measures.arrays import Bools, Floats, Integers, check_choice, check_generator, chunks
from indicators.measures.information.binarized import Active, Packed, as_packed, pack
from indicators.measures.information.entropies import AVERAGE_METHODS, average, entropy, entropy_terms, normalized


def label_nmi(active: Active, labels: ArrayLike, *, average_method: str = "arithmetic") -> Floats:
    """Mutual information of each binarized neuron with the labels, normalized to [0, 1].

    I(a, y) over the mean (`"arithmetic"`) or the larger (`"max"`, which the 2019 numbers used) of H(a) and
    H(y). 0: independent; 1: the neuron's two states are the labels, possible for two classes only. For ten
    equal classes the most is 0.463 (`"max"`: 0.301). Labels of a single class count as 1 for a neuron that
    does not vary, else as 0.

    active: (images, neurons) bool, or packed; labels: (images,) int or bool; the result is (neurons,).
    ValueError for other shapes or an unknown method, TypeError for other dtypes. Thesis section 8.3.7.
    """
    check_choice("average_method", average_method, AVERAGE_METHODS)
    information, of_neurons, of_labels, same = _label_terms(active, labels)
    return normalized(information, average(of_neurons, of_labels, average_method), same)


def label_information(active: Active, labels: ArrayLike) -> Floats:
    """Share of the labels' entropy that each binarized neuron tells, I(a, y) / H(y), a pure number in [0, 1].

    0: nothing; 1: everything, possible for two classes only. For ten equal classes the most is 0.301, a
    perfect detector of one class has 0.141. Labels of a single class count as 1 for a neuron that does not
    vary, else as 0.

    Shapes and errors are those of `label_nmi`. Thesis section 8.3.7.
    """
    information, _, of_labels, same = _label_terms(active, labels)
    return normalized(information, np.full(len(information), of_labels), same)


def label_floor(
    active: Active,
    labels: ArrayLike,
    *,
    draws: int,
    rng: np.random.Generator,
    of: Callable[[Active, ArrayLike], Floats] = label_nmi,
) -> Floats:
    """Floor of each neuron's information on the labels: what it would tell about labels in random order.

    The mean over `draws` permutations of the labels of `label_nmi`, or of another function of
    the layer and the labels, as `label_information`. Not 0, for finite samples always show some
    information: about (classes - 1) / (2 images) nats. The same permutations serve all neurons, so their
    floors go up and down together.

    active: (images, neurons) bool, or packed; labels: (images,); the result is (neurons,). ValueError for
    no draws, TypeError where `rng` is not a numpy.random.Generator, and the errors of `of`. Thesis section
    8.3.7.
    """
    check_generator(rng)
    if draws < 1:
        raise ValueError(f"draws={draws} is not at least 1; a hundred give the floor to about a tenth of its spread")
    packed = as_packed(active)
    packed_classes(labels, packed.images)  # for its checks
    classes = np.asarray(labels)
    total = of(packed, rng.permutation(classes))
    for _ in range(draws - 1):
        total = total + of(packed, rng.permutation(classes))
    return total / draws


def _label_terms(active: Active, labels: ArrayLike) -> tuple[Floats, Floats, float, Bools]:
    """I(a, y), H(a), H(y), and whether the neuron's states and the labels are the same partition."""
    packed = as_packed(active)
    classes = packed_classes(labels, packed.images)
    of_neurons, of_labels = entropy(packed), float(entropy_terms(packed.images)[classes.counts].sum())
    joint, independent, same = np.empty_like(of_neurons), *np.empty((2, len(of_neurons)), dtype=np.bool_)
    for chunk in chunks(len(of_neurons), max(packed.words.shape[1], 8 * len(classes.counts))):
        joint[chunk], independent[chunk], same[chunk] = _joint_terms(packed, classes, chunk)
    return np.where(independent, 0.0, of_neurons + of_labels - joint), of_neurons, of_labels, same


def _joint_terms(packed: Packed, classes: Packed, chunk: slice) -> tuple[Floats, Bools, Bools]:
    """H(a, y), and whether the counts are exactly independent or the partitions exactly the same."""
    images, terms, active = packed.images, entropy_terms(packed.images), packed.counts[chunk]
    of_classes = classes.counts[:, np.newaxis]
    inside = counts_by_class(packed.words[chunk], classes.words)
    outside = of_classes - inside
    independent: Bools = (images * inside == active * of_classes).all(axis=0)
    states = (active > 0).astype(np.int64) + (active < images)
    same = ((inside == 0) | (outside == 0)).all(axis=0) & (states == len(of_classes))
    return terms[inside].sum(axis=0) + terms[outside].sum(axis=0), independent, same


def counts_by_class(words: NDArray[np.uint64], masks: NDArray[np.uint64]) -> Integers:
    """How many images of each class each neuron is active for, (classes, neurons)."""
    counts = np.empty((len(masks), len(words)), dtype=np.int64)
    columns = np.ascontiguousarray(words.T)  # adding whole rows is faster than adding within short ones
    for index, mask in enumerate(masks):
        counts[index] = np.bitwise_count(columns & mask[:, np.newaxis]).sum(axis=0, dtype=np.uint32)
    return counts


def packed_classes(labels: ArrayLike, images: int) -> Packed:
    """The labels, checked, as one packed indicator per class that occurs."""
    values = np.asarray(labels)
    if values.dtype.kind not in "biu":
        raise TypeError(f"labels.dtype={values.dtype} is not an integer; give one class number per image")
    if values.shape != (images,):
        raise ValueError(f"labels.shape={values.shape} is not ({images},); give one class number per image")
    return pack(values[:, np.newaxis] == np.unique(values))
