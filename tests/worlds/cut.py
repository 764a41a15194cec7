"""A study cut down to few layers, as a shallow network would be measured."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import xarray as xr

from indicators.sources.source import Source
from indicators.specs.variants import Label


class Cut:
    """Some seeds of a study, and of its network the layers at some places as if it had no others."""

    def __init__(self, original: Source, places: Sequence[int], seeds: Sequence[int]) -> None:
        self._original, self.seeds = original, tuple(seeds)
        self.name, self.scale, self.classes = original.name, original.scale, original.classes
        self.factors = original.factors
        self.layers = tuple(original.layers[place] for place in places)
        self.poolings = {layer: count for layer, count in original.poolings.items() if layer in self.layers}
        self._cut = cache(self._of)

    def names(self) -> Sequence[str]:
        """Measurements that there may be."""
        return self._original.names()

    def measurement(self, name: str, **options: Any) -> xr.DataArray:
        """A measurement of the trained networks, of these layers."""
        return self._cut("measurement", name, **options)

    def by_neuron(self, name: str) -> xr.DataArray:
        """A measurement of single neurons, of these layers."""
        return self._cut("by_neuron", name)

    def untrained(self, name: str, **options: Any) -> xr.DataArray:
        """A measurement of the untrained networks, of these layers."""
        return self._cut("untrained", name, **options)

    def at(self, factor: str, label: Label) -> Cut:
        """The networks at one label of a factor, of those of these layers that they have."""
        varied = self._original.at(factor, label)
        places = [place for place, layer in enumerate(varied.layers) if layer in self.layers]
        return Cut(varied, places, self.seeds)

    def fitted(self) -> xr.DataArray:
        """Whether each network fits its training images."""
        return self._cut("fitted")

    def _of(self, way: str, *name: str, **options: Any) -> xr.DataArray:
        values = getattr(self._original, way)(*name, **options).sel(seed=list(self.seeds))
        if "layer" not in values.dims:
            return values
        return values.sel(layer=[layer for layer in values["layer"].values if layer in self.layers])
