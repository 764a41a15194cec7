"""Studies that are made up for a test: every number says where it stands, so that a wrong label shows."""

import numpy as np
import xarray as xr

from indicators.errors import NotApplicable
from indicators.report.figures.thesis import FIGURES
from indicators.specs import LEVELS, OPTIMIZERS

LAYERS = ("Conv1", "Conv2", "Conv3", "Conv4", "Dense1", "Dense2")


class Study:
    """Three seeds of what a test hands in."""

    name, scale, seeds, layers = "three", "mini", (0, 1, 2), LAYERS

    def __init__(self, **arrays):
        self.arrays, self.kernel_shapes = arrays, {}

    def measurement(self, name):
        if name not in self.arrays:
            raise NotApplicable(f"three does not record {name!r}; it records nothing")
        return self.arrays[name].rename(name)

    def untrained(self, name):
        return self.measurement(f"{name}.untrained")


def array(*, networks=True, **coords):
    cell = {"optimizer": list(OPTIMIZERS), "level": list(LEVELS)} if networks else {}
    coords = {"seed": [0, 1, 2]} | cell | coords
    shape = [len(labels) for labels in coords.values()]
    return xr.DataArray(np.arange(np.prod(shape), dtype=float).reshape(shape), coords)


def row(number, part=""):
    return next(figure for figure in FIGURES if figure.number == number and figure.part == part)


class ThreeSeeds:
    """The thesis's numbers as those of three seeds, a hundredth apart."""

    name, scale, seeds = "three", "full", (0, 1, 2)

    def __init__(self, transcribed):
        self.layers, self.kernel_shapes, self._transcribed = transcribed.layers, transcribed.kernel_shapes, transcribed

    def measurement(self, name):
        return self._repeated(self._transcribed.measurement(name))

    def untrained(self, name):
        return self._repeated(self._transcribed.untrained(name))

    def _repeated(self, values):
        one = values.isel(seed=0, drop=True)
        return xr.concat([one - 0.01, one, one + 0.01], xr.DataArray([0, 1, 2], dims="seed", name="seed"))
