"""Worlds for the claims of `hypotheses/test_4_pruning.py`: how to write a row stands in `generator`."""

from tests.worlds.generator import Row, half_loss, layca, levels, pruning_area, sgd

ROWS = (
    Row("test_better_networks_resist_random_pruning_better", half_loss("random_pruning", levels, 0.1, draws=3)),
    Row("test_sgd_resists_random_pruning_less", half_loss("random_pruning", -sgd, 0.4, draws=3)),
    Row(
        "test_the_smallest_weights_matter_less",
        pruning_area("magnitude_pruning", 1, 0.45),
        pruning_area("random_pruning", 0, 0.45, draws=3),
    ),
    Row("test_sgd_suffers_more_when_the_smallest_weights_go", half_loss("magnitude_pruning", -sgd, 0.5)),
    Row(
        "test_layca_resists_magnitude_pruning_a_little_better_than_weight_decay",
        pruning_area("magnitude_pruning", layca, 0.6),
    ),
)
