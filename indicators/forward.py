"""Runs a stored network forward: accuracies, pruned accuracies, activations. What measuring needs Keras for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np

from indicators import architectures, training
from indicators.data import Dataset
from indicators.specs import UntrainedSpec
from indicators.store import Arrays

Array = np.ndarray[Any, Any]

BATCH = 250
ACTIVATION_BYTES = 270_000_000
"""Layers whose activations fit together into this are taken in one pass."""


class Network:
    """A network in inference mode, with the given variables."""

    def __init__(self, spec: UntrainedSpec, dataset: Dataset, arrays: Arrays) -> None:
        # Inference in float32 whatever the training computed in: indicators compare networks, not roundings.
        keras.config.set_dtype_policy("float32")
        self.model = training.build(spec, dataset)
        training.load_arrays(self.model, arrays)
        self._kernels = [layer.kernel for layer in architectures.kernel_layers(self.model)]

    def accuracy(self, images: Array, labels: Array) -> float:
        """Share of images whose largest output is their label; images (n, height, width, channels) normalized."""
        correct = sum(
            int(np.sum(np.argmax(self.model.predict_on_batch(images[i : i + BATCH]), axis=1) == labels[i : i + BATCH]))
            for i in range(0, len(labels), BATCH)
        )
        return correct / len(labels)

    def pruned_accuracy(self, kernels: Sequence[Array], masks: Sequence[Array], images: Array, labels: Array) -> float:
        """Accuracy with the masked weights (True = removed) set to zero, statistics as they were."""
        self._assign([np.where(mask, np.float32(0), kernel) for kernel, mask in zip(kernels, masks, strict=True)])
        accuracy = self.accuracy(images, labels)
        self._assign(kernels)
        return accuracy

    def activations(self, images: Array) -> Iterator[tuple[str, Array]]:
        """Every layer's name and activations (images, neurons), float32; few layers at a time to bound memory."""
        names = architectures.layer_names(self.model)
        tensors = architectures.activations(self.model)
        for group in _groups([int(np.prod(tensor.shape[1:])) * len(images) * 4 for tensor in tensors]):
            part = keras.Model(self.model.inputs, [tensors[k] for k in group])
            out = [np.empty((len(images), *tensors[k].shape[1:]), np.float32) for k in group]
            for i in range(0, len(images), BATCH):
                # A list of one output comes back bare.
                results = part.predict_on_batch(images[i : i + BATCH])
                for array, result in zip(out, results if len(group) > 1 else [results], strict=True):
                    array[i : i + BATCH] = result
            for k, array in zip(group, out, strict=True):
                yield names[k], array.reshape(len(images), -1)

    def _assign(self, kernels: Sequence[Array]) -> None:
        for variable, kernel in zip(self._kernels, kernels, strict=True):
            variable.assign(kernel)


def _groups(sizes: list[int]) -> list[list[int]]:
    """Consecutive indices whose sizes together stay within `ACTIVATION_BYTES`; one that exceeds it stands alone."""
    groups: list[list[int]] = []
    total = 0
    for index, size in enumerate(sizes):
        if not groups or total + size > ACTIVATION_BYTES:
            groups.append([])
            total = 0
        groups[-1].append(index)
        total += size
    return groups
