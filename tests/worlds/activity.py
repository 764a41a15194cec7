"""Worlds for the claims of `hypotheses/test_6_activity.py`: how to write a row stands in `generator`."""

from tests.worlds.generator import LAST, Row, part, planted, sgd

ROWS = (
    Row(
        "test_the_best_sgd_network_has_most_dead_neurons",
        planted("never_active", sgd * part(LAST), base=0.05),
    ),
)
