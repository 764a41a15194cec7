"""Worlds for the claims of `hypotheses/test_6_activity.py`: how to write a row stands in `tables`."""

from tests.worlds.correlations import following, in_every_layer, ranked
from tests.worlds.patterns import (
    CENTRAL,
    HIDDEN,
    LAST,
    along,
    deeper,
    high,
    layca,
    levels,
    part,
    place,
    sgd,
    wdecay,
)
from tests.worlds.plants import ON_TEST_IMAGES, Row, planted
from tests.worlds.profiles import rise, rising

up_to_the_last_hidden_layer = deeper(*HIDDEN) * 10 / 9
"""Rises by 1 over the hidden layers but the last: their outer thirds are 9 layers apart, not 10."""
from_the_central_layers = deeper(CENTRAL, LAST) * 7 / 6
"""The same from the central layers on: 6 layers apart, not 7."""
on_hardly_any_image = along("active", {0.0: 1.0, 0.01: 0.0, 0.02: 0.0})

others_against_sgd = wdecay + layca - sgd
one_layer_far_ahead = 0.05 * part(*HIDDEN) - 1 + place(8) * high
"""The largest of the layers and levels is that of one layer at high."""


ROWS = (
    Row(
        "test_hardly_any_neuron_is_always_active",
        planted("always_active", -part(*HIDDEN), base=one_layer_far_ahead),
    ),
    Row(
        "test_hardly_any_channel_is_always_active",
        planted("always_active_channels", -part(*HIDDEN), base=one_layer_far_ahead),
    ),
    Row(
        "test_activations_below_the_mean_grow_with_depth",
        planted("zero_ratio_binarized", up_to_the_last_hidden_layer, base=0.7),
    ),
    Row("test_zeros_grow_with_depth", planted("zero_ratio", up_to_the_last_hidden_layer, base=0.7)),
    Row(
        "test_neurons_fall_below_their_mean_earlier_in_the_best_sgd_network",
        rise("zero_ratio_binarized", 0.5 - levels, 0.63, threshold=0.7),
    ),
    Row(
        "test_neurons_fall_below_their_mean_later_in_the_best_of_the_others",
        rise("zero_ratio_binarized", levels - 0.5, 0.63, threshold=0.7),
    ),
    Row(
        "test_the_depth_of_low_activity_follows_accuracy_within_a_recipe",
        *following("zero_ratio_binarized", others_against_sgd, middle=0.63, size=0.03, then=rising(0.7)),
    ),
    Row(
        "test_the_layer_after_the_first_pooling_has_fewer_activations_below_the_mean",
        planted("zero_ratio_binarized", -place(2), base=0.7),
    ),
    Row(
        "test_the_last_hidden_layer_of_the_best_sgd_network_has_fewer_activations_below_the_mean",
        planted("zero_ratio_binarized", -place(-2), base=0.7),
    ),
    Row("test_the_layer_after_the_first_pooling_has_fewer_zeros", planted("zero_ratio", -place(2), base=0.7)),
    Row(
        "test_activations_below_the_mean_go_with_dead_neurons",
        ranked("zero_ratio_binarized", 1, (CENTRAL, LAST)),
        planted("never_active", base=deeper(CENTRAL, LAST), noise=0),
    ),
    Row(
        "test_activations_below_the_mean_go_with_dead_channels",
        ranked("zero_ratio_binarized", 1, (CENTRAL, LAST)),
        planted("never_active_channels", base=deeper(CENTRAL, LAST), noise=0),
    ),
    Row(
        "test_weight_decay_and_layca_have_fewer_rarely_active_neurons",
        planted("active_share_histogram", sgd * on_hardly_any_image, base=0.2),
    ),
    Row(
        "test_weight_decay_and_layca_have_fewer_rarely_active_living_neurons",
        planted("active_share_histogram", sgd * on_hardly_any_image, base=0.2),
        planted("never_active", base=0.1, noise=0),
    ),
    Row(
        "test_weight_decay_and_layca_have_fewer_channels_that_take_no_part",
        planted("never_active_channels", sgd * part(*HIDDEN), base=0.2),
    ),
    Row("test_the_best_sgd_network_has_most_dead_neurons", planted("never_active", sgd * part(LAST), base=0.2)),
    Row(
        "test_the_best_sgd_network_has_most_neurons_dead_on_test_images",
        planted("never_active", sgd * part(LAST), base=0.2, of=ON_TEST_IMAGES),
    ),
    Row(
        "test_the_best_sgd_network_has_most_dead_channels",
        planted("never_active_channels", sgd * part(LAST), base=0.2),
    ),
    Row(
        "test_the_best_sgd_network_has_most_channels_dead_on_test_images",
        planted("never_active_channels", sgd * part(LAST), base=0.2, of=ON_TEST_IMAGES),
    ),
    Row(
        "test_neurons_die_with_depth_in_the_best_sgd_network",
        planted("never_active", from_the_central_layers, base=0.3),
    ),
    Row(
        "test_channels_die_with_depth_in_the_best_sgd_network",
        planted("never_active_channels", from_the_central_layers, base=0.3),
    ),
    Row(
        "test_the_best_sgd_network_uses_its_last_hidden_layer_more",
        planted("zero_ratio_binarized", -sgd * place(-2), base=0.7),
    ),
    Row(
        "test_the_best_sgd_network_has_fewer_zeros_in_its_last_hidden_layer",
        planted("zero_ratio", -sgd * place(-2), base=0.7),
    ),
    Row("test_neurons_die_earlier_in_better_sgd_networks", rise("never_active", 0.5 - levels, 0.63, threshold=0.05)),
    Row(
        "test_dead_neurons_reach_any_threshold_earlier_in_better_sgd_networks",
        rise("never_active", 0.5 - levels, 0.5, threshold=0.02),
    ),
    Row(
        "test_neurons_die_earlier_on_test_images_in_better_sgd_networks",
        rise("never_active", 0.5 - levels, 0.63, threshold=0.05, of=ON_TEST_IMAGES),
    ),
    Row(
        "test_channels_die_earlier_in_better_sgd_networks",
        rise("never_active_channels", 0.5 - levels, 0.63, threshold=0.05),
    ),
    Row(
        "test_the_onset_of_dead_neurons_follows_accuracy_within_a_recipe",
        *following("never_active", -1, middle=0.5, size=0.03, then=rising(0.02)),
    ),
    Row(
        "test_weight_decay_and_layca_use_more_of_their_neurons",
        planted("never_active", sgd * part(CENTRAL, LAST), base=0.2),
    ),
    Row("test_weight_decay_and_layca_use_their_neurons_deeper", rise("never_active", 0.5 - sgd, 0.63, threshold=0.05)),
    Row(
        "test_weight_decay_and_layca_use_more_of_their_channels",
        planted("never_active_channels", sgd * part(CENTRAL, LAST), base=0.2),
    ),
    Row(
        "test_fewer_neurons_are_dead_in_better_networks_of_the_others",
        planted("never_active", -levels * (part(LAST) - place(-2)), base=0.2),
    ),
    Row(
        "test_the_last_hidden_layer_is_sparser_in_the_best_of_the_others",
        planted("zero_ratio_binarized", levels * place(-2), base=0.7),
    ),
    Row(
        "test_fewer_channels_are_dead_in_better_networks_of_the_others",
        planted("never_active_channels", -levels * (part(LAST) - place(-2)), base=0.2),
    ),
    Row(
        "test_living_neurons_follow_accuracy_within_a_recipe_of_the_others",
        *following("never_active", -1, then=in_every_layer),
    ),
    Row("test_better_sgd_networks_use_fewer_neurons", planted("never_active", sgd * levels * part(*HIDDEN), base=0.1)),
    Row(
        "test_better_sgd_networks_use_fewer_channels",
        planted("never_active_channels", sgd * levels * part(*HIDDEN), base=0.1),
    ),
    Row(
        "test_unused_neurons_follow_accuracy_within_a_recipe_of_sgd",
        *following("never_active", 1, then=in_every_layer),
    ),
    Row(
        "test_always_active_neurons_become_more_with_depth_under_sgd",
        planted("always_active", from_the_central_layers, base=0.3),
    ),
    Row(
        "test_always_active_channels_become_more_with_depth_under_sgd",
        planted("always_active_channels", from_the_central_layers, base=0.3),
    ),
    Row(
        "test_the_best_sgd_network_has_most_neurons_that_are_always_active",
        planted("always_active", sgd * part(LAST), base=0.2),
    ),
    Row(
        "test_the_best_sgd_network_has_most_channels_that_are_always_active",
        planted("always_active_channels", sgd * part(LAST), base=0.2),
    ),
    Row(
        "test_better_sgd_networks_use_their_last_hidden_layer_more",
        planted("zero_ratio_binarized", -levels * place(-2), base=0.7),
    ),
    Row(
        "test_use_of_the_last_hidden_layer_follows_accuracy_within_a_recipe",
        *following("zero_ratio_binarized", others_against_sgd, then=in_every_layer),
    ),
)
