"""Runs a compiled model over images: an epoch of training, or an evaluation.

Keras's own loop takes batch after batch from the disk. With JAX all batches are one compiled program over images that
lie on the device, so that a fast one does not wait for Python.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from indicators.images.dataset import Dataset, Split

Array = np.ndarray[Any, Any]

EVALUATION_BATCH = 500


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """Normalized batches from memory-mapped images, in a given order."""

    def __init__(self, dataset: Dataset, split: Split, size: int, order: Array | None = None) -> None:
        super().__init__()
        self._dataset, self._split, self._size = dataset, split, size
        self._order = np.arange(len(split.labels)) if order is None else order

    def __len__(self) -> int:
        return math.ceil(len(self._order) / self._size)

    def __getitem__(self, index: int) -> tuple[Array, Array]:
        chosen = self._order[index * self._size : (index + 1) * self._size]
        return self._dataset.normalize(self._split.images[chosen]), self._split.labels[chosen]


class Loop:
    """Keras's own loop over batches; what `Program` does at once."""

    def __init__(self, model: keras.Model, dataset: Dataset) -> None:
        self.model, self._dataset = model, dataset

    def train(self, order: Array, size: int, callbacks: Sequence[keras.callbacks.Callback] = ()) -> tuple[float, float]:
        """Loss and accuracy, running, of an epoch of batches of `size` training images in that order."""
        batches = Batches(self._dataset, self._dataset.train, size, order)
        logs = self.model.fit(batches, verbose=0, shuffle=False, callbacks=list(callbacks)).history
        return float(logs["loss"][-1]), float(logs["accuracy"][-1])

    def evaluate(self, split: Split) -> tuple[float, float]:
        """Loss (penalty included) and accuracy in inference mode."""
        batches = Batches(self._dataset, split, EVALUATION_BATCH)
        results = self.model.evaluate(batches, verbose=0, return_dict=True)
        return float(results["loss"]), float(results["accuracy"])

    def right(self, split: Split) -> Array:
        """Which images are classified right in inference mode, (images,) bool."""
        batches = Batches(self._dataset, split, EVALUATION_BATCH)
        found = [np.argmax(self.model.predict_on_batch(batches[k][0]), axis=1) for k in range(len(batches))]
        return np.asarray(np.concatenate(found) == split.labels)


class Program:
    """Epochs and evaluations as one JAX program each; what `Loop` does, but for the order of roundings."""

    def __init__(self, model: keras.Model, dataset: Dataset) -> None:
        import jax

        self.model, self._dataset = model, dataset
        self._placed: dict[int, tuple[Any, Any]] = {}
        self._train = jax.jit(self._trained, static_argnames="size", donate_argnames="state")
        self._evaluate = jax.jit(self._evaluated, static_argnames="size")
        self._classify = jax.jit(self._classified)

    def train(self, order: Array, size: int, callbacks: Sequence[keras.callbacks.Callback] = ()) -> tuple[float, float]:
        """Loss and accuracy, running, of an epoch of batches of `size` training images in that order."""
        model = self.model
        variables = (model.trainable_variables, model.non_trainable_variables, model.optimizer.variables)
        state = tuple(_values(group) for group in variables)
        state, totals = self._train(state, *self._place(self._dataset.train), order.astype(np.int32), size=size)
        for group, values in zip(variables, state, strict=True):
            for variable, value in zip(group, values, strict=True):
                variable.assign(value)
        loss, accuracy = (float(total) / len(order) for total in totals)
        for callback in callbacks:
            callback.on_train_batch_end(math.ceil(len(order) / size) - 1, {"loss": loss, "accuracy": accuracy})
        return loss, accuracy

    def evaluate(self, split: Split) -> tuple[float, float]:
        """Loss (penalty included) and accuracy in inference mode."""
        trainable, others = _values(self.model.trainable_variables), _values(self.model.non_trainable_variables)
        totals = self._evaluate(trainable, others, *self._place(split), size=EVALUATION_BATCH)
        loss, accuracy = (float(total) / len(split.labels) for total in totals)
        return loss, accuracy

    def right(self, split: Split) -> Array:
        """Which images are classified right in inference mode, (images,) bool."""
        trainable, others = _values(self.model.trainable_variables), _values(self.model.non_trainable_variables)
        images, labels = self._place(split)
        parts = [images[start : start + EVALUATION_BATCH] for start in range(0, len(labels), EVALUATION_BATCH)]
        found = np.concatenate([np.asarray(self._classify(trainable, others, part)) for part in parts])
        return np.asarray(found == split.labels)

    def _place(self, split: Split) -> tuple[Any, Any]:
        """Images, as they are on disk, and labels on the device."""
        import jax

        if id(split) not in self._placed:
            labels = split.labels.astype(np.int32)
            self._placed[id(split)] = (jax.device_put(np.asarray(split.images)), jax.device_put(labels))
        return self._placed[id(split)]

    def _trained(self, state: Any, images: Any, labels: Any, order: Any, size: int) -> tuple[Any, Any]:
        import jax

        differentiate = jax.value_and_grad(self._loss, has_aux=True)

        def step(state: Any, rows: Any) -> tuple[Any, tuple[Any, Any]]:
            trainable, others, optimizer = state
            batch = self._normalized(images[rows]), labels[rows]
            (loss, (others, correct)), slopes = differentiate(trainable, others, *batch, training=True)
            trainable, optimizer = self.model.optimizer.stateless_apply(optimizer, slopes, trainable)
            return (trainable, others, optimizer), (loss * len(rows), correct)

        return _over_batches(step, state, order, size)

    def _evaluated(self, trainable: Any, others: Any, images: Any, labels: Any, size: int) -> Any:
        import jax.numpy as jnp

        def step(_: None, rows: Any) -> tuple[None, tuple[Any, Any]]:
            batch = self._normalized(images[rows]), labels[rows]
            loss, (_, correct) = self._loss(trainable, others, *batch, training=False)
            return None, (loss * len(rows), correct)

        return _over_batches(step, None, jnp.arange(len(labels)), size)[1]

    def _classified(self, trainable: Any, others: Any, images: Any) -> Any:
        outputs, _ = self.model.stateless_call(trainable, others, self._normalized(images), training=False)
        return outputs.argmax(axis=-1)

    def _loss(self, trainable: Any, others: Any, images: Any, labels: Any, *, training: bool) -> tuple[Any, Any]:
        """Mean cross-entropy plus penalties; what the layers changed, and how many images were classified right."""
        outputs, others, penalties = self.model.stateless_call(
            trainable, others, images, training=training, return_losses=True
        )
        loss = keras.ops.mean(keras.losses.sparse_categorical_crossentropy(labels, outputs)) + sum(penalties)
        return loss, (others, (outputs.argmax(axis=-1) == labels).sum())

    def _normalized(self, images: Any) -> Any:
        return (images.astype(np.float32) - self._dataset.mean) / (self._dataset.std + 1e-7)


Runner = Loop | Program


def runner(model: keras.Model, dataset: Dataset) -> Runner:
    """What runs a compiled model over the images of a data set on the present backend."""
    return Program(model, dataset) if keras.backend.backend() == "jax" else Loop(model, dataset)


def counting(model: keras.Model, size: int) -> Callable[[Array, Array], int]:
    """What says how many images a network classifies right, as one JAX program, `size` images at a time."""
    import jax
    import jax.numpy as jnp

    def right(trainable: Any, others: Any, images: Any, labels: Any) -> Any:
        def step(_: None, rows: Any) -> tuple[None, Any]:
            outputs, _ = model.stateless_call(trainable, others, images[rows], training=False)
            return None, (outputs.argmax(axis=-1) == labels[rows]).sum()

        return _over_batches(step, None, jnp.arange(len(labels)), size)[1]

    count = jax.jit(right)

    def counted(images: Array, labels: Array) -> int:
        variables = _values(model.trainable_variables), _values(model.non_trainable_variables)
        return int(count(*variables, images, labels.astype(np.int32)))

    return counted


def changing(model: keras.Model) -> Callable[[Array], None]:
    """What runs a network on images for what its layers change, as one JAX program; traced when it is first called."""
    import jax

    def others_after(trainable: Any, others: Any, images: Any) -> Any:
        return model.stateless_call(trainable, others, images, training=False)[1]

    run = jax.jit(others_after)

    def changed(images: Array) -> None:
        others = run(_values(model.trainable_variables), _values(model.non_trainable_variables), images)
        for variable, value in zip(model.non_trainable_variables, others, strict=True):
            variable.assign(value)

    return changed


def gram(vectors: Array) -> Array:
    """Inner products of all pairs of rows, on JAX's first device, in double precision and exactly symmetric."""
    import jax

    with jax.enable_x64(True):
        return np.array(_symmetric_products()(vectors))


def lend_card_to(take: Callable[[Callable[[Array], Array]], None]) -> None:
    """Tells what takes large products of `gram`, if JAX computes on a card."""
    import jax

    if jax.default_backend() == "gpu":
        take(gram)


@functools.cache
def _symmetric_products() -> Any:
    import jax

    def products(vectors: Any) -> Any:
        one_way = vectors @ vectors.T
        return (one_way + one_way.T) / 2

    return jax.jit(products)


def _over_batches(step: Any, state: Any, order: Any, size: int) -> tuple[Any, Any]:
    """The state after every batch of that order, the last one perhaps smaller, and the sums of what the steps give."""
    import jax

    whole = len(order) // size * size
    parts = []
    if whole:
        state, given = jax.lax.scan(step, state, order[:whole].reshape(-1, size))
        parts.append(jax.tree.map(lambda values: values.sum(axis=0), given))
    if whole < len(order):
        state, given = step(state, order[whole:])
        parts.append(given)
    return state, jax.tree.map(lambda *values: sum(values), *parts)


def _values(variables: Sequence[Any]) -> list[Any]:
    return [variable.value for variable in variables]
