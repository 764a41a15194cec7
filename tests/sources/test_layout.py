"""Names of stored measurements never change: whoever changes one makes what others have measured unknown."""

import numpy as np
import pytest
import xarray as xr

from indicators.measures.catalog import INDICATORS
from indicators.measures.row import TEST_IMAGES, TRAINED, UNTRAINED, UNTRAINED_ESTIMATED
from indicators.sources.layout import END, State, file_name, from_bytes, state_of, to_bytes
from indicators.specs import MeasuringSpec


@pytest.mark.parametrize(
    ("way", "epoch", "name"),
    [
        (TRAINED, None, ""),
        (TRAINED, 7, ".epoch-0007"),
        (TEST_IMAGES, None, ".test"),
        (TEST_IMAGES, 12, ".epoch-0012.test"),
        (UNTRAINED, None, ""),
        (UNTRAINED_ESTIMATED, None, ".estimated"),
        (UNTRAINED_ESTIMATED, 7, ".estimated"),
    ],
)
def test_a_file_is_named_after_the_row_its_settings_and_the_state_of_the_network(way, epoch, name):
    row = INDICATORS["never_active"]

    assert file_name(row, MeasuringSpec(), state_of(way, epoch)) == f"never_active.v{row.version}.9798a8d0{name}.nc"


def test_the_end_is_what_is_measured_unless_told():
    assert state_of(TRAINED) == state_of(UNTRAINED) == State() == END


def test_a_measurement_is_read_back_with_what_its_row_says_of_it():
    row = INDICATORS["norm_ratio"]
    values = xr.DataArray(np.array([0.1, np.nan]), {"layer": ["Conv1", "Dense1"]}, ("layer",))

    read = from_bytes(to_bytes(row, values))

    np.testing.assert_array_equal(read, values)
    assert read.layer.values.tolist() == ["Conv1", "Dense1"]
    assert (read.name, read.attrs["unit"], read.attrs["version"]) == ("norm_ratio", row.unit, row.version)
