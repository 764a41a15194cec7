"""The gradient of the loss by the kernels of a network, on any batches, without training it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from indicators.errors import InputError

Array = np.ndarray[Any, Any]


def of_kernels(model: keras.Model, kernels: Sequence[Any], batches: Sequence[tuple[Array, Array]]) -> list[Array]:
    """Mean over the batches of the gradient of the mean cross-entropy by each kernel, float32, as it is while training.

    Penalties do not count. Batch normalization takes the statistics of the batch; moving averages and the states of
    random layers are left as they were. Raises InputError on a backend other than TensorFlow and JAX.
    """
    backend = keras.backend.backend()
    if backend not in _GRADIENTS:
        raise InputError(f"KERAS_BACKEND={backend!r}: gradients are taken with {' or '.join(_GRADIENTS)}; use one")
    states = [variable.numpy() for variable in model.non_trainable_variables]
    totals = [np.zeros(kernel.shape, np.float32) for kernel in kernels]
    for images, labels in batches:
        for total, gradient in zip(totals, _GRADIENTS[backend](model, kernels, images, labels), strict=True):
            total += np.asarray(gradient, np.float32) / len(batches)
    for variable, state in zip(model.non_trainable_variables, states, strict=True):
        variable.assign(state)
    return totals


def _loss(labels: Array, outputs: Any) -> Any:
    return keras.ops.mean(keras.losses.sparse_categorical_crossentropy(labels, outputs))


def _with_tensorflow(model: keras.Model, kernels: Sequence[Any], images: Array, labels: Array) -> list[Any]:
    import tensorflow as tf

    with tf.GradientTape() as tape:
        loss = _loss(labels, model(images, training=True))
    return list(tape.gradient(loss, [kernel.value for kernel in kernels]))


def _with_jax(model: keras.Model, kernels: Sequence[Any], images: Array, labels: Array) -> list[Any]:
    import jax

    def loss(trainable: list[Any]) -> Any:
        others = [variable.value for variable in model.non_trainable_variables]
        outputs, _ = model.stateless_call(trainable, others, images, training=True)
        return _loss(labels, outputs)

    gradients = jax.grad(loss)([variable.value for variable in model.trainable_variables])
    by_variable = {
        id(variable): gradient for variable, gradient in zip(model.trainable_variables, gradients, strict=True)
    }
    return [by_variable[id(kernel)] for kernel in kernels]


_GRADIENTS = {"tensorflow": _with_tensorflow, "jax": _with_jax}
