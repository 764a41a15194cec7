"""Every indicator, one row each: what it is, what it needs, its unit and bounds, and where the thesis speaks of it.

`measurements` applies these rows to stored networks; a claim asks for a measurement by the name of its row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from indicators import activity, information, pruning, weights

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Layer:
    """What an activation indicator may look at: one layer's neurons on the sampled images."""

    activations: Array
    """(images, neurons), float32, after the layer's activation function."""
    labels: Array
    """(images,), integers."""
    pairs: int
    """How many pairs of neurons to sample."""
    seed: int | list[int]
    """Which of them: layers, and independent repetitions, have their own."""

    @cached_property
    def active(self) -> information.Packed:
        """Which neurons are above their own mean on which images, as bits."""
        return information.pack(information.binarize(self.activations))

    @cached_property
    def pairwise(self) -> tuple[float, float]:
        """Mean NMI over the sampled pairs: over all of them, and over those of two neurons that vary."""
        rng = np.random.default_rng(self.seed)
        pairs = information.sample_pairs(self.activations.shape[1], self.pairs, rng=rng)
        nmi = information.pairwise_nmi(self.active, pairs)
        alive = information.live(self.active)[pairs].all(axis=1)
        return float(nmi.mean()), float(nmi[alive].mean()) if alive.any() else 0.0


def _recorded(*_: Any) -> Any:
    raise TypeError("this measurement is kept while training; read it from the record instead of computing it")


def _evaluated_image(study: Any) -> float:
    """One image, of the split that has the fewest."""
    return 1.0 / float(min(study.data.train, study.data.validation, study.data.test))


def _pruning_image(study: Any) -> float:
    return 1.0 / float(min(study.measuring.pruning_images, study.data.test))


def _image(study: Any) -> float:
    return 1.0 / float(study.measuring.images)


def _pair(study: Any) -> float:
    return 1.0 / float(study.measuring.pairs)


def _roundoff_alone(_: Any) -> float:
    return 0.0


@dataclass(frozen=True)
class Indicator:
    """One row of the catalog."""

    name: str
    summary: str
    needs: Literal["weights", "layer", "pruning", "record"]
    """`weights`: (initial kernel, final kernel) -> float, per layer. `layer`: `Layer` -> float, per layer.
    `pruning`: (kernels, fractions, rng) -> masks for each fraction, giving an accuracy each.
    `record`: kept while training."""
    of: Callable[..., Any]
    unit: str
    bounds: tuple[float, float]
    section: str
    resolution: Callable[[Any], float] = _roundoff_alone
    """What one image, or one sampled pair, weighs in the number: no standard error is less than that."""
    untrained: bool = False
    """Whether it is measured on untrained networks too."""
    draws: bool = False
    """Whether it is repeated over random draws."""
    version: int = 1
    """Raised when the same name comes to mean another number: stored values of another version are measured anew."""


INFINITY = float("inf")

CATALOG: tuple[Indicator, ...] = (
    Indicator(
        "accuracy",
        "share of images classified right: running and evaluated on training, validation and test images",
        needs="record", of=_recorded, unit="share", bounds=(0, 1), section="6.1",
        resolution=_evaluated_image,
    ),
    Indicator(
        "cosine_distance",
        "1 - cosine of the angle between initial and final kernel: 0 unmoved, 1 orthogonal, 2 opposite",
        needs="weights", of=weights.cosine_distance, unit="1 - cos", bounds=(0, 2), section="7.1",
    ),
    Indicator(
        "norm_ratio",
        "norm of the initial over norm of the final kernel: below 1 the weights grew",
        needs="weights", of=weights.norm_ratio, unit="ratio", bounds=(0, INFINITY), section="7.2.3",
    ),
    Indicator(
        "alignment",
        "component of the weight change along the initial direction, over the final norm; 1 - ratio - cosine distance",
        needs="weights", of=weights.alignment, unit="ratio", bounds=(-INFINITY, 1), section="7.2.3",
    ),
    Indicator(
        "weight_change_std",
        "standard deviation of the weight changes of a layer",
        needs="weights", of=weights.weight_change_std, unit="weight", bounds=(0, INFINITY), section="7.2.1",
    ),
    Indicator(
        "magnitude_pruning",
        "test accuracy with a fraction of all weights, the smallest, set to zero",
        needs="pruning", of=lambda kernels, fractions, _: pruning.magnitude_masks(kernels, fractions),
        unit="accuracy", bounds=(0, 1), section="7.3.2", resolution=_pruning_image,
    ),
    Indicator(
        "random_pruning",
        "test accuracy with a random fraction of all weights set to zero",
        needs="pruning",
        of=lambda kernels, fractions, rng: (pruning.random_mask(kernels, share, rng=rng) for share in fractions),
        unit="accuracy", bounds=(0, 1), section="7.3.1", resolution=_pruning_image, draws=True,
    ),
    Indicator(
        "pairwise_nmi",
        "mean normalized mutual information of pairs of neurons of a layer; two constant neurons count as 1",
        needs="layer", of=lambda layer: layer.pairwise[0], unit="NMI", bounds=(0, 1), section="8.3",
        resolution=_pair, untrained=True, version=2,
    ),
    Indicator(
        "pairwise_nmi_live",
        "the same over pairs of neurons that both vary; 0 where there are none",
        needs="layer", of=lambda layer: layer.pairwise[1], unit="NMI", bounds=(0, 1), section="8.3.5",
        resolution=_pair, untrained=True, version=2,
    ),
    Indicator(
        "label_nmi",
        "mean normalized mutual information of a layer's neurons with the labels",
        needs="layer", of=lambda layer: float(information.label_nmi(layer.active, layer.labels).mean()),
        unit="NMI", bounds=(0, 1), section="8.3.7", resolution=_image, untrained=True,
    ),
    Indicator(
        "label_information",
        "mean share of the labels' entropy that a neuron carries",
        needs="layer", of=lambda layer: float(information.label_information(layer.active, layer.labels).mean()),
        unit="I/H(labels)", bounds=(0, 1), section="8.3.7", resolution=_image, untrained=True,
    ),
    Indicator(
        "never_active",
        "share of neurons that are zero on every image",
        needs="layer", of=lambda layer: float(activity.pathological(layer.activations)[0].mean()),
        unit="share", bounds=(0, 1), section="8.3.5", resolution=_image, untrained=True,
    ),
    Indicator(
        "always_active",
        "share of neurons that are above zero on every image",
        needs="layer", of=lambda layer: float(activity.pathological(layer.activations)[1].mean()),
        unit="share", bounds=(0, 1), section="8.3.5", resolution=_image, untrained=True,
    ),
    Indicator(
        "zero_ratio",
        "share of exact zeros among the activations of a layer",
        needs="layer", of=lambda layer: float(activity.zero_ratio(layer.activations).mean()),
        unit="share", bounds=(0, 1), section="8.3.6", resolution=_image, untrained=True,
    ),
    Indicator(
        "zero_ratio_binarized",
        "share of activations not above their neuron's mean",
        needs="layer", of=lambda layer: float(activity.zero_ratio(layer.activations, of="binarized").mean()),
        unit="share", bounds=(0, 1), section="8.3.6", resolution=_image, untrained=True,
    ),
)  # fmt: skip

INDICATORS = {row.name: row for row in CATALOG}
