"""Plants that are pruning curves: half lost at a fraction, or an area, that is planted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr

from tests.worlds.patterns import Pattern
from tests.worlds.plants import Plant, network

FRACTIONS = np.concatenate(([0.0], np.linspace(0.01, 0.9, 25)))
FEW_FRACTIONS = FRACTIONS[[0, 1, 4, 8, 12, 16, 20, 25]]


def half_loss(
    name: str, slope: Pattern | float, base: Pattern | float, *, draws: int = 0, few: bool = False, **options: Any
) -> Plant:
    """A pruning curve that has lost half at a fraction: ``half_loss("random_pruning", levels, 0.1, draws=3)``.

    ``few`` for the measurements that are taken at few fractions.
    """
    grid = FEW_FRACTIONS if few else FRACTIONS
    return network(name, slope, base, function=lambda half, _: _curve(half, grid, draws, _halved), **options)


def pruning_area(
    name: str, slope: Pattern | float, base: Pattern | float, *, draws: int = 0, few: bool = False, **options: Any
) -> Plant:
    """A pruning curve with an area under the accuracy kept: ``pruning_area("magnitude_pruning", layca, 0.6)``."""
    grid = FEW_FRACTIONS if few else FRACTIONS
    return network(name, slope, base, function=lambda area, _: _curve(area, grid, draws, _with_area), **options)


def _curve(number: xr.DataArray, grid: np.ndarray, draws: int, kept: Callable[..., np.ndarray]) -> xr.DataArray:
    """Accuracies along fraction, and alike in all draws, of networks that have 0.8 unpruned."""
    heights = 0.8 * kept(number.to_numpy()[..., None], grid)
    curve = xr.DataArray(heights, {**number.coords, "fraction": grid}, (*number.dims, "fraction"))
    return curve.expand_dims(draw=range(draws), axis=-2) if draws else curve


def _halved(half: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Accuracy kept: from 1 through 1/2 at ``half``, bent at the fractions around it to stay within 0 and 1."""
    half = half.clip(grid[1] / 2, grid[-1] - 1e-9)
    after = np.searchsorted(grid, half, side="left").clip(1)
    before, step = grid[after - 1], grid[after] - grid[after - 1]
    steep = np.where(before == 0, 0.5 / half, np.minimum(0.5 / half, 0.5 / step))
    near = 0.5 + steep * (half - grid)
    # Straight lines beyond: from 1 down to the fraction before, and level after.
    at_before = np.take_along_axis(near, after - 1, -1)
    down = 1 - (1 - at_before) * grid / np.maximum(before, 1e-300)
    at_after = np.take_along_axis(near, after, -1)
    return np.where(grid <= before, np.where(before > 0, down, 1.0), np.where(grid >= grid[after], at_after, near))


def _with_area(area: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Accuracy kept: lost evenly until a tenth of the weights is gone, then level."""
    lost = np.minimum(grid / 0.1, 1)
    share = (0.9 - area) / np.trapezoid(lost, grid)
    return 1 - share.clip(0, 1) * lost
