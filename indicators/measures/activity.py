"""Which neurons never answer, which always do, how often and to what: arrays in, arrays out."""

import math

import numpy as np
from numpy.typing import ArrayLike

from indicators.measures.arrays import (
    Array,
    Bools,
    Floats,
    activation_matrix,
    check_choice,
    chunks,
    not_finite,
)
from indicators.measures.information.binarized import binarize
from indicators.measures.information.entropies import entropy
from indicators.measures.information.labels import packed_classes

KINDS = ("activations", "binarized")


def pathological(activations: ArrayLike) -> tuple[Bools, Bools]:
    """Masks of the neurons that are never active and of those that always are, over all images.

    Never: all values <= 0; always: all values > 0, after ReLU. A neuron is at most one of the two; the
    share of either is the mean of its mask. The masks ignore by how much, and a neuron quiet on these
    images may answer others.

    activations: (images, neurons) real, finite; the masks are (neurons,) bool. ValueError for another
    number of axes, an empty array, NaN or infinity; TypeError for what is not a real number. Thesis section
    8.3.5.
    """
    values = activation_matrix(activations)
    highest, lowest = values.max(axis=0), values.min(axis=0)
    if not (np.isfinite(highest).all() and np.isfinite(lowest).all()):
        raise not_finite()
    return highest <= 0, lowest > 0


def pathological_channels(activations: ArrayLike, channels: int) -> tuple[Bools, Bools]:
    """Masks of the channels that are active at no place of any image, and of those active at every place of every one.

    A channel is a neuron of a convolution at all of its places; it is never active where all of these neurons are, see
    `pathological`, and always where all are. A dead neuron at one place says where a channel answers; a dead channel
    says nothing at all.

    activations: (images, places * channels), the channels of a place side by side, as (images, height, width, channels)
    lies in memory; the masks are (channels,) bool. ValueError for a number of channels that does not divide that of the
    neurons, and as for `pathological`. Thesis section 8.3.5.
    """
    never, always = pathological(activations)
    if channels < 1 or never.size % channels:
        raise ValueError(
            f"channels={channels!r} does not divide {never.size} neurons; give the last axis of their maps"
        )
    return np.asarray(never.reshape(-1, channels).all(axis=0)), np.asarray(always.reshape(-1, channels).all(axis=0))


def zero_ratio(activations: ArrayLike, *, of: str = "activations") -> Floats:
    """Share of the images for which each neuron is zero, in [0, 1].

    `of="activations"`: exact zeros of the activations. `of="binarized"`: images not above the neuron's own
    mean (`information.binarize`), which is what Table 8.1 holds. 0: never zero; 1: zero for every image.

    activations: (images, neurons) real, finite; the result is (neurons,). ValueError for another number of
    axes, an empty array, NaN or infinity, an unknown `of`; TypeError for what is not a real number. Thesis
    section 8.3.6.
    """
    check_choice("of", of, KINDS)
    values = _finite(activations)
    images, neurons = values.shape
    ratio = np.empty(neurons)
    for chunk in chunks(neurons, images):
        block = values[:, chunk]
        signs = block if of == "activations" else binarize(block)
        ratio[chunk] = (images - np.count_nonzero(signs, axis=0)) / images
    return ratio


def active_share(activations: ArrayLike) -> Floats:
    """Share of the images on which each neuron is active, value > 0, in [0, 1].

    0: never active; 1: always active, as in `pathological`. After ReLU it is 1 less `zero_ratio`; without,
    negative values are inactive too. It ignores by how much.

    activations: (images, neurons) real, finite; the result is (neurons,). ValueError for another number of
    axes, an empty array, NaN or infinity; TypeError for what is not a real number. Thesis section 8.3.5.
    """
    values = _finite(activations)
    share: Floats = np.count_nonzero(values > 0, axis=0) / len(values)
    return share


def activity_entropy(activations: ArrayLike) -> Floats:
    """Entropy of each neuron being active or not, value > 0, in nats from 0 to log 2.

    -p log p - (1 - p) log(1 - p), with p the `active_share`: 0 for a neuron that is never or always active,
    log 2 for one that is active on half of the images. Unlike `information.entropy` of a binarized layer it
    does not depend on the neuron's mean.

    Shapes and errors are those of `active_share`. Thesis section 8.3.6.
    """
    return entropy(_finite(activations) > 0)


def mean_activations(activations: ArrayLike) -> Floats:
    """Mean activation of each neuron over the images, in the activations' unit.

    Its histogram over the neurons of a layer is the thesis's; it ignores how the activity of a neuron is
    spread over the images.

    Shapes and errors are those of `active_share`. Thesis annex A.
    """
    return _means(_finite(activations))


def class_selectivity(activations: ArrayLike, labels: ArrayLike) -> Floats:
    """How far each neuron's activity singles out one class, a pure number in [0, 1].

    (m - o) / (m + o), with m the largest mean activation of a class and o the mean of the other classes'
    means, each class alike whatever its number of images. 0: all classes excite it alike; 1: one class only.
    It ignores which class that is. NaN where it is undefined: a neuron that is zero on every image, labels
    of a single class.

    activations: (images, neurons) after ReLU, finite and not negative; labels: (images,) int or bool; the
    result is (neurons,). ValueError for other shapes, NaN, infinity or negative values; TypeError for other
    dtypes. Morcos et al. (2018), On the importance of single directions for generalization.
    """
    values = _finite(activations)
    if values.min() < 0:
        raise ValueError(f"activations reach down to {values.min()}; selectivity takes those after ReLU, from 0 up")
    packed_classes(labels, len(values))  # for its checks
    classes = np.asarray(labels)
    means = np.sort([_means(values[classes == label]) for label in np.unique(classes)], axis=0)
    largest = means[-1]
    others = means[:-1].mean(axis=0) if len(means) > 1 else np.full(largest.shape, math.nan)
    ratio = np.divide(others, largest, out=np.full(largest.shape, math.nan), where=largest > 0)
    return np.asarray((1.0 - ratio) / (1.0 + ratio)).clip(0.0, 1.0)


def _finite(activations: ArrayLike) -> Array:
    values = activation_matrix(activations)
    if not (np.isfinite(values.max()) and np.isfinite(values.min())):
        raise not_finite()
    return values


def _means(values: Array) -> Floats:
    # Divided before they are summed only where the sum would overflow: it rounds more.
    with np.errstate(over="ignore"):
        means: Floats = values.sum(axis=0, dtype=np.float64) / len(values)
    return means if np.isfinite(means).all() else (values / len(values)).sum(axis=0, dtype=np.float64)
