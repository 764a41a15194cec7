"""Fetches, trains and measures what the study lacks, once, before the first claim is judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from indicators.errors import InputError, NotMeasured
from indicators.files import make_folder
from indicators.plugin.asking import ask, is_asking
from indicators.plugin.collecting import claims_among
from indicators.plugin.looks import looks_of
from indicators.plugin.options import CLAIM_IN_ERROR, console, is_of_claims, plain_errors, study_and_store

if TYPE_CHECKING:
    import xarray as xr

    from indicators.sources.source import Source
    from indicators.specs import StudySpec
    from indicators.store import Store

prepared_key = pytest.StashKey[bool]()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput"):
        _prepare_if_needed(session.config, [item.nodeid for item in claims_among(session.items)])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node, ids) -> None:  # type: ignore[no-untyped-def]
    _prepare_if_needed(node.config, [name for name in ids if is_of_claims(node.config, name)])


def completed_source(config: pytest.Config) -> Source:
    """The measurements of the study; what a claim asks for that was not foreseen is made when it asks."""
    from indicators.sources.source import open_source
    from indicators.specs import StudySpec

    study, store = study_and_store(config)
    source = open_source(study, store)
    if not isinstance(study, StudySpec):
        return source

    def make(name: str, factor: str) -> None:
        _make(config, study, store, () if factor else (name,), {factor: (name,)} if factor else {})

    return _Completed(source, make)


class _Completed:
    """A source that has a measurement made where it is not."""

    def __init__(self, source: Any, make: Callable[[str, str], None], factor: str = "") -> None:
        self._source, self._make, self._factor = source, make, factor

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def at(self, factor: str, label: Any) -> _Completed:
        """The networks at one label of a factor."""
        return _Completed(self._source.at(factor, label), self._make, factor)

    def fitted(self) -> xr.DataArray:
        """Whether each network fits its training images."""
        return self._measured(self._source.fitted, "accuracy")

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
            self._make(name, self._factor)
            return ask()


def _prepare_if_needed(config: pytest.Config, claims: Sequence[str]) -> None:
    if not claims or config.getoption("collectonly") or is_asking() or config.stash.get(prepared_key, False):
        return
    config.stash[prepared_key] = True
    from indicators.sources.source import open_source
    from indicators.specs import StudySpec

    with plain_errors():
        study, store = study_and_store(config)
        _require_files(config, study.name)
        looks_of(config)
        open_source(study, store)
        if isinstance(study, StudySpec):
            asked = ask(config, claims)
            if asked.faults:
                others = f" (and {len(asked.faults) - 1} more claims in error)" if asked.faults[1:] else ""
                raise InputError(asked.faults[0] + others)
            _make(config, study, store, asked.names, asked.varied)


def _make(
    config: pytest.Config,
    study: StudySpec,
    store: Store,
    names: Sequence[str],
    varied: Mapping[str, Sequence[str]],
) -> None:
    from indicators.measures.catalog import INDICATORS
    from indicators.study.workers import WorkerError, make_study

    def measured(asked: Sequence[str]) -> tuple[str, ...]:
        """Of what is asked for, what needs measuring: not what is kept while training."""
        return tuple(name for name, row in INDICATORS.items() if name in asked and row.needs != "record")

    variants = {factor: measured(asked) for factor, asked in varied.items()}
    try:
        make_study(study, store, config.getoption("data"), console(), only=measured(names), variants=variants)
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
