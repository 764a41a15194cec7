"""Worlds for the claims of `hypotheses/test_5_information.py`: how to write a row stands in `tables`."""

from tests.worlds.correlations import following, in_layers, tracking
from tests.worlds.patterns import (
    CENTRAL,
    FIRST,
    HIDDEN,
    LAST,
    OPTIMIZER,
    OUTPUT,
    along,
    deeper,
    layca,
    levels,
    part,
    place,
    sgd,
)
from tests.worlds.plants import ON_TEST_IMAGES, UNTRAINED, Row, bent, planted
from tests.worlds.profiles import rise, rising, trough, valley

FALLS_AND_RISES = levels * (part(CENTRAL, LAST) - part(FIRST))
"""Opposite in the other layers, at which a claim on the first ones must not look."""
RISES_AND_FALLS = levels * (part(LAST) - part(FIRST, CENTRAL))
"""The same for the last layers."""
DISTANCES = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24)
at_any_distance = along("pixels", dict.fromkeys(DISTANCES, 1.0))
near = along("pixels", {pixels: float(pixels < 3) for pixels in DISTANCES})


def in_the_last_hidden_layer(number, _):
    return number * place(-2)


MEAN_OF_PAIRS = 0.01


def of_pairs_that_differ(error, _):
    """Shares of pairs in a hundred bins whose mean has this standard error of ten thousand, over MEAN_OF_PAIRS."""
    deviation = 100 * MEAN_OF_PAIRS * error - 0.005
    highest = (1 - (1 - (2 * deviation / 0.99) ** 2) ** 0.5) / 2
    first, last = (along("nmi", {k / 100: float(k == one) for k in range(100)}) for one in (0, 99))
    return first * (1 - highest) + last * highest


def in_the_very_first_layer(number, _):
    return number * place(0)


def beside_the_first_layer(number, _):
    return number * place(1) + 1 - place(1)


def square_root(square, _):
    return square**0.5


ROWS = (
    Row("test_the_images_suffice_for_a_stable_mean", planted("pairwise_nmi_halves", -1, base=0.1)),
    Row(
        "test_ten_thousand_pairs_suffice_for_a_stable_mean_in_the_first_layers",
        bent(planted("pairwise_nmi_histogram", -1, base=0.1), of_pairs_that_differ),
        planted("pairwise_nmi", base=MEAN_OF_PAIRS, noise=0),
    ),
    Row("test_first_layers_share_less_in_better_recipes", planted("pairwise_nmi", FALLS_AND_RISES, base=0.1)),
    Row(
        "test_living_neurons_of_first_layers_share_less_in_better_recipes",
        planted("pairwise_nmi_live", FALLS_AND_RISES, base=0.1),
    ),
    Row(
        "test_first_layers_share_less_of_test_images_in_better_recipes",
        planted("pairwise_nmi", FALLS_AND_RISES, base=0.1, of=ON_TEST_IMAGES),
    ),
    Row(
        "test_first_layers_share_alike_at_equal_accuracy",
        lambda one, **_: planted("pairwise_nmi", OPTIMIZER[one] * part(FIRST), base=0.05, noise=0.5),
    ),
    Row(
        "test_of_networks_of_one_recipe_those_whose_first_layers_share_less_generalize_better",
        *following("pairwise_nmi", -1, then=in_layers(FIRST)),
    ),
    Row("test_last_layers_share_more_in_better_recipes", planted("pairwise_nmi", RISES_AND_FALLS, base=0.1)),
    Row("test_sharing_rises_earlier_in_better_recipes", rise("pairwise_nmi", 0.5 - levels, 0.63, threshold=0.02)),
    Row(
        "test_sharing_of_living_neurons_rises_earlier_in_better_recipes",
        rise("pairwise_nmi_live", 0.5 - levels, 0.63, threshold=0.02),
    ),
    Row(
        "test_last_layers_share_more_of_test_images_in_better_recipes",
        planted("pairwise_nmi", RISES_AND_FALLS, base=0.1, of=ON_TEST_IMAGES),
    ),
    Row(
        "test_last_layers_share_alike_at_equal_accuracy",
        planted("pairwise_nmi_live", layca * part(LAST), base=0.1, noise=0.5),
    ),
    Row(
        "test_of_networks_of_one_recipe_those_whose_last_layers_share_more_generalize_better",
        *following("pairwise_nmi", then=in_layers(LAST)),
    ),
    Row(
        "test_of_networks_of_one_recipe_those_whose_sharing_rises_earlier_generalize_better",
        *following("pairwise_nmi", -1, middle=0.63, size=0.08, then=rising(0.02)),
    ),
    Row(
        "test_training_lowers_sharing_in_first_layers",
        planted("pairwise_nmi", -part(FIRST), base=0.1),
        planted("pairwise_nmi", base=0.1, of=UNTRAINED),
    ),
    Row(
        "test_training_lowers_sharing_below_that_of_normalized_networks",
        planted("pairwise_nmi", -part(FIRST), base=0.1),
        planted("pairwise_nmi", base=0.1, of=UNTRAINED),
    ),
    Row(
        "test_sharing_rises_with_depth_before_training",
        planted("pairwise_nmi", deeper(CENTRAL, LAST), base=0.1, of=UNTRAINED),
    ),
    Row(
        "test_sharing_rises_with_depth_in_a_normalized_network_before_training",
        planted("pairwise_nmi", deeper(CENTRAL, LAST), base=0.1, of=UNTRAINED),
    ),
    Row("test_last_layers_of_the_best_sgd_network_share_most", planted("pairwise_nmi", sgd * part(LAST), base=0.1)),
    Row(
        "test_last_layers_of_other_networks_share_alike",
        planted("pairwise_nmi", -layca * part(LAST), base=0.1, noise=0.5),
    ),
    Row(
        "test_living_neurons_of_the_best_sgd_network_share_most",
        planted("pairwise_nmi_live", sgd * part(LAST), base=0.1),
    ),
    Row(
        "test_pairs_of_dead_channels_raise_sharing_most_under_the_best_sgd_recipe",
        bent(planted("never_active_channels", sgd * part(LAST), base=0.3), square_root),
    ),
    Row(
        "test_first_layer_shares_more_than_overlapping_fields_can",
        planted("pairwise_nmi", place(0), base=0.01, of=UNTRAINED),
    ),
    Row(
        "test_first_layer_shares_without_overlapping_fields",
        planted("pairwise_nmi_by_distance", place(0) * at_any_distance, of=UNTRAINED),
    ),
    Row("test_near_neurons_share_more", planted("pairwise_nmi_by_distance", place(0) * near, base=0 * at_any_distance)),
    Row(
        "test_near_untrained_neurons_share_more",
        planted("pairwise_nmi_by_distance", place(0) * near, base=0 * at_any_distance, of=UNTRAINED),
    ),
    Row(
        "test_training_lowers_sharing_of_near_neurons",
        planted("pairwise_nmi_by_distance", -place(0) * near, base=0.2 * near),
        planted("pairwise_nmi_by_distance", base=0.2 * near, of=UNTRAINED),
    ),
    Row(
        "test_the_very_first_layer_shares_less_in_better_recipes",
        planted("pairwise_nmi", levels * (part(*HIDDEN) - 2 * place(0)), base=0.1),
    ),
    Row(
        "test_of_networks_of_one_recipe_those_whose_very_first_layer_shares_less_generalize_better",
        *following("pairwise_nmi", -1, then=in_the_very_first_layer),
    ),
    Row("test_sharing_fades_over_the_first_layers", planted("pairwise_nmi", -deeper(FIRST), base=0.1)),
    Row(
        "test_sharing_fades_faster_in_the_best_recipe",
        planted("pairwise_nmi", -levels * place(1), base=1 - 0.4 * place(1)),
    ),
    Row(
        "test_of_networks_of_one_recipe_those_whose_sharing_fades_faster_generalize_better",
        *following("pairwise_nmi", -1, then=beside_the_first_layer),
    ),
    Row(
        "test_the_output_layer_shares_alike_at_every_level",
        planted("pairwise_nmi", levels * part(OUTPUT), base=0.03, noise=0.5),
    ),
    Row(
        "test_living_neurons_share_no_more_with_depth_before_training",
        planted("pairwise_nmi_live", part(LAST), base=0.05, of=UNTRAINED, noise=0.5),
    ),
    Row(
        "test_dead_neurons_become_more_with_depth_before_training",
        planted("never_active", deeper(CENTRAL, LAST), base=0.3, of=UNTRAINED),
    ),
    Row(
        "test_dead_neurons_become_more_with_depth_in_a_normalized_network_before_training",
        planted("never_active", deeper(CENTRAL, LAST), base=0.3, of=UNTRAINED),
    ),
    Row(
        "test_dead_channels_become_more_with_depth_before_training",
        planted("never_active_channels", deeper(CENTRAL, LAST), base=0.3, of=UNTRAINED),
    ),
    Row(
        "test_training_lowers_sharing_in_the_output_layer",
        planted("pairwise_nmi", -part(OUTPUT), base=0.1),
        planted("pairwise_nmi", base=0.1, of=UNTRAINED),
    ),
    Row(
        "test_training_lowers_sharing_in_the_output_layer_of_a_normalized_network",
        planted("pairwise_nmi", -part(OUTPUT), base=0.1),
        planted("pairwise_nmi", base=0.1, of=UNTRAINED),
    ),
    Row("test_sharing_falls_into_the_output_layer", planted("pairwise_nmi", place(-2), base=0.1)),
    Row(
        "test_the_last_hidden_layer_shares_more_in_better_recipes",
        planted("pairwise_nmi", levels * place(-2), base=0.1),
    ),
    Row(
        "test_the_last_hidden_layer_shares_more_of_test_images_in_better_recipes",
        planted("pairwise_nmi", levels * place(-2), base=0.1, of=ON_TEST_IMAGES),
    ),
    Row(
        "test_sharing_in_the_last_hidden_layer_marks_the_better_recipe",
        tracking("pairwise_nmi", middle=0.1, size=0.05, then=in_the_last_hidden_layer),
    ),
    Row(
        "test_the_last_hidden_layer_shares_alike_at_equal_accuracy",
        lambda one, **_: planted("pairwise_nmi", OPTIMIZER[one] * place(-2), base=0.1, noise=0.5),
    ),
    Row(
        "test_of_networks_of_one_recipe_those_whose_last_hidden_layer_shares_more_generalize_better",
        *following("pairwise_nmi", then=in_the_last_hidden_layer),
    ),
    Row("test_dead_neurons_do_not_explain_the_rise", planted("pairwise_nmi_live", RISES_AND_FALLS, base=0.1)),
    Row(
        "test_dead_neurons_do_not_explain_the_rise_on_test_images",
        planted("pairwise_nmi_live", RISES_AND_FALLS, base=0.1, of=ON_TEST_IMAGES),
    ),
    Row(
        "test_of_networks_of_one_recipe_those_whose_living_neurons_share_more_generalize_better",
        *following("pairwise_nmi_live", then=in_layers(LAST)),
    ),
    Row("test_entropy_stays_while_sharing_changes", planted("entropy", levels * part(LAST), base=0.6, noise=0.5)),
    Row(
        "test_sharing_rises_without_normalization_by_the_entropy",
        planted("pairwise_information", RISES_AND_FALLS, base=0.1),
    ),
    # Half of the channels are dead.
    Row(
        "test_entropy_stays_in_channels_that_are_not_dead",
        planted("entropy", levels * part(LAST) / 2, base=0.3, noise=0.25),
        planted("never_active_channels", base=0.5, noise=0),
    ),
    # The first layers end there.
    Row(
        "test_untrained_neurons_are_soon_below_their_mean_on_seventy_percent",
        rise("zero_ratio_binarized", -1, 0.3, threshold=0.7, of=UNTRAINED),
    ),
    Row(
        "test_untrained_neurons_stay_below_their_mean_on_about_seventy_percent",
        planted("zero_ratio_binarized", part(CENTRAL, LAST), base=0.7, of=UNTRAINED, noise=0.5),
    ),
    Row(
        "test_untrained_neurons_of_a_normalized_network_are_soon_below_their_mean_on_seventy_percent",
        rise("zero_ratio_binarized", -1, 0.3, threshold=0.7, of=UNTRAINED),
    ),
    Row(
        "test_the_trough_of_sharing_is_shorter_in_better_recipes",
        trough("pairwise_nmi", 0.5 - levels, 0.3, threshold=0.01),
    ),
    Row(
        "test_the_trough_of_the_silhouette_is_shorter_in_better_recipes",
        trough("silhouette_cosine", 0.5 - levels, 0.3, threshold=0.05),
    ),
    Row(
        "test_of_networks_of_one_recipe_those_with_a_shorter_trough_of_sharing_generalize_better",
        *following("pairwise_nmi", -1, middle=0.3, size=0.05, then=valley(0.01)),
    ),
    Row(
        "test_of_networks_of_one_recipe_those_with_a_shorter_trough_of_the_silhouette_generalize_better",
        *following("silhouette_cosine", -1, middle=0.3, size=0.05, then=valley(0.05)),
    ),
)
