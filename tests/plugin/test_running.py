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


@claim("Z9", premise="separated levels")
def test_its_premise_is_not_met_in_a_subtest(study, subtests):
    """Where levels differ, heights exceed a half."""
    with subtests.test():
        assert more(study["height"], CELL, than=0, by=0.5)


@claim("Z10")
@pytest.mark.parametrize("breaks", ["lost", "misspelled", "bare"])
def test_it_breaks_in_a_subtest(study, subtests, breaks):
    """Heights exceed a half."""
    assert more(study["height"], CELL, than=0, by=0.5)
    with subtests.test():
        if breaks == "lost":
            raise KeyError("lost")
        if breaks == "misspelled":
            study["heigth"]
        assert 1 == 2


@claim("Z11")
def test_the_comparison_that_decides_is_not_the_last(study):
    """Heights exceed all of these."""
    assert all([more(study["height"], CELL, than=than, by=0.5) for than in (0, 9, 1)])


@claim("Z12")
@pytest.mark.skip(reason="there is no such network here")
def test_it_is_left_out(study):
    """Heights exceed a half."""


@claim("Z12.here")
def test_it_leaves_itself_out(study):
    """Heights exceed a half."""
    pytest.skip("there is no such network here")


@claim("Z12.late")
def test_it_compares_and_leaves_itself_out(study):
    """Heights exceed nine."""
    more(study["height"], CELL, than=9, by=0.5)
    pytest.skip("better not")


@claim("Z13")
@pytest.mark.xfail(reason="it is known to fall")
def test_it_is_expected_to_fall(study):
    """Heights exceed nine."""
    assert more(study["height"], CELL, than=9, by=0.5)


@claim("Z14")
def test_it_gives_up(study):
    """   """
    pytest.fail("it is too hard")


@claim("Z15", premise="equal accuracy at {where}")
def test_its_premise_names_no_parameter(study):
    """Heights exceed a half."""
    assert more(study["height"], CELL, than=0, by=0.5)


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
    "test_its_premise_is_not_met_in_a_subtest": ("inconclusive", "premise not met: accuracy of sgd rises by 0"),
    "test_it_breaks_in_a_subtest[lost]": ("error", "KeyError: 'lost'"),
    "test_it_breaks_in_a_subtest[misspelled]": ("error", "'heigth' is no measurement; did you mean 'height'?"),
    "test_it_breaks_in_a_subtest[bare]": ("error", "asserted without a comparison that fails"),
    "test_the_comparison_that_decides_is_not_the_last": ("refuted", "lies below 0.5"),
    "test_it_is_left_out": ("not applicable", "there is no such network here"),
    "test_it_leaves_itself_out": ("not applicable", "there is no such network here"),
    "test_it_compares_and_leaves_itself_out": ("error", "compared without asserting"),
    "test_it_is_expected_to_fall": ("refuted", "lies below 0.5"),
    "test_it_gives_up": ("error", "Failed: it is too hard"),
    "test_its_premise_names_no_parameter": ("error", "names what is no parameter of the claim"),
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
