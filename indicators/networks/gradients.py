"""The gradient of the loss by the kernels of a network, on any batches, without training it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from indicators.errors import InputError

Array = np.ndarray[Any, Any]
OfBatch = Callable[[Array, Array], list[Any]]


class Gradients:
    """Takes the gradients of the mean cross-entropy by some kernels of a network, as they are while training.

    Penalties do not count. Batch normalization takes the statistics of the batch; moving averages and the states of
    random layers are left as they were. Raises InputError on a backend other than TensorFlow and JAX.
    """

    def __init__(self, model: keras.Model, kernels: Sequence[Any]) -> None:
        backend = keras.backend.backend()
        if backend not in _GRADIENTS:
            raise InputError(f"KERAS_BACKEND={backend!r}: gradients are taken with {' or '.join(_GRADIENTS)}; use one")
        self._model, self._kernels = model, kernels
        self._of_batch = _GRADIENTS[backend](model, kernels)

    def mean(self, batches: Sequence[tuple[Array, Array]]) -> list[Array]:
        """Mean over the batches of the gradient by each kernel, float32."""
        states = [variable.numpy() for variable in self._model.non_trainable_variables]
        totals = [np.zeros(kernel.shape, np.float32) for kernel in self._kernels]
        for images, labels in batches:
            for total, gradient in zip(totals, self._of_batch(images, labels), strict=True):
                total += np.asarray(gradient, np.float32) / len(batches)
        for variable, state in zip(self._model.non_trainable_variables, states, strict=True):
            variable.assign(state)
        return totals


def _loss(labels: Array, outputs: Any) -> Any:
    return keras.ops.mean(keras.losses.sparse_categorical_crossentropy(labels, outputs))


def _with_tensorflow(model: keras.Model, kernels: Sequence[Any]) -> OfBatch:
    import tensorflow as tf

    def of_batch(images: Array, labels: Array) -> list[Any]:
        with tf.GradientTape() as tape:
            loss = _loss(labels, model(images, training=True))
        return list(tape.gradient(loss, [kernel.value for kernel in kernels]))

    return of_batch


def _with_jax(model: keras.Model, kernels: Sequence[Any]) -> OfBatch:
    import jax

    places = {id(variable): place for place, variable in enumerate(model.trainable_variables)}

    def loss(trainable: list[Any], others: list[Any], images: Array, labels: Array) -> Any:
        outputs, _ = model.stateless_call(trainable, others, images, training=True)
        return _loss(labels, outputs)

    compiled = jax.jit(jax.grad(loss))

    def of_batch(images: Array, labels: Array) -> list[Any]:
        trainable, others = (
            [variable.value for variable in group]
            for group in (model.trainable_variables, model.non_trainable_variables)
        )
        gradients = compiled(trainable, others, images, labels)
        return [gradients[places[id(kernel)]] for kernel in kernels]

    return of_batch


_GRADIENTS = {"tensorflow": _with_tensorflow, "jax": _with_jax}
