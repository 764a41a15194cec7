"""Fetches, trains and measures what the study lacks, once, before the first claim is judged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from indicators.errors import InputError, NotMeasured
from indicators.files import make_folder
from indicators.plugin.asking import Asked, asked_here, note_for_controller, note_of_worker, together
from indicators.plugin.options import CLAIM_IN_ERROR, console, plain_errors, study_and_store

if TYPE_CHECKING:
    import xarray as xr

    from indicators.sources.source import Source
    from indicators.specs import StudySpec
    from indicators.store import Store

notes_key = pytest.StashKey[list[Asked]]()
"""What the workers found out that claims ask for."""


def pytest_configure(config: pytest.Config) -> None:
    config.stash[notes_key] = []


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    if session.config.getoption("collectonly"):
        return
    if hasattr(session.config, "workerinput"):
        note_for_controller(session)
    else:
        _prepare(session.config, asked_here(session))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node) -> None:  # type: ignore[no-untyped-def]
    notes = node.config.stash[notes_key]
    notes.append(note_of_worker(node))
    # Later ones are of workers that take the place of those that crashed.
    if len(notes) == node.workerinput["workercount"]:
        _prepare(node.config, together(notes))


def completed_source(config: pytest.Config) -> Source:
    """The measurements of the study; what a claim asks for that was not foreseen is made when it asks."""
    from indicators.sources.source import open_source
    from indicators.specs import StudySpec

    study, store = study_and_store(config)
    source = open_source(study, store)
    if not isinstance(study, StudySpec):
        return source
    return _Completed(source, lambda name: _make(config, study, store, (name,)))


class _Completed:
    """A source that has a measurement made where it is not."""

    def __init__(self, source: Source, make: Callable[[str], None]) -> None:
        self._source, self._make = source, make

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def measurement(self, name: str, **options: Any) -> xr.DataArray:
        """A measurement of the trained networks."""
        return self._measured(lambda: self._source.measurement(name, **options), name)

    def by_neuron(self, name: str) -> xr.DataArray:
        """The same with the dimension `neuron`, where it is one of neurons."""
        return self._measured(lambda: self._source.by_neuron(name), name)

    def untrained(self, name: str, **options: Any) -> xr.DataArray:
        """A measurement of the untrained networks."""
        return self._measured(lambda: self._source.untrained(name, **options), name)

    def _measured(self, ask: Callable[[], xr.DataArray], name: str) -> xr.DataArray:
        try:
            return ask()
        except NotMeasured:
            self._make(name)
            return ask()


def _prepare(config: pytest.Config, asked: Asked) -> None:
    if not asked.claims:
        return
    from indicators.sources.source import open_source
    from indicators.specs import StudySpec

    with plain_errors():
        study, store = study_and_store(config)
        _require_files(config, study.name)
        open_source(study, store)
        if asked.faults:
            others = f" (and {len(asked.faults) - 1} more claims in error)" if asked.faults[1:] else ""
            raise InputError(asked.faults[0] + others)
        if isinstance(study, StudySpec):
            _make(config, study, store, asked.names)


def _make(config: pytest.Config, study: StudySpec, store: Store, names: Sequence[str]) -> None:
    from indicators.measures.catalog import INDICATORS
    from indicators.study.workers import WorkerError, make_study

    # What is kept while training needs no measuring.
    measured = tuple(name for name, row in INDICATORS.items() if name in names and row.needs != "record")
    try:
        make_study(study, store, config.getoption("data"), console(), only=measured)
    except WorkerError as error:
        pytest.exit(str(error), returncode=CLAIM_IN_ERROR)


def _require_files(config: pytest.Config, study: str) -> None:
    """Refuses files that the end of the run would stumble over, before hours are spent."""
    from indicators.report import verdicts

    make_folder(config.getoption("report"), "--report")
    expected = config.getoption("verdicts")
    if expected and config.getoption("update_verdicts"):
        verdicts.require_replaceable(expected, study)
    elif expected:
        verdicts.read_expected(expected, study)
