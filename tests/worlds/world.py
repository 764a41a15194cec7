"""Worlds: studies that measure what is planted, with the noise of runs on top."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import xarray as xr

from indicators.errors import NotApplicable
from indicators.specs.variants import Label
from tests.worlds.factors import BASELINES, FACTORS, PLACES, of_networks
from tests.worlds.patterns import CELLS, LAYERS, POOLINGS, sgd
from tests.worlds.plants import BY_NEURON, ON_TEST_IMAGES, TRAINED, TREATMENT, UNTRAINED, Plant, accuracies, treatment


@dataclass(frozen=True)
class Noise:
    """How results differ from run to run; the unit is the smallest effect that counts."""

    spread: float = 0.5
    """Standard deviation of one network's number."""
    shared: float = 1.0
    """That of what all networks of a seed share, over the spread."""
    depth: float = 0.5
    """Correlation of what differs between layers of one network."""
    uneven: float = 1.0
    """The spread of half of the networks, drawn by lot, over that of the others."""
    by_level: float = 1.0
    """The spread of networks at high over that at low; medium lies between, in decades."""
    by_lot: float = 1.0
    """The largest spread over the least that a network may have; each is drawn by lot, evenly in decades."""
    skew: int = 0
    """1: exponential, with a long tail upwards; -1: downwards; 0: normal."""
    batch: int = 1
    """So many seeds in a row, those of one machine, share a part of what differs between networks."""
    together: float = 0.0
    """That part of its variance."""
    failing: int = 0
    """So many seeds, the last, meet no premise."""


USUAL, QUIET = Noise(), Noise(spread=0.0)


class World:
    """A study in which the effect of a claim is ``effect``; ``unit`` is that of the noise.

    Seeds that fail their premise have the effect ``misleading`` instead. With ``copies`` it holds the seeds of so many
    independent studies, one study after the other. What is planted at no label of a factor is as without the factor.
    """

    name, scale, layers, poolings, classes = "simulated", "simulated", LAYERS, POOLINGS, 10
    factors = FACTORS

    def __init__(
        self,
        plants: Sequence[Plant],
        effect: float,
        *,
        seeds: int,
        rng: np.random.Generator,
        unit: float = 1.0,
        noise: Noise = USUAL,
        misleading: float | None = None,
        copies: int = 1,
    ) -> None:
        self.seeds = tuple(range(seeds * copies))
        self._noise, self._unit = noise, unit
        planted = (_STANDARD, *plants, *treatment())
        self._plants = {(plant.name, plant.of): plant for plant in planted if plant.at is None}
        self._varied = [plant for plant in plants if plant.at is not None]
        self._rngs = dict(zip(self._plants, rng.spawn(len(self._plants)), strict=True))
        self._rngs_at = dict(zip(PLACES, rng.spawn(len(PLACES)), strict=True))
        self._at: dict[tuple[str, Label], Varied] = {}
        self._fails = np.resize(np.arange(seeds) >= seeds - noise.failing, len(self.seeds))
        self._effects = np.where(self._fails, effect if misleading is None else misleading, effect)
        self._factors = _factors(noise, copies, rng).repeat(seeds, 0)
        self._first_of_batch = np.arange(len(self.seeds)) - np.arange(len(self.seeds)) % seeds % noise.batch
        self._shifts: dict[str, np.ndarray] = {}
        self._made: dict[tuple[str, str], xr.DataArray] = {}

    @cached_property
    def original(self) -> Treatment:
        """What premises are judged on."""
        return Treatment(self)

    def names(self) -> list[str]:
        """Measurements that are planted."""
        return sorted({name for name, of in self._plants if of != TREATMENT})

    def measurement(self, name: str, *, images: str = "train") -> xr.DataArray:
        """The measurement of the trained networks, on training or on test images."""
        return self._get(name, ON_TEST_IMAGES if images == "test" else TRAINED)

    def untrained(self, name: str, *, statistics: str = "stored") -> xr.DataArray:  # noqa: ARG002
        """The measurement of the untrained networks; the same with any statistics."""
        return self._get(name, UNTRAINED)

    def by_neuron(self, name: str) -> xr.DataArray:
        """The measurement of single neurons of the trained networks."""
        return self._get(name, BY_NEURON)

    def treatment(self, name: str) -> xr.DataArray:
        """What premises see of a measurement, whatever a claim's row plants of rotation and training accuracy."""
        return self._get(name, TREATMENT if (name, TREATMENT) in self._plants else TRAINED)

    def at(self, factor: str, label: Label) -> Varied:
        """The networks at one label of a factor: those of the study at the baseline, others of the same seeds."""
        if (factor, label) not in PLACES:
            raise NotApplicable(f"{self.name} has no networks of {factor} {label!r}")
        if (factor, label) not in self._at:
            self._at[factor, label] = Varied(self, factor, label)
        return self._at[factor, label]

    def _get(self, name: str, of: str) -> xr.DataArray:
        if (name, of) not in self._plants:
            raise LookupError(
                f"{name} ({of}) is not planted: add it to the row of the claim; there are {list(self._plants)}"
            )
        if (name, of) not in self._made:
            self._made[name, of] = self._make(self._plants[name, of])
        return self._made[name, of]

    def _make(self, plant: Plant) -> xr.DataArray:
        slope, base = plant.laid
        effects = self._effects.reshape(-1, *(1 for _ in plant.dims))
        numbers = base + effects * slope
        numbers = numbers + self._noise_of(plant, numbers)
        values = xr.DataArray(numbers, {"seed": list(self.seeds), **plant.dims}, ("seed", *plant.dims))
        if plant.function is not None:
            values = plant.function(values, partial(self._get, of=TRAINED))
        if self._noise.failing and (plant.name == "accuracy" or plant.of == TREATMENT):
            values = values.where(xr.DataArray(~self._fails, dims="seed"), _MISSED[plant.name])
        front = ("seed", *(dim for dim in CELLS if dim in values.dims))
        values = values.transpose(*front, ...).rename(plant.name)
        values.attrs = {"resolution": 0.0}
        return values

    def _noise_of(self, plant: Plant, numbers: np.ndarray) -> np.ndarray | float:
        """What all networks of a seed share, plus what each has of its own."""
        spread = self._noise.spread * (_ACCURACY_SPREAD if plant is _STANDARD else self._unit * plant.noise)
        if spread == 0:
            return 0.0
        rng, seeds, sizes = self._rngs[plant.name, plant.of], len(self.seeds), [len(v) for v in plant.dims.values()]
        cells = [dim for dim in plant.dims if dim in CELLS]
        own = self._over_layers(rng, [seeds, *sizes[: len(cells)]], sizes[len(cells) :])
        if together := self._noise.together:
            shared = self._over_layers(rng, [seeds, *sizes[: len(cells)]], sizes[len(cells) :])[self._first_of_batch]
            own = math.sqrt(1 - together) * own + math.sqrt(together) * shared
        if cells:
            own *= self._factors.reshape(seeds, *sizes[:2], *(1 for _ in sizes[2:]))
        if plant.sampling:
            return self._noise.spread / USUAL.spread * plant.sampling * (1 - numbers**2).clip(0) * own
        return spread * (own + self._noise.shared * self._shift(plant))

    def _over_layers(self, rng: np.random.Generator, networks: list[int], others: list[int]) -> np.ndarray:
        common = self._draw(rng, [*networks, *(1 for _ in others)])
        if not others:
            return common
        own = self._draw(rng, [*networks, *others])
        return math.sqrt(self._noise.depth) * common + math.sqrt(1 - self._noise.depth) * own

    def _draw(self, rng: np.random.Generator, size: list[int]) -> np.ndarray:
        """Noise of mean 0 and standard deviation 1."""
        return self._noise.skew * (rng.exponential(size=size) - 1) if self._noise.skew else rng.normal(size=size)

    def _shift(self, plant: Plant) -> np.ndarray:
        """The effect of the initialization, the same for a measurement wherever it is taken."""
        if plant.name not in self._shifts:
            rng = self._rngs[plant.name, plant.of]
            self._shifts[plant.name] = self._over_layers(rng, [len(self.seeds)], [len(LAYERS)])
        shift = self._shifts[plant.name]
        if not plant.layers:
            shift = shift[:, :1]
        shape = [len(self.seeds), *(len(LAYERS) if dim == "layer" else 1 for dim in plant.dims)]
        return shift.reshape(shape)


def _factors(noise: Noise, copies: int, rng: np.random.Generator) -> np.ndarray:
    """By what the spread of each of nine networks is multiplied, study by network; 1 in the geometric mean."""
    factors = math.sqrt(noise.uneven) ** rng.permuted(np.resize([1.0, -1.0], (copies, 9)), axis=1)
    factors *= np.tile(noise.by_level ** np.array([-0.5, 0.0, 0.5]), 3)
    return factors * noise.by_lot ** rng.uniform(-0.5, 0.5, (copies, 9)) if noise.by_lot != 1 else factors


class Varied(World):
    """The networks of a world at one label of a factor, which share with its own what the seed does."""

    def __init__(self, world: World, factor: str, label: Label) -> None:
        vars(self).update(vars(world))
        self.original, self._factor = Treatment(self), factor
        if label == BASELINES[factor]:
            return
        self._plants = self._plants | {(one.name, one.of): one for one in self._varied if one.at == (factor, label)}
        rng = self._rngs_at[factor, label]
        self._rngs = dict(zip(self._plants, rng.spawn(len(self._plants)), strict=True))
        self._made = {}

    def fitted(self) -> xr.DataArray:
        """Whether each network fits its training images: all, unless `fitted` is planted, 1 or 0."""
        if ("fitted", TRAINED) in self._plants:
            return self.measurement("fitted") > 0
        return xr.ones_like(self.measurement("accuracy").isel(split=0, drop=True), bool)

    def measurement(self, name: str, *, images: str = "train") -> xr.DataArray:
        """The measurement of those of the trained networks that are varied."""
        return of_networks(super().measurement(name, images=images), self._factor)

    def by_neuron(self, name: str) -> xr.DataArray:
        """The measurement of single neurons of those networks."""
        return of_networks(super().by_neuron(name), self._factor)

    def treatment(self, name: str) -> xr.DataArray:
        """What premises see of a measurement of those networks."""
        return of_networks(super().treatment(name), self._factor)


class Treatment:
    """A world as premises see it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.name, self.scale, self.seeds, self.layers = world.name, world.scale, world.seeds, world.layers
        self.measurement = world.treatment

    def at(self, factor: str, label: Label) -> Treatment:
        """What premises see of the networks at one label of a factor."""
        return self._world.at(factor, label).original


_STANDARD = accuracies()
_ACCURACY_SPREAD = 0.008
_MISSED = {"accuracy": 0.75 - 0.1 * sgd, "cosine_distance": 0.5}
"""What seeds have that meet no premise: alike at all levels, ten points apart between optimizers, half turned."""
