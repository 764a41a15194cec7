"""How single weights, and the gradients that move them, go through a training: a thousand of them, epoch by epoch.

Weights are compared within their layer: a weight's size is its magnitude over the root mean square of the followed
weights of its layer at that epoch. Thirds of a layer's weights, and of a training, are as equal as numbers allow.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from indicators.measures.arrays import Array, Floats

FOLLOWED = 1000
SIZES = ("smallest", "middle", "largest")
STAGES = ("early", "middle", "late")
TRAJECTORY_SEED = 6


@dataclass(frozen=True)
class Following:
    """Some weights of every layer, the same for all networks of a seed, and what became of them so far."""

    places: tuple[Array, ...]
    """Of each layer, in its flattened kernel."""
    weights: Array
    """(epochs + 1, weights), the initial ones first, float32."""
    gradients: Array
    """(epochs, weights), after each epoch, float32."""

    @classmethod
    def start(cls, kernels: Sequence[Array], seed: int, stored: dict[str, Array] | None = None) -> Following:
        """Chooses weights, equally many of every kernel that has them; goes on from what is stored."""
        count = FOLLOWED // len(kernels)
        rng = np.random.default_rng([TRAJECTORY_SEED, seed])
        places = tuple(np.sort(rng.choice(k.size, min(count, k.size), replace=False)) for k in kernels)
        total = sum(map(len, places))
        blank = {"weights": _picked(kernels, places)[None], "gradients": np.empty((0, total), np.float32)}
        known = stored or blank
        return cls(places, known["weights"], known["gradients"])

    def after(self, kernels: Sequence[Array], gradients: Sequence[Array]) -> Following:
        """The same after one more epoch."""
        return Following(
            self.places,
            np.concatenate([self.weights, _picked(kernels, self.places)[None]]),
            np.concatenate([self.gradients, _picked(gradients, self.places)[None]]),
        )

    @property
    def arrays(self) -> dict[str, Array]:
        """As they are stored: `weights`, `gradients`, and the place of each weight's layer in the network."""
        layer = np.repeat(np.arange(len(self.places)), [len(places) for places in self.places])
        return {"weights": self.weights, "gradients": self.gradients, "layer": layer.astype(np.int32)}


def gradient_size(weights: Array, gradients: Array, layer: Array) -> Floats:
    """Mean magnitude of the gradient by final size of the weight and stage of the training, (3, 3), layers alike.

    In units of the mean over all followed weights of the layer at the same epoch: 1 is average, 0 none. NaN for a
    stage without an epoch, and for layers whose gradients are all zero. weights: (epochs + 1, n); gradients:
    (epochs, n); layer: (n,). Thesis section 7.2.5.
    """

    def of_layer(mine: Array) -> Floats:
        sizes = np.abs(gradients[:, mine].astype(float))
        mean = sizes.mean(1, keepdims=True)
        return _by_stage(np.divide(sizes, mean, out=np.full(sizes.shape, np.nan), where=mean > 0))

    return _by_final_size(weights, gradients, layer, of_layer)


def gradient_sign_flips(weights: Array, gradients: Array, layer: Array) -> Floats:
    """Share of epochs whose gradient has another sign than the epoch before, by final size and stage, (3, 3).

    0 never, 1/2 as by chance, 1 always. An epoch without a gradient has no sign. Shapes as `gradient_size`.
    """

    def of_layer(mine: Array) -> Floats:
        product = np.sign(gradients[1:, mine].astype(float)) * np.sign(gradients[:-1, mine].astype(float))
        return _by_stage(np.where(product == 0, np.nan, product < 0))

    return _by_final_size(weights, gradients, layer, of_layer)


def weight_growth(weights: Array, gradients: Array, layer: Array) -> Floats:
    """Mean change of a weight's size from half of the training to its end, by its size at half, (3,), layers alike.

    0: none. Where weights mix at random, the smallest grow and the largest shrink. NaN for fewer than two epochs.
    """
    _require(weights, gradients, layer)
    half = len(weights) // 2
    if half == 0 or half == len(weights) - 1:
        return np.full(len(SIZES), math.nan)

    def of_layer(mine: Array) -> Floats:
        sizes = _sizes(weights[:, mine])
        third = _thirds(sizes[half])
        change = sizes[-1] - sizes[half]
        return np.array([_mean(change[third == k]) for k in range(len(SIZES))])

    return _over_layers(layer, of_layer)


def settling_time(weights: Array, gradients: Array, layer: Array) -> Floats:
    """When weights come to the third of their layer that they end in, to stay, by that third, (3,), layers alike.

    As a share of the training: 0 they start there and never leave it, 1 they come there with the last epoch.
    NaN without an epoch.
    """
    _require(weights, gradients, layer)
    epochs = len(weights) - 1
    if epochs < 1:
        return np.full(len(SIZES), math.nan)

    def of_layer(mine: Array) -> Floats:
        third = np.array([_thirds(row) for row in _sizes(weights[:, mine])])
        elsewhere = third != third[-1]
        last_away = np.where(elsewhere.any(0), epochs - np.argmax(elsewhere[::-1], axis=0), -1)
        return np.array([_mean((last_away[third[-1] == k] + 1) / epochs) for k in range(len(SIZES))])

    return _over_layers(layer, of_layer)


def _picked(kernels: Sequence[Array], places: Sequence[Array]) -> Array:
    return np.concatenate([k.ravel()[p] for k, p in zip(kernels, places, strict=True)]).astype(np.float32)


def _require(weights: Array, gradients: Array, layer: Array) -> None:
    shapes = tuple(map(np.shape, (weights, gradients, layer)))
    if len(shapes[0]) != 2 or 0 in shapes[0] or shapes != (shapes[0], (shapes[0][0] - 1, shapes[0][1]), shapes[0][1:]):
        raise ValueError(f"shapes {shapes}: expected weights (epochs + 1, n), gradients (epochs, n), layer (n,), n > 0")
    if not (np.isfinite(weights).all() and np.isfinite(gradients).all()):
        raise ValueError("weights or gradients include NaN or infinity; expected finite numbers")


def _sizes(weights: Array) -> Floats:
    """Magnitudes over the root mean square of each row; 0 in rows of zeros."""
    sizes = np.abs(weights.astype(float))
    scale = np.sqrt((sizes**2).mean(1, keepdims=True))
    return np.asarray(np.divide(sizes, scale, out=np.zeros_like(sizes), where=scale > 0))


def _thirds(values: Array) -> Array:
    """The third that each value falls into, by rank: 0 the smallest; ties by place."""
    ranks = np.empty(len(values), int)
    ranks[np.argsort(values, kind="stable")] = np.arange(len(values))
    return ranks * len(SIZES) // len(values)


def _by_stage(values: Floats) -> Floats:
    """Mean over the epochs of each stage, (3, n), of values (epochs, n)."""
    return np.array([_mean(part, axis=0) for part in np.array_split(values, len(STAGES))])


def _by_final_size(weights: Array, gradients: Array, layer: Array, of_layer: Any) -> Floats:
    """Mean over each third of a layer's weights by their final size, then over layers, (3 sizes, 3 stages)."""
    _require(weights, gradients, layer)

    def of(mine: Array) -> Floats:
        third = _thirds(np.abs(weights[-1, mine]))
        values = of_layer(mine)
        return np.array([_mean(values[:, third == k], axis=1) for k in range(len(SIZES))])

    return _over_layers(layer, of)


def _over_layers(layer: Array, of_layer: Any) -> Floats:
    return np.asarray(_mean(np.array([of_layer(np.flatnonzero(layer == k)) for k in np.unique(layer)]), axis=0))


def _mean(values: Array, axis: int | None = None) -> Any:
    """Mean of what is not NaN, NaN where nothing is."""
    known = ~np.isnan(values)
    count = known.sum(axis)
    total = np.where(known, values, 0.0).sum(axis)
    return np.divide(total, count, out=np.full(np.shape(total), np.nan), where=count > 0)[()]
