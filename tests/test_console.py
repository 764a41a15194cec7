"""What is printed: values as they are, whatever markup or escapes they hold, and nothing printed past that."""

import ast
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

import indicators
from indicators.console import TextTable, rows_of, say, say_json, show, shown, stacked, together, visible

PACKAGE = Path(indicators.__file__).parent
ROOMS = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))
HARMLESS = {
    "rich.box",
    "rich.console.Console",
    "rich.live.Live",
    "rich.progress.BarColumn",
    "rich.progress.Progress",
    "rich.progress.ProgressColumn",
    "rich.progress.Task",
    "rich.progress.TaskID",
    "rich.progress.TimeRemainingColumn",
    "rich.progress_bar.ProgressBar",
}
"""What other rooms may use of Rich: none of it makes a text or a table of what it is given."""
PRINTING = {"print", "log", "rule", "status", "input", "out", "print_json", "print_exception", "render_str"}
"""Methods of a console, each of which takes markup."""
ODD = ["run[red]x", "run[/old]", "[/]", "[bold]x[/bold]", "[link=file:x]x", "data:100:", "a\\[b]", "12 0x3f 'x' True"]


def printed(print_, *, width=100, **options):
    console = Console(file=io.StringIO(), width=width, **options)
    print_(console)
    return console.file.getvalue()


# Nothing else prints


def taken_from_rich(node):
    """Names that an import takes from Rich, as `rich.table.Table`."""
    if isinstance(node, ast.ImportFrom):
        module = node.module or ""
        names = [f"{module}.{alias.name}" for alias in node.names]
    else:
        names = [alias.name for alias in node.names]
    return [name for name in names if name.partition(".")[0] == "rich"]


def is_for_types(node):
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def prints(node):
    """Whether a call prints: the built-in function, or a method of a console."""
    if isinstance(node.func, ast.Name):
        return node.func.id == "print"
    if not isinstance(node.func, ast.Attribute):
        return False
    of = ast.unparse(node.func.value).lower()
    return node.func.attr == "print" or (node.func.attr in PRINTING and "console" in of)


def faults(source):
    """What in a room's text prints, or makes texts for printing, past `indicators.console`."""
    tree = ast.parse(source)
    only_types = {id(inner) for node in ast.walk(tree) if is_for_types(node) for inner in ast.walk(node)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom) and id(node) not in only_types:
            found += [name for name in taken_from_rich(node) if name not in HARMLESS]
        elif isinstance(node, ast.Call) and prints(node):
            found.append(ast.unparse(node))
    return found


@pytest.mark.parametrize("name", [name for name in ROOMS if name != "console.py"])
def test_no_other_room_prints_or_makes_what_is_printed(name):
    assert faults((PACKAGE / name).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "print(path)",
        "console.print(path)",
        "console.print(path, markup=False)",
        "self._console.print(path)",
        "Console(stderr=True).print(path)",
        "console.rule(study.name)",
        "self._console.log(path)",
        "import rich",
        "import rich.table",
        "from rich import print",
        "from rich import print as say",
        "from rich.table import Table",
        "from rich.text import Text",
        "from rich.markup import render",
        "from rich.progress import TextColumn",
        "from rich.console import Group",
        "def late():\n    from rich.panel import Panel",
    ],
)
def test_what_prints_is_found(source):
    assert len(faults(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "say(console, path)",
        "np.log(values)",
        "store.log('worker')",
        "from rich.console import Console",
        "if TYPE_CHECKING:\n    from rich.text import Text",
    ],
)
def test_what_does_not_print_is_no_fault(source):
    assert faults(source) == []


# Values as they are


@pytest.mark.parametrize("value", ODD)
@pytest.mark.parametrize("terminal", [False, True])
def test_a_line_stands_there_as_it_is(value, terminal):
    line = printed(lambda console: say(console, f"store: {value}"), force_terminal=terminal, color_system="truecolor")

    assert line == f"store: {value}\n"


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x1b]8;;http://x\x07link", "\\x1b]8;;http://x\\x07link"),
        ("\x9b2J", "\\x9b2J"),
        ("back\x08space\rreturn", "back\\x08space\\rreturn"),
        ("two\nlines\tapart", "two\\nlines\\tapart"),
        ("from\u202eright", "from\\u202eright"),
        ("no text \udc80", "no text \\udc80"),
        ("Zoë, 層, ✔ · …", "Zoë, 層, ✔ · …"),
        ("", ""),
    ],
)
def test_what_no_printer_prints_is_shown_as_an_escape(value, seen):
    assert visible(value) == seen
    assert shown(value).plain == seen
    assert printed(lambda console: say(console, value)) == f"{seen}\n"


@given(st.text())
def test_whatever_a_value_holds_a_line_is_one_line_without_commands(value):
    line = printed(lambda console: say(console, value), force_terminal=True)

    assert line.endswith("\n")
    assert line[:-1].isprintable()


def test_lines_are_whole_in_a_narrow_terminal():
    path = "/a/long/way/to/" + "x" * 200

    assert printed(lambda console: say(console, f"store: {path}", "", "next"), width=40) == f"store: {path}\n\nnext\n"


@pytest.mark.parametrize("value", [*ODD, "\x1b[31m"])
def test_title_caption_headers_and_cells_of_a_table_stand_there_as_they_are(value):
    table = TextTable(value, title=f"title {value}", caption=f"caption {value}")
    table.add_column(value, no_wrap=True)
    table.add_row(f"cell {value}", shown(value, "bold"))

    text = printed(lambda console: show(console, table))

    assert text.count(visible(value)) == 6
    assert text.count(f"cell {visible(value)}") == 1
    assert "\x1b" not in text


def test_a_cell_may_hold_lines_and_what_is_no_text():
    table = TextTable("a", "b", box=None)
    table.add_row(stacked(shown("one", "bold"), shown(""), shown("[two]")), together(shown("three")))

    assert [line.split() for line in rows_of(table, 100)] == [["a", "b"], ["one", "three"], ["[two]"]]


def test_rows_for_another_program_are_lines_of_plain_text_however_long(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    table = TextTable("name", box=None, pad_edge=False)
    table.add_row(shown("[x]\x1b" * 300, "red"))

    assert rows_of(table, 5000) == ["name", "[x]\\x1b" * 300]


def test_notes_are_laid_out_in_the_width_of_the_terminal():
    lines = printed(lambda console: show(console, shown("word " * 30)), width=40).splitlines()

    assert max(map(len, lines)) <= 40
    assert " ".join(" ".join(lines).split()) == " ".join(["word"] * 30)


def test_json_is_ascii_and_reads_back(capsys):
    value = {"name": "[bold]\x1bé", "lines": ["a", "b"]}

    say_json(value)

    text = capsys.readouterr().out
    assert text.isascii()
    assert "\x1b" not in text
    assert json.loads(text) == value
