"""What a study makes of a figure or table of the thesis: panels of lines, rows of cells, or the reason why nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from indicators.report.figures.thesis import Figure, Scale, Table


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
class TableCell:
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
    rows: tuple[tuple[str, tuple[TableCell, ...]], ...]
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
