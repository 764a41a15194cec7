"""Worlds for the claims of `hypotheses/test_3_weights.py`: how to write a row stands in `tables`."""

from tests.worlds.correlations import decades_in_every_layer, following, in_every_layer, ranked, tracking
from tests.worlds.curves import pruning_area
from tests.worlds.patterns import (
    FIRST,
    HIDDEN,
    LAST,
    OPTIMIZER,
    OUTPUT,
    PARTS,
    along,
    deeper,
    high,
    layca,
    levels,
    low,
    medium,
    part,
    place,
    sgd,
    wdecay,
)
from tests.worlds.plants import UNTRAINED, Row, alternating, bent, decades, network, planted

others = wdecay + layca
everywhere = part(*PARTS)
only_first = part(FIRST)
SAME_NORM = planted("norm_ratio", base=1, noise=0)
QUARTERS = along("share", {0.25: -0.5, 0.75: 0.5})
SIZE = along("final_size", {"smallest": -0.5, "middle": 0, "largest": 0.5})
HALF_SIZE = along("half_size", {"smallest": -0.5, "middle": 0, "largest": 0.5})
STAGE = along("stage", {"early": -0.5, "middle": 0, "late": 0.5})
FLIPS = 0.4 - 0.1 * SIZE + 0 * STAGE


def changed(slope, base=0.0):
    """Changes over weights of unchanged norm, both initial and final: what is planted is their length."""
    return SAME_NORM, bent(planted("cosine_distance", slope, base), lambda length, _: length**2 / 2)


def changed_by_decades(slope, base=0.0):
    """The same; what is planted is the logarithm of their length."""
    return SAME_NORM, bent(planted("cosine_distance", slope, base), lambda power, _: 10 ** (2 * power) / 2)


def of_layers(values):
    """One number of a network from its layers."""
    return values.mean("layer")


def unpruned_share(curve):
    """What is left at the end of a pruning curve of `pruning_area`, which rises with that area."""
    return curve.isel(fraction=-1, drop=True)


def width(power, _):
    """Quartiles that are this power of ten apart."""
    return 10**power * QUARTERS


def learning_rates(rates, epochs=2):
    """A record of these learning rates in so many epochs, the same in each of a network."""
    base = along("quantity", {"learning_rate": 1}) * (rates + 0 * EPOCH)
    return bent(network("history", base=base, noise=0), lambda rate, _: rate.where(epochs >= EPOCH))


EPOCH = along("epoch", {1: 1, 2: 2, 3: 3, 4: 4})
LEFT = SAME_NORM, planted("cosine_distance", -high, base=0.5 * (low + medium) + 0.75 * high)
TURNED_IN_ORDER = planted("cosine_distance", base=0.3 * wdecay + 0.6 * layca + 0.1, noise=0)


ROWS = (
    # --- The changes of the weights
    Row("test_the_changes_spread_more_in_better_recipes", decades("weight_change_std", levels, base=-2)),
    Row("test_the_changes_are_larger_in_better_recipes", *changed_by_decades(levels, base=-1)),
    Row(
        "test_the_learning_rate_suffices_for_the_larger_changes",
        *changed_by_decades(-high, base=levels - 1),
        network(
            "history",
            base=along("quantity", {"learning_rate": 1}) * along("epoch", {1: 1, 2: 0.1}) * 10**levels,
            noise=0,
        ),
    ),
    Row(
        "test_networks_of_one_recipe_whose_changes_spread_more_generalize_better",
        *following("weight_change_std", middle=-2, then=decades_in_every_layer),
    ),
    Row(
        "test_the_changes_spread_less_with_depth_under_sgd",
        decades("weight_change_std", -sgd * high * deeper(*HIDDEN), base=part(OUTPUT) - 2),
    ),
    Row(
        "test_the_changes_shrink_with_depth_beside_the_initial_weights_too",
        *changed_by_decades(-sgd * high * deeper(*HIDDEN), base=part(OUTPUT) - 1),
    ),
    Row(
        "test_the_changes_spread_alike_at_equal_accuracy",
        lambda one, **_: changed_by_decades(OPTIMIZER[one] * high, base=-1),
    ),
    Row(
        "test_the_changes_look_uniform_under_weight_decay",
        planted("weight_change_uniform_distance", wdecay * high * (1 - 2 * part(LAST)), base=0.3),
    ),
    Row(
        "test_the_changes_look_more_uniform_with_depth_under_weight_decay",
        planted("weight_change_uniform_distance", -wdecay * high * deeper(*HIDDEN), base=0.3),
    ),
    # Changes as long as the final weights.
    Row(
        "test_those_changes_are_the_removal_of_the_initial_weights",
        SAME_NORM,
        planted("cosine_distance", base=0.5, noise=0),
        planted("alignment", 1 - 2 * part(LAST), base=-0.9),
    ),
    # --- The changes relative to the final weights
    Row(
        "test_normalized_changes_narrow_with_depth",
        decades("normalized_weight_change_std", -high * deeper(*HIDDEN), base=-2),
    ),
    Row(
        "test_normalized_changes_narrow_whatever_the_number_of_weights",
        *changed_by_decades(-high * deeper(*HIDDEN), base=part(OUTPUT)),
    ),
    Row(
        "test_layers_whose_changes_spread_less_turned_less_under_sgd",
        planted("cosine_distance", base=1 + deeper(*HIDDEN), noise=0),
        ranked("normalized_weight_change_std", 1, HIDDEN),
    ),
    Row(
        "test_layers_whose_changes_spread_less_did_not_turn_less_under_layca",
        planted("cosine_distance", base=1 + deeper(*HIDDEN), noise=0),
        ranked("normalized_weight_change_std", -1, HIDDEN, base=0.2),
    ),
    Row("test_sgd_changes_the_least_beside_the_final_weights", *changed(-sgd * high, base=3)),
    Row("test_weight_decay_changes_far_more_without_generalizing_better", *changed_by_decades(wdecay * high)),
    Row("test_most_weights_hardly_change_at_low_and_medium", *changed(-low - medium, base=0.5)),
    Row(
        "test_larger_changes_mark_the_better_recipe",
        SAME_NORM,
        tracking("cosine_distance", then=lambda power, _: 10 ** (2 * power) / 2 * everywhere),
    ),
    Row(
        "test_evenly_spread_changes_mark_the_better_recipe",
        tracking("weight_change_kurtosis", -1, then=in_every_layer),
    ),
    # As long as the final weights, more or less.
    Row(
        "test_networks_of_one_recipe_that_changed_more_generalize_better",
        SAME_NORM,
        *following("cosine_distance", middle=-0.3, then=lambda power, _: 10 ** (2 * power) / 2 * everywhere),
    ),
    Row(
        "test_changes_are_as_large_at_equal_accuracy",
        lambda one, **_: changed_by_decades(OPTIMIZER[one], base=-1),
    ),
    # --- The change of the norm, and the change along the initial weights
    Row("test_norms_stay_at_low_and_medium", planted("norm_ratio", low + medium, base=1)),
    Row("test_changes_have_no_part_along_the_initial_weights_at_low_and_medium", planted("alignment", low + medium)),
    Row("test_norms_are_alike_at_low_and_medium", planted("norm_ratio", -medium, base=1 + 0.15 * medium)),
    Row(
        "test_changes_along_the_initial_weights_are_alike_at_low_and_medium",
        planted("alignment", medium, base=-0.15 * medium),
    ),
    Row("test_weights_grow_under_sgd", planted("norm_ratio", -1, base=1)),
    Row("test_weights_grow_less_with_depth_under_sgd", planted("norm_ratio", deeper(*HIDDEN), base=0.8)),
    Row("test_deeper_neurons_rely_on_fewer_inputs", planted("participation_ratio", -sgd * high * deeper(*HIDDEN), 0.4)),
    Row(
        "test_training_makes_deeper_neurons_rely_on_fewer_inputs",
        planted("participation_ratio", -sgd * high * deeper(*HIDDEN), base=0.4 + deeper(*HIDDEN)),
        planted("participation_ratio", base=0.5 + deeper(*HIDDEN), of=UNTRAINED),
    ),
    Row("test_sgd_moves_across_the_initial_weights", bent(network("alignment", -1, base=0.15), alternating(*PARTS))),
    Row("test_sgd_turns_by_growing", bent(network("alignment", -1, base=0.05), alternating(*PARTS))),
    Row(
        "test_sgd_turns_by_growing_however_little_it_turns",
        bent(network("alignment", -0.1, base=0.05, noise=0.1), alternating(*PARTS)),
        planted("cosine_distance", base=0.1, noise=0),
    ),
    Row(
        "test_sgd_can_turn_every_layer_by_growing_evenly",
        planted("cosine_distance", base=0.5),
        planted("cosine_distance", 1, base=1.2 - 0.4 * place(0), at=("rates_by_layer", "rising")),
    ),
    Row("test_weights_shrink_more_with_depth_under_weight_decay", planted("norm_ratio", deeper(*HIDDEN), base=2)),
    Row("test_weights_shrink_under_weight_decay", planted("norm_ratio", 1, base=1)),
    Row("test_the_mirror_images_are_those_of_unrelated_weights", planted("sign_flips", high, base=0.5)),
    Row("test_most_weights_move_against_their_initial_sign", planted("opposed_share", high, base=0.5)),
    Row(
        "test_more_weights_move_against_their_initial_sign_than_by_chance",
        planted("opposed_share", high, base=0.75),
        planted("opposed_share_by_chance", base=0.75),
    ),
    # --- The distribution of the weights
    Row(
        "test_weights_stay_distributed_as_they_were_at_low_and_medium",
        planted("initial_distribution_distance", -low - medium, base=0.1),
    ),
    Row("test_weights_are_distributed_anew_at_high", planted("initial_distribution_distance", high, base=0.1)),
    Row(
        "test_weights_spread_out_under_sgd",
        bent(planted("weight_quantiles", sgd * high), width),
        planted("weight_quantiles", base=QUARTERS, of=UNTRAINED, noise=0),
    ),
    Row(
        "test_weights_gather_at_zero_under_the_others",
        bent(planted("weight_quantiles", -others * high), width),
        planted("weight_quantiles", base=QUARTERS, of=UNTRAINED, noise=0),
    ),
    Row(
        "test_weights_are_more_peaked_under_the_others_on_their_own_scale",
        planted("weight_kurtosis", others * high),
    ),
    Row("test_weights_are_more_bell_shaped_at_high", planted("weight_kurtosis", high)),
    Row(
        "test_networks_of_one_recipe_whose_weights_are_more_bell_shaped_generalize_better",
        *following("weight_kurtosis", then=in_every_layer),
    ),
    Row(
        "test_more_weights_are_near_zero_with_depth_under_weight_decay",
        planted("near_zero_share", wdecay * high * deeper(*HIDDEN), base=0.3 - 0.2 * part(OUTPUT)),
    ),
    Row(
        "test_more_weights_are_near_zero_with_depth_on_their_own_scale",
        planted("near_zero_share_relative", wdecay * high * deeper(*HIDDEN), base=0.2 - 0.1 * part(OUTPUT)),
    ),
    Row(
        "test_weights_near_zero_become_more_under_the_others",
        planted("near_zero_share", others * high, base=0.06),
        planted("near_zero_share", base=0.06, of=UNTRAINED),
    ),
    Row(
        "test_weights_near_zero_do_not_become_more_under_sgd",
        planted("near_zero_share", -sgd * high, base=0.08),
        planted("near_zero_share", base=0.06, of=UNTRAINED),
    ),
    Row(
        "test_weights_near_zero_become_more_under_weight_decay_on_their_own_scale",
        planted("near_zero_share_relative", others * high, base=0.06),
        planted("near_zero_share_relative", base=0.06, of=UNTRAINED),
    ),
    Row(
        "test_weights_near_zero_do_not_become_more_under_sgd_on_their_own_scale",
        planted("near_zero_share_relative", -sgd * high, base=0.07),
        planted("near_zero_share_relative", base=0.06, of=UNTRAINED),
    ),
    Row("test_the_others_have_sparser_weights_than_sgd", planted("hoyer_sparsity", others * high, base=0.2)),
    # Half turned, from uniform weights: nearly Gaussian.
    Row(
        "test_weights_are_sparser_than_turned_at_random",
        planted("hoyer_sparsity", high, base=0.1992209),
        planted("cosine_distance", base=0.5, noise=0),
    ),
    # --- How weights get to zero
    # Half is left at medium, and the other network is exposed twice as long: a quarter.
    Row("test_what_is_left_of_the_start_follows_the_decay", *LEFT, learning_rates(low + medium + 2 * high)),
    Row("test_what_is_left_of_the_start_follows_the_number_of_updates", *LEFT, learning_rates(1, epochs=2 + 2 * high)),
    Row("test_weights_that_end_small_have_small_gradients", network("gradient_size", SIZE, base=1 + 0 * STAGE)),
    Row(
        "test_gradients_of_weights_that_end_small_change_sign_more_often",
        network("gradient_sign_flips", -SIZE, base=0.4 + 0 * STAGE),
    ),
    Row("test_that_difference_of_signs_grows_in_training", network("gradient_sign_flips", -SIZE * STAGE, base=FLIPS)),
    Row(
        "test_signs_set_small_weights_apart_more_than_under_sgd",
        network("gradient_sign_flips", -others * SIZE, base=FLIPS),
    ),
    Row(
        "test_sparser_layers_are_more_symmetric",
        planted("norm_ratio", noise=0),
        planted("alignment", base=3 + deeper(*PARTS), noise=0),
        ranked("hoyer_sparsity", -1, PARTS),
    ),
    # The first layers are not symmetric, and opposite: the claim must not look at them.
    Row(
        "test_symmetric_layers_are_sparser_than_turned_at_random",
        planted("norm_ratio", noise=0),
        planted("alignment", base=only_first, noise=0),
        planted("near_zero_share_relative", 1 - 2 * only_first, base=0.08),
    ),
    Row("test_small_weights_shrink_under_layca", network("weight_growth", 2 * HALF_SIZE)),
    Row("test_large_weights_grow_under_layca", network("weight_growth", 2 * HALF_SIZE)),
    Row(
        "test_large_and_small_weights_part_more_under_layca_than_under_sgd",
        network("weight_growth", layca * HALF_SIZE, base=-0.1 * HALF_SIZE),
    ),
    # --- What the rotation tells
    Row(
        "test_recipes_that_turned_further_have_sparser_weights",
        planted("cosine_distance", base=0.5 * levels),
        tracking("hoyer_sparsity", other="cosine_distance", read=of_layers, then=in_every_layer),
    ),
    Row(
        "test_recipes_that_turned_further_have_more_weights_near_zero",
        planted("cosine_distance", base=0.5 * levels),
        tracking("near_zero_share_relative", other="cosine_distance", read=of_layers, then=in_every_layer),
    ),
    Row(
        "test_recipes_that_turned_further_resist_pruning_better",
        pruning_area("magnitude_pruning", 0, base=0.4 + 0.2 * levels, noise=0.1),
        tracking("cosine_distance", other="magnitude_pruning", read=unpruned_share, then=in_every_layer),
    ),
    Row(
        "test_recipes_that_turned_further_resist_pruning_by_layers_better",
        pruning_area("layerwise_magnitude_pruning", 0, base=0.4 + 0.2 * levels, noise=0.1, few=True),
        tracking("cosine_distance", other="layerwise_magnitude_pruning", read=unpruned_share, then=in_every_layer),
    ),
    Row(
        "test_the_optimizer_that_turned_furthest_resists_pruning_better_at_equal_accuracy",
        TURNED_IN_ORDER,
        pruning_area("magnitude_pruning", layca, base=0.4),
    ),
    Row(
        "test_the_optimizer_that_turned_furthest_has_sparser_weights_at_equal_accuracy",
        TURNED_IN_ORDER,
        planted("hoyer_sparsity", layca, base=0.2),
    ),
    Row(
        "test_layers_that_turned_fully_are_sparser_than_turned_at_random",
        planted("cosine_distance", base=1 - 0.5 * only_first, noise=0),
        planted("hoyer_sparsity", 1 - 2 * only_first, base=0.2),
    ),
)
