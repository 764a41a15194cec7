"""The measurements of a study as labeled arrays, read from the store; `study.measuring` makes them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr

from indicators import plans
from indicators.errors import NotApplicable, NotMeasured
from indicators.images.dataset import checksums, classes_of
from indicators.measures.catalog import INDICATORS
from indicators.measures.row import BY_IMAGES, BY_STATISTICS, UNTRAINED, Indicator, Way
from indicators.sources.layout import State, file_name, from_bytes, state_of
from indicators.specs import LEVELS, OPTIMIZERS, Images, ModelSpec, Statistics, StudySpec, UntrainedSpec
from indicators.specs.variants import Label
from indicators.store import Arrays, Entry, Store

QUANTITIES = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "learning_rate")


class Measurements:
    """The measurements of a trained study, by name, as arrays (seed, optimizer, level, ...).

    Indicators of neurons are means over the sampled neurons that have a number; NaN stands where none has.
    `attrs["resolution"]` is the smallest step that a number can make, at the settings of the study;
    `attrs["undefined"]` says where NaN may stand.
    """

    def __init__(self, study: StudySpec, store: Store) -> None:
        self.study, self._store = study, store
        self.name, self.scale = study.name, study.scale
        self.seeds = study.seed_numbers
        self._cache: dict[tuple[str, Way, int | None], xr.DataArray] = {}
        self._optimizers: tuple[str, ...] = OPTIMIZERS
        self._levels: tuple[str, ...] = LEVELS
        self._parts: dict[tuple[str, Label], Measurements] = {}

    @property
    def factors(self) -> dict[str, list[Label]]:
        """The labels of every factor that the study has variants over, the baseline among them."""
        return {variant.factor: self.study.labels_of(variant) for variant in self.study.variants}

    def at(self, factor: str, label: Label) -> Measurements:
        """Those of the networks at one label of a factor, of the optimizers and levels that it has; see `VariantSpec`.

        Raises NotApplicable for a factor or a label that the study does not have.
        """
        if (factor, label) not in self._parts:
            self._parts[factor, label] = _OfVariant(self.study, self._store, factor, label)
        return self._parts[factor, label]

    def names(self) -> list[str]:
        """Every measurement there is."""
        return list(INDICATORS)

    @cached_property
    def layers(self) -> tuple[str, ...]:
        """Names of all layers with kernels, in the order of the network."""
        return tuple(self.kernel_shapes)

    @cached_property
    def kernel_shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of the kernel of every layer, in the order of the network."""
        arrays, about = self._untrained_network
        return {layer: arrays[name].shape for layer, name in about["kernels"].items()}

    @property
    def poolings(self) -> dict[str, int]:
        """Number of poolings before every layer; empty for a user's architecture stored before they were counted."""
        counted: dict[str, int] = self._untrained_network[1].get("poolings", {})
        return counted or plans.poolings(self.study.architecture)

    @property
    def classes(self) -> int | None:
        """Number of classes of the images; None for a user's stored before they were counted."""
        counted: int | None = self._untrained_network[1].get("classes")
        return counted or classes_of(checksums(self.study.data))

    @cached_property
    def _untrained_network(self) -> tuple[Arrays, dict[str, Any]]:
        return stored_arrays(self._store.entry(next(self.study.untrained())), "initial.safetensors")

    def measurement(self, name: str, *, epoch: int | None = None, images: Images = "train") -> xr.DataArray:
        """One measurement of all trained networks, at their end or after an epoch, on training or on test images.

        Raises NotApplicable for a name that is not in the catalog, or not measured on test images, InputError for what
        is not measured yet.
        """
        return over_neurons(self.by_neuron(name, epoch=epoch, images=images))

    def by_neuron(self, name: str, *, epoch: int | None = None, images: Images = "train") -> xr.DataArray:
        """The same, with the dimension `neuron` where the indicator is one of neurons."""
        return self.taken(name, BY_IMAGES[images], epoch)

    def untrained(self, name: str, *, statistics: Statistics = "stored") -> xr.DataArray:
        """One measurement of the untrained network of every seed, as an array (seed, ...).

        `statistics="stored"`: with the moving averages that batch normalization starts with, mean 0 and variance 1, as
        in 2019; `"estimated"`: with those of the sampled images.
        """
        return over_neurons(self.untrained_by_neuron(name, statistics=statistics))

    def untrained_by_neuron(self, name: str, *, statistics: Statistics = "stored") -> xr.DataArray:
        """The same, with the dimension `neuron` where the indicator is one of neurons."""
        way = BY_STATISTICS[statistics]
        # What runs no images forward is the same with both.
        same = name in INDICATORS and way not in INDICATORS[name].ways
        return self.taken(name, UNTRAINED if same else way)

    def taken(self, name: str, way: Way, epoch: int | None = None) -> xr.DataArray:
        """One measurement in one of its ways, with the dimension `neuron` where the indicator is one of neurons."""
        if name not in INDICATORS:
            raise NotApplicable(f"{name!r} is not in the catalog")
        row, key = INDICATORS[name], (name, way, epoch)
        if way not in row.ways:
            on = "test images" if way.trained else "untrained networks"
            raise NotApplicable(f"{name!r} is not measured on {on}")
        if key not in self._cache:
            collect = self._trained if way.trained else self._untrained
            about = {"resolution": row.resolution(self.study), "undefined": row.undefined}
            self._cache[key] = collect(row, state_of(way, epoch)).assign_attrs(about)
        return self._cache[key]

    @property
    def trained_with(self) -> list[dict[str, Any]]:
        """The machines that its networks were trained on, their versions, and the seeds that each trained."""
        by_machine: dict[str, list[int]] = {}
        for seed in self.seeds:
            for optimizer, level in itertools.product(self._optimizers, self._levels):
                log = _log(self._store.entry(self._model(optimizer, level, seed)))
                trained = by_machine.setdefault(json.dumps(log["provenance"]), [])
                trained.extend([seed] if seed not in trained else [])
        return [{"seeds": seeds, **json.loads(about)} for about, seeds in by_machine.items()]

    def networks(self) -> xr.Dataset:
        """How each network was trained, (seed, optimizer, level): epochs, seconds, rate, 1 if it reached its target."""
        table = [[[self._training(o, lv, s) for lv in self._levels] for o in self._optimizers] for s in self.seeds]
        coords = {"seed": list(self.seeds), "optimizer": list(self._optimizers), "level": list(self._levels)}
        names = ("epochs", "seconds", "learning_rate", "reached")
        columns = np.moveaxis(np.array(table, float), -1, 0)
        return xr.Dataset({name: (tuple(coords), column) for name, column in zip(names, columns, strict=True)}, coords)

    def fitted(self) -> xr.DataArray:
        """Whether each network fits its training images, (seed, optimizer, level)."""
        train = self.measurement("accuracy").sel(split="train", drop=True)
        fitted: xr.DataArray = fits(self.networks()["reached"], train, self.study)
        return fitted.rename("fitted")

    def _training(self, optimizer: str, level: str, seed: int) -> tuple[float, float, float, float]:
        spec = self._model(optimizer, level, seed)
        log = _log(self._store.entry(spec))
        epochs = log["epochs"]
        return len(epochs), sum(epoch["seconds"] for epoch in epochs), spec.learning_rate, float(log["reached"])

    def _model(self, optimizer: str, level: str, seed: int) -> ModelSpec:
        return self.study.model(optimizer, level, seed)

    def _trained(self, row: Indicator, state: State) -> xr.DataArray:
        models = itertools.product(self.seeds, self._optimizers, self._levels)
        loaded = iter([self._load(row, self._model(o, level, s), state) for s, o, level in models])
        per_seed = [
            _joined(
                [
                    _joined([next(loaded) for _ in self._levels], _index("level", self._levels))
                    for _ in self._optimizers
                ],
                _index("optimizer", self._optimizers),
            )
            for _ in self.seeds
        ]
        return _joined(per_seed, _index("seed", self.seeds)).rename(row.name)

    def _untrained(self, row: Indicator, state: State) -> xr.DataArray:
        loaded = [self._load(row, spec, state) for spec in self.study.untrained()]
        return _joined(loaded, _index("seed", self.seeds)).rename(row.name)

    def _load(self, row: Indicator, spec: UntrainedSpec, state: State) -> xr.DataArray:
        entry = self._store.entry(spec)
        if row.needs == "record":
            return LOGGED[row.name](entry)
        data = entry.read(file_name(row, self.study.measuring, state))
        if data is None and lacks_followed(row, entry):
            raise NotApplicable(
                f"{row.name} of {spec.label} cannot be measured: it was trained before trainings kept which images "
                f"they had learned; to train it again, delete {entry.folder} and run `indicators measure "
                f"--study {self.study.name}`"
            )
        if data is None:
            epoch = "" if state.epoch is None else f" --epoch {state.epoch}"
            raise NotMeasured(
                f"{row.name} of {spec.label} is not measured; run `indicators measure --study {self.study.name}{epoch}`"
            )
        return from_bytes(data)


class _OfVariant(Measurements):
    """The measurements at one label of a factor."""

    def __init__(self, study: StudySpec, store: Store, factor: str, label: Label) -> None:
        variant = study.variant(factor)
        self._whole, self._studies = study, study.at(factor, label)
        super().__init__(self._studies[0], store)
        self._optimizers, self._levels = variant.optimizers, variant.levels

    def _model(self, optimizer: str, level: str, seed: int) -> ModelSpec:
        """Of the networks at the several rates the one that stands for all."""
        models = [study.model(optimizer, level, seed) for study in self._studies]
        return max(models, key=self._worth) if len(models) > 1 else models[0]

    def taken(self, name: str, way: Way, epoch: int | None = None) -> xr.DataArray:
        """Those of trained networks only: NotApplicable for others, which are not measured."""
        if not way.trained:
            raise NotApplicable(f"untrained networks are not measured along the factors of {self.name}")
        return super().taken(name, way, epoch)

    def _worth(self, model: ModelSpec) -> tuple[bool, float]:
        """Whether a network fitted its training images, and its accuracy on validation images."""
        log = _log(self._store.entry(model))
        accuracy = log["accuracy"]
        return bool(fits(log["reached"], accuracy.get("train", 0.0), self.study)), accuracy["validation"]

    def _load(self, row: Indicator, spec: UntrainedSpec, state: State) -> xr.DataArray:
        """A measurement of one network; if its training diverged, NaN in the form of the one of the study itself."""
        if not isinstance(spec, ModelSpec) or not _log(self._store.entry(spec)).get("diverged"):
            return super()._load(row, spec, state)
        form = super()._load(row, self._whole.model(spec.optimizer, spec.level, spec.seed), state)
        return xr.full_like(form.reindex(layer=list(self.layers)) if "layer" in form.dims else form, np.nan)


def fits(reached: Any, train_accuracy: Any, study: StudySpec) -> Any:
    """Whether networks fit their training images: as seen while training, or as evaluated at its end.

    With dropout a training never sees the accuracy that its network has.
    """
    return (reached == 1) | (train_accuracy >= study.recipe.target_accuracy)


def stored_arrays(entry: Entry, name: str) -> tuple[Arrays, dict[str, Any]]:
    """The arrays of a stored network and their layout; InputError where they are missing."""
    stored = entry.read_arrays(name)
    if stored is None:
        raise _not_made(entry)
    return stored


def lacks_followed(row: Indicator, entry: Entry) -> bool:
    """Whether a row asks when a trained network learned its images, and its training did not keep that."""
    return row.needs == "followed" and entry.has("final.safetensors") and not entry.has("learned.safetensors")


def _not_made(entry: Entry) -> NotMeasured:
    return NotMeasured(
        f"{getattr(entry.spec, 'label', 'a network')} is not made, or a part of it was lost; "
        "run `indicators measure` on its study"
    )


def over_neurons(values: xr.DataArray) -> xr.DataArray:
    """Mean over the neurons that have a number, NaN where none has; other arrays pass as they are."""
    if "neuron" not in values.dims:
        return values
    defined = values.notnull()
    count = defined.sum("neuron")
    mean = values.where(defined, 0.0).sum("neuron") / count.where(count > 0)
    return mean.assign_attrs(values.attrs).rename(values.name)


def _log(entry: Entry) -> dict[str, Any]:
    data = entry.read("history.json")
    if data is None:
        raise _not_made(entry)
    log: dict[str, Any] = json.loads(data)
    return log


def _accuracies(entry: Entry) -> xr.DataArray:
    return _by_split(_log(entry)["accuracy"])


def _accuracies_beyond(entry: Entry) -> xr.DataArray:
    beyond = _log(entry).get("beyond")
    if beyond is None:
        raise NotApplicable("this study ends its trainings at their target (epochs_beyond = 0)")
    return _by_split(beyond["accuracy"])


def _by_split(accuracy: dict[str, float]) -> xr.DataArray:
    return xr.DataArray(list(accuracy.values()), {"split": list(accuracy)}, ("split",))


def _history(entry: Entry) -> xr.DataArray:
    epochs = _log(entry)["epochs"]
    rows = [[epoch[name] for name in QUANTITIES] for epoch in epochs]
    return xr.DataArray(rows, {"epoch": [epoch["epoch"] for epoch in epochs], "quantity": list(QUANTITIES)})


def _cosine_distances(entry: Entry) -> xr.DataArray:
    epochs = _log(entry)["epochs"]
    layers = list(stored_arrays(entry, "final.safetensors")[1]["kernels"])
    rows = [epoch["layers"]["cosine_distance"] for epoch in epochs]
    return xr.DataArray(rows, {"epoch": [epoch["epoch"] for epoch in epochs], "layer": layers})


LOGGED = {
    "accuracy": _accuracies,
    "accuracy_beyond": _accuracies_beyond,
    "history": _history,
    "cosine_distance_by_epoch": _cosine_distances,
}
"""How what is kept while training is read, by the names of its rows."""


def _joined(arrays: Sequence[xr.DataArray], index: xr.DataArray) -> xr.DataArray:
    """Arrays side by side along a new dimension; NaN stands for epochs that a network did not train."""
    return xr.concat(arrays, index, join="outer")


def _index(name: str, labels: Sequence[Any]) -> xr.DataArray:
    return xr.DataArray(np.asarray(labels), dims=name, name=name)
