"""What an indicator looks at: a layer's kernel or activations, a neuron and what it receives, weights over time.

Each holds arrays and the settings they are to be looked at with, and keeps what several indicators need of them, so
that it is computed once. `catalog` says which indicator looks at what.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np

from indicators.measures import (
    activity,
    clustering,
    distributions,
    information,
    representation,
    sparsity,
    weights,
)
from indicators.measures.arrays import Array, Floats, activation_matrix, finite_vector
from indicators.measures.representation import canonical
from indicators.measures.trajectories import learning

SHARES = tuple(np.linspace(0.0, 1.0, 101).tolist())
"""Where distributions are described by their quantiles."""
PLACES = tuple(np.sinh(np.linspace(-math.asinh(50), math.asinh(50), 201)).tolist())
"""Where densities are given, in root mean squares of a layer's weights: one axis for every layer and network."""
DISTANCES = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24)
"""Between the places of two neurons in the image, in pixels of their layer."""
LAYERS_APART = (1, 2, 4, 8)
"""How many layers further on the second neuron of a pair lies."""
SIDES = ("before", "after")
"""Of a pooling."""
BINS = 100
BIN_EDGES = tuple(float(edge) for edge in np.linspace(0, 1, BINS + 1)[:-1])
"""The lower ones, of histograms over shares."""
NEAR_ZERO = 0.1
"""In root mean squares."""
_CANONICAL_SEED, _FLOOR_SEED = 101, 102
"""Beyond all distances, which go into seeds too."""
AFFORDABLE_NEURONS = 2048
"""Whose pairs are all looked at."""


@dataclass(frozen=True, eq=False)
class Kernel:
    """The weights of one layer before and after training, of equal shapes, the neurons on the last axis."""

    initial: Array
    final: Array

    @cached_property
    def change(self) -> Floats:
        """What training added to every weight."""
        return weights.weight_change(self.initial, self.final)

    @cached_property
    def initial_scale(self) -> float:
        """Root mean square of the initial weights."""
        return _root_mean_square(self.initial)

    @cached_property
    def final_scale(self) -> float:
        """Root mean square of the final weights."""
        return _root_mean_square(self.final)


@dataclass(frozen=True, eq=False)
class Layer:
    """The activations of one layer's neurons on some images."""

    activations: Array
    """(images, neurons), float32, after the layer's activation function."""
    labels: Array
    """(images,), integers."""
    pairs: int
    """How many pairs of neurons to sample."""
    seed: int | list[int]
    """Which of them, and which orders of the labels: layers, and independent repetitions, have their own."""
    label_draws: int = 10
    """How many random orders of the labels tell what chance gives."""
    shape: tuple[int, int, int] | None = None
    """(height, width, channels) of the neurons, where they have places in the image."""
    learned: Array | None = None
    """(images,), the epoch from which the network gets each right to the end; None where nobody asked."""

    @property
    def size(self) -> int:
        """Number of neurons."""
        return int(activation_matrix(self.activations).shape[1])

    @property
    def channels(self) -> int:
        """Number of channels; of neurons, where these have no places."""
        return self.shape[2] if self.shape else self.size

    @cached_property
    def active(self) -> information.Packed:
        """Which neurons are above their own mean on which images, as bits."""
        return information.pack(information.binarize(self.activations))

    @cached_property
    def sampled(self) -> Array:
        """The sampled pairs of neurons, (pairs, 2); none of a single neuron."""
        rng = np.random.default_rng(self.seed)
        return information.sample_pairs(self.size, self.pairs, rng=rng) if self.size > 1 else np.empty((0, 2), int)

    @cached_property
    def living(self) -> Array:
        """Which of the sampled pairs are of two neurons that vary, (pairs,)."""
        return np.asarray(information.live(self.active)[self.sampled].all(axis=1))

    @cached_property
    def nmi(self) -> Floats:
        """NMI of each sampled pair, (pairs,)."""
        return information.pairwise_nmi(self.active, self.sampled) if len(self.sampled) else np.empty(0)

    @property
    def difference_of_halves(self) -> float:
        """Difference between the mean NMI of the sampled pairs on every other image and on the rest, over its mean."""
        if len(self.sampled) == 0 or len(self.labels) < 2:
            return math.nan
        halves = [information.binarize(self.activations[start::2]) for start in (0, 1)]
        means = [float(information.pairwise_nmi(half, self.sampled).mean()) for half in halves]
        return abs(means[0] - means[1]) / (sum(means) / 2) if sum(means) > 0 else math.nan

    @cached_property
    def spectrum(self) -> tuple[Floats, Floats]:
        """Variances and directions of the activations among the images, see `representation.spectrum`."""
        return representation.spectrum(representation.centered_gram(self.activations))

    @cached_property
    def every_pair(self) -> information.AllPairs | None:
        """What all pairs share, None where there are too many or none."""
        return information.all_pairs(self.active) if 1 < self.size <= AFFORDABLE_NEURONS else None

    @cached_property
    def active_shares(self) -> Floats:
        """Share of the images on which each neuron is above zero, (neurons,)."""
        return activity.active_share(self.activations)

    def nmi_at_distance(self, distance: int) -> float:
        """Mean NMI of pairs of neurons whose places are so far apart, NaN where there are none."""
        if self.shape is None or distance >= max(self.shape[:2]) or (distance == 0 and self.shape[2] == 1):
            return math.nan
        rng = np.random.default_rng([*np.atleast_1d(self.seed), distance])
        sampled = information.sample_pairs_at_distance(self.shape, distance, self.pairs, rng=rng)
        return float(information.pairwise_nmi(self.active, sampled).mean())

    @property
    def canonical_redundancy(self) -> float:
        """`canonical.canonical_redundancy` of some places of the images."""
        rng = np.random.default_rng([*np.atleast_1d(self.seed), _CANONICAL_SEED])
        points = canonical.points_of(self.activations, self.channels, rng=rng)
        return canonical.canonical_redundancy(points, rng=rng)

    @property
    def information_by_difficulty(self) -> Floats:
        """Mean information of the neurons on the labels of images learned early, and late, less its floor, (2,)."""
        if self.learned is None or len(self.learned) < 2:
            return np.full(len(learning.DIFFICULTIES), math.nan)
        if self.learned.shape != self.labels.shape or len(self.activations) != len(self.labels):
            shapes = np.shape(self.activations), self.labels.shape, self.learned.shape
            raise ValueError(f"activations, labels and learned of shapes {shapes}: expected the same images in all")
        early = learning.learned_early(self.learned)
        halves = (
            replace(self, activations=self.activations[half], labels=self.labels[half], learned=None)
            for half in (early, ~early)
        )
        return np.array([half._information_beyond_chance for half in halves])

    @property
    def _information_beyond_chance(self) -> float:
        found = information.label_information(self.active, self.labels)
        return float((found - self.floor(information.label_information)).mean())

    def floor(self, of: Any) -> Floats:
        """What each neuron would tell about labels in random order, (neurons,)."""
        rng = np.random.default_rng(self.seed)
        return information.label_floor(self.active, self.labels, draws=self.label_draws, rng=rng, of=of)


@dataclass(frozen=True, eq=False)
class Layers:
    """All layers of a network on the same images."""

    active: tuple[information.Active, ...]
    """Of each layer, which neurons are above their own mean on which images: (images, neurons) bool, or packed."""
    pairs: int
    """How many pairs of neurons to sample at every distance, at least."""
    seed: int | list[int]
    """Which of them."""

    def nmi_across(self, apart: int) -> float:
        """Mean NMI of pairs of neurons that lie so many layers apart, NaN where no two layers do."""
        return mean(self._of_pairs(information.nmi_across, apart))

    def nmi_across_floor(self, apart: int) -> float:
        """The same of the same pairs, with the images of the second neuron in random order."""
        rng = np.random.default_rng([*np.atleast_1d(self.seed), apart, _FLOOR_SEED])
        return mean(self._of_pairs(partial(information.nmi_across_floor, rng=rng), apart))

    def _of_pairs(self, of: Callable[..., Floats], apart: int) -> Floats:
        """What a function gives for the sampled pairs, equally many from every two layers that lie so far apart."""
        rng = np.random.default_rng([*np.atleast_1d(self.seed), apart])
        both = list(zip(self.active, self.active[apart:], strict=False))
        count = -(-self.pairs // max(len(both), 1))
        return np.concatenate([np.empty(0), *(of(*two, _pairs_of(two, count, rng)) for two in both)])


@dataclass(frozen=True, eq=False)
class Neuron:
    """One neuron, what it receives and when it answers."""

    inputs: Array
    """(images, d), of its receptive field."""
    weights: Array
    """(d,)."""
    active: Array
    """(images,), bool: above zero."""
    images: int
    """How many of the images, the first, are looked at where not all are."""
    window: Array | None = None
    """(images, any), what 2019 took for the inputs; None where that does not exist."""
    unpooled: Array | None = None
    """(images, u), what the pooling before the layer read to make the inputs; None where there is none."""
    unpooled_weights: Array | None = None
    """(u,), the weight of the input that each is pooled into."""

    @cached_property
    def silhouettes(self) -> dict[str, clustering.Silhouette]:
        """`clustering.neighborhood_silhouette` of every metric, as the thesis sets it."""
        return {
            metric: received.silhouette(closest=0.1, neighborhood=0.2) for metric, received in self._received.items()
        }

    def active_neighbors(self, metric: str) -> float:
        """`clustering.active_neighbors` of the 5 % nearest of the 5 % most central, as in figure 8.10."""
        return self._received[metric].active_neighbors(closest=0.05, neighborhood=0.05).value

    def curve(self, metric: str) -> Floats:
        """`clustering.neighborhood_curve` on all images, (sizes,)."""
        if self.images >= len(self.inputs):
            return self._received[metric].curve(closest=0.2).values
        return clustering.neighborhood_curve(self.inputs, self.weights, self.active, metric=metric).values

    @cached_property
    def _received(self) -> dict[str, clustering.NeuronInputs]:
        """By metric, of the images that are looked at."""
        few = slice(self.images)
        of_few = self.inputs[few], self.weights, self.active[few]
        return {metric: clustering.NeuronInputs(*of_few, metric) for metric in clustering.METRICS}

    def silhouette_2019(self, metric: str) -> float:
        """The silhouette of what 2019 took for the inputs, unweighted; NaN where there is no such thing."""
        if self.window is None:
            return math.nan
        few = slice(self.images)
        ones = np.ones(self.window.shape[1])
        return clustering.neighborhood_silhouette(self.window[few], ones, self.active[few], metric=metric).value

    def silhouette_by_pooling(self, metric: str) -> Floats:
        """The silhouette by what the pooling before the layer read, and by what it gave, (2,).

        NaN for both where one does not exist: means over neurons are then of the same ones.
        """
        if self.unpooled is None or self.unpooled_weights is None:
            return np.full(len(SIDES), math.nan)
        few = slice(self.images)
        before = clustering.neighborhood_silhouette(
            self.unpooled[few], self.unpooled_weights, self.active[few], metric=metric
        )
        values = np.array([before.value, self.silhouettes[metric].value])
        return np.where(np.isnan(values).any(), math.nan, values)


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Some weights of every layer, from before the training to its end, and the gradients by them."""

    weights: Array
    """(epochs + 1, weights), the initial ones first."""
    gradients: Array
    """(epochs, weights), after each epoch, on the same images."""
    layer: Array
    """(weights,), the place of each one's layer in the network."""


def mean(values: Array) -> float:
    """Mean of the values that are defined, NaN where there is none."""
    defined = np.asarray(values)[~np.isnan(values)]
    return float(defined.mean()) if defined.size else math.nan


def _pairs_of(layers: Sequence[information.Active], count: int, rng: np.random.Generator) -> Array:
    """Pairs of a neuron of the one layer and one of the other, (count, 2)."""
    return np.stack([rng.integers(len(information.as_packed(layer).counts), size=count) for layer in layers], axis=1)


def density(values: Array, scale: float) -> Floats:
    """Density of the values in units of a scale, at `PLACES`; NaN where the scale or the spread is zero."""
    return distributions.density(values / scale, PLACES) if scale != 0 else np.full(len(PLACES), math.nan)


def near_zero(values: Array, scale: float) -> float:
    """Share of the values nearer to zero than a tenth of a scale; NaN where the scale is zero."""
    return sparsity.near_zero_share(values, NEAR_ZERO * scale) if scale != 0 else math.nan


def _root_mean_square(values: Array) -> float:
    return float(np.sqrt(np.mean(np.square(finite_vector(values, "weights")))))
