"""What indicators are put to: one row for each kind of input, with its ordinary, degenerate and bad worlds.

A world is what an indicator is asked about: a `Kernel`, a `Trajectory`, a `Layer`, a network's `Layers`, a `Neuron` or
a list of kernels.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from indicators.measures.arrays import Array
from indicators.measures.inputs import Kernel, Layer, Layers, Neuron, Trajectory

FACTOR = 8.0
"""A power of two, so that a change of scale is exact."""

Derived = Mapping[str, Callable[[Any], Any]]
"""By what it is: how it is made of an ordinary world."""


@dataclass(frozen=True)
class Worlds:
    """What an indicator of one kind of input is put to."""

    ordinary: Callable[[np.random.Generator], Any]
    """Draws a world in which everything varies, but for some silent neurons."""
    degenerate: Derived = field(default_factory=dict)
    """Where nothing varies, nothing is active, or there is one of everything: still a number, or NaN."""
    bad: Derived = field(default_factory=dict)
    """What is an error and never a number, beside NaN and infinity."""
    changes: Mapping[str, Callable[[Any, np.random.Generator], Any]] = field(default_factory=dict)
    """By the name of an invariance: the change that must not matter to an indicator that declares it."""


# --- Ordinary worlds


def _kernel(rng: np.random.Generator) -> Kernel:
    shape = [(3, 3, 2, 4), (6, 5), (1, 1, 3, 8)][rng.integers(3)]
    initial = rng.uniform(-1, 1, shape)
    final = rng.uniform(0.2, 2) * initial + rng.uniform(0.1, 1) * rng.normal(size=shape)
    return Kernel(initial, final)


def _kernels(rng: np.random.Generator) -> list[Array]:
    return [rng.normal(size=shape) for shape in ((3, 3, 2, 4), (8, 5), (5, 3))]


def _trajectory(rng: np.random.Generator) -> Trajectory:
    epochs, layer = int(rng.integers(6, 12)), np.repeat(np.arange(3), [7, 12, 3])
    weights = np.cumsum(rng.normal(size=(epochs + 1, len(layer))), axis=0)
    return Trajectory(weights, rng.normal(size=(epochs, len(layer))), layer)


def _layer(rng: np.random.Generator) -> Layer:
    images, shape = int(rng.integers(12, 40)), (2, int(rng.integers(2, 4)), 3)
    neurons = math.prod(shape)
    activations = np.maximum(rng.normal(size=(images, neurons)) + rng.uniform(-1, 1, neurons), 0)
    labels = rng.permutation(np.arange(images) % 3)
    # A neuron that is never silent in two classes at least: nothing is undefined for all.
    activations[:, 0] = 1 + labels + 0.1 * rng.random(images)
    activations[:, 1] = 1 - 0.5 * (labels == 1) + 0.1 * rng.random(images)
    return Layer(activations, labels, pairs=40, seed=int(rng.integers(100)), label_draws=2, shape=shape)


def _followed(rng: np.random.Generator) -> Layer:
    layer = _layer(rng)
    return replace(layer, learned=rng.integers(1, 9, len(layer.labels)))


def _layers(rng: np.random.Generator) -> Layers:
    images, sizes = int(rng.integers(12, 40)), rng.integers(1, 9, 10)
    active = tuple(rng.random((images, size)) < rng.uniform(0.1, 0.9, size) for size in sizes)
    return Layers(active, pairs=40, seed=int(rng.integers(100)))


def _neuron(rng: np.random.Generator) -> Neuron:
    images, inputs = int(rng.integers(40, 80)), int(rng.integers(2, 12))
    received = np.maximum(rng.normal(size=(images, inputs)) + 0.5, 0) + 1e-3 * rng.random((images, inputs))
    weights = rng.normal(size=inputs)
    window, unpooled = rng.normal(size=(images, 4)), np.repeat(received, 4, axis=1)
    unpooled *= rng.random(unpooled.shape)
    return Neuron(received, weights, received @ weights > 0, images, window, unpooled, np.repeat(weights, 4))


# --- Arrays of worlds


def arrays_of(world: Any) -> list[Array]:
    """Every array of a world."""
    members = world if isinstance(world, list) else [getattr(world, field.name) for field in fields(world)]
    several = (member if isinstance(member, tuple) else (member,) for member in members)
    return [array for some in several for array in some if isinstance(array, np.ndarray)]


def mapped(world: Any, function: Callable[[Array], Array]) -> Any:
    """The world anew, with a function applied to every array of it."""
    if isinstance(world, list):
        return [function(array) for array in world]

    def of(member: Any) -> Any:
        if isinstance(member, tuple):
            return tuple(map(of, member))
        return function(member) if isinstance(member, np.ndarray) else member

    return replace(world, **{field.name: of(getattr(world, field.name)) for field in fields(world)})


def cast(world: Any, kind: type) -> Any:
    """The world with its real numbers in another precision."""
    return _on_numbers(world, lambda array: array.astype(kind))


def spoiled(world: Any, value: float) -> Any:
    """The world with one number replaced in every array of real numbers."""

    def spoil(array: Array) -> Array:
        copied = array.copy()
        copied.flat[array.size // 2] = value
        return copied

    return _on_numbers(world, spoil)


def _on_numbers(world: Any, function: Callable[[Array], Array]) -> Any:
    return mapped(world, lambda array: function(array) if array.dtype.kind == "f" else array)


def _zeros(world: Any, name: str) -> Any:
    return replace(world, **{name: np.zeros_like(getattr(world, name))})


def _ones(world: Any, name: str) -> Any:
    return replace(world, **{name: np.ones_like(getattr(world, name))})


# --- Changes that must not matter


def _scaled(world: Any, _: np.random.Generator) -> Any:
    return _on_numbers(world, lambda array: array * FACTOR)


def _negated(world: Any, _: np.random.Generator) -> Any:
    return _on_numbers(world, np.negative)


def _reordered(kernel: Kernel, rng: np.random.Generator) -> Any:
    order = rng.permutation(kernel.initial.size)
    return mapped(kernel, lambda array: array.ravel()[order].reshape(array.shape))


def _other_neurons(kernel: Kernel, rng: np.random.Generator) -> Any:
    order = rng.permutation(kernel.initial.shape[-1])
    return mapped(kernel, lambda array: array[..., order])


def _other_gains(kernel: Kernel, rng: np.random.Generator) -> Any:
    gains = 2.0 ** rng.integers(-3, 4, kernel.initial.shape[-1])
    return mapped(kernel, lambda array: array * gains)


def _other_images(layer: Layer, rng: np.random.Generator) -> Layer:
    order = rng.permutation(len(layer.labels))
    return replace(layer, activations=layer.activations[order], labels=layer.labels[order])


def _other_images_of_layers(layers: Layers, rng: np.random.Generator) -> Any:
    order = rng.permutation(len(arrays_of(layers)[0]))
    return mapped(layers, lambda array: array[order])


def _other_neurons_of_layer(layer: Layer, rng: np.random.Generator) -> Layer:
    return replace(layer, activations=layer.activations[:, rng.permutation(layer.activations.shape[1])])


def _other_images_of_neuron(neuron: Neuron, rng: np.random.Generator) -> Any:
    order = rng.permutation(len(neuron.active))
    return _of_images(neuron, lambda array: array[order])


def _of_images(neuron: Neuron, function: Callable[[Array], Array]) -> Any:
    """The neuron with a function applied to everything that it holds of each image."""
    weights = (neuron.weights, neuron.unpooled_weights)
    return mapped(neuron, lambda array: array if any(array is of for of in weights) else function(array))


# --- The table

WORLDS: dict[str, Worlds] = {
    "kernel": Worlds(
        _kernel,
        degenerate={
            "weights that did not move": lambda world: Kernel(world.initial, world.initial.copy()),
            "final weights of zeros": lambda world: _zeros(world, "final"),
            "weights of zeros": lambda world: _zeros(_zeros(world, "initial"), "final"),
            "initial weights of zeros": lambda world: _zeros(world, "initial"),
            "weights that are all equal": lambda _: Kernel(np.full((2, 3), 0.5), np.full((2, 3), 0.25)),
            "a single weight": lambda _: Kernel(np.array([[0.5]]), np.array([[-0.25]])),
        },
        bad={
            "no weights": lambda _: Kernel(np.empty((0, 2)), np.empty((0, 2))),
            "complex weights": lambda world: mapped(world, lambda array: array + 0j),
        },
        changes={
            "order": _reordered,
            "scale": _scaled,
            "final scale": lambda kernel, _: replace(kernel, final=kernel.final * FACTOR),
            "sign": _negated,
            "neurons": _other_neurons,
            "gain": _other_gains,
        },
    ),
    "kernels": Worlds(
        _kernels,
        degenerate={
            "kernels of zeros": lambda world: mapped(world, np.zeros_like),
            "a kernel of a single weight": lambda _: [np.array([[0.5]])],
        },
        bad={"no kernel": lambda _: []},
        changes={"scale": _scaled, "sign": _negated},
    ),
    "trajectory": Worlds(
        _trajectory,
        degenerate={
            "weights that did not move": lambda world: _ones(world, "weights"),
            "weights of zeros": lambda world: _zeros(world, "weights"),
            "gradients of zeros": lambda world: _zeros(world, "gradients"),
            "one epoch": lambda world: replace(world, weights=world.weights[:2], gradients=world.gradients[:1]),
            "no epoch": lambda world: replace(world, weights=world.weights[:1], gradients=world.gradients[:0]),
            "one weight": lambda world: Trajectory(world.weights[:, :1], world.gradients[:, :1], world.layer[:1]),
        },
        bad={
            "no weights": lambda world: Trajectory(world.weights[:, :0], world.gradients[:, :0], world.layer[:0]),
            "as many gradients as weights": lambda world: replace(world, gradients=world.weights),
        },
        changes={"scale": _scaled, "sign": _negated},
    ),
    "layer": Worlds(
        _layer,
        degenerate={
            "neurons that are never active": lambda world: _zeros(world, "activations"),
            "neurons that do not vary": lambda world: _ones(world, "activations"),
            "labels of one class": lambda world: _zeros(world, "labels"),
            "one image": lambda world: replace(world, activations=world.activations[:1], labels=world.labels[:1]),
            "one neuron": lambda world: replace(world, activations=world.activations[:, :1], shape=(1, 1, 1)),
            "a dense layer": lambda world: replace(world, shape=None),
            "negative activations": lambda world: replace(world, activations=world.activations - 1),
            "images that are all the same": lambda world: replace(
                world, activations=np.repeat(world.activations[:1], 7, 0), labels=np.arange(7) % 2
            ),
        },
        bad={
            "no images": lambda world: replace(world, activations=world.activations[:0], labels=world.labels[:0]),
            "activations without an axis for the images": lambda world: replace(
                world, activations=world.activations[0]
            ),
            "activations that are text": lambda world: replace(world, activations=world.activations.astype(str)),
        },
        changes={"images": _other_images, "neurons": _other_neurons_of_layer, "scale": _scaled},
    ),
    "followed": Worlds(
        _followed,
        degenerate={
            "neurons that are never active": lambda world: _zeros(world, "activations"),
            "labels of one class": lambda world: _zeros(world, "labels"),
            "images that are all learned at once": lambda world: _ones(world, "learned"),
            "one image": lambda world: replace(
                world, activations=world.activations[:1], labels=world.labels[:1], learned=world.learned[:1]
            ),
            "two images": lambda world: replace(
                world, activations=world.activations[:2], labels=world.labels[:2], learned=world.learned[:2]
            ),
            "one neuron": lambda world: replace(world, activations=world.activations[:, :1], shape=(1, 1, 1)),
        },
        bad={
            "activations of other images": lambda world: replace(world, activations=world.activations[1:]),
            "activations that are text": lambda world: replace(world, activations=world.activations.astype(str)),
        },
        changes={"neurons": _other_neurons_of_layer, "scale": _scaled},
    ),
    "layers": Worlds(
        _layers,
        degenerate={
            "neurons that are never active": lambda world: mapped(world, np.zeros_like),
            "one layer": lambda world: replace(world, active=world.active[:1]),
            "layers of one neuron": lambda world: mapped(world, lambda array: array[:, :1]),
            "one image": lambda world: mapped(world, lambda array: array[:1]),
        },
        bad={
            "no images": lambda world: mapped(world, lambda array: array[:0]),
            "other images in one layer": lambda world: replace(world, active=(world.active[0][1:], *world.active[1:])),
            "activations that are not binarized": lambda world: mapped(world, lambda array: array + 0.5),
        },
        changes={"images": _other_images_of_layers},
    ),
    "neuron": Worlds(
        _neuron,
        degenerate={
            "a neuron that is never active": lambda world: _zeros(world, "active"),
            "a neuron that is always active": lambda world: _ones(world, "active"),
            "inputs of zeros": lambda world: _zeros(world, "inputs"),
            "weights of zeros": lambda world: _zeros(world, "weights"),
            "inputs that are all the same": lambda world: replace(
                world, inputs=np.repeat(world.inputs[:1], world.images, 0)
            ),
            "no window": lambda world: replace(world, window=None),
            "no pooling": lambda world: replace(world, unpooled=None, unpooled_weights=None),
            "a pooling that read zeros": lambda world: _zeros(world, "unpooled"),
            "one image": lambda world: _of_images(replace(world, images=1), lambda array: array[:1]),
        },
        bad={
            "no images": lambda world: _of_images(world, lambda array: array[:0]),
        },
        changes={"images": _other_images_of_neuron, "scale": _scaled},
    ),
    "pruning": Worlds(_kernels),
}
"""By what an indicator needs."""
WORLDS["marked"] = WORLDS["layer"]
