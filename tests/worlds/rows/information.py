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
    Row("test_first_layers_share_less_in_better_networks", planted("pairwise_nmi", FALLS_AND_RISES, base=0.1)),
    Row(
        "test_living_neurons_of_first_layers_share_less_in_better_networks",
        planted("pairwise_nmi_live", FALLS_AND_RISES, base=0.1),
    ),
    Row(
        "test_first_layers_share_less_of_test_images_in_better_networks",
        planted("pairwise_nmi", FALLS_AND_RISES, base=0.1, of=ON_TEST_IMAGES),
    ),
    Row(
        "test_first_layers_share_alike_at_equal_accuracy",
        lambda one, **_: planted("pairwise_nmi", OPTIMIZER[one] * part(FIRST), base=0.05, noise=0.5),
    ),
    Row("test_last_layers_share_more_in_better_networks", planted("pairwise_nmi", RISES_AND_FALLS, base=0.1)),
    Row("test_sharing_rises_earlier_in_better_networks", rise("pairwise_nmi", 0.5 - levels, 0.63, threshold=0.02)),
    Row(
        "test_sharing_of_living_neurons_rises_earlier_in_better_networks",
        rise("pairwise_nmi_live", 0.5 - levels, 0.63, threshold=0.02),
    ),
    Row(
        "test_last_layers_share_more_of_test_images_in_better_networks",
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
        "test_sharing_fades_faster_in_the_best_network",
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
        "test_the_last_hidden_layer_shares_more_in_better_networks",
        planted("pairwise_nmi", levels * place(-2), base=0.1),
    ),
    Row(
        "test_the_last_hidden_layer_shares_more_of_test_images_in_better_networks",
        planted("pairwise_nmi", levels * place(-2), base=0.1, of=ON_TEST_IMAGES),
    ),
    Row(
        "test_sharing_in_the_last_hidden_layer_marks_the_better_network",
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
        "test_untrained_neurons_know_hardly_anything_of_the_labels",
        planted("label_information", -place(3), base=in_one_layer_or_far_below, of=UNTRAINED),
    ),
    Row(
        "test_untrained_label_information_has_nothing_to_do_with_sharing",
        ranked("label_information", 1, HIDDEN, of=UNTRAINED, noise=0.5),
        planted("pairwise_nmi", base=deeper(*HIDDEN), of=UNTRAINED, noise=0),
    ),
    Row(
        "test_untrained_neurons_of_a_normalized_network_know_hardly_anything_of_the_labels",
        planted("label_information", -place(3), base=in_one_layer_or_far_below, of=UNTRAINED),
    ),
    Row(
        "test_untrained_neurons_know_no_more_of_the_labels_than_of_permuted_ones",
        planted("label_information", 1, base=0.01, of=UNTRAINED, noise=0.5),
        planted("label_information_floor", base=0.01, of=UNTRAINED, noise=0.5),
    ),
    Row(
        "test_last_layers_know_more_of_the_labels_in_better_networks",
        planted("label_information", RISES_AND_FALLS, base=0.1),
    ),
    Row(
        "test_last_layers_know_more_of_the_labels_of_test_images_in_better_networks",
        planted("label_information", RISES_AND_FALLS, base=0.1, of=ON_TEST_IMAGES),
    ),
    Row(
        "test_last_layers_know_more_of_the_labels_than_of_permuted_ones_in_better_networks",
        planted("label_information", RISES_AND_FALLS, base=0.1),
        planted("label_information_floor", base=0.01),
    ),
    # Half of the neurons are dead.
    Row(
        "test_living_neurons_of_last_layers_know_more_of_the_labels_in_better_networks",
        planted("label_information", RISES_AND_FALLS / 2, base=0.1, noise=0.5),
        planted("never_active", base=0.5, noise=0),
    ),
    Row(
        "test_last_layers_know_as_much_of_the_labels_at_equal_accuracy",
        lambda one, **_: planted("label_information", OPTIMIZER[one] * part(LAST), base=0.1, noise=0.5),
    ),
    Row(
        "test_label_information_rises_earlier_in_better_networks",
        rise("label_information", 0.5 - levels, 0.63, threshold=0.03),
    ),
    Row(
        "test_label_information_reaches_any_threshold_earlier_in_better_networks",
        rise("label_information", 0.5 - levels, 0.55, threshold=0.02),
    ),
    Row(
        "test_label_information_of_test_images_rises_earlier_in_better_networks",
        rise("label_information", 0.5 - levels, 0.63, threshold=0.03, of=ON_TEST_IMAGES),
    ),
    Row(
        "test_label_information_beyond_chance_rises_earlier_in_better_networks",
        rise("label_information", 0.5 - levels, 0.63, threshold=0.03),
        planted("label_information_floor", noise=0),
    ),
    # Half more than e.
    Row(
        "test_sharing_goes_with_label_information_over_layers",
        ranked("label_information", 1, (CENTRAL, LAST), base=0.5),
        planted("pairwise_nmi_live", base=deeper(CENTRAL, LAST), noise=0),
    ),
    # The threshold is a quarter of the whole rise.
    Row(
        "test_label_information_rises_before_sharing",
        bent(network("label_information", -1, 0.6), rising(0.03, top=0.12)),
        bent(network("pairwise_nmi_live", 0, 0.6), rising(0.02, top=0.08)),
    ),
    Row(
        "test_label_information_rises_before_the_silhouette",
        bent(network("label_information", -1, 0.6), rising(0.03, top=0.12)),
        bent(network("silhouette_cosine", 0, 0.6), rising(0.1, top=0.4)),
    ),
    # The threshold is half of the whole rise.
    Row(
        "test_label_information_makes_half_of_its_rise_before_sharing",
        bent(network("label_information", -1, 0.6), rising(0.03, top=0.06)),
        bent(network("pairwise_nmi_live", 0, 0.6), rising(0.02, top=0.04)),
    ),
    # Half of what is shared, less e, is left.
    Row(
        "test_the_label_explains_most_of_what_neurons_share",
        planted("conditional_information", -1, base=0.5),
        planted("pairwise_information", base=1, noise=0),
    ),
    Row(
        "test_central_layers_tell_classes_apart_better_in_better_networks",
        planted("probe_accuracy", levels * (part(CENTRAL) - part(FIRST, LAST)), base=0.5),
    ),
    Row(
        "test_central_layers_tell_classes_of_test_images_apart_better_in_better_networks",
        planted("probe_accuracy", levels * (part(CENTRAL) - part(FIRST, LAST)), base=0.5, of=ON_TEST_IMAGES),
    ),
    Row(
        "test_an_earlier_rise_of_label_information_marks_the_better_network",
        tracking("label_information", middle=0.63, size=-0.2, then=rising(0.03)),
    ),
    Row(
        "test_earlier_rises_past_any_threshold_mark_the_better_network",
        tracking("label_information", middle=0.55, size=-0.2, then=rising(0.02)),
    ),
    Row(
        "test_an_earlier_rise_on_test_images_marks_the_better_network",
        tracking("label_information", middle=0.63, size=-0.2, then=rising(0.03), of=ON_TEST_IMAGES),
    ),
    Row(
        "test_label_information_rises_at_the_same_depth_at_equal_accuracy",
        lambda one, **_: rise("label_information", OPTIMIZER[one], 0.5, threshold=0.03, noise=0.3),
    ),
    Row(
        "test_the_trough_of_sharing_is_shorter_in_better_networks",
        trough("pairwise_nmi", 0.5 - levels, 0.3, threshold=0.01),
    ),
    Row(
        "test_the_trough_of_the_silhouette_is_shorter_in_better_networks",
        trough("silhouette_cosine", 0.5 - levels, 0.3, threshold=0.05),
    ),
    Row("test_neurons_become_more_selective_with_depth", planted("class_selectivity", deeper(CENTRAL, LAST), base=0.5)),
)
