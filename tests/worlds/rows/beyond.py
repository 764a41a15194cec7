"""Worlds for the claims of `hypotheses/test_8_beyond.py`: how to write a row stands in `tables`."""

import numpy as np

from indicators.claims.profiles import ONSET_OF_LABEL_INFORMATION
from tests.worlds.correlations import decades_in_every_layer, following, in_every_layer, ranked, tracking
from tests.worlds.curves import half_loss, pruning_area
from tests.worlds.patterns import HIDDEN, PARTS, along, deeper, layca, levels, sgd, wdecay
from tests.worlds.plants import BY_NEURON, Row, accuracies, at_labels, bent, doublings, network, on, planted
from tests.worlds.profiles import rise
from tests.worlds.rows.training import tuned

NEURONS = range(20)
at_any_distance = along("distance", dict.fromkeys((1, 2, 4, 8), 1.0))
half_before_or_after = along("difficulty", {"easy": -0.5, "hard": 0.5})
final_smallest, half_smallest = (
    along(dim, {"smallest": 1, "middle": 0, "largest": 0}) for dim in ("final_size", "half_size")
)


def beside_the_others(middle, size, then=None, *, apart=1.0, others=wdecay - layca):
    """Networks of sgd so far from those of wdecay and layca, above both, that the share planted is what they lead by.

    wdecay and layca lie (1 - share) / 2 apart around the middle, sgd (1 + share) / 2 from it, times the size.
    ``others`` says which lie on which side of it, ``apart=0`` leaves sgd among them.
    """

    def networks(share, measured):
        share = share.clip(-1 / 3, 1)
        offset = apart * (1 + share) / 2 * sgd + (1 - share) / 4 * others
        found = middle + size * offset * along("level", {"low": 1, "medium": 1, "high": 1})
        return found if then is None else then(found, measured)

    return networks


def one_share(name, function):
    """One number for all networks of a seed, made into a measurement."""
    return bent(network(name, 1, cells=False), function)


def outlying(name, middle, size):
    return one_share(name, beside_the_others(middle, size, in_every_layer))


def outlying_when_pruned(curve):
    """The same for the fraction at which a pruning curve has lost half."""
    return one_share(curve.name, beside_the_others(0.4, 0.2, curve.function))


def unlike_dropout(curve):
    """The same of plain sgd beside either of the others and sgd with dropout, which lies opposite to them."""
    plain = beside_the_others(0.4, 0.2, curve.function, others=wdecay + layca)
    dropped = beside_the_others(0.4, 0.2, curve.function, apart=0.0, others=-sgd)
    return one_share(curve.name, plain), bent(network(curve.name, 1, cells=False, at=("dropout", 0.2)), dropped)


def in_the_band(share, _):
    """Silhouettes of neurons: 0.5 for a quarter of them and the share planted, 0.1 for the others."""
    rank = along("neuron", {neuron: (neuron + 0.5) / len(NEURONS) for neuron in NEURONS})
    return 0.1 + 0.4 * (rank < 0.25 + share)


def doublings_in_every_layer(number, measured):
    return doublings(in_every_layer(number, measured), measured)


def area_of(curve):
    """What `pruning_area` plants, read off its curve."""
    kept = curve.to_numpy() / curve.isel(fraction=[0]).to_numpy()
    return curve.isel(fraction=0, drop=True).copy(data=np.trapezoid(kept, curve["fraction"].to_numpy(), axis=-1))


def of_labels(slope=0.0, **options):
    """Label information in all layers."""
    return planted("label_information", slope, base=0.2, **options)


def dimensions(slope=0.0, **options):
    """Effective ranks, by doublings."""
    return bent(planted("effective_rank", slope, base=3, **options), doublings)


ARCHITECTURES = ("normalization", False), ("dropout", 0.2), ("residual", True), ("activation", "elu")

ROWS = (
    Row("test_sgd_alone_turns_its_layers_differently", outlying("cosine_distance", 0.9, -0.4)),
    Row("test_sgd_alone_has_other_dead_neurons", outlying("never_active", 0.1, 0.2)),
    Row("test_sgd_alone_is_active_on_other_images", outlying("zero_ratio_binarized", 0.7, 0.05)),
    Row(
        "test_sgd_alone_is_hurt_by_pruning_the_smallest_weights",
        outlying_when_pruned(half_loss("magnitude_pruning", 0, 0)),
    ),
    Row(
        "test_sgd_alone_is_hurt_by_pruning_at_random",
        outlying_when_pruned(half_loss("random_pruning", 0, 0, draws=3)),
    ),
    Row("test_sgd_alone_shares_information_differently", outlying("pairwise_nmi", 0.1, 0.1)),
    Row("test_sgd_alone_has_other_dead_channels", outlying("never_active_channels", 0.1, 0.2)),
    Row("test_sgd_alone_turns_its_layers_differently_at_lower_levels", outlying("cosine_distance", 0.9, -0.4)),
    Row(
        "test_deeper_networks_generalize_better",
        *at_labels(accuracies, "network_depth", {5: on("test"), 13: on("test") / 2, 16: on("test"), 19: -on("test")}),
    ),
    Row("test_weight_decay_and_layca_act_like_dropout", *unlike_dropout(half_loss("random_pruning", 0, 0, draws=2))),
    Row(
        "test_neurons_of_deeper_networks_know_more_of_the_labels",
        *at_labels(of_labels, "network_depth", {5: 1, 13: 0.5, 16: 1, 19: -1}),
    ),
    Row(
        "test_recipes_of_more_diverse_features_are_more_robust",
        pruning_area("magnitude_pruning", 0, 0.6 + 0.2 * levels, noise=0.05),
        tracking("effective_rank", 1, other="magnitude_pruning", read=area_of, middle=1.5, then=decades_in_every_layer),
    ),
    Row(
        "test_recipes_of_more_diverse_features_generalize_better",
        tracking("effective_rank", 1, middle=1.5, then=decades_in_every_layer),
    ),
    Row(
        "test_diverse_features_follow_accuracy_within_a_recipe",
        *following("effective_rank", 1, middle=1.5, then=decades_in_every_layer),
    ),
    Row(
        "test_first_layers_are_more_diverse_with_better_recipes",
        bent(planted("effective_rank", levels, base=3), doublings),
    ),
    Row(
        "test_diverse_first_layers_follow_accuracy_within_a_recipe",
        *following("effective_rank", 1, middle=1.5, then=doublings_in_every_layer),
    ),
    Row("test_dropout_diversifies_features", *at_labels(dimensions, "dropout", {0.2: 1})),
    Row(
        "test_neurons_are_more_selective_with_better_recipes",
        planted("class_selectivity", levels, base=0.3),
    ),
    Row(
        "test_selective_neurons_follow_accuracy_within_a_recipe",
        *following("class_selectivity", 1, then=in_every_layer),
    ),
    Row(
        "test_similar_information_reappears_in_other_layers",
        network("pairwise_nmi_across_layers", at_any_distance, base=0.1),
        network("pairwise_nmi_across_layers_floor", base=0.1 * at_any_distance, noise=0),
    ),
    Row(
        "test_canonical_correlations_show_the_same_redundancy",
        ranked("canonical_redundancy", 1, HIDDEN),
        planted("pairwise_nmi", base=deeper(*HIDDEN), noise=0),
    ),
    Row(
        "test_a_sequence_of_optimizers_beats_each_of_them",
        *tuned(),
        accuracies(on("test"), at=("sequence", "sgd, layca, wdecay")),
    ),
    Row(
        "test_smaller_batches_show_the_indicators_of_better_networks",
        *at_labels(of_labels, "batch_size", {64: 1, 256: -1}),
    ),
    Row(
        "test_layca_zeroes_fewer_weights_where_it_turns_less",
        planted("cosine_distance", base=0.5 + 0.1 * deeper(*PARTS), noise=0),
        ranked("near_zero_share_relative", 1, PARTS),
    ),
    Row(
        "test_layca_settles_on_its_smallest_weights_later",
        network("settling_time", layca * final_smallest, base=0.5),
    ),
    Row(
        "test_layca_brings_more_small_weights_back",
        network("weight_growth", layca * half_smallest, base=0.1),
    ),
    Row(
        "test_what_weight_decay_and_layca_keep_trains_better_again",
        *at_labels(accuracies, "start", {"magnitude": (wdecay + layca) * on("test"), "random": sgd * on("test")}),
    ),
    Row(
        "test_what_pruning_keeps_trains_better_than_as_many_random_weights",
        *at_labels(accuracies, "start", {"magnitude": on("test") / 2, "random": -on("test") / 2}),
    ),
    Row(
        "test_a_minimum_of_layers_is_needed",
        *at_labels(accuracies, "network_depth", {5: -on("test"), 8: on("test")}),
    ),
    Row(
        "test_easy_images_are_told_apart_in_earlier_layers",
        rise("label_information_by_difficulty", half_before_or_after, 0.63, threshold=ONSET_OF_LABEL_INFORMATION),
    ),
    Row(
        "test_other_architectures_show_the_same_indicators",
        *(of_labels(levels, at=at) for at in ARCHITECTURES),
    ),
    Row(
        "test_fewer_neurons_of_sgd_group_their_images",
        bent(planted("silhouette_cosine", -sgd, of=BY_NEURON), in_the_band),
    ),
    Row(
        "test_networks_that_are_too_small_memorize",
        *at_labels(accuracies, "network_width", {0.0625: -on("test") / 2, 0.25: on("test") / 2}),
    ),
    Row(
        "test_a_spurious_mark_of_the_class_spoils_generalization",
        *at_labels(accuracies, "mark", {"class": -on("test")}),
    ),
)
