"""What this machine has, what a study will cost on it, and which layers of its network will be measured."""

from __future__ import annotations

import math
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from indicators.errors import InputError
from indicators.images import arrayfolder, cifar10
from indicators.images.dataset import Dataset, Split, dataset_of
from indicators.machine import (
    accelerator,
    cores,
    memory,
    provenance,
    require_training,
    resolve_precision,
    slow_precision,
)
from indicators.measures.inputs import AFFORDABLE_NEURONS
from indicators.sources.published import PublishedStudy
from indicators.specs import LEVELS, ModelSpec, RecordedSpec, StudySpec
from indicators.specs.files import load_study, studies
from indicators.store import Store
from indicators.study import choosing
from indicators.study.agenda import work_of

ASSUMED_EPOCHS = 15.0
"""Of a training, where no published study tells."""
BATCHES_TIMED = 6
FEW_IMAGES = 500
"""Below which one image weighs more than most effects that count."""
LEAST_MEMORY = 2e9
"""Bytes per worker, under which a full-size network is too much."""


@dataclass(frozen=True)
class LayerReport:
    """What of one layer is measured."""

    name: str
    kernel: tuple[int, ...]
    neurons: int
    pairs: str
    """`all` pairs of its neurons beside sampled ones, or `sampled` ones only."""
    inputs: str
    """`measured`, or why the silhouettes of what its neurons receive are not."""


@dataclass(frozen=True)
class Cost:
    """What is left to do of a study, and what that takes here."""

    networks: int
    to_train: int
    to_measure: int
    images_per_second: float
    """Of one training on one core, or on the card."""
    epochs: float
    """That a training is taken to last."""
    epochs_from: str
    """Where that number is from."""
    of_variants: dict[str, int]
    """How many of those to train each factor of the study takes beside the others."""
    seconds: float
    """Training and running images forward, all cores at work; what the indicators compute comes on top."""


def machine(store: Store) -> dict[str, Any]:
    """Versions, processor, cores, card, memory, and the store with what is free beside it."""
    return {
        **provenance(),
        "accelerator": accelerator() or "none",
        "backend": os.environ.get("KERAS_BACKEND", "tensorflow"),
        "precision auto means": resolve_precision("auto"),
        "memory free": memory(),
        "store": str(store.root),
        "disk free": shutil.disk_usage(store.root).free,
        "CIFAR-10": _cifar10(store),
    }


def warnings(store: Store, study: StudySpec | None = None) -> list[str]:
    """What is likely to go wrong here, in one line each with what to do."""
    found = []
    if memory() < LEAST_MEMORY * cores():
        found.append(
            f"{memory() / 1e9:.1f} GB of memory for {cores()} workers: full-size networks need "
            f"{LEAST_MEMORY / 1e9:.0f} GB each; allow fewer cores (`taskset --cpu-list 0 ...`)"
        )
    if shutil.disk_usage(store.root).free < 5e9:
        found.append("less than 5 GB free beside the store; name another folder with --store")
    if accelerator() and os.environ.get("KERAS_BACKEND") != "jax":
        found.append(f"{accelerator()} is used best through JAX: KERAS_BACKEND=jax")
    return found if study is None else found + _of_study(study)


def _of_study(study: StudySpec) -> list[str]:
    """What will make claims of a study inconclusive, as far as its file shows."""
    found = []
    for optimizer, rates in study.learning_rates.items():
        if sorted(rates[level] for level in LEVELS) != [rates[level] for level in LEVELS]:
            shown = ", ".join(f"{level} {rates[level]:g}" for level in LEVELS)
            found.append(
                f"the learning rates of {optimizer} do not rise ({shown}): are its levels really better and better?"
            )
    if study.measuring.images < FEW_IMAGES:
        found.append(f"information and silhouettes are sampled on {study.measuring.images} images only: coarse numbers")
    if slow := slow_precision(study.recipe.precision):
        found.append(slow)
    return found


def layers(study: StudySpec, store: Store, arrays: Path | None) -> list[LayerReport]:
    """Every layer with a kernel in the study's network; InputError where the network cannot be measured."""
    require_training()
    with _loading():
        from indicators.networks.layers import activations, kernel_layers, layer_names, received

    model, found = _model(study, store, arrays), []
    rows = zip(layer_names(model), kernel_layers(model), activations(model), received(model), strict=True)
    for name, layer, activation, what in rows:
        neurons = math.prod(activation.shape[1:])
        pairs = "all" if neurons <= AFFORDABLE_NEURONS else "sampled"
        inputs = "measured" if what is not None else _why_not(layer)
        found.append(LayerReport(name, tuple(layer.kernel.shape), neurons, pairs, inputs))
    return found


def cost(study: StudySpec, store: Store, arrays: Path | None) -> Cost:
    """What is left of a study and what it takes, by timing a few steps of its own network."""
    work = work_of(study, store.data("cifar10"))
    undone = work.undone(store)
    to_train = [s for s in undone if isinstance(s, ModelSpec) and not store.entry(s).has("final.safetensors")]
    speed = _speed(study, store, arrays) if undone else 0.0
    epochs, where = _epochs(study)
    images = sum((epochs + spec.recipe.epochs_beyond) * spec.data.train for spec in to_train)
    training = images / speed if undone else 0.0
    # A training step costs about three passes forward.
    measuring = sum(map(work.images, undone)) / (3 * speed) if undone else 0.0
    at_once = 1 if accelerator() else min(cores(), max(len(undone), 1))
    seconds = (training + measuring) / at_once
    labels = (work.varied[spec.fingerprint].label for spec in to_train if spec.fingerprint in work.varied)
    of_variants = dict(Counter(label.split()[0] for label in labels))
    return Cost(len(work.networks()), len(to_train), len(undone), speed, epochs, where, of_variants, seconds)


def as_json(store: Store, study: StudySpec | None, reports: list[LayerReport], costs: Cost | None) -> dict[str, Any]:
    """Everything that is known, as JSON holds it."""
    return {
        "machine": machine(store),
        "warnings": warnings(store, study),
        "study": study.name if study else None,
        "layers": [asdict(report) for report in reports],
        "cost": asdict(costs) if costs else None,
    }


def _cifar10(store: Store) -> str:
    try:
        arrayfolder.manifest_of(store.data("cifar10"))
    except InputError:
        return "not there yet: `indicators fetch`"
    return "there"


def _images(study: StudySpec, store: Store, arrays: Path | None) -> tuple[tuple[int, int, int], int]:
    """Shape of an image and number of classes."""
    if study.data.name == "cifar10" and arrays is None:
        _, *shape = cifar10.CIFAR10["train_images"].shape
        return (shape[0], shape[1], shape[2]), 10
    folder = choosing.fetch(study, store, arrays)
    dataset = dataset_of(folder, study.data)
    return dataset.input_shape, dataset.classes


@contextmanager
def _loading() -> Iterator[None]:
    """Keeps from the terminal what libraries write there, past Python, while they are loaded."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _model(study: StudySpec, store: Store, arrays: Path | None) -> Any:
    from indicators.networks.architectures.contract import require_kept

    shape, classes = _images(study, store, arrays)
    return require_kept(study.architecture.name, shape, classes, study.architecture.parameters)


def _why_not(layer: Any) -> str:
    if getattr(layer, "groups", 1) != 1 or "Depthwise" in type(layer).__name__:
        return "not known: a convolution in groups"
    if any(rate != 1 for rate in getattr(layer, "dilation_rate", (1,))):
        return "not known: a dilated convolution"
    return f"not known of a {type(layer).__name__} on such inputs"


def _speed(study: StudySpec, store: Store, arrays: Path | None) -> float:
    """Images per second of a training of the study's network on random images."""
    import numpy as np

    from indicators.networks import epochs, training

    shape, classes = _images(study, store, arrays)
    spec = next(study.models())
    size = spec.recipe.batch_size
    rng, count = np.random.default_rng(0), BATCHES_TIMED * size
    split = Split(rng.integers(0, 256, (count, *shape), dtype=np.uint8), rng.integers(0, classes, count))
    dataset = Dataset("random", split, split, split, 128.0, 64.0, classes, shape)
    runner = epochs.runner(training.compiled(spec, dataset), dataset)
    order = np.arange(count)
    runner.train(order, size)  # compiles
    begun = time.monotonic()
    runner.train(order, size)
    return count / (time.monotonic() - begun)


def _epochs(study: StudySpec) -> tuple[float, str]:
    name = f"{study.name}-recorded"
    if name in studies():
        spec = load_study(name)
        if isinstance(spec, RecordedSpec) and spec.file.is_file():
            return float(PublishedStudy(spec).networks()["epochs"].mean()), f"the mean of {name}"
    return min(ASSUMED_EPOCHS, float(study.recipe.max_epochs)), "assumed"
