"""Worlds for the claims of `hypotheses/test_1_training.py`: how to write a row stands in `tables`."""

from tests.worlds.patterns import along, levels, low, medium
from tests.worlds.plants import PREMISED, Row, accuracies, bent, decades, network, on, planted


def falling_rate(before, best):
    """A record of four epochs whose learning rate falls before the third, with these accuracies of the first two.

    What is planted is by how much the third is better than the epoch before, or than the best one.
    """
    rates = along("epoch", {1: 0.1, 2: 0.1, 3: 0.02, 4: 0.02})
    accuracy = along("epoch", {1: before[0], 2: before[1], 3: max(before) if best else before[1], 4: 0.5})

    def record(jump, _):
        risen = accuracy + jump * along("epoch", {1: 0, 2: 0, 3: 1, 4: 0})
        rate, validation = (
            along("quantity", {name: name == one for name in ("validation_accuracy", "learning_rate")})
            for one in ("learning_rate", "validation_accuracy")
        )
        return rates * rate + risen * validation

    return record


ROWS = (
    Row("test_the_learning_rate_alone_sets_the_level", accuracies(2 * levels * on("test"), base=0.5)),
    # The worst of a seed's levels counts: here always that at high.
    Row(
        "test_every_network_fits_its_training_images",
        accuracies(on("train_running"), base=0.985 + 0.1 * (low + medium)),
    ),
    Row("test_validation_images_tell_what_test_images_tell", accuracies(on("validation"))),
    Row(
        "test_training_beyond_99_percent_gains_nothing",
        network("accuracy_beyond", -on("validation"), base=PREMISED + 0.01),
        accuracies(),
    ),
    Row(
        "test_training_beyond_99_percent_gains_nothing_on_test_images",
        network("accuracy_beyond", -on("test"), base=PREMISED + 0.01),
        accuracies(),
    ),
    Row(
        "test_a_reduction_of_the_learning_rate_helps_at_once",
        bent(network("history", 1), falling_rate((0.7, 0.6), best=False)),
    ),
    Row(
        "test_a_reduction_of_the_learning_rate_beats_the_best_epoch_so_far",
        bent(network("history", 1), falling_rate((0.7, 0.6), best=True)),
    ),
    Row("test_small_learning_rates_hardly_change_the_norm", planted("norm_ratio", low + medium, base=1)),
    Row("test_the_norm_changes_more_at_larger_learning_rates", decades("norm_ratio", -levels, base=-1)),
)
