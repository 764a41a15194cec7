"""Across the chapters, and beyond them: what the thesis concludes of all its indicators, and what it leaves open."""

import numpy as np
import pytest

from indicators.claims.profiles import ONSET_OF_LABEL_INFORMATION, rank_correlation
from indicators.claims.summaries import at_largest, half_loss_fraction, outlyingness, pruning_area, with_another
from indicators.claims.verbs import earlier, falls, less, more, rises, tracks
from indicators.claims.view import FIRST, HIDDEN, LAST, at_labels, layers_in
from indicators.specs import OPTIMIZERS

UNIT = "share of the distances"
DROPOUT = 0.2
"""Of the networks that are compared: the thesis trains none with it, and names no share."""


@pytest.mark.claim(
    "O7", tier="core", section="7.1.2", figures="6.4-6.6", premise="equal accuracy at high and weights turned",
    expected=0.88,
)  # fmt: skip
def test_sgd_alone_turns_its_layers_differently(study):
    """At equal accuracy weight decay and layca are alike and plain sgd differs: by the rotation of the layers.

    The effect is how much further sgd lies from the two than they from each other, over the sum of both distances.
    Norms are left out of this claim: layca keeps them by construction. The thesis speaks of layers that weight decay
    and layca turned by a right angle; where they did not, sgd alone may have turned its own.
    """
    beside = outlyingness(study["cosine_distance"].sel(level="high"), "sgd", ("wdecay", "layca"))

    # A tenth: a fifth further away.
    assert more(beside, {}, than=0, by=0.1, unit=UNIT)


@pytest.mark.claim("O7", tier="core", section="7.1.2", figures="8.4", premise="equal accuracy at high", expected=0.88)
def test_sgd_alone_has_other_dead_neurons(study):
    """They are alike and sgd differs by the neurons of their last layers, places of channels, that are never active."""
    dead = layers_in(study["never_active"], LAST).sel(level="high")

    # As for the rotation.
    assert more(outlyingness(dead, "sgd", ("wdecay", "layca")), {}, than=0, by=0.1, unit=UNIT)


@pytest.mark.claim("O7", tier="core", section="7.1.2", figures="8.1", premise="equal accuracy at high", expected=0.75)
def test_sgd_alone_is_active_on_other_images(study):
    """They are alike and sgd differs by the share of images on which neurons are above their mean."""
    zeros = study["zero_ratio_binarized"].sel(level="high")

    # As for the rotation.
    assert more(outlyingness(zeros, "sgd", ("wdecay", "layca")), {}, than=0, by=0.1, unit=UNIT)


@pytest.mark.claim(
    "O7", tier="core", section="7.1.2", figures="7.15-7.17", premise="equal accuracy at high", expected=0.4
)
def test_sgd_alone_is_hurt_by_pruning_the_smallest_weights(study):
    """They are alike and sgd differs by the share of the smallest weights whose loss halves their accuracy."""
    fraction = half_loss_fraction(study["magnitude_pruning"]).sel(level="high")

    # As for the rotation.
    assert more(outlyingness(fraction, "sgd", ("wdecay", "layca")), {}, than=0, by=0.1, unit=UNIT)


@pytest.mark.claim(
    "O7", tier="core", section="7.1.2", figures="7.12-7.14", premise="equal accuracy at high", expected=0.7
)
def test_sgd_alone_is_hurt_by_pruning_at_random(study):
    """They are alike and sgd differs by the share of random weights whose loss halves their accuracy."""
    fraction = half_loss_fraction(study["random_pruning"]).sel(level="high")

    # As for the rotation.
    assert more(outlyingness(fraction, "sgd", ("wdecay", "layca")), {}, than=0, by=0.1, unit=UNIT)


@pytest.mark.claim("O7", tier="core", section="7.1.2", figures="8.2", premise="equal accuracy at high", expected=0.7)
def test_sgd_alone_shares_information_differently(study):
    """They are alike and sgd differs by the information that neurons share."""
    information = layers_in(study["pairwise_nmi"], *HIDDEN).sel(level="high")

    # As for the rotation.
    assert more(outlyingness(information, "sgd", ("wdecay", "layca")), {}, than=0, by=0.1, unit=UNIT)


@pytest.mark.claim(
    "O7.channels", tier="control", section="7.1.2", figures="8.4", premise="equal accuracy at high", expected=0.88
)
def test_sgd_alone_has_other_dead_channels(study):
    """They are alike and sgd differs by the channels of their last layers that are active nowhere on any image."""
    dead = layers_in(study["never_active_channels"], LAST).sel(level="high")

    # As for the rotation.
    assert more(outlyingness(dead, "sgd", ("wdecay", "layca")), {}, than=0, by=0.1, unit=UNIT)


@pytest.mark.claim(
    "O7.lower",
    tier="control",
    section="7.1.2",
    figures="6.4-6.6",
    premise="equal accuracy at {level}",
    expected=0.3,
)
@pytest.mark.parametrize("level", ["low", "medium"])
def test_sgd_alone_turns_its_layers_differently_at_lower_levels(study, level):
    """At lower levels too weight decay and layca are alike by the rotation of their layers, and sgd differs.

    In the record they are not: at its small learning rates weight decay hardly acts, and ends where sgd does.
    """
    beside = outlyingness(study["cosine_distance"].sel(level=level), "sgd", ("wdecay", "layca"))

    # As at the highest level.
    assert more(beside, {}, than=0, by=0.1, unit=UNIT)


@pytest.mark.claim(
    "G2", tier="secondary", section="9.1", expected=0.06, needs="variant network_depth",
)  # fmt: skip
def test_deeper_networks_generalize_better(study):
    """Depth gives the biases that generalize: by the same recipe, deeper networks are more accurate."""
    accuracy = at_labels(study.over("network_depth")["accuracy"].sel(split="test"), "network_depth", [11, 13, 16])

    # Two points over five layers: what a level of generalization is set by is five.
    assert rises(accuracy, "network_depth", {"level": "high"}, by=0.02, unit="accuracy")


@pytest.mark.claim(
    "G3", tier="secondary", section="9.1", expected=0.3, needs="variant dropout",
)  # fmt: skip
@pytest.mark.parametrize("other", ["wdecay", "layca"])
def test_weight_decay_and_layca_act_like_dropout(study, other):
    """Networks of weight decay and layca bear random pruning like those of dropout, unlike plain sgd."""
    with_dropout = study.at("dropout", DROPOUT)["random_pruning"].sel(optimizer="sgd")
    curves = with_another(study["random_pruning"], "optimizer", with_dropout, "sgd with dropout")
    beside = outlyingness(half_loss_fraction(curves).sel(level="high"), "sgd", (other, "sgd with dropout"))

    # A tenth: a fifth further away.
    assert more(beside, {}, than=0, by=0.1, unit=UNIT)


@pytest.mark.claim(
    "G4", tier="secondary", section="9.1", expected=0.03, needs="variant network_depth",
)  # fmt: skip
def test_neurons_of_deeper_networks_know_more_of_the_labels(study):
    """Depth gives sub-classes that fit: in deeper networks neurons of the last layers know more of the labels."""
    depths = study.over("network_depth").each(lambda at: layers_in(at["label_information"], LAST).mean("layer"))
    information = at_labels(depths, "network_depth", [11, 13, 16])

    # As between levels of one depth.
    assert rises(information, "network_depth", {"level": "high"}, by=0.01, unit="I/H(labels)")


@pytest.mark.claim("G5", tier="secondary", section="9.1", expected=0.9)
def test_recipes_of_more_diverse_features_are_more_robust(study):
    """Recipes whose networks' activations vary in more directions give networks that bear more pruning."""
    diversity = np.log10(layers_in(study["effective_rank"], *HIDDEN))
    area = pruning_area(study["magnitude_pruning"])

    # A third of a perfect order.
    assert tracks(diversity.rename("log rank"), area, by=0.3)


@pytest.mark.claim("G5", tier="secondary", section="9.1", premise="separated levels", expected=0.9)
def test_recipes_of_more_diverse_features_generalize_better(study):
    """Recipes whose networks' activations vary in more directions generalize better."""
    diversity = np.log10(layers_in(study["effective_rank"], *HIDDEN))
    accuracy = study["accuracy"].sel(split="test", drop=True)

    # A third of a perfect order.
    assert tracks(diversity.rename("log rank"), accuracy, by=0.3)


@pytest.mark.claim("G5.recipe", tier="control", section="9.1", expected=0.9)
def test_diverse_features_follow_accuracy_within_a_recipe(study):
    """Of networks of one recipe, those whose activations vary in more directions generalize better."""
    diversity = np.log10(layers_in(study["effective_rank"], *HIDDEN))
    accuracy = study["accuracy"].sel(split="test", drop=True)

    # A third of a perfect agreement.
    assert tracks(diversity.rename("log rank"), accuracy, by=0.3, within="recipe")


@pytest.mark.claim("G6", tier="secondary", section="8.5", premise="separated levels", expected=0.6)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_first_layers_are_more_diverse_with_better_recipes(study, optimizer):
    """In the first layers, activations vary in more directions with recipes that generalize better.

    The thesis reads the diversity off less shared information (A2) and looser groups (S2), without measuring it.
    """
    dimensions = np.log2(layers_in(study["effective_rank"], FIRST))

    # A fifth of a doubling, 15 % more dimensions.
    assert rises(dimensions.rename("log rank"), "level", {"optimizer": optimizer}, by=0.2, unit="doublings")


@pytest.mark.claim("G6.recipe", tier="control", section="8.5", expected=0.9)
def test_diverse_first_layers_follow_accuracy_within_a_recipe(study):
    """Of networks of one recipe, those whose first layers vary in more directions generalize better."""
    dimensions = np.log2(layers_in(study["effective_rank"], FIRST))
    accuracy = study["accuracy"].sel(split="test", drop=True)

    # A third of a perfect agreement.
    assert tracks(dimensions.rename("log rank"), accuracy, by=0.3, within="recipe")


@pytest.mark.claim(
    "G7", tier="secondary", section="9.1", expected=0.6, needs="variant dropout",
)  # fmt: skip
def test_dropout_diversifies_features(study):
    """Dropout brings more diverse features: activations of the last layers vary in more directions with it."""
    dimensions = np.log2(layers_in(study.over("dropout")["effective_rank"], LAST))

    # A fifth of a doubling, 15 % more dimensions.
    at = {"optimizer": "sgd", "level": "high", "dropout": DROPOUT}
    assert more(dimensions, at, than={"dropout": 0.0}, by=0.2, unit="doublings")


@pytest.mark.claim("G8", tier="secondary", section="8.5", premise="separated levels", expected=0.15)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_neurons_are_more_selective_with_better_recipes(study, optimizer):
    """In the last layers, neurons single out one class more with recipes that generalize better.

    The thesis says that each neuron sorts images better, into sub-classes that may become exclusive.
    """
    selectivity = layers_in(study["class_selectivity"], LAST)

    # A twentieth of the scale, from all classes alike to one alone.
    assert rises(selectivity, "level", {"optimizer": optimizer}, by=0.05, unit="selectivity")


@pytest.mark.claim("G8.recipe", tier="control", section="8.5", expected=0.9)
def test_selective_neurons_follow_accuracy_within_a_recipe(study):
    """Of networks of one recipe, those whose last layers single out one class more generalize better."""
    selectivity = layers_in(study["class_selectivity"], LAST)
    accuracy = study["accuracy"].sel(split="test", drop=True)

    # A third of a perfect agreement.
    assert tracks(selectivity, accuracy, by=0.3, within="recipe")


@pytest.mark.claim("X1", tier="extension", section="9.3", expected=0.03)
@pytest.mark.parametrize("distance", [2, 4, 8])
def test_similar_information_reappears_in_other_layers(study, distance):
    """Neurons some layers apart share information beyond what chance makes of so many images."""
    surplus = study["pairwise_nmi_across_layers"] - study["pairwise_nmi_across_layers_floor"]

    # As between levels within a layer.
    assert more(surplus, {"distance": distance}, than=0, by=0.01, unit="NMI")


@pytest.mark.claim("X2", tier="extension", section="9.3", expected=0.9)
def test_canonical_correlations_show_the_same_redundancy(study):
    """Layers are as redundant by canonical correlations as by the information that pairs of their neurons share."""
    redundancy, information = study["canonical_redundancy"], study["pairwise_nmi"]
    profiles = layers_in(redundancy, *HIDDEN), layers_in(information, *HIDDEN)

    # A third of a perfect agreement.
    assert more(rank_correlation(*profiles), {}, than=0, by=0.3, unit="rank correlation")


@pytest.mark.claim(
    "X3", tier="extension", section="9.3", expected=0.03, needs="variant sequence, variant learning_rate",
)  # fmt: skip
@pytest.mark.parametrize("alone", OPTIMIZERS)
def test_a_sequence_of_optimizers_beats_each_of_them(study, alone):
    """A training that goes from sgd to layca to weight decay generalizes better than each of them alone.

    Alone they have their best learning rates, chosen on validation images.
    """
    rates = study.over("learning_rate")["accuracy"]
    best = at_largest(rates.sel(split="test"), rates.sel(split="validation"), "learning_rate")
    mixed = study.at("sequence", "sgd, layca, wdecay")["accuracy"].sel(split="test", optimizer="sgd", level="high")
    lead = (mixed - best.sel(optimizer=alone, level="high")).rename(f"accuracy beyond that of {alone} alone")

    # One point, as between optimizers.
    assert more(lead, {}, than=0, by=0.01, unit="accuracy")


@pytest.mark.claim(
    "X4", tier="extension", section="6.3.4", expected=0.03, needs="variant batch_size",
)  # fmt: skip
def test_smaller_batches_show_the_indicators_of_better_networks(study):
    """With smaller batches, which generalize better, the last layers know more of the labels, too."""
    information = layers_in(study.over("batch_size")["label_information"], LAST)
    best = {"optimizer": "sgd", "level": "high"}

    # As between levels.
    assert more(information, {**best, "batch_size": 64}, than={"batch_size": 128}, by=0.01, unit="I/H(labels)")


@pytest.mark.claim("X5", tier="extension", section="9.3", premise="weights turned", expected=0.9)
def test_layca_zeroes_fewer_weights_where_it_turns_less(study):
    """Under layca, layers that turned less have fewer weights near zero, on the scale of their own weights.

    The thesis wonders if a rotation short of a right angle marks weights that cannot be zeroed: it speaks of networks
    whose other layers turned by a right angle.
    """
    correlation = rank_correlation(study["cosine_distance"], study["near_zero_share_relative"])

    # A third of a perfect agreement.
    assert more(correlation, {"optimizer": "layca", "level": "high"}, than=0, by=0.3, unit="rank correlation")


@pytest.mark.claim("X6", tier="extension", section="9.3", premise="equal accuracy at high", expected=0.15)
def test_layca_settles_on_its_smallest_weights_later(study):
    """At equal accuracy, the weights that end smallest come to stay so later under layca than under weight decay."""
    settling = study["settling_time"].sel(final_size="smallest")

    # A twentieth of the training: an epoch of twenty.
    assert more(
        settling, {"optimizer": "layca", "level": "high"}, than={"optimizer": "wdecay"}, by=0.05,
        unit="share of the training",
    )  # fmt: skip


@pytest.mark.claim("X6", tier="extension", section="9.3", premise="equal accuracy at high", expected=0.06)
def test_layca_brings_more_small_weights_back(study):
    """At equal accuracy, weights that are small at half of the training grow more afterwards under layca."""
    growth = study["weight_growth"].sel(half_size="smallest")

    # A tenth of the size that the smallest third of Gaussian weights has on the mean.
    assert more(
        growth, {"optimizer": "layca", "level": "high"}, than={"optimizer": "wdecay"}, by=0.02,
        unit="root mean square of its layer",
    )  # fmt: skip


@pytest.mark.claim(
    "X7", tier="extension", section="7.4", expected=0.03, needs="variant start",
)  # fmt: skip
@pytest.mark.parametrize("other", ["wdecay", "layca"])
def test_what_weight_decay_and_layca_keep_trains_better_again(study, other):
    """What weight decay and layca leave after pruning generalizes better when it is trained again from the start."""
    accuracy = study.over("start")["accuracy"].sel(split="test")

    # One point, as between optimizers.
    at = {"optimizer": other, "level": "high", "start": "magnitude"}
    assert more(accuracy, at, than={"optimizer": "sgd"}, by=0.01, unit="accuracy")


@pytest.mark.claim(
    "X7.random", tier="control", section="7.4", expected=0.03, needs="variant start",
)  # fmt: skip
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_what_pruning_keeps_trains_better_than_as_many_random_weights(study, optimizer):
    """What is left is more than fewer weights: as many at random, from the same start, generalize less well."""
    accuracy = study.over("start")["accuracy"].sel(split="test")

    # One point, as between optimizers.
    at = {"optimizer": optimizer, "level": "high", "start": "magnitude"}
    assert more(accuracy, at, than={"start": "random"}, by=0.01, unit="accuracy")


@pytest.mark.claim(
    "X8", tier="extension", section="8.5", expected=0.15, needs="variant network_depth",
)  # fmt: skip
def test_a_minimum_of_layers_is_needed(study):
    """Networks of fewer layers than are needed generalize worse, by the same recipe.

    The thesis does not say how many are needed; five are far fewer than those of any VGG.
    """
    accuracy = study.over("network_depth")["accuracy"].sel(split="test")

    # What a level of generalization is set by.
    assert less(accuracy, {"level": "high", "network_depth": 5}, than={"network_depth": 11}, by=0.05, unit="accuracy")


@pytest.mark.claim("X10", tier="extension", section="8.5", expected=0.15)
def test_easy_images_are_told_apart_in_earlier_layers(study):
    """Information on the labels of easy images rises in earlier layers than on those of hard ones.

    Easy is the half of a thousand training images that a network learned first, to stay.
    """
    information = layers_in(study["label_information_by_difficulty"], *HIDDEN)

    # Half a layer of the thesis's network, and more.
    assert earlier(
        information, {"difficulty": "easy"}, than={"difficulty": "hard"},
        threshold=ONSET_OF_LABEL_INFORMATION, by=0.05,
    )  # fmt: skip


@pytest.mark.claim(
    "X11", tier="extension", section="9.2", premise="separated levels", expected=0.03,
    needs="variant normalization, variant dropout, variant residual, variant activation",
)  # fmt: skip
@pytest.mark.parametrize(
    ("factor", "label"), [("normalization", False), ("dropout", DROPOUT), ("residual", True), ("activation", "elu")]
)
def test_other_architectures_show_the_same_indicators(study, factor, label):
    """In other architectures too, last layers know more of the labels with better recipes.

    The whole suite can be put to another architecture: README says how.
    """
    information = layers_in(study.at(factor, label)["label_information"], LAST)

    # As in the thesis's own.
    assert rises(information, "level", by=0.01, unit="I/H(labels)")


@pytest.mark.claim("X13", tier="extension", section="8.5", premise="equal accuracy at high", expected=0.15)
@pytest.mark.parametrize("other", ["wdecay", "layca"])
def test_fewer_neurons_of_sgd_group_their_images(study, other):
    """At equal accuracy fewer neurons of the last layers have silhouettes from 0.4 to 0.6 under plain sgd.

    The thesis says only that the share differs; fewer under sgd is what its many dead neurons, places of channels, lead
    one to expect.
    """
    silhouette = layers_in(study.by_neuron("silhouette_cosine"), LAST)
    share = ((silhouette >= 0.4) & (silhouette < 0.6)).mean("neuron").rename("share of neurons")

    # One of the twenty neurons of a layer.
    assert less(
        share, {"optimizer": "sgd", "level": "high"}, than={"optimizer": other}, by=0.05, unit="share",
        resolution=1 / (silhouette.sizes["neuron"] * silhouette.sizes["layer"]),
    )  # fmt: skip


@pytest.mark.claim(
    "X14", tier="extension", section="8.5", expected=0.15, needs="variant network_width",
)  # fmt: skip
def test_networks_that_are_too_small_memorize(study):
    """Of networks that all fit their training images, smaller ones lose more of their accuracy on test images."""
    accuracy = study.over("network_width")["accuracy"]
    gap = accuracy.sel(split="train", drop=True) - accuracy.sel(split="test", drop=True)

    # What a level of generalization is set by.
    assert falls(gap.rename("train - test"), "network_width", {"level": "high"}, by=0.05, unit="accuracy")


@pytest.mark.claim(
    "X15", tier="extension", section="9.3", expected=0.15, needs="variant mark",
)  # fmt: skip
def test_a_spurious_mark_of_the_class_spoils_generalization(study):
    """Networks take up a bias that their training images have in common: a mark of the class costs test accuracy."""
    accuracy = study.over("mark")["accuracy"].sel(split="test")

    # What a level of generalization is set by.
    assert less(accuracy, {"level": "high", "mark": "class"}, than={"mark": "none"}, by=0.05, unit="accuracy")
