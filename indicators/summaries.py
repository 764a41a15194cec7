"""Numbers that claims take from curves: labeled arrays in, labeled arrays out, one dimension less."""

from __future__ import annotations

from collections.abc import Callable

import xarray as xr

from indicators import pruning


def half_loss_fraction(accuracy: xr.DataArray) -> xr.DataArray:
    """Fraction of weights at which half of the unpruned accuracy is lost, from accuracies along `fraction`.

    A network that keeps more than half to the end of its curve gets the last fraction of the curve.
    """
    fraction = _along_fraction(pruning.half_loss_fraction, accuracy)
    alive = accuracy.isel(fraction=0, drop=True) > 0
    return _mean_of_draws(fraction.where(fraction.notnull() | ~alive, accuracy["fraction"].to_numpy()[-1]))


def pruning_area(accuracy: xr.DataArray) -> xr.DataArray:
    """Area under the accuracies along `fraction` up to 0.9, over the unpruned accuracy: 0.9 nothing lost, 0 all."""
    return _mean_of_draws(_along_fraction(pruning.area, accuracy))


def _along_fraction(function: Callable[..., object], accuracy: xr.DataArray) -> xr.DataArray:
    fractions = accuracy["fraction"].to_numpy()
    summary: xr.DataArray = xr.apply_ufunc(
        lambda curves: function(fractions, curves), accuracy, input_core_dims=[["fraction"]]
    )
    return summary.rename(f"{accuracy.name} {function.__name__}")


def _mean_of_draws(values: xr.DataArray) -> xr.DataArray:
    """Draws of one network are not replicates: their mean is the network's number."""
    return values.mean("draw", skipna=False) if "draw" in values.dims else values
