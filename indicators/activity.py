"""Which neurons never answer, which always do, and how often they are silent: arrays in, arrays out."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from indicators.information import activation_matrix, binarize, not_finite

KINDS = ("activations", "binarized")

# Values per step of a loop over neurons: what one step allocates stays within a megabyte.
_STEP = 1 << 20


def pathological(activations: ArrayLike) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
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


def zero_ratio(activations: ArrayLike, *, of: str = "activations") -> NDArray[np.float64]:
    """Share of the images for which each neuron is zero, in [0, 1].

    `of="activations"`: exact zeros of the activations. `of="binarized"`: images not above the neuron's own
    mean (`information.binarize`), which is what Table 8.1 holds. 0: never zero; 1: zero for every image.

    activations: (images, neurons) real, finite; the result is (neurons,). ValueError for another number of
    axes, an empty array, NaN or infinity, an unknown `of`; TypeError for what is not a real number. Thesis
    section 8.3.6.
    """
    if of not in KINDS:
        raise ValueError(f"of={of!r} is not one of {KINDS}")
    values = activation_matrix(activations)
    images, neurons = values.shape
    if not (np.isfinite(values.max()) and np.isfinite(values.min())):
        raise not_finite()
    step = max(1, _STEP // images)
    ratio = np.empty(neurons)
    for start in range(0, neurons, step):
        block = values[:, start : start + step]
        signs = block if of == "activations" else binarize(block)
        ratio[start : start + step] = (images - np.count_nonzero(signs, axis=0)) / images
    return ratio
