"""Section 7.2: how the weights changed, and which of them went to zero."""

import numpy as np
import pytest

from indicators.claims.profiles import rank_correlation
from indicators.claims.summaries import (
    difference,
    growth_of_the_middle_half,
    left_beyond_decay,
    left_of_the_start,
    most_over_least,
    pruning_area,
    relative_change,
    sparsity_turned_at_random,
)
from indicators.claims.verbs import falls, less, more, rises, same, tracks
from indicators.claims.view import HIDDEN, LAST, PARTS, layers_in
from indicators.specs import LEVELS, OPTIMIZERS, PAIRS_OF_OPTIMIZERS

TURNED = 0.95
"""A cosine distance at which a layer's weights are as good as unrelated to its initial ones."""
NO_SUCH_LAYER = "networks that have no layer turned so far"


# --- 7.2.1: the changes of the weights ---


@pytest.mark.claim("W1", tier="core", section="7.2.1", figures="7.1-7.3", premise="separated levels", expected=1.1)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_changes_spread_more_in_better_recipes(study, optimizer):
    """Under each optimizer, the weight changes of a layer spread more by recipes that generalize better."""
    spread = np.log10(study["weight_change_std"])

    # Twice as much from low to high; the learning rates differ by far more.
    assert rises(spread, "level", {"optimizer": optimizer}, by=0.3, unit="log10 of standard deviation")


@pytest.mark.claim("W1", tier="core", section="7.2.1", figures="7.1-7.3", premise="separated levels", expected=1.1)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_changes_are_larger_in_better_recipes(study, optimizer):
    """Under each optimizer, the weight changes are larger by recipes that generalize better.

    Over the initial weights, which all levels share, this is the same spread but for the mean of the changes. The
    recorded norms and angles tell it too.
    """
    change = np.log10(relative_change(study["norm_ratio"], study["cosine_distance"], over="initial"))

    # Twice as much from low to high, as for the standard deviation.
    assert rises(change, "level", {"optimizer": optimizer}, by=0.3, unit="log10 of initial norm")


@pytest.mark.claim(
    "W1.rate", tier="control", section="7.2.1", figures="7.1-7.3", premise="separated levels", expected=0.5
)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_learning_rate_suffices_for_the_larger_changes(study, optimizer):
    """The changes grow less than the learning rate does, which differs between the levels as well: it could be all."""
    change = relative_change(study["norm_ratio"], study["cosine_distance"], over="initial")
    rate = study["history"].sel(quantity="learning_rate", epoch=1, drop=True)
    per_rate = np.log10(change / rate).rename("change per learning rate")

    # A fifth less per unit of the learning rate.
    low = {"level": "low"}
    assert less(per_rate, {"optimizer": optimizer, "level": "high"}, than=low, by=0.1, unit="log10 of change / rate")


@pytest.mark.claim("W1.recipe", tier="control", section="7.2.1")
def test_networks_of_one_recipe_whose_changes_spread_more_generalize_better(study):
    """Among networks of one recipe, too, those whose weight changes spread more are more accurate.

    Recipes differ in their learning rate as well, networks of one recipe by chance alone.
    """
    spread = np.log10(study["weight_change_std"]).mean("layer")
    accuracy = study["accuracy"].sel(split="test", drop=True)

    # A third of a perfect agreement.
    assert tracks(spread, accuracy, by=0.3, within="recipe")


@pytest.mark.claim("W2", tier="secondary", section="7.2.1", figures="7.1-7.3", expected=0.9)
def test_the_changes_spread_less_with_depth_under_sgd(study):
    """In the best network of plain sgd, the weight changes spread less in deeper layers."""
    spread = np.log10(layers_in(study["weight_change_std"], *HIDDEN))

    # Half as much in the last third as in the first; the thesis's figures show a tenth and less.
    at = {"optimizer": "sgd", "level": "high"}
    assert falls(spread, "layer", at, by=0.3, unit="log10 of standard deviation")


@pytest.mark.claim("W2.relative", tier="control", section="7.2.1", figures="7.1-7.3", expected=0.7)
def test_the_changes_shrink_with_depth_beside_the_initial_weights_too(study):
    """They also get smaller relative to the initial weights, which are smaller themselves in wider layers."""
    change = relative_change(study["norm_ratio"], study["cosine_distance"], over="initial")
    by_layer = np.log10(layers_in(change, *HIDDEN))

    # A third less; without the initial weights' part, less is left of the decrease.
    assert falls(by_layer, "layer", {"optimizer": "sgd", "level": "high"}, by=0.15, unit="log10 of initial norm")


@pytest.mark.claim(
    "W3", tier="secondary", section="7.2.1", figures="7.1-7.3", premise="equal accuracy at high", expected=0.064
)
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(("one", "other"), PAIRS_OF_OPTIMIZERS)
def test_the_changes_spread_alike_at_equal_accuracy(study, one, other, part):
    """At equal accuracy the weight changes spread about alike under the three optimizers, in every part.

    Over the initial weights, which the optimizers share. The thesis's own numbers contradict it in the first layers,
    where plain sgd changes the weights several times more.
    """
    change = relative_change(study["norm_ratio"], study["cosine_distance"], over="initial")
    in_part = np.log10(layers_in(change, part))

    # A factor of two: with more, the figures would not look alike.
    at = {"optimizer": one, "level": "high"}
    assert same(in_part, at, as_={"optimizer": other}, within=0.3, unit="log10 of initial norm")


@pytest.mark.claim(
    "W4", tier="core", section="7.2.1", figures="7.2",
    premise="equal accuracy at high and weights turned", expected=0.15,
)  # fmt: skip
def test_the_changes_look_uniform_under_weight_decay(study):
    """In the last layers of the best network of weight decay the changes look uniform, as they do not under sgd."""
    distance = layers_in(study["weight_change_uniform_distance"], LAST)

    # A Gaussian is 0.28 away from a uniform distribution over its range.
    at = {"optimizer": "wdecay", "level": "high"}
    assert less(distance, at, than={"optimizer": "sgd"}, by=0.05, unit="probability")


@pytest.mark.claim("W4", tier="core", section="7.2.1", figures="7.2", premise="weights turned", expected=0.15)
def test_the_changes_look_more_uniform_with_depth_under_weight_decay(study):
    """In the best network of weight decay the changes look the more uniform the deeper the layer."""
    distance = layers_in(study["weight_change_uniform_distance"], *HIDDEN)

    # As above, a fifth of the step between Gaussian and uniform.
    assert falls(distance, "layer", {"optimizer": "wdecay", "level": "high"}, by=0.05, unit="probability")


@pytest.mark.claim(
    "W4.removal", tier="control", section="7.2.1", figures="7.2",
    premise="weights turned", expected=0.097,
)  # fmt: skip
def test_those_changes_are_the_removal_of_the_initial_weights(study):
    """In those layers the change is hardly more than the removal of the initial weights, which were uniform.

    The cosine between the change and the initial weights reversed; 1 if nothing but these went.
    """
    change = relative_change(study["norm_ratio"], study["cosine_distance"])
    removal = (-study["alignment"] / change).rename("cosine of the change and the initial weights reversed")

    # Four fifths of the change's square then are removal.
    at = {"optimizer": "wdecay", "level": "high"}
    assert more(layers_in(removal, LAST), at, than=0.9, by=0, unit="cosine")


# --- 7.2.2: the changes relative to the final weights ---


@pytest.mark.claim("W5", tier="secondary", section="7.2.2", figures="7.4-7.6", expected=0.9)
@pytest.mark.parametrize("optimizer", ["sgd", "layca"])
def test_normalized_changes_narrow_with_depth(study, optimizer):
    """In the best networks of plain sgd and of layca, changes over the norm of their layer narrow with depth."""
    spread = np.log10(layers_in(study["normalized_weight_change_std"], *HIDDEN))

    # Half as much in the last third as in the first.
    at = {"optimizer": optimizer, "level": "high"}
    assert falls(spread, "layer", at, by=0.3, unit="log10 of final norm")


@pytest.mark.claim("W5.size", tier="control", section="7.2.2", figures="7.4-7.6", expected=0.17)
@pytest.mark.parametrize("optimizer", ["sgd", "layca"])
def test_normalized_changes_narrow_whatever_the_number_of_weights(study, optimizer):
    """They narrow too when a layer counts as a whole: beside a norm, each weight of a larger layer is smaller anyway.

    The spread times the square root of the number of weights. The numbers of 2019 leave a decrease under plain sgd and
    none under layca.
    """
    change = np.log10(relative_change(study["norm_ratio"], study["cosine_distance"]))

    # A tenth less in the last third than in the first.
    at = {"optimizer": optimizer, "level": "high"}
    assert falls(layers_in(change, *HIDDEN), "layer", at, by=0.05, unit="log10 of final norm")


@pytest.mark.claim("W31", tier="secondary", section="7.2.1", figures="6.4, 7.4-7.6", expected=0.84)
def test_layers_whose_changes_spread_less_turned_less_under_sgd(study):
    """In the best network of plain sgd, hidden layers whose weight changes spread less also turned less.

    Of changes over the norm of their layer, where 7.2.2 sets layca against sgd; 7.2.1 says it of the changes as they
    are.
    """
    spread = layers_in(study["normalized_weight_change_std"], *HIDDEN)
    correlation = rank_correlation(spread, layers_in(study["cosine_distance"], *HIDDEN))

    # Among a dozen layers a weaker correlation would go unseen.
    assert more(correlation, {"optimizer": "sgd", "level": "high"}, than=0, by=0.2, unit="rank correlation")


@pytest.mark.claim(
    "W31", tier="secondary", section="7.2.2", figures="6.6, 7.4-7.6", premise="weights turned", expected=0.85
)
def test_layers_whose_changes_spread_less_did_not_turn_less_under_layca(study):
    """Not so in the best network of layca: hidden layers whose weight changes spread less turned as far.

    There the spread follows the number of weights alone: beside an unchanged norm, how long the change of a layer is
    says how far it turned.
    """
    spread = layers_in(study["normalized_weight_change_std"], *HIDDEN)
    correlation = rank_correlation(spread, layers_in(study["cosine_distance"], *HIDDEN))

    # What counts as a correlation under plain sgd.
    assert less(correlation, {"optimizer": "layca", "level": "high"}, than=0.2, by=0, unit="rank correlation")


@pytest.mark.claim(
    "W6", tier="secondary", section="7.2.2", figures="7.4-7.6",
    premise="equal accuracy at high and weights turned", expected=0.59,
)  # fmt: skip
@pytest.mark.parametrize("other", ["wdecay", "layca"])
def test_sgd_changes_the_least_beside_the_final_weights(study, other):
    """At equal accuracy the changes are smaller under plain sgd than under the others, relative to the final weights.

    As lengths of whole layers, which do not depend on the number of weights.
    """
    change = relative_change(study["norm_ratio"], study["cosine_distance"])

    # A tenth of the final norm.
    at = {"optimizer": "sgd", "level": "high"}
    assert less(change, at, than={"optimizer": other}, by=0.1, unit="final norm")


@pytest.mark.claim(
    "W7", tier="secondary", section="7.2.2", figures="7.4-7.6",
    premise="equal accuracy at high and weights turned", expected=0.54,
)  # fmt: skip
@pytest.mark.parametrize("other", ["sgd", "layca"])
def test_weight_decay_changes_far_more_without_generalizing_better(study, other):
    """At equal accuracy the changes are far larger under weight decay than under the others, so size is not all."""
    change = np.log10(relative_change(study["norm_ratio"], study["cosine_distance"]))

    # Four tenths more at least; what is far larger should be seen at a glance.
    at = {"optimizer": "wdecay", "level": "high"}
    assert more(change, at, than={"optimizer": other}, by=0.15, unit="log10 of final norm")


@pytest.mark.claim("W8", tier="secondary", section="7.2.2", figures="7.4-7.6", expected=0.29)
@pytest.mark.parametrize("level", ["low", "medium"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_most_weights_hardly_change_at_low_and_medium(study, optimizer, level):
    """In networks that generalize less, at low and at medium, the weights of a layer hardly change as a whole."""
    change = relative_change(study["norm_ratio"], study["cosine_distance"], over="initial")

    # Half of the initial norm, or thirty degrees; unrelated weights of the same norm have 1.4.
    at = {"optimizer": optimizer, "level": level}
    assert less(change, at, than=0.5, by=0, unit="initial norm")


@pytest.mark.claim(
    "W9", tier="secondary", section="7.2.2", figures="7.4-7.6", premise="separated levels", expected=0.93
)
def test_larger_changes_mark_the_better_recipe(study):
    """Recipes by which weights changed more, relative to their final size, generalize better."""
    change = np.log10(relative_change(study["norm_ratio"], study["cosine_distance"])).mean("layer")
    accuracy = study["accuracy"].sel(split="test", drop=True)

    # As for other marks of generalization: a weaker correlation orders no more than two thirds of the pairs.
    assert tracks(change, accuracy, by=0.3)


@pytest.mark.claim("W9", tier="secondary", section="7.2.2", figures="7.4-7.6", premise="separated levels", expected=0.9)
def test_evenly_spread_changes_mark_the_better_recipe(study):
    """Recipes by which weight changes are spread more evenly, without a few large ones, generalize better."""
    kurtosis = study["weight_change_kurtosis"].median("layer")
    accuracy = study["accuracy"].sel(split="test", drop=True)

    # As above. The median layer: a single layer can have any kurtosis.
    assert tracks(kurtosis, accuracy, sign=-1, by=0.3)


@pytest.mark.claim("W9.recipe", tier="control", section="7.2.2")
def test_networks_of_one_recipe_that_changed_more_generalize_better(study):
    """Among networks of one recipe, too, those whose weights changed more, relative to their final size, do better."""
    change = np.log10(relative_change(study["norm_ratio"], study["cosine_distance"])).mean("layer")
    accuracy = study["accuracy"].sel(split="test", drop=True)

    # A third of a perfect agreement.
    assert tracks(change, accuracy, by=0.3, within="recipe")


@pytest.mark.claim(
    "W9.matched", tier="control", section="7.2.2", figures="7.4-7.6",
    premise="equal accuracy at {level}", expected=0.03,
)  # fmt: skip
@pytest.mark.parametrize("level", ["low", "medium"])
@pytest.mark.parametrize(("one", "other"), PAIRS_OF_OPTIMIZERS)
def test_changes_are_as_large_at_equal_accuracy(study, one, other, level):
    """Recipes that generalize alike, at low and at medium, change weights alike, as a mark of generalization should.

    Within an optimizer the learning rate, too, orders changes and accuracies. The numbers of 2019 disagree. At high
    the thesis says itself that weight decay changes far more.
    """
    change = np.log10(relative_change(study["norm_ratio"], study["cosine_distance"]))

    # A quarter more or less; from low to medium alone, those of plain sgd grow two and a half times in 2019.
    at = {"optimizer": one, "level": level}
    assert same(change, at, as_={"optimizer": other}, within=0.1, unit="log10 of final norm")


# --- 7.2.3: the change of the norm, and the change along the initial weights ---


@pytest.mark.claim("W10", tier="secondary", section="7.2.3", figures="7.7", expected=0.12)
@pytest.mark.parametrize("level", ["low", "medium"])
@pytest.mark.parametrize("optimizer", ["sgd", "wdecay"])
def test_norms_stay_at_low_and_medium(study, optimizer, level):
    """In networks that generalize less, at low and at medium, the norm of the weights hardly changes.

    Layca is left out: it keeps every norm by construction.
    """
    ratio = study["norm_ratio"]

    # A seventh: less than a third of what the best networks show in 2019 (half the norm, or six times).
    at = {"optimizer": optimizer, "level": level}
    assert same(ratio, at, as_=1, within=0.15, unit="initial / final norm")


@pytest.mark.claim("W10", tier="secondary", section="7.2.3", figures="7.7", expected=0.14)
@pytest.mark.parametrize("level", ["low", "medium"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_changes_have_no_part_along_the_initial_weights_at_low_and_medium(study, optimizer, level):
    """In those networks the change has hardly a component along the initial weights."""
    along = study["alignment"]

    # A seventh of the final norm, as for the norm.
    at = {"optimizer": optimizer, "level": level}
    assert same(along, at, as_=0, within=0.15, unit="final norm")


@pytest.mark.claim("W33", tier="secondary", section="7.2.3", figures="7.7", expected=0.058)
@pytest.mark.parametrize("optimizer", ["sgd", "wdecay"])
def test_norms_are_alike_at_low_and_medium(study, optimizer):
    """At low and at medium a layer's norm changed alike: the curves over the layers are very similar.

    Layca is left out: it keeps every norm by construction.
    """
    ratio = study["norm_ratio"]
    gap = abs(ratio.sel(level="low", drop=True) - ratio.sel(level="medium", drop=True))

    # A seventh, as where both are said to have stayed.
    assert less(gap.rename("low beside medium"), {"optimizer": optimizer}, than=0.15, by=0, unit="initial / final norm")


@pytest.mark.claim("W33", tier="secondary", section="7.2.3", figures="7.7", expected=0.048)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_changes_along_the_initial_weights_are_alike_at_low_and_medium(study, optimizer):
    """At low and at medium a layer's change has a like component along the initial weights."""
    along = study["alignment"]
    gap = abs(along.sel(level="low", drop=True) - along.sel(level="medium", drop=True))

    # A seventh of the final norm, as for the norm.
    assert less(gap.rename("low beside medium"), {"optimizer": optimizer}, than=0.15, by=0, unit="final norm")


@pytest.mark.claim("W11", tier="core", section="7.2.3", figures="7.7", expected=0.47)
def test_weights_grow_under_sgd(study):
    """The best network of plain sgd ends with larger weights than it started with."""
    ratio = layers_in(study["norm_ratio"], *HIDDEN)

    # A twentieth: less is what the networks at low show.
    assert less(ratio, {"optimizer": "sgd", "level": "high"}, than=1, by=0.05, unit="initial / final norm")


@pytest.mark.claim("W11", tier="core", section="7.2.3", figures="7.7", expected=0.5)
def test_weights_grow_less_with_depth_under_sgd(study):
    """In the best network of plain sgd the growth of the weights fades with depth."""
    ratio = layers_in(study["norm_ratio"], *HIDDEN)

    # A tenth of the final norm, a fifth of what 2019 shows.
    assert rises(ratio, "layer", {"optimizer": "sgd", "level": "high"}, by=0.1, unit="initial / final norm")


@pytest.mark.claim("W12", tier="secondary", section="7.2.3", expected=0.15)
def test_deeper_neurons_rely_on_fewer_inputs(study):
    """In the best network of plain sgd, neurons of deeper layers rely on a smaller share of their inputs."""
    share = layers_in(study["participation_ratio"], *HIDDEN)

    # A quarter of the step between uniform weights (5/9) and Gaussian ones (1/3).
    assert falls(share, "layer", {"optimizer": "sgd", "level": "high"}, by=0.05, unit="share of the inputs")


@pytest.mark.claim("W12.untrained", tier="control", section="7.2.3", expected=0.15)
def test_training_makes_deeper_neurons_rely_on_fewer_inputs(study):
    """The same beside the untrained network, whose small layers differ from its wide ones by chance."""
    change = study["participation_ratio"] - study.untrained("participation_ratio")

    # As above.
    at = {"optimizer": "sgd", "level": "high"}
    assert falls(layers_in(change, *HIDDEN), "layer", at, by=0.05, unit="share of the inputs")


@pytest.mark.claim("W13", tier="core", section="7.2.3", figures="7.7", expected=0.031)
@pytest.mark.parametrize("part", PARTS)
def test_sgd_moves_across_the_initial_weights(study, part):
    """In the best network of plain sgd the change of the weights has hardly a component along the initial ones.

    The thesis speaks of every layer. Its hidden layers have 0.03 and less, its output layer 0.12.
    """
    # The largest of a part's layers: a mean would let layers of opposite sign cancel.
    largest = abs(layers_in(study["alignment"], part)).max("layer")

    # A seventh of the final norm: as far as the same curve may lie from zero at low and at medium.
    assert less(largest, {"optimizer": "sgd", "level": "high"}, than=0.15, by=0, unit="final norm")


@pytest.mark.claim("W14", tier="secondary", section="7.2.3", figures="7.7", expected=0.034)
@pytest.mark.parametrize("level", LEVELS)
def test_sgd_turns_by_growing(study, level):
    """Under plain sgd the rotation is what the growth of the norm accounts for: little of it lies along the weights."""
    left_over = abs(study["alignment"]).rename("part of the rotation that growth does not explain")

    # A twentieth of the final weights: what would hardly show in the figure.
    assert less(left_over, {"optimizer": "sgd", "level": level}, than=0.05, by=0, unit="final norm")


@pytest.mark.claim("W14.scale", tier="control", section="7.2.3", figures="7.7", expected=0.27)
@pytest.mark.parametrize("level", ["medium", "high"])
def test_sgd_turns_by_growing_however_little_it_turns(study, level):
    """Growth accounts for most of the rotation, at small rotations too, where anything is below a fixed limit."""
    left_over = (abs(study["alignment"]) / study["cosine_distance"]).rename("share that growth does not explain")

    # Half of the rotation. At low, what was read from the figure of 2019 is coarser than the rotation.
    assert less(left_over, {"optimizer": "sgd", "level": level}, than=0.5, by=0, unit="share of the rotation")


@pytest.mark.claim(
    "W15", tier="secondary", section="7.2.3", expected=0.15, needs="variant rates_by_layer",
)  # fmt: skip
def test_sgd_can_turn_every_layer_by_growing_evenly(study):
    """With learning rates chosen layer by layer, plain sgd turns every layer as far as the others do."""
    least = study.over("rates_by_layer")["cosine_distance"].min("layer", skipna=False)

    # Below 0.8 a layer still resembles its initial weights; the others' least layers in 2019 have 0.83 and 0.86.
    at = {"optimizer": "sgd", "level": "high", "rates_by_layer": "rising"}
    assert more(least, at, than=0.8, by=0.05, unit="1 - cos")


@pytest.mark.claim("W16", tier="core", section="7.2.3", figures="7.7", premise="weights turned", expected=12)
def test_weights_shrink_more_with_depth_under_weight_decay(study):
    """In the best network of weight decay the weights shrink more and more with depth."""
    ratio = layers_in(study["norm_ratio"], *HIDDEN)

    # A tenth of the final norm, as for the growth under sgd.
    assert rises(ratio, "layer", {"optimizer": "wdecay", "level": "high"}, by=0.1, unit="initial / final norm")


@pytest.mark.claim("W16.shrunk", tier="control", section="7.2.3", figures="7.7", premise="weights turned", expected=5.7)
def test_weights_shrink_under_weight_decay(study):
    """They do shrink: the best network of weight decay ends with smaller weights than it started with.

    Under plain sgd, too, the curve rises with depth, where weights grow less and less.
    """
    ratio = layers_in(study["norm_ratio"], *HIDDEN)

    # A twentieth: less is what the networks at low show.
    assert more(ratio, {"optimizer": "wdecay", "level": "high"}, than=1, by=0.05, unit="initial / final norm")


@pytest.mark.claim("W17", tier="identity", section="7.2.3", figures="7.7", expected=0)
def test_norm_ratio_and_alignment_mirror_each_other_up_to_the_rotation(study):
    """Norm ratio and alignment add up to 1 minus the cosine distance: an identity, which tests the measurement.

    So they are mirror images wherever the distance is near 1, whatever the weights do.
    """
    total = study["norm_ratio"] + study["alignment"] + study["cosine_distance"]
    departure = abs(total - 1).max("layer").rename("largest departure from 1")

    # Roundoff; the numbers of 2019 are kept to four digits.
    assert same(departure, {}, as_=0, within=0.001, unit="final norm")


@pytest.mark.claim(
    "W17.unrelated", tier="control", section="7.2.3", figures="7.7",
    premise="weights turned", expected=0.005,
)  # fmt: skip
@pytest.mark.parametrize("optimizer", ["wdecay", "layca"])
def test_the_mirror_images_are_those_of_unrelated_weights(study, optimizer):
    """In the best networks of weight decay and layca the final signs are unrelated to the initial ones.

    Weights that are unrelated to the initial ones make norm ratio and alignment mirror images, zeros or not.
    """
    flips = layers_in(study["sign_flips"], *HIDDEN)

    # Half of the signs differ by chance; a tenth of this would tell some relation.
    assert same(flips, {"optimizer": optimizer, "level": "high"}, as_=0.5, within=0.05, unit="share")


@pytest.mark.claim("W18", tier="identity", section="7.2.3", figures="7.7", expected=0)
@pytest.mark.parametrize("level", LEVELS)
def test_under_layca_the_alignment_is_the_rotation_reversed(study, level):
    """Under layca, which keeps the norm, the alignment is minus the cosine distance, by construction."""
    departure = abs(study["alignment"] + study["cosine_distance"]).max("layer").rename("largest departure")
    # Without the others, whose norms differ from seed to seed and would blur what is exact.
    departure = departure.sel(optimizer=["layca"])

    # What single precision may gather over a training; the curves of 2019 were read to 0.007 from a plot.
    assert same(departure, {"optimizer": "layca", "level": level}, as_=0, within=0.005, unit="final norm")


@pytest.mark.claim("W19", tier="core", section="7.2.3", figures="7.7", premise="weights turned", expected=0.15)
@pytest.mark.parametrize("optimizer", ["wdecay", "layca"])
def test_most_weights_move_against_their_initial_sign(study, optimizer):
    """In the best networks of weight decay and layca most weights move against their initial sign."""
    share = study["opposed_share"]

    # A majority by more than a narrow one: 55 of 100.
    assert more(share, {"optimizer": optimizer, "level": "high"}, than=0.5, by=0.05, unit="share")


@pytest.mark.claim(
    "W19.chance", tier="control", section="7.2.3", figures="7.7",
    premise="weights turned", expected=0.06,
)  # fmt: skip
@pytest.mark.parametrize("optimizer", ["wdecay", "layca"])
def test_more_weights_move_against_their_initial_sign_than_by_chance(study, optimizer):
    """More weights do so than if final weights of the same sizes were unrelated to the initial ones."""
    excess = (study["opposed_share"] - study["opposed_share_by_chance"]).rename("opposed beyond chance")

    # Two in a hundred: unrelated weights already have 75 or more.
    assert more(excess, {"optimizer": optimizer, "level": "high"}, than=0, by=0.02, unit="share")


# --- 7.2.4: the distribution of the weights ---


@pytest.mark.claim("W20", tier="secondary", section="7.2.4", figures="7.8-7.10", expected=0.08)
@pytest.mark.parametrize("level", ["low", "medium"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_weights_stay_distributed_as_they_were_at_low_and_medium(study, optimizer, level):
    """In networks that generalize less, at low and at medium, weights are distributed as they were at the start."""
    distance = study["initial_distribution_distance"]

    # A tenth of all weights; the uniform distribution made a fifth narrower is as far.
    at = {"optimizer": optimizer, "level": level}
    assert less(distance, at, than=0.1, by=0, unit="probability")


@pytest.mark.claim(
    "W20", tier="secondary", section="7.2.4", figures="7.8-7.10", premise="separated levels", expected=0.09
)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_weights_are_distributed_anew_at_high(study, optimizer):
    """In the best networks, weights are no longer distributed as they were at the start."""
    distance = study["initial_distribution_distance"]

    # Half of what lies between a uniform and a Gaussian distribution of the same spread (0.06).
    at = {"optimizer": optimizer, "level": "high"}
    assert more(distance, at, than={"level": ["low", "medium"]}, by=0.03, unit="probability")


@pytest.mark.claim("W21", tier="core", section="7.2.4", figures="7.8-7.10", expected=0.3)
def test_weights_spread_out_under_sgd(study):
    """In the best network of plain sgd the middle half of a layer's weights spans more than at the start."""
    growth = growth_of_the_middle_half(study["weight_quantiles"], study.untrained("weight_quantiles"))

    # A quarter wider or narrower; a Gaussian's middle half is a fifth narrower than a uniform one's.
    assert more(growth, {"optimizer": "sgd", "level": "high"}, than=0, by=0.1, unit="log10 of initial width")


@pytest.mark.claim("W21", tier="core", section="7.2.4", figures="7.8-7.10", premise="weights turned", expected=0.3)
@pytest.mark.parametrize("optimizer", ["wdecay", "layca"])
def test_weights_gather_at_zero_under_the_others(study, optimizer):
    """In the best networks of weight decay and layca the middle half of the weights lies closer to zero than before."""
    growth = growth_of_the_middle_half(study["weight_quantiles"], study.untrained("weight_quantiles"))

    # As above: just closer than weights that were turned at random.
    assert less(growth, {"optimizer": optimizer, "level": "high"}, than=0, by=0.1, unit="log10 of initial width")


@pytest.mark.claim(
    "W21.scale", tier="control", section="7.2.4", figures="7.8-7.10",
    premise="equal accuracy at high and weights turned", expected=0.9,
)  # fmt: skip
@pytest.mark.parametrize("other", ["wdecay", "layca"])
def test_weights_are_more_peaked_under_the_others_on_their_own_scale(study, other):
    """At equal accuracy the weights are more peaked under weight decay and layca than under sgd on their own scale too.

    Batch normalization makes the scale of a layer's weights arbitrary; the shape of their distribution is not.
    """
    kurtosis = study["weight_kurtosis"].median("layer")

    # A quarter of the step between uniform (-1.2) and Gaussian (0).
    at = {"optimizer": other, "level": "high"}
    assert more(kurtosis, at, than={"optimizer": "sgd"}, by=0.3, unit="kurtosis")


@pytest.mark.claim(
    "W30", tier="secondary", section="7.2.4", figures="7.8-7.10", premise="separated levels", expected=0.9
)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_weights_are_more_bell_shaped_at_high(study, optimizer):
    """Under each optimizer the weights of the best networks are more bell-shaped than those of the others."""
    kurtosis = study["weight_kurtosis"].median("layer")

    # A quarter of the step between uniform (-1.2) and Gaussian (0). The median layer: one can have any kurtosis.
    at = {"optimizer": optimizer, "level": "high"}
    assert more(kurtosis, at, than={"level": ["low", "medium"]}, by=0.3, unit="kurtosis")


@pytest.mark.claim("W30.recipe", tier="control", section="7.2.4")
def test_networks_of_one_recipe_whose_weights_are_more_bell_shaped_generalize_better(study):
    """Among networks of one recipe, too, those whose weights are more bell-shaped are more accurate."""
    kurtosis = study["weight_kurtosis"].median("layer")
    accuracy = study["accuracy"].sel(split="test", drop=True)

    # A third of a perfect agreement.
    assert tracks(kurtosis, accuracy, by=0.3, within="recipe")


@pytest.mark.claim(
    "W22", tier="secondary", section="7.2.4", figures="7.8-7.10",
    premise="weights turned", expected=0.15,
)  # fmt: skip
def test_more_weights_are_near_zero_with_depth_under_weight_decay(study):
    """In the best network of weight decay, deeper layers have more weights near zero, on the scale of the start."""
    share = layers_in(study["near_zero_share"], *HIDDEN)

    # As much again as layers have at the start (0.058).
    assert rises(share, "layer", {"optimizer": "wdecay", "level": "high"}, by=0.05, unit="share")


@pytest.mark.claim(
    "W22.scale", tier="control", section="7.2.4", figures="7.8-7.10",
    premise="weights turned", expected=0.06,
)  # fmt: skip
def test_more_weights_are_near_zero_with_depth_on_their_own_scale(study):
    """Deeper layers of that network have more weights near zero on the scale of their own final weights too."""
    share = layers_in(study["near_zero_share_relative"], *HIDDEN)

    # The step between uniform (0.058) and Gaussian (0.080) weights.
    assert rises(share, "layer", {"optimizer": "wdecay", "level": "high"}, by=0.02, unit="share")


@pytest.mark.claim("W23", tier="core", section="7.2.4", figures="7.8-7.10", premise="weights turned", expected=0.06)
@pytest.mark.parametrize("optimizer", ["wdecay", "layca"])
def test_weights_near_zero_become_more_under_the_others(study, optimizer):
    """Only weight decay and layca make more weights nearly zero, on the scale of the start: they do."""
    gain = study["near_zero_share"] - study.untrained("near_zero_share")

    # A third of what layers have at the start (0.058).
    assert more(gain, {"optimizer": optimizer, "level": "high"}, than=0, by=0.02, unit="share")


@pytest.mark.claim("W23", tier="core", section="7.2.4", figures="7.8-7.10", expected=0.03)
def test_weights_near_zero_do_not_become_more_under_sgd(study):
    """Only weight decay and layca make more weights nearly zero, on the scale of the start: plain sgd does not."""
    gain = study["near_zero_share"] - study.untrained("near_zero_share")

    # What counts as more under the others.
    assert less(gain, {"optimizer": "sgd", "level": "high"}, than=0.02, by=0, unit="share")


@pytest.mark.claim(
    "W23.scale", tier="control", section="7.2.4", figures="7.8-7.10", premise="weights turned", expected=0.03
)
def test_weights_near_zero_become_more_under_weight_decay_on_their_own_scale(study):
    """On the scale of the final weights, too, weight decay makes more weights nearly zero.

    Layca keeps the scale of the start.
    """
    gain = study["near_zero_share_relative"] - study.untrained("near_zero_share_relative")

    # Half of the step between uniform (0.058) and Gaussian (0.080) weights.
    assert more(gain, {"optimizer": "wdecay", "level": "high"}, than=0, by=0.01, unit="share")


@pytest.mark.claim("W23.scale", tier="control", section="7.2.4", figures="7.8-7.10", expected=0.01)
def test_weights_near_zero_do_not_become_more_under_sgd_on_their_own_scale(study):
    """On the scale of the final weights, too, plain sgd does not make more weights nearly zero."""
    gain = study["near_zero_share_relative"] - study.untrained("near_zero_share_relative")

    # What counts as more under the others.
    assert less(gain, {"optimizer": "sgd", "level": "high"}, than=0.01, by=0, unit="share")


@pytest.mark.claim(
    "W24", tier="core", section="7.2.4",
    premise="equal accuracy at high and weights turned", expected=0.09,
)  # fmt: skip
@pytest.mark.parametrize("other", ["wdecay", "layca"])
def test_the_others_have_sparser_weights_than_sgd(study, other):
    """At equal accuracy weight decay and layca set useless weights to zero: theirs are sparser than those of sgd."""
    sparsity = study["hoyer_sparsity"]

    # Half of the step between uniform (0.13) and Gaussian (0.20) weights.
    assert more(sparsity, {"optimizer": other, "level": "high"}, than={"optimizer": "sgd"}, by=0.03, unit="sparsity")


@pytest.mark.claim("W24.unrelated", tier="control", section="7.2.4", premise="weights turned", expected=0.09)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("part", HIDDEN)
def test_weights_are_sparser_than_turned_at_random(study, part, optimizer):
    """In every part of the best networks, weights are sparser than if they had turned as far at random.

    Steps in random directions make weights Gaussian, which are sparser than the uniform ones at the start, without a
    zero among them.
    """
    beyond = difference(study["hoyer_sparsity"], sparsity_turned_at_random(study["cosine_distance"]))

    # Half of the step between uniform (0.13) and Gaussian (0.20) weights.
    at = {"optimizer": optimizer, "level": "high"}
    assert more(layers_in(beyond, part).median("layer"), at, than=0, by=0.03, unit="sparsity")


# --- 7.2.5: how weights get to zero ---


@pytest.mark.claim("W32", tier="secondary", section="7.2.5", figures="7.7", expected=0.011)
def test_what_is_left_of_the_start_follows_the_decay(study):
    """What weight decay leaves of the initial weights follows from its updates: the same decay at medium and at high.

    Equation 7.2 has (1 - lambda)^t after t updates. As equation 4.14 has it, lambda is in proportion to the learning
    rate: what is left at medium, to the power of the ratio of the summed rates, is expected at high.
    """
    left = left_of_the_start(study["norm_ratio"], study["cosine_distance"]).mean("layer")
    rates = study["history"].sel(quantity="learning_rate", drop=True).sum("epoch")

    # A twentieth of the initial weights.
    at = {"optimizer": "wdecay"}
    assert same(left_beyond_decay(left, rates), at, as_=0, within=0.05, unit="share of the initial weights")


@pytest.mark.claim("W32.constant", tier="control", section="7.2.5", figures="7.7", expected=0)
def test_what_is_left_of_the_start_follows_the_number_of_updates(study):
    """It follows from the number of updates alone, as equation 7.2 is written: with one lambda whatever the rate.

    In 2019 it did not: the penalty was in the loss, so that each update took away in proportion to its rate.
    """
    left = left_of_the_start(study["norm_ratio"], study["cosine_distance"]).mean("layer")
    epochs = study["history"].sel(quantity="learning_rate", drop=True).notnull().sum("epoch")

    # A twentieth of the initial weights, as above.
    at = {"optimizer": "wdecay"}
    assert same(left_beyond_decay(left, epochs), at, as_=0, within=0.05, unit="share of the initial weights")


@pytest.mark.claim("W25", tier="secondary", section="7.2.5", expected=0.3)
@pytest.mark.parametrize("optimizer", ["wdecay", "layca"])
def test_weights_that_end_small_have_small_gradients(study, optimizer):
    """In the best networks of weight decay and layca, weights that end small have smaller gradients than others."""
    size = study["gradient_size"]
    smallest = {"optimizer": optimizer, "level": "high", "final_size": "smallest"}

    # A tenth of the layer's average gradient.
    assert less(size, smallest, than={"final_size": "largest"}, by=0.1, unit="layer mean")


@pytest.mark.claim("W25", tier="secondary", section="7.2.5", expected=0.06)
@pytest.mark.parametrize("optimizer", ["wdecay", "layca"])
def test_gradients_of_weights_that_end_small_change_sign_more_often(study, optimizer):
    """In the best networks of weight decay and layca, gradients of weights that end small change sign more often."""
    flips = study["gradient_sign_flips"]
    smallest = {"optimizer": optimizer, "level": "high", "final_size": "smallest"}

    # One epoch in fifty; by chance a sign changes at every second one.
    assert more(flips, smallest, than={"final_size": "largest"}, by=0.02, unit="share of epochs")


@pytest.mark.claim("W25", tier="secondary", section="7.2.5", expected=0.06)
@pytest.mark.parametrize("optimizer", ["wdecay", "layca"])
def test_that_difference_of_signs_grows_in_training(study, optimizer):
    """In those networks, the later in training, the more this sets the weights that end small apart."""
    flips = study["gradient_sign_flips"]
    ahead = flips.sel(final_size="smallest", drop=True) - flips.sel(final_size="largest", drop=True)

    # One epoch in fifty, as above.
    at = {"optimizer": optimizer, "level": "high"}
    assert rises(ahead.rename("flips, smallest - largest"), "stage", at, by=0.02, unit="share of epochs")


@pytest.mark.claim("W25.sgd", tier="control", section="7.2.5", expected=0.06)
@pytest.mark.parametrize("other", ["wdecay", "layca"])
def test_signs_set_small_weights_apart_more_than_under_sgd(study, other):
    """The signs set the weights that end small apart more than they do under plain sgd, which zeroes none."""
    flips = study["gradient_sign_flips"]
    ahead = flips.sel(final_size="smallest", drop=True) - flips.sel(final_size="largest", drop=True)

    # One epoch in fifty, as above.
    at = {"optimizer": other, "level": "high"}
    sgd = {"optimizer": "sgd"}
    assert more(ahead.rename("flips, smallest - largest"), at, than=sgd, by=0.02, unit="share of epochs")


@pytest.mark.claim("W27", tier="secondary", section="7.2.5", premise="weights turned", expected=0.6)
@pytest.mark.parametrize("optimizer", ["wdecay", "layca"])
def test_sparser_layers_are_more_symmetric(study, optimizer):
    """Among the layers of the best networks of weight decay and layca, the sparser are the more symmetric.

    Symmetric: norm ratio and alignment are mirror images, as they are in a layer that turned by a right angle, whatever
    its weights do. The numbers of 2019 know no sparsity of single layers.
    """
    departure = abs(study["norm_ratio"] + study["alignment"]).rename("departure from symmetry")
    correlation = rank_correlation(study["hoyer_sparsity"], departure, dim="layer")

    # Among a dozen layers a weaker correlation would go unseen.
    assert less(correlation, {"optimizer": optimizer, "level": "high"}, than=0, by=0.2, unit="rank correlation")


@pytest.mark.claim("W27.unrelated", tier="control", section="7.2.5", expected=0.09)
@pytest.mark.parametrize("optimizer", ["wdecay", "layca"])
def test_symmetric_layers_are_sparser_than_turned_at_random(study, optimizer):
    """Layers whose norm ratio and alignment are mirror images have more weights near zero than if turned at random.

    Any weights that are unrelated to the initial ones give mirror images: Gaussian ones do.
    """
    symmetric = abs(study["norm_ratio"] + study["alignment"]) < 1 - TURNED
    share = study["near_zero_share_relative"].where(symmetric).mean("layer").assign_attrs(undefined=NO_SUCH_LAYER)

    # As far above Gaussian weights (0.080) as these are above uniform ones (0.058).
    assert more(share, {"optimizer": optimizer, "level": "high"}, than=0.08, by=0.02, unit="share")


@pytest.mark.claim("W28", tier="secondary", section="7.2.5", figures="7.11", premise="weights turned", expected=0.15)
def test_small_weights_shrink_under_layca(study):
    """In the best network of layca useless weights shrink: those that are small at half of the training get smaller.

    Beside the norm of their layer. Weights that mixed at random would do the opposite: the smallest would grow.
    """
    growth = study["weight_growth"]

    # A twentieth of the root mean square of a layer.
    at = {"optimizer": "layca", "level": "high", "half_size": "smallest"}
    assert less(growth, at, than=0, by=0.05, unit="rms of the layer")


@pytest.mark.claim("W28", tier="secondary", section="7.2.5", figures="7.11", premise="weights turned", expected=0.15)
def test_large_weights_grow_under_layca(study):
    """In the best network of layca useful weights grow: those that are large at half of the training get larger."""
    growth = study["weight_growth"]

    # A twentieth of the root mean square of a layer.
    at = {"optimizer": "layca", "level": "high", "half_size": "largest"}
    assert more(growth, at, than=0, by=0.05, unit="rms of the layer")


@pytest.mark.claim("W28.sgd", tier="control", section="7.2.5", figures="7.11", premise="weights turned", expected=0.15)
def test_large_and_small_weights_part_more_under_layca_than_under_sgd(study):
    """Large and small weights part further in the second half of the training under layca than under plain sgd.

    So the fixed norm would be what drives them apart; weights that mix at random come closer under either.
    """
    growth = study["weight_growth"]
    parting = growth.sel(half_size="largest", drop=True) - growth.sel(half_size="smallest", drop=True)

    # A twentieth of the root mean square of a layer.
    at = {"optimizer": "layca", "level": "high"}
    sgd = {"optimizer": "sgd"}
    assert more(parting.rename("growth, largest - smallest"), at, than=sgd, by=0.05, unit="rms of the layer")


# --- 7.4: what the rotation tells ---


@pytest.mark.claim("W29", tier="core", section="7.4", premise="separated levels", expected=0.9)
def test_recipes_that_turned_further_have_sparser_weights(study):
    """Recipes that turn weights further set more of them to zero: their weights are sparser.

    So they are the more symmetric ones of figure 7.7: norm ratio and alignment are mirror images in layers that turned
    by a right angle.
    """
    distance = study["cosine_distance"].mean("layer")

    # As for other marks: a weaker correlation orders no more than two thirds of the pairs.
    assert tracks(study["hoyer_sparsity"].mean("layer"), distance, by=0.3)


@pytest.mark.claim("W29", tier="core", section="7.4", premise="separated levels", expected=0.9)
def test_recipes_that_turned_further_have_more_weights_near_zero(study):
    """Recipes that turn weights further set more of them to zero: more are near zero, on their own scale."""
    distance = study["cosine_distance"].mean("layer")

    # As above.
    assert tracks(study["near_zero_share_relative"].mean("layer"), distance, by=0.3)


@pytest.mark.claim("W29", tier="core", section="7.4", figures="7.15-7.17", premise="separated levels", expected=0.93)
def test_recipes_that_turned_further_resist_pruning_better(study):
    """Networks of recipes that turn weights further keep more accuracy when their smallest weights are removed."""
    distance = study["cosine_distance"].mean("layer")

    # As above.
    assert tracks(pruning_area(study["magnitude_pruning"]), distance, by=0.3)


@pytest.mark.claim("W29.layerwise", tier="control", section="7.4", premise="separated levels", expected=0.9)
def test_recipes_that_turned_further_resist_pruning_by_layers_better(study):
    """They keep more when each layer loses the same share: the scale of a layer's weights then plays no part."""
    distance = study["cosine_distance"].mean("layer")

    # As above.
    assert tracks(pruning_area(study["layerwise_magnitude_pruning"]), distance, by=0.3)


@pytest.mark.claim(
    "W29.matched", tier="control", section="7.4", figures="7.15-7.17",
    premise="equal accuracy at high and weights turned", expected=0.17,
)  # fmt: skip
def test_the_optimizer_that_turned_furthest_resists_pruning_better_at_equal_accuracy(study):
    """At equal accuracy, the optimizer that turned furthest resists pruning better than the one that turned least.

    Between levels the learning rate differs as well. At low and at medium all optimizers turn their weights
    alike, by some ten degrees; there, in 2019, layca turned least, and resists best.
    """
    distance = study["cosine_distance"].mean("layer")
    lead = most_over_least(pruning_area(study["magnitude_pruning"]), distance, "optimizer")

    # Twice what counts between layca and weight decay, which the thesis calls a small difference.
    assert more(lead, {"level": "high"}, than=0, by=0.02, unit="area")


@pytest.mark.claim(
    "W29.sparse", tier="control", section="7.4", premise="equal accuracy at high and weights turned", expected=0.09
)
def test_the_optimizer_that_turned_furthest_has_sparser_weights_at_equal_accuracy(study):
    """At equal accuracy, the optimizer that turned furthest has sparser weights than the one that turned least."""
    distance = study["cosine_distance"].mean("layer")
    lead = most_over_least(study["hoyer_sparsity"].mean("layer"), distance, "optimizer")

    # Half of the step between uniform (0.13) and Gaussian (0.20) weights.
    assert more(lead, {"level": "high"}, than=0, by=0.03, unit="sparsity")


@pytest.mark.claim("W29.unrelated", tier="control", section="7.4", expected=0.09)
@pytest.mark.parametrize("optimizer", ["wdecay", "layca"])
def test_layers_that_turned_fully_are_sparser_than_turned_at_random(study, optimizer):
    """Layers that turned by a right angle are sparser than Gaussian weights, which a random rotation leads to as well.

    Weights of the same norm that are unrelated to the initial ones have a cosine distance of 1, and no zeros.
    """
    turned = study["cosine_distance"] > TURNED
    sparsity = study["hoyer_sparsity"].where(turned).mean("layer").assign_attrs(undefined=NO_SUCH_LAYER)

    # Half of the step between uniform (0.13) and Gaussian (0.20) weights.
    assert more(sparsity, {"optimizer": optimizer, "level": "high"}, than=0.2, by=0.03, unit="sparsity")
