"""How a measurement of one network lies in the store: the name of its file, and what is in it."""

from __future__ import annotations

from typing import NamedTuple

import xarray as xr

from indicators.measures.row import Indicator, Way
from indicators.specs import Images, MeasuringSpec, Statistics


class State(NamedTuple):
    """What of a network is measured."""

    epoch: int | None = None
    """The weights after this epoch, from 1; None: the last ones, for an untrained network the initial ones."""
    statistics: Statistics = "stored"
    images: Images = "train"
    """That activations are sampled on."""


END = State()


def state_of(way: Way, epoch: int | None = None) -> State:
    """What is measured in a way of measuring: of an untrained network always the initial weights."""
    return State(epoch if way.trained else None, way.statistics, way.images)


def file_name(row: Indicator, settings: MeasuringSpec, state: State = END) -> str:
    """The file of one measurement: its name, version and settings, and the state of the network if not its end."""
    epoch = "" if state.epoch is None else f".epoch-{state.epoch:04d}"
    statistics = "" if state.statistics == "stored" else f".{state.statistics}"
    images = "" if state.images == "train" else f".{state.images}"
    return f"{row.name}.v{row.version}.{settings.fingerprint[:8]}{epoch}{statistics}{images}.nc"


def to_bytes(row: Indicator, values: xr.DataArray) -> bytes:
    """The content of that file, netCDF 3."""
    named = values.rename(row.name).assign_attrs(unit=row.unit, summary=row.summary, version=row.version)
    return bytes(named.to_netcdf(engine="scipy"))


def from_bytes(data: bytes) -> xr.DataArray:
    """What `to_bytes` wrote."""
    return xr.load_dataarray(data, engine="scipy")
