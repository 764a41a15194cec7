"""Runs a claim: gives it the study, judges how it ends, and notes the judged case for whoever writes the summary."""

from __future__ import annotations

import inspect
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from indicators.claims.evidence import Undecided, Verdict, stands
from indicators.claims.judging import Judgment, Record, judged, judging
from indicators.claims.reading import sentence
from indicators.errors import InputError, NotApplicable
from indicators.plugin.asking import is_asking, stand_in
from indicators.plugin.collecting import claim_of, number_of_cases
from indicators.plugin.looks import look_of
from indicators.plugin.options import PROPERTY
from indicators.plugin.preparing import completed_source

if TYPE_CHECKING:
    from indicators.claims.view import View
    from indicators.sources.source import Source

ENDS = (Exception, pytest.skip.Exception, pytest.fail.Exception)
"""What a claim may end with: not what ends the whole run."""
running_key = pytest.StashKey[bool]()
record_key = pytest.StashKey[Record]()
"""What a claim, its fixtures included, has compared and asked for."""


@pytest.fixture(scope="session")
def source(request: pytest.FixtureRequest) -> Source:
    """The measurements of the study, made before the first claim is judged."""
    return stand_in(request.config) or completed_source(request.config)


@pytest.fixture(scope="session")
def _premises_met() -> dict[str, Any]:
    """What the claims of a run found of their premises."""
    return {}


@pytest.fixture
def study(request: pytest.FixtureRequest, source: Source, _premises_met: dict[str, Any]) -> View:
    """The study as a claim sees it: `study["cosine_distance"]`, for the seeds that meet the claim's premise."""
    from indicators.claims import premises
    from indicators.claims.view import View

    claim = claim_of(request.node)
    about = claim.kwargs if claim else {}
    parameters = getattr(request.node, "callspec", None)
    premise = _filled(about.get("premise") or "", parameters.params if parameters else {})
    if premise and is_asking():
        premises.met(premise, source.measurement)  # made-up numbers meet none: only what it looks at matters
        premise = ""
    return View(source, premise or None, foreseen="needs" in about, met=_premises_met)


def _filled(premise: str, parameters: Mapping[str, object]) -> str:
    """The premise of a case, with the values of its parameters."""
    try:
        return premise.format(**parameters)
    except (LookupError, ValueError) as error:
        raise InputError(f"premise={premise!r} names what is no parameter of the claim ({error}); correct it") from None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    if (claim := claim_of(item)) is None:
        return (yield)
    item.user_properties[:] = [pair for pair in item.user_properties if pair[0] != PROPERTY]  # of an earlier try
    record = item.stash[record_key] = Record(
        number_of_cases(item, claim), look=look_of(item.config), asking=is_asking()
    )
    try:
        with _judging(record):
            return (yield)
    except ENDS as raised:
        # A fixture may ask for measurements too.
        _note(item, claim, judged(_answer(raised), record, needs=claim.kwargs.get("needs", "")))
        raise


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    if (claim := claim_of(item)) is None:
        return (yield)
    outcome: BaseException | None = None
    record = item.stash[record_key]
    item.stash[running_key] = True
    try:
        with _judging(record):
            yield
    except ENDS as raised:
        outcome = raised
    finally:
        item.stash[running_key] = False
    judgment = judged(_answer(outcome), record, needs=claim.kwargs.get("needs", ""))
    _note(item, claim, judgment, in_thirds=_in_thirds(item, record, judgment))
    if outcome is not None and not (judgment.verdict == "error" and isinstance(outcome, pytest.skip.Exception)):
        raise outcome
    if judgment.verdict == "error":
        pytest.fail(f"the claim {judgment.reason}: assert one of the verbs of indicators.claims.verbs")
    if stands(judgment.verdict) is None:
        pytest.skip(f"{judgment.verdict}: {judgment.reason}")
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Turns answers that are neither yes nor no into skips, and notes what subtests swallow."""
    if call.excinfo is None or (record := item.stash.get(record_key, None)) is None:
        return
    if item.stash.get(running_key, False):
        record.swallowed.append(_answer(call.excinfo.value))
    if isinstance(call.excinfo.value, Undecided | NotApplicable):
        reason = str(call.excinfo.value)
        call.excinfo = pytest.CallInfo.from_call(lambda: pytest.skip(reason), call.when).excinfo


def _in_thirds(item: Any, record: Record, judgment: Judgment) -> Verdict | None:
    """The verdict with the hidden layers split in thirds, where an interval decides and parts of them are looked at.

    None too of a claim that has more than the study and its parameters, and might not do the same twice.
    """
    given = inspect.signature(item.obj).parameters
    whole = record.swallowed or not judgment.evidence or judgment.evidence[-1].steady is None or not record.parted
    if whole or not all(_is_given_again(item, name) for name in given):
        return None
    again, outcome = replace(record, evidence=[], measurements=[], thirds=True), None
    try:
        with _judging(again):
            item.obj(**{name: item.funcargs[name] for name in given})
    except ENDS as raised:
        outcome = _answer(raised)
    return judged(outcome, again).verdict


def _is_given_again(item: Any, name: str) -> bool:
    """Whether an argument is the study, or a value of a mark: what a fixture made may have chosen layers already."""
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    return name == "study" or (name in parameters and item.funcargs[name] is parameters[name])


def _answer(raised: Any) -> Any:
    """What a claim says by what it raises: one that skips itself does not apply here."""
    return NotApplicable(str(raised.msg)) if isinstance(raised, pytest.skip.Exception) else raised


@contextmanager
def _judging(record: Record) -> Iterator[None]:
    import xarray as xr

    # A claim's own arithmetic keeps what measurements say of themselves: the standard error needs their resolution.
    with xr.set_options(keep_attrs=True), judging(record):  # type: ignore[no-untyped-call]
        yield


def _note(item: pytest.Item, claim: pytest.Mark, judgment: Judgment, in_thirds: Verdict | None = None) -> None:
    """Records a judged case so that it survives workers and JUnit's XML."""
    from indicators.report.verdicts import Case

    parameters = getattr(item, "callspec", None)
    case = Case(
        claim=claim.args[0],
        sentence=sentence((item.function.__doc__ or "").strip() or item.name),  # type: ignore[attr-defined]
        section=claim.kwargs["section"],
        tier=claim.kwargs["tier"],
        theme=item.path.stem,
        test=_test(item),
        parameters=parameters.id if parameters else "",
        place=[item.location[1] or 0, *(parameters.indices.values() if parameters else ())],
        cases=number_of_cases(item, claim),
        verdict=judgment.verdict,
        reason=judgment.reason,
        evidence=[evidence.as_dict() for evidence in judgment.evidence],  # type: ignore[misc]
        figures=claim.kwargs.get("figures", ""),
        expected=claim.kwargs.get("expected"),
        needs=claim.kwargs.get("needs", ""),
        in_thirds=in_thirds,
    )
    item.user_properties.append((PROPERTY, case.to_json()))


def _test(item: pytest.Item) -> str:
    """File and function; of an installed package, the same as in a checkout."""
    function = item.nodeid.partition("[")[0].partition("::")[2]
    root = item.config.rootpath.resolve()
    file = item.path.resolve()
    place = file.relative_to(root) if file.is_relative_to(root) else Path(file.parent.name, file.name)
    return f"{place.as_posix()}::{function}"
