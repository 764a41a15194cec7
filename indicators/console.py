"""The one way to print: a value stands there as it is, never as markup, and nothing in it commands the terminal.

The name of a folder may be ``run[red]``, ``[/old]`` or ``:100:``, which Rich takes for markup and for the name of a
picture, and a value may hold an escape that clears the screen. So nothing else in the package prints, and nothing else
makes texts and tables for printing; a test holds it to that.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text


def visible(text: str) -> str:
    r"""The text, with what no printer prints written as Python writes it: ``\x1b``, ``\n``, ``\u202e``, ``\udc80``."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def shown(text: str, style: str = "") -> Text:
    """The same as a piece that a table, a live display or `show` can hold."""
    return Text(visible(text), style=style)


def stacked(*pieces: Text) -> Text:
    """The pieces below each other, those left out that are empty."""
    return Text("\n").join(filter(None, pieces))


def together(*pieces: Text | TextTable) -> Group:
    """The pieces below each other, tables too, for a live display."""
    return Group(*pieces)


class TextTable(Table):
    """A table whose title, caption, headers and cells are shown as they are."""

    def __init__(self, *headers: str, title: str = "", caption: str = "", **options: Any) -> None:
        super().__init__(
            title=shown(title, "table.title") if title else None,
            caption=shown(caption, "table.caption") if caption else None,
            **options,
        )
        for header in headers:
            self.add_column(header)

    def add_column(self, header: RenderableType = "", *rest: RenderableType, **options: Any) -> None:
        """Adds a column; its cells are given row by row."""
        super().add_column(_shown_if_text(header), *map(_shown_if_text, rest), **options)

    def add_row(self, *cells: RenderableType | None, **options: Any) -> None:
        """Adds a row of texts, or of pieces that are made already."""
        super().add_row(*map(_shown_if_text, cells), **options)


def say(console: Console, *lines: str) -> None:
    """Prints lines, each of them whole, however narrow the terminal is: what it names can be copied."""
    for line in lines:
        console.print(shown(line), soft_wrap=True)


def show(console: Console, *pieces: Text | TextTable) -> None:
    """Prints tables and texts within the width of the terminal."""
    for piece in pieces:
        console.print(piece)


def say_json(value: Any) -> None:
    """Prints a value as JSON, in ASCII, for another program."""
    print(json.dumps(value, indent=1))


def rows_of(table: TextTable, width: int) -> Sequence[str]:
    """The rows of a table as lines of plain text that are `width` characters long at most."""
    console = Console(width=width, color_system=None, force_terminal=False)
    with console.capture() as printed:
        console.print(table)
    return [line.rstrip() for line in printed.get().split("\n")[:-1]]


def _shown_if_text(cell: Any) -> Any:
    return shown(cell) if isinstance(cell, str) else cell
