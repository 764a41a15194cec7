"""What a run of the thesis's claims on the thesis's numbers ends with."""

import json
import re
import xml.etree.ElementTree as ET
from collections import Counter

import pytest

from tests.plugin.suites import run

LETTERS = {
    "c": "consistent", "C": "contradicted", "s": "supported", "R": "refuted",
    "i": "inconclusive", "n": "not applicable", "E": "error",
}  # fmt: skip

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
    # A study of one network each has no interval, and so no look at a growing number of seeds.
    assert alone.report["study"] == {"name": "thesis-2019", "scale": "full", "seeds": 1, "looks": []}
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
    # Of W3, which is contradicted in its first layers, only consistent cases: no verdict on the claim.
    one, other = "weights_shrink and under_weight_decay", "the_changes_spread_alike and central"
    done = run(tmp_path, "--study", "thesis-2019", "-k", f"{one} or {other}", "--verdicts", tmp_path / "expected.json")

    assert expected["verdicts"]["W3"] == "contradicted"
    assert set(done.verdicts.values()) == {"consistent"}
    differences = [line for line in done.output.splitlines() if line.startswith("differs from")]
    assert differences == [f"differs from {tmp_path / 'expected.json'}: W16: contradicted became consistent"]
    assert done.status == 1
    assert any(re.match(r"W3 .* 3/3 of 12 ", line) for line in done.table)


def test_claims_are_selected_by_their_ids(tmp_path):
    done = run(tmp_path, "--collect-only", "-q", "-k", "A26.living", "--study", "thesis-2019")

    selected = {re.split(r"::|\[", line)[1] for line in done.output.splitlines() if "::" in line}
    assert selected == {"test_living_neurons_of_last_layers_know_more_of_the_labels_in_better_recipes"}


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
