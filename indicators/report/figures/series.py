"""The lines of the figures: from the measurements of any study to labeled series, panel by panel."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import xarray as xr

from indicators.errors import InputError, NotApplicable
from indicators.report.figures.panels import Drawn, Panel, Series
from indicators.report.figures.thesis import Figure, Scale
from indicators.report.figures.wording import UNTRAINED, word
from indicators.sources.source import Source

BINS = 50
"""Of a histogram that is made from quantiles."""


def drawn(figure: Figure, source: Source) -> Drawn:
    """A figure with the data of a study; NotApplicable or InputError where the study has none."""
    everything = source.measurement(figure.measurement)
    values = _prepared(everything, figure, source)
    before = _untrained(figure, source)
    notes = [*provenance(everything), figure.note]
    if figure.x == "epoch" and values.sizes["seed"] > 1:
        notes.append("Lines end where the first of the seeds does.")
    if figure.untrained and before is None:
        notes.append("The study does not have the untrained network here.")
    panels = [_panel(figure, values, before, source, where) for where in combinations(values, figure.panels)]
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
    lines = [_series(figure, inside.sel(line), line, source) for line in combinations(inside, figure.lines)]
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
    mean, low, high = over_seeds(numbers)
    if not figure.band:
        low = high = None
    layer = line.get("layer")
    depth = source.layers.index(layer) / max(1, len(source.layers) - 1) if layer in source.layers else None
    label = " ".join(map(word, line.values())) or UNTRAINED
    # Panels or the selection may fix the optimizer: its color goes with the line.
    fixed = {dim: str(values[dim].item()) for dim in ("optimizer", "level") if dim in values.coords}
    return Series(label, {dim: str(name) for dim, name in (fixed | line).items()}, mean, low, high, depth)


def over_seeds(
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


def combinations(values: xr.DataArray, dims: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Every combination of labels of the dimensions, of those that the array has."""
    present = [dim for dim in dims if dim in values.dims]
    for labels in itertools.product(*(values[dim].values.tolist() for dim in present)):
        yield dict(zip(present, labels, strict=True))


def provenance(values: xr.DataArray) -> Iterator[str]:
    """Where transcribed numbers come from."""
    if "source" in values.attrs and "quality" in values.attrs:
        yield f"Source: {values.attrs['source']} ({values.attrs['quality']})."


def _floats(values: np.ndarray[Any, Any]) -> tuple[float, ...]:
    return tuple(map(float, values))


def _or_zero(value: float) -> float:
    return 0.0 if math.isnan(value) else value
