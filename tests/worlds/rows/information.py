"""Worlds for the claims of `hypotheses/test_5_information.py`: how to write a row stands in `tables`."""

from tests.worlds.correlations import ranked, tracking
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
from tests.worlds.plants import ON_TEST_IMAGES, UNTRAINED, Row, bent, network, planted
from tests.worlds.profiles import rise, rising, trough

FALLS_AND_RISES = levels * (part(CENTRAL, LAST) - part(FIRST))
"""Opposite in the other layers, at which a claim on the first ones must not look."""
RISES_AND_FALLS = levels * (part(LAST) - part(FIRST, CENTRAL))
"""The same for the last layers."""
in_one_layer_or_far_below = -0.1 + 0.13 * place(3)
"""The threshold of 0.03 in one layer: the largest of the layers is that one."""
at_any_distance = along("pixels", dict.fromkeys((0, 1, 2, 3, 4, 6, 8, 12, 16, 24), 1.0))


def in_the_last_hidden_layer(number, _):
    return number * place(-2)


ROWS = (
    Row("test_the_images_suffice_for_a_stable_mean", planted("pairwise_nmi_halves", -1, base=0.1)),
    # A tenth off less e.
    Row(
        "test_the_pairs_suffice_for_a_stable_mean",
        planted("pairwise_nmi", -place(-2), base=1.1),
        planted("pairwise_nmi_exact", base=1, noise=0),
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
        lambda one, **_: planted("pairwise_nmi_live", OPTIMIZER[one] * part(LAST), base=0.1, noise=0.5),
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
        "test_first_layer_shares_more_than_overlapping_fields_can",
        planted("pairwise_nmi", place(0), base=0.01, of=UNTRAINED),
    ),
    Row(
        "test_first_layer_shares_without_overlapping_fields",
        planted("pairwise_nmi_by_distance", place(0) * at_any_distance, of=UNTRAINED),
    ),
    Row("test_sharing_fades_over_the_first_layers", planted("pairwise_nmi", -deeper(FIRST), base=0.1)),
    Row(
        "test_sharing_fades_faster_in_the_best_recipe",
        planted("pairwise_nmi", -levels * place(1), base=1 - 0.4 * place(1)),
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
        "test_training_lowers_sharing_in_the_output_layer",
        planted("pairwise_nmi", -part(OUTPUT), base=0.1),
        planted("pairwise_nmi", base=0.1, of=UNTRAINED),
    ),
    Row(
        "test_training_lowers_sharing_in_the_output_layer_of_a_normalized_network",
        planted("pairwise_nmi", -part(OUTPUT), base=0.1),
        planted("pairwise_nmi", base=0.1, of=UNTRAINED),
    ),
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
    Row("test_dead_neurons_do_not_explain_the_rise", planted("pairwise_nmi_live", RISES_AND_FALLS, base=0.1)),
    Row(
        "test_dead_neurons_do_not_explain_the_rise_on_test_images",
        planted("pairwise_nmi_live", RISES_AND_FALLS, base=0.1, of=ON_TEST_IMAGES),
    ),
    Row("test_entropy_stays_while_sharing_changes", planted("entropy", levels * part(LAST), base=0.6, noise=0.5)),
    Row(
        "test_sharing_rises_without_normalization_by_the_entropy",
        planted("pairwise_information", RISES_AND_FALLS, base=0.1),
    ),
    Row(
        "test_the_trough_of_sharing_is_shorter_in_better_recipes",
        trough("pairwise_nmi", 0.5 - levels, 0.3, threshold=0.01),
    ),
    Row(
        "test_the_trough_of_the_silhouette_is_shorter_in_better_recipes",
        trough("silhouette_cosine", 0.5 - levels, 0.3, threshold=0.05),
    ),
)
