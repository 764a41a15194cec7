"""Options, fixtures and hooks that make the claims of `hypotheses/` a study: prepare it, judge it, report it."""

import os
import sys

_WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    # Before NumPy is imported: workers that all take every core are many times slower than one.
    os.environ.setdefault(_name, str(max(1, (os.cpu_count() or 1) // _WORKERS)))

import contextlib
import functools
import math
import re
from pathlib import Path

import pytest

from indicators import DEFAULT_STUDY
from indicators.claims.evidence import Undecided, all_asserted, judging, overall
from indicators.claims.reading import IDENTIFIER, TIERS, read, sentence, theme
from indicators.errors import InputError, NotApplicable
from indicators.files import make_folder

CLAIMS = Path(__file__).parent / "hypotheses"
WORDS = {
    "supported": "s", "consistent": "c", "refuted": "R", "contradicted": "C",
    "inconclusive": "i", "not applicable": "n", "error": "E",
}  # fmt: skip
CLAIM_IN_ERROR = 6
EXAMPLE = 'claim("A1", tier="core", section="8.3")'

prepared_key = pytest.StashKey[bool]()


def pytest_addoption(parser):
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
        choices=list(WORDS),
        help="judge only the claims of this verdict in the report of the last run, for instance with more --seeds",
    )
    group.addoption("--verdicts", type=Path, help="fail only where verdicts differ from those in this file")
    group.addoption("--update-verdicts", action="store_true", help="write the file of --verdicts anew")


def pytest_configure(config):
    if not __debug__:
        raise pytest.UsageError("python -O removes the assertions that claims are made of; run without -O")
    for path in sorted(CLAIMS.glob("test_*.py")):
        config.addinivalue_line("markers", f"{_theme(path)}: claims about {_theme(path)}")
    if config.getoption("update_verdicts") and not config.getoption("verdicts"):
        raise pytest.UsageError("--update-verdicts needs the file: --verdicts FILE")
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Summary(config), "claims-summary")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    try:
        for item in items:
            if claim := item.get_closest_marker("claim"):
                _require_claim(item, claim)
                item.add_marker(claim.kwargs["tier"])
                item.add_marker(_theme(item.path))
                item.extra_keyword_matches.add(claim.args[0])
            elif item.path.parent == CLAIMS:
                raise pytest.UsageError(f"{item.nodeid}: no claim; expected a mark such as {EXAMPLE}")
        if any(item.get_closest_marker("claim") for item in items):
            with _plain_errors():
                read(CLAIMS, some=False)  # also those that were not chosen: an identifier is of one file
        if config.getoption("again"):
            _keep_again(config, items)
    except pytest.UsageError as error:
        if not hasattr(config, "workeroutput"):
            raise
        # A worker that raised would be gone before xdist has sent it tests: it ends with none, and its message.
        config.workeroutput["usage_error"] = str(error)
        items.clear()


def _keep_again(config, items):
    """Deselects what is not a claim of the verdict that is to be judged again."""
    from indicators.report import verdicts

    path, verdict = config.getoption("report") / "verdicts.json", config.getoption("again")
    study, _ = _study_and_store(config)
    with _plain_errors():
        chosen = verdicts.with_verdict(path, verdict, study.name)
    claims = [item.get_closest_marker("claim") for item in items]
    again = [bool(claim) and claim.args[0] in chosen for claim in claims]
    config.hook.pytest_deselected(items=[item for item, kept in zip(items, again, strict=True) if not kept])
    items[:] = [item for item, kept in zip(items, again, strict=True) if kept]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """Says what a worker has to say of wrong usage, which xdist takes for a crash."""
    if message := getattr(node, "workeroutput", {}).get("usage_error"):
        raise pytest.UsageError(message)


def pytest_collection_finish(session):
    if not hasattr(session.config, "workerinput"):
        _prepare_if_needed(session.config, [item.nodeid for item in session.items if item.get_closest_marker("claim")])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node, ids):
    claims = [name for name in ids if name.startswith(f"{CLAIMS.name}/")]
    _prepare_if_needed(node.config, claims)


@pytest.fixture(scope="session")
def source(request):
    """The measurements of the study, all of them made before the first claim is judged."""
    from indicators.sources.source import open_source

    return open_source(*_study_and_store(request.config))


@pytest.fixture
def study(request, source):
    """The study as a claim sees it: `study["cosine_distance"]`, for the seeds that meet the claim's premise."""
    from indicators.claims.view import View

    claim = request.node.get_closest_marker("claim")
    about = claim.kwargs if claim else {}
    parameters = getattr(request.node, "callspec", None)
    premise = (about.get("premise") or "").format(**parameters.params if parameters else {})
    return View(source, premise or None, foreseen="needs" in about)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item):
    try:
        return (yield)
    except Exception as error:
        if claim := item.get_closest_marker("claim"):
            _note(item, claim, "error", f"{type(error).__name__}: {error}", [])
        raise


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    claim = item.get_closest_marker("claim")
    if claim is None:
        return (yield)
    import xarray

    # A claim's own arithmetic keeps what the measurements say of themselves: the standard error needs their resolution.
    with xarray.set_options(keep_attrs=True), judging(cases=_number_of_cases(item, claim)) as record:
        try:
            outcome = yield
        except (Undecided, NotApplicable) as answer:
            if isinstance(answer, Undecided):
                _note(item, claim, "inconclusive", answer.evidence.reason, record or [answer.evidence])
            else:
                _note(item, claim, "not applicable", claim.kwargs.get("needs") or str(answer), record)
            pytest.skip(str(answer))
        except AssertionError:
            verdict = overall([found.verdict for found in record]) if record else "error"
            # An assertion that no comparison stands behind says nothing about the world.
            verdict = verdict if verdict in ("refuted", "contradicted") else "error"
            _note(item, claim, verdict, record[-1].reason if record else "asserted without a comparison", record)
            raise
        except Exception as error:
            _note(item, claim, "error", f"{type(error).__name__}: {error}", record)
            raise
        verdict = overall([found.verdict for found in record]) if record else "error"
        if verdict not in ("supported", "consistent") or not all_asserted():
            # It would pass whatever the world is like.
            reason = "compared without asserting" if record else "compared nothing"
            _note(item, claim, "error", reason, record)
            pytest.fail(f"the claim {reason}: assert one of the verbs of indicators.claims.verbs")
        _note(item, claim, verdict, record[-1].reason, record)
        return outcome


def pytest_report_teststatus(report):
    if case := _case(report):
        return case.verdict, WORDS[case.verdict], case.verdict.upper()
    return None


class Summary:
    """Gathers the judged cases in the process that writes the summary, whichever worker judged them."""

    def __init__(self, config):
        self.config = config
        self.cases, self.broken = [], []
        self.deselected = False
        self.failure = None
        self.different = None
        self.complete = False

    def pytest_deselected(self, items):
        self.deselected = self.deselected or bool(items)

    def pytest_runtest_logreport(self, report):
        if case := _case(report):
            self.cases.append(case)
        elif report.failed and report.nodeid.startswith(f"{CLAIMS.name}/"):
            self.broken.append(report.nodeid)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session):
        if self.cases:
            try:
                self.complete = self._complete(session)
                self._conclude()
            except InputError as error:
                self.failure = str(error)
        if self.broken or any(case.verdict == "error" for case in self.cases):
            session.exitstatus = CLAIM_IN_ERROR
        elif self.failure:
            session.exitstatus = pytest.ExitCode.USAGE_ERROR
        elif self.different is not None and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED if self.different else pytest.ExitCode.OK
        return (yield)

    def pytest_terminal_summary(self, terminalreporter):
        if not self.cases:
            return
        from indicators.report import terminal, verdicts

        console = _console()
        with console.capture() as table:
            study, _ = _study_and_store(self.config)
            claims = verdicts.by_claim(self.cases)
            about = {"study": study.name, "scale": study.scale, "seeds": study.seeds}
            terminal.print_verdicts(console, claims, **about, complete=self.complete)
        terminalreporter.section("verdicts", sep="=")
        for line in table.get().splitlines():
            # Not printed by the console: pytest's own writer copes with terminals that lack a character.
            terminalreporter.line(line.rstrip())
        terminalreporter.line(f"evidence: {self._file}")
        if self.complete and not self.failure:
            terminalreporter.line(f"report: {self.config.getoption('report') / 'index.html'}")
        for difference in self.different or ():
            terminalreporter.line(f"differs from {self.config.getoption('verdicts')}: {difference}", red=True)
        if self.failure:
            terminalreporter.line(f"ERROR: {self.failure}", red=True)

    @property
    def _file(self):
        """Where the verdicts go: those of a selection do not replace those of all claims."""
        return self.config.getoption("report") / ("verdicts.json" if self.complete else "verdicts.partial.json")

    def _conclude(self):
        """Writes the verdicts, and compares them with the expected ones."""
        from indicators.report import overview, verdicts

        claims = verdicts.by_claim(self.cases)
        study, _ = _study_and_store(self.config)
        about = {"name": study.name, "scale": study.scale, "seeds": study.seeds}
        verdicts.write(self._file, claims, about, complete=self.complete)
        if self.complete:
            from indicators.report import page

            page.rebuild(self.config.getoption("report"), *_study_and_store(self.config))
        expected = self.config.getoption("verdicts")
        if expected and self.config.getoption("update_verdicts"):
            self.different = []
            verdicts.write_expected(expected, claims, study.name, complete=self.complete)
            if expected.resolve().parent == CLAIMS:
                overview.ship(self._file, study.name)
        elif expected:
            self.different = verdicts.differences(expected, claims, study.name, complete=self.complete)

    def _complete(self, session):
        """Whether every claim of the suite was judged: not after a selection, a crash or an early end."""
        options = ("again", "keyword", "markexpr", "lf", "stepwise", "deselect", "ignore", "ignore_glob")
        chosen = self.deselected or any(self.config.getoption(name, None) for name in options)
        ended = session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) and not session.shouldfail
        paths = {Path(self.config.invocation_params.dir, argument).resolve() for argument in self.config.args}
        return ended and not self.broken and not chosen and bool(paths & {CLAIMS, CLAIMS.parent})


def _prepare_if_needed(config, claims):
    """Fetches, trains and measures what the study lacks, once, before the first claim is judged."""
    if not claims or config.getoption("collectonly") or config.stash.get(prepared_key, False):
        return
    config.stash[prepared_key] = True
    from indicators.sources.source import open_source

    with _plain_errors():
        study, store = _study_and_store(config)
        _require_files(config, study.name)
        open_source(study, store)
        if hasattr(study, "models"):
            from indicators.study.workers import WorkerError, make_study

            try:
                make_study(study, store, config.getoption("data"), _console(), _asked(claims))
            except WorkerError as error:
                pytest.exit(str(error), returncode=CLAIM_IN_ERROR)


def _asked(claims):
    """Names of the measurements that the tests of these claims speak of: the others need not be made for them."""
    from indicators.measures.catalog import INDICATORS

    chosen = {claim.partition("[")[0].partition("::")[::2] for claim in claims}
    asked = {
        name
        for claim in read(CLAIMS)
        for test in claim.comparisons
        if (f"{CLAIMS.name}/{claim.file}", test.test) in chosen
        for name in test.quantities
    }
    return tuple(name for name, row in INDICATORS.items() if name in asked and row.needs != "record")


def _require_files(config, study):
    """Refuses files that the end of the run would stumble over, before hours are spent."""
    from indicators.report import verdicts

    make_folder(config.getoption("report"), "--report")
    expected = config.getoption("verdicts")
    if expected and config.getoption("update_verdicts"):
        verdicts.require_replaceable(expected, study)
    elif expected:
        verdicts.read_expected(expected, study)


@functools.cache
def _chosen_study(name, architecture, arrays, seeds, root):
    from indicators.store import Store
    from indicators.study.choosing import choose_study

    store = Store(root)
    return choose_study(store, name, architecture=architecture, arrays=arrays, seeds=seeds), store


def _study_and_store(config):
    options = ("study", "architecture", "data", "seeds", "store")
    with _plain_errors():
        return _chosen_study(*map(config.getoption, options))


@contextlib.contextmanager
def _plain_errors():
    """Shows what a user gave wrongly as one line, without a traceback."""
    try:
        yield
    except InputError as error:
        raise pytest.UsageError(str(error)) from None


def _console():
    from rich.console import Console

    return Console(file=sys.stdout, width=None if sys.stdout.isatty() else 100)


def _theme(path):
    """`weights` of `test_3_weights.py`."""
    if found := theme(path.name):
        return found
    raise pytest.UsageError(f"{path.name}: claims are in files such as test_6_speed.py; rename it")


def _require_claim(item, claim):
    """Refuses a claim that no report could name."""
    if not item.path.parent.samefile(CLAIMS):
        raise pytest.UsageError(f"{item.nodeid}: expected claims in {CLAIMS.name}/test_*.py; move it there")
    if len(claim.args) != 1 or not {"tier", "section"} <= set(claim.kwargs):
        raise pytest.UsageError(f"{item.nodeid}: expected a mark such as {EXAMPLE}; complete it")
    if (tier := claim.kwargs["tier"]) not in TIERS:
        raise pytest.UsageError(f"{item.nodeid}: tier={tier!r} is not one of {TIERS}; name one of these")
    if not re.fullmatch(IDENTIFIER, str(claim.args[0])):
        raise pytest.UsageError(
            f"{item.nodeid}: {claim.args[0]!r} is no identifier such as M2, or M2.fresh of a control"
        )
    if not isinstance(claim.kwargs.get("expected", 0.0), int | float):
        raise pytest.UsageError(
            f"{item.nodeid}: expected={claim.kwargs['expected']!r} is not a number: give the effect"
        )


def _number_of_cases(item, claim):
    """How many cases the claim has in all tests of its file, whatever was selected of them."""
    tests = [getattr(test, "pytestmark", []) for test in vars(item.parent.obj).values()]
    return sum(
        math.prod(len(mark.args[1]) for mark in marks if mark.name == "parametrize")
        for marks in tests
        if any(mark.name == "claim" and mark.args == claim.args for mark in marks)
    )


def _note(item, claim, verdict, reason, record):
    """Records a judged case so that it survives workers and JUnit XML."""
    from indicators.report.verdicts import Case

    parameters = getattr(item, "callspec", None)
    case = Case(
        claim=claim.args[0],
        sentence=sentence(item.function.__doc__ or item.name),
        section=claim.kwargs["section"],
        tier=claim.kwargs["tier"],
        theme=item.path.stem,
        test=item.nodeid.partition("[")[0],
        parameters=parameters.id if parameters else "",
        place=[item.location[1], *(parameters.indices.values() if parameters else ())],
        cases=_number_of_cases(item, claim),
        verdict=verdict,
        reason=reason,
        evidence=[evidence.as_dict() for evidence in record],
        figures=claim.kwargs.get("figures", ""),
        expected=claim.kwargs.get("expected"),
        needs=claim.kwargs.get("needs", ""),
    )
    item.user_properties.append(("claim", case.to_json()))


def _case(report):
    """The judged case of a report, if it is one; reports of collection have no properties, later ones repeat them."""
    from indicators.report.verdicts import Case

    properties = () if report.when == "teardown" else getattr(report, "user_properties", ())
    return next((Case.from_json(text) for name, text in properties if name == "claim"), None)
