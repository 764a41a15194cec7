"""Who imports what: light rooms stay light, so that ten workers start in seconds (section 2 of the design)."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import indicators

PACKAGE = Path(indicators.__file__).parent
FRAMEWORKS = {"keras", "tensorflow", "torch", "jax"}
NEED_FRAMEWORK = {
    f"networks.{name}"
    for name in (
        "architectures", "vgg", "graph", "layers", "normalization", "rotation", "layca", "optimizers", "gradients",
        "epochs", "training", "forward",
    )
}  # fmt: skip


def room(path):
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


ROOMS = {room(path): ast.parse(path.read_text(encoding="utf-8")) for path in PACKAGE.rglob("*.py")}


def imported(tree):
    """Every module that a file names in an import, wherever the import stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported_packages(name):
    return {module.partition(".")[0] for module in imported(ROOMS[name])}


def imported_rooms(name):
    found = {module.removeprefix("indicators.") for module in imported(ROOMS[name])}
    return found & set(ROOMS) - {name}


def reached_from(name):
    found = imported_rooms(name)
    return found.union(*(reached_from(other) for other in found))


def loaded_by(*modules):
    """Packages and rooms that a fresh Python has loaded after importing some rooms."""
    code = f"import sys, importlib; [importlib.import_module(name) for name in {modules}]; print(*sys.modules)"
    run = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code], cwd=PACKAGE.parent, capture_output=True, text=True, check=True
    )
    return set(run.stdout.split())


def test_no_light_room_loads_a_framework_or_the_test_runner():
    light = sorted(f"indicators.{name}".removesuffix(".__main__") for name in ROOMS if name not in NEED_FRAMEWORK)

    loaded = loaded_by(*light)

    assert {"indicators.sources.stored", "indicators.report.terminal", "xarray"} <= loaded
    assert not (FRAMEWORKS | {"pytest", "_pytest", "sklearn", "matplotlib", "scipy.stats"}) & loaded


def test_the_command_line_answers_without_loading_numbers():
    loaded = loaded_by("indicators.cli.commands")

    assert "typer" in loaded
    assert not {"numpy", "xarray", "scipy", "pandas", "indicators.study.workers", "indicators.store"} & loaded


def test_specs_and_the_store_load_no_labeled_arrays():
    assert not {"xarray", "pandas", "scipy"} & loaded_by(
        "indicators.specs", "indicators.store", "indicators.study.choosing"
    )


@pytest.mark.parametrize("name", sorted(set(ROOMS) - NEED_FRAMEWORK))
def test_a_room_beyond_the_frontier_names_no_framework(name):
    assert not FRAMEWORKS & imported_packages(name)


def test_the_frontier_is_where_it_is_said_to_be():
    assert {name for name in ROOMS if FRAMEWORKS & imported_packages(name)} == NEED_FRAMEWORK


@pytest.mark.parametrize("name", sorted(ROOMS))
def test_the_package_names_no_test_runner(name):
    assert not {"pytest", "_pytest", "conftest", "hypotheses", "tests"} & imported_packages(name)


def test_the_catalog_reaches_the_indicators():
    assert {"weights", "pruning", "information", "activity"} <= reached_from("catalog")


@pytest.mark.parametrize("name", sorted(reached_from("catalog")))
def test_what_the_catalog_applies_knows_numbers_only(name):
    assert imported_packages(name) - set(sys.stdlib_module_names) <= {"numpy", "scipy", "indicators"}


@pytest.mark.parametrize("name", ["evidence", "comparisons", "premises", "profiles", "summaries"])
def test_judging_knows_neither_networks_nor_files(name):
    assert imported_rooms(name) <= {"evidence", "specs", "errors", "profiles", "pruning"}


@pytest.mark.parametrize("name", sorted(set(ROOMS) - {"__main__", "cli"}))
def test_no_room_needs_the_command_line(name):
    assert "cli" not in imported_rooms(name)
    assert "typer" not in imported_packages(name)


def test_no_two_rooms_need_each_other():
    graph = {name: imported_rooms(name) for name in ROOMS}

    order = list(TopologicalSorter(graph).static_order())

    assert order.index("specs") < order.index("training") < order.index("crew") < order.index("cli")
