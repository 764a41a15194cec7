"""What the user chooses: the options of a run, and the study, store and folders of claims that they mean."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from indicators import DEFAULT_STUDY
from indicators.claims import reading
from indicators.claims.evidence import VERDICTS
from indicators.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

    from indicators.specs import RecordedSpec, StudySpec
    from indicators.store import Store

CLAIM_IN_ERROR = 6
"""Exit status."""
PROPERTY = "claim"
"""Of a test's report, and so of its entry in JUnit's XML: the judged case as JSON text."""
DEFAULT_FOLDER = "hypotheses"
MARKS = (
    "claim(id, *, tier, section, figures, premise, expected, needs): a claim, judged by its comparison",
    "core: the claims that carry the thesis's conclusions",
    "secondary: the claims beside them",
    "extension: what the thesis left for later",
    "identity: what holds by construction: it tests the harness and confirms nothing about networks",
    "control: our own, beside a claim: what becomes of it when a confound is taken away",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("study", "claims about trained networks")
    group.addoption(
        "--study",
        default=DEFAULT_STUDY,
        help="name of a shipped study, or path of a TOML file [%(default)s]",
    )
    group.addoption("--seeds", type=int, help="number of independent repetitions [the study's own]")
    group.addoption("--architecture", help="module:function that builds another network (input_shape, classes)")
    group.addoption(
        "--data", type=Path, help="folder that holds CIFAR-10, or a .npz of x_train, y_train, x_test, y_test"
    )
    group.addoption("--store", type=Path, help="folder of trained networks and measurements [this user's data folder]")
    group.addoption(
        "--report",
        type=Path,
        default=Path("report"),
        help="folder for verdicts.json, index.html and report.md [%(default)s]",
    )
    group.addoption(
        "--again",
        choices=list(VERDICTS),
        help="judge only the claims of this verdict in the report of the last run, for instance with more --seeds",
    )
    group.addoption("--verdicts", type=Path, help="fail only where verdicts differ from those in this file")
    group.addoption("--update-verdicts", action="store_true", help="write the file of --verdicts anew")
    parser.addini("claims", "folders whose files test_*.py hold claims [hypotheses]", type="paths", default=())


def pytest_configure(config: pytest.Config) -> None:
    if not __debug__:
        raise pytest.UsageError("python -O removes the assertions that claims are made of; run without -O")
    themes = {theme_of(path) for folder in known_folders(config) for path in folder.glob("test_*.py")}
    for line in (*MARKS, *(f"{theme}: claims about {theme}" for theme in sorted(themes))):
        config.addinivalue_line("markers", line)
    if config.getoption("update_verdicts") and not config.getoption("verdicts"):
        raise pytest.UsageError("--update-verdicts needs the file: --verdicts FILE")


def own_folders(config: pytest.Config) -> tuple[Path, ...]:
    """The folders of claims that the configuration names; without such, those named `hypotheses` that the run is about.

    Pytest's root is no help there: without a file of settings it is where an option's value happens to be.
    """
    if named := config.getini("claims"):
        return tuple(path.resolve() for path in named)
    here = (config.rootpath, Path(config.invocation_params.dir), *given_paths(config))
    around = (folder for path in here for folder in (path / DEFAULT_FOLDER, path, path.parent))
    found = dict.fromkeys(folder.resolve() for folder in around if folder.name == DEFAULT_FOLDER and folder.is_dir())
    return tuple(found) or (config.rootpath / DEFAULT_FOLDER,)


def known_folders(config: pytest.Config) -> tuple[Path, ...]:
    """Those, and that of the claims of the thesis."""
    return (*own_folders(config), reading.FOLDER.resolve())


def is_of_claims(config: pytest.Config, nodeid: str) -> bool:
    """Whether a test, or a file that could not be collected, is among the claims, by its name."""
    return Path(config.rootpath, nodeid.partition("::")[0]).resolve().parent in known_folders(config)


def given_paths(config: pytest.Config) -> set[Path]:
    """The files and folders that the arguments of the run mean."""
    return {_path(config, argument) for argument in config.args}


def _path(config: pytest.Config, argument: str) -> Path:
    with contextlib.suppress(ImportError, ValueError):
        found = importlib.util.find_spec(argument) if config.getoption("pyargs") else None
        if found is not None and found.submodule_search_locations:
            return Path(found.submodule_search_locations[0]).resolve()
    return Path(config.invocation_params.dir, argument.partition("::")[0]).resolve()


def theme_of(path: Path) -> str:
    """`weights` of `test_3_weights.py`."""
    if found := reading.theme(path.name):
        return found
    raise pytest.UsageError(f"{path.name}: claims are in files such as test_6_speed.py; rename it")


def study_and_store(config: pytest.Config) -> tuple[StudySpec | RecordedSpec, Store]:
    """The study that the options mean, and the store."""
    with plain_errors():
        options = ("study", "architecture", "data", "seeds", "store")
        return _chosen(*map(config.getoption, options))


@functools.cache
def _chosen(
    study: str, architecture: str | None, arrays: Path | None, seeds: int | None, root: Path | None
) -> tuple[StudySpec | RecordedSpec, Store]:
    from indicators.store import Store
    from indicators.study.choosing import choose_study

    store = Store(root)
    return choose_study(store, study, architecture=architecture, arrays=arrays, seeds=seeds), store


@contextlib.contextmanager
def plain_errors() -> Iterator[None]:
    """Shows what a user gave wrongly as one line, without a traceback."""
    try:
        yield
    except InputError as error:
        from indicators.console import visible

        raise pytest.UsageError(visible(str(error))) from None


def console() -> Console:
    """Where progress and verdicts are shown."""
    from rich.console import Console

    return Console(file=sys.stdout, width=None if sys.stdout.isatty() else 100)
