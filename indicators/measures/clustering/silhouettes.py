"""Silhouettes of active against inactive images inside neighborhoods, from the distances between all images.

Images are known by their positions, the inactive ones first: those of a class are one slice.
"""

import math
from collections.abc import Iterator

import numpy as np

from indicators.measures.arrays import Floats, chunks
from indicators.measures.clustering.distances import STEP, Indices

# Up to one in so many images, gathering the distances among the members costs less than multiplying all.
_FEW = 8
# A divisor that leaves zero as it is.
_SMALLEST = np.finfo(np.float64).smallest_subnormal


def silhouettes(distances: Floats, inactive: int, members: Indices, counts: Indices, of: str) -> Floats:
    """Silhouette of each neighborhood at each of the increasing counts of members, all for the last."""
    means = np.empty((len(members), len(counts)))
    labels = (members >= inactive).astype(np.float64)
    for index, sums in enumerate(_sums_by_class(distances, inactive, members, counts)):
        for part in chunks(len(members), sums.shape[2], STEP):
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
    for part in chunks(len(members), size * size, STEP):
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


def mean_of_used(means: Floats) -> tuple[float, int]:
    """Mean of the silhouettes that exist, NaN where none does, and their number."""
    used = means[~np.isnan(means)]
    return (float(used.mean()) if len(used) else math.nan), len(used)
