"""Worlds for the claims of `hypotheses/test_1_training.py`: how to write a row stands in `generator`."""

from tests.worlds.generator import Row, accuracies, levels, low, medium, on

ROWS = (
    Row("test_the_learning_rate_alone_sets_the_level", accuracies(2 * levels * on("test"), base=0.5)),
    # The worst of a seed's levels counts: here always that at high.
    Row(
        "test_every_network_fits_its_training_images",
        accuracies(on("train_running"), base=0.985 + 0.1 * (low + medium)),
    ),
)
