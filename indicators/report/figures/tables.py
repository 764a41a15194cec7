"""The tables of the thesis with the numbers of a study, and the table of numbers that stands beside a figure."""

from __future__ import annotations

import contextlib
import math
from typing import Any

import numpy as np
import xarray as xr

from indicators.errors import InputError, NotApplicable
from indicators.report.figures.panels import Drawn, Series, TableCell, Tabulated
from indicators.report.figures.series import combinations, over_seeds, provenance
from indicators.report.figures.thesis import Table
from indicators.report.figures.wording import UNTRAINED, shown_number, word
from indicators.sources.source import Source

COLUMNS = 9
"""At most so many places along an axis have a column in the table of a figure."""


def tabulated(figure: Table, source: Source) -> Tabulated:
    """A table with the numbers of a study; NotApplicable or InputError where the study has none."""
    if figure.measurement == "architecture":
        return _architecture(figure, source)
    if figure.measurement == "accuracy":
        return _accuracies(figure, source)
    return _networks_by_layer(figure, source)


def _networks_by_layer(figure: Table, source: Source) -> Tabulated:
    values = source.measurement(figure.measurement)
    rows = [
        (" ".join(map(word, where.values())), _cells(values.sel(where), "layer"))
        for where in combinations(values, ("optimizer", "level"))
    ]
    with contextlib.suppress(NotApplicable, InputError):
        rows.append((UNTRAINED, _cells(source.untrained(figure.measurement), "layer")))
    columns = tuple(values["layer"].values.tolist())
    return _whole(figure, source, "network", columns, rows, [*provenance(values), figure.note])


def _accuracies(figure: Table, source: Source) -> Tabulated:
    values = source.measurement("accuracy")
    training = _training(source)
    splits = values["split"].values.tolist()
    rows = []
    for where in combinations(values, ("optimizer", "level")):
        cells = _cells(values.sel(where), "split")
        rows.append((" ".join(where.values()), (*cells, *(_cell(column.sel(where).values) for column in training))))
    columns = (*map(word, splits), *(str(column.name) for column in training))
    return _whole(figure, source, "network", columns, rows, [*provenance(values), figure.note])


def _training(source: Source) -> list[xr.DataArray]:
    """First learning rate and number of epochs of every network, where the study knows them."""
    try:
        rates = source.measurement("history").sel(quantity="learning_rate", drop=True)
    except (NotApplicable, InputError):
        return []
    epochs = rates.notnull().sum("epoch").astype(float)
    return [rates.isel(epoch=0, drop=True).rename("learning rate"), epochs.rename("epochs")]


def _architecture(figure: Table, source: Source) -> Tabulated:
    shapes = source.kernel_shapes
    if not shapes:
        raise NotApplicable(f"{source.name} does not record the shapes of its layers")
    rows = [(layer, (TableCell(shape[-1]), TableCell(math.prod(shape)))) for layer, shape in shapes.items()]
    rows.append(("all", (TableCell(math.nan), TableCell(sum(math.prod(shape) for shape in shapes.values())))))
    return _whole(figure, source, "layer", ("channels or neurons", "weights"), rows, [figure.note])


def _whole(
    figure: Table, source: Source, corner: str, columns: tuple[str, ...], rows: list[Any], notes: list[str]
) -> Tabulated:
    kept = tuple(filter(None, notes))
    return Tabulated(figure, source.name, source.scale, len(source.seeds), corner, columns, tuple(rows), kept)


def _cells(values: xr.DataArray, dim: str) -> tuple[TableCell, ...]:
    numbers = np.asarray(values.transpose("seed", dim).values, dtype=float)
    mean, low, high = over_seeds(numbers)
    if low is None or high is None:
        return tuple(map(TableCell, mean))
    return tuple(map(TableCell, mean, low, high))


def _cell(numbers: Any) -> TableCell:
    mean, low, high = over_seeds(np.asarray(numbers, dtype=float)[:, None])
    return TableCell(mean[0], None if low is None else low[0], None if high is None else high[0])


def table_of(drawn: Drawn) -> tuple[tuple[str, ...], list[tuple[str, str, tuple[TableCell, ...]]]]:
    """A figure in numbers: places along the axis, at most `COLUMNS` or every layer, and a row per panel and line.

    Panels whose axes differ have columns of their own places, numbered from the first to the last.
    """
    count = len(drawn.panels[0].x)
    alike = all(panel.x == drawn.panels[0].x for panel in drawn.panels)
    wanted = count if drawn.x_scale == "layers" else min(COLUMNS, count)
    rows = [
        (panel.title, series.label, tuple(_at(series, place) for place in _spread(len(panel.x), wanted)))
        for panel in drawn.panels
        for series in panel.series
    ]
    first = drawn.panels[0].x
    columns = [shown_number(first[place]) if alike else str(n + 1) for n, place in enumerate(_spread(count, wanted))]
    return tuple(columns), rows


def _spread(count: int, wanted: int) -> list[int]:
    return sorted({round(place) for place in np.linspace(0, count - 1, min(count, wanted))})


def _at(series: Series, place: int) -> TableCell:
    ends = (None, None) if series.low is None or series.high is None else (series.low[place], series.high[place])
    return TableCell(series.mean[place], *ends)
