"""What claims will ask of a study, found out by asking them on made-up numbers before anything is trained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import xarray as xr

from indicators.errors import NotApplicable
from indicators.measures.catalog import INDICATORS
from indicators.measures.row import Indicator
from indicators.sources.stored import QUANTITIES
from indicators.specs import LEVELS, OPTIMIZERS, Images, Statistics
from indicators.specs.variants import Label

LAYERS = tuple(f"layer {number}" for number in range(1, 17))
"""As many as VGG-16 has: a network that is not built yet does not tell its own."""
SEEDS = (0, 1, 2)
EPOCHS = range(1, 9)
NEURONS = range(4)
Labels = Mapping[str, Sequence[Any]]
_OF_LAYERS = ("kernel", "kernels", "layer", "followed", "marked", "neuron")
_LOGGED: Mapping[str, Labels] = {
    "accuracy": {"split": ("train_running", "train", "validation", "test")},
    "accuracy_beyond": {"split": ("train", "validation", "test")},
    "history": {"epoch": EPOCHS, "quantity": QUANTITIES},
    "cosine_distance_by_epoch": {"epoch": EPOCHS, "layer": LAYERS},
}


class StandIn:
    """A source of made-up numbers that notes what it is asked for; their shapes and bounds are those of the catalog.

    A claim may take another way on other numbers: what it asks for only then, it does not ask for here.
    """

    name = scale = "stand-in"
    seeds = SEEDS
    layers = LAYERS
    kernel_shapes: Mapping[str, tuple[int, ...]] = dict.fromkeys(LAYERS, (3, 3, 8, 8))
    poolings: Mapping[str, int] = {layer: place // 3 for place, layer in enumerate(LAYERS)}
    classes = 10

    def __init__(self, factors: Mapping[str, Sequence[Label]] | None = None) -> None:
        self.asked: dict[str, None] = {}
        """Names of the measurements that it was asked for, in order."""
        self.factors = factors or {}
        """The labels of every factor of the study in the place of which it answers."""
        self.varied = {factor: StandIn() for factor in self.factors}
        """What was asked of the networks along each."""
        self._made_up = cache(_made_up)

    def at(self, factor: str, label: Label) -> StandIn:
        """The networks at one label of a factor, alike at all; NotApplicable where there are no such."""
        if label not in self.factors.get(factor, ()):
            raise NotApplicable(f"{self.name} has no variants over {factor!r}")
        return self.varied[factor]

    def fitted(self) -> xr.DataArray:
        """That all networks fit their training images."""
        return xr.ones_like(_made_up("accuracy", trained=True).isel(split=0, drop=True), bool)

    def names(self) -> list[str]:
        """Measurements that there may be."""
        return list(INDICATORS)

    def measurement(self, name: str, *, images: Images = "train") -> xr.DataArray:
        """A measurement of the trained networks: (seed, optimizer, level, ...)."""
        row = self._asked(name)
        if images == "test" and not row.held_out:
            raise NotApplicable(f"{name!r} is not measured on test images")
        return self._made_up(name, trained=True)

    def by_neuron(self, name: str) -> xr.DataArray:
        """The same with the dimension `neuron`, where it is one of neurons."""
        row = self._asked(name)
        return self._made_up(name, trained=True, neurons=row.needs == "neuron")

    def untrained(self, name: str, *, statistics: Statistics = "stored") -> xr.DataArray:  # noqa: ARG002 - of one shape
        """A measurement of the untrained networks: (seed, ...)."""
        row = self._asked(name)
        if not row.untrained:
            raise NotApplicable(f"{name!r} is not measured on untrained networks")
        return self._made_up(name)

    def _asked(self, name: str) -> Indicator:
        if name not in INDICATORS:
            raise NotApplicable(f"{name!r} is not in the catalog")
        self.asked[name] = None
        return INDICATORS[name]


def _made_up(name: str, *, trained: bool = False, neurons: bool = False) -> xr.DataArray:
    row = INDICATORS[name]
    networks = {"seed": SEEDS, **({"optimizer": OPTIMIZERS, "level": LEVELS} if trained else {})}
    dimensions = (*networks.items(), *_dimensions(row), *([("neuron", NEURONS)] if neurons else []))
    coords = {dim: np.asarray(labels) for dim, labels in dimensions}
    low, high = (float(np.clip(end, -1, 2)) for end in row.bounds)
    # Rising along the last dimension, as quantiles do.
    shares = np.sort(np.random.default_rng(0).uniform(0.1, 0.9, [len(labels) for labels in coords.values()]))
    attrs = {"resolution": 0.0, "undefined": row.undefined}
    return xr.DataArray(low + shares * (high - low), coords, list(coords), name=row.name, attrs=attrs)


def _dimensions(row: Indicator) -> Iterator[tuple[str, Sequence[Any]]]:
    """What a row has numbers for beside the networks."""
    if row.needs == "record":
        yield from _LOGGED[row.name].items()
    if row.needs in _OF_LAYERS:
        yield "layer", LAYERS
    if row.needs == "pruning":
        yield from {"draw": (0, 1)}.items() if row.sweep.draws else ()
        yield "fraction", row.sweep.fractions
    yield from row.axes.items()
