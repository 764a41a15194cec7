"""Worlds for the claims of `hypotheses/test_2_rotation.py`: how to write a row stands in `generator`."""

from tests.worlds.generator import Row, around, bent, levels, network, planted, sgd

ROWS = (
    Row("test_sgd_turns_its_weights_less", planted("cosine_distance", -sgd, base=0.5)),
    Row("test_sgd_turns_its_layers_less_evenly", bent(network("cosine_distance", sgd, base=0.1), around(0.5))),
    Row("test_sgd_that_generalizes_better_turned_further", planted("cosine_distance", levels, base=0.3)),
)
