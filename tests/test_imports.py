"""Who imports what, and how large rooms are: light rooms stay light, so that ten workers start in seconds."""

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
        "architectures", "architectures.contract", "vgg", "graph", "layers", "normalization", "rotation", "layca",
        "kernels", "adapting", "optimizers", "gradients", "epochs", "training", "forward",
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


NEED_RUNNER = {name for name in ROOMS if name.partition(".")[0] == "plugin"}
NEED_NEITHER = sorted(set(ROOMS) - NEED_FRAMEWORK - NEED_RUNNER - {"__main__"})
LONGEST, MOST = 400, 16
"""Lines of a room, and rooms of a wing."""


def test_no_light_room_loads_a_framework_or_the_test_runner():
    loaded = loaded_by(*(f"indicators.{name}" for name in NEED_NEITHER))

    assert {"indicators.sources.stored", "indicators.report.terminal", "xarray"} <= loaded
    assert not (FRAMEWORKS | {"pytest", "_pytest", "sklearn", "matplotlib", "scipy.stats"}) & loaded


def test_the_command_line_answers_without_loading_numbers():
    loaded = loaded_by("indicators.cli.commands")

    assert "typer" in loaded
    assert not {"numpy", "xarray", "scipy", "pandas", "indicators.study.workers", "indicators.store"} & loaded


def test_the_plugin_is_loaded_without_frameworks_and_labeled_arrays():
    """A repository that loads it may run other tests too."""
    loaded = loaded_by(*(f"indicators.{name}" for name in NEED_RUNNER))

    assert "pytest" in loaded
    assert not (FRAMEWORKS | {"xarray", "pandas", "matplotlib", "rich.console"}) & loaded


def test_specs_and_the_store_load_no_labeled_arrays():
    assert not {"xarray", "pandas", "scipy"} & loaded_by(
        "indicators.specs", "indicators.store", "indicators.study.choosing"
    )


def test_measures_load_numbers_only():
    loaded = loaded_by(*(f"indicators.{name}" for name in ROOMS if name.partition(".")[0] == "measures"))

    assert "numpy" in loaded
    assert not {"xarray", "pydantic", "pandas", "rich", "typer", "h5netcdf", "safetensors"} & loaded


@pytest.mark.parametrize("name", sorted(set(ROOMS) - NEED_FRAMEWORK))
def test_a_room_beyond_the_frontier_names_no_framework(name):
    assert not FRAMEWORKS & imported_packages(name)


def test_the_frontier_is_where_it_is_said_to_be():
    found = {name for name in ROOMS if FRAMEWORKS & imported_packages(name)}

    assert found <= NEED_FRAMEWORK
    assert all(found & reached_from(name) or name in found for name in NEED_FRAMEWORK - {"networks.graph"})


@pytest.mark.parametrize("name", sorted(ROOMS))
def test_only_the_plugin_names_the_test_runner(name):
    known = {"pytest", "_pytest"} if name in NEED_RUNNER else set()

    assert imported_packages(name) & {"pytest", "_pytest", "conftest", "hypotheses", "tests"} <= known


def test_the_catalog_reaches_the_indicators():
    indicators = {"weights", "pruning", "information.pairs", "activity", "clustering.silhouettes"}

    assert {f"measures.{name}" for name in indicators} <= reached_from("measures.catalog")


@pytest.mark.parametrize("name", sorted(reached_from("measures.catalog")))
def test_what_the_catalog_applies_knows_numbers_only(name):
    assert imported_packages(name) - set(sys.stdlib_module_names) <= {"numpy", "scipy", "indicators"}


@pytest.mark.parametrize("name", ["evidence", "intervals", "judging", "verbs", "premises", "profiles", "summaries"])
def test_judging_knows_neither_networks_nor_files(name):
    known = {"specs", "errors", "measures", "measures.pruning", "measures.curves"}

    assert {room for room in imported_rooms(f"claims.{name}") if not room.startswith("claims")} <= known


@pytest.mark.parametrize("name", sorted(name for name in ROOMS if name != "__main__" and not name.startswith("cli")))
def test_no_room_needs_the_command_line(name):
    assert not {room for room in imported_rooms(name) if room.startswith("cli")}
    assert "typer" not in imported_packages(name)


def test_no_two_rooms_need_each_other():
    graph = {name: imported_rooms(name) for name in ROOMS}

    order = list(TopologicalSorter(graph).static_order())

    steps = ["specs", "networks.training", "study.workers", "cli.commands"]
    assert sorted(steps, key=order.index) == steps


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=room)
def test_a_room_has_one_subject(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("wing", sorted({path.parent for path in PACKAGE.rglob("*.py")}), ids=lambda path: path.name)
def test_a_wing_can_be_overlooked(wing):
    rooms = [path for path in wing.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()]

    assert len([path for path in rooms if not path.stem.startswith("__")]) <= MOST
