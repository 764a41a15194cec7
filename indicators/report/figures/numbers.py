"""The numbers of the figures as one table, for a spreadsheet or another program."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator

from indicators.report.figures.panels import Drawn, Filled, Series, Tabulated

COLUMNS = ("figure", "part", "study", "panel", "line", "x", "mean", "smallest", "largest")


def to_csv(filled: Iterable[Filled]) -> str:
    """A row for every number of every figure and table: where it stands, its mean over the seeds, and their ends.

    A number that does not exist has no row; with one seed the ends are empty.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for found in filled:
        if isinstance(found, Drawn):
            writer.writerows(_of_figure(found))
        elif isinstance(found, Tabulated):
            writer.writerows(_of_table(found))
    return text.getvalue()


def _of_figure(drawn: Drawn) -> Iterator[tuple[object, ...]]:
    for panel in drawn.panels:
        for series in panel.series:
            for place, x in enumerate(panel.x):
                if not math.isnan(series.mean[place]):
                    about = (drawn.figure.number, drawn.figure.part, drawn.study, panel.title, series.label, x)
                    yield (*about, series.mean[place], *_ends(series, place))


def _of_table(table: Tabulated) -> Iterator[tuple[object, ...]]:
    for name, row in table.rows:
        for column, cell in zip(table.columns, row, strict=True):
            if not math.isnan(cell.mean):
                ends = ("" if end is None else end for end in (cell.low, cell.high))
                yield (table.figure.number, table.figure.part, table.study, "", name, column, cell.mean, *ends)


def _ends(series: Series, place: int) -> tuple[object, object]:
    return ("", "") if series.low is None or series.high is None else (series.low[place], series.high[place])
