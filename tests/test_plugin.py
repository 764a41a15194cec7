"""The claims, run as a user runs them: pytest in a process of its own, on recorded numbers, so nothing is trained."""

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from indicators.specs import LEVELS, OPTIMIZERS

ROOT = Path(__file__).parents[1]
LETTERS = {
    "c": "consistent", "C": "contradicted", "s": "supported", "R": "refuted",
    "i": "inconclusive", "n": "not applicable", "E": "error",
}  # fmt: skip


@dataclass(frozen=True)
class Run:
    status: int
    output: str
    folder: Path

    @property
    def report(self):
        """That of the file which the run names."""
        named = re.search(r"^evidence: (.+)$", self.output, re.MULTILINE)
        return json.loads(Path(named[1]).read_text())

    @property
    def cases(self):
        """Every judged case, by the name of its test."""
        found = [case for claim in self.report["claims"] for case in claim["cases"]]
        return {f"{case['test'].partition('::')[2]}[{case['parameters']}]".removesuffix("[]"): case for case in found}

    @property
    def verdicts(self):
        return {name: case["verdict"] for name, case in self.cases.items()}

    @property
    def counted(self):
        """What the last line counts: pytest says "2 errors"."""
        numbers = re.findall(r"(\d+) ([a-z ]+?)s?(?:,| in )", self.output.splitlines()[-1])
        return {word: int(number) for number, word in numbers}

    @property
    def table(self):
        """The lines between the headline of the table and the line that counts the claims."""
        lines = self.output.splitlines()
        start = next(k for k, line in enumerate(lines) if re.fullmatch("=+ verdicts =+", line))
        return lines[start + 1 : next(k for k, line in enumerate(lines) if line.startswith("claims: "))]


def run(folder, *arguments, suite=ROOT, python=(), **environment):
    """Runs the claims of a suite; the store and the report go into the folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    for name in ("COLUMNS", "FORCE_COLOR", "PY_COLORS", "INDICATORS_STORE"):
        kept.pop(name, None)
    found = {
        "INDICATORS_STORE": str(folder / "store"),
        "PYTHONPATH": os.pathsep.join((str(folder), str(ROOT))),
        "PYTHONIOENCODING": "utf-8",
    }
    if not any(str(argument).startswith("hypotheses") for argument in arguments):
        arguments = ("hypotheses", *arguments)
    command = [sys.executable, *python, "-m", "pytest", "-p", "no:cacheprovider", "--report", folder / "report"]
    done = subprocess.run(  # noqa: S603 - our own program
        [*command, *arguments],
        cwd=suite,
        env=kept | found | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    return Run(done.returncode, done.stdout, folder)


# --- the claims of the thesis, on the numbers of the thesis ---

SPY = """
import os, pathlib, sys

def pytest_sessionfinish(session):
    name = getattr(session.config, "workerinput", {}).get("workerid", "main")
    pathlib.Path(os.environ["SPY"], name).write_text("\\n".join(sys.modules))
"""


def spied(folder, *arguments):
    """A run whose processes leave the names of all modules that they imported in `folder / "spy"`."""
    (folder / "spy").mkdir()
    (folder / "spy.py").write_text(SPY)
    return run(folder, "--study", "thesis-2019", "-p", "spy", *arguments, SPY=str(folder / "spy"))


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("alone")
    return spied(folder, "--junitxml", folder / "junit.xml")


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shared")
    return spied(folder, "-n", "2", "--verdicts", folder / "expected.json", "--update-verdicts")


def test_a_contradicted_claim_ends_with_status_one(alone):
    assert "contradicted" in alone.verdicts.values()
    assert alone.status == 1


def test_workers_change_no_verdict_and_no_evidence(alone, shared):
    assert shared.report == alone.report


def test_the_report_of_a_whole_run_says_what_it_is_of(alone):
    assert alone.report["study"] == {"name": "thesis-2019", "scale": "full", "seeds": 1}
    assert alone.report["complete"] is True


@pytest.mark.parametrize("how", ["alone", "shared"])
def test_the_last_line_counts_cases_in_words_of_the_project(how, request):
    done = request.getfixturevalue(how)

    assert done.counted == Counter(done.verdicts.values())


@pytest.mark.parametrize("how", ["alone", "shared"])
def test_the_progress_line_has_letters_of_the_project(how, request):
    done = request.getfixturevalue(how)
    progress = re.findall(r"^(?:hypotheses/\S+ )?([a-zA-Z.]+) +\[ *\d+%\]$", done.output, re.MULTILINE)

    assert Counter(LETTERS[letter] for letter in "".join(progress)) == Counter(done.verdicts.values())


@pytest.mark.parametrize("how", ["alone", "shared"])
def test_the_table_fits_a_hundred_columns_and_has_every_claim(how, request):
    done = request.getfixturevalue(how)
    rows = re.findall(r"^([A-Z]+\d+\S*) +\S ([a-z ]+?)  ", "\n".join(done.table), re.MULTILINE)
    lacking = re.findall(r"- not applicable, since [\w ]+: ((?:[A-Z]+\d+\S*\s)+)", "\n".join(done.table) + "\n")

    assert max(map(len, done.table)) <= 100
    judged = [claim for claim in done.report["claims"] if claim["verdict"] != "not applicable"]
    assert rows == [(claim["id"], claim["verdict"]) for claim in judged]
    others = {claim["id"] for claim in done.report["claims"]} - {claim["id"] for claim in judged}
    assert set(" ".join(lacking).split()) == others


def test_claims_stand_in_the_order_of_the_thesis(alone):
    names = [claim["id"] for claim in alone.report["claims"]]

    assert names.index("T1") < names.index("O1") < names.index("W11") < names.index("P2") < names.index("A2")
    assert names.index("A2") < names.index("A16")


def test_junit_holds_the_evidence_of_every_case(alone):
    tests = ET.parse(alone.folder / "junit.xml").getroot().findall(".//testcase")  # noqa: S314 - our own file
    found = {test.get("name"): [json.loads(item.get("value")) for item in test.iter("property")] for test in tests}

    assert found == {name: [case] for name, case in alone.cases.items()}
    judged = [case for case in alone.cases.values() if case["verdict"] != "not applicable"]
    assert all(case["evidence"][0]["effect"] is not None for case in judged)
    failed = {test.get("name") for test in tests if test.find("failure") is not None}
    assert failed == {name for name, verdict in alone.verdicts.items() if verdict == "contradicted"}


@pytest.mark.parametrize(("how", "processes"), [("alone", ["main"]), ("shared", ["gw0", "gw1", "main"])])
def test_a_run_in_which_everything_is_measured_imports_no_framework(how, processes, request):
    folder = request.getfixturevalue(how).folder / "spy"
    imported = {path.name: set(path.read_text().split()) for path in folder.iterdir()}

    assert sorted(imported) == processes
    assert "indicators.sources.transcribed" in imported[processes[0]]
    assert not any({"tensorflow", "keras", "torch", "jax"} & modules for modules in imported.values())


def test_verdicts_that_were_just_written_are_no_failure(shared):
    expected = json.loads((shared.folder / "expected.json").read_text())

    assert expected["study"] == "thesis-2019"
    assert expected["verdicts"] == {claim["id"]: claim["verdict"] for claim in shared.report["claims"]}
    assert shared.status == 0


def test_a_selection_keeps_its_verdicts_and_their_file_excuses_what_was_contradicted_before(alone, shared, tmp_path):
    expected = shared.folder / "expected.json"
    done = run(tmp_path, "--study", "thesis-2019", "-m", "core and pruning", "--verdicts", expected)

    pruning = {
        name: case for name, case in alone.cases.items() if (case["theme"], case["tier"]) == ("test_4_pruning", "core")
    }
    assert done.cases == pruning
    assert "contradicted" in done.verdicts.values()
    assert done.status == 0
    assert done.report["complete"] is False
    assert "differs from" not in done.output


def test_a_verdict_that_differs_from_the_file_is_a_failure_and_is_named(shared, tmp_path):
    expected = json.loads((shared.folder / "expected.json").read_text())
    expected["verdicts"]["W16"] = "contradicted"
    (tmp_path / "expected.json").write_text(json.dumps(expected))
    # Of W13, which is contradicted in its output layer, only a consistent case: no verdict on the claim.
    one, other = "weights_shrink and under_weight_decay", "moves_across_the_initial_weights and central"
    done = run(tmp_path, "--study", "thesis-2019", "-k", f"{one} or {other}", "--verdicts", tmp_path / "expected.json")

    assert expected["verdicts"]["W13"] == "contradicted"
    assert set(done.verdicts.values()) == {"consistent"}
    differences = [line for line in done.output.splitlines() if line.startswith("differs from")]
    assert differences == [f"differs from {tmp_path / 'expected.json'}: W16: contradicted became consistent"]
    assert done.status == 1
    assert any(re.match(r"W13 .* 1/1 of 4 ", line) for line in done.table)


def test_claims_are_selected_by_their_ids(tmp_path):
    done = run(tmp_path, "--collect-only", "-q", "-k", "A26.living", "--study", "thesis-2019")

    selected = {re.split(r"::|\[", line)[1] for line in done.output.splitlines() if "::" in line}
    assert selected == {"test_living_neurons_of_last_layers_know_more_of_the_labels_in_better_networks"}


def test_collecting_creates_nothing_and_selects_by_mark_and_name(alone, tmp_path):
    # Should it begin to prepare the study, it finds no images and does not go on to fetch them.
    nothing = ("--data", "no-such-folder")
    done = run(tmp_path, "--collect-only", "-q", "-m", "core and pruning", "-k", "layca", *nothing)

    selected = [line.partition("::")[2] for line in done.output.splitlines() if "::" in line]
    pruning = [
        name for name, case in alone.cases.items() if (case["theme"], case["tier"]) == ("test_4_pruning", "core")
    ]
    assert done.status == 0
    assert sorted(selected) == sorted(name for name in pruning if "layca" in name)
    assert selected
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("tests", "names"),
    [
        (["4_pruning.py::test_the_smallest_weights_matter_less[sgd]"], {"magnitude_pruning", "random_pruning"}),
        (["1_training.py::test_the_learning_rate_alone_sets_the_level[sgd-high-low]"], set()),
        (
            ["2_rotation.py::test_sgd_turns_its_weights_less[layca]", "6_activity.py::test_zeros_grow_with_depth"],
            {"cosine_distance", "zero_ratio"},
        ),
    ],
)
def test_only_what_the_claims_speak_of_is_asked_of_the_networks(tests, names):
    """Accuracies are kept while training: they need no measuring."""
    asked = runpy.run_path(str(ROOT / "conftest.py"))["_asked"]

    assert set(asked([f"hypotheses/test_{test}" for test in tests])) == names


# --- a suite of claims about made-up numbers: three seeds, heights 4.5, 5 and 5.5 wherever one looks ---


def make_suite(folder, claims):
    """A folder as the repository is: conftest.py, pyproject.toml, and one file of claims."""
    (folder / "hypotheses").mkdir(parents=True)
    for name in ("conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    (folder / "hypotheses" / "test_1_trials.py").write_text(claims)
    make_study(folder)
    return folder


def make_study(folder):
    """A recorded study `trial` whose levels have equal accuracies, with a `hole` where a height is missing."""
    about = 'source = "none"\nunit = "m"\nquality = "exact"\nresolution = 1e-6\n'
    head = f'kind = "recorded"\nname = "trial"\nscale = "toy"\nseeds = {len(HEIGHTS)}\nlayers = ["Conv1"]\n'
    names = ("accuracy", "height", "hole")
    tables = [f"\n[measurements.{name}]\n{about}" for name in names]
    (folder / "trial.toml").write_text(head + "".join(tables) + 'gaps = "Lost."\n')
    cells = [(seed, one, level) for seed in range(len(HEIGHTS)) for one in OPTIMIZERS for level in LEVELS]
    heights = [f"{seed},{one},{level},{HEIGHTS[seed]}\n" for seed, one, level in cells]
    accuracies = [f"{seed},{one},{level},test,0.7\n" for seed, one, level in cells]
    (folder / "trial").mkdir()
    (folder / "trial" / "accuracy.csv").write_text("seed,optimizer,level,split,value\n" + "".join(accuracies))
    (folder / "trial" / "height.csv").write_text("seed,optimizer,level,value\n" + "".join(heights))
    (folder / "trial" / "hole.csv").write_text("seed,optimizer,level,value\n" + "".join(heights[1:]))


HEIGHTS = (4.5, 5.0, 5.5)  # mean 5, standard error 0.289

TRIALS = '''
import pytest

from indicators.claims.verbs import more

CELL = {"optimizer": "sgd", "level": "low"}


def claim(name, **about):
    return pytest.mark.claim(name, **{"tier": "secondary", "section": "0", **about})


@claim("X10")
def test_it_holds(study):
    """Heights exceed a half."""
    assert more(study["height"], CELL, than=0, by=0.5, unit="m")


@claim("X2")
def test_it_does_not_hold(study):
    """Heights exceed nine."""
    assert more(study["height"], CELL, than=9, by=0.5, unit="m")


@claim("X3")
def test_it_raises(study):
    """Heights are found."""
    raise KeyError("lost")


@claim("X4")
def test_it_asserts_without_a_comparison(study):
    """One exceeds two."""
    assert 1 > 2


@claim("X5")
def test_it_compares_nothing(study):
    """Nothing is nothing."""


@claim("X6")
def test_it_does_not_assert(study):
    """Heights exceed nine, or not."""
    more(study["height"], CELL, than=9, by=0.5)


@claim("X6.true")
def test_it_does_not_assert_what_is_so(study):
    """Heights exceed a half."""
    assert more(study["height"], CELL, than=0, by=0.5, unit="m")
    more(study["height"], CELL, than=1, by=0.5, unit="m")


@claim("X7")
def test_it_lacks_a_measurement(study):
    """Dead neurons exceed a half."""
    assert more(study["never_active"], CELL, than=0, by=0.5)


@claim("X7.typo")
def test_it_misspells_a_measurement(study):
    """Heights exceed a half."""
    assert more(study["heigth"], CELL, than=0, by=0.5)


@claim("X7.needs", needs="the weights of networks that no study has")
def test_it_needs_a_measurement_of_its_own(study):
    """Weights exceed a half."""
    assert more(study["weight"], CELL, than=0, by=0.5)


@claim("X8", premise="separated levels")
def test_its_premise_is_not_met(study):
    """Where levels differ, heights exceed a half."""
    assert more(study["height"], CELL, than=0, by=0.5)


@pytest.fixture
def broken():
    raise OSError("the disk is gone")


@claim("X9")
def test_its_fixture_fails(study, broken):
    """Heights are read."""


@claim("X11")
def test_it_meets_a_hole(study):
    """Heights exceed a half everywhere."""
    assert more(study["hole"], CELL, than=0, by=0.5)


@claim("X12", premise="levels in a row")
def test_its_premise_is_unknown(study):
    """Heights exceed a half."""
    assert more(study["height"], CELL, than=0, by=0.5)


# The mean of 5 lies one below what counts: beyond the t quantile of one case (2.92 x 0.289), not of two (4.30 x 0.289).


@claim("Y1")
def test_one_case(study):
    """Heights exceed six."""
    assert more(study["height"], CELL, than=0, by=6)


@claim("Y2")
@pytest.mark.parametrize("optimizer", ["sgd", "wdecay"])
def test_two_cases(study, optimizer):
    """Heights exceed six under each optimizer."""
    assert more(study["height"], {"optimizer": optimizer, "level": "low"}, than=0, by=6)


@claim("Y3")
def test_one_case_of_a_claim_of_two_tests(study):
    """Heights exceed six at low levels."""
    assert more(study["height"], CELL, than=0, by=6)


@claim("Y3")
def test_the_other_case_of_a_claim_of_two_tests(study):
    """Heights exceed six at high levels."""
    assert more(study["height"], {**CELL, "level": "high"}, than=0, by=6)
'''

JUDGED = {
    "test_it_holds": ("supported", "lies above 0.5"),
    "test_it_does_not_hold": ("refuted", "lies below 0.5"),
    "test_it_raises": ("error", "KeyError: 'lost'"),
    "test_it_asserts_without_a_comparison": ("error", "asserted without a comparison"),
    "test_it_compares_nothing": ("error", "compared nothing"),
    "test_it_does_not_assert": ("error", "compared without asserting"),
    "test_it_does_not_assert_what_is_so": ("error", "compared without asserting"),
    "test_it_lacks_a_measurement": ("not applicable", "trial does not record 'never_active'"),
    "test_it_misspells_a_measurement": ("error", "'heigth' is no measurement; did you mean 'height'?"),
    "test_it_needs_a_measurement_of_its_own": ("not applicable", "the weights of networks that no study has"),
    "test_its_premise_is_not_met": ("inconclusive", "premise not met: accuracy of sgd rises by 0 points"),
    "test_its_fixture_fails": ("error", "OSError: the disk is gone"),
    "test_it_meets_a_hole": ("error", "1 of 3 compared values are not finite"),
    "test_its_premise_is_unknown": ("error", "premise 'levels in a row' does not exist"),
    "test_one_case": ("refuted", "lies below 6"),
    "test_two_cases[sgd]": ("inconclusive", "includes 6"),
    "test_two_cases[wdecay]": ("inconclusive", "includes 6"),
    "test_one_case_of_a_claim_of_two_tests": ("inconclusive", "includes 6"),
    "test_the_other_case_of_a_claim_of_two_tests": ("inconclusive", "includes 6"),
}


@pytest.fixture(scope="module")
def suite(tmp_path_factory):
    return make_suite(tmp_path_factory.mktemp("suite"), TRIALS)


@pytest.fixture(scope="module")
def trials(suite, tmp_path_factory):
    return run(tmp_path_factory.mktemp("trials"), "--study", "trial.toml", suite=suite)


@pytest.mark.parametrize("name", JUDGED)
def test_a_claim_gets_the_verdict_that_it_deserves(trials, name):
    verdict, reason = JUDGED[name]

    assert trials.cases[name]["verdict"] == verdict
    assert reason in trials.cases[name]["reason"]
    assert not trials.cases[name]["reason"].startswith(verdict)


def test_no_claim_is_lost_and_an_error_ends_with_status_six(trials):
    assert set(trials.cases) == set(JUDGED)
    assert trials.status == 6
    assert trials.counted == Counter(trials.verdicts.values())


def test_an_error_shows_where_it_happened(trials):
    assert "ERROR at call of test_it_raises" in trials.output.replace("_ ", " ")
    assert 'raise KeyError("lost")' in trials.output
    assert "ERROR at setup of test_its_fixture_fails" in trials.output.replace("_ ", " ")


def test_a_selection_without_refutation_ends_with_status_zero_and_its_cases_count_as_before(suite, trials, tmp_path):
    chosen = "it_holds or lacks or not_met or (two_cases and wdecay) or the_other_case"
    done = run(tmp_path, "--study", "trial.toml", "-k", chosen, suite=suite)

    assert len(done.cases) == 5
    assert done.cases == {name: case for name, case in trials.cases.items() if name in done.cases}
    assert done.status == 0


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "shared"])
def test_claims_of_one_verdict_are_judged_again_and_no_others(suite, tmp_path, workers):
    whole = run(tmp_path, "--study", "trial.toml", suite=suite)
    again = run(tmp_path, "--study", "trial.toml", "--again", "inconclusive", *workers, suite=suite)

    expected = {claim["id"] for claim in whole.report["claims"] if claim["verdict"] == "inconclusive"}
    assert expected
    assert {claim["id"] for claim in again.report["claims"]} == expected
    assert again.report["complete"] is False


def test_a_selection_leaves_the_verdicts_of_all_claims_alone(suite, tmp_path):
    everything = run(tmp_path, "--study", "trial.toml", suite=suite)
    complete = (tmp_path / "report" / "verdicts.json").read_bytes()
    some = run(tmp_path, "--study", "trial.toml", "-k", "it_holds", suite=suite)

    assert f"evidence: {tmp_path / 'report' / 'verdicts.json'}" in everything.output.splitlines()
    assert f"evidence: {tmp_path / 'report' / 'verdicts.partial.json'}" in some.output.splitlines()
    assert (tmp_path / "report" / "verdicts.json").read_bytes() == complete
    assert set(some.verdicts) == {"test_it_holds"}


ARITHMETIC = '''
import pytest

from indicators.claims.verbs import more


@pytest.mark.claim("X1", tier="core", section="0")
@pytest.mark.parametrize("of", [lambda v: v, lambda v: v - v / 2, lambda v: v.min("level")], ids="abc")
def test_accuracies_of_equal_seeds(study, of):
    """Networks are right more often than not."""
    assert more(of(study["accuracy"].sel(split="test", drop=True)), {"optimizer": "sgd"}, than=0, by=0.1)
'''


def test_the_arithmetic_of_a_claim_keeps_the_resolution_of_its_measurements(tmp_path):
    suite = make_suite(tmp_path / "suite", ARITHMETIC)
    done = run(tmp_path, "--study", "trial.toml", suite=suite)

    t = 2.919986  # of three seeds
    found = [case["evidence"][0] for case in done.cases.values()]
    assert [(one["high"] - one["low"]) / 2 / t for one in found] == pytest.approx([1e-6] * 3, rel=1e-4)


CRASH = '''
import os
import pytest
from indicators.errors import NotApplicable


@pytest.mark.claim("X1", tier="core", section="0")
def test_it_is_elsewhere():
    """There is nothing to judge."""
    raise NotApplicable("nothing is here")


@pytest.mark.claim("X2", tier="core", section="0")
def test_it_crashes():
    """It ends well."""
    os._exit(3)
'''


def test_a_crashed_worker_ends_with_status_six_and_leaves_the_expected_verdicts_alone(tmp_path):
    suite = make_suite(tmp_path / "suite", CRASH)
    options = ("--study", "trial.toml", "-n", "1", "--verdicts", "expected.json", "--update-verdicts")
    done = run(tmp_path, *options, suite=suite)

    assert done.status == 6
    assert done.verdicts == {"test_it_is_elsewhere": "not applicable"}
    assert done.report["complete"] is False
    assert "crashed while running 'hypotheses/test_1_trials.py::test_it_crashes'" in done.output
    assert "ERROR: --update-verdicts needs a verdict on every claim" in done.output
    assert not (suite / "expected.json").exists()


# --- what a user gives wrongly ---

QUICK = '''
import pytest

@pytest.mark.claim("X1", tier="core", section="0")
def test_it_is_never_run():
    """Nothing gets this far."""
'''


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    """A suite without heavy imports, and files that are not what they should be."""
    folder = make_suite(tmp_path_factory.mktemp("quick"), QUICK)
    (folder / "other.json").write_text('{"study": "another", "verdicts": {}}')
    (folder / "torn.json").write_text('{"study": "thesis-2019", "verd')
    (folder / "file").touch()
    (folder / "judged").mkdir()
    (folder / "judged" / "verdicts.json").write_text('{"study": {"name": "thesis-2019"}, "claims": []}')
    (folder / "earlier").mkdir()
    (folder / "earlier" / "verdicts.json").write_text('{"study": {"name": "another"}, "claims": []}')
    (folder / "bare.toml").write_text('kind = "recorded"\nname = "bare"\nscale = "toy"\nseeds = 1\n')
    return folder


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--study", "nope", "-n", "1"], "study='nope' is neither one of ('cifar10-mini', "),
        (["--study", "bare.toml"], "bare.toml: layers: Field required; compare with the shipped studies"),
        (["--study", "bare.toml", "-n", "1"], "bare.toml: layers: Field required; compare with the shipped studies"),
        (["--study", "thesis-2019", "--seeds", "3"], "--seeds=3 cannot change 'thesis-2019', which is recorded"),
        (["--seeds", "0"], "seeds=0: input should be greater than 0"),
        (["--architecture", "unknown"], "architecture='unknown' is not 'vgg' or 'module:function'"),
        (["--study", "thesis-2019", "--store", "file/store"], "file/store' cannot be written (Not a directory)"),
        (["--study", "thesis-2019", "--report", "file"], "--report 'file' is no folder to write in (File exists)"),
        (
            ["--study", "thesis-2019", "--verdicts", "other.json"],
            "--verdicts other.json is of study 'another', not 'thesis-2019'",
        ),
        (
            ["--study", "thesis-2019", "--report", "earlier", "--again", "refuted"],
            "verdicts.json has the verdicts of study 'another', not of 'thesis-2019'; run all of hypotheses/",
        ),
        (
            ["--study", "thesis-2019", "--verdicts", "torn.json"],
            "--verdicts torn.json cannot be read as verdicts (JSONDecodeError)",
        ),
        (["--study", "thesis-2019", "--again", "refuted"], "verdicts.json cannot be read (FileNotFoundError); run all"),
        (["--update-verdicts"], "--update-verdicts needs the file: --verdicts FILE"),
        (
            ["--study", "thesis-2019", "--verdicts", "other.json", "--update-verdicts"],
            "--update-verdicts would replace it, but --verdicts other.json is of study 'another', not 'thesis-2019'",
        ),
        (
            ["--study", "thesis-2019", "--verdicts", "bare.toml", "--update-verdicts"],
            "--update-verdicts would replace it, but --verdicts bare.toml cannot be read as verdicts (JSONDecodeError)",
        ),
        (
            ["--study", "thesis-2019", "--report", "judged", "--again", "refuted"],
            "--again refuted: no claim has this verdict in judged/verdicts.json",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_input_is_one_line_and_status_four(arguments, message, quick, tmp_path):
    done = run(tmp_path, *arguments, suite=quick)

    errors = [line for line in done.output.splitlines() if line.startswith("ERROR: ")]
    assert len(errors) == 1
    assert message in errors[0]
    assert "Traceback" not in done.output
    assert "INTERNALERROR" not in done.output
    assert done.status == 4
    assert not list((tmp_path / "report").glob("*.json"))


@pytest.mark.parametrize(
    ("file", "mark", "message"),
    [
        (
            "hypotheses/test_2_own.py",
            '"X1", section="0"',
            '::test_own: expected a mark such as claim("A1", tier="core"',
        ),
        (
            "hypotheses/test_2_own.py",
            '"X1", tier="core"',
            '::test_own: expected a mark such as claim("A1", tier="core"',
        ),
        ("hypotheses/test_2_own.py", 'tier="core", section="0"', '::test_own: expected a mark such as claim("A1", '),
        (
            "hypotheses/test_2_own.py",
            '"X 1", tier="core", section="0"',
            "::test_own: 'X 1' is no identifier such as M2",
        ),
        (
            "hypotheses/test_2_own.py",
            '"X2", tier="core", section="0", expected="much"',
            "::test_own: expected='much' is not a number",
        ),
        ("hypotheses/test_2_own.py", '"X1", tier="primary", section="0"', "::test_own: tier='primary' is not one of ("),
        ("mine/test_own.py", '"X1", tier="core", section="0"', "::test_own: expected claims in hypotheses/test_*.py; "),
        ("hypotheses/own_test.py", '"X1", tier="core", section="0"', ": claims are in files such as test_6_speed.py; "),
    ],
)
@pytest.mark.parametrize("workers", [[], ["-n", "1"]], ids=["alone", "shared"])
def test_a_claim_that_no_report_could_name_is_one_line_and_status_four(file, mark, message, workers, tmp_path):
    suite = make_suite(tmp_path / "suite", QUICK)
    (suite / file).parent.mkdir(exist_ok=True)
    (suite / file).write_text(f"import pytest\n\n@pytest.mark.claim({mark})\ndef test_own(): pass\n")
    done = run(tmp_path, "--study", "trial.toml", "hypotheses", Path(file).parent, *workers, suite=suite)

    errors = [line for line in done.output.splitlines() if line.startswith("ERROR: ")]
    assert len(errors) == 1
    assert errors[0].startswith(f"ERROR: {Path(file).name if file.endswith('own_test.py') else file}{message}")
    assert "INTERNALERROR" not in done.output
    assert done.status == 4


@pytest.mark.parametrize(
    ("test", "message"),
    [
        (QUICK, "claim 'X1' is in test_1_trials.py and in test_2_own.py; give one of them an identifier of its own"),
        ("def test_own(): pass", "hypotheses/test_2_own.py::test_own: no claim; expected a mark such as claim("),
    ],
)
def test_a_test_that_is_no_claim_or_anothers_is_one_line_and_status_four(test, message, tmp_path):
    suite = make_suite(tmp_path / "suite", QUICK)
    (suite / "hypotheses" / "test_2_own.py").write_text(test)
    for chosen in ("hypotheses", "hypotheses/test_2_own.py"):
        done = run(tmp_path, "--study", "trial.toml", chosen, suite=suite)

        errors = [line for line in done.output.splitlines() if line.startswith("ERROR: ")]
        assert len(errors) == 1
        assert message in errors[0]
        assert done.status == 4


def test_python_without_assertions_is_refused(quick, tmp_path):
    done = run(tmp_path, "-W", "ignore::pytest.PytestConfigWarning", suite=quick, python=["-O"])

    assert "ERROR: python -O removes the assertions that claims are made of; run without -O" in done.output
    assert "Traceback" not in done.output
    assert done.status == 4


def test_a_selection_of_nothing_ends_with_status_five_and_creates_nothing(quick, tmp_path):
    done = run(tmp_path, "-k", "no_such_claim", suite=quick)

    assert done.status == 5
    assert list(tmp_path.iterdir()) == []
