"""Worlds for the claims of `hypotheses/test_6_activity.py`: how to write a row stands in `tables`."""

from tests.worlds.correlations import ranked
from tests.worlds.patterns import CENTRAL, HIDDEN, LAST, along, deeper, levels, part, place, sgd
from tests.worlds.plants import ON_TEST_IMAGES, Row, planted
from tests.worlds.profiles import rise

up_to_the_last_hidden_layer = deeper(*HIDDEN) * 10 / 9
"""Rises by 1 over the hidden layers but the last: their outer thirds are 9 layers apart, not 10."""
from_the_central_layers = deeper(CENTRAL, LAST) * 7 / 6
"""The same from the central layers on: 6 layers apart, not 7."""
on_hardly_any_image = along("active", {0.0: 1.0, 0.01: 0.0, 0.02: 0.0})

ROWS = (
    Row("test_hardly_any_neuron_is_always_active", planted("always_active", -part(*HIDDEN), base=0.05)),
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
        "test_the_third_layer_has_fewer_activations_below_the_mean",
        planted("zero_ratio_binarized", -place(2), base=0.7),
    ),
    Row(
        "test_the_last_hidden_layer_of_the_best_sgd_network_has_fewer_activations_below_the_mean",
        planted("zero_ratio_binarized", -place(-2), base=0.7),
    ),
    Row("test_the_third_layer_has_fewer_zeros", planted("zero_ratio", -place(2), base=0.7)),
    Row(
        "test_activations_below_the_mean_go_with_dead_neurons",
        ranked("zero_ratio_binarized", 1, (CENTRAL, LAST)),
        planted("never_active", base=deeper(CENTRAL, LAST), noise=0),
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
    Row("test_the_best_sgd_network_has_most_dead_neurons", planted("never_active", sgd * part(LAST), base=0.2)),
    Row(
        "test_the_best_sgd_network_has_most_neurons_dead_on_test_images",
        planted("never_active", sgd * part(LAST), base=0.2, of=ON_TEST_IMAGES),
    ),
    Row(
        "test_neurons_die_with_depth_in_the_best_sgd_network",
        planted("never_active", from_the_central_layers, base=0.3),
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
        "test_weight_decay_and_layca_use_more_of_their_neurons",
        planted("never_active", sgd * part(CENTRAL, LAST), base=0.2),
    ),
    Row("test_weight_decay_and_layca_use_their_neurons_deeper", rise("never_active", 0.5 - sgd, 0.63, threshold=0.05)),
    Row(
        "test_fewer_neurons_are_dead_in_better_networks_of_the_others",
        planted("never_active", -levels * (part(LAST) - place(-2)), base=0.2),
    ),
    Row(
        "test_the_last_hidden_layer_is_sparser_in_the_best_of_the_others",
        planted("zero_ratio_binarized", levels * place(-2), base=0.7),
    ),
)
