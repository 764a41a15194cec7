"""The images around a neuron's central active ones, by their distances in what the neuron receives."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from indicators.measures.arrays import Array, Bools, Floats, check_choice, chunks, not_finite, real_numbers
from indicators.measures.clustering.answers import ActiveNeighbors, Curve, Ignored, Silhouette
from indicators.measures.clustering.distances import (
    STEP,
    Indices,
    assign,
    cosine_distances,
    half_squared_distances,
    squared_norms,
)
from indicators.measures.clustering.silhouettes import mean_of_used, silhouettes

METRICS = ("cosine", "euclidean")
WEIGHTINGS = ("components", "sum")
KINDS = ("neighborhood", "point")

# The 18 neighborhood sizes of the thesis, as shares of the images.
SIZES: Floats = np.array(
    [0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.1, 0.15, 0.2, 0.3, 0.5]
)
SIZES.flags.writeable = False

# Distances that differ by less than this share of themselves are tied: rounding is a hundred times smaller.
_TIED = 2.0**-36
# A silhouette needs two classes and more members than classes.
_FEWEST = 3


@dataclass(frozen=True, eq=False)
class NeuronInputs:
    """What a neuron receives, for several questions: distances are computed once.

    Arguments and errors are those of `neighborhood_silhouette`, and each method gives what the function of its
    name in `questions` does. Inside, inactive images come first: those of a class are then one slice.

    `order` holds the image at each position, `inactive` the number of those images. Magnitudes are brought
    near 1 by powers of two, which is exact.
    """

    inputs: Array
    exponent: int
    scale: Floats
    order: Indices
    inactive: int
    metric: str

    def __init__(
        self, inputs: ArrayLike, weights: ArrayLike, active: ArrayLike, metric: str, weighting: str = "components"
    ) -> None:
        check_choice("metric", metric, METRICS)
        check_choice("weighting", weighting, WEIGHTINGS)
        values, factors = _checked_inputs(inputs), _checked_weights(weights)
        if factors.shape != values.shape[1:]:
            raise ValueError(
                f"weights.shape={factors.shape} is not {values.shape[1:]}; give one weight per input of the neuron"
            )
        exponent = _exponent(values, "inputs")
        magnitudes = np.abs(np.ldexp(factors, _exponent(factors, "weights"), dtype=np.float64))
        flags = _checked_active(active, len(values))
        for name, value in (
            ("inputs", values),
            ("exponent", exponent),
            ("scale", np.sqrt(magnitudes) if weighting == "sum" else magnitudes),
            ("order", np.argsort(flags, kind="stable")),
            ("inactive", int(np.count_nonzero(~flags))),
            ("metric", metric),
        ):
            object.__setattr__(self, name, value)

    def silhouette(self, *, closest: float, neighborhood: float, of: str = "neighborhood") -> Silhouette:
        """What `neighborhood_silhouette` gives."""
        check_choice("of", of, KINDS)
        chosen, size = self._count_closest(closest), _count("neighborhood", neighborhood, self.images)
        if ignored := self._reason(chosen, size, fewest=1):
            return Silhouette(math.nan, 0, chosen, math.nan, ignored)
        members = self._neighborhoods(chosen, size)
        share = float(np.mean(members >= self.inactive))
        if ignored := self._reason(chosen, size):
            return Silhouette(math.nan, 0, chosen, share, ignored)
        means = silhouettes(self.distances, self.inactive, members, np.array([size]), of)[:, 0]
        value, used = mean_of_used(means)
        return Silhouette(value, used, chosen, share, None if used else Ignored.ONE_CLASS)

    def active_neighbors(self, *, closest: float, neighborhood: float) -> ActiveNeighbors:
        """What `active_neighbors` gives."""
        chosen, size = self._count_closest(closest), _count("neighborhood", neighborhood, self.images)
        if ignored := self._reason(chosen, size, fewest=1):
            return ActiveNeighbors(math.nan, chosen, ignored)
        return ActiveNeighbors(float(np.mean(self._neighborhoods(chosen, size) >= self.inactive)), chosen, None)

    def curve(self, *, closest: float, sizes: ArrayLike = SIZES, of: str = "neighborhood") -> Curve:
        """What `neighborhood_curve` gives."""
        check_choice("of", of, KINDS)
        chosen, counts = self._count_closest(closest), _counts(sizes, self.images)
        reasons = [self._reason(chosen, int(count)) for count in counts]
        values, used = np.full(len(counts), math.nan), np.zeros(len(counts), dtype=np.int64)
        asked = [index for index, reason in enumerate(reasons) if reason is None]
        if asked:
            members = self._neighborhoods(chosen, int(counts[-1]))
            means = silhouettes(self.distances, self.inactive, members, counts[asked], of)
            for column, index in enumerate(asked):
                values[index], used[index] = mean_of_used(means[:, column])
                reasons[index] = None if used[index] else Ignored.ONE_CLASS
        return Curve(values, used, chosen, tuple(reasons))

    @property
    def images(self) -> int:
        """How many there are."""
        return len(self.inputs)

    def _count_closest(self, closest: float) -> int:
        return _count("closest", closest, self.images - self.inactive)

    def _reason(self, chosen: int, size: int, *, fewest: int = _FEWEST) -> Ignored | None:
        if self.inactive == self.images:
            return Ignored.NEVER_ACTIVE
        if chosen == 0:
            return Ignored.TOO_FEW_ACTIVE
        return Ignored.TOO_FEW_IMAGES if size < fewest else None

    def _points(self, positions: slice | Indices) -> Floats:
        points: Floats = np.ldexp(self.inputs[self.order[positions]], self.exponent, dtype=np.float64)
        return points

    @cached_property
    def distances(self) -> Floats:
        """Between all positions, (images, images)."""
        vectors = np.empty(self.inputs.shape)
        for rows in chunks(self.images, len(self.scale), STEP):
            np.multiply(self._points(rows), self.scale, out=vectors[rows])
        return cosine_distances(vectors) if self.metric == "cosine" else self._euclidean_distances(vectors)

    def _euclidean_distances(self, vectors: Floats) -> Floats:
        """Distances over the square root of two: silhouettes and ranks ignore a common factor."""
        distances, first, second = half_squared_distances(vectors)
        with np.errstate(invalid="ignore"):  # rounding makes some close pairs negative: they are assigned below
            for rows in chunks(len(distances), len(distances), STEP):
                np.sqrt(distances[rows], out=distances[rows])
        for pairs in chunks(len(first), len(self.scale), STEP):
            gaps = (self._points(first[pairs]) - self._points(second[pairs])) * self.scale
            assign(distances, first[pairs], second[pairs], np.sqrt(0.5 * squared_norms(gaps)))
        return distances

    def _neighborhoods(self, chosen: int, size: int) -> Indices:
        """Positions of the neighbors of the central active images, nearest first: (chosen, size)."""
        distances = self.distances
        totals = distances[self.inactive :, self.inactive :].sum(axis=1)
        central = self.inactive + _ranked(totals[np.newaxis])[0, :chosen]
        position = np.argsort(self.order)  # of each image: ties go by the index of the image
        members = np.empty((chosen, size), dtype=np.intp)
        for part in chunks(chosen, self.images, STEP):
            rows = distances[central[part]]
            rows[np.arange(len(rows)), central[part]] = -np.inf  # itself first, whatever the number of its duplicates
            members[part] = position[_ranked(rows.take(position, axis=1))[:, :size]]
        return members


def _ranked(rows: Floats) -> Indices:
    """Order of each row from the smallest value up, ties by lowest index."""
    order = np.argsort(rows, axis=1)
    values = rows.take(order + rows.shape[1] * np.arange(len(rows))[:, np.newaxis])
    apart = np.diff(values, axis=1) > _TIED * values[:, 1:]
    if apart.all():
        return order
    keys = order.copy()
    keys[:, 1:] += rows.shape[1] * np.cumsum(apart, axis=1)
    keys.sort(axis=1)
    keys %= rows.shape[1]
    return keys


def _checked_inputs(inputs: ArrayLike) -> Array:
    values = real_numbers(inputs, "inputs")
    if values.ndim != 2:
        raise ValueError(
            f"inputs.shape={values.shape} is not (images, d); flatten each image with reshape(len(inputs), -1)"
        )
    return values


def _checked_weights(weights: ArrayLike) -> Array:
    values = real_numbers(weights, "weights")
    if values.ndim != 1:
        raise ValueError(f"weights.shape={values.shape} is not (d,); flatten the weights of the neuron")
    return values


def _exponent(values: Array, name: str) -> int:
    """Power of two that brings the largest magnitude near 1: even, so that a square root is scaled exactly too."""
    low, high = float(values.min()), float(values.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise not_finite(f"{name} hold")
    return -2 * (math.frexp(max(-low, high))[1] // 2)


def _checked_active(active: ArrayLike, images: int) -> Bools:
    values = np.asarray(active)
    if values.dtype != np.bool_:
        raise TypeError(f"active.dtype={values.dtype} is not bool; compare the activations: activations > 0")
    if values.shape != (images,):
        raise ValueError(f"active.shape={values.shape} is not ({images},); give one truth value per image")
    return values


def _count(name: str, share: float, total: int) -> int:
    value = float(share)
    if not 0.0 < value <= 1.0:
        raise ValueError(f"{name}={value} is not in (0, 1]; give a share")
    return int(value * total)


def _counts(sizes: ArrayLike, images: int) -> Indices:
    shares = real_numbers(sizes, "sizes").astype(np.float64)
    if not (shares.ndim == 1 and shares[0] > 0.0 and shares[-1] <= 1.0 and np.all(np.diff(shares) > 0.0)):
        raise ValueError(f"sizes={shares.tolist()} are not increasing shares in (0, 1]; sort them")
    return (shares * images).astype(np.intp)
