"""The figures as the script of the page draws them: an island of JSON data in its HTML."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from typing import Any

from indicators.report.figures.panels import Drawn, Panel, Series

LONG_AXIS = 40
"""Places along the axis of a figure."""


def to_json(figures: Iterable[tuple[str, Drawn]]) -> str:
    """Figures by their keys, as JSON that can stand in a script element: nothing in it ends the element."""
    data = {key: figure_data(drawn) for key, drawn in figures}
    return json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def figure_data(drawn: Drawn) -> dict[str, Any]:
    """What the script needs of a figure, as JSON can hold it; numbers with four significant digits, on long axes three.

    A picture shows no more, and a figure of all layers at a hundred places each is the page's largest part.
    """
    digits = 3 if len(drawn.panels[0].x) > LONG_AXIS else 4
    return {
        "title": drawn.figure.title,
        "xTitle": drawn.figure.x_title,
        "yTitle": drawn.figure.y_title,
        "xScale": drawn.x_scale,
        "yScale": drawn.figure.y_scale,
        "steps": drawn.figure.steps,
        "columns": drawn.columns,
        "panels": [_panel_data(panel, digits) for panel in drawn.panels],
    }


def _panel_data(panel: Panel, digits: int) -> dict[str, Any]:
    return {
        "title": panel.title,
        "x": [place if isinstance(place, str) else _rounded(place) for place in panel.x],
        "y": [_rounded(end) for end in panel.y_range],
        "series": [_series_data(series, digits) for series in panel.series],
    }


def _series_data(series: Series, digits: int) -> dict[str, Any]:
    return {
        "label": series.label,
        "optimizer": series.labels.get("optimizer", ""),
        "level": series.labels.get("level", ""),
        "quantity": series.labels.get("quantity", ""),
        "depth": series.depth,
        "mean": _all_rounded(series.mean, digits),
        "low": None if series.low is None else _all_rounded(series.low, digits),
        "high": None if series.high is None else _all_rounded(series.high, digits),
    }


def _all_rounded(values: Sequence[float], digits: int) -> list[float | None]:
    return [_rounded(value, digits) for value in values]


def _rounded(value: float, digits: int = 4) -> float | None:
    if math.isnan(value):
        return None
    short = float(f"{value:.{digits}g}")
    return int(short) if short.is_integer() else short
