"""Worlds for the claims of `hypotheses/test_1_training.py`: how to write a row stands in `tables`."""

from tests.worlds.patterns import along, levels
from tests.worlds.plants import PREMISED, Row, accuracies, bent, decades, network, on


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


FITTED = PREMISED + 0.01 + 0.1 * on("train")
"""Accuracies a point above those at the end of the training, and nothing left to fit for any noise."""


ROWS = (
    Row("test_the_learning_rate_alone_sets_the_level", accuracies(2 * levels * on("test"), base=0.5)),
    Row("test_validation_images_tell_what_test_images_tell", accuracies(on("validation"))),
    Row(
        "test_training_beyond_99_percent_gains_nothing",
        network("accuracy_beyond", -on("validation"), base=FITTED),
        accuracies(),
    ),
    Row(
        "test_training_beyond_99_percent_gains_nothing_on_test_images",
        network("accuracy_beyond", -on("test"), base=FITTED),
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
    Row("test_the_norm_changes_more_at_larger_learning_rates", decades("norm_ratio", -levels, base=-1)),
    Row(
        "test_the_norm_changes_more_at_larger_learning_rates_under_weight_decay",
        decades("norm_ratio", -levels, base=-1),
    ),
)
