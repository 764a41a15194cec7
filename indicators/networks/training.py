"""Trains the network of a spec with Keras, epoch by epoch, so that a killed training goes on where it stood."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import keras
import numpy as np
from filelock import Timeout

from indicators.errors import InputError
from indicators.images.dataset import Dataset, Split
from indicators.machine import provenance
from indicators.measures import weights
from indicators.measures.trajectories import Following
from indicators.measures.trajectories.learning import Learning
from indicators.networks import architectures, epochs, optimizers, schedule, starts
from indicators.networks.adapting import Masks, adapt
from indicators.networks.gradients import Gradients
from indicators.networks.kernels import tell_kernels
from indicators.networks.layers import kernel_layers, layer_names, poolings
from indicators.specs import ModelSpec, UntrainedSpec
from indicators.store import Arrays, Entry

Progress = Callable[..., None]
"""Called with keyword arguments that say how far a training is."""

WAIT = 0.5
"""Seconds after which who waits for initial weights looks whether they are there."""
GRADIENT_BATCHES = 2
"""Of training images, the first ones, that the gradients of the followed weights are taken on."""
_AT_THE_END, _FOLLOWED, _LEARNED, _OPTIMIZER = "end.", "followed.", "learned.", "optimizer."
"""What the arrays of a checkpoint begin with that are not the network's own."""
_UNIQUE = re.compile(r"_\d+$")


class DivergenceError(InputError):
    """The loss of a training stopped being finite; its `history.json` says so."""


def prepare_untrained(spec: UntrainedSpec, entry: Entry, dataset: Dataset) -> None:
    """Stores the initial weights of a seed, unless they are there."""
    while entry.read("initial.safetensors") is None:
        # Who measures the untrained network holds its lock, for minutes: nobody waits for that, also not who began to
        # wait while the weights were made.
        with suppress(Timeout), entry.lock.acquire(timeout=WAIT):
            if entry.read("initial.safetensors") is None:
                model = build(spec, dataset)
                entry.write_arrays("initial.safetensors", model_arrays(model), described(model))


def train(
    spec: ModelSpec,
    entry: Entry,
    dataset: Dataset,
    initial: Arrays,
    progress: Progress = lambda **_: None,
    parent: Arrays | None = None,
) -> None:
    """Trains the network of `spec` from `initial`; stores its final weights, its record and the weights followed.

    The caller holds `entry.lock`. A training that was interrupted resumes at its last whole epoch, and on the same
    machine ends with the same weights as one that was not. `parent`: the final weights of `spec.parent`, where
    `spec.start` goes by them. What is recorded of the layers compares with `initial`, the untrained network, also where
    the training starts without some of its weights: their removal is part of the movement. Raises DivergenceError where
    the loss stops being finite, after storing the record alone.
    """
    model = compiled(spec, dataset)
    kernels = list(layout(model)["kernels"].values())
    removed = starts.removed(spec, initial, kernels, parent)
    prepare = partial(_prepare, model, spec, removed)
    history, end, followed, learned = _restore(model, entry, starts.without(initial, kernels, removed), prepare)
    start = {name: initial[name] for name in kernels}
    following = Following.start(list(start.values()), spec.seed, followed)
    learning = Learning.start(len(dataset.train.labels), spec.seed, learned)
    asked = Split(dataset.train.images[learning.images], dataset.train.labels[learning.images])
    runner = epochs.runner(model, dataset)
    gradients = Gradients(model, [layer.kernel for layer in kernel_layers(model)])
    while not schedule.finished(history, spec.recipe):
        if schedule.phase(history, spec.recipe) != schedule.phase(history[:-1], spec.recipe):
            prepare(history)
            runner = epochs.runner(model, dataset)
        model.optimizer.learning_rate = schedule.next_learning_rate(spec.learning_rate, history, spec.recipe)
        pulse = _Pulse(progress, history, spec, len(dataset.train.labels))
        record = _epoch(runner, spec, dataset, len(history), pulse)
        _require_finite(record, spec, entry, dataset, history)
        record["layers"] = _movement(model, start)
        history.append(record)
        last = schedule.last_epoch(history, spec.recipe)
        beyond = last is not None and len(history) > last
        if not beyond:
            following = following.after(_kernels(model), gradients.mean(_first_batches(spec, dataset)))
            learning = learning.after(runner.right(asked))
        if last == len(history):
            record["accuracy"] = _accuracies(runner, dataset)
            end = model_arrays(model)
        kept = _kept(end, following, learning)
        _checkpoint(model, entry, history, kept, keep=spec.recipe.keep_epochs and not beyond)
    _finish(runner, spec, entry, dataset, history, end, following, learning)


def build(spec: UntrainedSpec, dataset: Dataset) -> keras.Model:
    """The network of a spec with the initial weights of its seed."""
    architecture = spec.architecture
    return architectures.build(
        architecture.name, dataset.input_shape, dataset.classes, architecture.parameters, seed=spec.seed
    )


def compiled(spec: ModelSpec, dataset: Dataset) -> keras.Model:
    """The network of a spec, ready for training with its optimizer; float32 weights, arithmetic as the recipe says."""
    keras.config.set_dtype_policy("mixed_bfloat16" if spec.recipe.precision == "bfloat16" else "float32")
    model = build(spec, dataset)
    _prepare(model, spec, (), [])
    return model


def _prepare(model: keras.Model, spec: ModelSpec, removed: Masks, history: list[schedule.Epoch]) -> None:
    """Compiles a model for the phase of the epoch after `history`, with an optimizer that has done nothing yet."""
    recipe, phase = spec.recipe, schedule.phase(history, spec.recipe)
    current = recipe.phases[phase - 1] if phase else spec
    if current.optimizer == "wdecay" or phase:
        optimizers.add_penalty(model, recipe.l2 if current.optimizer == "wdecay" else 0)
    # XLA halves the speed of these networks on a processor; of JAX it is a part, see `epochs`.
    model.compile(
        optimizer=optimizers.optimizer(
            current.optimizer,
            current.learning_rate,
            momentum=recipe.momentum,
            decay=recipe.decay,
            decay_by_rate=recipe.decay_by_rate,
        ),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=False,
    )
    model.optimizer.build(model.trainable_variables)
    tell_kernels(model)
    adapt(model, recipe.rates_by_layer, removed)


def layout(model: keras.Model) -> dict[str, Any]:
    """Which stored array is the kernel of which layer, in the order of the network: `{"kernels": {layer: array}}`."""
    names = {id(variable): name for name, variable in _named_variables(model).items()}
    layers = kernel_layers(model)
    kernels = (names[id(layer.kernel)] for layer in layers)
    return {"kernels": dict(zip(layer_names(model), kernels, strict=True))}


def described(model: keras.Model) -> dict[str, Any]:
    """The layout, and what else is known of a network by its graph: poolings before every layer, number of classes."""
    return layout(model) | {"poolings": poolings(model), "classes": model.output_shape[-1]}


def model_arrays(model: keras.Model) -> Arrays:
    """Every variable of a model by its place and name: weights, moving statistics, states of random generators."""
    return {name: variable.numpy() for name, variable in _named_variables(model).items()}


def load_arrays(model: keras.Model, arrays: Arrays) -> None:
    """Gives a model the variables that `model_arrays` took from its like."""
    for name, variable in _named_variables(model).items():
        variable.assign(arrays[name])


class _Pulse(keras.callbacks.Callback):  # type: ignore[misc]
    """Says now and then how far the epoch is."""

    def __init__(self, progress: Progress, history: list[schedule.Epoch], spec: ModelSpec, images: int) -> None:
        super().__init__()
        self._progress, self._history, self._spec = progress, history, spec
        self._images = images
        self._batches = math.ceil(images / spec.recipe.batch_size)
        self._begun = self._said = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        now = time.monotonic()
        if now - self._said < 1 and batch + 1 < self._batches:
            return
        self._said, share = now, (batch + 1) / self._batches
        done = self._history[-1] if self._history else {}
        per_epoch = done.get("seconds", (now - self._begun) / share)
        left = schedule.epochs_left(self._history, self._spec.recipe)
        self._progress(
            phase="training",
            epoch=len(self._history) + 1,
            share=share,
            train_accuracy=(logs or {}).get("accuracy"),
            validation_accuracy=done.get("validation_accuracy"),
            images_per_second=self._images / per_epoch,
            seconds_left=None if left is None else per_epoch * max(left - share, 0),
        )


def _epoch(
    runner: epochs.Runner,
    spec: ModelSpec,
    dataset: Dataset,
    number: int,
    pulse: keras.callbacks.Callback,
) -> schedule.Epoch:
    """Trains one epoch, in the image order that seed and number decide, and returns its record."""
    begun = time.monotonic()
    order = np.random.default_rng([spec.seed, number]).permutation(len(dataset.train.labels))
    train_loss, train_accuracy = runner.train(order, spec.recipe.batch_size, [pulse])
    loss, accuracy = runner.evaluate(dataset.validation)
    return {
        "epoch": number + 1,
        "learning_rate": float(runner.model.optimizer.learning_rate.numpy()),
        "train_loss": train_loss,
        "train_accuracy": train_accuracy,
        "validation_loss": loss,
        "validation_accuracy": accuracy,
        "seconds": time.monotonic() - begun,
    }


def _require_finite(
    record: schedule.Epoch, spec: ModelSpec, entry: Entry, dataset: Dataset, history: list[schedule.Epoch]
) -> None:
    """Where the loss of an epoch is not finite, stores that the network is no better than chance, and says so."""
    if math.isfinite(record["train_loss"]) and math.isfinite(record["validation_loss"]):
        return
    chance = {"accuracy": {"validation": 1 / dataset.classes}, "provenance": provenance()}
    outcome = {"epochs": history, "reached": False, "diverged": True, **chance}
    entry.write("history.json", json.dumps(outcome).encode())
    raise DivergenceError(
        f"{spec.label}: the loss is not finite after epoch {record['epoch']} with "
        f"learning_rate={spec.learning_rate}; give this cell a smaller one in the study file"
    )


def _movement(model: keras.Model, start: Arrays) -> dict[str, list[float]]:
    """Cosine distance, norm ratio and alignment of every layer against its initial kernel."""
    current = model_arrays(model)
    pairs = [(kernel, current[name]) for name, kernel in start.items()]
    indicators = (weights.cosine_distance, weights.norm_ratio, weights.alignment)
    return {indicator.__name__: [indicator(*pair) for pair in pairs] for indicator in indicators}


def _kernels(model: keras.Model) -> list[np.ndarray[Any, Any]]:
    return [layer.kernel.numpy() for layer in kernel_layers(model)]


def _first_batches(spec: ModelSpec, dataset: Dataset) -> list[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]:
    batches = epochs.Batches(dataset, dataset.train, spec.recipe.batch_size)
    return [batches[k] for k in range(min(GRADIENT_BATCHES, len(batches)))]


def _accuracies(runner: epochs.Runner, dataset: Dataset) -> dict[str, float]:
    """Share of the images of every split that are classified right, in inference mode."""
    splits = {"train": dataset.train, "validation": dataset.validation, "test": dataset.test}
    return {name: runner.evaluate(split)[1] for name, split in splits.items()}


def _restore(
    model: keras.Model, entry: Entry, initial: Arrays, prepare: Callable[[list[schedule.Epoch]], None]
) -> tuple[list[schedule.Epoch], Arrays, Arrays, Arrays]:
    """Loads the last whole epoch, optimizer and all, or the initial weights.

    Returns the record so far, the weights at the end of the training if it is past that, what was followed of weights
    and what was learned of images.
    """
    for name in reversed([name for name in entry.names() if name.startswith("checkpoint-")]):
        stored = entry.read_arrays(name)
        if stored is not None:
            arrays, metadata = stored
            history: list[schedule.Epoch] = metadata["history"]
            prepare(history[:-1])
            load_arrays(model, arrays)
            for index, variable in enumerate(model.optimizer.variables):
                variable.assign(arrays[f"{_OPTIMIZER}{index:03d}"])
            return history, _under(_AT_THE_END, arrays), _under(_FOLLOWED, arrays), _under(_LEARNED, arrays)
    prepare([])
    load_arrays(model, initial)
    return [], {}, {}, {}


def _under(prefix: str, arrays: Arrays) -> Arrays:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def _kept(end: Arrays, following: Following, learning: Learning) -> Arrays:
    """What a checkpoint holds beside the network and its optimizer."""
    groups = {_AT_THE_END: end, _FOLLOWED: following.arrays, _LEARNED: learning.arrays}
    return {f"{prefix}{name}": array for prefix, arrays in groups.items() for name, array in arrays.items()}


def _checkpoint(model: keras.Model, entry: Entry, history: list[schedule.Epoch], kept: Arrays, *, keep: bool) -> None:
    """Stores the state after an epoch in place of the one before."""
    name, before = (f"checkpoint-{len(history) - back:04d}.safetensors" for back in (0, 1))
    state = {f"{_OPTIMIZER}{index:03d}": variable.numpy() for index, variable in enumerate(model.optimizer.variables)}
    arrays = model_arrays(model)
    if keep:
        entry.write_arrays(f"epoch-{len(history):04d}.safetensors", arrays, layout(model))
    entry.write_arrays(name, arrays | state | kept, {"history": history}, replacing=before)


def _finish(
    runner: epochs.Runner,
    spec: ModelSpec,
    entry: Entry,
    dataset: Dataset,
    history: list[schedule.Epoch],
    end: Arrays,
    following: Following,
    learning: Learning,
) -> None:
    """Stores the record and what was followed, and then the final weights: a network with these is trained."""
    last = schedule.last_epoch(history, spec.recipe)
    epochs, beyond = history[:last], history[last:]
    record = {
        "epochs": epochs,
        "reached": schedule.reached(epochs, spec.recipe),
        "accuracy": {"train_running": epochs[-1]["train_accuracy"], **epochs[-1].pop("accuracy")},
        "provenance": provenance(),
    }
    if beyond:
        accuracy = {"train_running": beyond[-1]["train_accuracy"], **_accuracies(runner, dataset)}
        record["beyond"] = {"epochs": beyond, "accuracy": accuracy}
    entry.write("history.json", json.dumps(record).encode())
    entry.write_arrays("trajectory.safetensors", following.arrays, {})
    # A training that goes on from a checkpoint of a version that did not ask lacks the epochs before it.
    if len(learning.right) == len(epochs):
        entry.write_arrays("learned.safetensors", learning.arrays, {})
    checkpoint = f"checkpoint-{len(history):04d}.safetensors"
    entry.write_arrays("final.safetensors", end, layout(runner.model), replacing=checkpoint)


def _named_variables(model: keras.Model) -> dict[str, Any]:
    # Keras numbers what a layer leaves unnamed through the whole process: another process would not find it again.
    return {f"{index:03d}.{_UNIQUE.sub('', variable.name)}": variable for index, variable in enumerate(model.variables)}
