"""The commands and programs that the pages show do what is said of them, and tables list all that there is."""

import inspect
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest
import typer

from indicators import __version__
from indicators.claims import profiles, reading, summaries
from indicators.cli import commands
from indicators.errors import InputError
from indicators.measures.catalog import INDICATORS
from indicators.specs import StudySpec
from indicators.specs.files import load_study, studies
from tests.worlds import simulate

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").glob("*.md"))]
PROGRAMS = r"(?:indicators|pytest|make|pip|python -m)"
# A line of its own, with variables before it and a comment behind it; or within a sentence, where lines may end.
SHOWN = (rf"^    (?:[A-Z_]+=\S+ )?({PROGRAMS} .+?)(?:\s+#.*)?$", rf"`({PROGRAMS}\s[^`]+)`")
COMMANDS = sorted(
    {
        " ".join(command.split())
        for page in PAGES
        for form in SHOWN
        for command in re.findall(form, page.read_text(), re.MULTILINE)
    }
)
RECORDED = "cifar10-mini-recorded"
WHEEL = "python -m build"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def commands_of(program):
    return [command for command in COMMANDS if command.startswith(f"{program} ")]


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
    assert len(COMMANDS) > 50
    assert len(blocks("python")) >= 8
    assert len(blocks("toml")) >= 2


@pytest.mark.parametrize("command", [one for one in commands_of("indicators") if one != "indicators --version"])
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


def test_the_version_is_told(capsys):
    assert "indicators --version" in COMMANDS
    assert commands.main(["--version"]) == 0
    assert __version__ in capsys.readouterr().out


@pytest.mark.parametrize("command", commands_of("pytest"))
def test_the_options_of_the_claims_are_known_to_pytest(command):
    options = {word for word in shlex.split(command) if re.fullmatch("--?[a-z-]+", word)}

    assert all(re.search(rf"^\s+(?:-\w, )?{option}\b", help_of_pytest(), re.MULTILINE) for option in options)


@pytest.mark.parametrize("command", commands_of("make"))
def test_there_is_a_target_for_what_is_made(command):
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)

    assert shlex.split(command)[1] in targets


@pytest.mark.parametrize("command", [command for command in commands_of("python -m") if command != WHEEL])
def test_the_simulations_take_the_options_that_are_shown(command):
    _, _, module, *rest = shlex.split(command)

    assert module == simulate.__name__
    assert simulate._options(rest)


@pytest.mark.parametrize("command", commands_of("pip"))
def test_what_is_installed_is_this_package_with_extras_that_it_has(command):
    _, word, what = shlex.split(command)
    name, _, extra = what.removesuffix("]").partition("[")

    assert (word, name) in {("install", "."), ("install", "jax")}
    if name == ".":
        assert extra in {"", *PROJECT["project"]["optional-dependencies"]}


@pytest.mark.parametrize(
    "command", [command for command in commands_of("indicators list") if "networks" not in command]
)
def test_what_lists_things_lists_some(command, capsys):
    assert commands.main(shlex.split(command)[1:]) == 0
    assert len(capsys.readouterr().out.splitlines()) > 5


@pytest.mark.parametrize("text", blocks("python"))
def test_the_programs_run(text, tmp_path):
    if "def test_" not in text:
        done = python(tmp_path, "-c", text)
        assert (done.returncode, done.stderr) == (0, "")
        return
    # A claim: judged on published measurements, in a repository that has nothing of ours but the plugin.
    shutil.copy(ROOT / "conftest.py", tmp_path)
    (tmp_path / "hypotheses").mkdir()
    (tmp_path / "hypotheses" / "test_9_mine.py").write_text(text)
    done = python(tmp_path, "-m", "pytest", "hypotheses", "--study", RECORDED, "-p", "no:cacheprovider")
    assert done.returncode in (0, 1), done.stdout + done.stderr
    answers = "not applicable" if 'needs="variant ' in text else "supported|refuted|inconclusive"
    assert re.search(rf"^claims: \d ({answers})$", done.stdout, re.MULTILINE), done.stdout


def test_the_line_that_loads_the_plugin_is_our_own():
    line = (ROOT / "conftest.py").read_text().splitlines()[-1]

    assert line == 'pytest_plugins = ["indicators.plugin"]'
    assert f"`{line}`" in (ROOT / "README.md").read_text()


def test_the_folders_of_claims_are_a_setting():
    (setting,) = (tomllib.loads(block.values[0]) for block in blocks("toml") if "[tool.pytest]" in block.values[0])

    assert setting == {"tool": {"pytest": {"claims": ["claims"]}}}
    assert re.search(r"^  claims \(paths\)", help_of_pytest(), re.MULTILINE)


STUDY_FILES = [block for block in blocks("toml") if "[tool." not in block.values[0]]


@pytest.mark.parametrize("text", STUDY_FILES)
def test_the_study_files_are_studies(text, tmp_path):
    path = tmp_path / "my-study.toml"
    # What a page adds to a study stands below it.
    text = text if text.startswith("name") else STUDY_FILES[0].values[0] + text
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


def test_every_claim_that_lacks_something_is_among_the_open_questions():
    page = (ROOT / "docs" / "open-questions.md").read_text()
    missing = {
        (claim, needs) for claims, needs in re.findall(r"^\| (\w+\d.*) \| (.+) \|$", page, re.MULTILINE)
        for claim in claims.split(", ")
    }  # fmt: skip

    assert missing == {(claim.id, claim.needs) for claim in reading.read() if claim.needs}


def test_every_field_of_the_verdicts_is_explained():
    page = (ROOT / "docs" / "ci.md").read_text()
    schema = json.loads((ROOT / "indicators" / "report" / "verdicts.schema.json").read_text())
    rows = re.findall(r"^\| `(\w+)` \|", page.partition("| field |")[2], re.MULTILINE)
    named = set(re.findall(r"`(\w+)`", page))

    def items(of, field):
        return schema["$defs"][of["properties"][field]["items"]["$ref"].rpartition("/")[2]]

    row = items(schema, "claims")
    case = items(row, "cases")
    parts = (row, case, items(case, "evidence"), *(schema["$defs"][name] for name in ("Studied", "Steady")))
    assert rows == list(schema["properties"])
    assert {field for part in parts for field in part["properties"]} - named == set()
