"""Which tests are claims, and how many cases each claim has whatever is selected of them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator, Sequence
from pathlib import Path

import pytest

from indicators.claims import reading
from indicators.claims.intervals import tail_of
from indicators.plugin.looks import look_of
from indicators.plugin.options import known_folders, own_folders, plain_errors, study_and_store, theme_of

cases_key = pytest.StashKey[Counter[tuple[Path, str]]]()
"""How many cases each claim of a file has."""


def pytest_configure(config: pytest.Config) -> None:
    config.stash[cases_key] = Counter()


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    # Innermost, and before anything is selected: `--lf` takes tests away here, `-k` and `FILE::TEST` later.
    report = yield
    of_file = Counter(
        (item.path, str(claim.args[0])) for item in report.result or () if (claim := claim_of(item)) and claim.args
    )
    collector.config.stash[cases_key] |= of_file
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    try:
        claims = [item for item in items if _is_claim(item)]
        _require_one_file_each(claims)
        if config.getoption("again"):
            _keep_again(config, items)
    except pytest.UsageError as error:
        if not hasattr(config, "workeroutput"):
            raise
        # A worker that raised would be gone before xdist has sent it tests: it ends with none, and its message.
        config.workeroutput["usage_error"] = str(error)
        items.clear()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node) -> None:  # type: ignore[no-untyped-def]
    """Says what a worker has to say of wrong usage, which xdist takes for a crash."""
    if message := getattr(node, "workeroutput", {}).get("usage_error"):
        raise pytest.UsageError(message)


def claim_of(item: object) -> pytest.Mark | None:
    """The mark that makes a test a claim."""
    return item.get_closest_marker("claim") if isinstance(item, pytest.Item) else None


def claims_among(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The tests that are claims."""
    return [item for item in items if claim_of(item)]


def number_of_cases(item: pytest.Item, claim: pytest.Mark) -> int:
    """How many cases the claim of a test has, in all tests of its file."""
    return item.config.stash[cases_key][item.path, str(claim.args[0])]


def _is_claim(item: pytest.Item) -> bool:
    """Whether a test is a claim, marked and checked; refuses those that no report could name."""
    folders = known_folders(item.config)
    if (claim := claim_of(item)) is None:
        if item.path.parent.resolve() in folders:
            raise pytest.UsageError(f"{item.nodeid}: no claim; expected a mark such as {reading.EXAMPLE}")
        return False
    if item.path.parent.resolve() not in folders:
        named = " or ".join(f"{os.path.relpath(folder, item.config.rootpath)}/" for folder in own_folders(item.config))
        raise pytest.UsageError(
            f"{item.nodeid}: expected claims in {named}test_*.py; "
            "move it there, or name its folder in the ini option `claims`"
        )
    if complaint := reading.complaint(claim.args, claim.kwargs):
        raise pytest.UsageError(f"{item.nodeid}: {complaint}")
    item.add_marker(claim.kwargs["tier"])
    item.add_marker(theme_of(item.path))
    item.extra_keyword_matches.add(claim.args[0])
    return True


def _require_one_file_each(claims: Sequence[pytest.Item]) -> None:
    """Refuses an identifier of claims in two files, chosen or not: how many cases a claim has is counted in one."""
    files: dict[str, Path] = {}
    for item, claim in ((item, claim) for item in claims if (claim := claim_of(item))):
        if (file := files.setdefault(claim.args[0], item.path)) != item.path:
            raise pytest.UsageError(reading.in_two_files(claim.args[0], file.name, item.path.name))
    if folders := dict.fromkeys(item.path.parent for item in claims):
        with plain_errors():
            reading.read(*folders, some=False)


def _keep_again(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselects what is not a claim of the verdict that is to be judged again."""
    from indicators.report import verdicts

    study, _ = study_and_store(config)
    path, verdict = config.getoption("report") / "verdicts.json", config.getoption("again")
    with plain_errors():
        chosen = verdicts.to_judge_again(path, verdict, study.name, tail_of(look_of(config)))
    again = [(claim := claim_of(item)) is not None and claim.args[0] in chosen for item in items]
    config.hook.pytest_deselected(items=[item for item, kept in zip(items, again, strict=True) if not kept])
    items[:] = [item for item, kept in zip(items, again, strict=True) if kept]
