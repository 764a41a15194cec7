"""Patterns: arrays that say in which networks, layers or other places something is planted, and how steeply."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from indicators.specs import LEVELS, OPTIMIZERS

LAYERS = (*(f"Conv{k}" for k in range(1, 14)), "Dense1", "Dense2")
POOLINGS = dict(zip(LAYERS, (0, 0, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5), strict=True))
DEPTHS = np.arange(1, len(LAYERS) + 1) / len(LAYERS)
FIRST, CENTRAL, LAST, OUTPUT = PARTS = ("first", "central", "last", "output")
HIDDEN = (FIRST, CENTRAL, LAST)
PLACES = {FIRST: range(4), CENTRAL: range(4, 9), LAST: range(9, 14), OUTPUT: range(14, 15)}
CELLS = {"optimizer": list(OPTIMIZERS), "level": list(LEVELS)}

Pattern = xr.DataArray


def along(dim: str, values: Mapping[Any, float]) -> Pattern:
    """These values along a dimension: ``along("split", {"validation": 0, "test": 1})``."""
    return xr.DataArray(np.array(list(values.values()), float), {dim: list(values)}, (dim,))


def ramp(dim: str, labels: Sequence[Any]) -> Pattern:
    """Evenly rising along a dimension, by 1 from the mean of the first third to that of the last, with mean 0."""
    third = max(len(labels) // 3, 1)
    return along(dim, dict(zip(labels, centered(len(labels)) / (len(labels) - third), strict=True)))


def part(*parts: str) -> Pattern:
    """1 in the layers of these parts: ``part(FIRST, LAST)``."""
    return _layers(parts, lambda count: np.ones(count))


def place(index: int) -> Pattern:
    """1 in one layer: ``place(0)`` is the first, ``place(-1)`` the output layer."""
    return along("layer", {layer: float(layer == LAYERS[index]) for layer in LAYERS})


def deeper(*parts: str) -> Pattern:
    """Rising along the layers of these parts by 1, with mean 0: ``deeper(*HIDDEN)``."""
    return _layers(parts, lambda count: centered(count) / (count - max(count // 3, 1)))


def zigzag(*parts: str) -> Pattern:
    """Up and down over the layers of these parts, mean 0 and standard deviation 1: ``zigzag(LAST)``."""

    def ups_and_downs(count: int) -> np.ndarray:
        turns = np.resize([1.0, -1.0], count)
        turns[count - count % 2 :] = 0
        return turns / max(turns.std(), 1e-300)

    return _layers(parts, ups_and_downs)


def centered(count: int) -> np.ndarray:
    """So many numbers, a step of 1 apart, with mean 0."""
    return np.arange(count) - (count - 1) / 2


def as_pattern(values: Pattern | float) -> Pattern:
    """A pattern as it is, and a number as a pattern without dimensions."""
    return values if isinstance(values, xr.DataArray) else xr.DataArray(float(values))


def _layers(parts: Sequence[str], values: Callable[[int], np.ndarray]) -> Pattern:
    chosen = sorted(k for name in parts for k in PLACES[name])
    found = np.zeros(len(LAYERS))
    found[chosen] = values(len(chosen))
    return along("layer", dict(zip(LAYERS, found, strict=True)))


def _one(dim: str, label: str) -> Pattern:
    return along(dim, {known: float(known == label) for known in CELLS[dim]})


sgd, wdecay, layca = (_one("optimizer", name) for name in OPTIMIZERS)
OPTIMIZER = {"sgd": sgd, "wdecay": wdecay, "layca": layca}
low, medium, high = (_one("level", name) for name in LEVELS)
levels = medium / 2 + high
relative_depth = along("layer", dict(zip(LAYERS, DEPTHS, strict=True)))
