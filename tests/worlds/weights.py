"""Worlds for the claims of `hypotheses/test_3_weights.py`: how to write a row stands in `generator`."""

from tests.worlds.generator import HIDDEN, PARTS, Row, alternating, bent, deeper, network, planted

ROWS = (
    Row("test_weights_grow_under_sgd", planted("norm_ratio", -1, base=1)),
    Row("test_weights_grow_less_with_depth_under_sgd", planted("norm_ratio", deeper(*HIDDEN), base=0.8)),
    Row("test_sgd_moves_across_the_initial_weights", bent(network("alignment", -1, base=0.05), alternating(*PARTS))),
    Row("test_weights_shrink_under_weight_decay", planted("norm_ratio", 1, base=1)),
    Row("test_weights_shrink_more_with_depth_under_weight_decay", planted("norm_ratio", deeper(*HIDDEN), base=2)),
)
