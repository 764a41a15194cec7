"""What the networks of a study were given: against numbers worked out apart, and as the report shows it."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from indicators.errors import NotApplicable
from indicators.measures.weights import cosine_distance, norm_ratio
from indicators.report import overview, page, treatment
from indicators.report.treatment import DOES_NOT_APPLY, NETWORKS
from indicators.sources.published import published_at
from indicators.sources.stored import Measurements
from indicators.specs import DataSpec, Recipe
from indicators.specs.files import STUDIES, load_study
from indicators.store import Store
from tests.report.judged import Page, case, document, html
from tests.report.made_up import Study, array

NAMES = [
    "rotation",
    "initial weights left",
    "dose of the penalty",
    "sum of the angles",
    "epochs",
    "training error",
]


@pytest.fixture(scope="module")
def studies(thesis):
    return {
        "thesis": thesis,
        "quarter": published_at(STUDIES / "cifar10-quarter-recorded.toml"),
        "mini": published_at(STUDIES / "cifar10-mini-recorded.toml"),
    }


@pytest.fixture(scope="module")
def given(studies):
    return treatment.treatment(list(studies.values()))


def at_high(values, *optimizers):
    return values.sel(optimizer=list(optimizers), level="high").mean("seed").values


# Worked out apart from this code, in the audit of the first release.


@pytest.mark.parametrize(
    ("study", "turned"),
    [("thesis", [0.46, 0.96, 0.98]), ("quarter", [0.26, 0.32, 0.33]), ("mini", [0.32, 0.11, 0.14])],
)
def test_weights_turned_as_far_as_was_found_apart(studies, study, turned):
    rotation = treatment.rotation(studies[study])

    assert at_high(rotation, "sgd", "wdecay", "layca") == pytest.approx(turned, abs=0.005)


@pytest.mark.parametrize(("study", "dose", "angle"), [("thesis", 6.0, 124), ("quarter", 0.49, 14), ("mini", 0.2, 3.4)])
def test_doses_and_angles_are_those_that_were_found_apart(studies, study, dose, angle):
    assert at_high(treatment.dose(studies[study]), "wdecay") == pytest.approx(dose, rel=0.02)
    assert at_high(treatment.angles(studies[study]), "layca") == pytest.approx(angle, rel=0.01)


def test_what_is_left_of_the_weights_is_near_what_the_dose_alone_would_leave(studies):
    left = at_high(treatment.share_left(studies["mini"]), "wdecay")
    (dose,) = at_high(treatment.dose(studies["mini"]), "wdecay")

    assert 0.82 <= left <= 0.87
    assert np.exp(-dose) == pytest.approx(0.82, abs=0.005)
    assert at_high(treatment.share_left(studies["thesis"]), "wdecay") < 0.02


# By hand


def test_the_share_left_is_the_part_along_the_initial_weights():
    start, end = np.array([2.0, 0.0]), np.array([0.5, 7.0])
    layers = {"layer": ["Conv1", "Dense1"]}
    study = Study(
        cosine_distance=0 * array(**layers) + xr.DataArray([cosine_distance(start, end), 0], dims="layer"),
        norm_ratio=0 * array(**layers) + xr.DataArray([norm_ratio(start, end), 2], dims="layer"),
    )

    assert treatment.share_left(study).values == pytest.approx((0.25 + 0.5) / 2)


def test_layers_that_started_or_ended_at_zero_are_left_out_of_the_share():
    study = Study(
        cosine_distance=0 * array(layer=["Conv1", "Conv2", "Dense1"]) + 0.5,
        norm_ratio=0 * array(layer=["Conv1", "Conv2", "Dense1"]) + xr.DataArray([0, np.nan, 1], dims="layer"),
    )

    assert treatment.share_left(study).values == pytest.approx(0.5)


def test_doses_and_angles_add_up_over_updates(thesis):
    rates = thesis.measurement("history").sel(seed=0, quantity="learning_rate", level="medium")
    study = replace(thesis, recipe=Recipe(l2=0.01, momentum=0.5, batch_size=100), data=DataSpec(train=250))

    dose = treatment.dose(study).sel(seed=0, level="medium")
    angle = treatment.angles(study).sel(seed=0, level="medium")

    assert dose.values == pytest.approx(3 * 2 * 0.01 * np.nansum(rates.sel(optimizer="wdecay")) / 0.5)
    assert angle.values == pytest.approx(3 * np.nansum(np.arctan(rates.sel(optimizer="layca").values)))


def test_a_decay_apart_from_the_loss_leaves_what_the_dose_says(thesis):
    rates = thesis.measurement("history").sel(seed=0, quantity="learning_rate", optimizer="wdecay", level="high")
    recipe = Recipe(l2=0, decay=0.001, decay_by_rate=0.0005, batch_size=100)
    study = replace(thesis, recipe=recipe, data=DataSpec(train=250))

    dose = treatment.dose(study).sel(seed=0, level="high").item()

    assert np.exp(-dose) == pytest.approx(np.prod([(1 - 0.001 - 0.0005 * rate) ** 3 for rate in rates[:20].values]))


def test_every_study_that_was_trained_says_how(tmp_path, studies):
    trained = load_study("cifar10-quarter")
    kept = Measurements(trained, Store(tmp_path))

    assert treatment._settings(kept) == (trained.recipe, trained.data)
    assert treatment._settings(studies["quarter"]) == (trained.recipe, trained.data)
    assert treatment._settings(studies["thesis"]) == (Recipe(), DataSpec())


# All together


def test_each_thing_has_a_row_per_study_and_a_number_per_network(given):
    assert [one.name for one in given] == NAMES
    for one in given:
        assert [name for name, _ in one.rows] == ["thesis-2019", "cifar10-quarter-recorded", "cifar10-mini-recorded"]
        assert all(len(row) == len(NETWORKS) for _, row in one.rows)


def test_an_optimizer_has_a_dash_where_it_does_no_such_thing(given):
    by_name = {one.name: dict(one.rows) for one in given}

    for name, optimizer in (("dose of the penalty", "wdecay"), ("sum of the angles", "layca")):
        row = by_name[name]["thesis-2019"]
        assert [number is DOES_NOT_APPLY for number in row] == [one != optimizer for one, _ in NETWORKS]
    assert by_name["epochs"]["thesis-2019"] == (8, 8, 20, 9, 9, 20, 8, 9, 25)
    assert by_name["training error"]["thesis-2019"][2] == pytest.approx(100 * (1 - 0.9913))


def test_what_a_study_does_not_say_is_empty(thesis):
    silent = replace(thesis, recipe=None)
    with pytest.raises(NotApplicable, match="does not say how its networks were trained"):
        treatment.dose(silent)

    one, two = (dict(given.rows) for given in treatment.treatment([replace(silent, name="silent"), thesis])[2:4])

    assert set(one["silent"]) == set(two["silent"]) == {None}
    assert one["thesis-2019"][5] == pytest.approx(6.0, abs=0.01)


def test_what_no_study_knows_is_left_out():
    distances = array(layer=["Conv1", "Dense1"])
    first = distances.where(distances["optimizer"] != "sgd")

    (one,) = treatment.treatment([Study(cosine_distance=first)])

    assert one.name == "rotation"
    assert dict(one.rows)["three"][:4] == (None, None, None, pytest.approx(float(first[:, 1, 0].mean())))
    assert treatment.treatment([Study()]) == ()


def test_the_page_and_the_summary_begin_with_it(tmp_path, given):
    found = document(tmp_path, case())
    shown = Page(html(found, given=given))
    table = shown.one("table", **{"class": "numbers given"})["text"]
    summary = page.to_markdown(found, overview.claim_rows(found), given=given)

    assert shown.elements.index(shown.one("section", id="given")) < shown.elements.index(
        shown.one("section", id="glance")
    )
    assert shown.all("a", href="#given")
    assert all(name.capitalize() in table for name in NAMES)
    assert "cifar10-mini-recorded0.004980.01810.322" in table
    assert "| | study | sgd low | sgd medium |" in summary
    assert "| thesis-2019 | - | - | - | 0.0394 | 0.138 | 6 | - | - | - |" in summary
    assert summary.index("### What was given") < summary.index("1 supported</summary>")


def test_unknown_numbers_are_empty_cells(tmp_path, thesis):
    found = document(tmp_path, case())
    given = treatment.treatment([replace(thesis, recipe=None, name="silent"), thesis])

    summary = page.to_markdown(found, overview.claim_rows(found), given=given)

    assert f"| silent |{'  |' * 9}\n" in summary
    assert "None" not in summary
    assert "None" not in Page(html(found, given=given)).one("table", **{"class": "numbers given"})["text"]


def test_without_any_of_it_there_is_no_such_part(tmp_path):
    found = document(tmp_path, case())

    assert 'id="given"' not in html(found)
    assert "What was given" not in page.to_markdown(found, overview.claim_rows(found))
