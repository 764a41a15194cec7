"""What neurons tell about each other and about the labels, firing or not: arrays in, arrays out."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from indicators.measures.weights import real_numbers

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

AVERAGE_METHODS = ("arithmetic", "max")

# Values per step of a loop over neurons or pairs: what one step allocates stays within a few megabytes.
_STEP = 1 << 20


# --- Binarized layers


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
    """Pack a binarized layer into bits, an eighth of its memory: once for many questions.

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


def activation_matrix(activations: ArrayLike) -> NDArray[Any]:
    """Return `activations` as real numbers (images, neurons); finiteness is left to the caller."""
    values = real_numbers(activations, "activations")
    if values.ndim != 2:
        raise ValueError(
            f"activations.shape={values.shape} is not (images, neurons); "
            "flatten the neurons with reshape(len(activations), -1)"
        )
    return values


def not_finite() -> ValueError:
    """Return the error for activations that hold NaN or infinity."""
    return ValueError("activations hold NaN or infinity; expected finite values: look for the epoch that diverged")


def _mean_rounded_down(values: NDArray[Any]) -> NDArray[Any]:
    """Return a threshold per neuron that separates its values just as the exact mean does."""
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


def _sums_of_magnitudes(values: NDArray[Any], means: Floats) -> Floats:
    if values.min() >= 0:
        return means * len(values)
    sums = np.empty(values.shape[1])
    for chunk in chunks(values.shape[1], len(values)):
        sums[chunk] = np.abs(values[:, chunk]).sum(axis=0, dtype=np.float64)
    return sums


def _floor(numbers: Floats, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Round down to the largest number of `dtype` not above."""
    with np.errstate(over="ignore"):
        rounded = numbers.astype(dtype)
    return np.where(rounded > numbers, np.nextafter(rounded, dtype.type(-np.inf)), rounded)


def _resolve(values: NDArray[Any], low: NDArray[Any], high: NDArray[Any]) -> NDArray[Any]:
    """Decide exactly for the neurons that have values between the two candidate thresholds."""
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


def _largest_not_above_mean(column: NDArray[Any], candidates: NDArray[Any], otherwise: Any) -> Any:
    terms = column.tolist()
    for candidate in candidates[::-1]:
        # fsum is exact up to its last rounding, so the sign of sum(x) - n * candidate is right.
        if math.fsum(terms + [-float(candidate)] * len(terms)) >= 0.0:
            return candidate
    return otherwise


def _octets(matrix: Bools) -> NDArray[np.uint8]:
    """Pack bits like `numpy.packbits(matrix, axis=0)`, far faster: whole rows at a time."""
    rows = matrix.view(np.uint8)
    octets = np.zeros((-(-len(rows) // 8), rows.shape[1]), dtype=np.uint8)
    for place in range(8):
        np.add(octets, octets, out=octets)  # shifts by one bit, and unlike a shift it is vectorized
        bits = rows[place::8]
        octets[: len(bits)] |= bits
    return octets


def ones(words: NDArray[np.uint64]) -> Integers:
    """Return how many bits are set, along the last axis."""
    counts: Integers = np.bitwise_count(words).sum(axis=-1, dtype=np.int64)
    return counts


def as_packed(active: Active) -> Packed:
    """Return the layer packed, packing it where it is not."""
    return active if isinstance(active, Packed) else pack(active)


def _bool_matrix(active: Bools) -> Bools:
    matrix = np.asarray(active)
    if matrix.dtype != np.bool_:
        raise TypeError(f"active.dtype={matrix.dtype} is not bool; binarize the activations first")
    if matrix.ndim != 2 or matrix.size == 0:
        raise ValueError(f"active.shape={matrix.shape} is not (images, neurons) with at least one of each")
    return matrix


def chunks(total: int, width: int) -> Iterator[slice]:
    """Cut `total` rows of `width` values into steps of a few megabytes."""
    step = max(1, _STEP // width)
    return (slice(start, min(start + step, total)) for start in range(0, total, step))


# --- Entropy and mutual information


def entropy(active: Active) -> Floats:
    """Entropy of each binarized neuron, in nats.

    -p log p - (1 - p) log(1 - p), with p the share of the images that the neuron is active for: 0 for a
    neuron that does not vary, log 2 for one that is active half of the time.

    active: (images, neurons) bool, or packed; the result is (neurons,). Errors as in `pack`. Thesis section
    8.3.6.
    """
    packed = as_packed(active)
    terms = _entropy_terms(packed.images)
    return terms[packed.counts] + terms[packed.images - packed.counts]


def sample_pairs(neurons: int, count: int, *, rng: np.random.Generator) -> Integers:
    """Draw pairs of different neurons, uniformly, with replacement between pairs.

    neurons: their number, at least 2; count: of pairs, at least 1; the result is (count, 2) int. ValueError
    for smaller numbers, TypeError where `rng` is not a numpy.random.Generator. Section 8.3
    of the thesis draws 10 000.
    """
    check_generator(rng)
    if neurons < 2 or count < 1:
        raise ValueError(f"neurons={neurons}, count={count}: expected at least two neurons and one pair")
    first = rng.integers(neurons, size=count)
    second = rng.integers(neurons - 1, size=count)
    return np.stack((first, second + (second >= first)), axis=1)


def check_generator(rng: np.random.Generator) -> None:
    """Raise TypeError for a seed, or anything else, where a generator is expected."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng={rng!r} is not a numpy.random.Generator; make one with np.random.default_rng(seed)")


def pairwise_nmi(active: Active, pairs: ArrayLike, *, average_method: str = "arithmetic") -> Floats:
    """Mutual information of pairs of binarized neurons, normalized to a pure number in [0, 1].

    I(a, b) over the mean (`"arithmetic"`) or the larger (`"max"`, which the 2019 numbers used) of H(a) and
    H(b). 0: independent; 1: each tells the other, equal or complementary. Decided on integer counts, so
    exact at both ends. Two neurons that do not vary count as 1, one of them as 0. Independent neurons
    average about 1 / (2 n H) over n images, not 0.

    active: (images, neurons) bool, or packed; pairs: (n, 2) int. ValueError for pairs of another shape,
    empty or out of range, an unknown method; TypeError for other dtypes. Thesis section 8.3.4.
    """
    check_average_method(average_method)
    packed = as_packed(active)
    left, right = checked_pairs(pairs, len(packed.counts)).T
    values = np.empty(len(left))
    for chunk in chunks(len(left), 4 * packed.words.shape[1]):
        one, other = left[chunk], right[chunk]
        both = ones(packed.words[one] & packed.words[other])
        values[chunk] = nmi_of_counts(packed.images, packed.counts[one], packed.counts[other], both, average_method)
    return values


def label_nmi(active: Active, labels: ArrayLike, *, average_method: str = "arithmetic") -> Floats:
    """Mutual information of each binarized neuron with the labels, normalized to [0, 1].

    I(a, y) over the mean (`"arithmetic"`) or the larger (`"max"`, which the 2019 numbers used) of H(a) and
    H(y). 0: independent; 1: the neuron's two states are the labels, possible for two classes only. For ten
    equal classes the most is .463 (`"max"`: .301). Labels of a single class count as 1 for a neuron that
    does not vary, else as 0.

    active: (images, neurons) bool, or packed; labels: (images,) int or bool; the result is (neurons,).
    ValueError for other shapes or an unknown method, TypeError for other dtypes. Thesis section 8.3.7.
    """
    check_average_method(average_method)
    information, of_neurons, of_labels, same = _label_terms(active, labels)
    return normalized(information, average(of_neurons, of_labels, average_method), same)


def label_information(active: Active, labels: ArrayLike) -> Floats:
    """Share of the labels' entropy that each binarized neuron tells, I(a, y) / H(y), a pure number in [0, 1].

    0: nothing; 1: everything, possible for two classes only. For ten equal classes the most is .301, a
    perfect detector of one class has .141. Labels of a single class count as 1 for a neuron that does not
    vary, else as 0.

    Shapes and errors are those of `label_nmi`. Thesis section 8.3.7.
    """
    information, _, of_labels, same = _label_terms(active, labels)
    return normalized(information, np.full(len(information), of_labels), same)


def _entropy_terms(images: int) -> Floats:
    """Table of -p log p for p = 0/n, 1/n, ..., n/n; near 1 through log1p, for its last digits."""
    counts = np.arange(images + 1)
    share = counts / images
    logarithm = np.log1p((counts - images) / images, out=np.zeros(images + 1), where=2 * counts > images)
    np.log(share, out=logarithm, where=(2 * counts <= images) & (counts > 0))
    return np.abs(share * logarithm)


def nmi_of_counts(images: int, first: Integers, second: Integers, both: Integers, average_method: str) -> Floats:
    """Return the NMI of pairs from the images that each, and both, are active for; arrays that broadcast."""
    information, first_entropy, second_entropy = information_of_counts(images, first, second, both)
    constant = ((first == 0) | (first == images)) & ((second == 0) | (second == images))
    return normalized(information, average(first_entropy, second_entropy, average_method), constant)


def information_of_counts(
    images: int, first: Integers, second: Integers, both: Integers
) -> tuple[Floats, Floats, Floats]:
    """Return I(a, b), H(a) and H(b) of pairs, in nats, from the counts that `nmi_of_counts` takes."""
    terms = _entropy_terms(images)
    neither = images - first - second + both
    first_entropy, second_entropy = (
        terms[first] + terms[images - first],
        terms[second] + terms[images - second],
    )
    joint = terms[both] + terms[first - both] + terms[second - both] + terms[neither]
    information = np.where(images * both == first * second, 0.0, first_entropy + second_entropy - joint)
    # Equal and complementary neurons need no such decision: their three entropies are the same double.
    return information, first_entropy, second_entropy


def _label_terms(active: Active, labels: ArrayLike) -> tuple[Floats, Floats, float, Bools]:
    """Return I(a, y), H(a), H(y), and whether the neuron's states and the labels are the same partition."""
    packed = as_packed(active)
    classes = packed_classes(labels, packed.images)
    of_neurons, of_labels = entropy(packed), float(_entropy_terms(packed.images)[classes.counts].sum())
    joint, independent, same = np.empty_like(of_neurons), *np.empty((2, len(of_neurons)), dtype=np.bool_)
    for chunk in chunks(len(of_neurons), max(packed.words.shape[1], 8 * len(classes.counts))):
        joint[chunk], independent[chunk], same[chunk] = _joint_terms(packed, classes, chunk)
    return np.where(independent, 0.0, of_neurons + of_labels - joint), of_neurons, of_labels, same


def _joint_terms(packed: Packed, classes: Packed, chunk: slice) -> tuple[Floats, Bools, Bools]:
    """Return H(a, y), and whether the counts are exactly independent or the partitions exactly the same."""
    images, terms, active = packed.images, _entropy_terms(packed.images), packed.counts[chunk]
    of_classes = classes.counts[:, np.newaxis]
    inside = counts_by_class(packed.words[chunk], classes.words)
    outside = of_classes - inside
    independent: Bools = (images * inside == active * of_classes).all(axis=0)
    states = (active > 0).astype(np.int64) + (active < images)
    same = ((inside == 0) | (outside == 0)).all(axis=0) & (states == len(of_classes))
    return terms[inside].sum(axis=0) + terms[outside].sum(axis=0), independent, same


def counts_by_class(words: NDArray[np.uint64], masks: NDArray[np.uint64]) -> Integers:
    """Return how many images of each class each neuron is active for, (classes, neurons)."""
    counts = np.empty((len(masks), len(words)), dtype=np.int64)
    columns = np.ascontiguousarray(words.T)  # adding whole rows is faster than adding within short ones
    for index, mask in enumerate(masks):
        counts[index] = np.bitwise_count(columns & mask[:, np.newaxis]).sum(axis=0, dtype=np.uint32)
    return counts


def packed_classes(labels: ArrayLike, images: int) -> Packed:
    """Return the labels, checked, as one packed indicator per class that occurs."""
    values = np.asarray(labels)
    if values.dtype.kind not in "biu":
        raise TypeError(f"labels.dtype={values.dtype} is not an integer; give one class number per image")
    if values.shape != (images,):
        raise ValueError(f"labels.shape={values.shape} is not ({images},); give one class number per image")
    return pack(values[:, np.newaxis] == np.unique(values))


def checked_pairs(pairs: ArrayLike, neurons: int) -> Integers:
    """Return `pairs` as (n, 2) indices of neurons, checked."""
    values = np.asarray(pairs)
    if values.ndim != 2 or values.shape[1] != 2 or len(values) == 0:
        raise ValueError(f"pairs.shape={values.shape} is not (n, 2) with at least one pair of neurons")
    if values.dtype.kind not in "iu":
        raise TypeError(f"pairs.dtype={values.dtype} is not an integer; give indices of neurons")
    if values.min() < 0 or values.max() >= neurons:
        raise ValueError(f"pairs from {values.min()} to {values.max()} are not in [0, {neurons}), the layer's neurons")
    return values.astype(np.int64)


def check_average_method(average_method: str) -> None:
    """Raise ValueError for what is not one of AVERAGE_METHODS."""
    if average_method not in AVERAGE_METHODS:
        raise ValueError(f"average_method={average_method!r} is not one of {AVERAGE_METHODS}")


def average(first: Floats, second: Floats | float, average_method: str) -> Floats:
    """Return what the information is divided by: the mean or the larger of two entropies."""
    return np.maximum(first, second) if average_method == "max" else 0.5 * (first + second)


def normalized(information: Floats, mean: Floats, same: Bools) -> Floats:
    """Divide, keep rounding inside [0, 1], and put the exact 1; an average of zero is that of constants."""
    share = np.divide(information, mean, out=np.zeros_like(information), where=mean > 0.0)
    return np.where(same, 1.0, np.clip(share, 0.0, 1.0))
