"""Numbers that claims take from curves: labeled arrays in, labeled arrays out, one dimension less."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr

from indicators import pruning


def half_loss_fraction(accuracy: xr.DataArray) -> xr.DataArray:
    """Fraction of weights at which half of the unpruned accuracy is lost, from accuracies along `fraction`.

    A network that keeps more than half to the end of its curve gets the last fraction of the curve. The resolution
    is half the smallest step between the fractions.
    """
    fraction = _along_fraction(pruning.half_loss_fraction, accuracy)
    alive = accuracy.isel(fraction=0, drop=True) > 0
    grid = accuracy["fraction"].to_numpy()
    found = fraction.where(fraction.notnull() | ~alive, grid[-1])
    return _mean_of_draws(found, resolution=float(np.diff(grid).min()) / 2)


def pruning_area(accuracy: xr.DataArray) -> xr.DataArray:
    """Area under the accuracies along `fraction` up to 0.9, over the unpruned accuracy: 0.9 nothing lost, 0 all.

    The resolution is that of the accuracies.
    """
    area = _along_fraction(pruning.area, accuracy)
    return _mean_of_draws(area, resolution=accuracy.attrs.get("resolution", 0.0))


def _along_fraction(function: Callable[..., object], accuracy: xr.DataArray) -> xr.DataArray:
    fractions = accuracy["fraction"].to_numpy()
    summary: xr.DataArray = xr.apply_ufunc(
        lambda curves: function(fractions, curves), accuracy, input_core_dims=[["fraction"]]
    )
    return summary.rename(f"{accuracy.name} {function.__name__}")


def _mean_of_draws(values: xr.DataArray, resolution: float) -> xr.DataArray:
    """Draws of one network are not replicates: their mean is the network's number."""
    mean = values.mean("draw", skipna=False) if "draw" in values.dims else values.copy()
    mean.attrs = {"resolution": resolution}
    return mean
