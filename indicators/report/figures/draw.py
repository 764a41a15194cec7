"""The figures as pictures: one SVG each, for papers and slides."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from indicators.files import write_atomically
from indicators.report.figures.panels import Drawn, Filled, Panel, Series

COLORS = {"sgd": "#d55e00", "wdecay": "#0072b2", "layca": "#009e73"}
"""Of Okabe and Ito (2008): told apart by color-blind readers, and three times as bright or dark as either paper."""
GRAY = "#808080"
DEPTH = ("#0b3c7d", "#7a5195", "#c8553d")
"""First, middle and last layer."""
DASHES: dict[str, Any] = {"low": (0, (1, 1.6)), "medium": (0, (5, 2)), "high": "solid"}
QUANTITIES: dict[str, Any] = {"train_accuracy": (0, (5, 2))}
SIZE = (3.1, 2.4)
"""Of a panel, in inches."""
RC: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "indicators",
    "font.family": "sans-serif",
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def save_all(filled: Iterable[Filled], folder: Path) -> list[Path]:
    """Writes an SVG for every figure that has data, by its key; returns their paths."""
    paths = []
    for drawn in filled:
        if isinstance(drawn, Drawn):
            paths.append(folder / f"{drawn.figure.key}.svg")
            write_atomically(paths[-1], to_svg(drawn))
    return paths


def to_svg(drawn: Drawn) -> bytes:
    """The picture of a figure: the same bytes for the same data."""
    import matplotlib as mpl
    from matplotlib.figure import Figure as Picture

    columns = drawn.columns
    rows = -(-len(drawn.panels) // columns)
    with mpl.rc_context(RC):
        picture = Picture(figsize=(columns * SIZE[0], rows * SIZE[1] + 0.7), layout="constrained")
        grid = picture.subplots(rows, columns, squeeze=False).ravel()
        for axes, panel in zip(grid, drawn.panels, strict=False):
            _draw_panel(axes, drawn, panel)
        for axes in grid[len(drawn.panels) :]:
            axes.set_axis_off()
        about = f"{drawn.study}, scale {drawn.scale}, {seeds_shown(drawn)}"
        picture.suptitle(f"{drawn.figure.number}  {drawn.figure.title}\n{about}", fontsize=9)
        # Under one panel of the last row alone: the words are longer than a panel is wide.
        last = len(drawn.panels) - (rows - 1) * columns
        grid[len(drawn.panels) - 1 - last // 2].set_xlabel(drawn.figure.x_title)
        picture.supylabel(drawn.figure.y_title)
        _legend(picture, grid[: len(drawn.panels)], drawn)
        file = io.BytesIO()
        metadata = {"Date": None, "Title": f"Figure {drawn.figure.number}: {drawn.figure.title}", "Description": about}
        picture.savefig(file, format="svg", metadata=metadata)
    return file.getvalue()


def seeds_shown(drawn: Drawn) -> str:
    """What lines and bands are."""
    if drawn.seeds == 1:
        return "1 seed"
    return f"mean of {drawn.seeds} seeds" + ("; band from the smallest to the largest" if drawn.banded else "")


def color(series: Series) -> str:
    """The color of a line: that of its optimizer, or of the depth of its layer; gray for the untrained network."""
    if series.depth is not None:
        return _between(series.depth)
    return COLORS.get(series.labels.get("optimizer", ""), GRAY)


def _draw_panel(axes: Any, drawn: Drawn, panel: Panel) -> None:
    named = drawn.x_scale == "layers"
    x = list(range(len(panel.x))) if named else list(panel.x)
    steps = "steps-post" if drawn.figure.steps else "default"
    for series in panel.series:
        quantity = QUANTITIES.get(series.labels.get("quantity", ""), "solid")
        # Layers and quantities of one network need no level: the panel has it.
        level = "" if series.depth is not None or "quantity" in series.labels else series.labels.get("level", "")
        style = {"color": color(series), "linestyle": DASHES.get(level, quantity), "linewidth": 1.1}
        axes.plot(x, series.mean, label=series.label, drawstyle=steps, **style)
        if series.low is not None and series.high is not None:
            fill = {"step": "post"} if drawn.figure.steps else {}
            axes.fill_between(x, series.low, series.high, color=color(series), alpha=0.13, linewidth=0, **fill)
            for end in (series.low, series.high):
                # Bands of one color overlap: their edges tell them apart.
                axes.plot(x, end, drawstyle=steps, **style | {"linewidth": 0.4, "alpha": 0.5})
    axes.set_title(panel.title)
    axes.set_yscale(drawn.figure.y_scale)
    axes.set_ylim(*panel.y_range)
    axes.grid(alpha=0.2, linewidth=0.5)
    if named:
        axes.set_xticks(x, list(panel.x), rotation=90)
    else:
        axes.set_xscale(drawn.figure.x_scale)


def _legend(picture: Any, grid: Iterable[Any], drawn: Drawn) -> None:
    """One for all panels, layers in their order; a line whose color changes from panel to panel is black in it."""
    handles: dict[str, Any] = {}
    colors: dict[str, set[str]] = {}
    for axes, panel in zip(grid, drawn.panels, strict=True):
        for handle, series in zip(axes.get_legend_handles_labels()[0], panel.series, strict=True):
            handles.setdefault(series.label, handle)
            colors.setdefault(series.label, set()).add(color(series))
    depth = {series.label: series.depth or 0.0 for panel in drawn.panels for series in panel.series}
    labels = sorted(handles, key=depth.__getitem__)
    columns = min(8, len(labels))
    legend = picture.legend(
        [handles[label] for label in labels], labels, loc="outside lower center", ncols=columns, frameon=False
    )
    for line, label in zip(legend.get_lines(), labels, strict=True):
        if len(colors[label]) > 1:
            line.set_color("black")


def _between(depth: float) -> str:
    """The color of a relative depth, between those of `DEPTH`."""
    place = depth * (len(DEPTH) - 1)
    first = min(int(place), len(DEPTH) - 2)
    share = place - first
    ends = [[int(DEPTH[at][n : n + 2], 16) for n in (1, 3, 5)] for at in (first, first + 1)]
    return "#" + "".join(f"{round(a + share * (b - a)):02x}" for a, b in zip(*ends, strict=True))
