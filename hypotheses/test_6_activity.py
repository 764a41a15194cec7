"""Sections 8.3.5, 8.3.6, 8.4.6 and 8.5: how often neurons are active, and which never are.

A neuron of a convolution is one place of one channel, as in the thesis: the neurons of a channel see different parts
of the image through the same weights. A channel is dead only if none of its places is ever active. Batch normalization
without an offset keeps every channel alive, so that dead neurons are the dead places of living channels. The controls
`.channels` ask the same of whole channels (of the single neurons of a dense layer).
"""

import pytest
import xarray as xr

from indicators.claims.profiles import onsets, rank_correlation
from indicators.claims.summaries import difference
from indicators.claims.verbs import earlier, falls, less, more, rises, same, tracks
from indicators.claims.view import CENTRAL, HIDDEN, LAST, OUTPUT, after_pooling, layer_at, layers_but, layers_in
from indicators.specs import OPTIMIZERS

ONSET_OF_DEATH = 0.05
SEVERAL_ONSETS = (0.02, 0.05, 0.1)
ONSET_OF_ZERO_RATIO = 0.7
EARLIER_UNDER_SGD = xr.DataArray([-1.0, 1.0, 1.0], {"optimizer": list(OPTIMIZERS)}, "optimizer", "direction")
"""Sign of a depth that is smaller in better networks of sgd, and larger in those of the others."""


@pytest.mark.claim("A14", tier="identity", section="8.3.5", figures="8.3, 8.4", expected=0)
def test_dead_pairs_are_the_square_of_dead_neurons(study):
    """Pairs of dead neurons are as frequent as the square of the share of dead neurons says.

    It holds by construction, whatever the networks, since pairs are drawn at random. It tests that what is measured
    over pairs fits what is measured over neurons. Dead pairs are what living ones leave of the mean over all pairs.
    """
    dead = study["never_active"]
    dead_pairs = difference(study["pairwise_nmi"], (1 - dead) ** 2 * study["pairwise_nmi_live"])
    apart = abs(difference(dead_pairs, dead**2))

    # In a layer with a third of its neurons dead, ten thousand pairs leave a standard error of 0.003.
    assert same(layers_in(apart, *HIDDEN), {}, as_=0, within=0.01, unit="share")


@pytest.mark.claim("A15", tier="identity", section="8.3.5", figures="8.3", expected=0)
def test_pairs_that_share_everything_are_dead(study):
    """Pairs of neurons that share all of their information are pairs of neurons that are never active.

    It holds by construction as far as no living neuron is a copy of another: activations are compared with their own
    mean, so that a neuron cannot be constant but by being dead. That no pair is always active, as 2019 adds, is
    therefore no finding: `A15.always-on` asks it of neurons above zero.
    """
    dead, shares = study["never_active"], study["pairwise_nmi_histogram"]
    apart = abs(difference(shares.isel(nmi=-1, drop=True), dead**2))

    # Sampling, as for the square of dead neurons, and a few copies of living ones.
    assert same(layers_in(apart, *HIDDEN), {}, as_=0, within=0.01, unit="share")


@pytest.mark.claim("A15.always-on", tier="control", section="8.3.5", expected=0.03)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_hardly_any_neuron_is_always_active(study, optimizer):
    """In every hidden layer hardly any neuron, a place of a channel, is active on every image.

    2019 says that none is, of neurons above their own mean: of these none can be. Judged is the layer, and the level,
    that has most.
    """
    most = layers_in(study["always_active"], *HIDDEN).max(("layer", "level"))

    # One in twenty would be a kind of neuron; a hundredth less is more than images decide.
    assert less(most, {"optimizer": optimizer}, than=0.05, by=0.01, unit="share")


@pytest.mark.claim("A15.channels", tier="control", section="8.3.5", expected=0.03)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_hardly_any_channel_is_always_active(study, optimizer):
    """In every hidden layer hardly any channel is active at every place of every image."""
    most = layers_in(study["always_active_channels"], *HIDDEN).max(("layer", "level"))

    # As of single places.
    assert less(most, {"optimizer": optimizer}, than=0.05, by=0.01, unit="share")


@pytest.mark.claim("A17", tier="identity", section="8.3.5", figures="8.2, 8.4", expected=0)
def test_dead_neurons_raise_sharing_by_their_number_alone(study):
    """Mean shared information is that of living pairs and of dead ones, which count as sharing everything.

    It holds by construction, over all pairs of the layer before the last hidden one: so dead neurons raise the mean.
    """
    dead = layer_at(study["never_active"], -3)
    living = (1 - dead) ** 2 * layer_at(study["pairwise_nmi_live_exact"], -3)
    apart = difference(layer_at(study["pairwise_nmi_exact"], -3), living + dead**2)

    # Pairs are of two different neurons: with fifty of them, that is off from the square by 0.005 at most.
    assert same(apart, {}, as_=0, within=0.01, unit="NMI")


@pytest.mark.claim("A19", tier="secondary", section="8.3.6", figures="Table 8.1", expected=0.042)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_activations_below_the_mean_grow_with_depth(study, optimizer):
    """Up to the last hidden layer, the share of activations below their neuron's mean grows with depth."""
    ratio = layers_but(layers_in(study["zero_ratio_binarized"], *HIDDEN), -2)

    # The printed table tells hundredths apart.
    assert rises(ratio, "layer", {"optimizer": optimizer}, by=0.01, unit="share")


@pytest.mark.claim("A19.zeros", tier="control", section="8.3.6", expected=0.15)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_zeros_grow_with_depth(study, optimizer):
    """Up to the last hidden layer, the share of activations that are zero grows with depth.

    2019 calls zero what is below a neuron's mean; here zeros are what the activation function cut off.
    """
    zeros = layers_but(layers_in(study["zero_ratio"], *HIDDEN), -2)

    # A tenth of the half that symmetric inputs would have.
    assert rises(zeros, "layer", {"optimizer": optimizer}, by=0.05, unit="share")


@pytest.mark.claim("A20", tier="identity", section="8.3.6", figures="Table 8.1", expected=0)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_output_neurons_are_above_their_mean_for_one_class(study, optimizer):
    """Neurons of the trained output layer are below their mean on the images of all classes but one.

    It holds by construction of any network that fits its images of equal classes: of ten, on nine tenths.
    """
    ratio = layers_in(study["zero_ratio_binarized"], OUTPUT)

    # Images that a network gets wrong, and classes of uneven size, shift it by a hundredth or two.
    assert same(ratio, {"optimizer": optimizer}, as_=1 - 1 / study.classes, within=0.03, unit="share")


@pytest.mark.claim("A20", tier="identity", section="8.3.6", figures="Table 8.1", expected=0)
def test_untrained_output_neurons_are_above_their_mean_on_half_of_the_images(study):
    """Neurons of the untrained output layer are below their mean on about half of the images.

    It holds by construction of neurons that tell nothing apart: what they give is spread evenly around its mean.
    """
    ratio = layers_in(study.untrained("zero_ratio_binarized"), OUTPUT)

    # A quarter of the way to what the trained layer has.
    assert same(ratio, {}, as_=0.5, within=0.1, unit="share")


@pytest.mark.claim("A21", tier="core", section="8.3.6", figures="Table 8.1", premise="separated levels", expected=0.18)
def test_neurons_fall_below_their_mean_earlier_in_the_best_sgd_network(study):
    """Under the best recipe of sgd, the share of activations below the mean passes 0.7 in an earlier layer."""
    ratio = layers_in(study["zero_ratio_binarized"], CENTRAL, LAST)

    # Nearly a layer of VGG-16: less is the same layer.
    assert earlier(
        ratio, {"optimizer": "sgd", "level": "high"}, than={"level": "low"}, threshold=ONSET_OF_ZERO_RATIO, by=0.05
    )


@pytest.mark.claim("A21", tier="core", section="8.3.6", figures="Table 8.1", premise="separated levels", expected=0.13)
@pytest.mark.parametrize("optimizer", ["wdecay", "layca"])
def test_neurons_fall_below_their_mean_later_in_the_best_of_the_others(study, optimizer):
    """Under the best recipes of weight decay and layca, the share below the mean passes 0.7 in a later layer."""
    ratio = layers_in(study["zero_ratio_binarized"], CENTRAL, LAST)

    # Nearly a layer of VGG-16: less is the same layer.
    assert earlier(
        ratio, {"optimizer": optimizer, "level": "low"}, than={"level": "high"}, threshold=ONSET_OF_ZERO_RATIO, by=0.05
    )


@pytest.mark.claim("A21.recipe", tier="control", section="8.3.6", expected=0.9)
def test_the_depth_of_low_activity_follows_accuracy_within_a_recipe(study):
    """Of networks of one recipe the share below the mean passes 0.7 the earlier under sgd, the later under the others.

    Recipes that differ in accuracy differ in their learning rate as well; networks of one recipe differ in their seed.
    """
    depth = onsets(layers_in(study["zero_ratio_binarized"], CENTRAL, LAST), [ONSET_OF_ZERO_RATIO]).mean("threshold")
    accuracy = study["accuracy"].sel(split="test", drop=True)

    # A third of a perfect agreement.
    assert tracks((depth * EARLIER_UNDER_SGD).rename("onset"), accuracy, by=0.3, within="recipe")


@pytest.mark.claim("A22", tier="core", section="8.3.6", figures="Table 8.1", expected=0.05)
@pytest.mark.parametrize("optimizer", ["wdecay", "layca"])
def test_the_layer_after_the_first_pooling_has_fewer_activations_below_the_mean(study, optimizer):
    """Under the best recipes of weight decay and layca, fewer are below the mean in the layer after the first pooling.

    The neighbors have more of them. The thesis says the third layer, which is that of VGG-16; in a network that pools
    at other places the third layer is another one.
    """
    dip = _below_its_neighbors(study["zero_ratio_binarized"])

    # Twice what two digits tell apart, and what the third layer of other networks has too.
    assert more(dip, {"optimizer": optimizer, "level": "high"}, than=0, by=0.015, unit="share")


@pytest.mark.claim("A22", tier="core", section="8.3.6", figures="Table 8.1", expected=0.12)
def test_the_last_hidden_layer_of_the_best_sgd_network_has_fewer_activations_below_the_mean(study):
    """Under the best recipe of sgd, the last hidden layer has fewer activations below the mean than the one before."""
    last, before = (layer_at(study["zero_ratio_binarized"], place).mean("layer") for place in (-2, -3))

    # A hundredth is what two digits tell apart; three times that, for a dip that the eye sees.
    assert more((before - last).rename("dip"), {"optimizer": "sgd", "level": "high"}, than=0, by=0.03, unit="share")


@pytest.mark.claim("A22.zeros", tier="control", section="8.3.6", expected=0.06)
@pytest.mark.parametrize("optimizer", ["wdecay", "layca"])
def test_the_layer_after_the_first_pooling_has_fewer_zeros(study, optimizer):
    """Under the best recipes of weight decay and layca, it has fewer zeros than its neighbors."""
    dip = _below_its_neighbors(study["zero_ratio"])

    # Zeros differ more between layers than what is below the mean.
    assert more(dip, {"optimizer": optimizer, "level": "high"}, than=0, by=0.02, unit="share")


@pytest.mark.claim("A23", tier="secondary", section="8.3.6", figures="8.4, Table 8.1", expected=0.54)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_activations_below_the_mean_go_with_dead_neurons(study, optimizer):
    """Over the layers of an optimizer's networks, more activations below the mean go with more dead neurons.

    A dead neuron is a place of a channel that is never active.
    """
    ratio = layers_in(study["zero_ratio_binarized"], CENTRAL, LAST).stack(where=("level", "layer"))
    dead = layers_in(study["never_active"], CENTRAL, LAST).stack(where=("level", "layer"))

    # A tenth of the variance of ranks: a weaker tie marks no network.
    assert more(
        rank_correlation(ratio, dead, "where"), {"optimizer": optimizer}, than=0, by=0.3, unit="rank correlation"
    )


@pytest.mark.claim("A23.channels", tier="control", section="8.3.6", expected=0.9)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_activations_below_the_mean_go_with_dead_channels(study, optimizer):
    """Over the layers of an optimizer's networks, more activations below the mean go with more dead channels."""
    ratio = layers_in(study["zero_ratio_binarized"], CENTRAL, LAST).stack(where=("level", "layer"))
    dead = layers_in(study["never_active_channels"], CENTRAL, LAST).stack(where=("level", "layer"))

    # As for dead neurons.
    assert more(
        rank_correlation(ratio, dead, "where"), {"optimizer": optimizer}, than=0, by=0.3, unit="rank correlation"
    )


@pytest.mark.claim("O13", tier="secondary", section="8.4.6", premise="equal accuracy at high", expected=0.06)
@pytest.mark.parametrize("other", ["wdecay", "layca"])
def test_weight_decay_and_layca_have_fewer_rarely_active_neurons(study, other):
    """At equal accuracy fewer hidden neurons are active on less than a hundredth of the images than under sgd.

    A neuron is a place of a channel. 2019 judged by how many of twenty neurons had a silhouette.
    """
    rarely = layers_in(study["active_share_histogram"], *HIDDEN).isel(active=0, drop=True)

    # One neuron in fifty: for fewer a layer would hardly be narrower.
    assert less(rarely, {"optimizer": other, "level": "high"}, than={"optimizer": "sgd"}, by=0.02, unit="share")


@pytest.mark.claim("O13.living", tier="control", section="8.4.6", premise="equal accuracy at high", expected=0.03)
@pytest.mark.parametrize("other", ["wdecay", "layca"])
def test_weight_decay_and_layca_have_fewer_rarely_active_living_neurons(study, other):
    """At equal accuracy fewer hidden neurons are active now and then, on less than a hundredth of the images.

    Dead neurons, of which sgd has most, are left out.
    """
    rarely = difference(study["active_share_histogram"].isel(active=0, drop=True), study["never_active"])

    # One neuron in a hundred: most of those that are rarely active are dead.
    assert less(
        layers_in(rarely, *HIDDEN),
        {"optimizer": other, "level": "high"},
        than={"optimizer": "sgd"},
        by=0.01,
        unit="share",
    )


@pytest.mark.claim("O13.channels", tier="control", section="8.4.6", premise="equal accuracy at high", expected=0.06)
@pytest.mark.parametrize("other", ["wdecay", "layca"])
def test_weight_decay_and_layca_have_fewer_channels_that_take_no_part(study, other):
    """At equal accuracy fewer hidden channels are active nowhere on any image than under sgd."""
    dead = layers_in(study["never_active_channels"], *HIDDEN)

    # As for neurons that are rarely active.
    assert less(dead, {"optimizer": other, "level": "high"}, than={"optimizer": "sgd"}, by=0.02, unit="share")


@pytest.mark.claim("A16", tier="core", section="8.5", figures="8.4", premise="equal accuracy at high", expected=0.19)
@pytest.mark.parametrize("other", ["wdecay", "layca"])
def test_the_best_sgd_network_has_most_dead_neurons(study, other):
    """At equal accuracy far more neurons of the last layers, places of channels, are never active under plain sgd."""
    dead = layers_in(study["never_active"], LAST)

    # One neuron in fifty: for fewer a layer would hardly be narrower.
    assert more(dead, {"optimizer": "sgd", "level": "high"}, than={"optimizer": other}, by=0.02, unit="share")


@pytest.mark.claim(
    "A16.test", tier="control", section="8.5", figures="8.4", premise="equal accuracy at high", expected=0.19
)
@pytest.mark.parametrize("other", ["wdecay", "layca"])
def test_the_best_sgd_network_has_most_neurons_dead_on_test_images(study, other):
    """At equal accuracy far more of them are never active on test images under plain sgd."""
    dead = layers_in(study.on_test_images("never_active"), LAST)

    # As for the original.
    assert more(dead, {"optimizer": "sgd", "level": "high"}, than={"optimizer": other}, by=0.02, unit="share")


@pytest.mark.claim(
    "A16.channels", tier="control", section="8.5", figures="8.4", premise="equal accuracy at high", expected=0.19
)
@pytest.mark.parametrize("other", ["wdecay", "layca"])
def test_the_best_sgd_network_has_most_dead_channels(study, other):
    """At equal accuracy far more channels of the last layers are active nowhere on any image under plain sgd."""
    dead = layers_in(study["never_active_channels"], LAST)

    # As for single places.
    assert more(dead, {"optimizer": "sgd", "level": "high"}, than={"optimizer": other}, by=0.02, unit="share")


@pytest.mark.claim(
    "A16.channels", tier="control", section="8.5", figures="8.4", premise="equal accuracy at high", expected=0.19
)
@pytest.mark.parametrize("other", ["wdecay", "layca"])
def test_the_best_sgd_network_has_most_channels_dead_on_test_images(study, other):
    """At equal accuracy far more of them are active nowhere on test images under plain sgd."""
    dead = layers_in(study.on_test_images("never_active_channels"), LAST)

    # As for single places.
    assert more(dead, {"optimizer": "sgd", "level": "high"}, than={"optimizer": other}, by=0.02, unit="share")


@pytest.mark.claim("O8", tier="core", section="8.5", figures="8.4", expected=0.32)
def test_neurons_die_with_depth_in_the_best_sgd_network(study):
    """Under the best recipe of plain sgd, more and more neurons are dead with depth, up to the last hidden layer.

    A dead neuron is a place of a channel that is never active.
    """
    dead = layers_but(layers_in(study["never_active"], CENTRAL, LAST), -2)

    # One neuron in twenty: what counts as the onset of death.
    assert rises(dead, "layer", {"optimizer": "sgd", "level": "high"}, by=0.05, unit="share")


@pytest.mark.claim("O8.channels", tier="control", section="8.5", figures="8.4", expected=0.32)
def test_channels_die_with_depth_in_the_best_sgd_network(study):
    """Under the best recipe of plain sgd, more and more channels are dead with depth, up to the last hidden layer."""
    dead = layers_but(layers_in(study["never_active_channels"], CENTRAL, LAST), -2)

    # As for single places.
    assert rises(dead, "layer", {"optimizer": "sgd", "level": "high"}, by=0.05, unit="share")


@pytest.mark.claim(
    "O9", tier="secondary", section="8.5", figures="Table 8.1", premise="equal accuracy at high", expected=0.12
)
@pytest.mark.parametrize("other", ["wdecay", "layca"])
def test_the_best_sgd_network_uses_its_last_hidden_layer_more(study, other):
    """At equal accuracy fewer activations of the last hidden layer are below the mean under plain sgd."""
    ratio = layer_at(study["zero_ratio_binarized"], -2)

    # A hundredth is what two digits tell apart; three times that.
    assert less(ratio, {"optimizer": "sgd", "level": "high"}, than={"optimizer": other}, by=0.03, unit="share")


@pytest.mark.claim("O9.zeros", tier="control", section="8.5", premise="equal accuracy at high", expected=0.09)
@pytest.mark.parametrize("other", ["wdecay", "layca"])
def test_the_best_sgd_network_has_fewer_zeros_in_its_last_hidden_layer(study, other):
    """At equal accuracy fewer activations of the last hidden layer are zero under plain sgd."""
    zeros = layer_at(study["zero_ratio"], -2)

    # As for the original.
    assert less(zeros, {"optimizer": "sgd", "level": "high"}, than={"optimizer": other}, by=0.03, unit="share")


@pytest.mark.claim("O10", tier="core", section="8.5", figures="8.4", premise="separated levels", expected=0.51)
def test_neurons_die_earlier_in_better_sgd_networks(study):
    """Under recipes of plain sgd that generalize better, neurons begin to be dead in earlier layers.

    A dead neuron is a place of a channel that is never active.
    """
    dead = layers_in(study["never_active"], CENTRAL, LAST)

    # A layer of VGG-16 and a half: more than how a few dead neurons place an onset.
    assert earlier(dead, {"optimizer": "sgd"}, along="level", threshold=ONSET_OF_DEATH, by=0.1)


@pytest.mark.claim(
    "O10.thresholds", tier="control", section="8.5", figures="8.4", premise="separated levels", expected=0.44
)
def test_dead_neurons_reach_any_threshold_earlier_in_better_sgd_networks(study):
    """Under recipes of plain sgd that generalize better, dead neurons pass 0.02, 0.05 and 0.1 in earlier layers."""
    depths = onsets(layers_in(study["never_active"], CENTRAL, LAST), SEVERAL_ONSETS)

    # As for the original.
    assert falls(depths, "level", {"optimizer": "sgd"}, by=0.1, unit="relative depth")


@pytest.mark.claim("O10.test", tier="control", section="8.5", figures="8.4", premise="separated levels", expected=0.51)
def test_neurons_die_earlier_on_test_images_in_better_sgd_networks(study):
    """Under recipes of plain sgd that generalize better, neurons dead on test images begin in earlier layers."""
    dead = layers_in(study.on_test_images("never_active"), CENTRAL, LAST)

    # As for the original.
    assert earlier(dead, {"optimizer": "sgd"}, along="level", threshold=ONSET_OF_DEATH, by=0.1)


@pytest.mark.claim(
    "O10.channels", tier="control", section="8.5", figures="8.4", premise="separated levels", expected=0.51
)
def test_channels_die_earlier_in_better_sgd_networks(study):
    """Under recipes of plain sgd that generalize better, channels begin to be dead in earlier layers."""
    dead = layers_in(study["never_active_channels"], CENTRAL, LAST)

    # As for single places.
    assert earlier(dead, {"optimizer": "sgd"}, along="level", threshold=ONSET_OF_DEATH, by=0.1)


@pytest.mark.claim("O10.recipe", tier="control", section="8.5", expected=0.9)
def test_the_onset_of_dead_neurons_follows_accuracy_within_a_recipe(study):
    """Of networks of one recipe of plain sgd, those with dead neurons in earlier layers generalize better."""
    dead = layers_in(study["never_active"], CENTRAL, LAST).sel(optimizer=["sgd"])
    depth = onsets(dead, SEVERAL_ONSETS).mean("threshold")
    accuracy = study["accuracy"].sel(split="test", optimizer=["sgd"]).drop_vars("split")

    # A third of a perfect agreement.
    assert tracks(depth.rename("onset"), accuracy, sign=-1, by=0.3, within="recipe")


@pytest.mark.claim("O11", tier="core", section="8.5", figures="8.4", premise="equal accuracy at high", expected=0.12)
@pytest.mark.parametrize("other", ["wdecay", "layca"])
def test_weight_decay_and_layca_use_more_of_their_neurons(study, other):
    """At equal accuracy fewer neurons of the central and last layers are dead under weight decay and layca.

    A dead neuron is a place of a channel that is never active.
    """
    dead = layers_in(study["never_active"], CENTRAL, LAST)

    # One neuron in fifty: for fewer a layer would hardly be narrower.
    assert less(dead, {"optimizer": other, "level": "high"}, than={"optimizer": "sgd"}, by=0.02, unit="share")


@pytest.mark.claim("O11", tier="core", section="8.5", figures="8.4", premise="equal accuracy at high", expected=0.36)
@pytest.mark.parametrize("other", ["wdecay", "layca"])
def test_weight_decay_and_layca_use_their_neurons_deeper(study, other):
    """At equal accuracy neurons begin to be dead in earlier layers under sgd than under weight decay and layca."""
    dead = layers_in(study["never_active"], CENTRAL, LAST)

    # A layer of VGG-16 and a half: more than how a few dead neurons place an onset.
    assert earlier(
        dead, {"optimizer": "sgd", "level": "high"}, than={"optimizer": other}, threshold=ONSET_OF_DEATH, by=0.1
    )


@pytest.mark.claim(
    "O11.channels", tier="control", section="8.5", figures="8.4", premise="equal accuracy at high", expected=0.12
)
@pytest.mark.parametrize("other", ["wdecay", "layca"])
def test_weight_decay_and_layca_use_more_of_their_channels(study, other):
    """At equal accuracy fewer channels of the central and last layers are dead under weight decay and layca."""
    dead = layers_in(study["never_active_channels"], CENTRAL, LAST)

    # As for single places.
    assert less(dead, {"optimizer": other, "level": "high"}, than={"optimizer": "sgd"}, by=0.02, unit="share")


@pytest.mark.claim("O12", tier="secondary", section="8.5", figures="8.4", premise="separated levels", expected=0.015)
@pytest.mark.parametrize("optimizer", ["wdecay", "layca"])
def test_fewer_neurons_are_dead_in_better_networks_of_the_others(study, optimizer):
    """Under weight decay and layca, fewer neurons of the last layers are dead with recipes that generalize better.

    A dead neuron is a place of a channel that is never active. The last hidden layer is left out, as the thesis speaks
    of convolutions. In 2019 the middle level had most, and under weight decay the highest no fewer than the lowest.
    """
    dead = layers_but(layers_in(study["never_active"], LAST), -2)

    # One neuron in two hundred: few are dead there at all.
    assert falls(dead, "level", {"optimizer": optimizer}, by=0.005, unit="share")


@pytest.mark.claim(
    "O12", tier="secondary", section="8.5", figures="Table 8.1", premise="separated levels", expected=0.08
)
@pytest.mark.parametrize("optimizer", ["wdecay", "layca"])
def test_the_last_hidden_layer_is_sparser_in_the_best_of_the_others(study, optimizer):
    """Under weight decay and layca, more activations of the last hidden layer are below the mean at the best level."""
    ratio = layer_at(study["zero_ratio_binarized"], -2)

    # Twice what two digits tell apart.
    assert more(ratio, {"optimizer": optimizer, "level": "high"}, than={"level": "low"}, by=0.02, unit="share")


@pytest.mark.claim(
    "O12.channels", tier="control", section="8.5", figures="8.4", premise="separated levels", expected=0.015
)
@pytest.mark.parametrize("optimizer", ["wdecay", "layca"])
def test_fewer_channels_are_dead_in_better_networks_of_the_others(study, optimizer):
    """Under weight decay and layca, fewer channels of the last layers are dead with recipes that generalize better."""
    dead = layers_but(layers_in(study["never_active_channels"], LAST), -2)

    # As for single places.
    assert falls(dead, "level", {"optimizer": optimizer}, by=0.005, unit="share")


@pytest.mark.claim("O12.recipe", tier="control", section="8.5", expected=0.9)
def test_living_neurons_follow_accuracy_within_a_recipe_of_the_others(study):
    """Of networks of one recipe of weight decay or layca, those with fewer dead neurons generalize better."""
    dead = layers_but(layers_in(study["never_active"], LAST), -2).sel(optimizer=["wdecay", "layca"])
    accuracy = study["accuracy"].sel(split="test", optimizer=["wdecay", "layca"]).drop_vars("split")

    # A third of a perfect agreement.
    assert tracks(dead, accuracy, sign=-1, by=0.3, within="recipe")


@pytest.mark.claim("O14", tier="secondary", section="7.3.1", figures="8.4", premise="separated levels", expected=0.085)
def test_better_sgd_networks_use_fewer_neurons(study):
    """Plain sgd uses fewer and fewer of its neurons the better its recipe generalizes.

    Sections 7.3.1 and 8.5 say so of the structure that sgd creates. Counted are the hidden neurons that are never
    active, places of channels.
    """
    dead = layers_in(study["never_active"], *HIDDEN)

    # One neuron in fifty: for fewer a layer would hardly be narrower.
    assert rises(dead, "level", {"optimizer": "sgd"}, by=0.02, unit="share")


@pytest.mark.claim(
    "O14.channels", tier="control", section="7.3.1", figures="8.4", premise="separated levels", expected=0.085
)
def test_better_sgd_networks_use_fewer_channels(study):
    """Plain sgd uses fewer and fewer of its channels the better its recipe generalizes."""
    dead = layers_in(study["never_active_channels"], *HIDDEN)

    # As for single places.
    assert rises(dead, "level", {"optimizer": "sgd"}, by=0.02, unit="share")


@pytest.mark.claim("O14.recipe", tier="control", section="7.3.1", expected=0.9)
def test_unused_neurons_follow_accuracy_within_a_recipe_of_sgd(study):
    """Of networks of one recipe of plain sgd, those that use fewer of their neurons generalize better."""
    dead = layers_in(study["never_active"], *HIDDEN).sel(optimizer=["sgd"])
    accuracy = study["accuracy"].sel(split="test", optimizer=["sgd"]).drop_vars("split")

    # A third of a perfect agreement.
    assert tracks(dead, accuracy, by=0.3, within="recipe")


@pytest.mark.claim("O15", tier="secondary", section="8.5", expected=0.15)
def test_always_active_neurons_become_more_with_depth_under_sgd(study):
    """Under the best recipe of plain sgd, ever more neurons are always active from the central layers on.

    A neuron is a place of a channel. The last hidden layer is left out, as the thesis speaks of convolutions. 2019
    could not count them: there "active" was to be above the neuron's own mean.
    """
    always = layers_but(layers_in(study["always_active"], CENTRAL, LAST), -2)

    # One neuron in twenty, as for dead ones.
    assert rises(always, "layer", {"optimizer": "sgd", "level": "high"}, by=0.05, unit="share")


@pytest.mark.claim("O15.channels", tier="control", section="8.5", expected=0.15)
def test_always_active_channels_become_more_with_depth_under_sgd(study):
    """Under the best recipe of plain sgd, more and more channels are always active everywhere with depth."""
    always = layers_but(layers_in(study["always_active_channels"], CENTRAL, LAST), -2)

    # As for single places.
    assert rises(always, "layer", {"optimizer": "sgd", "level": "high"}, by=0.05, unit="share")


@pytest.mark.claim("O16", tier="secondary", section="8.4.6", premise="equal accuracy at high", expected=0.06)
@pytest.mark.parametrize("other", ["wdecay", "layca"])
def test_the_best_sgd_network_has_most_neurons_that_are_always_active(study, other):
    """At equal accuracy more neurons of plain sgd's last layers, places of channels, are always active."""
    always = layers_in(study["always_active"], LAST)

    # One neuron in fifty, as for dead ones.
    assert more(always, {"optimizer": "sgd", "level": "high"}, than={"optimizer": other}, by=0.02, unit="share")


@pytest.mark.claim("O16.channels", tier="control", section="8.4.6", premise="equal accuracy at high", expected=0.06)
@pytest.mark.parametrize("other", ["wdecay", "layca"])
def test_the_best_sgd_network_has_most_channels_that_are_always_active(study, other):
    """At equal accuracy more channels of plain sgd's last layers are always active everywhere."""
    always = layers_in(study["always_active_channels"], LAST)

    # As for single places.
    assert more(always, {"optimizer": "sgd", "level": "high"}, than={"optimizer": other}, by=0.02, unit="share")


@pytest.mark.claim(
    "O17", tier="secondary", section="8.5", figures="Table 8.1", premise="separated levels", expected=0.03
)
def test_better_sgd_networks_use_their_last_hidden_layer_more(study):
    """Under the best recipe of plain sgd, fewer last hidden activations lie below their neuron's mean than at low.

    The thesis says the first dense layer, which is the last hidden one of VGG-16. The middle level does not lie between
    the two in its Table 8.1.
    """
    ratio = layer_at(study["zero_ratio_binarized"], -2)

    # What two digits tell apart.
    assert less(ratio, {"optimizer": "sgd", "level": "high"}, than={"level": "low"}, by=0.01, unit="share")


@pytest.mark.claim("O17.recipe", tier="control", section="8.5", expected=0.9)
def test_use_of_the_last_hidden_layer_follows_accuracy_within_a_recipe(study):
    """Of networks of one recipe, those with fewer (sgd) or more (others) last activations below the mean are better.

    It is the control of O12's second sentence as well.
    """
    ratio = (layer_at(study["zero_ratio_binarized"], -2) * EARLIER_UNDER_SGD).rename("below the mean")
    accuracy = study["accuracy"].sel(split="test", drop=True)

    # A third of a perfect agreement.
    assert tracks(ratio, accuracy, by=0.3, within="recipe")


def _below_its_neighbors(values):
    """How far the first layer after the first pooling lies below the mean of the layers beside it."""
    chosen = after_pooling(values, 1)
    place = int(chosen["from_start"].item())
    before, after = (layer_at(values, beside).mean("layer") for beside in (place - 1, place + 1))
    return ((before + after) / 2 - chosen.mean("layer")).rename("dip")
