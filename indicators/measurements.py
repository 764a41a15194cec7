"""Applies the catalog to stored networks and hands the results out as labeled arrays."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from indicators.catalog import CATALOG, INDICATORS, Indicator, Layer
from indicators.data import Dataset
from indicators.errors import InputError
from indicators.evidence import NotApplicable
from indicators.pruning import FRACTIONS
from indicators.specs import LEVELS, OPTIMIZERS, MeasuringSpec, ModelSpec, StudySpec, UntrainedSpec
from indicators.store import Arrays, Entry, Store

if TYPE_CHECKING:
    from indicators.forward import Network

Array = np.ndarray[Any, Any]
Progress = Callable[..., None]

IMAGE_SEED, PRUNING_SEED, PAIR_SEED = 1, 2, 3


def missing(spec: UntrainedSpec, entry: Entry, settings: MeasuringSpec) -> list[Indicator]:
    """The indicators of a network that are not stored, or stored damaged, at these settings and versions."""
    trained = isinstance(spec, ModelSpec)
    rows = [row for row in CATALOG if trained or row.untrained]
    return [row for row in rows if row.needs != "record" and entry.read(file_name(row, settings)) is None]


def file_name(row: Indicator, settings: MeasuringSpec) -> str:
    """The file of one measurement: its name, version and settings."""
    return f"{row.name}.v{row.version}.{settings.fingerprint[:8]}.nc"


def measure(
    spec: UntrainedSpec,
    store: Store,
    dataset: Dataset,
    settings: MeasuringSpec,
    progress: Progress = lambda **_: None,
) -> None:
    """Measures and stores what is missing of one network; the caller holds its lock."""
    entry = store.entry(spec)
    rows = missing(spec, entry, settings)
    if not rows:
        return
    initial = _arrays(store.entry(spec.untrained if isinstance(spec, ModelSpec) else spec), "initial.safetensors")
    final = _arrays(entry, "final.safetensors") if isinstance(spec, ModelSpec) else initial
    results = _of_weights(rows, initial, final)
    if any(row.needs != "weights" for row in rows):
        from indicators.forward import Network

        network = Network(spec, dataset, final[0])
        results |= _of_layers(rows, network, dataset, settings, spec.seed, progress)
        results |= _of_pruning(rows, network, _kernels(final), dataset, settings, spec.seed, progress)
    for row in rows:
        _require_sound(row, results[row.name], spec)
        entry.write(file_name(row, settings), _to_bytes(row, results[row.name]))


def forward_images(spec: UntrainedSpec, settings: MeasuringSpec) -> int:
    """How many images a network is run on to measure it, as a forecast of the cost."""
    rows = [row for row in CATALOG if isinstance(spec, ModelSpec) or row.untrained]
    curves = sum(settings.pruning_draws if row.draws else 1 for row in rows if row.needs == "pruning")
    return settings.images + curves * len(FRACTIONS) * settings.pruning_images


class Measurements:
    """The measurements of a trained study, by name, as arrays (seed, optimizer, level, ...).

    `attrs["resolution"]` is the smallest step that such a number can make, at the settings of the study.
    """

    def __init__(self, study: StudySpec, store: Store) -> None:
        self.study, self._store = study, store
        self.name, self.scale = study.name, study.scale
        self.seeds = tuple(range(study.seeds))
        self._cache: dict[tuple[str, bool], xr.DataArray] = {}

    def names(self) -> list[str]:
        """Every measurement there is."""
        return list(INDICATORS)

    @cached_property
    def layers(self) -> tuple[str, ...]:
        """Names of all layers with kernels, in the order of the network."""
        return tuple(_arrays(self._store.entry(next(self.study.untrained())), "initial.safetensors")[1]["kernels"])

    def measurement(self, name: str) -> xr.DataArray:
        """One measurement of all trained networks; raises NotApplicable for a name that is not in the catalog."""
        return self._cached(name, untrained=False)

    def untrained(self, name: str) -> xr.DataArray:
        """One measurement of the untrained network of every seed, as an array (seed, ...)."""
        return self._cached(name, untrained=True)

    def _cached(self, name: str, *, untrained: bool) -> xr.DataArray:
        if name not in INDICATORS:
            raise NotApplicable(f"{name!r} is not measured; the catalog has {', '.join(INDICATORS)}")
        if untrained and not INDICATORS[name].untrained:
            raise NotApplicable(f"{name!r} is not measured on untrained networks")
        if (name, untrained) not in self._cache:
            row, collect = INDICATORS[name], self._untrained if untrained else self._trained
            self._cache[name, untrained] = collect(row).assign_attrs(resolution=row.resolution(self.study))
        return self._cache[name, untrained]

    def _trained(self, row: Indicator) -> xr.DataArray:
        per_seed = [
            xr.concat(
                [
                    xr.concat(
                        [self._load(row, self.study.model(o, level, s)) for level in LEVELS],
                        _index("level", LEVELS),
                    )
                    for o in OPTIMIZERS
                ],
                _index("optimizer", OPTIMIZERS),
            )
            for s in self.seeds
        ]
        return xr.concat(per_seed, _index("seed", self.seeds)).rename(row.name)

    def _untrained(self, row: Indicator) -> xr.DataArray:
        loaded = [self._load(row, spec) for spec in self.study.untrained()]
        return xr.concat(loaded, _index("seed", self.seeds)).rename(row.name)

    def _load(self, row: Indicator, spec: UntrainedSpec) -> xr.DataArray:
        entry = self._store.entry(spec)
        if row.needs == "record":
            return _accuracies(entry)
        data = entry.read(file_name(row, self.study.measuring))
        if data is None:
            raise InputError(
                f"{row.name} of {spec.label} is not measured; run `indicators measure --study {self.study.name}`"
            )
        return _from_bytes(data)


def _of_weights(
    rows: Sequence[Indicator], initial: tuple[Arrays, dict[str, Any]], final: tuple[Arrays, dict[str, Any]]
) -> dict[str, xr.DataArray]:
    pairs = list(zip(_kernels(initial), _kernels(final), strict=True))
    layers = list(final[1]["kernels"])
    return {row.name: _per_layer(layers, [row.of(*pair) for pair in pairs]) for row in rows if row.needs == "weights"}


def _of_layers(
    rows: Sequence[Indicator],
    network: Network,
    dataset: Dataset,
    settings: MeasuringSpec,
    seed: int,
    progress: Progress,
) -> dict[str, xr.DataArray]:
    wanted = [row for row in rows if row.needs == "layer"]
    if not wanted:
        return {}
    progress(phase="measuring", indicator="activations", share=0.0)
    chosen = _choose(len(dataset.train.labels), settings.images, [IMAGE_SEED, seed])
    labels = dataset.train.labels[chosen]
    values: dict[str, list[float]] = {row.name: [] for row in wanted}
    layers = []
    for number, (name, activations) in enumerate(network.activations(dataset.normalize(dataset.train.images[chosen]))):
        layer = Layer(activations, labels, pairs=settings.pairs, seed=[PAIR_SEED, seed, number])
        layers.append(name)
        for row in wanted:
            values[row.name].append(row.of(layer))
    return {name: _per_layer(layers, numbers) for name, numbers in values.items()}


def _of_pruning(
    rows: Sequence[Indicator],
    network: Network,
    kernels: Sequence[Array],
    dataset: Dataset,
    settings: MeasuringSpec,
    seed: int,
    progress: Progress,
) -> dict[str, xr.DataArray]:
    wanted = [(row, settings.pruning_draws if row.draws else 1) for row in rows if row.needs == "pruning"]
    if not wanted:
        return {}
    images = dataset.normalize(dataset.test.images[: settings.pruning_images])
    labels = dataset.test.labels[: settings.pruning_images]
    total, done = sum(draws for _, draws in wanted) * len(FRACTIONS), 0
    results = {}
    for row, draws in wanted:
        accuracies = np.empty((draws, len(FRACTIONS)))
        for draw in range(draws):
            masks_by_fraction = row.of(kernels, FRACTIONS, np.random.default_rng([PRUNING_SEED, seed, draw]))
            for k, masks in enumerate(masks_by_fraction):
                progress(phase="measuring", indicator=row.name, share=done / total)
                accuracies[draw, k] = network.pruned_accuracy(kernels, masks, images, labels)
                done += 1
        curve = xr.DataArray(accuracies, {"draw": np.arange(draws), "fraction": FRACTIONS}, ("draw", "fraction"))
        results[row.name] = curve if row.draws else curve.isel(draw=0, drop=True)
    return results


def _choose(available: int, count: int, seed: list[int]) -> Array:
    """`count` different images, the same for every network of a seed."""
    return np.sort(np.random.default_rng(seed).choice(available, count, replace=False))


def _accuracies(entry: Entry) -> xr.DataArray:
    data = entry.read("history.json")
    if data is None:
        raise InputError(f"the training record in {entry.folder} is missing; run `indicators train` again")
    accuracy = json.loads(data)["accuracy"]
    return xr.DataArray(list(accuracy.values()), {"split": list(accuracy)}, ("split",))


def _arrays(entry: Entry, name: str) -> tuple[Arrays, dict[str, Any]]:
    stored = entry.read_arrays(name)
    if stored is None:
        raise InputError(f"{name} is missing in {entry.folder}; run `indicators train` to make it again")
    return stored


def _kernels(stored: tuple[Arrays, dict[str, Any]]) -> list[Array]:
    arrays, layout = stored
    return [arrays[name] for name in layout["kernels"].values()]


def _per_layer(layers: Sequence[str], values: Sequence[float]) -> xr.DataArray:
    return xr.DataArray(np.asarray(values, float), {"layer": list(layers)}, ("layer",))


def _index(name: str, labels: Sequence[Any]) -> xr.DataArray:
    return xr.DataArray(list(labels), dims=name, name=name)


def _require_sound(row: Indicator, values: xr.DataArray, spec: UntrainedSpec) -> None:
    """Stops at a number that no comparison may see: NaN compares false and would read as a refutation."""
    low, high = row.bounds
    bad = ~np.isfinite(values.values) | (values.values < low - 1e-9) | (values.values > high + 1e-9)
    if bad.any():
        raise ValueError(
            f"{row.name} of {spec.label} is {values.values[bad][0]} in {int(bad.sum())} of {bad.size} places; "
            f"expected finite values in [{low}, {high}]"
        )


def _to_bytes(row: Indicator, values: xr.DataArray) -> bytes:
    named = values.rename(row.name).assign_attrs(unit=row.unit, summary=row.summary, version=row.version)
    return bytes(named.to_netcdf(engine="scipy"))


def _from_bytes(data: bytes) -> xr.DataArray:
    return xr.load_dataarray(data, engine="scipy")
