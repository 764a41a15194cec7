"""How much one half of a layer's channels tells linearly of the other half: canonical correlations."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from indicators.measures.arrays import Array, Floats, check_generator, not_finite, real_numbers

VARIANCE = 0.99
"""Share of the variance of a half that the directions hold that it is reduced to (Raghu et al. 2017)."""
POINTS = 4000
"""About so many, images and places together, are looked at."""
POINTS_PER_DIRECTION = 10
"""At least: among fewer, canonical correlations are large whatever the channels."""
SPLITS = 3
FEWEST_IMAGES = 10


def canonical_redundancy(points: ArrayLike, *, splits: int = SPLITS, rng: np.random.Generator) -> float:
    """Mean canonical correlation between random halves of the channels, corrected for chance (SVCCA), in [-1, 1].

    (m - c) / (1 - c): m the mean over the correlations of `canonical_correlations` and over `splits` random splits;
    c the same with the images of one half in random order, their places kept together because they are alike. 0:
    the halves tell as little of each other as by chance; 1: each tells the other; below 0 only by the spread of
    chance. Without c a layer of many channels would look redundant: p directions of n points correlate by about
    sqrt(p / n) on their own. A half is reduced to a direction for every ten points at most, to keep c well below 1.

    Channels that do not vary are left out. NaN where fewer than two vary, for fewer than ten images, and where chance
    gives 1. points: (images, places, channels). ValueError for other shapes, NaN and infinity; TypeError for what is
    not a real number, or no generator. Thesis section 9.3; Raghu et al. 2017.
    """
    check_generator(rng)
    values = _checked(points)
    images, places, _ = values.shape
    matrix = values.reshape(images * places, -1)
    matrix = matrix[:, np.ptp(matrix, axis=0) > 0]
    if matrix.shape[1] < 2 or images < FEWEST_IMAGES:
        return math.nan
    found, chance = np.mean([_of_a_split(matrix, images, rng) for _ in range(splits)], axis=0)
    return max(float((found - chance) / (1 - chance)), -1.0) if chance < 1 - 1e-9 else math.nan


def canonical_correlations(first: ArrayLike, second: ArrayLike, *, variance: float = VARIANCE) -> Floats:
    """Canonical correlations of two sets of channels, each reduced to the directions that hold its variance.

    The cosines of the angles between what both span over the points, from the largest: min(p, q) numbers in [0, 1]
    for p and q directions kept. They ignore any invertible linear map within a set, but for what the reduction drops.

    first, second: (points, channels) real, finite, of the same points, not all constant. ValueError for others.
    """
    one, other = (_checked(np.asarray(of)[:, np.newaxis])[:, 0] for of in (first, second))
    if len(one) != len(other):
        raise ValueError(f"{len(one)} points and {len(other)}; give the same points to both")
    return _cosines(*(_directions(of, len(of), variance) for of in (one, other)))


def points_of(activations: ArrayLike, channels: int, *, count: int = POINTS, rng: np.random.Generator) -> Array:
    """Activations by channel at some places of every image, about `count` points in all, (images, places, channels).

    The places lie evenly in the map, from another one on in every image; all are taken where they are few.
    activations: (images, neurons), the channels on the last axis of what was flattened.
    """
    check_generator(rng)
    values = real_numbers(activations, "activations")
    if values.ndim != 2:
        raise ValueError(f"activations.shape={values.shape} is not (images, neurons)")
    maps = values.reshape(len(values), -1, channels)
    places = maps.shape[1]
    taken = min(places, max(1, count // len(maps)))
    start = rng.integers(places, size=(len(maps), 1))
    chosen: Array = maps[np.arange(len(maps))[:, np.newaxis], (start + np.arange(taken) * places // taken) % places]
    return chosen


def _of_a_split(matrix: Floats, images: int, rng: np.random.Generator) -> tuple[float, float]:
    """Mean canonical correlation of two random halves, and that with the images of one in random order."""
    channels = rng.permutation(matrix.shape[1])
    most = max(1, len(matrix) // POINTS_PER_DIRECTION)
    half = len(channels) // 2
    one, other = (_directions(matrix[:, some], most) for some in (channels[:half], channels[half:]))
    mixed = other.reshape(images, -1, other.shape[1])[rng.permutation(images)].reshape(other.shape)
    return float(_cosines(one, other).mean()), float(_cosines(one, mixed).mean())


def _directions(half: Floats, most: int, variance: float = VARIANCE) -> Floats:
    """An orthonormal basis of the principal directions among the points that hold so much variance, `most` at most."""
    centered = half - half.mean(axis=0)
    # Of the triangle alone: singular vectors of all points would take several times as long.
    sizes, axes = np.linalg.svd(np.linalg.qr(centered, mode="r"))[1:]
    shares = np.cumsum(sizes**2)
    if shares[-1] == 0:
        raise ValueError("no channel varies; leave out those that do not")
    count = min(int(np.searchsorted(shares, variance * shares[-1])) + 1, most)
    basis: Floats = centered @ axes[:count].T / sizes[:count]
    return basis


def _cosines(one: Floats, other: Floats) -> Floats:
    cosines: Floats = np.minimum(np.linalg.svd(one.T @ other, compute_uv=False), 1.0)
    return cosines


def _checked(points: ArrayLike) -> Floats:
    values = real_numbers(points, "points")
    if values.ndim != 3:
        raise ValueError(f"points.shape={values.shape} is not (images, places, channels)")
    found: Floats = values.astype(np.float64)
    if not np.isfinite(found).all():
        raise not_finite("points hold")
    return found
