"""The data of the figures: from the measurements of any study to labeled series, or the reason why there are none."""

from __future__ import annotations

import contextlib
import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from indicators.errors import InputError, NotApplicable
from indicators.report.figures.catalog import FIGURES, Figure, Scale, Table
from indicators.sources.source import Source

UNTRAINED = "untrained"
BINS = 50
"""Of a histogram that is made from quantiles."""
COLUMNS = 9
"""At most so many places along an axis have a column in the table of a figure."""
WORDS = {
    "train_accuracy": "training, running",
    "validation_accuracy": "validation",
    "learning_rate": "learning rate",
    "train_running": "training, running",
    "train": "training",
}


@dataclass(frozen=True)
class Series:
    """One line: the mean over the seeds at every place, and how far they lie apart."""

    label: str
    labels: Mapping[str, str]
    """What it shows, by dimension: optimizer, level, layer, quantity; nothing of the untrained network."""
    mean: tuple[float, ...]
    """NaN where no seed has a number."""
    low: tuple[float, ...] | None
    """The smallest of the seeds; None where there is one seed."""
    high: tuple[float, ...] | None
    depth: float | None = None
    """Relative depth of a line's layer, from 0 to 1, where lines are layers."""


@dataclass(frozen=True)
class Panel:
    """One pair of axes."""

    title: str
    x: tuple[float, ...] | tuple[str, ...]
    series: tuple[Series, ...]
    y_range: tuple[float, float]


@dataclass(frozen=True)
class Drawn:
    """A figure with its data."""

    figure: Figure
    study: str
    scale: str
    seeds: int
    panels: tuple[Panel, ...]
    notes: tuple[str, ...]

    @property
    def x_scale(self) -> Scale | str:
        """`linear`, `log`, or `layers` where the axis has names."""
        return "layers" if isinstance(self.panels[0].x[0], str) else self.figure.x_scale

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of all lines, in their order."""
        return tuple(dict.fromkeys(series.label for panel in self.panels for series in panel.series))

    @property
    def banded(self) -> bool:
        """Whether it shows how far the seeds lie apart."""
        return any(series.low is not None for panel in self.panels for series in panel.series)

    @property
    def columns(self) -> int:
        """Panels side by side where there is room: a row is one layer, or one network."""
        last = self.figure.panels[-1]
        return 3 if last in ("optimizer", "level") else min(5, len(self.panels))


@dataclass(frozen=True)
class Cell:
    """A number of a table, and the smallest and largest of the seeds where there are several."""

    mean: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Tabulated:
    """A table with its numbers; NaN stands where there is none."""

    figure: Table
    study: str
    scale: str
    seeds: int
    corner: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    notes: tuple[str, ...]

    @property
    def banded(self) -> bool:
        """Whether it shows how far the seeds lie apart."""
        return any(cell.low is not None for _, row in self.rows for cell in row)


@dataclass(frozen=True)
class Missing:
    """A figure that a study has no numbers for."""

    figure: Figure | Table
    reason: str


Filled = Drawn | Tabulated | Missing


def fill_all(source: Source, figures: Sequence[Figure | Table] = FIGURES) -> list[Filled]:
    """Every figure with the data of a study, or with the reason why it has none."""
    return [fill(figure, source) for figure in figures]


def fill(figure: Figure | Table, source: Source) -> Filled:
    """One figure with the data of a study.

    Missing where the study lacks the measurement, or has not measured it yet.
    """
    try:
        return _table(figure, source) if isinstance(figure, Table) else _drawn(figure, source)
    except NotApplicable as error:
        return Missing(figure, str(error).partition(";")[0])
    except InputError as error:
        # A report may travel: it names files, not where they lie on this machine.
        return Missing(figure, re.sub(r"(?:/[^\s/]+)+/", "", str(error)))


def word(label: Any) -> str:
    """A label as people read it."""
    return WORDS.get(str(label), str(label))


# --- figures ---


def _drawn(figure: Figure, source: Source) -> Drawn:
    everything = source.measurement(figure.measurement)
    values = _prepared(everything, figure, source)
    before = _untrained(figure, source)
    notes = [*_provenance(everything), figure.note]
    if figure.x == "epoch" and values.sizes["seed"] > 1:
        notes.append("Lines end where the first of the seeds does.")
    if figure.untrained and before is None:
        notes.append("The study does not have the untrained network here.")
    panels = [_panel(figure, values, before, source, where) for where in _combinations(values, figure.panels)]
    panels = [panel for panel in panels if panel.series]
    if not panels:
        raise NotApplicable(f"{source.name} has no number of {figure.measurement!r} here")
    if figure.x == "epoch":
        panels = _until_the_last(panels)
    if not figure.shared_y and len(panels) > 1:
        notes.append("Every panel has a vertical axis of its own.")
    if figure.y_scale == "log":
        notes.append("The vertical axis is logarithmic.")
    if figure.shared_y:
        together = _y_range([series for panel in panels for series in panel.series], figure.y_scale)
        panels = [Panel(panel.title, panel.x, panel.series, together) for panel in panels]
    seeds = int(values.sizes["seed"])
    return Drawn(figure, source.name, source.scale, seeds, tuple(panels), tuple(filter(None, notes)))


def _prepared(values: xr.DataArray, figure: Figure, source: Source) -> xr.DataArray:
    """The chosen labels and layers, draws averaged."""
    if "draw" in values.dims:
        values = values.mean("draw", skipna=False)
    for dim, wanted in figure.select.items():
        if dim not in values.dims:
            continue
        found = values[dim].values.tolist()
        kept = [label for label in ((wanted,) if isinstance(wanted, str) else wanted) if label in found]
        if not kept:
            raise NotApplicable(f"{source.name} does not have {wanted!r} in {values.name!r}")
        values = values.sel({dim: kept[0]}) if isinstance(wanted, str) else values.sel({dim: kept})
    if figure.third is not None and "layer" in values.dims:
        third = np.array_split(np.array(source.layers), 3)[figure.third].tolist()
        kept = [layer for layer in values["layer"].values.tolist() if layer in third]
        values = values.sel(layer=kept)
    return values if figure.power == 1 else values**figure.power


def _untrained(figure: Figure, source: Source) -> xr.DataArray | None:
    if not figure.untrained:
        return None
    try:
        return _prepared(source.untrained(figure.measurement), figure, source)
    except (NotApplicable, InputError):
        return None


def _panel(
    figure: Figure, values: xr.DataArray, before: xr.DataArray | None, source: Source, where: dict[str, Any]
) -> Panel:
    inside = values.sel(where)
    if before is not None:
        before = before.sel({dim: label for dim, label in where.items() if dim in before.dims})
    if figure.binned:
        inside, before = _binned(figure.x, inside, before)
    lines = [_series(figure, inside.sel(line), line, source) for line in _combinations(inside, figure.lines)]
    if before is not None:
        lines.append(_series(figure, before, {}, source))
    lines = [line for line in lines if not all(map(math.isnan, line.mean))]
    x = tuple(inside[figure.x].values.tolist())
    if figure.near_zero is not None:
        x, lines = _trimmed(x, lines, figure.near_zero)
    return Panel(" · ".join(map(word, where.values())), x, tuple(lines), _y_range(lines, figure.y_scale))


def _binned(share: str, values: xr.DataArray, before: xr.DataArray | None) -> tuple[xr.DataArray, xr.DataArray | None]:
    """Shares of neurons between even steps, from quantiles of theirs: the lower ends of the steps replace `share`.

    They reach from 0, or the smallest number of all, to the largest that a hundredth of a network's neurons exceed.
    """
    every = [quantiles for quantiles in (values, before) if quantiles is not None]
    low = min(0.0, *(float(quantiles.min()) for quantiles in every))
    high = max(float(quantiles.isel({share: -2}).max()) for quantiles in every)
    edges = np.linspace(low, high if high > low else low + 1, BINS + 1)

    def histogram(quantiles: np.ndarray[Any, Any], shares: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        below = np.interp(edges, quantiles, shares)
        below[0] = 0.0  # where many neurons have the smallest number, they lie in the first step, not before it
        return np.diff(below)

    def of(quantiles: xr.DataArray) -> xr.DataArray:
        both, one = [[share], [share]], [["bin"]]
        found: xr.DataArray = xr.apply_ufunc(
            histogram, quantiles, quantiles[share], input_core_dims=both, output_core_dims=one, vectorize=True
        )
        return found.rename(bin=share).assign_coords({share: edges[:-1]})

    return of(values), None if before is None else of(before)


def _series(figure: Figure, values: xr.DataArray, line: dict[str, Any], source: Source) -> Series:
    numbers = np.asarray(values.transpose("seed", figure.x).values, dtype=float)
    if figure.x == "epoch":
        # A mean over the seeds that still train would jump where one of them ends.
        numbers = np.where(np.isfinite(numbers).all(axis=0), numbers, math.nan)
    mean, low, high = _over_seeds(numbers)
    if not figure.band:
        low = high = None
    layer = line.get("layer")
    depth = source.layers.index(layer) / max(1, len(source.layers) - 1) if layer in source.layers else None
    label = " ".join(map(word, line.values())) or UNTRAINED
    # Panels or the selection may fix the optimizer: its color goes with the line.
    fixed = {dim: str(values[dim].item()) for dim in ("optimizer", "level") if dim in values.coords}
    return Series(label, {dim: str(name) for dim, name in (fixed | line).items()}, mean, low, high, depth)


def _over_seeds(
    numbers: np.ndarray[Any, Any],
) -> tuple[tuple[float, ...], tuple[float, ...] | None, tuple[float, ...] | None]:
    """Mean, smallest and largest over the seeds (the first axis) that have a number."""
    counted = np.isfinite(numbers)
    some = counted.any(axis=0)
    filled = np.where(counted, numbers, 0.0)
    mean = np.where(some, filled.sum(axis=0) / np.maximum(counted.sum(axis=0), 1), math.nan)
    if len(numbers) == 1:
        return _floats(mean), None, None
    low = np.where(some, np.where(counted, numbers, math.inf).min(axis=0), math.nan)
    high = np.where(some, np.where(counted, numbers, -math.inf).max(axis=0), math.nan)
    return _floats(mean), _floats(low), _floats(high)


def _until_the_last(panels: Sequence[Panel]) -> list[Panel]:
    """Panels whose common axis ends where the longest line does."""
    lines = [line for panel in panels for line in panel.series]
    end = 1 + max(place for line in lines for place, value in enumerate(line.mean) if not math.isnan(value))
    return [Panel(one.title, one.x[:end], tuple(_cut(one.series, slice(end))), one.y_range) for one in panels]


def _trimmed(x: tuple[Any, ...], lines: Sequence[Series], near_zero: float) -> tuple[tuple[Any, ...], list[Series]]:
    """Axis and lines without the ends where all of them are near zero."""
    if not lines:
        return x, []
    highest = np.nanmax([[_or_zero(value) for value in line.high or line.mean] for line in lines], axis=0)
    above = np.flatnonzero(highest > near_zero * highest.max())
    if not len(above):
        return x, list(lines)
    kept = slice(max(0, int(above[0]) - 1), int(above[-1]) + 2)
    return x[kept], _cut(lines, kept)


def _cut(lines: Sequence[Series], kept: slice) -> list[Series]:
    """The same lines at some of their places."""
    return [
        Series(
            line.label, line.labels, line.mean[kept],
            None if line.low is None else line.low[kept], None if line.high is None else line.high[kept], line.depth,
        )
        for line in lines
    ]  # fmt: skip


def _y_range(lines: Sequence[Series], scale: Scale) -> tuple[float, float]:
    """From the smallest to the largest value, with zero where it is near; only what is above zero on a log axis."""
    found = [v for line in lines for values in (line.mean, line.low or (), line.high or ()) for v in values]
    found = [value for value in found if math.isfinite(value) and (scale == "linear" or value > 0)]
    if not found:
        return (0.1, 1.0) if scale == "log" else (0.0, 1.0)
    low, high = min(found), max(found)
    if scale == "log":
        return (low / 1.5, high * 1.5)
    low = 0.0 if 0 < low < 0.5 * high else low
    margin = 0.05 * (high - low) or 0.05 * abs(high) or 0.5
    return (low if low == 0 else low - margin, high + margin)


def _combinations(values: xr.DataArray, dims: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Every combination of labels of the dimensions, of those that the array has."""
    present = [dim for dim in dims if dim in values.dims]
    for labels in itertools.product(*(values[dim].values.tolist() for dim in present)):
        yield dict(zip(present, labels, strict=True))


def _provenance(values: xr.DataArray) -> Iterator[str]:
    """Where recorded numbers come from."""
    if "source" in values.attrs and "quality" in values.attrs:
        yield f"Source: {values.attrs['source']} ({values.attrs['quality']})."


# --- tables ---


def _table(figure: Table, source: Source) -> Tabulated:
    if figure.measurement == "architecture":
        return _architecture(figure, source)
    if figure.measurement == "accuracy":
        return _accuracies(figure, source)
    return _networks_by_layer(figure, source)


def _networks_by_layer(figure: Table, source: Source) -> Tabulated:
    values = source.measurement(figure.measurement)
    rows = [
        (" ".join(map(word, where.values())), _cells(values.sel(where), "layer"))
        for where in _combinations(values, ("optimizer", "level"))
    ]
    with contextlib.suppress(NotApplicable, InputError):
        rows.append((UNTRAINED, _cells(source.untrained(figure.measurement), "layer")))
    columns = tuple(values["layer"].values.tolist())
    return _tabulated(figure, source, "network", columns, rows, [*_provenance(values), figure.note])


def _accuracies(figure: Table, source: Source) -> Tabulated:
    values = source.measurement("accuracy")
    training = _training(source)
    splits = values["split"].values.tolist()
    rows = []
    for where in _combinations(values, ("optimizer", "level")):
        cells = _cells(values.sel(where), "split")
        rows.append((" ".join(where.values()), (*cells, *(_cell(column.sel(where).values) for column in training))))
    columns = (*map(word, splits), *(str(column.name) for column in training))
    return _tabulated(figure, source, "network", columns, rows, [*_provenance(values), figure.note])


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
    rows = [(layer, (Cell(shape[-1]), Cell(math.prod(shape)))) for layer, shape in shapes.items()]
    rows.append(("all", (Cell(math.nan), Cell(sum(math.prod(shape) for shape in shapes.values())))))
    return _tabulated(figure, source, "layer", ("channels or neurons", "weights"), rows, [figure.note])


def _tabulated(
    figure: Table, source: Source, corner: str, columns: tuple[str, ...], rows: list[Any], notes: list[str]
) -> Tabulated:
    kept = tuple(filter(None, notes))
    return Tabulated(figure, source.name, source.scale, len(source.seeds), corner, columns, tuple(rows), kept)


def _cells(values: xr.DataArray, dim: str) -> tuple[Cell, ...]:
    numbers = np.asarray(values.transpose("seed", dim).values, dtype=float)
    mean, low, high = _over_seeds(numbers)
    if low is None or high is None:
        return tuple(map(Cell, mean))
    return tuple(map(Cell, mean, low, high))


def _cell(over_seeds: Any) -> Cell:
    mean, low, high = _over_seeds(np.asarray(over_seeds, dtype=float)[:, None])
    return Cell(mean[0], None if low is None else low[0], None if high is None else high[0])


def table_of(drawn: Drawn) -> tuple[tuple[str, ...], list[tuple[str, str, tuple[Cell, ...]]]]:
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


def _at(series: Series, place: int) -> Cell:
    ends = (None, None) if series.low is None or series.high is None else (series.low[place], series.high[place])
    return Cell(series.mean[place], *ends)


def shown_number(value: float | str | None) -> str:
    """A number with three significant digits, whole ones in full; a dash where there is none."""
    if isinstance(value, str):
        return value
    if value is None or math.isnan(value):
        return "-"
    if value == int(value) and abs(value) < 1e9:
        return str(int(value))
    return f"{value:.3g}".replace("e-0", "e-")


def decimal_number(value: float | str | None) -> str:
    """The same with its zeros: numbers of one column have as many digits."""
    shown = shown_number(value)
    return f"{value:#.3g}".rstrip(".") if isinstance(value, float) and "." in shown and "e" not in shown else shown


def _floats(values: np.ndarray[Any, Any]) -> tuple[float, ...]:
    return tuple(map(float, values))


def _or_zero(value: float) -> float:
    return 0.0 if math.isnan(value) else value
