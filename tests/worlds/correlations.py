"""Plants that go together with others, over layers or over networks, by a correlation that is planted."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import xarray as xr
from scipy.stats import rankdata

from tests.worlds.patterns import CELLS, LAYERS, PARTS, PLACES, Pattern, centered, part
from tests.worlds.plants import PREMISED, Function, Measured, Plant, accuracies, network


def ranked(
    name: str, slope: Pattern | float, parts: Sequence[str], base: Pattern | float = 0.0, **options: Any
) -> Plant:
    """Layers in an order whose rank correlation with the depth is planted: ``ranked("entropy", 1, HIDDEN)``.

    Their values are 1, 2, ... in that order, over their number; 0 in other layers. Plant `deeper` as what it is
    correlated with, if that is another measurement.
    """
    chosen = [k for name in parts for k in PLACES[name]]
    orders, correlations = _orders(len(chosen))

    def in_order(correlation: xr.DataArray, _: Measured) -> xr.DataArray:
        nearest = np.abs(correlation.to_numpy()[..., None] - correlations).argmin(-1)
        values = np.zeros((*correlation.shape, len(LAYERS)))
        values[..., chosen] = (orders[nearest] + 1) / len(chosen)
        return _over_layers(correlation, values)

    step = 12 / (len(chosen) ** 3 - len(chosen))
    return network(name, slope, base, function=in_order, **({"exact": 2 * step} | options))


@functools.cache
def _orders(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Orders of so many layers whose rank correlations with the first fill -1 to 1, and these."""
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(4000, count))
    angle = np.linspace(0, math.pi, len(noise))[:, None]
    depth = centered(count)
    mixed = np.cos(angle) * depth / depth.std() + np.sin(angle) * noise
    orders = mixed.argsort(-1).argsort(-1)
    return orders, (orders - orders.mean(-1, keepdims=True)) @ depth / (depth @ depth)


def _over_layers(shell: xr.DataArray, values: np.ndarray) -> xr.DataArray:
    return xr.DataArray(values, {**shell.coords, "layer": list(LAYERS)}, (*shell.dims, "layer"))


def tracking(
    name: str,
    slope: Pattern | float = 1.0,
    base: Pattern | float = 0.0,
    *,
    other: str = "accuracy",
    read: Callable[[xr.DataArray], xr.DataArray] | None = None,
    middle: Pattern | float = 0.5,
    size: float = 0.1,
    then: Function | None = None,
    **options: Any,
) -> Plant:
    """A number per network whose rank correlation with another measurement is planted.

    ``tracking("label_information", -1, middle=0.6, size=0.05, then=rising(0.03))``: networks of better accuracy have
    earlier onsets. Correlated is what is left of both without the mean of every optimizer. From run to run it differs
    as correlations of nine networks do, whatever the unit of noise. ``read`` makes one number per network of the other
    measurement (of the accuracy: that on test images); ``then`` makes the measurement of the number, which lies around
    ``middle`` within ``size``.
    """
    choose = read or (lambda values: values.sel(split="test", drop=True))

    def correlated(correlation: xr.DataArray, measured: Measured) -> xr.DataArray:
        partner = choose(measured(other)).transpose("seed", *CELLS)
        numbers = [_partner(*pair) for pair in zip(partner.to_numpy(), correlation.to_numpy(), strict=True)]
        found = middle + size * partner.copy(data=np.array(numbers))
        return found if then is None else then(found, measured)

    options = {"exact": 0.02, "sampling": 0.35} | options  # as of nine unrelated networks: 1 / sqrt(8)
    return Plant(name, slope, base, cells=False, layers=False, function=correlated, **options)


def _partner(table: np.ndarray, correlation: float) -> np.ndarray:
    """A table, within -1 and 1, of about this rank correlation with a table (optimizer, level)."""
    rest = _rest(table)
    if not rest.any():
        return _OTHERS[0] / np.abs(_OTHERS[0]).max()
    tables = _COSINES * rest / rest.std() + _OTHERS
    ranks = tables.reshape(len(tables), -1).argsort(-1).argsort(-1) - (table.size - 1) / 2
    own = rankdata(np.round(rest, 9)) - (table.size + 1) / 2
    found = ranks @ own / math.sqrt((ranks[0] @ ranks[0]) * (own @ own))
    best = tables[np.abs(found - correlation).argmin()]
    return best / np.abs(best).max()


def _rest(tables: np.ndarray) -> np.ndarray:
    return tables - tables.mean(-1, keepdims=True)


_ANGLES = np.linspace(0, math.pi, 602)[1:-1, None, None]
_COSINES = np.cos(_ANGLES)
_OTHERS = np.sin(_ANGLES) * _rest(np.random.default_rng(0).normal(size=(600, 3, 3)))


def following(
    name: str,
    slope: Pattern | float = 1.0,
    *,
    middle: Pattern | float = 0.5,
    size: float = 0.05,
    then: Function | None = None,
    **options: Any,
) -> tuple[Plant, Plant]:
    """Accuracies that differ within every recipe, and a number per network whose correlation with them there is e.

    ``*following("label_information", then=in_every_layer)``; the slope is 1, or -1 for what goes against accuracy. In
    each recipe it is the correlation of all the seeds of the world, in a part of them about that. ``then`` makes the
    measurement of the number, which lies around ``middle`` with a spread of ``size``.
    """

    def correlated(correlation: xr.DataArray, measured: Measured) -> xr.DataArray:
        known = _standardized(measured("accuracy").sel(split="test", drop=True).transpose(*correlation.dims))
        other = known.copy(data=np.random.default_rng(1).normal(size=known.shape))
        other = _standardized(other - other.mean("seed") - known * (other * known).mean("seed"))
        share = correlation.clip(-1, 1)
        found = middle + size * (share * known + (1 - share**2) ** 0.5 * other)
        return found if then is None else then(found, measured)

    return _UNEVEN, network(name, slope, function=correlated, **({"noise": 0.0} | options))


def in_layers(*parts: str) -> Function:
    """The number of a network in the layers of these parts, 0 in others."""
    return lambda number, _: number * part(*parts)


in_every_layer = in_layers(*PARTS)


def decades_in_every_layer(power: xr.DataArray, measured: Measured) -> xr.DataArray:
    """10 to the power of a network's number, in all of its layers."""
    return in_every_layer(10**power, measured)


def in_order(name: str, slope: float, base: float, *, middle: float, size: float, then: Function) -> Plant:
    """A number per network: of pairs of levels, the share in which the better network has more of it is planted.

    It takes the accuracies of all worlds, whose levels are ten points apart: twenty-seven pairs.
    """

    def ordered(share: xr.DataArray, measured: Measured) -> xr.DataArray:
        accuracy = measured("accuracy").sel(split="test", drop=True).transpose("seed", *CELLS)
        nearest = np.abs(share.to_numpy()[:, None] - _SHARES).argmin(-1)
        found = middle + size * _PLACES[nearest].reshape(accuracy.shape)
        return then(accuracy.copy(data=found), measured)

    return Plant(name, slope, base, cells=False, layers=False, function=ordered, exact=0.5 / 27)


def _standardized(values: xr.DataArray) -> xr.DataArray:
    return (values - values.mean("seed")) / values.std("seed")


def _from_network_to_network(accuracy: xr.DataArray, _: Measured) -> xr.DataArray:
    """Accuracies that differ by a point from network to network, in all splits alike."""
    networks = accuracy.isel(split=0, drop=True)
    return accuracy + 0.01 * networks.copy(data=np.random.default_rng(0).normal(size=networks.shape))


_UNEVEN = accuracies(0.0, PREMISED, noise=0.0, function=_from_network_to_network)
_LEVEL = np.tile(np.arange(3.0), 3)
_MIXED = np.cos(_ANGLES[:, 0]) * _LEVEL + np.sin(_ANGLES[:, 0]) * np.random.default_rng(0).normal(size=(600, 9))
_PLACES = _MIXED.argsort(-1).argsort(-1) / 4 - 1
"""Orders of nine networks, from that of their levels to the reverse."""
_SHARES = (_PLACES[:, :, None] > _PLACES[:, None, :])[:, _LEVEL[:, None] > _LEVEL].mean(-1)
