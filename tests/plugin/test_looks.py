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


def judged(tmp_path, suite, *arguments):
    """The verdict, the look and the two p of every claim of a run, and the looks that its file tells of."""
    report = run(tmp_path, *STUDY, *arguments, suite=suite).report
    rows = {row["id"]: (row, row["cases"][0]["evidence"][0]) for row in report["claims"]}
    return {name: (row["verdict"], found["look"], row) for name, (row, found) in rows.items()}, report["study"]["looks"]


def looks(found):
    return {name: look for name, (_, look, _) in found.items()}


def test_a_first_look_is_judged_as_ever_however_often_it_is_repeated(suite, tmp_path):
    for _ in range(2):
        found, told = judged(tmp_path, suite)

        assert told == [3]
        assert set(looks(found).values()) == {1}
        verdicts = [verdict for verdict, *_ in found.values()]
        assert verdicts == ["supported", "supported", "refuted", "inconclusive"]
        assert "look" not in found["X4"][2]["cases"][0]["reason"]


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "shared"])
def test_seeds_that_come_later_are_judged_at_the_level_of_a_later_look(suite, tmp_path, workers):
    first, _ = judged(tmp_path, suite)
    make_study(suite, MORE)
    again, told_again = judged(tmp_path, suite, "--again", "inconclusive", *workers)
    whole, told = judged(tmp_path, suite, *workers)

    # What was decided and would not be at this level is judged again, too.
    p = {name: min(row["p"], row["p_refuted"]) for name, (_, _, row) in first.items()}
    assert {name for name in p if TAIL_OF_LOOKS < p[name] < 0.05} == {"X2", "X3"}
    assert looks(again) == {"X2": 2, "X3": 2, "X4": 2}
    assert "look 2 at a growing number of seeds" in again["X4"][2]["cases"][0]["reason"]
    assert told_again == told == [3, 5]
    assert set(looks(whole).values()) == {2}


def test_a_look_that_was_only_at_some_claims_counts(suite, tmp_path):
    judged(tmp_path, suite)
    make_study(suite, MORE)
    judged(tmp_path, suite, "-k", "open")
    make_study(suite, (*MORE, 5.1))
    third, told = judged(tmp_path, suite)
    make_study(suite)
    fewer, _ = judged(tmp_path, suite)

    assert told == [3, 5, 6]
    assert set(looks(third).values()) == {3}
    assert set(looks(fewer).values()) == {1}


def test_verdicts_on_another_study_are_no_look_at_this_one(suite, tmp_path):
    judged(tmp_path, suite)
    make_study(suite, MORE)
    (suite / "trial.toml").rename(suite / "other.toml")
    (suite / "trial").rename(suite / "other")
    other = suite / "other.toml"
    other.write_text(other.read_text().replace('name = "trial"', 'name = "other"'))

    assert judged(tmp_path, suite, "--study", "other.toml")[1] == [5]


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "shared"])
def test_a_file_that_cannot_tell_of_looks_is_refused_before_anything_is_judged(suite, tmp_path, workers):
    judged(tmp_path, suite)
    broken = tmp_path / "report" / "verdicts.json"
    broken.write_text(broken.read_text()[:200])
    done = run(tmp_path, *STUDY, *workers, suite=suite)

    assert done.status == 4
    assert "cannot tell how often the study was judged; remove it" in " ".join(done.output.split())
    assert len(broken.read_text()) == 200
