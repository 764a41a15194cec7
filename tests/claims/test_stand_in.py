"""Claims asked on made-up numbers say what they will ask of a study."""

import warnings

import numpy as np
import pytest
import xarray as xr

from indicators.claims import reading
from indicators.claims.evidence import Undecided
from indicators.claims.judging import judging
from indicators.claims.stand_in import StandIn
from indicators.claims.view import View
from indicators.errors import NotApplicable
from indicators.measures.catalog import INDICATORS
from tests.worlds.claims import claims

READ = {(claim.theme, test.test): test.quantities for claim in reading.read() for test in claim.comparisons}


@pytest.mark.parametrize("claim", claims(), ids=str)
def test_what_a_claim_asks_is_what_its_source_names(claim):
    """Two readers that know nothing of each other: one runs the claim, one reads its text."""
    stand_in = StandIn()

    for case in claim.cases:
        with judging(), xr.set_options(keep_attrs=True), warnings.catch_warnings(action="ignore"):
            try:
                claim.function(View(stand_in, foreseen="needs" in claim.about), **case)
            except (Undecided, NotApplicable, AssertionError):
                continue

    named = set(READ[claim.theme, claim.test]) & set(INDICATORS)
    # What no study has ends a claim before it asks for the rest.
    assert set(stand_in.asked) <= named if "needs" in claim.about else set(stand_in.asked) == named


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
