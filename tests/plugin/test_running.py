"""How claims are judged, as a user runs them, on made-up numbers."""

from collections import Counter

import pytest

from tests.plugin.suites import make_suite, run
from tests.plugin.trials import JUDGED, TRIALS


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
    # Pytest counts a failed subtest beside its test.
    assert trials.counted == Counter(trials.verdicts.values()) + Counter(failed=4)


def test_the_comparison_that_decides_is_the_one_that_is_shown(trials):
    case = trials.cases["test_the_comparison_that_decides_is_not_the_last"]

    assert case["evidence"][-1]["effect"] == pytest.approx(-4)
    assert len(case["evidence"]) == 3


def test_a_claim_without_a_sentence_has_its_name(trials):
    assert trials.cases["test_it_gives_up"]["sentence"] == "test_it_gives_up"


def test_an_error_has_no_p_and_corrects_no_other(trials):
    errors = [claim for claim in trials.report["claims"] if claim["verdict"] == "error"]

    assert errors
    assert all(claim["p"] is None and claim["adjusted_p"] is None for claim in errors)


def test_an_error_shows_where_it_happened(trials):
    assert "ERROR at call of test_it_raises" in trials.output.replace("_ ", " ")
    assert 'raise KeyError("lost")' in trials.output
    assert "ERROR at setup of test_its_fixture_fails" in trials.output.replace("_ ", " ")


def test_a_selection_without_refutation_ends_with_status_zero_and_its_cases_count_as_before(suite, trials, tmp_path):
    chosen = "it_holds or lacks or not_met or (two_cases and wdecay) or the_other_case"
    done = run(tmp_path, "--study", "trial.toml", "-k", chosen, suite=suite)

    assert len(done.cases) == 8
    assert done.cases == {name: case for name, case in trials.cases.items() if name in done.cases}
    assert done.status == 0


def test_a_refuted_claim_ends_with_status_one_even_where_it_is_expected_to_fall(suite, tmp_path):
    done = run(tmp_path, "--study", "trial.toml", "-k", "expected_to_fall", suite=suite)

    assert done.verdicts == {"test_it_is_expected_to_fall": "refuted"}
    assert done.status == 1


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "shared"])
def test_a_test_that_is_no_claim_fails_whatever_the_verdicts(tmp_path, workers):
    suite = make_suite(tmp_path / "suite", ARITHMETIC)
    (suite / "ordinary").mkdir()
    (suite / "ordinary" / "test_sums.py").write_text("def test_sums():\n    assert 1 + 1 == 3\n")
    known = ("--study", "trial.toml", "--verdicts", "known.json")
    run(tmp_path, *known, "--update-verdicts", suite=suite)

    assert run(tmp_path, *known, *workers, suite=suite).status == 0
    beside = run(tmp_path, "hypotheses", "ordinary", *known, *workers, suite=suite)
    assert beside.status == 1
    assert set(beside.verdicts.values()) == {"supported"}


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
    assert [(one["high"] - one["low"]) / 2 / t for one in found] == pytest.approx([1e-6 / 12**0.5] * 3, rel=1e-4)


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
