"""Worlds for the claims of `hypotheses/test_7_clusters.py`: how to write a row stands in `tables`."""

from tests.worlds.correlations import following, in_every_layer, in_layers, ranked, tracking
from tests.worlds.patterns import (
    CENTRAL,
    HIDDEN,
    LAST,
    PARTS,
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
from tests.worlds.plants import BY_NEURON, UNTRAINED, Row, bent, planted
from tests.worlds.profiles import rise, rising

REASONS = ("never active", "too few active", "too few images", "one class only")
SIZES = (0.005, 0.03, 0.2, 0.5)
NEURONS = range(20)


def reason(chosen):
    return along("reason", {known: float(known == chosen) for known in REASONS})


def size(chosen):
    return along("size", {known: float(known == chosen) for known in SIZES})


def distance(chosen):
    return along("distance", {known: float(known == chosen) for known in ("cosine", "euclidean")})


at_any_size = along("size", dict.fromkeys(SIZES, 1.0))
at_high_or_far_below = -0.1 + 0.2 * high
"""A tenth at high and less at other levels: the largest of the levels is that of high."""


def in_every_curve(number, _):
    return number * part(*PARTS) * at_any_size * distance("cosine")


def of_neurons_left_out(number, _):
    return number * part(*PARTS) * reason("never active")


def a_quarter_at_a_third_and_more_at_a_half(share, _):
    """Silhouettes of neurons: 0.3 for a quarter of them, 0.5 for as many and the share planted, 0.1 for the others."""
    rank = along("neuron", {neuron: (neuron + 0.5) / len(NEURONS) for neuron in NEURONS})
    at_half = rank < 0.25 + share
    at_a_third = (rank < 0.5 + share) & ~at_half
    return 0.1 + 0.4 * at_half + 0.2 * at_a_third


def mostly_between_neurons(share, _):
    """Curves of neurons of which one half of the variance, and the share planted, lies between neurons."""
    of_neuron = along("neuron", {neuron: (-1.0) ** neuron for neuron in NEURONS})
    of_size = along("size", dict(zip(SIZES, (9, 1.5**0.5, -(1.5**0.5), 0), strict=True)))
    curve = (0.5 + share) ** 0.5 * of_neuron + (0.5 - share).clip(min=0) ** 0.5 * of_size
    return curve * distance("cosine")


def growing_in_the_order_of_cosine_curves(correlation, measured):
    """Nothing at low; at high cosine curves that grow with depth, and Euclidean ones in the order planted."""
    order = euclidean_order.function(correlation, measured)
    return high * at_any_size * (order * distance("euclidean") + deeper(*HIDDEN) * distance("cosine"))


def only_after_poolings(values, _):
    """NaN in layers that do not follow a pooling directly, and in the dense one that does."""
    return values.where(sum(place(number) for number in (2, 4, 7, 10)) > 0)


after = along("side", {"before": 0, "after": 1})
order = ranked("silhouette_cosine", 1, HIDDEN)
euclidean_order = ranked("neighborhood_curve", 1, HIDDEN)

ROWS = (
    # shares of the mean silhouette, which is that of the middle level
    Row(
        "test_the_cosine_distance_tells_levels_apart_better",
        planted("silhouette_cosine", -0.2 * (levels - 0.5), base=0.2, noise=0.2),
        planted("silhouette_euclidean", base=0.07, noise=0.07),
    ),
    Row("test_first_layers_group_less_in_better_networks", planted("silhouette_cosine", -levels, base=0.3)),
    Row("test_first_layers_group_less_in_the_windows_of_2019", planted("silhouette_cosine_2019", -levels, base=0.3)),
    Row(
        "test_loose_first_layers_follow_accuracy_within_a_recipe",
        *following("silhouette_cosine", -1, then=in_every_layer),
    ),
    # the third layer far below the second, the fourth far below the first
    Row(
        "test_euclidean_silhouettes_peak_after_the_first_layer",
        planted("silhouette_euclidean", place(1), base=0.1 - 0.3 * (place(2) + place(3))),
    ),
    # all but the second far below the first
    Row(
        "test_cosine_silhouettes_peak_in_the_first_layer",
        planted("silhouette_cosine", place(0), base=-0.3 + 0.4 * (place(0) + place(1))),
    ),
    # between two poolings, the third layer far below the fourth
    Row(
        "test_silhouettes_peak_again_after_the_first_pooling",
        planted("silhouette_cosine", place(3), base=0.1 - 0.3 * place(2)),
    ),
    Row("test_last_layers_group_more_in_better_networks", planted("silhouette_cosine", levels, base=0.1)),
    Row("test_last_layers_group_more_by_euclidean_distance", planted("silhouette_euclidean", levels, base=0.1)),
    Row("test_last_layers_group_more_in_the_windows_of_2019", planted("silhouette_cosine_2019", levels, base=0.1)),
    # optimizers alike but for noise
    Row(
        "test_silhouettes_follow_accuracy_rather_than_the_learning_rate",
        planted("silhouette_cosine", levels, base=0.1),
    ),
    Row(
        "test_tight_last_layers_follow_accuracy_within_a_recipe",
        *following("silhouette_cosine", 1, then=in_every_layer),
    ),
    Row("test_central_layers_group_nothing", planted("silhouette_cosine", -1, base=at_high_or_far_below)),
    Row(
        "test_better_networks_have_more_neurons_to_look_at",
        planted("silhouette_ignored", -levels * reason("never active"), base=0.2, noise=0.3),
    ),
    Row(
        "test_better_sgd_networks_have_fewer_neurons_to_look_at",
        planted("silhouette_ignored", levels * reason("never active"), base=0.05, noise=0.3),
    ),
    Row(
        "test_better_networks_have_more_channels_that_tell_images_apart",
        planted("never_active_channels", -levels, base=0.2),
        planted("always_active_channels", base=0.1, noise=0),
    ),
    Row(
        "test_better_sgd_networks_have_fewer_channels_that_tell_images_apart",
        planted("never_active_channels", levels, base=0.2),
        planted("always_active_channels", base=0.1, noise=0),
    ),
    Row(
        "test_neurons_to_look_at_follow_accuracy_within_a_recipe",
        *following("silhouette_ignored", sgd - wdecay - layca, then=of_neurons_left_out),
    ),
    Row(
        "test_central_layers_have_every_neuron_to_look_at",
        planted(
            "silhouette_ignored",
            -reason("one class only"),
            base=at_high_or_far_below * reason("never active"),
            noise=0.3,
        ),
    ),
    Row(
        "test_first_layers_ignore_neurons_that_are_always_active",
        planted(
            "silhouette_ignored",
            reason("one class only"),
            base=0.2 * (reason("one class only") + reason("never active")),
            noise=0.3,
        ),
    ),
    Row(
        "test_last_layers_ignore_neurons_that_are_always_or_never_active",
        planted("silhouette_ignored", reason("never active"), base=0.1, noise=0.3),
    ),
    Row(
        "test_training_loosens_the_groups_of_the_first_layers",
        planted("silhouette_cosine", -1, base=0.3),
        planted("silhouette_cosine", base=0.3, of=UNTRAINED),
    ),
    Row(
        "test_training_loosens_the_groups_when_the_untrained_network_is_normalized",
        planted("silhouette_cosine", -1, base=0.3),
        planted("silhouette_cosine", base=0.3, of=UNTRAINED),
    ),
    Row(
        "test_images_are_grouped_from_earlier_layers_in_better_networks",
        rise("silhouette_cosine", 0.5 - levels, 0.63, threshold=0.1),
    ),
    # steep from the lowest of the limits, so that the others follow within three layers
    Row(
        "test_images_are_grouped_from_earlier_layers_whatever_the_limit",
        rise("silhouette_cosine", 0.5 - levels, 0.55, threshold=0.05),
    ),
    Row(
        "test_the_onset_of_groups_follows_accuracy_within_a_recipe",
        *following("silhouette_cosine", -1, middle=0.63, size=0.03, then=rising(0.1)),
    ),
    Row(
        "test_pooling_groups_images_again",
        bent(planted("silhouette_by_pooling", after, base=0.2), only_after_poolings),
    ),
    Row(
        "test_first_layers_have_fewer_active_neighbors_in_better_networks",
        planted("active_neighbors_cosine", -levels, base=0.8),
    ),
    Row(
        "test_last_layers_have_more_active_neighbors_in_better_networks",
        planted("active_neighbors_cosine", levels, base=0.6),
    ),
    Row(
        "test_first_layers_have_fewer_active_neighbors_by_euclidean_distance",
        planted("active_neighbors_euclidean", -levels, base=0.8),
    ),
    Row(
        "test_last_layers_have_more_active_neighbors_by_euclidean_distance",
        planted("active_neighbors_euclidean", levels, base=0.6),
    ),
    Row(
        "test_active_neighbors_follow_accuracy_within_a_recipe",
        *following("active_neighbors_cosine", 1, then=in_layers(LAST)),
    ),
    # better networks are more active, which raises the neighbors as well
    Row(
        "test_first_layers_have_fewer_active_neighbors_than_their_activity_explains",
        planted("active_neighbors_cosine", -levels, base=0.7 + 0.1 * levels),
        planted("active_share", base=0.3 + 0.1 * levels),
    ),
    Row(
        "test_last_layers_have_more_active_neighbors_than_their_activity_explains",
        planted("active_neighbors_cosine", levels, base=0.5 + 0.1 * levels),
        planted("active_share", base=0.3 + 0.1 * levels),
    ),
    Row(
        "test_first_layers_group_less_in_better_networks_at_every_size",
        planted("neighborhood_curve", -levels * at_any_size * distance("cosine"), base=0.3),
    ),
    Row(
        "test_loose_first_layers_follow_accuracy_within_a_recipe_at_all_sizes",
        *following("neighborhood_curve", -1, then=in_every_curve),
    ),
    Row(
        "test_central_layers_group_nothing_at_any_size",
        planted("neighborhood_curve", -at_any_size * distance("cosine"), base=at_high_or_far_below),
    ),
    Row(
        "test_last_layers_group_more_in_better_networks_at_every_size",
        planted("neighborhood_curve", levels * at_any_size * distance("cosine"), base=0.1),
    ),
    # the largest is that of the usual size
    Row(
        "test_last_layers_of_poor_networks_group_nothing_at_any_size",
        planted("neighborhood_curve", -distance("cosine"), base=-0.2 + 0.3 * size(0.2)),
    ),
    Row(
        "test_tight_last_layers_follow_accuracy_within_a_recipe_at_all_sizes",
        *following("neighborhood_curve", 1, then=in_every_curve),
    ),
    Row(
        "test_euclidean_distances_show_no_difference_between_levels",
        planted("neighborhood_curve", levels * at_any_size * distance("euclidean"), base=0.1),
    ),
    Row(
        "test_euclidean_distances_show_no_difference_between_optimizers",
        planted("neighborhood_curve", (wdecay + layca) * at_any_size * distance("euclidean"), base=0.1),
    ),
    Row(
        "test_euclidean_silhouettes_grow_in_the_same_layers_as_cosine_ones",
        bent(euclidean_order, growing_in_the_order_of_cosine_curves),
    ),
    Row(
        "test_euclidean_silhouettes_are_fainter_than_cosine_ones",
        planted("neighborhood_curve", -at_any_size * distance("euclidean"), base=0.2),
    ),
    Row(
        "test_neurons_differ_more_than_sizes_of_neighborhoods",
        bent(planted("neighborhood_curve", 1, of=BY_NEURON), mostly_between_neurons),
    ),
    Row(
        "test_some_neurons_of_the_best_networks_form_a_group_of_their_own",
        bent(planted("silhouette_cosine", high, of=BY_NEURON), a_quarter_at_a_third_and_more_at_a_half),
    ),
    Row(
        "test_silhouettes_and_shared_information_have_like_profiles",
        order,
        planted("pairwise_nmi", base=deeper(*HIDDEN), noise=0),
    ),
    # nothing at low
    Row(
        "test_silhouettes_and_shared_information_grow_in_the_same_layers",
        bent(order, lambda correlation, measured: high * order.function(correlation, measured)),
        planted("pairwise_nmi", base=high * deeper(*HIDDEN), noise=0),
    ),
    Row(
        "test_tighter_first_layers_mark_the_worse_network",
        tracking("silhouette_cosine", -1, then=in_every_layer),
    ),
    Row(
        "test_tighter_last_layers_mark_the_better_network",
        tracking("silhouette_cosine", 1, then=in_every_layer),
    ),
    Row(
        "test_inactive_images_among_active_ones_mark_the_worse_network",
        tracking("active_neighbors_cosine", 1, then=in_every_layer),
    ),
    Row(
        "test_active_neighbors_throughout_follow_accuracy_within_a_recipe",
        *following("active_neighbors_cosine", 1, then=in_every_layer),
    ),
    Row(
        "test_the_first_layer_has_fewer_neurons_to_look_at",
        planted("silhouette_ignored", place(0) * reason("never active"), base=0.1, noise=0.3),
    ),
    Row(
        "test_the_last_layers_have_still_fewer_neurons_to_look_at",
        planted("silhouette_ignored", part(LAST) * reason("never active"), base=0.1, noise=0.3),
    ),
    Row(
        "test_more_and_more_neurons_have_no_silhouette_with_depth",
        planted("silhouette_ignored", deeper(CENTRAL, LAST) * reason("never active"), base=0.1, noise=0.3),
    ),
)
