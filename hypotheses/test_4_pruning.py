"""Section 7.3: what the networks lose when weights are set to zero."""

import numpy as np
import pytest

from indicators.claims.summaries import difference, half_loss_fraction, lost_with_most_weights, pruning_area
from indicators.claims.verbs import less, more, rises, same, tracks
from indicators.claims.view import HIDDEN, LAST, layers_in
from indicators.specs import LEVELS, OPTIMIZERS


@pytest.mark.claim("P1", tier="secondary", section="7.3.1", figures="7.12-7.14", expected=0.07)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_random_pruning_soon_destroys_every_network(study, optimizer):
    """Every network loses half of its accuracy before a quarter of its weights are removed at random."""
    fraction = half_loss_fraction(study["random_pruning"]).max("level")

    # The fractions are 0.037 apart: half of that is as near as a curve tells.
    assert less(fraction, {"optimizer": optimizer}, than=0.25, by=0.02, unit="fraction")


@pytest.mark.claim("P1.fresh", tier="control", section="7.3.1", figures="7.12-7.14", expected=0.07)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_random_pruning_destroys_networks_of_fresh_statistics_too(study, optimizer):
    """Every network is soon destroyed by random pruning even if batch statistics are estimated anew after it."""
    fraction = half_loss_fraction(study["random_pruning_reestimated"]).max("level")

    # Half a step of the whole curve, as for the original.
    assert less(fraction, {"optimizer": optimizer}, than=0.25, by=0.02, unit="fraction")


@pytest.mark.claim("P2", tier="core", section="7.3.1", figures="7.12-7.14", premise="separated levels", expected=0.04)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_better_recipes_resist_random_pruning_better(study, optimizer):
    """Under each optimizer, recipes that generalize better keep half of their accuracy under more random pruning."""
    fraction = half_loss_fraction(study["random_pruning"])

    # One weight in a hundred: the first step of the curves.
    assert rises(fraction, "level", {"optimizer": optimizer}, by=0.01, unit="fraction")


@pytest.mark.claim(
    "P2.fresh", tier="control", section="7.3.1", figures="7.12-7.14", premise="separated levels", expected=0.06
)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_better_recipes_resist_random_pruning_better_with_fresh_statistics(study, optimizer):
    """Better recipes resist random pruning better even if batch statistics are estimated anew after it."""
    fraction = half_loss_fraction(study["random_pruning_reestimated"])

    # Twice that of the original: these curves have eight fractions only.
    assert rises(fraction, "level", {"optimizer": optimizer}, by=0.02, unit="fraction")


@pytest.mark.claim("P2.recipe", tier="control", section="7.3.1")
def test_networks_of_one_recipe_that_resist_random_pruning_generalize_better(study):
    """Among networks of one recipe, too, those that keep half of their accuracy longer are more accurate: P2 and P4.

    Recipes differ in their learning rate as well, networks of one recipe by chance alone.
    """
    fraction = half_loss_fraction(study["random_pruning"])
    accuracy = study["accuracy"].sel(split="test", drop=True)

    # A third of a perfect agreement.
    assert tracks(fraction, accuracy, by=0.3, within="recipe")


@pytest.mark.claim(
    "P3", tier="core", section="7.3.1", figures="7.12-7.14", premise="equal accuracy at high", expected=0.083
)
@pytest.mark.parametrize("other", ["wdecay", "layca"])
def test_sgd_resists_random_pruning_less(study, other):
    """At equal accuracy plain sgd resists random pruning less than weight decay and layca."""
    fraction = half_loss_fraction(study["random_pruning"])

    # Half a step of the curves: nearer they do not tell.
    assert less(fraction, {"optimizer": "sgd", "level": "high"}, than={"optimizer": other}, by=0.02, unit="fraction")


@pytest.mark.claim(
    "P3.fresh",
    tier="control",
    section="7.3.1",
    figures="7.12-7.14",
    premise="equal accuracy at high",
    expected=0.06,
)
@pytest.mark.parametrize("other", ["wdecay", "layca"])
def test_sgd_resists_random_pruning_less_with_fresh_statistics(study, other):
    """At equal accuracy sgd resists random pruning less even if batch statistics are estimated anew after it."""
    fraction = half_loss_fraction(study["random_pruning_reestimated"])

    # As for the original.
    assert less(fraction, {"optimizer": "sgd", "level": "high"}, than={"optimizer": other}, by=0.02, unit="fraction")


@pytest.mark.claim(
    "P4", tier="secondary", section="7.3.1", figures="7.12-7.14", premise="separated levels", expected=0.82
)
def test_resistance_to_random_pruning_goes_with_accuracy(study):
    """Recipes whose networks are more accurate keep half of it under more random pruning, under every optimizer."""
    fraction = half_loss_fraction(study["random_pruning"])
    accuracy = study["accuracy"].sel(split="test")

    # A tenth of the variance of ranks: a weaker tie marks no network.
    assert tracks(fraction, accuracy, by=0.3)


@pytest.mark.claim(
    "P5", tier="secondary", section="7.3.1",
    premise="equal accuracy at high and weights turned", expected=0.09,
)  # fmt: skip
@pytest.mark.parametrize("other", ["wdecay", "layca"])
def test_neurons_of_weight_decay_and_layca_use_fewer_weights(study, other):
    """At equal accuracy neurons use a smaller share of their weights under weight decay and layca than under sgd.

    2019 reasoned so without counting the weights in use.
    """
    used = layers_in(study["participation_ratio"], *HIDDEN)

    # A tenth of what neurons of Gaussian weights use.
    assert less(used, {"optimizer": other, "level": "high"}, than={"optimizer": "sgd"}, by=0.03, unit="share")


@pytest.mark.claim(
    "P5", tier="secondary", section="7.3.1", figures="8.4", premise="equal accuracy at high", expected=0.085
)
@pytest.mark.parametrize("other", ["wdecay", "layca"])
def test_weight_decay_and_layca_keep_more_neurons_alive(study, other):
    """At equal accuracy fewer neurons of all hidden layers are dead under weight decay and layca than under sgd."""
    dead = layers_in(study["never_active"], *HIDDEN)

    # One neuron in fifty: for fewer a layer would hardly be narrower.
    assert less(dead, {"optimizer": other, "level": "high"}, than={"optimizer": "sgd"}, by=0.02, unit="share")


@pytest.mark.claim("P6", tier="secondary", section="7.3.1", premise="equal accuracy at high", expected=0.6)
@pytest.mark.parametrize("other", ["wdecay", "layca"])
def test_activations_of_weight_decay_and_layca_have_more_dimensions(study, other):
    """At equal accuracy activations of the last layers spread over more dimensions under weight decay and layca.

    The thesis supposes that they catch a greater diversity of biases. What their living neurons share is A6.living's.
    """
    dimensions = np.log2(layers_in(study["effective_rank"], LAST))

    # A fifth of a doubling, 15 % more dimensions.
    assert more(dimensions, {"optimizer": other, "level": "high"}, than={"optimizer": "sgd"}, by=0.2, unit="doublings")


@pytest.mark.claim("P7", tier="core", section="7.3.2", figures="7.15-7.17", expected=0.4)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_smallest_weights_matter_less(study, optimizer):
    """Removing the smallest weights costs much less accuracy than removing as many at random."""
    gained = difference(pruning_area(study["magnitude_pruning"]), pruning_area(study["random_pruning"]))

    # What a network gains that keeps its accuracy for one weight in twenty longer.
    assert more(gained, {"optimizer": optimizer}, than=0, by=0.05, unit="area")


@pytest.mark.claim("P7.layerwise", tier="control", section="7.3.2", figures="7.15-7.17", expected=0.15)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_smallest_weights_of_each_layer_matter_less(study, optimizer):
    """Removing the smallest weights of each layer, the same share of all layers, costs less than removing random ones.

    So the scale of a layer's weights, which batch normalization makes meaningless, does not count.
    """
    smallest = study["layerwise_magnitude_pruning"]
    random = study["random_pruning"].sel(fraction=smallest["fraction"].values, method="nearest")
    gained = difference(pruning_area(smallest), pruning_area(random))

    # As for the original.
    assert more(gained, {"optimizer": optimizer}, than=0, by=0.05, unit="area")


@pytest.mark.claim("P7.fresh", tier="control", section="7.3.2", figures="7.15-7.17", expected=0.15)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_smallest_weights_matter_less_with_fresh_statistics(study, optimizer):
    """Removing the smallest weights costs less even if batch statistics are estimated anew after it."""
    smallest, random = study["magnitude_pruning_reestimated"], study["random_pruning_reestimated"]
    gained = difference(pruning_area(smallest), pruning_area(random))

    # As for the original.
    assert more(gained, {"optimizer": optimizer}, than=0, by=0.05, unit="area")


@pytest.mark.claim(
    "P8", tier="core", section="7.3.2", figures="7.15-7.17", premise="equal accuracy at {level}", expected=0.045
)
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("other", ["wdecay", "layca"])
def test_sgd_suffers_more_when_the_smallest_weights_go(study, other, level):
    """At equal accuracy plain sgd loses half of its accuracy to less magnitude pruning than the others.

    In 2019 weight decay was no better than sgd at the two lower levels, where its penalty hardly acts.
    """
    fraction = half_loss_fraction(study["magnitude_pruning"])

    # Half a step of the curves: nearer they do not tell.
    assert less(fraction, {"optimizer": "sgd", "level": level}, than={"optimizer": other}, by=0.02, unit="fraction")


@pytest.mark.claim(
    "P8.layerwise",
    tier="control",
    section="7.3.2",
    figures="7.15-7.17",
    premise="equal accuracy at high",
    expected=0.06,
)
@pytest.mark.parametrize("other", ["wdecay", "layca"])
def test_sgd_suffers_more_when_the_smallest_weights_of_each_layer_go(study, other):
    """At equal accuracy sgd suffers more than the others even if every layer loses the same share of its weights.

    With one threshold for the whole network, layers whose weights shrank or grew as a whole lose more or less of them,
    although batch normalization makes their scale meaningless.
    """
    area = pruning_area(study["layerwise_magnitude_pruning"])

    # A fiftieth of the weights: areas, since these curves have eight fractions only.
    assert less(area, {"optimizer": "sgd", "level": "high"}, than={"optimizer": other}, by=0.02, unit="area")


@pytest.mark.claim(
    "P8.fresh",
    tier="control",
    section="7.3.2",
    figures="7.15-7.17",
    premise="equal accuracy at high",
    expected=0.06,
)
@pytest.mark.parametrize("other", ["wdecay", "layca"])
def test_sgd_suffers_more_when_the_smallest_weights_go_with_fresh_statistics(study, other):
    """At equal accuracy sgd suffers more than the others even if batch statistics are estimated anew after pruning."""
    area = pruning_area(study["magnitude_pruning_reestimated"])

    # As for the control by layers.
    assert less(area, {"optimizer": "sgd", "level": "high"}, than={"optimizer": other}, by=0.02, unit="area")


@pytest.mark.claim(
    "P9", tier="core", section="7.3.2", figures="7.16-7.17", premise="equal accuracy at {level}", expected=0.04
)
@pytest.mark.parametrize("level", LEVELS)
def test_layca_resists_magnitude_pruning_a_little_better_than_weight_decay(study, level):
    """At equal accuracy layca keeps a little more accuracy under magnitude pruning than weight decay."""
    area = pruning_area(study["magnitude_pruning"])

    # One weight in a hundred: a little was claimed.
    assert more(area, {"optimizer": "layca", "level": level}, than={"optimizer": "wdecay"}, by=0.01, unit="area")


@pytest.mark.claim(
    "P9.layerwise",
    tier="control",
    section="7.3.2",
    figures="7.16-7.17",
    premise="equal accuracy at {level}",
    expected=0.03,
)
@pytest.mark.parametrize("level", LEVELS)
def test_layca_resists_layerwise_pruning_a_little_better_than_weight_decay(study, level):
    """Layca keeps a little more accuracy than weight decay even if every layer loses the same share of its weights."""
    area = pruning_area(study["layerwise_magnitude_pruning"])

    # As for the original.
    assert more(area, {"optimizer": "layca", "level": level}, than={"optimizer": "wdecay"}, by=0.01, unit="area")


@pytest.mark.claim(
    "P10", tier="secondary", section="7.3.2", figures="7.16-7.17",
    premise="weights turned", expected=0.028,
)  # fmt: skip
@pytest.mark.parametrize("optimizer", ["wdecay", "layca"])
def test_most_weights_end_so_near_zero_that_they_can_go(study, optimizer):
    """In the best networks of weight decay and layca most weights are near zero: without them accuracy stays.

    The thesis says so of every layer, names no limit, and argues from what is kept when they are removed. Any limit in
    the scale of a layer would be ours: of nearly Gaussian weights, as most of its layers have, 8 % lie below a tenth of
    their root mean square.
    """
    lost = lost_with_most_weights(study["magnitude_pruning"])

    # Three points: within these the other claims call accuracies equal.
    assert less(lost, {"optimizer": optimizer, "level": "high"}, than=0.03, by=0, unit="accuracy")


@pytest.mark.claim("P10.layerwise", tier="control", section="7.3.2", premise="weights turned", expected=0.028)
@pytest.mark.parametrize("optimizer", ["wdecay", "layca"])
def test_most_weights_of_every_layer_end_so_near_zero_that_they_can_go(study, optimizer):
    """Accuracy stays, too, where most weights go in every layer, not in the network as a whole."""
    lost = lost_with_most_weights(study["layerwise_magnitude_pruning"])

    # Three points, as for the original.
    assert less(lost, {"optimizer": optimizer, "level": "high"}, than=0.03, by=0, unit="accuracy")


@pytest.mark.claim(
    "P13", tier="secondary", section="7.3.2", figures="7.8-7.10",
    premise="equal accuracy at high and weights turned", expected=0.06,
)  # fmt: skip
@pytest.mark.parametrize("other", ["wdecay", "layca"])
def test_sgd_has_fewer_weak_weights(study, other):
    """At equal accuracy plain sgd has a smaller share of weak weights than weight decay and layca.

    Weak is below a tenth of the root mean square of the layer's initial weights.
    """
    share = study["near_zero_share"]

    # A third of what layers have at the start (0.058).
    assert less(share, {"optimizer": "sgd", "level": "high"}, than={"optimizer": other}, by=0.02, unit="share")


@pytest.mark.claim(
    "P13.scale", tier="control", section="7.3.2", figures="7.8-7.10",
    premise="equal accuracy at high and weights turned", expected=0.03,
)  # fmt: skip
@pytest.mark.parametrize("other", ["wdecay", "layca"])
def test_sgd_has_fewer_weak_weights_on_their_own_scale(study, other):
    """Plain sgd has fewer weak weights than each of the others on the scale of a layer's own final weights too.

    Its layers grew as a whole, which batch normalization makes meaningless.
    """
    share = study["near_zero_share_relative"]

    # Half of the step between uniform (0.058) and Gaussian (0.080) weights.
    assert less(share, {"optimizer": "sgd", "level": "high"}, than={"optimizer": other}, by=0.01, unit="share")


@pytest.mark.claim("P11", tier="secondary", section="7.3.2", figures="7.15-7.17", expected=0.15)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_largest_weights_define_the_output(study, optimizer):
    """Removing the largest weights costs much more accuracy than removing as many of the smallest.

    2019 removed the smallest only.
    """
    largest = study["largest_pruning"]
    smallest = study["magnitude_pruning"].sel(fraction=largest["fraction"].values, method="nearest")
    lost = difference(pruning_area(smallest), pruning_area(largest))

    # As where the smallest are compared with random ones.
    assert more(lost, {"optimizer": optimizer}, than=0, by=0.05, unit="area")


@pytest.mark.claim("P11.random", tier="control", section="7.3.2", expected=0.08)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_largest_weights_matter_more_than_random_ones(study, optimizer):
    """Half of the accuracy is lost to fewer of the largest weights than of random ones."""
    largest = study["largest_pruning"]
    random = study["random_pruning"].sel(fraction=largest["fraction"].values, method="nearest")
    fewer = difference(half_loss_fraction(random), half_loss_fraction(largest))

    # As near as curves of eight fractions tell.
    assert more(fewer, {"optimizer": optimizer}, than=0, by=0.02, unit="fraction")


@pytest.mark.claim(
    "P12", tier="secondary", section="9.1", figures="7.15-7.17", premise="separated levels", expected=0.93
)
def test_recipes_that_can_be_pruned_more_generalize_better(study):
    """Recipes whose networks keep more accuracy under magnitude pruning are more accurate, under every optimizer."""
    area = pruning_area(study["magnitude_pruning"])
    accuracy = study["accuracy"].sel(split="test")

    # A tenth of the variance of ranks: a weaker tie marks no network.
    assert tracks(area, accuracy, by=0.3)


@pytest.mark.claim("P12.layerwise", tier="control", section="9.1", premise="separated levels", expected=0.9)
def test_recipes_whose_layers_can_be_pruned_more_generalize_better(study):
    """Recipes whose networks keep more when every layer loses the same share of its weights are more accurate."""
    area = pruning_area(study["layerwise_magnitude_pruning"])
    accuracy = study["accuracy"].sel(split="test")

    # As for the original.
    assert tracks(area, accuracy, by=0.3)


@pytest.mark.claim("P12.recipe", tier="control", section="9.1")
def test_networks_of_one_recipe_that_can_be_pruned_more_generalize_better(study):
    """Among networks of one recipe, too, those that keep more accuracy under magnitude pruning are more accurate."""
    area = pruning_area(study["magnitude_pruning"])
    accuracy = study["accuracy"].sel(split="test", drop=True)

    # A third of a perfect agreement.
    assert tracks(area, accuracy, by=0.3, within="recipe")


@pytest.mark.claim(
    "P12.matched", tier="control", section="9.1", figures="7.15-7.17", premise="equal accuracy at high", expected=0.0
)
@pytest.mark.parametrize("other", ["wdecay", "layca"])
def test_networks_of_equal_accuracy_can_be_pruned_alike(study, other):
    """Networks that generalize equally well can be pruned equally, be they of plain sgd or of another optimizer.

    Where this fails, pruning tells how a network was trained, not only how well it generalizes. In 2019 it failed: sgd
    could be pruned less than the others. The two others are beside each other in P9.
    """
    area = pruning_area(study["magnitude_pruning"])

    # Half of the least that the levels of one optimizer differed by in 2019.
    assert same(area, {"optimizer": other, "level": "high"}, as_={"optimizer": "sgd"}, within=0.07, unit="area")


@pytest.mark.claim(
    "P14", tier="secondary", section="9.1", figures="7.15",
    premise="equal accuracy at high", expected=0.12,
)  # fmt: skip
def test_a_network_need_not_be_well_pruned_to_generalize(study):
    """A network need not be well pruned: without most of its weights, plain sgd's loses over five points of accuracy.

    The premise is that it is as accurate.
    """
    lost = lost_with_most_weights(study["magnitude_pruning"])

    # Five points: what two levels differ by at least.
    assert more(lost, {"optimizer": "sgd", "level": "high"}, than=0, by=0.05, unit="accuracy")
