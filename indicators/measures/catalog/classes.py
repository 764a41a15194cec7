"""What a layer's neurons tell about the labels, one by one and together: rows of the catalog."""

import math

import numpy as np

from indicators.measures import activity, information, representation
from indicators.measures.inputs import BIN_EDGES, BINS, Layer, mean
from indicators.measures.row import Indicator, half_followed, image
from indicators.measures.trajectories.learning import DIFFICULTIES


def _probe(layer: Layer) -> float:
    variances, directions = layer.spectrum
    return representation.probe_accuracy(variances, directions, layer.labels)


def _selectivity(layer: Layer) -> float:
    # Selectivity is defined for what is not negative; other activation functions have none.
    if np.min(layer.activations) < 0:
        return math.nan
    return mean(activity.class_selectivity(layer.activations, layer.labels))


ROWS: tuple[Indicator, ...] = (
    Indicator(
        "label_nmi", "mean normalized mutual information of a layer's neurons with the labels",
        "0 independent; 0.463 at most for ten equal classes",
        needs="layer", of=lambda layer: mean(information.label_nmi(layer.active, layer.labels)),
        unit="NMI", bounds=(0, 1), section="8.3.7", resolution=image, untrained=True,
        invariant=("images", "neurons", "scale"),
    ),
    Indicator(
        "label_nmi_2019", "the same over the larger of two entropies, as the numbers of 2019 have it",
        "0 independent; 0.301 at most for ten equal classes",
        needs="layer",
        of=lambda layer: mean(information.label_nmi(layer.active, layer.labels, average_method="max")),
        unit="NMI", bounds=(0, 1), section="8.3.7", resolution=image, untrained=True,
        invariant=("images", "neurons", "scale"),
    ),
    Indicator(
        "label_information", "mean share of the labels' entropy that a neuron carries",
        "0 nothing; for ten equal classes 0.141 a detector of one class, 0.301 the most",
        needs="layer", of=lambda layer: mean(information.label_information(layer.active, layer.labels)),
        unit="I/H(labels)", bounds=(0, 1), section="8.3.7", resolution=image, untrained=True, held_out=True,
        invariant=("images", "neurons", "scale"),
    ),
    Indicator(
        "label_information_floor", "what that share is for labels in random order",
        "what a finite number of images shows by chance",
        needs="layer", of=lambda layer: mean(layer.floor(information.label_information)),
        unit="I/H(labels)", bounds=(0, 1), section="8.3.7", resolution=image, untrained=True, held_out=True,
        invariant=("neurons", "scale"),
    ),
    Indicator(
        "label_information_by_difficulty", "that share less its floor, on the images learned early and on the others",
        "0 as by chance; for ten equal classes 0.141 a detector of one class, 0.301 the most",
        needs="followed", of=lambda layer: layer.information_by_difficulty, undefined="a single image",
        unit="I/H(labels)", bounds=(-1, 1), section="8.5", axes={"difficulty": DIFFICULTIES}, resolution=half_followed,
        invariant=("neurons", "scale"),
    ),
    Indicator(
        "label_information_histogram", "share of a layer's neurons by the share of the labels' entropy that they carry",
        "0 no neuron, 1 all neurons in this hundredth of the scale",
        needs="layer",
        of=lambda layer: information.nmi_histogram(information.label_information(layer.active, layer.labels), BINS)
        / layer.activations.shape[1],
        unit="share", bounds=(0, 1), section="8.3.7", axes={"information": BIN_EDGES}, resolution=image,
        untrained=True, invariant=("images", "neurons", "scale"),
    ),
    Indicator(
        "mark_information", "mean share of the entropy of marks, put on test images at random, that a neuron carries",
        "0 nothing of marks drawn at random; for ten marks 0.141 a detector of one, 0.301 the most",
        needs="marked", of=lambda layer: mean(information.label_information(layer.active, layer.labels)),
        unit="I/H(marks)", bounds=(0, 1), section="8.3.7", resolution=image,
        invariant=("images", "neurons", "scale"),
    ),
    Indicator(
        "class_selectivity", "how far a neuron's mean activation singles out one class, mean over the layer",
        "0 all classes alike, 1 one class only",
        needs="layer", of=_selectivity, undefined="layers that are zero, negative activations, a single class",
        unit="selectivity", bounds=(0, 1), section="8.5", resolution=image, untrained=True,
        invariant=("images", "neurons", "scale"),
    ),
    Indicator(
        "probe_accuracy", "share of the images that a linear classifier of a layer gets right, each left out in turn",
        "1 / classes by chance, 1 all",
        needs="layer", of=_probe,
        undefined="layers that do not vary, and a single image",
        unit="accuracy", bounds=(0, 1), section="8.3.7", resolution=image, untrained=True, held_out=True,
        invariant=("images", "neurons", "scale"),
    ),
    Indicator(
        "effective_rank", "effective number of directions in which a layer's activations vary (Roy and Vetterli 2007)",
        "1 a single one; at most images - 1 and the number of neurons",
        needs="layer", of=lambda layer: representation.effective_rank(layer.spectrum[0]),
        undefined="layers that do not vary",
        unit="directions", bounds=(1, math.inf), section="9.1", untrained=True,
        invariant=("images", "neurons", "scale"),
    ),
)  # fmt: skip
