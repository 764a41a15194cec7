"""Measurements made from numbers alone: worlds in which the effect of a claim is known.

A `World` is a `Source` (see `indicators.sources.source`) of as many seeds as one likes. What it holds is planted by one
row of a table, a file per theme beside this one; no code of a claim, a comparison or a summary makes a number here.


How to write a row
------------------
One row per test function, in the table of its theme and in the order of the claims::

    ROWS = (
        # distance of sgd below that of the others by e, in all layers and at all levels
        Row("test_sgd_turns_its_weights_less", planted("cosine_distance", -sgd, base=0.5)),
    )

A row plants every measurement that the claim asks for, so that **the effect of the claim, in its own unit and
direction, is e**. A plant holds ``base + e * slope``. Both are numbers or *patterns*: arrays with any of the
dimensions ``optimizer``, ``level``, ``layer`` and others that the measurement has; patterns are added, subtracted
and multiplied like any xarray. One world serves all parametrized cases: plant the same in every optimizer, part or
level that the cases name. Where that cannot be, give a function of the parameters instead of the plants::

    Row("test_both_ways", lambda optimizer: planted("active_share", WAYS[optimizer] * levels)),

Patterns (1 where they hold, 0 elsewhere, unless said otherwise)
    ``sgd``, ``wdecay``, ``layca``, ``low``, ``medium``, ``high``   these networks; ``sgd * high`` is one network
    ``levels``                 0, 1/2, 1 from low to high: rises along level by 1
    ``part(FIRST, LAST)``      the layers of these parts;  ``place(0)`` the first layer, ``place(-1)`` the output layer
    ``deeper(*parts)``         rises along these layers by 1 (from the mean of their first third to that of their last)
    ``zigzag(*parts)``         up and down over these layers, with mean 0 and standard deviation 1
    ``along("stage", {"early": 0, "late": 1})``   these values along another dimension

Plants: what is measured
    ``planted(name, slope, base=0)``       one number per network and layer: ``base + e * slope``
    ``network(name, slope, base=0)``       one number per network, without layers
    ``accuracies(slope, base)``            accuracy itself, where a claim is about it; else it is made to meet every
                                           premise (0.65, 0.75, 0.85 from low to high, trained to 0.992)
    ``decades(name, slope, base=0)``       as planted, 10 to that power: for claims on log10 of a measurement
    ``rise(name, slope, base, threshold=)``        a profile over layers that exceeds the threshold at the relative
                                           depth ``base + e * slope`` (keep it between 1/3 and 0.93)
    ``trough(name, slope, base, threshold=)``      a profile that lies below the threshold over this relative depth
    ``half_loss(name, slope, base)``       a pruning curve that has lost half at this fraction (`pruning_area`: with
                                           this area, from 0.01 to 0.9);  ``draws=3`` where the measurement has draws
    ``tracking(name, slope, other=)``      one number per network that goes together with the accuracy, or with
                                           another planted measurement, by a rank correlation of e
    ``ranked(name, slope, parts)``         layers in an order that has a rank correlation of e with the depth
    ``bent(plant, function)``              any other: what is planted is made into the measurement by a function, as
                                           with ``around`` and ``alternating`` for claims on the standard deviation over
                                           layers, or on the largest magnitude

Every plant takes ``of=UNTRAINED``, ``ON_TEST_IMAGES`` or ``BY_NEURON`` for what a claim reads through
``study.untrained`` (no optimizers and levels), ``study.on_test_images`` and ``study.by_neuron``, and ``noise``, the
spread of one number in units of the effect (1 unless said otherwise, 0 for what is to stay as it is). Noise comes
before a function is applied, so that a curve or a profile keeps its shape: an effect is then off by as much as a
network's number is.

Examples::

    # falls along level, in the first layers of every optimizer (elsewhere it rises: the claim must not look there)
    Row("test_first_layers_share_less_in_better_networks", planted("pairwise_nmi", -levels, base=0.1)),
    # a ratio that rises over the hidden layers, in one network
    Row("test_weights_grow_less_with_depth_under_sgd", planted("norm_ratio", sgd * high * deeper(*HIDDEN), base=0.8)),
    # trained against untrained networks
    Row("test_training_lowers", planted("entropy", -1, base=0.6), planted("entropy", base=0.6, of=UNTRAINED)),
    # the effect of the claim is the fraction of wdecay and layca minus that of sgd
    Row("test_sgd_resists_random_pruning_less", half_loss("random_pruning", -sgd, base=0.4, draws=3)),
    # earlier along level
    Row("test_sharing_rises_earlier", rise("pairwise_nmi", 0.5 - levels, base=0.63, threshold=0.02)),

A claim against a constant has as e the distance to it, in the direction of the claim. A claim of sameness
(``same``) has as e the difference itself: it is true at e = 0 and false far from it. A claim with ``by=0`` has no
unit of noise but a third of its ``expected``. Where a function of several numbers picks one (``max``, ``min``), or
takes a magnitude, let the base put one of them far ahead, or plant with ``alternating``: else noise moves the effect.
Run ``pytest tests/test_worlds.py -k NAME`` after writing a row: without noise the claim must find e.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import xarray as xr
from scipy.stats import rankdata

from indicators.specs import LEVELS, OPTIMIZERS

LAYERS = (*(f"Conv{k}" for k in range(1, 14)), "Dense1", "Dense2")
DEPTHS = np.arange(1, len(LAYERS) + 1) / len(LAYERS)
FIRST, CENTRAL, LAST, OUTPUT = PARTS = ("first", "central", "last", "output")
HIDDEN = (FIRST, CENTRAL, LAST)
PLACES = {FIRST: range(4), CENTRAL: range(4, 9), LAST: range(9, 14), OUTPUT: range(14, 15)}
FRACTIONS = np.concatenate(([0.0], np.linspace(0.01, 0.9, 25)))
FEW_FRACTIONS = FRACTIONS[[0, 1, 4, 8, 12, 16, 20, 25]]
CELLS = {"optimizer": list(OPTIMIZERS), "level": list(LEVELS)}

TRAINED, UNTRAINED, ON_TEST_IMAGES, BY_NEURON = "trained", "untrained", "on test images", "by neuron"

Pattern = xr.DataArray
Measured = Callable[[str], xr.DataArray]
Function = Callable[[xr.DataArray, Measured], xr.DataArray]


# --- Patterns


def along(dim: str, values: Mapping[Any, float]) -> Pattern:
    """These values along a dimension: ``along("split", {"validation": 0, "test": 1})``."""
    return xr.DataArray(np.array(list(values.values()), float), {dim: list(values)}, (dim,))


def ramp(dim: str, labels: Sequence[Any]) -> Pattern:
    """Evenly rising along a dimension, by 1 from the mean of the first third to that of the last, with mean 0."""
    third = max(len(labels) // 3, 1)
    return along(dim, dict(zip(labels, _centered(len(labels)) / (len(labels) - third), strict=True)))


def part(*parts: str) -> Pattern:
    """1 in the layers of these parts: ``part(FIRST, LAST)``."""
    return _layers(parts, lambda count: np.ones(count))


def place(index: int) -> Pattern:
    """1 in one layer: ``place(0)`` is the first, ``place(-1)`` the output layer."""
    return along("layer", {layer: float(layer == LAYERS[index]) for layer in LAYERS})


def deeper(*parts: str) -> Pattern:
    """Rising along the layers of these parts by 1, with mean 0: ``deeper(*HIDDEN)``."""
    return _layers(parts, lambda count: _centered(count) / (count - max(count // 3, 1)))


def zigzag(*parts: str) -> Pattern:
    """Up and down over the layers of these parts, mean 0 and standard deviation 1: ``zigzag(LAST)``."""

    def ups_and_downs(count: int) -> np.ndarray:
        turns = np.resize([1.0, -1.0], count)
        turns[count - count % 2 :] = 0
        return turns / max(turns.std(), 1e-300)

    return _layers(parts, ups_and_downs)


def _centered(count: int) -> np.ndarray:
    return np.arange(count) - (count - 1) / 2


def _layers(parts: Sequence[str], values: Callable[[int], np.ndarray]) -> Pattern:
    chosen = sorted(k for name in parts for k in PLACES[name])
    found = np.zeros(len(LAYERS))
    found[chosen] = values(len(chosen))
    return along("layer", dict(zip(LAYERS, found, strict=True)))


def _one(dim: str, label: str) -> Pattern:
    return along(dim, {known: float(known == label) for known in CELLS[dim]})


_DEPTH = along("layer", dict(zip(LAYERS, DEPTHS, strict=True)))
sgd, wdecay, layca = (_one("optimizer", name) for name in OPTIMIZERS)
OPTIMIZER = {"sgd": sgd, "wdecay": wdecay, "layca": layca}
low, medium, high = (_one("level", name) for name in LEVELS)
levels = medium / 2 + high


def _pattern(values: Pattern | float) -> Pattern:
    return values if isinstance(values, xr.DataArray) else xr.DataArray(float(values))


# --- Plants


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
    dims: Mapping[str, Sequence[Any]] = field(init=False)
    laid: tuple[np.ndarray, np.ndarray] = field(init=False)
    """Slope and base, over `dims`."""

    def __post_init__(self) -> None:
        """Lays base and slope out over all dimensions of the measurement."""
        frame = dict(CELLS) if self.cells and self.of != UNTRAINED else {}
        frame |= {"layer": list(LAYERS)} if self.layers else {}
        template = xr.DataArray(np.zeros([len(labels) for labels in frame.values()]), frame, tuple(frame))
        whole, slope, base = xr.broadcast(template, _pattern(self.slope), _pattern(self.base))
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


def accuracies(slope: Pattern | float = 0.0, base: Pattern | float | None = None, **options: Any) -> Plant:
    """Accuracy, along ``split`` too: ``accuracies(levels * on("test"), base=0.6)``; by default all premises hold."""
    start = PREMISED if base is None else base
    return network("accuracy", slope, start + along("split", dict.fromkeys(SPLITS, 0.0)), **options)


SPLITS = ("train_running", "train", "validation", "test")
PREMISED = 0.992 * along("split", {"train_running": 1, "train": 1, "validation": 0, "test": 0}) + (
    0.65 + 0.2 * levels
) * along("split", {"train_running": 0, "train": 0, "validation": 1, "test": 1})
"""Accuracies under which every premise holds."""


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


def around(middle: float | Pattern, *parts: str) -> Function:
    """Layers that zigzag around a middle; what is planted (by `network`) is their standard deviation.

    ``bent(network("cosine_distance", sgd, base=0.1), around(0.5))`` for all layers, or those of some parts.
    """
    return lambda deviation, _: middle + zigzag(*(parts or PARTS)) * deviation


def alternating(*parts: str) -> Function:
    """Layers of turning sign; what is planted (by `network`) is their magnitude: ``alternating(*PARTS)``."""
    signs = along("layer", {layer: (-1.0) ** k for k, layer in enumerate(LAYERS)}) * part(*parts)
    return lambda magnitude, _: signs * magnitude


# --- Profiles over layers


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
    return lambda onset, _: (threshold * (1 + len(LAYERS) * (_DEPTH - onset))).clip(0, top)


def trough(name: str, slope: Pattern | float, base: Pattern | float, *, threshold: float, **options: Any) -> Plant:
    """A profile below a threshold over a depth: ``trough("pairwise_nmi", -levels, 0.4, threshold=0.02)``.

    It falls below at relative depth 0.35, within the central layers, and rises above that depth later; keep that
    between 1 and 8 layers of 15.
    """
    start = 0.35

    def valley(width: xr.DataArray, _: Measured) -> xr.DataArray:
        outside = np.maximum(start - _DEPTH, _DEPTH - start - width)
        return (threshold * (1 + len(LAYERS) * outside)).clip(0)

    return network(name, slope, base, function=valley, **options)


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
    depth = _centered(count)
    mixed = np.cos(angle) * depth / depth.std() + np.sin(angle) * noise
    orders = mixed.argsort(-1).argsort(-1)
    return orders, (orders - orders.mean(-1, keepdims=True)) @ depth / (depth @ depth)


def _over_layers(shell: xr.DataArray, values: np.ndarray) -> xr.DataArray:
    return xr.DataArray(values, {**shell.coords, "layer": list(LAYERS)}, (*shell.dims, "layer"))


# --- Pruning


def half_loss(
    name: str, slope: Pattern | float, base: Pattern | float, *, draws: int = 0, few: bool = False, **options: Any
) -> Plant:
    """A pruning curve that has lost half at a fraction: ``half_loss("random_pruning", levels, 0.1, draws=3)``.

    ``few`` for the measurements that are taken at few fractions.
    """
    grid = FEW_FRACTIONS if few else FRACTIONS
    return network(name, slope, base, function=lambda half, _: _curve(half, grid, draws, _halved), **options)


def pruning_area(
    name: str, slope: Pattern | float, base: Pattern | float, *, draws: int = 0, few: bool = False, **options: Any
) -> Plant:
    """A pruning curve with an area under the accuracy kept: ``pruning_area("magnitude_pruning", layca, 0.6)``."""
    grid = FEW_FRACTIONS if few else FRACTIONS
    return network(name, slope, base, function=lambda area, _: _curve(area, grid, draws, _with_area), **options)


def _curve(number: xr.DataArray, grid: np.ndarray, draws: int, kept: Callable[..., np.ndarray]) -> xr.DataArray:
    """Accuracies along fraction, and alike in all draws, of networks that have 0.8 unpruned."""
    heights = 0.8 * kept(number.to_numpy()[..., None], grid)
    curve = xr.DataArray(heights, {**number.coords, "fraction": grid}, (*number.dims, "fraction"))
    return curve.expand_dims(draw=range(draws), axis=-2) if draws else curve


def _halved(half: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Accuracy kept: from 1 through 1/2 at ``half``, bent at the fractions around it to stay within 0 and 1."""
    half = half.clip(grid[1] / 2, grid[-1] - 1e-9)
    after = np.searchsorted(grid, half, side="left").clip(1)
    before, step = grid[after - 1], grid[after] - grid[after - 1]
    steep = np.where(before == 0, 0.5 / half, np.minimum(0.5 / half, 0.5 / step))
    near = 0.5 + steep * (half - grid)
    # Straight lines beyond: from 1 down to the fraction before, and level after.
    at_before = np.take_along_axis(near, after - 1, -1)
    down = 1 - (1 - at_before) * grid / np.maximum(before, 1e-300)
    at_after = np.take_along_axis(near, after, -1)
    return np.where(grid <= before, np.where(before > 0, down, 1.0), np.where(grid >= grid[after], at_after, near))


def _with_area(area: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Accuracy kept: lost evenly until a tenth of the weights is gone, then level."""
    lost = np.minimum(grid / 0.1, 1)
    share = (0.9 - area) / np.trapezoid(lost, grid)
    return 1 - share.clip(0, 1) * lost


# --- What goes together over networks


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
    as correlations of nine networks do, whatever the unit of noise. ``read`` makes one
    number per network of the other measurement (of the accuracy: that on test images); ``then`` makes the
    measurement of the number, which lies around ``middle`` within ``size``.
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


# --- Worlds


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
    failing: int = 0
    """So many seeds, the last, meet no premise."""


USUAL, QUIET = Noise(), Noise(spread=0.0)


class World:
    """A study in which the effect of a claim is ``effect``; ``unit`` is that of the noise.

    Seeds that fail their premise have the effect ``misleading`` instead. With ``copies`` it holds the seeds of so many
    independent studies, one study after the other.
    """

    name, scale, layers = "simulated", "simulated", LAYERS

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
        self._plants = {(plant.name, plant.of): plant for plant in (_STANDARD, *plants)}
        self._rngs = dict(zip(self._plants, rng.spawn(len(self._plants)), strict=True))
        self._fails = np.resize(np.arange(seeds) >= seeds - noise.failing, len(self.seeds))
        self._effects = np.where(self._fails, effect if misleading is None else misleading, effect)
        lots = rng.permuted(np.resize([1.0, -1.0], (copies, 9)), axis=1)
        self._factors = (math.sqrt(noise.uneven) ** lots).repeat(seeds, 0)
        self._shifts: dict[str, np.ndarray] = {}
        self._made: dict[tuple[str, str], xr.DataArray] = {}

    def names(self) -> list[str]:
        """Measurements that are planted."""
        return sorted({name for name, _ in self._plants})

    def measurement(self, name: str, *, images: str = "train") -> xr.DataArray:
        """The measurement of the trained networks, on training or on test images."""
        return self._get(name, ON_TEST_IMAGES if images == "test" else TRAINED)

    def untrained(self, name: str, *, statistics: str = "stored") -> xr.DataArray:  # noqa: ARG002
        """The measurement of the untrained networks; the same with any statistics."""
        return self._get(name, UNTRAINED)

    def by_neuron(self, name: str) -> xr.DataArray:
        """The measurement of single neurons of the trained networks."""
        return self._get(name, BY_NEURON)

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
            values = plant.function(values, self.measurement)
        if plant.name == "accuracy" and self._noise.failing:
            # Alike at all levels, and ten points apart between optimizers: no premise holds.
            values = values.where(xr.DataArray(~self._fails, dims="seed"), 0.75 - 0.1 * sgd)
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
        if cells:
            own *= self._factors.reshape(seeds, *sizes[:2], *(1 for _ in sizes[2:]))
        if plant.sampling:
            return self._noise.spread / USUAL.spread * plant.sampling * (1 - numbers**2).clip(0) * own
        return spread * (own + self._noise.shared * self._shift(plant))

    def _over_layers(self, rng: np.random.Generator, networks: list[int], others: list[int]) -> np.ndarray:
        common = rng.normal(size=[*networks, *(1 for _ in others)])
        if not others:
            return common
        return math.sqrt(self._noise.depth) * common + math.sqrt(1 - self._noise.depth) * rng.normal(
            size=[*networks, *others]
        )

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


_STANDARD = accuracies()
_ACCURACY_SPREAD = 0.008
