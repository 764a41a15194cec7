"""Sections 8.3.7 and 8.5: what neurons tell of the labels.

A neuron is a place of a channel, as in the thesis. Label information is told on the scale of ten classes, so that its
thresholds follow the data. What levels compare is recipes: networks of one recipe differ in their seed alone, and
those the controls named `.recipe` compare.
"""

import pytest

from indicators.claims.profiles import (
    ONSET_OF_LABEL_INFORMATION,
    mean_onset,
    onset,
    onsets,
    rank_correlation,
    relative_onset,
)
from indicators.claims.summaries import as_of_ten_classes, difference, epochs_trained, freed_of, share_in_order
from indicators.claims.verbs import earlier, falls, less, more, rises, same, tracks
from indicators.claims.view import CENTRAL, HIDDEN, LAST, layers_in
from indicators.specs import LEVELS, OPTIMIZERS, PAIRS_OF_OPTIMIZERS

SEVERAL_ONSETS = (0.02, 0.03, 0.04, 0.06)
START_OF_A_RISE = 0.25


def label_information(study):
    """Of the trained networks, on the scale of ten classes."""
    return as_of_ten_classes(study["label_information"], study.classes)


def beyond_chance(study):
    """What is left of it without what labels in random order would have."""
    return difference(label_information(study), as_of_ten_classes(study["label_information_floor"], study.classes))


def on_test_images(study):
    """The same of the trained networks on test images."""
    return as_of_ten_classes(study.on_test_images("label_information"), study.classes)


@pytest.mark.claim("A25", tier="secondary", section="8.3.7", figures="8.5", expected=0.016)
def test_untrained_neurons_know_hardly_anything_of_the_labels(study):
    """In no layer of the untrained network do neurons carry as much on the labels as marks a rise in trained ones."""
    information = as_of_ten_classes(study.untrained("label_information"), study.classes).max("layer")

    # A sixth of that threshold.
    assert less(information, {}, than=ONSET_OF_LABEL_INFORMATION, by=0.005, unit="I/H(labels)")


@pytest.mark.claim("A25", tier="secondary", section="8.3.7", figures="8.2, 8.5", expected=0)
def test_untrained_label_information_has_nothing_to_do_with_sharing(study):
    """Over the hidden layers of the untrained network, label information does not go with shared information."""
    nmi = layers_in(study.untrained("pairwise_nmi"), *HIDDEN)
    information = layers_in(study.untrained("label_information"), *HIDDEN)

    # A quarter of the variance of ranks; a dozen layers reach this by chance one time in ten.
    assert same(rank_correlation(nmi, information), {}, as_=0, within=0.5, unit="rank correlation")


@pytest.mark.claim("A25.batch", tier="control", section="8.3.7", figures="8.5", expected=0.016)
def test_untrained_neurons_of_a_normalized_network_know_hardly_anything_of_the_labels(study):
    """With estimated batch statistics too, untrained neurons carry hardly anything on the labels in any layer."""
    untrained = study.untrained("label_information", statistics="estimated")
    information = as_of_ten_classes(untrained, study.classes).max("layer")

    # As for the original.
    assert less(information, {}, than=ONSET_OF_LABEL_INFORMATION, by=0.005, unit="I/H(labels)")


@pytest.mark.claim("A25.permuted", tier="control", section="8.3.7", figures="8.5", expected=0)
def test_untrained_neurons_know_no_more_of_the_labels_than_of_permuted_ones(study):
    """Neurons of the untrained network carry no more on the labels than on labels in random order."""
    untrained = difference(study.untrained("label_information"), study.untrained("label_information_floor"))
    beyond = as_of_ten_classes(untrained, study.classes)

    # A sixth of the threshold where trained networks begin to rise.
    assert same(beyond, {}, as_=0, within=0.005, unit="I/H(labels)")


@pytest.mark.claim(
    "A26", tier="core", section="8.3.7", figures="8.5", premise="separated levels and equal fit", expected=0.098
)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_last_layers_know_more_of_the_labels_in_better_recipes(study, optimizer):
    """In the last layers, neurons carry more information on the labels under recipes that generalize better."""
    information = layers_in(label_information(study), LAST)

    # What untrained neurons carry.
    assert rises(information, "level", {"optimizer": optimizer}, by=0.01, unit="I/H(labels)")


@pytest.mark.claim(
    "A26.test", tier="control", section="8.3.7", figures="8.5", premise="separated levels", expected=0.099
)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_last_layers_know_more_of_the_labels_of_test_images_in_better_recipes(study, optimizer):
    """In the last layers, neurons carry more on the labels of test images too under recipes that generalize better."""
    information = layers_in(on_test_images(study), LAST)

    # As for the original.
    assert rises(information, "level", {"optimizer": optimizer}, by=0.01, unit="I/H(labels)")


@pytest.mark.claim(
    "A26.permuted", tier="control", section="8.3.7", figures="8.5", premise="separated levels", expected=0.099
)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_last_layers_know_more_of_the_labels_than_of_permuted_ones_in_better_recipes(study, optimizer):
    """In the last layers, neurons carry more beyond permuted labels too under recipes that generalize better."""
    beyond = layers_in(beyond_chance(study), LAST)

    # As for the original.
    assert rises(beyond, "level", {"optimizer": optimizer}, by=0.01, unit="I/H(labels)")


@pytest.mark.claim(
    "A26.living", tier="control", section="8.3.7", figures="8.4, 8.5", premise="separated levels", expected=0.099
)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_living_neurons_of_last_layers_know_more_of_the_labels_in_better_recipes(study, optimizer):
    """In the last layers, living neurons carry more on the labels under recipes that generalize better.

    Left out are dead neurons, places of channels that are zero on every image.
    """
    information = label_information(study) / (1 - study["never_active"])
    information.attrs["undefined"] = "layers without a living neuron"

    # As for the original.
    assert rises(layers_in(information, LAST), "level", {"optimizer": optimizer}, by=0.01, unit="I/H(labels)")


@pytest.mark.claim("A26.channels", tier="control", section="8.3.7", premise="separated levels", expected=0.099)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_channels_that_are_not_dead_know_more_of_the_labels_in_better_recipes(study, optimizer):
    """In the last layers, neurons of channels that are not dead carry more under recipes that generalize better.

    A channel is dead if it is zero at every place of every image.
    """
    information = label_information(study) / (1 - study["never_active_channels"])
    information.attrs["undefined"] = "layers without a living channel"

    # As for the original.
    assert rises(layers_in(information, LAST), "level", {"optimizer": optimizer}, by=0.01, unit="I/H(labels)")


@pytest.mark.claim("A26.recipe", tier="control", section="8.3.7", figures="8.5")
def test_of_networks_of_one_recipe_those_that_know_more_of_the_labels_generalize_better(study):
    """Of networks of one recipe, those whose last layers carry more on the labels generalize better."""
    information = layers_in(label_information(study), LAST)
    accuracy = study["accuracy"].sel(split="test")

    # A third of a perfect agreement.
    assert tracks(information, accuracy, within="recipe", by=0.3)


@pytest.mark.claim("A26.recipe-test", tier="control", section="8.3.7", figures="8.5")
def test_of_networks_of_one_recipe_those_that_know_more_of_the_labels_of_test_images_generalize_better(study):
    """Of networks of one recipe, those whose last layers carry more on the labels of test images generalize better."""
    information = layers_in(on_test_images(study), LAST)
    accuracy = study["accuracy"].sel(split="test")

    # A third of a perfect agreement.
    assert tracks(information, accuracy, within="recipe", by=0.3)


@pytest.mark.claim("A26.epochs", tier="control", section="8.3.7", figures="8.5")
def test_of_networks_of_one_recipe_those_that_know_more_than_their_epochs_explain_generalize_better(study):
    """Of networks of one recipe trained equally long, those that know more of the labels generalize better.

    Networks of one recipe stop once they fit their images, some epochs apart. From what their last layers know and from
    accuracy the straight line on epochs is taken off, recipe by recipe.
    """
    epochs = epochs_trained(study["history"])
    information = layers_in(label_information(study), LAST)
    accuracy = study["accuracy"].sel(split="test", drop=True)

    # A third of a perfect agreement.
    assert tracks(freed_of(information, epochs), freed_of(accuracy, epochs), within="recipe", by=0.3)


@pytest.mark.claim(
    "A26.matched", tier="control", section="8.3.7", figures="8.5", premise="equal accuracy at high", expected=0
)
@pytest.mark.parametrize(("one", "other"), PAIRS_OF_OPTIMIZERS)
def test_last_layers_know_as_much_of_the_labels_at_equal_accuracy(study, one, other):
    """At equal accuracy neurons of the last layers carry equally much on the labels, whatever the optimizer."""
    information = layers_in(label_information(study), LAST)

    # A third of the least that the levels of one optimizer differed by in 2019.
    assert same(
        information, {"optimizer": one, "level": "high"}, as_={"optimizer": other}, within=0.03, unit="I/H(labels)"
    )


@pytest.mark.claim("A27", tier="core", section="8.3.7", figures="8.5", premise="separated levels", expected=0.25)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_label_information_rises_earlier_in_better_recipes(study, optimizer):
    """Under recipes that generalize better, information on the labels begins to rise in earlier layers."""
    information = layers_in(label_information(study), CENTRAL, LAST)

    # Nearly a layer of VGG-16: less is the same layer.
    assert earlier(information, {"optimizer": optimizer}, along="level", threshold=ONSET_OF_LABEL_INFORMATION, by=0.05)


@pytest.mark.claim(
    "A27.thresholds", tier="control", section="8.3.7", figures="8.5", premise="separated levels", expected=0.26
)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_label_information_reaches_any_threshold_earlier_in_better_recipes(study, optimizer):
    """Under recipes that generalize better, label information reaches 0.02 to 0.06 in earlier layers."""
    depths = onsets(layers_in(label_information(study), CENTRAL, LAST), SEVERAL_ONSETS)

    # As for the original.
    assert falls(depths, "level", {"optimizer": optimizer}, by=0.05, unit="relative depth")


@pytest.mark.claim(
    "A27.test", tier="control", section="8.3.7", figures="8.5", premise="separated levels", expected=0.25
)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_label_information_of_test_images_rises_earlier_in_better_recipes(study, optimizer):
    """Under recipes that generalize better, information on the labels of test images rises in earlier layers too."""
    information = layers_in(on_test_images(study), CENTRAL, LAST)

    # As for the original.
    assert earlier(information, {"optimizer": optimizer}, along="level", threshold=ONSET_OF_LABEL_INFORMATION, by=0.05)


@pytest.mark.claim(
    "A27.permuted", tier="control", section="8.3.7", figures="8.5", premise="separated levels", expected=0.25
)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_label_information_beyond_chance_rises_earlier_in_better_recipes(study, optimizer):
    """Under recipes that generalize better, what neurons carry beyond permuted labels rises in earlier layers too."""
    beyond = layers_in(beyond_chance(study), CENTRAL, LAST)

    # As for the original.
    assert earlier(beyond, {"optimizer": optimizer}, along="level", threshold=ONSET_OF_LABEL_INFORMATION, by=0.05)


@pytest.mark.claim("A28", tier="secondary", section="8.3.7", figures="8.2, 8.5", expected=0.38)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_sharing_goes_with_label_information_over_layers(study, optimizer):
    """From the central layers on, layers whose living neurons share more carry more on the labels."""
    nmi = layers_in(study["pairwise_nmi_live"], CENTRAL, LAST)
    information = layers_in(label_information(study), CENTRAL, LAST)

    # Half is rough agreement; a tenth more is eight exchanges of neighbors among ten layers.
    assert more(rank_correlation(nmi, information), {"optimizer": optimizer}, than=0.5, by=0.1, unit="rank correlation")


@pytest.mark.claim("A29", tier="core", section="8.3.7, 8.5", figures="8.2, 8.5", expected=0.022)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_label_information_rises_before_sharing(study, optimizer):
    """Information on the labels rises in earlier layers than what living neurons share, mean over the whole rise.

    By how many layers it begins earlier is another question, and a control.
    """
    known = mean_onset(layers_in(label_information(study), CENTRAL, LAST))
    shared = mean_onset(layers_in(study["pairwise_nmi_live"], CENTRAL, LAST))

    # A tenth of two layers of VGG-16, the fewest that one calls a few.
    assert more(difference(shared, known), {"optimizer": optimizer}, than=0, by=0.013, unit="relative depth")


@pytest.mark.claim("A29", tier="core", section="8.5", figures="8.5, 8.9", expected=0.017)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_label_information_rises_before_the_silhouette(study, optimizer):
    """Information on the labels rises in earlier layers than the silhouette, mean over the whole rise."""
    silhouette = layers_in(study["silhouette_cosine"], CENTRAL, LAST)
    information = label_information(study).sel(layer=silhouette["layer"].values)

    # As for sharing.
    assert more(
        difference(mean_onset(silhouette), mean_onset(information)),
        {"optimizer": optimizer},
        than=0,
        by=0.013,
        unit="relative depth",
    )


@pytest.mark.claim("A29.layers", tier="control", section="8.5", figures="8.2, 8.5", expected=0.067)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_label_information_rises_a_few_layers_before_sharing(study, optimizer):
    """Information on the labels makes a quarter of its rise more than a layer before what living neurons share.

    2019 speaks of a few layers: two are expected, of VGG-16. Its own numbers give less than one by this measure.
    """
    known = relative_onset(layers_in(label_information(study), CENTRAL, LAST), START_OF_A_RISE)
    shared = relative_onset(layers_in(study["pairwise_nmi_live"], CENTRAL, LAST), START_OF_A_RISE)

    # A layer of VGG-16, and a third of one, which straight lines between layers can tell.
    assert more(difference(shared, known), {"optimizer": optimizer}, than=0.067, by=0.02, unit="relative depth")


@pytest.mark.claim("A41", tier="secondary", section="8.3.7", figures="8.2, 8.5", expected=0.028)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_label_information_rises_more_clearly_than_sharing(study, optimizer):
    """From the central to the last layers, information on the labels pulls ahead of what living neurons share.

    The thesis calls its rise the clearer one, of figures with both on a scale from 0 to 1. That may also be read of how
    the rise differs between recipes, of which A26 and A18 speak.
    """
    ahead = difference(label_information(study), study["pairwise_nmi_live"])

    # What counts as a rise of either between recipes.
    assert rises(layers_in(ahead, CENTRAL, LAST), "layer", {"optimizer": optimizer}, by=0.01, unit="of the scale")


@pytest.mark.claim("A32", tier="secondary", section="8.3.7", expected=0.15)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_label_explains_most_of_what_neurons_share(study, optimizer):
    """In the last layers under the best recipes, most of what two neurons share is gone once the label is known.

    2019 reasoned so without computing it. A finite number of images makes what is left look larger: with ten classes of
    a hundred, by 0.005 nats a pair.
    """
    given = layers_in(study["conditional_information"], LAST).mean("layer")
    whole = layers_in(study["pairwise_information"], LAST).mean("layer")

    # A twentieth more than half: most was claimed.
    assert more(
        1 - given / whole, {"optimizer": optimizer, "level": "high"}, than=0.5, by=0.05, unit="share of information"
    )


@pytest.mark.claim("A33", tier="secondary", section="8.3.7", premise="separated levels", expected=0.06)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_central_layers_tell_classes_apart_better_in_better_recipes(study, optimizer):
    """In the central layers, a linear classifier finds the class more often under recipes that generalize better.

    2019 judged by the information of single neurons.
    """
    accuracy = layers_in(study["probe_accuracy"], CENTRAL)

    # Twenty of a thousand images: the standard error of one such accuracy is fifteen.
    assert rises(accuracy, "level", {"optimizer": optimizer}, by=0.02, unit="accuracy")


@pytest.mark.claim("A33.test", tier="control", section="8.3.7", premise="separated levels", expected=0.06)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_central_layers_tell_classes_of_test_images_apart_better_in_better_recipes(study, optimizer):
    """In the central layers, a linear classifier is right more often on test images too under better recipes."""
    accuracy = layers_in(study.on_test_images("probe_accuracy"), CENTRAL)

    # As for the original.
    assert rises(accuracy, "level", {"optimizer": optimizer}, by=0.02, unit="accuracy")


@pytest.mark.claim("A33.recipe", tier="control", section="8.3.7")
def test_of_networks_of_one_recipe_those_that_tell_classes_apart_better_generalize_better(study):
    """Of networks of one recipe, those whose central layers tell classes apart better generalize better."""
    found = layers_in(study["probe_accuracy"], CENTRAL)
    accuracy = study["accuracy"].sel(split="test")

    # A third of a perfect agreement.
    assert tracks(found, accuracy, within="recipe", by=0.3)


@pytest.mark.claim(
    "A30", tier="core", section="8.5", figures="8.5", premise="separated levels and equal fit", expected=0.1
)
def test_of_two_recipes_the_one_with_the_earlier_rise_is_the_better(study):
    """Of two recipes five points of accuracy apart, the one under which label information rises earlier is the better.

    The thesis says that it suffices to look for that.
    """
    depth, _ = onset(layers_in(label_information(study), CENTRAL, LAST), ONSET_OF_LABEL_INFORMATION)
    accuracy = study["accuracy"].sel(split="test", drop=True)
    right = share_in_order(depth.rename("onset"), accuracy, apart=0.05, sign=-1)

    # More than nine pairs of ten, and one pair of the twenty-seven that three separate levels make.
    assert more(right, {}, than=0.9, by=0.037, unit="share of pairs")


@pytest.mark.claim(
    "A30", tier="core", section="8.5", figures="8.5", premise="separated levels and equal fit", expected=0.93
)
def test_an_earlier_rise_of_label_information_marks_the_better_recipe(study):
    """Of recipes alike in architecture and data, those in which label information rises earlier generalize better."""
    depth, _ = onset(layers_in(label_information(study), CENTRAL, LAST), ONSET_OF_LABEL_INFORMATION)
    accuracy = study["accuracy"].sel(split="test", drop=True)

    # A tenth of the variance of ranks: a weaker tie marks no recipe.
    assert tracks(depth.rename("onset"), accuracy, sign=-1, by=0.3)


@pytest.mark.claim(
    "A30.thresholds", tier="control", section="8.5", figures="8.5", premise="separated levels", expected=0.93
)
def test_earlier_rises_past_any_threshold_mark_the_better_recipe(study):
    """Recipes under which label information reaches 0.02 to 0.06 earlier on average generalize better."""
    depths = onsets(layers_in(label_information(study), CENTRAL, LAST), SEVERAL_ONSETS)
    accuracy = study["accuracy"].sel(split="test", drop=True)

    # As for the original.
    assert tracks(depths.mean("threshold").rename("onset"), accuracy, sign=-1, by=0.3)


@pytest.mark.claim("A30.test", tier="control", section="8.5", figures="8.5", premise="separated levels", expected=0.9)
def test_an_earlier_rise_on_test_images_marks_the_better_recipe(study):
    """Recipes under which information on the labels of test images rises earlier generalize better."""
    information = layers_in(on_test_images(study), CENTRAL, LAST)
    depth, _ = onset(information, ONSET_OF_LABEL_INFORMATION)
    accuracy = study["accuracy"].sel(split="test", drop=True)

    # As for the original.
    assert tracks(depth.rename("onset"), accuracy, sign=-1, by=0.3)


@pytest.mark.claim(
    "A30.matched", tier="control", section="8.5", figures="8.5", premise="equal accuracy at {level}", expected=0
)
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(("one", "other"), PAIRS_OF_OPTIMIZERS)
def test_label_information_rises_at_the_same_depth_at_equal_accuracy(study, one, other, level):
    """At equal accuracy label information begins to rise at the same depth, whatever the optimizer.

    The levels of one optimizer differ in learning rate as well as in generalization; optimizers at one level need not.
    """
    depth, _ = onset(layers_in(label_information(study), CENTRAL, LAST), ONSET_OF_LABEL_INFORMATION)

    # Less than half of what the lowest and the highest level differed by in 2019.
    assert same(depth, {"optimizer": one, "level": level}, as_={"optimizer": other}, within=0.1, unit="relative depth")


@pytest.mark.claim("A30.recipe", tier="control", section="8.5", figures="8.5")
def test_of_networks_of_one_recipe_those_whose_label_information_rises_earlier_generalize_better(study):
    """Of networks of one recipe, those in which label information rises in earlier layers generalize better."""
    depth, _ = onset(layers_in(label_information(study), CENTRAL, LAST), ONSET_OF_LABEL_INFORMATION)
    accuracy = study["accuracy"].sel(split="test")

    # A third of a perfect agreement.
    assert tracks(depth.rename("onset"), accuracy, sign=-1, within="recipe", by=0.3)


@pytest.mark.claim("A34", tier="secondary", section="8.5", expected=0.15)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_neurons_become_more_selective_with_depth(study, optimizer):
    """Under the best recipes, neurons single out one class more and more from the central to the last layers.

    2019 did not measure it.
    """
    selectivity = layers_in(study["class_selectivity"], CENTRAL, LAST)

    # A twentieth of the scale, from all classes alike to one alone.
    assert rises(selectivity, "layer", {"optimizer": optimizer, "level": "high"}, by=0.05, unit="selectivity")
