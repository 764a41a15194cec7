"""Plants that are profiles over layers: above a threshold, or below it, from a depth that is planted."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from tests.worlds.patterns import LAYERS, Pattern, relative_depth
from tests.worlds.plants import Function, Measured, Plant, network


def rise(name: str, slope: Pattern | float, base: Pattern | float, *, threshold: float, **options: Any) -> Plant:
    """A profile that exceeds a threshold at a relative depth: ``rise("entropy", 0.5 - levels, 0.6, threshold=0.02)``.

    It is 0 up to a layer's step before, and rises evenly from there: by the threshold with every layer.
    """
    return network(name, slope, base, function=rising(threshold), **options)


def rising(threshold: float, top: float | None = None) -> Function:
    """The function of `rise`, for what is planted otherwise (`tracking`).

    With ``top`` the profile rises no further than that: for claims on the depth at which it has made a share
    (threshold / top) of its rise.
    """
    return lambda onset, _: (threshold * (1 + len(LAYERS) * (relative_depth - onset))).clip(0, top)


def trough(name: str, slope: Pattern | float, base: Pattern | float, *, threshold: float, **options: Any) -> Plant:
    """A profile below a threshold over a depth: ``trough("pairwise_nmi", -levels, 0.4, threshold=0.02)``.

    It falls below at relative depth 0.35, within the central layers, and rises above that depth later; keep that
    between 1 and 8 layers of 15.
    """
    return network(name, slope, base, function=valley(threshold), **options)


def valley(threshold: float) -> Function:
    """The function of `trough`, for what is planted otherwise (`following`)."""
    start = 0.35

    def below(width: xr.DataArray, _: Measured) -> xr.DataArray:
        outside = np.maximum(start - relative_depth, relative_depth - start - width)
        return (threshold * (1 + len(LAYERS) * outside)).clip(0)

    return below
