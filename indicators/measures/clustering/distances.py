"""Distances between all images in what a neuron receives, to the last digits, duplicates at exactly zero."""

import numpy as np
from numpy.typing import NDArray

from indicators.measures.arrays import Floats, chunks, gram

Indices = NDArray[np.intp]

# Values per step of a loop: its buffers stay in the inner caches.
STEP = 1 << 15
# Squared distances below this share of the squared norms are computed again, from differences.
_CLOSE = 1e-4
# Squared distances between unit vectors below this are the rounding of the vectors: their directions are equal.
_PARALLEL = 2.0**-96
# Squared norms below this may have lost digits among the subnormals.
_FAINT = 2.0**-600


def cosine_distances(vectors: Floats) -> Floats:
    """Half of the squared distances of the unit vectors: 1 - dot would lose those of similar images."""
    units, zero = _made_units(vectors)
    distances, first, second = half_squared_distances(units, _PARALLEL)
    for pairs in chunks(len(first), units.shape[1], STEP):
        squares = squared_norms(units[first[pairs]] - units[second[pairs]])
        assign(distances, first[pairs], second[pairs], 0.5 * np.where(squares > 2 * _PARALLEL, squares, 0.0))
    distances[zero] = distances[:, zero] = 1.0
    np.fill_diagonal(distances, 0.0)
    return distances


def _made_units(vectors: Floats) -> tuple[Floats, Indices]:
    """The vectors, divided by their norms in place, and the indices of those that are zero."""
    squares = squared_norms(vectors)
    faint = np.flatnonzero(squares < _FAINT)
    if len(faint):
        peaks = np.abs(vectors[faint]).max(axis=1, keepdims=True)
        vectors[faint] = np.ldexp(vectors[faint], -np.frexp(peaks)[1])
        squares[faint] = squared_norms(vectors[faint])
    zero = squares == 0.0
    vectors /= np.sqrt(squares + zero)[:, np.newaxis]
    return vectors, np.flatnonzero(zero)


def half_squared_distances(vectors: Floats, least: float = 0.0) -> tuple[Floats, Indices, Indices]:
    """Half the squared distances of all pairs, and the pairs so close that only differences tell theirs.

    `vectors` are centered in place, which spares the products the digits of their common part. Equal
    vectors are at a distance of exactly zero and not among the pairs; others up to `least` are.
    """
    vectors -= vectors.mean(axis=0)
    squares = gram(vectors)
    norms = 0.5 * squares.diagonal()
    nearest = np.empty(len(norms))
    np.fill_diagonal(squares, -np.inf)  # for no vector to be the nearest to itself
    for rows in chunks(len(norms), len(norms), STEP):
        np.subtract(norms, squares[rows], out=squares[rows])
        squares[rows] += norms[rows, np.newaxis]
        squares[rows].min(axis=1, out=nearest[rows])
    candidates = np.flatnonzero(nearest <= _CLOSE * (norms + norms.max()) + least)
    first, second = _close_pairs(squares, norms, candidates, least)
    same = _first_equal(vectors, np.union1d(first, second))
    equal = same[first] == same[second]
    assign(squares, first[equal], second[equal], 0.0)
    np.fill_diagonal(squares, 0.0)
    return squares, first[~equal], second[~equal]


def _close_pairs(squares: Floats, norms: Floats, candidates: Indices, least: float) -> tuple[Indices, Indices]:
    """Close pairs of `half_squared_distances`, the first of each among the candidates and below the second."""
    found = [np.empty((2, 0), dtype=np.intp)]
    for part in chunks(len(candidates), len(norms), STEP):
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


def squared_norms(vectors: Floats) -> Floats:
    """Squared norm of each row."""
    squares: Floats = np.einsum("ij,ij->i", vectors, vectors)
    return squares


def assign(distances: Floats, first: Indices, second: Indices, values: Floats | float) -> None:
    """Writes the distances of some pairs, on both sides of the diagonal."""
    distances[first, second] = distances[second, first] = values
