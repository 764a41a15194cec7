"""Figures that a study fills, and those that it cannot fill, with the reason."""

import numpy as np

from indicators.errors import InputError
from indicators.report.figures.filling import fill, fill_all
from indicators.report.figures.panels import Missing
from indicators.report.figures.thesis import FIGURES
from tests.report.made_up import LAYERS, Study, array, row


def test_a_measurement_that_the_study_lacks_is_missing_with_the_reason():
    found = fill(row("8.2"), Study())

    assert isinstance(found, Missing)
    assert found.reason == "three does not record 'pairwise_nmi'"


def test_a_measurement_that_is_not_made_yet_is_missing_and_says_how_to_make_it():
    class Unmeasured(Study):
        def measurement(self, name):
            raise InputError(f"{name} is not measured in /home/me/store/x.nc; run `indicators measure --study three`")

    reason = fill(row("8.2"), Unmeasured()).reason
    assert reason == "pairwise_nmi is not measured in x.nc; run `indicators measure --study three`"


def test_a_measurement_without_any_number_is_missing_and_not_an_empty_picture():
    assert isinstance(fill(row("8.2"), Study(pairwise_nmi=array(layer=list(LAYERS)) * np.nan)), Missing)


def test_the_thesis_fills_what_it_recorded(thesis):
    filled = fill_all(thesis)

    assert [found.figure for found in filled] == list(FIGURES)
    assert {found.figure.number for found in filled if isinstance(found, Missing)} == {
        "A.1-A.10", "A.11-A.14", *(f"7.{n}" for n in (1, 2, 3, 4, 5, 6, 8, 9, 10)),
    }  # fmt: skip
