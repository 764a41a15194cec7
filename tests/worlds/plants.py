"""Plants: measurements whose effect is known, and the rows that hold those of a claim."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import xarray as xr

from indicators.specs.variants import Label
from tests.worlds.factors import BASELINES, PLACES
from tests.worlds.patterns import CELLS, LAYERS, PARTS, Pattern, along, as_pattern, high, levels, part, sgd, zigzag

TRAINED, UNTRAINED, ON_TEST_IMAGES, BY_NEURON = "trained", "untrained", "on test images", "by neuron"
TREATMENT = "treatment"
"""What only premises see of the trained networks."""

Measured = Callable[[str], xr.DataArray]
Function = Callable[[xr.DataArray, Measured], xr.DataArray]


@dataclass(frozen=True, eq=False)
class Plant:
    """One measurement: ``base + e * slope`` plus noise, made into what is measured by a function."""

    name: str
    slope: Pattern | float = 0.0
    base: Pattern | float = 0.0
    of: str = TRAINED
    noise: float = 1.0
    cells: bool = True
    layers: bool = True
    function: Function | None = None
    sampling: float = 0.0
    """Where what is planted is a correlation: its spread around 0, less the nearer it is to 1, instead of noise."""
    exact: float = 1e-6
    """How near the effect of the claim comes to e without noise."""
    at: tuple[str, Label] | None = None
    """The factor and the label whose networks it is of, if not of the study's own."""
    dims: Mapping[str, Sequence[Any]] = field(init=False)
    laid: tuple[np.ndarray, np.ndarray] = field(init=False)
    """Slope and base, over `dims`."""

    def __post_init__(self) -> None:
        """Lays base and slope out over all dimensions of the measurement."""
        if self.at is not None and (self.at not in PLACES or self.at[1] == BASELINES[self.at[0]]):
            raise ValueError(f"{self.name} is planted at {self.at}, which is no variant of a study")
        frame = dict(CELLS) if self.cells and self.of != UNTRAINED else {}
        frame |= {"layer": list(LAYERS)} if self.layers else {}
        template = xr.DataArray(np.zeros([len(labels) for labels in frame.values()]), frame, tuple(frame))
        whole, slope, base = xr.broadcast(template, as_pattern(self.slope), as_pattern(self.base))
        if extra := [dim for dim in ("optimizer", "level", "layer") if dim in whole.dims and dim not in frame]:
            raise ValueError(f"{self.name} ({self.of}) is planted along {extra}, which it does not have")
        order = (*frame, *(dim for dim in whole.dims if dim not in frame))
        object.__setattr__(self, "dims", {str(dim): whole[dim].to_numpy().tolist() for dim in order})
        arrays = tuple(values.transpose(*order).to_numpy() for values in (slope, base))
        object.__setattr__(self, "laid", arrays)


def planted(name: str, slope: Pattern | float = 0.0, base: Pattern | float = 0.0, **options: Any) -> Plant:
    """One number per network and layer: ``planted("cosine_distance", sgd * levels, base=0.4)``.

    Of the untrained networks with ``of=UNTRAINED``. Extra dimensions come from the patterns.
    """
    return Plant(name, slope, base, **options)


def network(name: str, slope: Pattern | float = 0.0, base: Pattern | float = 0.0, **options: Any) -> Plant:
    """One number per network: ``network("history", levels * along("quantity", {...}))``."""
    return Plant(name, slope, base, layers=False, **options)


def at_labels(plant: Callable[..., Plant], factor: str, slopes: Mapping[Label, Pattern | float]) -> tuple[Plant, ...]:
    """A plant with these slopes at the labels of a factor, and none elsewhere.

    ``*at_labels(accuracies, "batch_size", {256: -on("test"), 512: -on("test")})``
    """
    return plant(0.0), *(plant(slope, at=(factor, label)) for label, slope in slopes.items())


SPLITS = ("train_running", "train", "validation", "test")
PREMISED = 0.992 * along("split", {"train_running": 1, "train": 1, "validation": 0, "test": 0}) + (
    0.65 + 0.2 * levels
) * along("split", {"train_running": 0, "train": 0, "validation": 1, "test": 1})
"""Accuracies under which every premise on them holds."""


def accuracies(slope: Pattern | float = 0.0, base: Pattern | float | None = None, **options: Any) -> Plant:
    """Accuracy, along ``split`` too: ``accuracies(levels * on("test"), base=0.6)``; by default their premises hold."""
    start = PREMISED if base is None else base
    return network("accuracy", slope, start + along("split", dict.fromkeys(SPLITS, 0.0)), **options)


def treatment() -> tuple[Plant, Plant]:
    """What premises see instead of what rows plant: weights turned about as in 2019, all networks fitted alike."""
    turned = planted("cosine_distance", base=0.02 + (0.93 - 0.5 * sgd) * high, of=TREATMENT, noise=0)
    return turned, replace(accuracies(of=TREATMENT, noise=0), function=_fitted)


def _fitted(planned: xr.DataArray, measured: Measured) -> xr.DataArray:
    """Accuracies as they are measured on other images, as planned on training images."""
    return measured("accuracy").where(planned["split"].isin(["validation", "test"]), planned)


def on(*splits: str) -> Pattern:
    """1 on these splits of the images: ``on("test")``."""
    return along("split", {split: float(split in splits) for split in SPLITS})


def bent(plant: Plant, function: Function, exact: float | None = None) -> Plant:
    """What a function makes of a plant: ``bent(network("cosine_distance", sgd, base=0.1), around(0.5))``.

    The function takes what was planted, and a function that gives another measurement by its name.
    """
    return replace(plant, function=function, exact=plant.exact if exact is None else exact)


def decades(name: str, slope: Pattern | float = 0.0, base: Pattern | float = 0.0, **options: Any) -> Plant:
    """10 to the power of what is planted: ``decades("weight_change_std", levels, base=-2)``."""
    return Plant(name, slope, base, function=lambda power, _: 10**power, **options)


def doublings(power: xr.DataArray, _: Measured) -> xr.DataArray:
    """2 to the power of what is planted: ``bent(planted("effective_rank", levels, base=3), doublings)``."""
    return 2**power


def around(middle: float | Pattern, *parts: str) -> Function:
    """Layers that zigzag around a middle; what is planted (by `network`) is their standard deviation.

    ``bent(network("cosine_distance", sgd, base=0.1), around(0.5))`` for all layers, or those of some parts.
    """
    return lambda deviation, _: middle + zigzag(*(parts or PARTS)) * deviation


def alternating(*parts: str) -> Function:
    """Layers of turning sign; what is planted (by `network`) is their magnitude: ``alternating(*PARTS)``."""
    signs = along("layer", {layer: (-1.0) ** k for k, layer in enumerate(LAYERS)}) * part(*parts)
    return lambda magnitude, _: signs * magnitude


@dataclass(frozen=True)
class Row:
    """What is planted for one test function, so that its effect is e; a function of its parameters, or plants."""

    test: str
    plants: tuple[Plant | Callable[..., Plant | tuple[Plant, ...]], ...]

    def __init__(self, test: str, *plants: Plant | Callable[..., Plant | tuple[Plant, ...]]) -> None:
        object.__setattr__(self, "test", test)
        object.__setattr__(self, "plants", plants)

    def planted(self, parameters: Mapping[str, Any]) -> tuple[Plant, ...]:
        """The plants for a case of these parameters."""
        made = [plant if isinstance(plant, Plant) else plant(**parameters) for plant in self.plants]
        return tuple(plant for some in made for plant in (some if isinstance(some, tuple) else (some,)))

    @property
    def by_case(self) -> bool:
        """Whether cases need worlds of their own."""
        return not all(isinstance(plant, Plant) for plant in self.plants)
