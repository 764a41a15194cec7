"""Which weights pruning removes, and what the accuracies measured after it say: arrays in, arrays out."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from indicators.measures.arrays import (
    Array,
    Bools,
    Floats,
    check_choice,
    check_generator,
    not_finite,
    real_numbers,
)
from indicators.measures.curves import first_crossing

Masks = list[Bools]

SCOPES = ("network", "layer")
ORDERS = ("smallest", "largest")

# The 26 fractions of the thesis: the unpruned network, then 25 steps of 3.7 %.
FRACTIONS: Floats = np.concatenate(([0.0], np.linspace(0.01, 0.9, 25)))
FRACTIONS.flags.writeable = False


# --- Masks


def magnitude_mask(
    kernels: Sequence[ArrayLike], fraction: float, *, scope: str = "network", order: str = "smallest"
) -> Masks:
    """Mask of the weights that magnitude pruning removes: True where a weight is among the smallest.

    Exactly floor(fraction * N) weights, the floor of the double product (28 for 0.29 x 100); equal
    magnitudes go by lowest flat index. `scope="network"` ranks all kernels together, under one threshold;
    `"layer"` each on its own. Ranking together ignores that batch normalization makes the scale of a layer
    arbitrary. `order="largest"` removes the largest instead, the control of the usual order.

    kernels: list of arrays of any shapes; the masks have the same shapes. ValueError for a fraction outside
    [0, 1], an unknown scope or order, an empty kernel, NaN or infinity; TypeError for a bare array or what is not a
    real number. Thesis section 7.3.
    """
    return next(magnitude_masks(kernels, [fraction], scope=scope, order=order))


def magnitude_masks(
    kernels: Sequence[ArrayLike], fractions: Iterable[float], *, scope: str = "network", order: str = "smallest"
) -> Iterator[Masks]:
    """Masks of `magnitude_mask` for many fractions, one list at a time, from a single ranking of the weights.

    Equal to `magnitude_mask` at every fraction, ties included; each list is made when it is asked for, so
    that a sweep holds one. Shapes and errors are those of `magnitude_mask`, raised at the call and not at
    the first list.
    """
    check_choice("scope", scope, SCOPES)
    check_choice("order", order, ORDERS)
    arrays = _checked_kernels(kernels)
    sweep = [_checked_fraction(fraction) for fraction in fractions]
    groups = [arrays] if scope == "network" else [[array] for array in arrays]
    per_group = [_sweep(group, sweep, order) for group in groups]
    return (list(chain.from_iterable(masks)) for masks in zip(*per_group, strict=True))


def random_mask(
    kernels: Sequence[ArrayLike], fraction: float, *, rng: np.random.Generator, scope: str = "network"
) -> Masks:
    """Mask of the weights that random pruning removes: True for a uniform draw without replacement.

    Exactly floor(fraction * N) weights (the floor of the double product), whatever their values:
    `scope="network"` of all kernels together, `"layer"` of each on its own. Two fractions drawn with one
    generator are not nested.

    kernels: list of arrays of any shapes; the masks have the same shapes. Errors as in `magnitude_mask`,
    and a TypeError where `rng` is not a numpy.random.Generator. Thesis section 7.3.
    """
    check_generator(rng)
    check_choice("scope", scope, SCOPES)
    arrays, share = _checked_kernels(kernels), _checked_fraction(fraction)
    groups = [arrays] if scope == "network" else [[array] for array in arrays]
    return [mask for group in groups for mask in _drawn(group, share, rng)]


def removed_per_layer(masks: Sequence[Bools]) -> Floats:
    """Share of each layer's weights that the masks remove, in [0, 1].

    0: the layer is untouched; 1: nothing is left of it. Masks of one threshold for the whole network remove
    very different shares from layers whose weights have different scales.

    masks: list of bool arrays, True = removed; the result is (layers,). ValueError for no mask or an empty
    one, TypeError for a bare array or one that is not bool. Thesis section 7.3.
    """
    if hasattr(masks, "dtype"):
        raise TypeError("masks is one array; expected a list of masks: write [mask] for a single layer")
    if not masks or not all(np.size(mask) for mask in masks):
        raise ValueError(f"masks of sizes {[np.size(mask) for mask in masks]}: expected at least one, none empty")
    if any(np.asarray(mask).dtype != np.bool_ for mask in masks):
        raise TypeError(f"masks of {[str(np.asarray(mask).dtype) for mask in masks]} are not bool; True = removed")
    return np.array([np.count_nonzero(mask) / np.size(mask) for mask in masks])


def removed_curves(
    kernels: Sequence[ArrayLike], fractions: Iterable[float], *, scope: str = "network", order: str = "smallest"
) -> Floats:
    """Share of each layer's weights that magnitude pruning removes at each fraction, in [0, 1].

    `removed_per_layer` of the masks of `magnitude_masks`: with `scope="layer"` the floor of the fraction for
    every layer; else a layer's curve above the diagonal means weights smaller than those of the others.

    The result is (fractions, layers). Shapes and errors are those of `magnitude_masks`. Thesis section 7.3.
    """
    shares = [removed_per_layer(masks) for masks in magnitude_masks(kernels, fractions, scope=scope, order=order)]
    return np.array(shares).reshape(len(shares), len(kernels))


def _drawn(arrays: list[Array], fraction: float, rng: np.random.Generator) -> Masks:
    total = sum(array.size for array in arrays)
    removed = np.zeros(total, dtype=np.bool_)
    removed[rng.choice(total, size=int(fraction * total), replace=False, shuffle=False)] = True
    return _split(removed, arrays)


def _sweep(arrays: list[Array], fractions: list[float], order: str) -> Iterator[Masks]:
    magnitudes = np.abs(np.concatenate([array.ravel() for array in arrays]))
    if order == "largest":
        np.negative(magnitudes, out=magnitudes)
    counts = [int(fraction * magnitudes.size) for fraction in fractions]
    thresholds = _thresholds(magnitudes, counts)
    return (
        _split(_smallest(magnitudes, count, threshold), arrays)
        for count, threshold in zip(counts, thresholds, strict=True)
    )


def _thresholds(magnitudes: Array, counts: list[int]) -> Array:
    """The largest magnitude that each count removes; for a count of zero any value."""
    last = np.maximum(np.array(counts, dtype=np.intp) - 1, 0)
    # NumPy's sort and its partition at one rank are vectorized, its partition at several ranks is not: five
    # times slower than the sort for 25 ranks of 15 million weights.
    ranked = np.partition(magnitudes, last[0]) if len(counts) == 1 else np.sort(magnitudes)
    return ranked[last]


def _smallest(magnitudes: Array, count: int, threshold: Any) -> Bools:
    if count == 0:
        return np.zeros(magnitudes.shape, dtype=np.bool_)
    removed: Bools = magnitudes <= threshold
    surplus = np.count_nonzero(removed) - count
    if surplus:
        removed[np.flatnonzero(magnitudes == threshold)[-surplus:]] = False
    return removed


def _split(flat: Bools, arrays: list[Array]) -> Masks:
    ends = np.cumsum([array.size for array in arrays])[:-1]
    return [part.reshape(array.shape) for part, array in zip(np.split(flat, ends), arrays, strict=True)]


def _checked_kernels(kernels: Sequence[ArrayLike]) -> list[Array]:
    if hasattr(kernels, "dtype"):
        # Iterating over an array would silently take its rows for layers.
        raise TypeError("kernels is one array; expected a list of kernels: write [kernel] for a single layer")
    arrays = [_checked_kernel(kernel, f"kernels[{index}]") for index, kernel in enumerate(kernels)]
    if not arrays:
        raise ValueError("kernels=[] holds no kernel; expected at least one")
    return arrays


def _checked_kernel(kernel: ArrayLike, name: str) -> Array:
    array = real_numbers(kernel, name)
    if array.dtype.kind != "f":
        array = array.astype(np.float64)  # the magnitude of int8's -128 does not fit int8
    if not (np.isfinite(array.min()) and np.isfinite(array.max())):
        raise not_finite(f"{name} holds", expected="weights")
    return array


def _checked_fraction(fraction: float) -> float:
    value = float(fraction)
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"fraction={value} is not in [0, 1]; give the share of the weights to remove")
    return value


# --- Curves of accuracy over the fraction removed


def area(fractions: ArrayLike, accuracies: ArrayLike, *, upper: float = 0.9) -> Floats:
    """Area under the curve of the accuracy kept, from nothing removed to `upper`, by the trapezoidal rule.

    The integral of accuracy(p) / accuracy(0) over p in [0, upper], in units of the fraction removed:
    `upper` means that pruning costs nothing, 0 that any pruning costs everything. NaN where the unpruned
    accuracy is 0.

    fractions: (n,) increasing from 0 and reaching `upper`; accuracies: (..., n) in [0, 1]; one value per
    leading index. ValueError for anything else. Thesis section 7.3.
    """
    grid, heights = _checked_curves(fractions, accuracies)
    if not 0.0 < upper <= grid[-1]:
        raise ValueError(f"upper={upper} is not in (0, {grid[-1]}]; the fractions must reach it")
    after = int(np.searchsorted(grid, upper))
    weight = (upper - grid[after - 1]) / (grid[after] - grid[after - 1])
    end = (1.0 - weight) * heights[..., after - 1] + weight * heights[..., after]
    covered = np.concatenate((heights[..., :after], end[..., np.newaxis]), axis=-1)
    return _over(np.trapezoid(covered, np.append(grid[:after], upper), axis=-1), heights[..., 0])


def fraction_at(fractions: ArrayLike, accuracies: ArrayLike, level: ArrayLike) -> Floats:
    """Fraction removed at which the accuracy first falls to `level`, linearly interpolated.

    0 where the unpruned network is already there, NaN where no measured fraction is. What the curve does
    after its first crossing is ignored.

    fractions: (n,) increasing from 0; accuracies: (..., n) in [0, 1]; level: broadcast against the leading
    axes. ValueError for anything else. Thesis section 7.3.
    """
    grid, heights = _checked_curves(fractions, accuracies)
    goal = real_numbers(level, "level").astype(np.float64)
    shape = np.broadcast_shapes(heights.shape[:-1], goal.shape)
    heights = np.broadcast_to(heights, (*shape, grid.size))
    return first_crossing(grid, heights, goal, heights <= goal[..., np.newaxis])


def half_loss_fraction(fractions: ArrayLike, accuracies: ArrayLike) -> Floats:
    """Fraction removed at which half of the unpruned accuracy is lost: `fraction_at` half the first accuracy.

    Larger means more robust. NaN where the curve stays above half, or where the unpruned accuracy is 0.
    Shapes and errors are those of `fraction_at`.
    """
    _, heights = _checked_curves(fractions, accuracies)
    unpruned = heights[..., 0]
    fractions_at_half = fraction_at(fractions, heights, unpruned / 2.0)
    return np.where(unpruned > 0.0, fractions_at_half, np.nan)


def _over(values: Floats, unpruned: Floats) -> Floats:
    unpruned = np.broadcast_to(unpruned, values.shape)
    shares: Floats = np.divide(values, unpruned, out=np.full(values.shape, np.nan), where=unpruned > 0.0)
    return shares


def _checked_curves(fractions: ArrayLike, accuracies: ArrayLike) -> tuple[Floats, Floats]:
    grid = _checked_grid(fractions)
    heights = _checked_accuracies(accuracies)
    if heights.shape[-1] != grid.size:
        raise ValueError(
            f"accuracies.shape={heights.shape} does not end in {grid.size}, the number of fractions; "
            "put the fraction on the last axis"
        )
    return grid, heights


def _checked_grid(fractions: ArrayLike) -> Floats:
    grid = real_numbers(fractions, "fractions").astype(np.float64)
    increasing = grid.ndim == 1 and grid.size > 1 and bool(np.all(np.diff(grid) > 0.0))
    if not (increasing and grid[0] == 0.0 and grid[-1] <= 1.0):
        raise ValueError(
            f"fractions={grid.tolist()} is not a grid; expected two or more, increasing from 0 to at most 1: "
            "measure the unpruned network too"
        )
    return grid


def _checked_accuracies(accuracies: ArrayLike) -> Floats:
    heights = real_numbers(accuracies, "accuracies").astype(np.float64)
    if heights.ndim == 0:
        raise ValueError("accuracies is a single number; expected one per fraction, on the last axis")
    if not (heights.min() >= 0.0 and heights.max() <= 1.0):
        raise ValueError(
            f"accuracies from {heights.min()} to {heights.max()} are not in [0, 1]; "
            "divide percentages by 100 and leave out what was not measured"
        )
    return heights
