"""What neurons share with each other: rows of the catalog."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from indicators.measures import information
from indicators.measures.inputs import BIN_EDGES, BINS, DISTANCES, LAYERS_APART, Layer, mean
from indicators.measures.row import Indicator, image, pair

NO_PAIR = "layers of a single neuron"
NOT_SO_FAR = "distances that no two layers have"
TOO_MANY = "layers of a single neuron, or of more than 2048"


def _pairs_given_labels(of: Callable[..., Any]) -> Callable[[Layer], float]:
    return lambda layer: mean(of(layer.active, layer.sampled, layer.labels)) if len(layer.sampled) else math.nan


ROWS: tuple[Indicator, ...] = (
    Indicator(
        "entropy", "mean entropy of a layer's neurons, above or below their own mean",
        "0 none varies, 0.693 each is above on half of the images",
        needs="layer", of=lambda layer: mean(information.entropy(layer.active)),
        unit="nats", bounds=(0, math.log(2)), section="8.3.6", resolution=image, untrained=True,
        invariant=("images", "neurons", "scale"),
    ),
    Indicator(
        "pairwise_nmi", "mean normalized mutual information of pairs of neurons; two that do not vary count as 1",
        "0 independent, 1 each tells the other",
        needs="layer", of=lambda layer: mean(layer.nmi), undefined=NO_PAIR,
        unit="NMI", bounds=(0, 1), section="8.3", resolution=pair, untrained=True, held_out=True, version=2,
        invariant=("images", "scale"),
    ),
    Indicator(
        "pairwise_nmi_live", "the same over pairs of neurons that both vary",
        "0 independent, 1 each tells the other",
        needs="layer", of=lambda layer: mean(layer.nmi[layer.living]), undefined="layers without two neurons that vary",
        unit="NMI", bounds=(0, 1), section="8.3.5", resolution=pair, untrained=True, held_out=True, version=3,
        invariant=("images", "scale"),
    ),
    Indicator(
        "pairwise_nmi_halves", "difference of mean shared information between two halves of the images, over its mean",
        "0 none, 2 nothing is shared in one half",
        needs="layer", of=lambda layer: layer.difference_of_halves,
        undefined="layers of a single neuron, and those that share nothing",
        unit="ratio", bounds=(0, 2), section="8.2", untrained=True, invariant=("scale",),
    ),
    Indicator(
        "pairwise_nmi_2019", "the same over all pairs, over the larger of two entropies as the numbers of 2019 have it",
        "0 independent, 1 each tells the other",
        needs="layer", undefined=NO_PAIR,
        of=lambda layer: mean(information.pairwise_nmi(layer.active, layer.sampled, average_method="max"))
        if len(layer.sampled) else math.nan,
        unit="NMI", bounds=(0, 1), section="8.3", resolution=pair, untrained=True, invariant=("images", "scale"),
    ),
    Indicator(
        "pairwise_nmi_exact", "mean normalized mutual information of all pairs of neurons of a layer",
        "0 independent, 1 each tells the other",
        needs="layer", of=lambda layer: layer.every_pair.mean if layer.every_pair else math.nan, undefined=TOO_MANY,
        unit="NMI", bounds=(0, 1), section="8.3", resolution=image, untrained=True,
        invariant=("images", "neurons", "scale"),
    ),
    Indicator(
        "pairwise_nmi_live_exact", "the same over all pairs of neurons that both vary",
        "0 independent, 1 each tells the other",
        needs="layer", of=lambda layer: layer.every_pair.live_mean if layer.every_pair else math.nan,
        undefined=f"{TOO_MANY}, or without two that vary",
        unit="NMI", bounds=(0, 1), section="8.3.5", resolution=image, untrained=True,
        invariant=("images", "neurons", "scale"),
    ),
    Indicator(
        "pairwise_nmi_histogram", "share of the sampled pairs of neurons by their normalized mutual information",
        "0 no pair, 1 all pairs in this hundredth of the scale",
        needs="layer", undefined=NO_PAIR,
        of=lambda layer: information.nmi_histogram(layer.nmi, BINS) / len(layer.nmi)
        if len(layer.nmi) else np.full(BINS, math.nan),
        unit="share", bounds=(0, 1), section="8.3.4", axes={"nmi": BIN_EDGES}, resolution=pair, untrained=True,
        invariant=("images", "scale"),
    ),
    Indicator(
        "pairwise_nmi_by_distance", "mean normalized mutual information of pairs of neurons by distance in the image",
        "0 independent, 1 each tells the other",
        needs="layer", of=lambda layer: np.array([layer.nmi_at_distance(distance) for distance in DISTANCES]),
        undefined="dense layers, and distances that a layer does not have",
        unit="NMI", bounds=(0, 1), section="8.3.4", axes={"pixels": DISTANCES}, resolution=pair, untrained=True,
        invariant=("images", "scale"),
    ),
    Indicator(
        "pairwise_information", "mean mutual information of pairs of neurons",
        "0 independent, 0.693 equal and above their mean on half of the images",
        needs="layer", undefined=NO_PAIR,
        of=_pairs_given_labels(lambda active, sampled, y: information.conditional_information(active, sampled, 0 * y)),
        unit="nats", bounds=(0, math.log(2)), section="8.3.7", resolution=pair, untrained=True,
        invariant=("images", "scale"),
    ),
    Indicator(
        "conditional_information", "mean mutual information of pairs of neurons given the label",
        "0 all they share is the class",
        needs="layer", of=_pairs_given_labels(information.conditional_information), undefined=NO_PAIR,
        unit="nats", bounds=(0, math.log(2)), section="8.3.7", resolution=pair, untrained=True,
        invariant=("images", "scale"),
    ),
    Indicator(
        "conditional_nmi", "mean normalized mutual information of pairs of neurons given the label",
        "0 all they share is the class, 1 each tells the other within every class",
        needs="layer", of=_pairs_given_labels(information.conditional_nmi), undefined=NO_PAIR,
        unit="NMI", bounds=(0, 1), section="8.3.7", resolution=pair, untrained=True, invariant=("images", "scale"),
    ),
    Indicator(
        "pairwise_nmi_across_layers", "mean normalized mutual information of neurons of two layers, by how far apart",
        "0 independent, 1 each tells the other",
        needs="layers", of=lambda layers: np.array([layers.nmi_across(apart) for apart in LAYERS_APART]),
        undefined=NOT_SO_FAR, unit="NMI", bounds=(0, 1), section="9.3", axes={"distance": LAYERS_APART},
        resolution=pair, invariant=("images",),
    ),
    Indicator(
        "pairwise_nmi_across_layers_floor", "the same with the images of the second neuron in random order",
        "what a finite number of images shows by chance",
        needs="layers", of=lambda layers: np.array([layers.nmi_across_floor(apart) for apart in LAYERS_APART]),
        undefined=NOT_SO_FAR, unit="NMI", bounds=(0, 1), section="9.3", axes={"distance": LAYERS_APART},
        resolution=pair, invariant=("images",),
    ),
    Indicator(
        "canonical_redundancy", "mean canonical correlation of halves of a layer's channels, less chance (SVCCA)",
        "0 as by chance, 1 each half tells the other",
        needs="layer", of=lambda layer: layer.canonical_redundancy,
        undefined="layers without two channels that vary, fewer than ten images, and images that are all alike",
        unit="correlation", bounds=(-1, 1), section="9.3", resolution=image, invariant=("scale",),
    ),
)  # fmt: skip
