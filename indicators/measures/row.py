"""What a row of the catalog says of an indicator, and what one image or pair weighs in its numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from indicators.measures import pruning
from indicators.measures.trajectories import learning

Needs = Literal[
    "record", "kernel", "kernels", "trajectory", "layer", "followed", "marked", "layers", "neuron", "pruning"
]
Invariance = Literal["order", "scale", "final scale", "sign", "images", "neurons", "gain"]


@dataclass(frozen=True)
class Sweep:
    """How the curve of a pruning indicator is taken."""

    fractions: Sequence[float] = tuple(pruning.FRACTIONS.tolist())
    images: str = "pruning_images"
    """Which field of `MeasuringSpec` says how many test images."""
    draws: bool = False
    """Whether it is repeated over random draws."""
    statistics: Literal["stored", "estimated"] = "stored"
    """Of batch normalization: as training left them, or estimated anew after every cut."""


@dataclass(frozen=True)
class Way:
    """One way in which rows are measured."""

    group: str
    """What its numbers are called where all are written together."""
    trained: bool = True
    """Whether networks are measured after training, or before it."""
    images: Literal["train", "test"] = "train"
    """That activations are sampled on."""
    statistics: Literal["stored", "estimated"] = "stored"
    """Of batch normalization: its moving averages, or what it has on the sampled images."""


TRAINED = Way("trained")
TEST_IMAGES = Way("test_images", images="test")
UNTRAINED = Way("untrained", trained=False)
UNTRAINED_ESTIMATED = Way("untrained_estimated", trained=False, statistics="estimated")
WAYS = (TRAINED, TEST_IMAGES, UNTRAINED, UNTRAINED_ESTIMATED)
"""All of them, in the order in which they are taken and written."""
BY_IMAGES = {way.images: way for way in (TRAINED, TEST_IMAGES)}
BY_STATISTICS = {way.statistics: way for way in (UNTRAINED, UNTRAINED_ESTIMATED)}


@dataclass(frozen=True)
class Indicator:
    """One row of the catalog."""

    name: str
    summary: str
    ends: str
    """What the ends of the scale mean."""
    needs: Needs
    """What `of` takes: a `Kernel`, `Trajectory`, `Layer` or `Neuron` of `inputs` (`kernel`, `trajectory`, `layer`,
    `neuron`); a `Layer` on images whose learning was followed (`followed`), or on test images that carry marks, which
    are its labels (`marked`); the `Layers` of a network (`layers`); all final kernels (`kernels`); or kernels,
    fractions and a generator, to give masks for each fraction (`pruning`: the indicator is the accuracy with each).
    `record`: nothing, it is logged, kept while training. What is asked of neurons is measured of a sample of each
    layer's: the layer has their mean."""
    of: Callable[..., Any]
    unit: str
    bounds: tuple[float, float]
    section: str
    resolution: Callable[[Any], float] = lambda _: 0.0
    """What one image, or one sampled pair, weighs in the number: no standard error is less than that."""
    axes: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    """Dimensions beside the layer, and their labels."""
    undefined: str = ""
    """Where the number does not exist and NaN stands for it; empty where it always exists."""
    invariant: tuple[Invariance, ...] = ()
    """Under what the number does not change: the order of a layer's weights, images or neurons, a factor on all
    weights or activations or on the final weights alone, their sign, a factor for each neuron (`gain`)."""
    sweep: Sweep = Sweep()
    untrained: bool = False
    """Whether it is measured on untrained networks too."""
    held_out: bool = False
    """Whether it is measured on test images too."""
    version: int = 1
    """Raised when the same name comes to mean another number: stored values of another version are measured anew."""

    @property
    def ways(self) -> tuple[Way, ...]:
        """How it is measured: of trained networks always, on test images and of untrained networks where it says so."""
        # Only what runs images forward depends on the statistics of untrained networks.
        estimated = self.untrained and self.needs in ("layer", "layers", "neuron")
        taken = {TRAINED: True, TEST_IMAGES: self.held_out, UNTRAINED: self.untrained, UNTRAINED_ESTIMATED: estimated}
        return tuple(way for way in WAYS if taken[way])

    @property
    def cost(self) -> str:
        """What it takes beside what other rows need as well."""
        return COSTS[self.needs]


COSTS = {
    "record": "nothing: kept while training",
    "kernel": "a sort of the weights at most",
    "kernels": "a sort of the weights",
    "trajectory": "nothing but arithmetic: a thousand weights are followed while training",
    "layer": "one pass over the sampled images for all such rows",
    "followed": "one pass over a thousand training images, asked about while training",
    "layers": "no pass of its own: that of the rows of layers",
    "marked": "one pass over as many test images, marked",
    "neuron": "the distances of all images, for every sampled neuron",
    "pruning": "a pass over the test images for every fraction and draw",
}


def logged(*_: Any) -> Any:
    """Raises TypeError: what is logged, kept while training, is read from the record and not computed."""
    raise TypeError("this measurement is kept while training; read it from the record instead of computing it")


def evaluated_image(study: Any) -> float:
    """One image, of the split that has the fewest."""
    return 1.0 / float(min(study.data.train, study.data.validation, study.data.test))


def pruning_image(study: Any) -> float:
    """One of the test images that the main pruning curves are taken on."""
    return 1.0 / float(min(study.measuring.pruning_images, study.data.test))


def variant_image(study: Any) -> float:
    """One of the test images that the other pruning curves are taken on."""
    return 1.0 / float(min(study.measuring.variant_images, study.data.test))


def image(study: Any) -> float:
    """One of the images that activations are sampled on."""
    return 1.0 / float(study.measuring.images)


def half_followed(study: Any) -> float:
    """One of the half of the images whose learning is followed while training."""
    return 2.0 / float(min(learning.ASKED, study.data.train))


def clustering_image(study: Any) -> float:
    """One of the images that silhouettes are taken of."""
    return 1.0 / float(study.measuring.clustering_images)


def pair(study: Any) -> float:
    """One sampled pair of neurons."""
    return 1.0 / float(study.measuring.pairs)
