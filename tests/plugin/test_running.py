"""How claims are judged, on made-up numbers: three seeds, heights 4.5, 5 and 5.5 wherever one looks."""

from collections import Counter

import pytest

from tests.plugin.suites import make_suite, run

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


@pytest.fixture
def lacking(study):
    return study["never_active"]


@claim("Z1")
def test_its_fixture_lacks_a_measurement(lacking):
    """Dead neurons exceed a half."""
    assert more(lacking, CELL, than=0, by=0.5)


@pytest.fixture
def unmet(study):
    return study["height"]


@claim("Z2", premise="separated levels")
def test_the_premise_of_its_fixture_is_not_met(unmet):
    """Where levels differ, heights exceed a half."""
    assert more(unmet, CELL, than=0, by=0.5)


@claim("Z3")
def test_what_counts_is_computed(study):
    """Heights exceed a half."""
    half = 0.25
    assert more(study["height"], CELL, than=0, by=2 * half)


@claim("Z4")
@pytest.mark.parametrize(argnames="than", argvalues=[0, 9])
def test_its_parameters_have_names(study, than):
    """Heights exceed some."""
    assert more(study["height"], CELL, than=than, by=0.5)


@claim("Z5")
def test_all_its_subtests_hold(study, subtests):
    """Heights exceed all of these."""
    for than in (0, 1):
        with subtests.test(than=than):
            assert more(study["height"], CELL, than=than, by=0.5)


@claim("Z6")
def test_one_of_its_subtests_falls(study, subtests):
    """Heights exceed all of these."""
    for than in (0, 9, 1):
        with subtests.test(than=than):
            assert more(study["height"], CELL, than=than, by=0.5)


@claim("Z7")
def test_one_of_its_subtests_is_open(study, subtests):
    """Heights exceed all of these."""
    for than in (0, 4.5, 1):
        with subtests.test(than=than):
            assert more(study["height"], CELL, than=than, by=0.5)


@claim("Z8")
def test_it_asserts_the_contrary(study):
    """Heights do not exceed nine."""
    assert not more(study["height"], CELL, than=9, by=0.5)


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
    "test_its_fixture_lacks_a_measurement": ("not applicable", "trial does not record 'never_active'"),
    "test_the_premise_of_its_fixture_is_not_met": ("inconclusive", "premise not met: accuracy of sgd rises by 0"),
    "test_what_counts_is_computed": ("supported", "lies above 0.5"),
    "test_its_parameters_have_names[0]": ("supported", "lies above 0.5"),
    "test_its_parameters_have_names[9]": ("refuted", "lies below 0.5"),
    "test_all_its_subtests_hold": ("supported", "lies above 0.5"),
    "test_one_of_its_subtests_falls": ("refuted", "lies below 0.5"),
    "test_one_of_its_subtests_is_open": ("inconclusive", "includes 0.5"),
    "test_it_asserts_the_contrary": ("error", "compared without asserting"),
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
    # Pytest counts a failed subtest beside its test.
    assert trials.counted == Counter(trials.verdicts.values()) + Counter(failed=1)


def test_an_error_shows_where_it_happened(trials):
    assert "ERROR at call of test_it_raises" in trials.output.replace("_ ", " ")
    assert 'raise KeyError("lost")' in trials.output
    assert "ERROR at setup of test_its_fixture_fails" in trials.output.replace("_ ", " ")


def test_a_selection_without_refutation_ends_with_status_zero_and_its_cases_count_as_before(suite, trials, tmp_path):
    chosen = "it_holds or lacks or not_met or (two_cases and wdecay) or the_other_case"
    done = run(tmp_path, "--study", "trial.toml", "-k", chosen, suite=suite)

    assert len(done.cases) == 7
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
