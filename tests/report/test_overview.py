"""What the report says of every claim: rows from documents of verdicts, one or several."""

import json
from pathlib import Path

import pytest

from indicators.claims import reading
from indicators.errors import InputError
from indicators.report import overview
from tests.report.judged import EVIDENCE, case, document

ROOT = Path(__file__).parents[2]


def test_the_effect_of_another_study_stands_beside_each_case(tmp_path):
    other = document(tmp_path, case(evidence=[EVIDENCE | {"effect": 0.5}]), name="other")
    (row,) = overview.claim_rows(document(tmp_path, case()), [other])

    assert row.cases[0].elsewhere == "+0.5 (supported)"


def test_an_effect_stands_where_its_multiple_of_what_counts_is():
    (tick,) = (at for label, at in overview.ticks() if label == "0")

    assert tick == 50
    assert overview.place(1) - 50 == pytest.approx(50 - overview.place(-1))
    assert overview.place(30) == overview.place(1000) == 100


def test_a_reason_says_of_how_many_seeds_if_not_of_all(tmp_path):
    all_of_them, fewer = ([EVIDENCE | {"seeds": seeds}] for seeds in (10, 8))

    rows = overview.claim_rows(document(tmp_path, case(evidence=all_of_them), case("A5", evidence=fewer), seeds=10))

    assert ["8 of 10 seeds" in row.why for row in rows] == [False, True]
    assert rows[1].cases[0].reason.endswith("; 8 of 10 seeds")


def test_a_sameness_has_a_band_and_no_expected_sign(tmp_path):
    tests = [claim for claim in reading.read() if claim.comparisons[0].verb == "same"]
    claim = tests[0]
    judged = case(claim.id, test=f"hypotheses/{claim.file}::{claim.comparisons[0].test}", expected=0.01)
    (row,) = overview.claim_rows(document(tmp_path, judged), tests=tests)

    assert row.decisive.bar.band
    assert row.decisive.bar.expected is None
    assert row.tests == ((f"hypotheses/{claim.file}", claim.comparisons[0].line),)


def test_the_reason_goes_without_the_list_of_what_there_is_instead(tmp_path):
    absent = case(verdict="not applicable", evidence=[], reason="mine does not record 'x'; it records y, z")
    (row,) = overview.claim_rows(document(tmp_path, absent))

    assert row.why == "mine does not record 'x'"


@pytest.mark.parametrize("name", ["thesis-2019", "cifar10-mini-recorded"])
def test_the_verdicts_that_are_shipped_are_those_that_are_held(name):
    document = overview.read_document(overview.find_document(name))
    held = json.loads((ROOT / f"hypotheses/{name}.json").read_text(encoding="utf-8"))

    assert document["study"]["name"] == name
    assert document["complete"]
    assert {row["id"]: row["verdict"] for row in document["claims"]} == held["verdicts"]


def test_what_cannot_be_compared_is_named():
    with pytest.raises(InputError, match=r"compare='heights' is neither .* \(cifar10-mini-recorded, .*thesis-2019\)"):
        overview.find_document("heights")


def test_verdicts_of_a_study_of_ones_own_are_not_shipped(tmp_path, monkeypatch):
    monkeypatch.setattr(overview, "STUDIES", tmp_path)
    (tmp_path / "verdicts.json").write_text("{}")
    (tmp_path / "known.toml").touch()

    overview.ship(tmp_path / "verdicts.json", "mine")
    overview.ship(tmp_path / "verdicts.json", "known")

    assert [path.name for path in tmp_path.glob("*.gz")] == ["known.verdicts.json.gz"]


@pytest.mark.parametrize("content", ["{}", "not JSON", '{"format": 2}'])
def test_a_file_that_holds_no_verdicts_is_refused(tmp_path, content):
    path = tmp_path / "verdicts.json"
    path.write_text(content)

    with pytest.raises(InputError, match="holds no verdicts"):
        overview.read_document(path)


def test_a_file_that_is_not_there_says_how_to_make_it(tmp_path):
    with pytest.raises(InputError, match="run pytest hypotheses/ first"):
        overview.read_document(tmp_path / "verdicts.json")


def test_claims_of_other_people_are_not_set_beside_those_whose_identifier_they_have(tmp_path):
    mine = document(tmp_path, case("A3", test="claims/test_9_mine.py::test_something"))
    thesis = document(tmp_path, case("A3", "refuted"), name="thesis-2019")
    again = document(tmp_path, case("A3", "refuted", test="elsewhere/test_9_mine.py::test_other"), name="again")

    (row,) = overview.claim_rows(mine, [thesis, again])

    assert dict(row.by_study) == {"mine": "supported", "again": "refuted"}


@pytest.mark.parametrize("band", [True, False])
def test_a_comparison_says_itself_whether_what_counts_is_a_band(tmp_path, band):
    found = document(tmp_path, case(evidence=[EVIDENCE | {"band": band}]))

    (row,) = overview.claim_rows(found)

    assert row.decisive.bar.band is band
