"""How well the images a neuron answers to are grouped in what the neuron receives: arrays in, numbers out.

`receptive` makes the inputs and the weights that these functions take.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from indicators.measures.gram import gram
from indicators.measures.weights import real_numbers

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

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
# Squared distances below this share of the squared norms are computed again, from differences.
_CLOSE = 1e-4
# Squared distances between unit vectors below this are the rounding of the vectors: their directions are equal.
_PARALLEL = 2.0**-96
# Squared norms below this may have lost digits among the subnormals.
_FAINT = 2.0**-600
# Values per step of a loop: its buffers stay in the inner caches.
_STEP = 1 << 15
# Up to one in so many images, gathering the distances among the members costs less than multiplying all.
_FEW = 8
# A divisor that leaves zero as it is.
_SMALLEST = np.finfo(np.float64).smallest_subnormal
# A silhouette needs two classes and more members than classes.
_FEWEST = 3


class Ignored(StrEnum):
    """Why a neuron has no value."""

    NEVER_ACTIVE = "never active"
    TOO_FEW_ACTIVE = "too few active"
    TOO_FEW_IMAGES = "too few images"
    ONE_CLASS = "one class only"


class Silhouette(NamedTuple):
    """What `neighborhood_silhouette` says of a neuron."""

    value: float
    """In [-1, 1]; NaN where the neuron is ignored."""
    n_used: int
    """Neighborhoods that the value is the mean of: those of both classes."""
    n_selected: int
    """Images whose neighborhoods were looked at."""
    active_neighbors: float
    """What the function of this name gives, over all the neighborhoods looked at."""
    ignored: Ignored | None
    """Why there is no value; None where there is one."""


class ActiveNeighbors(NamedTuple):
    """What `active_neighbors` says of a neuron."""

    value: float
    """In [0, 1]; NaN where the neuron is ignored."""
    n_selected: int
    """Images whose neighborhoods the value is the mean of."""
    ignored: Ignored | None
    """Why there is no value; None where there is one."""


class Curve(NamedTuple):
    """What `neighborhood_curve` says of a neuron, one entry per size."""

    values: Floats
    """In [-1, 1]; NaN where the neuron is ignored at that size."""
    n_used: NDArray[np.int64]
    """Neighborhoods that each value is the mean of."""
    n_selected: int
    """Images whose neighborhoods were looked at."""
    ignored: tuple[Ignored | None, ...]
    """Why there is no value at that size; None where there is one."""


# --- Questions


def neighborhood_silhouette(
    inputs: ArrayLike,
    weights: ArrayLike,
    active: ArrayLike,
    *,
    metric: str = "cosine",
    closest: float = 0.1,
    neighborhood: float = 0.2,
    weighting: str = "components",
    of: str = "neighborhood",
) -> Silhouette:
    """Silhouette of active against inactive images around a neuron's central active ones, in [-1, 1].

    Mean of (b - a) / max(a, b) over the members of a neighborhood, then over neighborhoods; a, b: mean
    distance to the other members of the own class, and to the other class. 1: two tight groups; 0: mixed;
    below: closer to the other class. Distances are between inputs times |w| (`weighting="sum"`: between
    inputs, |w| inside each sum). Looked at: floor(closest * active) active images of smallest summed
    distance to the active ones; around each floor(neighborhood * images), itself first; ties by lowest
    index. `of="point"`: the silhouette of that image alone. Neighborhoods of one class or of fewer than 3
    are skipped.

    inputs: (images, d); weights: (d,); active: (images,) bool. ValueError for other shapes or options, NaN,
    infinity, shares outside (0, 1]; TypeError for other dtypes. Thesis section 8.4.
    """
    received = NeuronInputs(inputs, weights, active, metric, weighting)
    return received.silhouette(closest=closest, neighborhood=neighborhood, of=of)


def active_neighbors(
    inputs: ArrayLike,
    weights: ArrayLike,
    active: ArrayLike,
    *,
    metric: str = "cosine",
    closest: float = 0.1,
    neighborhood: float = 0.2,
    weighting: str = "components",
) -> ActiveNeighbors:
    """Share of active images in the neighborhoods of a neuron's central active images, in [0, 1].

    The mean over the neighborhoods that `neighborhood_silhouette` looks at, those of one class and of any
    number of members included. 1: only active images around; the share of active images among all: no
    grouping. The image itself counts, so 0 is never reached.

    Arguments and errors are those of `neighborhood_silhouette`. Thesis section 8.4.7.
    """
    received = NeuronInputs(inputs, weights, active, metric, weighting)
    return received.active_neighbors(closest=closest, neighborhood=neighborhood)


def neighborhood_curve(
    inputs: ArrayLike,
    weights: ArrayLike,
    active: ArrayLike,
    *,
    sizes: ArrayLike = SIZES,
    closest: float = 0.2,
    metric: str = "cosine",
    weighting: str = "components",
    of: str = "neighborhood",
) -> Curve:
    """Silhouette of `neighborhood_silhouette` for every size of the neighborhoods, each in [-1, 1].

    Equal to asking for one size after the other, at little more than the cost of the largest.

    sizes: (n,) increasing shares of the images in (0, 1], the 18 of the thesis unless told; the other
    arguments and errors are those of `neighborhood_silhouette`. Thesis section 8.4.8.
    """
    return NeuronInputs(inputs, weights, active, metric, weighting).curve(sizes=sizes, closest=closest, of=of)


# --- What is asked about


@dataclass(frozen=True, eq=False)
class NeuronInputs:
    """What a neuron receives, for several questions: distances are computed once.

    Arguments and errors are those of `neighborhood_silhouette`, and each method gives what the function of its
    name does. Inside, inactive images come first: those of a class are then one slice.

    `order` holds the image at each position, `inactive` the number of those images. Magnitudes are brought
    near 1 by powers of two, which is exact.
    """

    inputs: NDArray[Any]
    exponent: int
    scale: Floats
    order: Indices
    inactive: int
    metric: str

    def __init__(
        self, inputs: ArrayLike, weights: ArrayLike, active: ArrayLike, metric: str, weighting: str = "components"
    ) -> None:
        _check_choice("metric", metric, METRICS)
        _check_choice("weighting", weighting, WEIGHTINGS)
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
        _check_choice("of", of, KINDS)
        chosen, size = self._count_closest(closest), _count("neighborhood", neighborhood, self.images)
        if ignored := self._reason(chosen, size, fewest=1):
            return Silhouette(math.nan, 0, chosen, math.nan, ignored)
        members = self._neighborhoods(chosen, size)
        share = float(np.mean(members >= self.inactive))
        if ignored := self._reason(chosen, size):
            return Silhouette(math.nan, 0, chosen, share, ignored)
        means = _silhouettes(self.distances, self.inactive, members, np.array([size]), of)[:, 0]
        value, used = _mean_of_used(means)
        return Silhouette(value, used, chosen, share, None if used else Ignored.ONE_CLASS)

    def active_neighbors(self, *, closest: float, neighborhood: float) -> ActiveNeighbors:
        """What `active_neighbors` gives."""
        chosen, size = self._count_closest(closest), _count("neighborhood", neighborhood, self.images)
        if ignored := self._reason(chosen, size, fewest=1):
            return ActiveNeighbors(math.nan, chosen, ignored)
        return ActiveNeighbors(float(np.mean(self._neighborhoods(chosen, size) >= self.inactive)), chosen, None)

    def curve(self, *, closest: float, sizes: ArrayLike = SIZES, of: str = "neighborhood") -> Curve:
        """What `neighborhood_curve` gives."""
        _check_choice("of", of, KINDS)
        chosen, counts = self._count_closest(closest), _counts(sizes, self.images)
        reasons = [self._reason(chosen, int(count)) for count in counts]
        values, used = np.full(len(counts), math.nan), np.zeros(len(counts), dtype=np.int64)
        asked = [index for index, reason in enumerate(reasons) if reason is None]
        if asked:
            members = self._neighborhoods(chosen, int(counts[-1]))
            means = _silhouettes(self.distances, self.inactive, members, counts[asked], of)
            for column, index in enumerate(asked):
                values[index], used[index] = _mean_of_used(means[:, column])
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
        for rows in _chunks(self.images, len(self.scale)):
            np.multiply(self._points(rows), self.scale, out=vectors[rows])
        return _cosine_distances(vectors) if self.metric == "cosine" else self._euclidean_distances(vectors)

    def _euclidean_distances(self, vectors: Floats) -> Floats:
        """Distances over the square root of two: silhouettes and ranks ignore a common factor."""
        distances, first, second = _half_squared_distances(vectors)
        with np.errstate(invalid="ignore"):  # rounding makes some close pairs negative: they are assigned below
            for rows in _chunks(len(distances), len(distances)):
                np.sqrt(distances[rows], out=distances[rows])
        for pairs in _chunks(len(first), len(self.scale)):
            gaps = (self._points(first[pairs]) - self._points(second[pairs])) * self.scale
            _assign(distances, first[pairs], second[pairs], np.sqrt(0.5 * _squared_norms(gaps)))
        return distances

    def _neighborhoods(self, chosen: int, size: int) -> Indices:
        """Positions of the neighbors of the central active images, nearest first: (chosen, size)."""
        distances = self.distances
        totals = distances[self.inactive :, self.inactive :].sum(axis=1)
        central = self.inactive + _ranked(totals[np.newaxis])[0, :chosen]
        position = np.argsort(self.order)  # of each image: ties go by the index of the image
        members = np.empty((chosen, size), dtype=np.intp)
        for part in _chunks(chosen, self.images):
            rows = distances[central[part]]
            rows[np.arange(len(rows)), central[part]] = -np.inf  # itself first, whatever the number of its duplicates
            members[part] = position[_ranked(rows.take(position, axis=1))[:, :size]]
        return members


def _checked_inputs(inputs: ArrayLike) -> NDArray[Any]:
    values = real_numbers(inputs, "inputs")
    if values.ndim != 2:
        raise ValueError(
            f"inputs.shape={values.shape} is not (images, d); flatten each image with reshape(len(inputs), -1)"
        )
    return values


def _checked_weights(weights: ArrayLike) -> NDArray[Any]:
    values = real_numbers(weights, "weights")
    if values.ndim != 1:
        raise ValueError(f"weights.shape={values.shape} is not (d,); flatten the weights of the neuron")
    return values


def _exponent(values: NDArray[Any], name: str) -> int:
    """Power of two that brings the largest magnitude near 1: even, so that a square root is scaled exactly too."""
    low, high = float(values.min()), float(values.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError(f"{name} hold NaN or infinity; expected finite values: look for the epoch that diverged")
    return -2 * (math.frexp(max(-low, high))[1] // 2)


def _checked_active(active: ArrayLike, images: int) -> Bools:
    values = np.asarray(active)
    if values.dtype != np.bool_:
        raise TypeError(f"active.dtype={values.dtype} is not bool; compare the activations: activations > 0")
    if values.shape != (images,):
        raise ValueError(f"active.shape={values.shape} is not ({images},); give one truth value per image")
    return values


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name}={value!r} is not one of {choices}")


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


# --- Distances


def _cosine_distances(vectors: Floats) -> Floats:
    """Half of the squared distances of the unit vectors: 1 - dot would lose those of similar images."""
    units, zero = _made_units(vectors)
    distances, first, second = _half_squared_distances(units, _PARALLEL)
    for pairs in _chunks(len(first), units.shape[1]):
        squares = _squared_norms(units[first[pairs]] - units[second[pairs]])
        _assign(distances, first[pairs], second[pairs], 0.5 * np.where(squares > 2 * _PARALLEL, squares, 0.0))
    distances[zero] = distances[:, zero] = 1.0
    np.fill_diagonal(distances, 0.0)
    return distances


def _made_units(vectors: Floats) -> tuple[Floats, Indices]:
    """Divide `vectors` by their norms, in place; return them and the indices of those that are zero."""
    squares = _squared_norms(vectors)
    faint = np.flatnonzero(squares < _FAINT)
    if len(faint):
        peaks = np.abs(vectors[faint]).max(axis=1, keepdims=True)
        vectors[faint] = np.ldexp(vectors[faint], -np.frexp(peaks)[1])
        squares[faint] = _squared_norms(vectors[faint])
    zero = squares == 0.0
    vectors /= np.sqrt(squares + zero)[:, np.newaxis]
    return vectors, np.flatnonzero(zero)


def _half_squared_distances(vectors: Floats, least: float = 0.0) -> tuple[Floats, Indices, Indices]:
    """Half the squared distances of all pairs, and the pairs so close that only differences tell theirs.

    `vectors` are centered in place, which spares the products the digits of their common part. Equal
    vectors are at a distance of exactly zero and not among the pairs; others up to `least` are.
    """
    vectors -= vectors.mean(axis=0)
    squares = gram(vectors)
    norms = 0.5 * squares.diagonal()
    nearest = np.empty(len(norms))
    np.fill_diagonal(squares, -np.inf)  # for no vector to be the nearest to itself
    for rows in _chunks(len(norms), len(norms)):
        np.subtract(norms, squares[rows], out=squares[rows])
        squares[rows] += norms[rows, np.newaxis]
        squares[rows].min(axis=1, out=nearest[rows])
    candidates = np.flatnonzero(nearest <= _CLOSE * (norms + norms.max()) + least)
    first, second = _close_pairs(squares, norms, candidates, least)
    same = _first_equal(vectors, np.union1d(first, second))
    equal = same[first] == same[second]
    _assign(squares, first[equal], second[equal], 0.0)
    np.fill_diagonal(squares, 0.0)
    return squares, first[~equal], second[~equal]


def _close_pairs(squares: Floats, norms: Floats, candidates: Indices, least: float) -> tuple[Indices, Indices]:
    """Close pairs of `_half_squared_distances`, the first of each among the candidates and below the second."""
    found = [np.empty((2, 0), dtype=np.intp)]
    for part in _chunks(len(candidates), len(norms)):
        rows = candidates[part]
        close = squares[rows] <= _CLOSE * np.add.outer(norms[rows], norms) + least
        first, second = np.nonzero(close & (rows[:, np.newaxis] < np.arange(len(norms))))
        found.append(np.stack((rows[first], second)))
    first, second = np.concatenate(found, axis=1)
    return first, second


def _first_equal(vectors: Floats, indices: Indices) -> Indices:
    """Index of the first vector equal to each of those asked about."""
    seen: dict[bytes, int] = {}
    same = np.arange(len(vectors))
    for index in indices.tolist():
        same[index] = seen.setdefault((vectors[index] + 0.0).tobytes(), index)  # + 0.0: -0.0 is 0.0
    return same


def _squared_norms(vectors: Floats) -> Floats:
    squares: Floats = np.einsum("ij,ij->i", vectors, vectors)
    return squares


def _assign(distances: Floats, first: Indices, second: Indices, values: Floats | float) -> None:
    distances[first, second] = distances[second, first] = values


def _chunks(total: int, width: int) -> Iterator[slice]:
    step = max(1, _STEP // width)
    return (slice(start, min(start + step, total)) for start in range(0, total, step))


# --- Neighborhoods


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


# --- Silhouettes


def _silhouettes(distances: Floats, inactive: int, members: Indices, counts: Indices, of: str) -> Floats:
    """Silhouette of each neighborhood at each of the increasing counts of members, all for the last."""
    means = np.empty((len(members), len(counts)))
    labels = (members >= inactive).astype(np.float64)
    for index, sums in enumerate(_sums_by_class(distances, inactive, members, counts)):
        for part in _chunks(len(members), sums.shape[2]):
            values = _of_members(sums[0, part], sums[1, part], labels[part, : counts[index]])
            means[part, index] = values[:, 0] if of == "point" else values.mean(axis=1)
    return means


def _sums_by_class(distances: Floats, inactive: int, members: Indices, counts: Indices) -> Iterator[Floats]:
    """Sums of the members' distances to the inactive and to the active ones among them, count after count.

    Each is (2, neighborhoods, count).
    """
    few = int(np.searchsorted(counts, len(distances) // _FEW, side="right"))
    if few:
        yield from _sums_among_few(distances, inactive, members[:, : counts[few - 1]], counts[:few])
    if few < len(counts):
        yield from _sums_among_many(distances, inactive, members, counts[few:])


def _sums_among_few(distances: Floats, inactive: int, members: Indices, counts: Indices) -> Iterator[Floats]:
    """From the distances among the members, gathered once for all counts."""
    size = members.shape[1]
    sums = np.empty((len(members), 2 * len(counts), size))
    counted = np.arange(size) < counts[:, np.newaxis]
    for part in _chunks(len(members), size * size):
        places = members[part]
        labels = (places >= inactive)[:, np.newaxis]
        adding = np.concatenate((counted & ~labels, counted & labels), axis=1).astype(np.float64)
        among = distances.take(len(distances) * places[:, :, np.newaxis] + places[:, np.newaxis])
        np.matmul(adding, among, out=sums[part])
    return (sums[:, index :: len(counts), :count].swapaxes(0, 1) for index, count in enumerate(counts))


def _sums_among_many(distances: Floats, inactive: int, members: Indices, counts: Indices) -> Iterator[Floats]:
    """From products with the distances of all images: faster than gathering where members are a good part."""
    adding, sums = np.zeros((len(members), len(distances))), np.empty((2, len(members), len(distances)))
    entries = len(distances) * np.arange(len(members))[:, np.newaxis] + members
    for count in counts:
        adding.reshape(-1)[entries[:, :count]] = 1.0
        np.matmul(adding[:, :inactive], distances[:inactive], out=sums[0])
        np.matmul(adding[:, inactive:], distances[inactive:], out=sums[1])
        yield sums.reshape(2, -1).take(entries[:, :count], axis=1)


def _of_members(to_inactive: Floats, to_active: Floats, labels: Floats) -> Floats:
    """Silhouette of every member of every neighborhood, NaN where all are of one class; labels: 1 active, 0 not."""
    active, size = labels.sum(axis=1, keepdims=True), labels.shape[1]
    others_active = active - labels
    others_inactive = size - 1.0 - others_active
    active_mean = to_active / np.maximum(others_active, 1.0)
    inactive_mean = to_inactive / np.maximum(others_inactive, 1.0)
    larger = np.maximum(np.maximum(inactive_mean, active_mean), _SMALLEST)
    values: Floats = (2.0 * labels - 1.0) * (inactive_mean - active_mean) / larger
    values[(others_inactive == 0.0) | (others_active == 0.0)] = 0.0  # alone in its class
    values[(active[:, 0] == 0.0) | (active[:, 0] == size)] = math.nan
    return values


def _mean_of_used(means: Floats) -> tuple[float, int]:
    used = means[~np.isnan(means)]
    return (float(used.mean()) if len(used) else math.nan), len(used)
