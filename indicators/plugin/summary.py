"""What a run ends with: the table of verdicts, their file and the report, and the status."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from indicators.claims import reading
from indicators.claims.evidence import stands
from indicators.errors import InputError
from indicators.plugin.asking import is_asking
from indicators.plugin.looks import looks_of
from indicators.plugin.options import (
    CLAIM_IN_ERROR,
    PROPERTY,
    console,
    given_paths,
    is_of_claims,
    known_folders,
    own_folders,
    study_and_store,
)

if TYPE_CHECKING:
    from indicators.report.verdicts import Case

LETTERS = {
    "supported": "s", "consistent": "c", "refuted": "R", "contradicted": "C",
    "inconclusive": "i", "not applicable": "n", "error": "E",
}  # fmt: skip
SELECTING = ("again", "keyword", "markexpr", "lf", "stepwise", "deselect", "ignore", "ignore_glob")
"""Options that leave claims out."""


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and not is_asking():
        config.pluginmanager.register(Summary(config), "claims-summary")


def pytest_report_teststatus(report: Any) -> tuple[str, str, str] | None:
    if (case := _case(report)) and report.outcome != "rerun":
        return case.verdict, LETTERS[case.verdict], case.verdict.upper()
    return None


class Summary:
    """Gathers the judged cases in the process that writes the summary, whichever worker judged them."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.judged: dict[str, Case] = {}
        """By the name of the test: one that is run again, or by several workers, counts once."""
        self.broken: list[str] = []
        """Claims without a verdict, and files of claims that could not be collected."""
        self.others_failed = False
        """Whether tests failed that are no claims."""
        self.deselected = False
        self.failure: str | None = None
        self.different: Sequence[str] | None = None
        self.complete = False

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        self.deselected = self.deselected or bool(items)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if case := _case(report):
            self.judged[report.nodeid] = case
        elif report.failed and not isinstance(report, pytest.SubtestReport):
            if is_of_claims(self.config, report.nodeid):
                self.broken.append(report.nodeid)
            else:
                self.others_failed = True

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None]:
        if self.judged:
            try:
                self.complete = self._complete(session)
                self._conclude()
            except InputError as error:
                self.failure = str(error)
        session.exitstatus = self._status(session.exitstatus)
        return (yield)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self.judged:
            return
        from indicators.console import visible
        from indicators.report import terminal, verdicts

        printed = console()
        with printed.capture() as table:
            study, _ = study_and_store(self.config)
            claims = verdicts.by_claim(self.judged.values())
            about: dict[str, Any] = {"study": study.name, "scale": study.scale, "seeds": study.seeds}
            terminal.print_verdicts(printed, claims, **about, complete=self.complete)
        terminalreporter.section("verdicts", sep="=")
        for line in table.get().splitlines():
            # Not printed by the console: pytest's own writer copes with terminals that lack a character.
            terminalreporter.line(line.rstrip())
        terminalreporter.line(visible(f"evidence: {self._file}"))
        if self.complete and not self.failure:
            terminalreporter.line(visible(f"report: {self.config.getoption('report') / 'index.html'}"))
        for difference in self.different or ():
            terminalreporter.line(visible(f"differs from {self.config.getoption('verdicts')}: {difference}"), red=True)
        if self.failure:
            terminalreporter.line(visible(f"ERROR: {self.failure}"), red=True)

    @property
    def _file(self) -> Path:
        """Where the verdicts go: those of a selection do not replace those of all claims."""
        folder: Path = self.config.getoption("report")
        return folder / ("verdicts.json" if self.complete else "verdicts.partial.json")

    def _status(self, of_pytest: int) -> int:
        """The exit status: pytest's own, unless a claim is in error, or nothing but claims decides between 0 and 1."""
        if self.broken or any(case.verdict == "error" for case in self.judged.values()):
            return CLAIM_IN_ERROR
        if self.failure:
            return pytest.ExitCode.USAGE_ERROR
        if not self.judged or self.others_failed or of_pytest > pytest.ExitCode.TESTS_FAILED:
            return of_pytest
        fallen = any(stands(case.verdict) is False for case in self.judged.values())
        failed = fallen if self.different is None else bool(self.different)
        return pytest.ExitCode.TESTS_FAILED if failed else pytest.ExitCode.OK

    def _conclude(self) -> None:
        """Writes the verdicts and the report, and compares the verdicts with the expected ones."""
        from indicators.report import overview, verdicts

        claims = verdicts.by_claim(self.judged.values())
        study, store = study_and_store(self.config)
        about = {"name": study.name, "scale": study.scale, "seeds": study.seeds, "looks": looks_of(self.config)}
        verdicts.write(self._file, claims, about, complete=self.complete)
        if self.complete:
            from indicators.report import page

            page.rebuild(self.config.getoption("report"), study, store)
        expected = self.config.getoption("verdicts")
        if expected and self.config.getoption("update_verdicts"):
            self.different = []
            verdicts.write_expected(expected, claims, study.name, complete=self.complete)
            if expected.resolve().parent == reading.FOLDER:
                overview.ship(self._file, study.name)
        elif expected:
            self.different = verdicts.differences(expected, claims, study.name, complete=self.complete)

    def _complete(self, session: pytest.Session) -> bool:
        """Whether every claim of the suite was judged: not after a selection, a crash or an early end."""
        chosen = self.deselected or any(self.config.getoption(name, None) for name in SELECTING)
        ended = session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) and not session.shouldfail
        given = given_paths(self.config)
        # The repository's own claims, all of them, or those of the thesis.
        suites = (own_folders(self.config), known_folders(self.config)[-1:])
        whole = any(all(given & {folder, *folder.parents} for folder in suite) for suite in suites)
        return ended and not self.broken and not chosen and whole


def _case(report: Any) -> Case | None:
    """The judged case of a report, if it is one: of collection and subtests none is, the last report repeats it."""
    from indicators.report.verdicts import Case

    if report.when == "teardown" or isinstance(report, pytest.SubtestReport):
        return None
    properties = getattr(report, "user_properties", ())
    return next((Case.from_json(text) for name, text in properties if name == PROPERTY), None)
