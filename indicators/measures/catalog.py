"""Every indicator, one row each: what it is, what it looks at, its unit and bounds, and where the thesis speaks of it.

`measuring` applies these rows to stored networks; a claim asks for a measurement by the name of its row. What a
row declares of itself (bounds, invariances, where it is undefined) is tested for every row: `contract`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from indicators.measures import (
    activity,
    clustering,
    information,
    labels,
    pairs,
    pruning,
    representation,
    sparsity,
    trajectories,
    weights,
)
from indicators.measures.distributions import (
    distribution_distance,
    excess_kurtosis,
    quantiles,
    uniform_distance,
    value_range,
)
from indicators.measures.row import (
    Indicator,
    Sweep,
    clustering_image,
    evaluated_image,
    image,
    pair,
    pruning_image,
    recorded,
    variant_image,
)
from indicators.measures.subjects import BINS, DISTANCES, PLACES, SHARES, Layer, Trajectory, density, mean, near_zero

INFINITY = math.inf
FRACTIONS = Sweep().fractions
FEW_FRACTIONS = [FRACTIONS[place] for place in (0, 1, 4, 8, 12, 16, 20, 25)]
SIZES = tuple(clustering.SIZES.tolist())
FEW = Sweep(FEW_FRACTIONS, "variant_images")
BIN_EDGES = tuple(float(edge) for edge in np.linspace(0, 1, BINS + 1)[:-1])
REASONS = tuple(clustering.Ignored)


def _magnitude(kernels: Any, fractions: Any, _: Any, **options: str) -> Any:
    return pruning.magnitude_masks(kernels, fractions, **options)


def _random(kernels: Any, fractions: Any, rng: Any) -> Any:
    return (pruning.random_mask(kernels, share, rng=rng) for share in fractions)


def _pairs_given_labels(of: Callable[..., Any]) -> Callable[[Layer], float]:
    return lambda layer: mean(of(layer.active, layer.sampled, layer.labels)) if len(layer.sampled) else math.nan


def _followed(of: Callable[..., Any]) -> Callable[[Trajectory], Any]:
    return lambda course: of(course.weights, course.gradients, course.layer)


def _probe(layer: Layer) -> float:
    variances, directions = layer.spectrum
    return representation.probe_accuracy(variances, directions, layer.labels)


def _selectivity(layer: Layer) -> float:
    # Selectivity is defined for what is not negative; other activation functions have none.
    if np.min(layer.activations) < 0:
        return math.nan
    return mean(activity.class_selectivity(layer.activations, layer.labels))


BY_SIZE = {"final_size": trajectories.SIZES}
BY_SIZE_AND_STAGE = {"final_size": trajectories.SIZES, "stage": trajectories.STAGES}
NO_PAIR = "layers of a single neuron"
TOO_MANY = "layers of a single neuron, or of more than 2048"

CATALOG: tuple[Indicator, ...] = (
    Indicator(
        "accuracy", "share of images classified right: running and evaluated on training, validation and test images",
        "0 none, 1 all; 1 / classes by chance",
        needs="record", of=recorded, unit="share", bounds=(0, 1), section="6.1", resolution=evaluated_image,
    ),
    Indicator(
        "accuracy_beyond", "that accuracy a few epochs after the end of the training, where a study trains so far",
        "0 none, 1 all; 1 / classes by chance",
        needs="record", of=recorded, unit="share", bounds=(0, 1), section="6.3.3", resolution=evaluated_image,
    ),
    Indicator(
        "history", "losses, accuracies and learning rate of every epoch",
        "losses from 0, accuracies from 0 to 1",
        needs="record", of=recorded, unit="of its quantity", bounds=(0, INFINITY), section="6.1",
        undefined="epochs after the end of the training",
    ),
    Indicator(
        "cosine_distance_by_epoch", "1 - cosine of the angle between initial and present kernel, after every epoch",
        "0 unmoved, 1 orthogonal, 2 opposite",
        needs="record", of=recorded, unit="1 - cos", bounds=(0, 2), section="7.1",
        undefined="epochs after the end of the training",
    ),
    # --- How far and where the weights moved -------------------------------------------------------------------
    Indicator(
        "cosine_distance", "1 - cosine of the angle between initial and final kernel",
        "0 unmoved, 1 orthogonal, 2 opposite",
        needs="kernel", of=lambda kernel: weights.cosine_distance(kernel.initial, kernel.final),
        unit="1 - cos", bounds=(0, 2), section="7.1", undefined="kernels of zeros",
        invariant=("order", "scale", "final scale", "sign"),
    ),
    Indicator(
        "norm_ratio", "norm of the initial over norm of the final kernel",
        "below 1 the weights grew, above 1 they shrank",
        needs="kernel", of=lambda kernel: weights.norm_ratio(kernel.initial, kernel.final),
        unit="ratio", bounds=(0, INFINITY), section="7.2.3", undefined="final kernels of zeros",
        invariant=("order", "scale", "sign"),
    ),
    Indicator(
        "alignment", "component of the weight change along the initial direction, over the final norm",
        "below 0 against the initial weights, above 0 along them; 1 - norm ratio - cosine distance",
        needs="kernel", of=lambda kernel: weights.alignment(kernel.initial, kernel.final),
        unit="ratio", bounds=(-INFINITY, 1), section="7.2.3", undefined="kernels of zeros",
        invariant=("order", "scale", "sign"),
    ),
    Indicator(
        "weight_change_std", "standard deviation of the weight changes of a layer",
        "0 all moved alike",
        needs="kernel", of=lambda kernel: weights.weight_change_std(kernel.initial, kernel.final),
        unit="weight", bounds=(0, INFINITY), section="7.2.1", invariant=("order", "sign"),
    ),
    Indicator(
        "normalized_weight_change_std", "standard deviation of the weight changes of a layer, over its final norm",
        "0 all moved alike",
        needs="kernel", of=lambda kernel: weights.weight_change_std(kernel.initial, kernel.final, normalized=True),
        unit="final norm", bounds=(0, INFINITY), section="7.2.2", undefined="final kernels of zeros",
        invariant=("order", "scale", "sign"),
    ),
    Indicator(
        "weight_change_range", "difference between the largest and the smallest weight change of a layer",
        "0 all moved alike",
        needs="kernel", of=lambda kernel: value_range(kernel.change),
        unit="weight", bounds=(0, INFINITY), section="7.2.2", invariant=("order", "sign"),
    ),
    Indicator(
        "weight_change_quantiles", "quantiles of the weight changes of a layer",
        "at share 0 the smallest, at 1 the largest",
        needs="kernel", of=lambda kernel: quantiles(kernel.change, SHARES),
        unit="weight", bounds=(-INFINITY, INFINITY), section="7.2.1", axes={"share": SHARES}, invariant=("order",),
    ),
    Indicator(
        "weight_change_density", "density of the weight changes, in root mean squares of a layer's initial weights",
        "0 no such change; the area is 1",
        needs="kernel", of=lambda kernel: density(kernel.change, kernel.initial_scale),
        unit="density", bounds=(0, INFINITY), section="7.2.1", axes={"place": PLACES},
        undefined="initial kernels of zeros, or changes that are all equal", invariant=("order", "scale"),
    ),
    Indicator(
        "normalized_weight_change_density",
        "density of the weight changes of a layer, in root mean squares of its final weights",
        "0 no such change; the area is 1",
        needs="kernel", of=lambda kernel: density(kernel.change, kernel.final_scale),
        unit="density", bounds=(0, INFINITY), section="7.2.2", axes={"place": PLACES},
        undefined="final kernels of zeros, or changes that are all equal", invariant=("order", "scale"),
    ),
    Indicator(
        "weight_change_kurtosis", "excess kurtosis of the weight changes of a layer",
        "-1.2 uniform, 0 Gaussian, large: few weights changed much",
        needs="kernel", of=lambda kernel: excess_kurtosis(kernel.change),
        unit="kurtosis", bounds=(-2, INFINITY), section="7.2.1", undefined="changes that are all equal",
        invariant=("order", "scale", "sign"),
    ),
    Indicator(
        "weight_change_uniform_distance", "Kolmogorov distance of the weight changes to a uniform distribution",
        "0 uniform, 1 nearly all at one end",
        needs="kernel", of=lambda kernel: uniform_distance(kernel.change),
        unit="probability", bounds=(0, 1), section="7.2.1", undefined="changes that are all equal",
        invariant=("order", "scale", "sign"),
    ),
    Indicator(
        "opposed_share", "share of the weights that moved against their initial sign",
        "0 none, 1 all",
        needs="kernel", of=lambda kernel: weights.opposed_share(kernel.initial, kernel.final),
        unit="share", bounds=(0, 1), section="7.2.3", invariant=("order", "scale", "sign"),
    ),
    Indicator(
        "opposed_share_by_chance", "that share if initial and final weights were unrelated",
        "1/2 final weights much larger, 3/4 equally large, 1 much smaller",
        needs="kernel", of=lambda kernel: weights.opposed_share_by_chance(kernel.initial, kernel.final),
        unit="share", bounds=(0, 1), section="7.2.3", invariant=("order", "scale", "sign"),
    ),
    Indicator(
        "sign_flips", "share of the weights whose sign changed",
        "0 none, 1/2 as unrelated weights, 1 all",
        needs="kernel", of=lambda kernel: weights.sign_flips(kernel.initial, kernel.final),
        unit="share", bounds=(0, 1), section="7.2.4", invariant=("order", "scale", "final scale", "sign"),
    ),
    # --- How single weights got there --------------------------------------------------------------------------
    Indicator(
        "gradient_size", "mean gradient of followed weights over their layer's, by final size and stage of training",
        "0 none, 1 as the layer's average",
        needs="trajectory", of=_followed(trajectories.gradient_size), axes=BY_SIZE_AND_STAGE,
        undefined="stages without an epoch, layers without a gradient",
        unit="layer mean", bounds=(0, INFINITY), section="7.2.5", invariant=("scale", "sign"),
    ),
    Indicator(
        "gradient_sign_flips", "share of the epochs at which a followed weight's gradient changed its sign",
        "0 never, 1/2 as by chance, 1 always",
        needs="trajectory", of=_followed(trajectories.gradient_sign_flips), axes=BY_SIZE_AND_STAGE,
        undefined="stages without two epochs, weights without a gradient",
        unit="share", bounds=(0, 1), section="7.2.5", invariant=("scale", "sign"),
    ),
    Indicator(
        "weight_growth", "mean change of a followed weight's size from half of the training on, by its size at half",
        "0 none; mixing at random lets the smallest grow and the largest shrink",
        needs="trajectory", of=_followed(trajectories.weight_growth), axes={"half_size": trajectories.SIZES},
        undefined="trainings of a single epoch",
        unit="root mean square of its layer", bounds=(-INFINITY, INFINITY), section="7.2.5",
        invariant=("scale", "sign"),
    ),
    Indicator(
        "settling_time", "when followed weights come, to stay, to the third of their layer's sizes that they end in",
        "0 they start there, 1 they come with the last epoch",
        needs="trajectory", of=_followed(trajectories.settling_time), axes=BY_SIZE,
        undefined="trainings without an epoch",
        unit="share of the training", bounds=(0, 1), section="9.3", invariant=("scale", "sign"),
    ),
    # --- How the weights are distributed -----------------------------------------------------------------------
    Indicator(
        "weight_quantiles", "quantiles of the weights of a layer",
        "at share 0 the smallest, at 1 the largest",
        needs="kernel", of=lambda kernel: quantiles(kernel.final, SHARES), untrained=True,
        unit="weight", bounds=(-INFINITY, INFINITY), section="7.2.4", axes={"share": SHARES}, invariant=("order",),
    ),
    Indicator(
        "weight_density", "density of the weights of a layer, in root mean squares of its initial ones",
        "0 no such weight; the area is 1",
        needs="kernel", of=lambda kernel: density(kernel.final, kernel.initial_scale), untrained=True,
        unit="density", bounds=(0, INFINITY), section="7.2.4", axes={"place": PLACES},
        undefined="initial kernels of zeros, or weights that are all equal", invariant=("order", "scale"),
    ),
    Indicator(
        "initial_distribution_distance", "Kolmogorov distance between the final and the initial weights of a layer",
        "0 the same distribution, 1 no overlap",
        needs="kernel", of=lambda kernel: distribution_distance(kernel.final, kernel.initial),
        unit="probability", bounds=(0, 1), section="7.2.4", invariant=("order", "scale", "sign"),
    ),
    Indicator(
        "weight_kurtosis", "excess kurtosis of the weights of a layer",
        "-1.2 uniform, 0 Gaussian, large: few large weights among many small ones",
        needs="kernel", of=lambda kernel: excess_kurtosis(kernel.final), untrained=True,
        unit="kurtosis", bounds=(-2, INFINITY), section="7.2.4", undefined="weights that are all equal",
        invariant=("order", "scale", "final scale", "sign"),
    ),
    Indicator(
        "near_zero_share", "share of the weights below a tenth of the root mean square of the layer's initial ones",
        "0 none, 1 all; a uniform distribution of unchanged width has .058",
        needs="kernel", of=lambda kernel: near_zero(kernel.final, kernel.initial_scale), untrained=True,
        unit="share", bounds=(0, 1), section="7.2.4", undefined="initial kernels of zeros",
        invariant=("order", "scale", "sign"),
    ),
    Indicator(
        "near_zero_share_relative", "share of the weights below a tenth of their own root mean square",
        "0 none, 1 all; uniform .058, Gaussian .080",
        needs="kernel", of=lambda kernel: near_zero(kernel.final, kernel.final_scale), untrained=True,
        unit="share", bounds=(0, 1), section="7.2.4", undefined="final kernels of zeros",
        invariant=("order", "scale", "final scale", "sign"),
    ),
    Indicator(
        "hoyer_sparsity", "how far the norm of a layer rests on few of its weights (Hoyer 2004)",
        "0 all of one magnitude, 1 a single one; uniform .13, Gaussian .20",
        needs="kernel", of=lambda kernel: sparsity.hoyer(kernel.final), untrained=True,
        unit="sparsity", bounds=(0, 1), section="7.2.4", undefined="kernels of zeros, or of a single weight",
        invariant=("order", "scale", "final scale", "sign"),
    ),
    Indicator(
        "outlier_share", "share of the weights beyond the quartiles by 1.5 times their distance",
        "0 none; uniform 0, Gaussian .007",
        needs="kernel", of=lambda kernel: sparsity.outliers(kernel.final).share, untrained=True,
        unit="share", bounds=(0, 1), section="7.2.4", invariant=("order", "scale", "final scale", "sign"),
    ),
    Indicator(
        "outlier_norm_share", "norm of those weights over that of all",
        "0 none, 1 all; uniform 0, Gaussian .25",
        needs="kernel", of=lambda kernel: sparsity.outliers(kernel.final).norm_share, untrained=True,
        unit="share", bounds=(0, 1), section="7.2.4", undefined="kernels of zeros",
        invariant=("order", "scale", "final scale", "sign"),
    ),
    Indicator(
        "participation_ratio", "share of its incoming weights that a neuron effectively uses, mean over the layer",
        "1 / fan-in a single one, 1 all alike; Gaussian 1/3, uniform 5/9",
        needs="kernel", of=lambda kernel: mean(sparsity.participation_ratio(kernel.final)), untrained=True,
        unit="share", bounds=(0, 1), section="7.2.4", undefined="kernels of zeros",
        invariant=("neurons", "scale", "final scale", "gain", "sign"),
    ),
    # --- What is lost when weights go --------------------------------------------------------------------------
    Indicator(
        "magnitude_pruning", "test accuracy with a fraction of all weights, the smallest, set to zero",
        "the unpruned accuracy nothing lost, 1 / classes all",
        needs="pruning", of=_magnitude, unit="accuracy", bounds=(0, 1), section="7.3.2", resolution=pruning_image,
    ),
    Indicator(
        "random_pruning", "test accuracy with a random fraction of all weights set to zero",
        "the unpruned accuracy nothing lost, 1 / classes all",
        needs="pruning", of=_random, sweep=Sweep(draws=True),
        unit="accuracy", bounds=(0, 1), section="7.3.1", resolution=pruning_image,
    ),
    Indicator(
        "layerwise_magnitude_pruning", "test accuracy with a fraction of each layer's weights, the smallest, zero",
        "the unpruned accuracy nothing lost, 1 / classes all",
        needs="pruning", of=lambda *args: _magnitude(*args, scope="layer"), sweep=FEW,
        unit="accuracy", bounds=(0, 1), section="7.3.2", resolution=variant_image,
    ),
    Indicator(
        "largest_pruning", "test accuracy with a fraction of all weights, the largest, set to zero",
        "the unpruned accuracy nothing lost, 1 / classes all",
        needs="pruning", of=lambda *args: _magnitude(*args, order="largest"),
        sweep=FEW,
        unit="accuracy", bounds=(0, 1), section="7.3.2", resolution=variant_image,
    ),
    Indicator(
        "magnitude_pruning_reestimated", "the accuracy of magnitude pruning with batch statistics estimated after it",
        "the unpruned accuracy nothing lost, 1 / classes all",
        needs="pruning", of=_magnitude, sweep=Sweep(FEW_FRACTIONS, "variant_images", statistics="estimated"),
        unit="accuracy", bounds=(0, 1), section="7.3.2", resolution=variant_image,
    ),
    Indicator(
        "random_pruning_reestimated", "the accuracy of random pruning with batch statistics estimated after it",
        "the unpruned accuracy nothing lost, 1 / classes all",
        needs="pruning", of=_random, sweep=Sweep(FEW_FRACTIONS, "variant_images", statistics="estimated"),
        unit="accuracy", bounds=(0, 1), section="7.3.1", resolution=variant_image,
    ),
    Indicator(
        "weights_removed_per_layer", "share of each layer's weights among the smallest of all weights",
        "0 none of the layer, 1 all of it",
        needs="kernels", of=lambda kernels: pruning.removed_curves(kernels, pruning.FRACTIONS).T,
        unit="share", bounds=(0, 1), section="7.3.2", axes={"fraction": FRACTIONS}, invariant=("scale", "sign"),
    ),
    # --- What neurons share ------------------------------------------------------------------------------------
    Indicator(
        "entropy", "mean entropy of a layer's neurons, above or below their own mean",
        "0 none varies, .693 each is above on half of the images",
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
        of=lambda layer: pairs.nmi_histogram(layer.nmi, BINS) / len(layer.nmi)
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
        "0 independent, .693 equal and above their mean on half of the images",
        needs="layer", undefined=NO_PAIR,
        of=_pairs_given_labels(lambda active, sampled, y: labels.conditional_information(active, sampled, 0 * y)),
        unit="nats", bounds=(0, math.log(2)), section="8.3.7", resolution=pair, untrained=True,
        invariant=("images", "scale"),
    ),
    Indicator(
        "conditional_information", "mean mutual information of pairs of neurons given the label",
        "0 all they share is the class",
        needs="layer", of=_pairs_given_labels(labels.conditional_information), undefined=NO_PAIR,
        unit="nats", bounds=(0, math.log(2)), section="8.3.7", resolution=pair, untrained=True,
        invariant=("images", "scale"),
    ),
    Indicator(
        "conditional_nmi", "mean normalized mutual information of pairs of neurons given the label",
        "0 all they share is the class, 1 each tells the other within every class",
        needs="layer", of=_pairs_given_labels(labels.conditional_nmi), undefined=NO_PAIR,
        unit="NMI", bounds=(0, 1), section="8.3.7", resolution=pair, untrained=True, invariant=("images", "scale"),
    ),
    # --- What neurons tell about the labels --------------------------------------------------------------------
    Indicator(
        "label_nmi", "mean normalized mutual information of a layer's neurons with the labels",
        "0 independent; .463 at most for ten equal classes",
        needs="layer", of=lambda layer: mean(information.label_nmi(layer.active, layer.labels)),
        unit="NMI", bounds=(0, 1), section="8.3.7", resolution=image, untrained=True,
        invariant=("images", "neurons", "scale"),
    ),
    Indicator(
        "label_nmi_2019", "the same over the larger of two entropies, as the numbers of 2019 have it",
        "0 independent; .301 at most for ten equal classes",
        needs="layer",
        of=lambda layer: mean(information.label_nmi(layer.active, layer.labels, average_method="max")),
        unit="NMI", bounds=(0, 1), section="8.3.7", resolution=image, untrained=True,
        invariant=("images", "neurons", "scale"),
    ),
    Indicator(
        "label_information", "mean share of the labels' entropy that a neuron carries",
        "0 nothing; for ten equal classes .141 a detector of one class, .301 the most",
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
        "label_information_histogram", "share of a layer's neurons by the share of the labels' entropy that they carry",
        "0 no neuron, 1 all neurons in this hundredth of the scale",
        needs="layer",
        of=lambda layer: pairs.nmi_histogram(information.label_information(layer.active, layer.labels), BINS)
        / layer.activations.shape[1],
        unit="share", bounds=(0, 1), section="8.3.7", axes={"information": BIN_EDGES}, resolution=image,
        untrained=True, invariant=("images", "neurons", "scale"),
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
        unit="directions", bounds=(1, INFINITY), section="9.1", untrained=True,
        invariant=("images", "neurons", "scale"),
    ),
    # --- How active neurons are --------------------------------------------------------------------------------
    Indicator(
        "never_active", "share of neurons that are zero on every image",
        "0 none, 1 all",
        needs="layer", of=lambda layer: mean(activity.pathological(layer.activations)[0]),
        unit="share", bounds=(0, 1), section="8.3.5", resolution=image, untrained=True, held_out=True,
        invariant=("images", "neurons", "scale"),
    ),
    Indicator(
        "always_active", "share of neurons that are above zero on every image",
        "0 none, 1 all",
        needs="layer", of=lambda layer: mean(activity.pathological(layer.activations)[1]),
        unit="share", bounds=(0, 1), section="8.3.5", resolution=image, untrained=True,
        invariant=("images", "neurons", "scale"),
    ),
    Indicator(
        "active_share", "share of the images on which a neuron is above zero, mean over the layer",
        "0 never, 1 always",
        needs="layer", of=lambda layer: mean(layer.active_shares),
        unit="share", bounds=(0, 1), section="8.3.5", resolution=image, untrained=True,
        invariant=("images", "neurons", "scale"),
    ),
    Indicator(
        "active_share_histogram", "share of a layer's neurons by the share of the images on which they are above zero",
        "0 no neuron, 1 all neurons in this hundredth of the scale",
        needs="layer", of=lambda layer: pairs.nmi_histogram(layer.active_shares, BINS) / len(layer.active_shares),
        unit="share", bounds=(0, 1), section="8.5", axes={"active": BIN_EDGES}, resolution=image, untrained=True,
        invariant=("images", "neurons", "scale"),
    ),
    Indicator(
        "activity_entropy", "mean entropy of a layer's neurons, above zero or not",
        "0 each never or always, .693 each on half of the images",
        needs="layer", of=lambda layer: mean(activity.activity_entropy(layer.activations)),
        unit="nats", bounds=(0, math.log(2)), section="8.3.6", resolution=image, untrained=True,
        invariant=("images", "neurons", "scale"),
    ),
    Indicator(
        "zero_ratio", "share of exact zeros among the activations of a layer",
        "0 none, 1 all",
        needs="layer", of=lambda layer: mean(activity.zero_ratio(layer.activations)),
        unit="share", bounds=(0, 1), section="8.3.6", resolution=image, untrained=True,
        invariant=("images", "neurons", "scale"),
    ),
    Indicator(
        "zero_ratio_binarized", "share of activations not above their neuron's mean",
        "1/2 symmetric, 1 none varies",
        needs="layer", of=lambda layer: mean(activity.zero_ratio(layer.activations, of="binarized")),
        unit="share", bounds=(0, 1), section="8.3.6", resolution=image, untrained=True,
        invariant=("images", "neurons", "scale"),
    ),
    Indicator(
        "mean_activation_quantiles", "quantiles over a layer's neurons of their mean activation",
        "at share 0 the least active neuron, at 1 the most active",
        needs="layer", of=lambda layer: quantiles(activity.mean_activations(layer.activations), SHARES),
        unit="activation", bounds=(-INFINITY, INFINITY), section="A", axes={"share": SHARES}, untrained=True,
        invariant=("neurons",),
    ),
    # --- How the images that a neuron answers to are grouped ---------------------------------------------------
    Indicator(
        "silhouette_cosine", "silhouette of active against inactive images around a neuron's central active ones",
        "0 mixed, 1 two tight groups; below 0 closer to the other group",
        needs="neuron", of=lambda neuron: neuron.silhouettes["cosine"].value, undefined="neurons that are ignored",
        unit="silhouette", bounds=(-1, 1), section="8.4", resolution=clustering_image, untrained=True,
        invariant=("images", "scale"),
    ),
    Indicator(
        "silhouette_euclidean", "the same by Euclidean distance",
        "0 mixed, 1 two tight groups; below 0 closer to the other group",
        needs="neuron", of=lambda neuron: neuron.silhouettes["euclidean"].value, undefined="neurons that are ignored",
        unit="silhouette", bounds=(-1, 1), section="8.4", resolution=clustering_image, untrained=True,
        invariant=("images", "scale"),
    ),
    Indicator(
        "silhouette_cosine_2019", "silhouette of a window of the layer's own outputs before normalization, unweighted",
        "0 mixed, 1 two tight groups; below 0 closer to the other group",
        needs="neuron", of=lambda neuron: neuron.silhouette_2019("cosine"),
        undefined="neurons that are ignored, dense layers, maps of one row or column",
        unit="silhouette", bounds=(-1, 1), section="8.4", resolution=clustering_image, untrained=True,
        invariant=("images", "scale"),
    ),
    Indicator(
        "silhouette_ignored", "share of the sampled neurons that have no silhouette (cosine), by the reason",
        "0 none, 1 all for this reason",
        needs="neuron",
        of=lambda neuron: np.array([neuron.silhouettes["cosine"].ignored is reason for reason in REASONS], float),
        unit="share", bounds=(0, 1), section="8.4.6", axes={"reason": REASONS}, untrained=True,
        resolution=lambda study: 1.0 / study.measuring.neurons, invariant=("images", "scale"),
    ),
    Indicator(
        "active_neighbors_cosine", "share of active images among the nearest of a neuron's central active ones",
        "the share of active images no grouping, 1 only active ones around",
        needs="neuron", of=lambda neuron: neuron.active_neighbors("cosine"),
        undefined="neurons active on fewer than twenty images",
        unit="share", bounds=(0, 1), section="8.4.7", resolution=clustering_image, untrained=True,
        invariant=("images", "scale"),
    ),
    Indicator(
        "active_neighbors_euclidean", "the same by Euclidean distance",
        "the share of active images no grouping, 1 only active ones around",
        needs="neuron", of=lambda neuron: neuron.active_neighbors("euclidean"),
        undefined="neurons active on fewer than twenty images",
        unit="share", bounds=(0, 1), section="8.4.7", resolution=clustering_image, untrained=True,
        invariant=("images", "scale"),
    ),
    Indicator(
        "neighborhood_curve", "silhouette by the share of the images that a neighborhood holds",
        "0 mixed, 1 two tight groups; below 0 closer to the other group",
        needs="neuron", of=lambda neuron: np.array([neuron.curve(metric) for metric in clustering.METRICS]),
        undefined="neurons that are ignored, sizes of fewer than three images",
        unit="silhouette", bounds=(-1, 1), section="8.4.8", resolution=clustering_image, untrained=True,
        axes={"distance": clustering.METRICS, "size": SIZES}, invariant=("images", "scale"),
    ),
)  # fmt: skip

INDICATORS = {row.name: row for row in CATALOG}
