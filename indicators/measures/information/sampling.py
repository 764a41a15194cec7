"""Which pairs of a layer's neurons are looked at: any, or those at a given distance in the image."""

import numpy as np

from indicators.measures.arrays import Integers, check_generator


def sample_pairs(neurons: int, count: int, *, rng: np.random.Generator) -> Integers:
    """Pairs of different neurons, drawn uniformly, with replacement between pairs.

    neurons: their number, at least 2; count: of pairs, at least 1; the result is (count, 2) int. ValueError
    for smaller numbers, TypeError where `rng` is not a numpy.random.Generator. Section 8.3 of the thesis
    draws 10 000.
    """
    check_generator(rng)
    if neurons < 2 or count < 1:
        raise ValueError(f"neurons={neurons}, count={count}: expected at least two neurons and one pair")
    first = rng.integers(neurons, size=count)
    second = rng.integers(neurons - 1, size=count)
    return np.stack((first, second + (second >= first)), axis=1)


def sample_pairs_at_distance(
    shape: tuple[int, int, int], distance: int, count: int, *, rng: np.random.Generator
) -> Integers:
    """Pairs of different neurons whose places in the image are `distance` apart, drawn uniformly.

    The distance is the larger of the differences of rows and of columns: the receptive fields of two neurons
    of a layer with kernels of k by k overlap just below a distance of k. 0: the same place in two channels.
    Pairs are drawn with replacement among all ordered ones.

    shape: (height, width, channels) of the layer's output, flattened in this order to number the neurons;
    the result is (count, 2) int. ValueError where there is no such pair, or for a count below 1; TypeError
    where `rng` is not a numpy.random.Generator. Thesis section 8.3.4.
    """
    check_generator(rng)
    height, width, channels = _checked_shape(shape)
    if count < 1 or not 0 <= distance < max(height, width) or height * width * channels < 2:
        raise ValueError(f"shape={shape}, distance={distance}, count={count}: no such pair, or none asked for")
    if distance == 0 and channels == 1:
        raise ValueError(f"shape={shape}, distance=0: two neurons at one place need two channels")
    down, right = _offsets(height, width, distance, count, rng)
    rows = np.maximum(0, -down) + rng.integers(height - np.abs(down))
    columns = np.maximum(0, -right) + rng.integers(width - np.abs(right))
    first = rng.integers(channels, size=count)
    second = rng.integers(channels - (distance == 0), size=count)
    if distance == 0:
        second += second >= first
    return np.stack(
        [
            (rows * width + columns) * channels + first,
            ((rows + down) * width + columns + right) * channels + second,
        ],
        axis=1,
    )


def _offsets(height: int, width: int, distance: int, count: int, rng: np.random.Generator) -> tuple[Integers, Integers]:
    """Differences of place, each drawn as often as there are pairs of places that differ so."""
    steps = np.arange(-distance, distance + 1)
    down, right = (side.ravel() for side in np.meshgrid(steps, steps, indexing="ij"))
    places = np.maximum(0, height - np.abs(down)) * np.maximum(0, width - np.abs(right))
    places *= np.maximum(np.abs(down), np.abs(right)) == distance
    drawn = np.searchsorted(np.cumsum(places), rng.integers(places.sum(), size=count), side="right")
    return down[drawn], right[drawn]


def _checked_shape(shape: tuple[int, int, int]) -> tuple[int, int, int]:
    if len(shape) != 3 or min(shape) < 1:
        raise ValueError(f"shape={shape} is not (height, width, channels), each at least 1")
    height, width, channels = (int(side) for side in shape)
    return height, width, channels
