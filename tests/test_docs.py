"""The commands and programs that README and docs/ show do what is said of them."""

import inspect
import os
import re
import shlex
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import typer

from indicators.claims import profiles, summaries
from indicators.cli import commands
from indicators.errors import InputError
from indicators.measures.catalog import INDICATORS
from indicators.specs import StudySpec, load_study, studies
from tests.worlds import simulate

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMANDS = sorted(
    {
        command
        for page in PAGES
        for command in re.findall(
            r"^    (?:[A-Z_]+=\S+ )?((?:indicators|pytest|make|python -m) .+?)(?:\s+#.*)?$",
            page.read_text(),
            re.MULTILINE,
        )
    }
)
RECORDED = "cifar10-mini-recorded"


def blocks(language):
    """Every program of a language, with the page it stands on."""
    found = [
        (page.name, text)
        for page in PAGES
        for text in re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    ]
    return [pytest.param(text, id=f"{name}-{number}") for number, (name, text) in enumerate(found)]


@cache
def help_of_pytest():
    command = [sys.executable, "-m", "pytest", "hypotheses", "--help"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout  # noqa: S603


def python(folder, *arguments):
    """Runs Python in a folder, with a store of its own; returns what came out."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment |= {"PYTHONPATH": str(ROOT), "INDICATORS_STORE": str(folder / "store")}
    return subprocess.run(  # noqa: S603 - our own pages
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_the_pages_show_commands_and_programs():
    assert len(COMMANDS) > 30
    assert len(blocks("python")) >= 5
    assert len(blocks("toml")) >= 1


@pytest.mark.parametrize("command", [command for command in COMMANDS if command.startswith("indicators ")])
def test_the_commands_are_understood(command):
    name, *rest = shlex.split(command)[1:]

    # Everything that the program does before it begins: names of options, their types, words that are missing.
    context = typer.main.get_command(commands.app).commands[name].make_context(name, rest)

    assert context.info_name == name


@pytest.mark.parametrize("command", [command for command in COMMANDS if "--study" in command])
def test_the_studies_that_are_named_are_shipped_or_the_readers_own(command):
    words = shlex.split(command)
    name = words[words.index("--study") + 1]

    assert name in studies() or name.startswith("my-")


@pytest.mark.parametrize("command", [command for command in COMMANDS if command.startswith("pytest ")])
def test_the_options_of_the_claims_are_known_to_pytest(command):
    options = {word for word in shlex.split(command) if re.fullmatch("--?[a-z-]+", word)}

    assert all(re.search(rf"^\s+(?:-\w, )?{option}\b", help_of_pytest(), re.MULTILINE) for option in options)


@pytest.mark.parametrize("command", [command for command in COMMANDS if command.startswith("make ")])
def test_there_is_a_target_for_what_is_made(command):
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)

    assert shlex.split(command)[1] in targets


@pytest.mark.parametrize("command", [command for command in COMMANDS if command.startswith("python -m")])
def test_the_simulations_take_the_options_that_are_shown(command):
    _, _, module, *rest = shlex.split(command)

    assert module == simulate.__name__
    assert simulate._options(rest)


@pytest.mark.parametrize("command", [command for command in COMMANDS if command.startswith("indicators list")])
def test_what_lists_things_lists_some(command, capsys):
    assert commands.main(shlex.split(command)[1:]) == 0
    assert len(capsys.readouterr().out.splitlines()) > 5


@pytest.mark.parametrize("text", blocks("python"))
def test_the_programs_run(text, tmp_path):
    if "def test_" not in text:
        done = python(tmp_path, "-c", text)
        assert (done.returncode, done.stderr) == (0, "")
        return
    # A claim: judged on published measurements, in a copy of the suite.
    shutil.copy(ROOT / "conftest.py", tmp_path)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "hypotheses").mkdir()
    (tmp_path / "hypotheses" / "test_9_mine.py").write_text(text)
    done = python(tmp_path, "-m", "pytest", "hypotheses", "--study", RECORDED, "-p", "no:cacheprovider")
    assert done.returncode in (0, 1), done.stdout + done.stderr
    assert re.search(r"^claims: \d (supported|refuted|inconclusive)$", done.stdout, re.MULTILINE), done.stdout


@pytest.mark.parametrize("text", blocks("toml"))
def test_the_study_files_are_studies(text, tmp_path):
    path = tmp_path / "my-study.toml"
    path.write_text(text)

    assert isinstance(load_study(str(path)), StudySpec)
    path.write_text(text.replace("max_epochs", "max_epoch"))
    with pytest.raises(InputError, match=r"max_epoch is not a known field; did you mean .max_epochs.. compare"):
        load_study(str(path))


def test_every_indicator_has_its_definition_and_every_definition_its_indicator():
    page = (ROOT / "docs" / "definitions.md").read_text()
    measured = page.partition("## Numbers that claims take")[0]
    rows = [
        name for cell in re.findall(r"^\| (`.+?`) \|", measured, re.MULTILINE) for name in re.findall(r"`(\w+)`", cell)
    ]

    assert sorted(rows) == sorted(INDICATORS)


@pytest.mark.parametrize("module", [profiles, summaries])
def test_every_number_that_claims_take_has_its_definition(module):
    page = (ROOT / "docs" / "definitions.md").read_text()
    heading = f"| function of `{module.__name__.replace('.', '/')}.py`"
    table, _, _ = page.partition(heading)[2].partition("\n\n")
    asked = {
        name
        for file in (ROOT / "hypotheses").glob("test_*.py")
        for name in re.findall(r"\b(\w+)\(", file.read_text())
        if inspect.isfunction(getattr(module, name, None)) and getattr(module, name).__module__ == module.__name__
    }

    assert asked
    assert asked - set(re.findall(r"`(\w+)`", table)) == set()


def test_every_field_of_a_recipe_is_explained():
    page = (ROOT / "docs" / "adding.md").read_text()
    fields = set(load_study("cifar10-mini").recipe.model_dump()) - {"version"}

    assert {field for field in fields if f"`{field}`" not in page} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_pages_and_pictures_that_are_linked_are_there(page):
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / target).is_file(), target
