"""Worlds for the claims of `hypotheses/test_5_labels.py`: how to write a row stands in `tables`."""

from tests.worlds.correlations import following, in_layers, in_order, ranked, tracking
from tests.worlds.patterns import CENTRAL, FIRST, HIDDEN, LAST, OPTIMIZER, along, deeper, levels, part, place
from tests.worlds.plants import ON_TEST_IMAGES, UNTRAINED, Row, bent, network, planted
from tests.worlds.profiles import rise, rising

RISES_AND_FALLS = levels * (part(LAST) - part(FIRST, CENTRAL))
"""Opposite in the other layers, at which a claim on the last ones must not look."""
in_one_layer_or_far_below = -0.1 + 0.13 * place(3)
"""The threshold of 0.03 in one layer: the largest of the layers is that one."""
ALIKE = network(
    "history",
    base=along("epoch", dict.fromkeys(range(1, 9), 0.5)) + along("quantity", {"train_accuracy": 0.0}),
    noise=0,
)
"""Trained equally long: eight epochs."""


ROWS = (
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
        "test_last_layers_know_more_of_the_labels_in_better_recipes",
        planted("label_information", RISES_AND_FALLS, base=0.1),
    ),
    Row(
        "test_last_layers_know_more_of_the_labels_of_test_images_in_better_recipes",
        planted("label_information", RISES_AND_FALLS, base=0.1, of=ON_TEST_IMAGES),
    ),
    Row(
        "test_last_layers_know_more_of_the_labels_than_of_permuted_ones_in_better_recipes",
        planted("label_information", RISES_AND_FALLS, base=0.1),
        planted("label_information_floor", base=0.01),
    ),
    # Half of the neurons are dead.
    Row(
        "test_living_neurons_of_last_layers_know_more_of_the_labels_in_better_recipes",
        planted("label_information", RISES_AND_FALLS / 2, base=0.1, noise=0.5),
        planted("never_active", base=0.5, noise=0),
    ),
    # Half of the channels are dead.
    Row(
        "test_channels_that_are_not_dead_know_more_of_the_labels_in_better_recipes",
        planted("label_information", RISES_AND_FALLS / 2, base=0.1, noise=0.5),
        planted("never_active_channels", base=0.5, noise=0),
    ),
    Row(
        "test_of_networks_of_one_recipe_those_that_know_more_of_the_labels_generalize_better",
        *following("label_information", then=in_layers(LAST)),
    ),
    Row(
        "test_of_networks_of_one_recipe_those_that_know_more_of_the_labels_of_test_images_generalize_better",
        *following("label_information", then=in_layers(LAST), of=ON_TEST_IMAGES),
    ),
    Row(
        "test_of_networks_of_one_recipe_those_that_know_more_than_their_epochs_explain_generalize_better",
        *following("label_information", then=in_layers(LAST)),
        ALIKE,
    ),
    Row(
        "test_last_layers_know_as_much_of_the_labels_at_equal_accuracy",
        lambda one, **_: planted("label_information", OPTIMIZER[one] * part(LAST), base=0.1, noise=0.5),
    ),
    Row(
        "test_label_information_rises_earlier_in_better_recipes",
        rise("label_information", 0.5 - levels, 0.63, threshold=0.03),
    ),
    Row(
        "test_label_information_reaches_any_threshold_earlier_in_better_recipes",
        rise("label_information", 0.5 - levels, 0.55, threshold=0.02),
    ),
    Row(
        "test_label_information_of_test_images_rises_earlier_in_better_recipes",
        rise("label_information", 0.5 - levels, 0.63, threshold=0.03, of=ON_TEST_IMAGES),
    ),
    Row(
        "test_label_information_beyond_chance_rises_earlier_in_better_recipes",
        rise("label_information", 0.5 - levels, 0.63, threshold=0.03),
        planted("label_information_floor", noise=0),
    ),
    # Half more than e.
    Row(
        "test_sharing_goes_with_label_information_over_layers",
        ranked("label_information", 1, (CENTRAL, LAST), base=0.5),
        planted("pairwise_nmi_live", base=deeper(CENTRAL, LAST), noise=0),
    ),
    # Where a rise bends between two layers its mean depth is off by less than half a hundredth.
    Row(
        "test_label_information_rises_before_sharing",
        bent(network("label_information", -1, 0.5), rising(0.03, top=0.12), exact=0.004),
        bent(network("pairwise_nmi_live", 0, 0.5), rising(0.02, top=0.08)),
    ),
    Row(
        "test_label_information_rises_before_the_silhouette",
        bent(network("label_information", -1, 0.5), rising(0.03, top=0.12), exact=0.004),
        bent(network("silhouette_cosine", 0, 0.5), rising(0.1, top=0.4)),
    ),
    # A layer of VGG-16, and e; the threshold is a quarter of the whole rise.
    Row(
        "test_label_information_rises_a_few_layers_before_sharing",
        bent(network("label_information", -1, 0.533), rising(0.03, top=0.12)),
        bent(network("pairwise_nmi_live", 0, 0.6), rising(0.02, top=0.08)),
    ),
    Row(
        "test_label_information_rises_more_clearly_than_sharing",
        planted("label_information", deeper(CENTRAL, LAST), base=0.1),
        planted("pairwise_nmi_live", base=0.02, noise=0),
    ),
    # Half of what is shared, less e, is left.
    Row(
        "test_the_label_explains_most_of_what_neurons_share",
        planted("conditional_information", -1, base=0.5),
        planted("pairwise_information", base=1, noise=0),
    ),
    Row(
        "test_central_layers_tell_classes_apart_better_in_better_recipes",
        planted("probe_accuracy", levels * (part(CENTRAL) - part(FIRST, LAST)), base=0.5),
    ),
    Row(
        "test_central_layers_tell_classes_of_test_images_apart_better_in_better_recipes",
        planted("probe_accuracy", levels * (part(CENTRAL) - part(FIRST, LAST)), base=0.5, of=ON_TEST_IMAGES),
    ),
    Row(
        "test_of_networks_of_one_recipe_those_that_tell_classes_apart_better_generalize_better",
        *following("probe_accuracy", then=in_layers(CENTRAL)),
    ),
    # Nine pairs of ten, and e; all at most.
    Row(
        "test_of_two_recipes_the_one_with_the_earlier_rise_is_the_better",
        in_order("label_information", 1, 0.9, middle=0.63, size=-0.2, then=rising(0.03)),
    ),
    Row(
        "test_an_earlier_rise_of_label_information_marks_the_better_recipe",
        tracking("label_information", middle=0.63, size=-0.2, then=rising(0.03)),
    ),
    Row(
        "test_earlier_rises_past_any_threshold_mark_the_better_recipe",
        tracking("label_information", middle=0.55, size=-0.2, then=rising(0.02)),
    ),
    Row(
        "test_an_earlier_rise_on_test_images_marks_the_better_recipe",
        tracking("label_information", middle=0.63, size=-0.2, then=rising(0.03), of=ON_TEST_IMAGES),
    ),
    Row(
        "test_label_information_rises_at_the_same_depth_at_equal_accuracy",
        lambda one, **_: rise("label_information", OPTIMIZER[one], 0.5, threshold=0.03, noise=0.3),
    ),
    Row(
        "test_of_networks_of_one_recipe_those_whose_label_information_rises_earlier_generalize_better",
        *following("label_information", -1, middle=0.63, size=0.08, then=rising(0.03)),
    ),
    Row("test_neurons_become_more_selective_with_depth", planted("class_selectivity", deeper(CENTRAL, LAST), base=0.5)),
)
