"""Claims asked on made-up numbers say what they will ask of a study."""

import warnings

import numpy as np
import pytest
import xarray as xr

from indicators.claims import reading
from indicators.claims.evidence import Undecided
from indicators.claims.judging import VARIANT, judging
from indicators.claims.stand_in import StandIn
from indicators.claims.view import View
from indicators.errors import NotApplicable
from indicators.measures.catalog import INDICATORS
from tests.worlds.claims import claims
from tests.worlds.factors import FACTORS

READ = {(claim.theme, test.test): test.quantities for claim in reading.read() for test in claim.comparisons}


@pytest.mark.parametrize("claim", claims(), ids=str)
def test_what_a_claim_asks_is_what_its_source_names(claim):
    """Two readers that know nothing of each other: one runs the claim, one reads its text."""
    stand_in = StandIn(FACTORS)

    for case in claim.cases:
        with judging(), xr.set_options(keep_attrs=True), warnings.catch_warnings(action="ignore"):
            try:
                claim.function(View(stand_in, foreseen="needs" in claim.about), **case)
            except (Undecided, NotApplicable, AssertionError):
                continue

    named = set(READ[claim.theme, claim.test]) & set(INDICATORS)
    along = {factor: set(varied.asked) for factor, varied in stand_in.varied.items() if varied.asked}
    assert set(stand_in.asked).union(*along.values()) == named
    assert {f"{VARIANT}{factor}" for factor in along} == set(claim.needs)


@pytest.mark.parametrize("name", INDICATORS)
def test_made_up_numbers_are_within_the_bounds_of_their_row(name):
    row, stand_in = INDICATORS[name], StandIn()
    low, high = row.bounds

    ways = [stand_in.measurement(name), stand_in.by_neuron(name)]
    ways += [stand_in.untrained(name)] if row.untrained else []
    ways += [stand_in.measurement(name, images="test")] if row.held_out else []

    assert all(np.isfinite(values).all() and low <= values.min() <= values.max() <= high for values in ways)
    assert {*row.axes} <= set(ways[0].dims)
    assert ("neuron" in ways[1].dims) == (row.needs == "neuron")
    assert list(stand_in.asked) == [name]


def test_what_is_not_measured_so_is_not_made_up():
    stand_in = StandIn()

    with pytest.raises(NotApplicable, match="not measured on untrained networks"):
        stand_in.untrained("history")
    with pytest.raises(NotApplicable, match="not measured on test images"):
        stand_in.measurement("hoyer_sparsity", images="test")
    with pytest.raises(NotApplicable, match="not in the catalog"):
        stand_in.measurement("nothing")


def test_what_is_asked_of_the_networks_along_a_factor_is_noted_apart():
    stand_in = StandIn({"width": [1, 2], "depth": [5, 11]})
    view = View(stand_in)

    accuracy = view.over("width")["accuracy"]
    view.at("depth", 5)["label_information"]
    view["entropy"]

    assert accuracy["width"].values.tolist() == [1, 2]
    assert accuracy.notnull().all()
    assert list(stand_in.asked) == ["entropy"]
    assert {factor: list(varied.asked) for factor, varied in stand_in.varied.items()} == {
        "width": ["accuracy"],
        "depth": ["label_information"],
    }
    with pytest.raises(NotApplicable, match="stand-in has no variants over 'mark'"):
        view.at("mark", "class")
