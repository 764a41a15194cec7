"""Runs with ever more seeds: each later look is judged at its own level, and so is what was decided before."""

import pytest

from indicators.claims.intervals import TAIL_OF_LOOKS
from tests.plugin.suites import HEIGHTS, make_study, make_suite, run

CLAIMS = '''
import pytest

from indicators.claims.verbs import more

CELL = {"optimizer": "sgd", "level": "low"}


@pytest.mark.claim("X1", tier="core", section="0")
def test_beyond_doubt(study):
    """Heights exceed one."""
    assert more(study["height"], CELL, than=0, by=1, unit="m")


@pytest.mark.claim("X2", tier="core", section="0")
def test_barely(study):
    """Heights exceed 3.8."""
    assert more(study["height"], CELL, than=0, by=3.8, unit="m")


@pytest.mark.claim("X3", tier="core", section="0")
def test_barely_not(study):
    """Heights exceed 6.2."""
    assert more(study["height"], CELL, than=0, by=6.2, unit="m")


@pytest.mark.claim("X4", tier="core", section="0")
def test_open(study):
    """Heights exceed 4.9."""
    assert more(study["height"], CELL, than=0, by=4.9, unit="m")
'''
MORE = (*HEIGHTS, 4.75, 5.25)
STUDY = ("--study", "trial.toml")


@pytest.fixture
def suite(tmp_path):
    return make_suite(tmp_path / "suite", CLAIMS)


def found(done):
    """The verdict and the look of every claim."""
    return {row["id"]: (row["verdict"], row["cases"][0]["evidence"][0]["look"]) for row in done.report["claims"]}


def test_a_first_look_is_judged_as_ever_however_often_it_is_repeated(suite, tmp_path):
    first, again = run(tmp_path, *STUDY, suite=suite), run(tmp_path, *STUDY, suite=suite)

    assert first.report["study"]["looks"] == again.report["study"]["looks"] == [3]
    expected = {"X1": ("supported", 1), "X2": ("supported", 1), "X3": ("refuted", 1), "X4": ("inconclusive", 1)}
    assert found(first) == found(again) == expected
    assert "look" not in first.cases["test_open"]["reason"]


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "shared"])
def test_seeds_that_come_later_are_judged_at_the_level_of_a_later_look(suite, tmp_path, workers):
    first = run(tmp_path, *STUDY, suite=suite)
    make_study(suite, MORE)
    again = run(tmp_path, *STUDY, "--again", "inconclusive", *workers, suite=suite)
    whole = run(tmp_path, *STUDY, *workers, suite=suite)

    # What was decided and would not be at this level is judged again, too.
    between = {row["id"] for row in first.report["claims"] if TAIL_OF_LOOKS < min(row["p"], row["p_refuted"]) < 0.05}
    assert between == {"X2", "X3"}
    assert {name: look for name, (_, look) in found(again).items()} == {"X2": 2, "X3": 2, "X4": 2}
    assert "look 2 at a growing number of seeds" in again.cases["test_open"]["reason"]
    assert again.report["study"]["looks"] == whole.report["study"]["looks"] == [3, 5]
    assert {look for _, look in found(whole).values()} == {2}


def test_a_look_that_was_only_at_some_claims_counts(suite, tmp_path):
    run(tmp_path, *STUDY, suite=suite)
    make_study(suite, MORE)
    run(tmp_path, *STUDY, "-k", "open", suite=suite)
    make_study(suite, (*MORE, 5.1))
    third = run(tmp_path, *STUDY, suite=suite)
    make_study(suite)
    fewer = run(tmp_path, *STUDY, suite=suite)

    assert third.report["study"]["looks"] == [3, 5, 6]
    assert {look for _, look in found(third).values()} == {3}
    assert {look for _, look in found(fewer).values()} == {1}


def test_verdicts_on_another_study_are_no_look_at_this_one(suite, tmp_path):
    run(tmp_path, *STUDY, suite=suite)
    make_study(suite, MORE)
    other = suite / "trial.toml"
    other.write_text(other.read_text().replace('name = "trial"', 'name = "other"'))
    (suite / "trial").rename(suite / "other")
    done = run(tmp_path, *STUDY, suite=suite)

    assert done.report["study"]["looks"] == [5]
