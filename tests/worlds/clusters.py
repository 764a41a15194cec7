"""Worlds for the claims of `hypotheses/test_7_clusters.py`: how to write a row stands in `generator`."""

from tests.worlds.generator import Row

ROWS: tuple[Row, ...] = ()
