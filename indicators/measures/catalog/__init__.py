"""Every indicator, one row each: what it is, what it looks at, its unit and bounds, and where the thesis speaks of it.

The rows stand in the files of this folder, one file for each question, in the order of this page. `study.measuring`
applies them to stored networks; a claim asks for a measurement by the name of its row. What a row declares of itself
(bounds, invariances, where it is undefined) is tested for every row: `contract`.
"""

from indicators.measures.catalog import (
    classes,
    firing,
    followed_weights,
    grouping,
    movement,
    robustness,
    sharing,
    spread,
    training_log,
)
from indicators.measures.row import Indicator

CATALOG: tuple[Indicator, ...] = (
    *training_log.ROWS,
    *movement.ROWS,
    *followed_weights.ROWS,
    *spread.ROWS,
    *robustness.ROWS,
    *sharing.ROWS,
    *classes.ROWS,
    *firing.ROWS,
    *grouping.ROWS,
)

INDICATORS = {row.name: row for row in CATALOG}
