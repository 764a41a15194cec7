"""The templates of the report, and how they show names and numbers."""

from __future__ import annotations

import html
import math
from functools import cache
from pathlib import Path
from typing import Any

from indicators.report import overview
from indicators.report.figures.panels import TableCell, Tabulated
from indicators.report.figures.tables import table_of
from indicators.report.figures.wording import decimal_number, shown_number

HERE = Path(__file__).parent


def rendered(template: str, **about: Any) -> str:
    """The text that a template makes of what it is told."""
    return str(_environment().get_template(template).render(**about))


@cache
def file_text(name: str) -> str:
    """The text of a file that the page takes in whole: its style, scripts and libraries."""
    return (HERE / name).read_text(encoding="utf-8")


def slug(text: str) -> str:
    """A text as it can stand in an address: lowercase, hyphens for all but letters and digits."""
    return "".join(letter if letter.isalnum() else "-" for letter in text.lower())


@cache
def _environment() -> Any:
    """Templates with the filters, tests and functions that they use."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=jinja2.select_autoescape(["html.j2"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "symbol": overview.symbol,
        "theme": overview.theme_title,
        "number": shown_number,
        "span": _span,
        "slug": slug,
        "table": table_of,
        "decimal": decimal_number,
        # A bar would end the cell of a table.
        "cell": lambda text: html.escape(str(text), quote=False).replace("|", "\\|"),
    }
    environment.tests |= {"tabulated": lambda found: isinstance(found, Tabulated)}
    environment.globals |= {"counted": overview.counted, "shares": overview.shares}
    return environment


def _span(cell: TableCell) -> str:
    """The smallest and largest of the seeds, if there are several."""
    if cell.low is None or cell.high is None or math.isnan(cell.low):
        return ""
    return f"{shown_number(cell.low)} to {shown_number(cell.high)}"
