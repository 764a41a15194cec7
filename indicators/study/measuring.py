"""Applies the catalog to one stored network and stores what it finds, layer by layer so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from indicators.errors import InputError, did_you_mean
from indicators.images.dataset import Dataset, Split
from indicators.images.marks import marked
from indicators.measures.catalog import CATALOG, INDICATORS
from indicators.measures.inputs import Kernel, Layer, Layers, Trajectory
from indicators.measures.row import WAYS, Indicator
from indicators.measures.trajectories.learning import ASKED, learned_at
from indicators.sources.layout import State, file_name, state_of, to_bytes
from indicators.sources.stored import lacks_followed, stored_arrays
from indicators.specs import MeasuringSpec, ModelSpec, UntrainedSpec
from indicators.store import Arrays, Entry, Store

if TYPE_CHECKING:
    from indicators.networks.forward import Network

Array = np.ndarray[Any, Any]
Progress = Callable[..., None]
Stored = tuple[Arrays, dict[str, Any]]

IMAGE_SEED, PRUNING_SEED, PAIR_SEED, CLUSTERING_SEED, NEURON_SEED, MARK_SEED = 1, 2, 3, 4, 5, 8
"""6 and 7 are those of the weights, and of the images, that are followed while training."""


def plan(
    spec: UntrainedSpec, *, only: Collection[str] | None = None, epoch: int | None = None
) -> list[tuple[State, list[Indicator]]]:
    """What is measured of a network, state by state: all rows of the catalog, or `only` some of them.

    Every row is taken in its ways. After an epoch before the last, nothing is measured of an untrained network.
    """
    trained = isinstance(spec, ModelSpec)
    rows = [
        row
        for row in CATALOG
        if row.needs != "record" and (only is None or row.name in only) and (epoch is None or _at_an_epoch(row, spec))
    ]
    ways = [way for way in WAYS if way.trained == trained]
    return [(state_of(way, epoch), [row for row in rows if way in row.ways]) for way in ways]


def _at_an_epoch(row: Indicator, spec: UntrainedSpec) -> bool:
    """Whether a row is measured after an epoch before the last: only the end of a training was followed."""
    return isinstance(spec, ModelSpec) and row.needs != "trajectory"


def require_names(only: Collection[str], said: str = "only") -> None:
    """Raises InputError for names, said there, that are not in the catalog, or of what is kept while training."""
    for name in only:
        if name not in INDICATORS:
            near = did_you_mean(name, INDICATORS)
            raise InputError(f"{said}={name!r} is no indicator; {near}`indicators list indicators` names them all")
        if INDICATORS[name].needs == "record":
            raise InputError(f"{said}={name!r} is kept while training: there is nothing to measure; leave it out")


def missing(
    spec: UntrainedSpec,
    entry: Entry,
    settings: MeasuringSpec,
    *,
    only: Collection[str] | None = None,
    epoch: int | None = None,
) -> Iterator[tuple[State, Indicator]]:
    """What of that is not stored, or stored damaged, at these settings and versions.

    What a training did not keep, having ended before it was kept, is not among it: nothing can measure that.
    """
    for state, rows in plan(spec, only=only, epoch=epoch):
        for row in rows:
            if not lacks_followed(row, entry) and entry.read(file_name(row, settings, state)) is None:
                yield state, row


def measure(
    spec: UntrainedSpec,
    store: Store,
    dataset: Dataset,
    settings: MeasuringSpec,
    progress: Progress = lambda **_: None,
    *,
    only: Collection[str] | None = None,
    epoch: int | None = None,
) -> None:
    """Measures and stores what is missing of one network; the caller holds its lock.

    Raises InputError where the weights of an epoch are not kept.
    """
    entry = store.entry(spec)
    wanted: dict[State, list[Indicator]] = {}
    for state, row in missing(spec, entry, settings, only=only, epoch=epoch):
        wanted.setdefault(state, []).append(row)
    if not wanted:
        return
    initial = stored_arrays(store.entry(spec.untrained if isinstance(spec, ModelSpec) else spec), "initial.safetensors")
    for state, rows in wanted.items():
        network = _Measured(
            spec, state, entry, initial, _weights(spec, entry, initial, state), dataset, settings, progress
        )
        for row, values in network.measure(rows):
            _require_sound(row, values, spec)
            entry.write(file_name(row, settings, state), to_bytes(row, values))


def forward_images(
    spec: UntrainedSpec, settings: MeasuringSpec, *, only: Collection[str] | None = None, epoch: int | None = None
) -> int:
    """How many images a network is run on to measure it, as a forecast of the cost."""
    total = 0
    for state, rows in plan(spec, only=only, epoch=epoch):
        estimated = bool(rows) and state.statistics == "estimated"
        total += settings.images * (any(row.needs in ("layer", "layers") for row in rows) + estimated)
        total += min(ASKED, spec.data.train) * any(row.needs == "followed" for row in rows)
        total += settings.images * any(row.needs == "marked" for row in rows)
        total += settings.curve_images * any(row.needs == "neuron" for row in rows)
        total += sum(_sweep_images(row, settings) for row in rows if row.needs == "pruning")
    return total


def _sweep_images(row: Indicator, settings: MeasuringSpec) -> int:
    return _draws(row, settings) * len(row.sweep.fractions) * _images_per_fraction(row, settings)


def _images_per_fraction(row: Indicator, settings: MeasuringSpec) -> int:
    estimated = settings.images if row.sweep.statistics == "estimated" else 0
    return int(getattr(settings, row.sweep.images)) + estimated


def _draws(row: Indicator, settings: MeasuringSpec) -> int:
    return settings.pruning_draws if row.sweep.draws else 1


def _weights(spec: UntrainedSpec, entry: Entry, initial: Stored, state: State) -> Stored:
    if not isinstance(spec, ModelSpec):
        return initial
    if state.epoch is None:
        return stored_arrays(entry, "final.safetensors")
    name = f"epoch-{state.epoch:04d}.safetensors"
    if not entry.has(name):
        kept = [name.removeprefix("epoch-")[:4].lstrip("0") for name in entry.names() if name.startswith("epoch-")]
        raise InputError(
            f"epoch={state.epoch}: the weights of {spec.label} are kept of epochs {', '.join(kept) or 'none'}; "
            "a study whose recipe has keep_epochs = true keeps those of every epoch it trains"
        )
    return stored_arrays(entry, name)


class _Measured:
    """One network in one state; what it is run on is decided by its seed, alike for all networks of a seed."""

    def __init__(
        self,
        spec: UntrainedSpec,
        state: State,
        entry: Entry,
        initial: Stored,
        final: Stored,
        dataset: Dataset,
        settings: MeasuringSpec,
        progress: Progress,
    ) -> None:
        self._spec, self._state, self._dataset, self._settings = spec, state, dataset, settings
        self._entry, self._progress = entry, progress
        self._variables, self._layers = final[0], list(final[1]["kernels"])
        self._initial, self._final = _kernels(initial), _kernels(final)
        self._split = dataset.train if state.images == "train" else dataset.test
        available = len(self._split.labels)
        self._sampled = _choose(available, min(settings.images, available), [IMAGE_SEED, spec.seed])

    def measure(self, rows: Sequence[Indicator]) -> Iterator[tuple[Indicator, xr.DataArray]]:
        """The rows and what they give, in the order of what they need: what chapter 7 rests on comes first."""
        by_need = {
            need: [row for row in rows if row.needs == need]
            for need in (
                "kernel",
                "kernels",
                "trajectory",
                "layer",
                "layers",
                "followed",
                "marked",
                "neuron",
                "pruning",
            )
        }
        yield from self._of_kernels(by_need["kernel"])
        for row in by_need["kernels"]:
            yield row, _array(row, row.of(self._final), layer=self._layers)
        if by_need["trajectory"]:
            course = Trajectory(**stored_arrays(self._entry, "trajectory.safetensors")[0])
            yield from ((row, _array(row, row.of(course))) for row in by_need["trajectory"])
        if any(by_need[need] for need in ("layer", "layers", "followed", "marked", "neuron", "pruning")):
            network = self._network()
            yield from self._of_pruning(by_need["pruning"], network)
            yield from self._of_layers(by_need["layer"], by_need["layers"], network)
            yield from self._of_followed(by_need["followed"], network)
            yield from self._of_marked(by_need["marked"], network)
            yield from self._of_neurons(by_need["neuron"], network)

    def _network(self) -> Network:
        from indicators.networks.forward import Network

        network = Network(self._spec, self._dataset, self._variables)
        if self._state.statistics == "estimated":
            network.estimate_statistics(self._images(self._sampled))
        return network

    def _images(self, chosen: Array) -> Array:
        return self._dataset.normalize(self._split.images[chosen])

    def _of_kernels(self, rows: Sequence[Indicator]) -> Iterator[tuple[Indicator, xr.DataArray]]:
        values: dict[str, list[Any]] = {row.name: [] for row in rows}
        for pair in zip(self._initial, self._final, strict=True) if rows else ():
            kernel = Kernel(*pair)
            for row in rows:
                values[row.name].append(row.of(kernel))
        for row in rows:
            yield row, _array(row, values[row.name], layer=self._layers)

    def _of_layers(
        self, rows: Sequence[Indicator], of_all: Sequence[Indicator], network: Network
    ) -> Iterator[tuple[Indicator, xr.DataArray]]:
        if not rows and not of_all:
            return
        values: dict[str, list[Any]] = {row.name: [] for row in rows}
        active = []
        for layer in self._activations(network, self._chosen(self._sampled)):
            for row in rows:
                values[row.name].append(row.of(layer))
            # Bits of all layers are little; their activations would not fit.
            active += [layer.active] if of_all else []
        for row in rows:
            yield row, _array(row, values[row.name], layer=self._layers)
        layers = Layers(tuple(active), pairs=self._settings.pairs, seed=[PAIR_SEED, self._spec.seed])
        for row in of_all:
            yield row, _array(row, row.of(layers))

    def _of_followed(self, rows: Sequence[Indicator], network: Network) -> Iterator[tuple[Indicator, xr.DataArray]]:
        if not rows:
            return
        followed, _ = stored_arrays(self._entry, "learned.safetensors")
        learned = learned_at(followed["right"])
        yield from self._of_each(rows, self._activations(network, self._chosen(followed["images"]), learned=learned))

    def _of_marked(self, rows: Sequence[Indicator], network: Network) -> Iterator[tuple[Indicator, xr.DataArray]]:
        """Of test images that carry marks, whatever their labels: the marks are the labels here."""
        if not rows:
            return
        test, rng = self._dataset.test, np.random.default_rng([MARK_SEED, self._spec.seed])
        chosen = np.sort(rng.choice(len(test.labels), min(self._settings.images, len(test.labels)), replace=False))
        marks = rng.integers(self._dataset.classes, size=len(chosen))
        yield from self._of_each(rows, self._activations(network, Split(marked(test.images[chosen], marks), marks)))

    def _of_each(self, rows: Sequence[Indicator], layers: Iterator[Layer]) -> Iterator[tuple[Indicator, xr.DataArray]]:
        values = zip(*[[row.of(layer) for row in rows] for layer in layers], strict=True)
        for row, of_layers in zip(rows, values, strict=True):
            yield row, _array(row, of_layers, layer=self._layers)

    def _chosen(self, chosen: Array) -> Split:
        return Split(self._split.images[chosen], self._split.labels[chosen])

    def _activations(self, network: Network, split: Split, **more: Any) -> Iterator[Layer]:
        """Every layer on some images."""
        settings = self._settings
        for number, (name, maps) in enumerate(network.activations(self._dataset.normalize(split.images))):
            self._progress(phase="measuring", indicator=f"activations of {name}", share=number / len(self._layers))
            yield Layer(
                maps.reshape(len(maps), -1),
                split.labels,
                pairs=settings.pairs,
                seed=[PAIR_SEED, self._spec.seed, number],
                label_draws=settings.label_draws,
                shape=maps.shape[1:] if maps.ndim == 4 else None,
                **more,
            )

    def _of_neurons(self, rows: Sequence[Indicator], network: Network) -> Iterator[tuple[Indicator, xr.DataArray]]:
        if not rows:
            return
        settings, seed = self._settings, self._spec.seed
        rng = np.random.default_rng([CLUSTERING_SEED, seed])
        chosen = rng.choice(len(self._dataset.train.labels), settings.curve_images, replace=False)
        values: dict[str, list[Array]] = {row.name: [] for row in rows}
        layers = []
        for name, neurons in network.neurons(
            self._images(chosen), few=settings.clustering_images, count=settings.neurons, seed=[NEURON_SEED, seed]
        ):
            share = self._layers.index(name) / len(self._layers)
            self._progress(phase="measuring", indicator=f"inputs of {name}", share=share)
            layers.append(name)
            # Not in a loop: its last neuron would keep the inputs of the layer while those of the next are made.
            by_row = zip(*[[row.of(neuron) for row in rows] for neuron in neurons], strict=True)
            for row, of_neurons in zip(rows, by_row, strict=True):
                values[row.name].append(_filled(of_neurons, settings.neurons))
        for row in rows:
            yield row, _array(row, values[row.name], layer=layers, neuron=range(settings.neurons))

    def _of_pruning(self, rows: Sequence[Indicator], network: Network) -> Iterator[tuple[Indicator, xr.DataArray]]:
        total, done = sum(_sweep_images(row, self._settings) for row in rows), 0
        for row in rows:
            count = getattr(self._settings, row.sweep.images)
            images = self._dataset.normalize(self._dataset.test.images[:count])
            labels = self._dataset.test.labels[:count]
            sampled = self._images(self._sampled) if row.sweep.statistics == "estimated" else None
            curves = []
            for draw in range(_draws(row, self._settings)):
                rng = np.random.default_rng([PRUNING_SEED, self._spec.seed, draw])
                curve = []
                for masks in row.of(self._final, row.sweep.fractions, rng):
                    self._progress(phase="measuring", indicator=row.name, share=done / total)
                    curve.append(network.pruned_accuracy(self._final, masks, images, labels, sampled))
                    done += _images_per_fraction(row, self._settings)
                curves.append(curve)
            labeled = {"draw": range(len(curves))} if row.sweep.draws else {}
            yield row, _array(row, curves if row.sweep.draws else curves[0], **labeled, fraction=row.sweep.fractions)


def _choose(available: int, count: int, seed: list[int]) -> Array:
    """`count` different images, the same for every network of a seed."""
    return np.sort(np.random.default_rng(seed).choice(available, count, replace=False))


def _kernels(stored: Stored) -> list[Array]:
    arrays, layout = stored
    return [arrays[name] for name in layout["kernels"].values()]


def _filled(values: Sequence[Any], count: int) -> Array:
    """Values of neurons as an array of `count`, NaN after the last: a layer may have fewer."""
    array = np.asarray(values, float)
    return np.concatenate([array, np.full((count - len(array), *array.shape[1:]), np.nan)])


def _array(row: Indicator, values: Any, **labels: Any) -> xr.DataArray:
    coords = {dim: np.asarray(of) for dim, of in {**labels, **row.axes}.items()}
    return xr.DataArray(np.asarray(values, float).reshape([len(of) for of in coords.values()]), coords, list(coords))


def _require_sound(row: Indicator, values: xr.DataArray, spec: UntrainedSpec) -> None:
    """Stops at a number that no comparison may see: NaN compares false and would read as a refutation."""
    low, high = row.bounds
    numbers = values.values
    bad = np.isinf(numbers) | (numbers < low - 1e-9) | (numbers > high + 1e-9)
    # Layers may have fewer neurons than are sampled elsewhere.
    if not row.undefined and row.needs != "neuron":
        bad |= np.isnan(numbers)
    if bad.any():
        raise ValueError(
            f"{row.name} of {spec.label} is {numbers[bad][0]} in {int(bad.sum())} of {bad.size} places; "
            f"expected finite values in [{low}, {high}]"
        )
