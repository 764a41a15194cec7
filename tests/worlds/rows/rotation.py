"""Worlds for the claims of `hypotheses/test_2_rotation.py`: how to write a row stands in `tables`."""

from tests.worlds.correlations import decades_in_every_layer, following
from tests.worlds.patterns import HIDDEN, OUTPUT, along, deeper, high, levels, part, place, sgd
from tests.worlds.plants import Row, accuracies, around, bent, decades, network, on, planted

EPOCHS = along("epoch", {1: 0, 2: 0.05, 3: -0.05})
"""One number more or less in every epoch, nothing on the mean."""

ROWS = (
    # Opposite in the layers between, at which the claim must not look.
    Row(
        "test_layca_need_not_turn_every_layer_by_a_right_angle",
        planted("cosine_distance", 1 - 2 * (place(0) + place(-1)), base=1),
    ),
    Row("test_sgd_turns_its_weights_less", planted("cosine_distance", -sgd, base=0.5)),
    # Half of a standard deviation that is a share of the mean.
    Row("test_sgd_turns_its_layers_less_evenly", bent(network("cosine_distance", sgd / 2, base=0.3), around(0.5))),
    Row(
        "test_layers_turn_at_a_like_pace_under_weight_decay_and_layca",
        bent(network("cosine_distance_by_epoch", (sgd - 1) / 2, base=0.3 + EPOCHS), around(0.5)),
    ),
    Row("test_sgd_that_generalizes_better_turned_further", decades("cosine_distance", levels, base=-3)),
    Row(
        "test_networks_of_one_recipe_that_turned_further_generalize_better",
        *following("cosine_distance", middle=-1, then=decades_in_every_layer),
    ),
    Row(
        "test_the_rotation_fades_with_depth_under_sgd",
        planted("cosine_distance", -sgd * high * deeper(*HIDDEN), base=0.5 + part(OUTPUT)),
    ),
    Row("test_sgd_generalizes_about_as_well", accuracies(sgd * on("test"), base=0.85 - 0.03 * sgd)),
    # One layer that is always the least.
    Row(
        "test_some_layers_of_the_best_sgd_network_hardly_turned",
        bent(network("cosine_distance", -1, base=0.5), lambda least, _: least + 1 - place(9)),
    ),
)
