"""Worlds for the claims of `hypotheses/test_4_pruning.py`: how to write a row stands in `tables`."""

from tests.worlds.correlations import following, tracking
from tests.worlds.curves import half_loss, pruning_area
from tests.worlds.patterns import HIDDEN, LAST, along, high, layca, levels, part, place, sgd
from tests.worlds.plants import Row, bent, doublings, network, planted

at_high_or_far_below = 0.15 + 0.1 * high
"""A quarter at high and a tenth less at other levels: the largest of the levels is that of high."""


def lost_by_half(name, slope, base=0.0):
    """A pruning curve that has lost so much accuracy by the first fraction beyond half, and more later."""
    before = along("fraction", {0.0: 0, 0.45: 0, 0.55: 1, 0.9: 1})
    after = along("fraction", {0.0: 0, 0.45: 0, 0.55: 0, 0.9: 1})
    return bent(network(name, slope, base), lambda lost, _: 0.85 - lost * before - 0.1 * after)


HALVED_AT = half_loss("random_pruning", 0, 0, draws=3).function
OF_AREA = pruning_area("magnitude_pruning", 0, 0).function
"""What a number per network is made into: the curve that has lost half there, or that has this area."""


ROWS = (
    Row(
        "test_random_pruning_soon_destroys_every_network",
        half_loss("random_pruning", -1, at_high_or_far_below, draws=3),
    ),
    Row(
        "test_random_pruning_destroys_networks_of_fresh_statistics_too",
        half_loss("random_pruning_reestimated", -1, at_high_or_far_below, few=True),
    ),
    Row("test_better_recipes_resist_random_pruning_better", half_loss("random_pruning", levels, 0.1, draws=3)),
    Row(
        "test_better_recipes_resist_random_pruning_better_with_fresh_statistics",
        half_loss("random_pruning_reestimated", levels, 0.1, few=True),
    ),
    Row(
        "test_networks_of_one_recipe_that_resist_random_pruning_generalize_better",
        *following("random_pruning", middle=0.4, size=0.01, then=HALVED_AT),
    ),
    Row("test_sgd_resists_random_pruning_less", half_loss("random_pruning", -sgd, 0.4, draws=3)),
    Row(
        "test_sgd_resists_random_pruning_less_with_fresh_statistics",
        half_loss("random_pruning_reestimated", -sgd, 0.4, few=True),
    ),
    Row(
        "test_resistance_to_random_pruning_goes_with_accuracy",
        tracking("random_pruning", middle=0.4, size=0.2, then=HALVED_AT),
    ),
    # All hidden layers, and them alone.
    Row(
        "test_neurons_of_weight_decay_and_layca_use_fewer_weights",
        planted("participation_ratio", sgd * (part(*HIDDEN) - place(-1)), base=0.3),
    ),
    Row(
        "test_weight_decay_and_layca_keep_more_neurons_alive",
        planted("never_active", sgd * (part(*HIDDEN) - place(-1)), base=0.2),
    ),
    Row(
        "test_activations_of_weight_decay_and_layca_have_more_dimensions",
        bent(planted("effective_rank", -sgd * part(LAST), base=5), doublings),
    ),
    # Half of the effect in each: an area has bounds.
    Row(
        "test_the_smallest_weights_matter_less",
        pruning_area("magnitude_pruning", 0.5, 0.45),
        pruning_area("random_pruning", -0.5, 0.45, draws=3),
    ),
    Row(
        "test_the_smallest_weights_of_each_layer_matter_less",
        pruning_area("layerwise_magnitude_pruning", 0.5, 0.45, few=True),
        pruning_area("random_pruning", -0.5, 0.45, draws=3, few=True),
    ),
    Row(
        "test_the_smallest_weights_matter_less_with_fresh_statistics",
        pruning_area("magnitude_pruning_reestimated", 0.5, 0.45, few=True),
        pruning_area("random_pruning_reestimated", -0.5, 0.45, few=True),
    ),
    Row("test_sgd_suffers_more_when_the_smallest_weights_go", half_loss("magnitude_pruning", -sgd, 0.5)),
    Row(
        "test_sgd_suffers_more_when_the_smallest_weights_of_each_layer_go",
        pruning_area("layerwise_magnitude_pruning", -sgd, 0.5, few=True),
    ),
    Row(
        "test_sgd_suffers_more_when_the_smallest_weights_go_with_fresh_statistics",
        pruning_area("magnitude_pruning_reestimated", -sgd, 0.5, few=True),
    ),
    Row(
        "test_layca_resists_magnitude_pruning_a_little_better_than_weight_decay",
        pruning_area("magnitude_pruning", layca, 0.6),
    ),
    Row(
        "test_layca_resists_layerwise_pruning_a_little_better_than_weight_decay",
        pruning_area("layerwise_magnitude_pruning", layca, 0.6, few=True),
    ),
    Row(
        "test_most_weights_end_so_near_zero_that_they_can_go",
        lost_by_half("magnitude_pruning", -high, base=0.03 + 0.3 * (1 - high)),
    ),
    Row(
        "test_most_weights_of_every_layer_end_so_near_zero_that_they_can_go",
        lost_by_half("layerwise_magnitude_pruning", -high, base=0.03 + 0.3 * (1 - high)),
    ),
    Row("test_sgd_has_fewer_weak_weights", planted("near_zero_share", -sgd * high, base=0.3)),
    Row(
        "test_sgd_has_fewer_weak_weights_on_their_own_scale", planted("near_zero_share_relative", -sgd * high, base=0.3)
    ),
    Row(
        "test_the_largest_weights_define_the_output",
        pruning_area("magnitude_pruning", 0.5, 0.45, few=True),
        pruning_area("largest_pruning", -0.5, 0.45, few=True),
    ),
    Row(
        "test_the_largest_weights_matter_more_than_random_ones",
        half_loss("random_pruning", 0.5, 0.2, draws=3, few=True),
        half_loss("largest_pruning", -0.5, 0.2, few=True),
    ),
    Row(
        "test_recipes_that_can_be_pruned_more_generalize_better",
        tracking("magnitude_pruning", middle=0.5, size=0.2, then=OF_AREA),
    ),
    Row(
        "test_recipes_whose_layers_can_be_pruned_more_generalize_better",
        tracking(
            "layerwise_magnitude_pruning",
            middle=0.5,
            size=0.2,
            then=pruning_area("layerwise_magnitude_pruning", 0, 0, few=True).function,
        ),
    ),
    Row(
        "test_networks_of_one_recipe_that_can_be_pruned_more_generalize_better",
        *following("magnitude_pruning", middle=0.5, size=0.02, then=OF_AREA),
    ),
    Row(
        "test_networks_of_equal_accuracy_can_be_pruned_alike",
        pruning_area("magnitude_pruning", -sgd, 0.5, noise=0.5),
    ),
    Row("test_a_network_need_not_be_well_pruned_to_generalize", lost_by_half("magnitude_pruning", sgd * high)),
)
