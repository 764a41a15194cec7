"""Runs a stored network forward: accuracies, pruned accuracies, activations. What measuring needs Keras for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import partial
from typing import Any

import keras
import numpy as np

from indicators.images.dataset import Dataset
from indicators.measures import receptive
from indicators.measures.arrays import take_large_grams_to
from indicators.measures.inputs import Neuron
from indicators.networks import epochs, training
from indicators.networks.layers import Received, activations, kernel_layers, layer_names, normalizations, received
from indicators.specs import UntrainedSpec
from indicators.store import Arrays

Array = np.ndarray[Any, Any]
Keep = Callable[[Array], Array]

BATCH = 250
CUTTING_BATCH = 50
"""Where little is kept of large maps."""
ACTIVATION_BYTES = 270_000_000
"""Layers of which together so much is kept are taken in one pass."""


class Network:
    """A network in inference mode, with the given variables."""

    def __init__(self, spec: UntrainedSpec, dataset: Dataset, arrays: Arrays) -> None:
        # Inference in float32 whatever the training computed in: indicators compare networks, not roundings.
        keras.config.set_dtype_policy("float32")
        self.model = training.build(spec, dataset)
        training.load_arrays(self.model, arrays)
        self._kernels = [layer.kernel for layer in kernel_layers(self.model)]
        self._normalizations = normalizations(self.model)
        self._by_batch = _compiled(self.model)
        self._count_right = _counting(self.model)
        if keras.backend.backend() == "jax":
            epochs.lend_card_to(take_large_grams_to)

    def accuracy(self, images: Array, labels: Array) -> float:
        """Share of images whose largest output is their label; images (n, height, width, channels) normalized."""
        return self._count_right(images, labels) / len(labels)

    def pruned_accuracy(
        self,
        kernels: Sequence[Array],
        masks: Sequence[Array],
        images: Array,
        labels: Array,
        estimated_on: Array | None = None,
    ) -> float:
        """Accuracy with the masked weights (True = removed) set to zero.

        The statistics of batch normalization stay as they were, or are estimated anew on the given images.
        """
        statistics = self._statistics() if estimated_on is not None else None
        self._assign([np.where(mask, np.float32(0), kernel) for kernel, mask in zip(kernels, masks, strict=True)])
        if estimated_on is not None:
            self.estimate_statistics(estimated_on)
        accuracy = self.accuracy(images, labels)
        self._assign(kernels)
        if statistics is not None:
            self._set_statistics(statistics)
        return accuracy

    def estimate_statistics(self, images: Array) -> None:
        """Gives every batch normalization the mean and variance of what it receives of these images.

        Batch by batch: the means of the batches are averaged, the variances are those within batches and between them.
        Other layers are as in inference.
        """
        batches, sizes = [], []
        with ExitStack() as stack:
            for layer in self._normalizations:
                stack.enter_context(_normalizing_by_batch(layer))
            for i in range(0, len(images), BATCH):
                batch = images[i : i + BATCH]
                with _in_full():
                    self._by_batch(batch)
                batches.append(self._statistics())
                sizes.append(len(batch))
        shares = np.array(sizes) / len(images)
        self._set_statistics([_pooled(layer, shares) for layer in zip(*batches, strict=True)])

    def activations(self, images: Array) -> Iterator[tuple[str, Array]]:
        """Every layer's name and activations (images, ...), float32; few layers at a time to bound memory."""
        tensors = activations(self.model)
        sizes = [int(np.prod(tensor.shape[1:])) * len(images) * 4 for tensor in tensors]
        names = layer_names(self.model)
        for group in _groups(sizes):
            maps = self._run([tensors[k] for k in group], [_whole] * len(group), images, batch=BATCH)
            for k in group:
                # Taken out, so that a layer that was looked at makes room.
                yield names[k], maps.pop(0)

    def neurons(
        self, images: Array, *, few: int, count: int, seed: Sequence[int]
    ) -> Iterator[tuple[str, Iterator[Neuron]]]:
        """Every layer's name and `count` of its neurons (all, if it has fewer), with what they receive of the images.

        Which neurons: `seed` and the layer's place decide. Layers whose inputs are not known are left out
        (`layers.received`). `few` is how many images they are looked at with where not all are.
        """
        names = layer_names(self.model)
        tensors = zip(received(self.model), activations(self.model), strict=True)
        layers = {
            k: _Sampled(what, activation, np.random.default_rng([*seed, k]), count)
            for k, (what, activation) in enumerate(tensors)
            if what is not None
        }
        for group in _groups([layer.bytes_per_image * len(images) for layer in layers.values()]):
            places = [list(layers)[g] for g in group]
            chosen = [layers[k] for k in places]
            kept = self._run(
                [t for layer in chosen for t in layer.tensors],
                [keep for layer in chosen for keep in layer.keep],
                images,
                batch=CUTTING_BATCH,
            )
            for k, layer in zip(places, chosen, strict=True):
                size = len(layer.tensors)
                # No name for what is handed out: it would keep this group while the next is run.
                yield names[k], layer.neurons(kept[:size], np.asarray(self._kernels[k]), few)
                kept = kept[size:]

    def _run(self, tensors: Sequence[Any], keep: Sequence[Keep], images: Array, *, batch: int) -> list[Array]:
        """What is kept of each tensor for all images."""
        part = keras.Model(self.model.inputs, list(tensors))
        kept: list[Array] = []
        for i in range(0, len(images), batch):
            with _in_full():
                results = part.predict_on_batch(images[i : i + batch])
            # A list of one output comes back bare.
            taken = [f(result) for f, result in zip(keep, results if len(tensors) > 1 else [results], strict=True)]
            kept = kept or [np.empty((len(images), *piece.shape[1:]), piece.dtype) for piece in taken]
            for array, piece in zip(kept, taken, strict=True):
                array[i : i + batch] = piece
        return kept

    def _assign(self, kernels: Sequence[Array]) -> None:
        for variable, kernel in zip(self._kernels, kernels, strict=True):
            variable.assign(kernel)

    def _statistics(self) -> list[tuple[Array, Array]]:
        return [(layer.moving_mean.numpy(), layer.moving_variance.numpy()) for layer in self._normalizations]

    def _set_statistics(self, statistics: Sequence[tuple[Array, Array]]) -> None:
        for layer, (mean, variance) in zip(self._normalizations, statistics, strict=True):
            layer.moving_mean.assign(mean)
            layer.moving_variance.assign(variance)


class _Sampled:
    """Some neurons of one layer, and what is to be kept of its tensors to know what they receive."""

    def __init__(self, received: Received, activation: Any, rng: np.random.Generator, count: int) -> None:
        size = int(np.prod(activation.shape[1:]))
        self._chosen = np.sort(rng.choice(size, min(count, size), replace=False))
        *places, self._filters = np.unravel_index(self._chosen, activation.shape[1:])
        at = [(int(row), int(column)) for row, column in zip(*places, strict=True)] if places else []
        cuts: list[Keep] = [receptive.dense_inputs] * len(self._chosen)
        if received.options is not None:
            cuts = [partial(receptive.receptive_inputs, position=place, **received.options) for place in at]
        wide = bool(at) and min(received.outputs.shape[1:3]) > 1
        self._inputs, self._pooled = _Parts(received.inputs, cuts), received.pooled
        self._beside: dict[str, _Parts] = {}
        if wide:
            windows: list[Keep] = [partial(receptive.window_2019, position=place) for place in at]
            self._beside["window"] = _Parts(received.outputs, windows)
        if self._pooled is not None:
            options = {**(received.options or {}), **self._pooled.options}
            unpooled: list[Keep] = [partial(receptive.unpooled_inputs, position=place, **options) for place in at]
            self._beside["unpooled"] = _Parts(self._pooled.maps, unpooled)
        kept = (self._inputs, *self._beside.values())
        self.tensors = [activation, *(parts.tensor for parts in kept)]
        self.keep: list[Keep] = [self._answers, *(parts.keep for parts in kept)]
        self.bytes_per_image = 4 * sum(parts.size for parts in kept)

    def neurons(self, kept: Sequence[Array], kernel: Array, few: int) -> Iterator[Neuron]:
        """The neurons, one at a time: what they receive may be large."""
        active, inputs, *others = kept
        beside = list(zip(self._beside.items(), others, strict=True))
        for index, neuron in enumerate(self._filters.tolist()):
            yield Neuron(
                self._inputs.part(inputs, index),
                receptive.receptive_weights(kernel, neuron),
                active[:, index],
                few,
                **{name: parts.part(array, index) for (name, parts), array in beside},
                unpooled_weights=self._unpooled_weights(kernel, neuron),
            )

    def _unpooled_weights(self, kernel: Array, neuron: int) -> Array | None:
        if self._pooled is None:
            return None
        return receptive.unpooled_weights(kernel, neuron, self._pooled.options["pool_size"])

    def _answers(self, activations: Array) -> Array:
        answers: Array = activations.reshape(len(activations), -1)[:, self._chosen] > 0
        return answers


class _Parts:
    """Parts of a map, one for each neuron: kept cut out, or uncut where the whole map is less."""

    def __init__(self, tensor: Any, cuts: Sequence[Keep]) -> None:
        blank = np.zeros((1, *tensor.shape[1:]), np.float32)
        self.tensor, self._cuts = tensor, cuts
        self._ends = np.cumsum([cut(blank).shape[1] for cut in cuts], dtype=int)
        cut_out = int(self._ends[-1]) if cuts else 0
        self._whole = cut_out >= blank.size
        self.size = min(cut_out, blank.size)

    def keep(self, maps: Array) -> Array:
        return maps if self._whole else np.concatenate([cut(maps) for cut in self._cuts], axis=1)

    def part(self, kept: Array, index: int) -> Array:
        if self._whole:
            return self._cuts[index](kept)
        start = self._ends[index - 1] if index else 0
        return kept[:, start : self._ends[index]]


def _whole(maps: Array) -> Array:
    return maps


@contextmanager
def _normalizing_by_batch(layer: keras.layers.BatchNormalization) -> Iterator[None]:
    """Lets a layer normalize by each batch in inference too, and keep the batch's statistics."""
    call, momentum = layer.call, layer.momentum

    def by_batch(inputs: Any, training: bool | None = None, mask: Any = None) -> Any:  # noqa: ARG001
        return call(inputs, training=True, mask=mask)

    layer.call, layer.momentum = by_batch, 0.0
    try:
        yield
    finally:
        del layer.call
        layer.momentum = momentum


def _in_full() -> AbstractContextManager[Any]:
    """Lets a graphics card multiply with all digits of float32 where JAX would let it drop some (TensorFloat-32).

    Accuracies do without: nearly all images that a measuring runs forward are for them.
    """
    if keras.backend.backend() != "jax":
        return nullcontext()
    import jax

    precision: AbstractContextManager[Any] = jax.default_matmul_precision("highest")
    return precision


def _compiled(model: keras.Model) -> Callable[[Array], None]:
    """The network as one graph, run for what its layers change; traced when it is first called."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        graph: Callable[[Array], None] = tf.function(partial(model, training=False), reduce_retracing=True)
        return graph
    return epochs.changing(model) if backend == "jax" else partial(model, training=False)


def _counting(model: keras.Model) -> Callable[[Array, Array], int]:
    """What says how many images a network classifies right."""
    if keras.backend.backend() == "jax":
        return epochs.counting(model, BATCH)

    def count(images: Array, labels: Array) -> int:
        return sum(
            int(np.sum(np.argmax(model.predict_on_batch(images[i : i + BATCH]), axis=1) == labels[i : i + BATCH]))
            for i in range(0, len(labels), BATCH)
        )

    return count


def _pooled(batches: Sequence[tuple[Array, Array]], shares: Array) -> tuple[Array, Array]:
    """Mean and variance over all images from those of batches that hold these shares of them."""
    means, variances = (np.stack(values).astype(np.float64) for values in zip(*batches, strict=True))
    mean = shares @ means
    return mean, shares @ (variances + (means - mean) ** 2)


def _groups(sizes: Sequence[int]) -> list[list[int]]:
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
