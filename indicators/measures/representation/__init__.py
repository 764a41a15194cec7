"""What the activations of a layer span as a whole: in how many directions they vary, what a linear reader gets."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from indicators.measures.arrays import Floats, activation_matrix, not_finite

PENALTIES = tuple(np.logspace(-4, 3, 8).tolist())
"""Of a probe, over the mean square of the centered activations of an image: that of least left-out error is taken."""
BLOCK = 4096
NEGLIGIBLE = 1e-10
"""Share of the largest variance below which one is roundoff."""


def centered_gram(activations: ArrayLike) -> Floats:
    """Products of the images' activations with each other, after every neuron's mean is removed: (images, images).

    activations: (images, neurons). ValueError for other shapes, NaN and infinity. Summed in float64, block by block.
    """
    matrix = activation_matrix(activations)
    gram = np.zeros((len(matrix), len(matrix)))
    for start in range(0, matrix.shape[1], BLOCK):
        block = matrix[:, start : start + BLOCK].astype(np.float64)
        if not np.isfinite(block).all():
            raise not_finite()
        block -= block.mean(0)
        gram += block @ block.T
    return gram


def spectrum(gram: ArrayLike) -> tuple[Floats, Floats]:
    """Variances along the principal directions of the images, ascending, and the directions as columns.

    What is roundoff is 0. gram: as `centered_gram` gives it.
    """
    values, directions = np.linalg.eigh(np.asarray(gram, float))
    largest = values.max(initial=0.0)
    return np.where(values > NEGLIGIBLE * largest, values, 0.0), directions


def effective_rank(variances: ArrayLike) -> float:
    """Effective number of directions: exp of the entropy of the shares of variance (Roy and Vetterli 2007).

    1: all in one direction; at most the smaller of images - 1 and neurons, if all directions vary alike. NaN where
    nothing varies. Unchanged by a factor and by a rotation. variances: (directions,), not negative.
    """
    values = np.asarray(variances, float)
    total = values.sum()
    if total <= 0:
        return math.nan
    shares = values[values > 0] / total
    return float(np.exp(-(shares * np.log(shares)).sum()))


def probe_accuracy(variances: ArrayLike, directions: ArrayLike, labels: ArrayLike) -> float:
    """Share of the images that a linear classifier of the activations gets right, each image left out in turn.

    The classifier is a ridge regression of one column per class with an intercept. Leaving out has a closed form:
    a residual over 1 - its own weight; the penalty out of `PENALTIES` is that with the least left-out square error.
    1 / classes by chance, 1 linearly separable. NaN where nothing varies, and for one image.

    variances, directions: as `spectrum` gives them; labels: (images,), integers. ValueError for labels of another
    shape. Source of the closed form: Hastie, Tibshirani and Friedman 2009, 7.10; thesis section 8.3.7.
    """
    values, vectors, truth = np.asarray(variances, float), np.asarray(directions, float), np.asarray(labels)
    if truth.shape != values.shape:
        raise ValueError(f"labels.shape={truth.shape}: expected one label for each of {len(values)} images")
    if len(values) < 2 or not values.any():
        return math.nan
    classes = np.unique(truth)
    targets = np.where(truth[:, None] == classes, 1.0, 0.0)
    mean = targets.mean(0)
    projected = vectors.T @ (targets - mean)
    best, accuracy = math.inf, math.nan
    for penalty in np.array(PENALTIES) * values.sum() / len(values):
        kept = values / (values + penalty)
        fitted = mean + vectors @ (kept[:, None] * projected)
        own = (vectors**2) @ kept + 1 / len(values)
        left_out = (targets - fitted) / np.maximum(1 - own, NEGLIGIBLE)[:, None]
        error = float((left_out**2).mean())
        if error < best:
            best, accuracy = error, float((classes[np.argmax(targets - left_out, axis=1)] == truth).mean())
    return accuracy
