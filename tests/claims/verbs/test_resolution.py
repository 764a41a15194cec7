"""No contrast is surer than the resolution of its measurement."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicators.claims.profiles import onset
from indicators.claims.verbs import earlier, falls, less, more, rises, same
from tests.claims.arrays import SGD, SGD_HIGH, cells, noise, profiles, shifted, standard_error


def three_equal_seeds(resolution):
    rows = [[0.1, 0.2, 0.4], [0.2, 0.3, 0.6], [0.3, 0.1, 0.8]]
    return cells([rows] * 3).assign_attrs(resolution=resolution)


@pytest.mark.parametrize(
    "compare",
    [
        pytest.param(lambda values: more(values, SGD_HIGH, than={"level": "low"}, by=0.1), id="more"),
        pytest.param(lambda values: less(values, SGD_HIGH, than={"optimizer": "layca"}, by=0.1), id="less"),
        pytest.param(lambda values: same(values, SGD_HIGH, as_={"level": "low"}, within=0.1), id="same"),
        pytest.param(lambda values: rises(values, "level", SGD, by=0.1), id="rises"),
        pytest.param(lambda values: falls(values, "level", SGD, by=0.1), id="falls"),
    ],
)
def test_equal_seeds_are_as_sure_as_the_resolution_that_the_measurement_states(compare):
    # Two numbers are compared, each rounded to so much.
    assert standard_error(compare(three_equal_seeds(0.02))) == pytest.approx(0.02 / np.sqrt(6))
    assert standard_error(compare(three_equal_seeds(0.03))) == pytest.approx(0.03 / np.sqrt(6))


def test_a_stated_resolution_yields_to_the_one_that_is_given():
    assert standard_error(more(three_equal_seeds(0.02), SGD_HIGH, than=0, by=0, resolution=0.6)) == pytest.approx(
        0.6 / np.sqrt(12)
    )


def test_onsets_of_equal_seeds_are_as_sure_as_half_a_layer():
    heights = [[0, 0, 0, 1], [0, 0, 1, 1], [0, 1, 1, 1]]  # low to high, at depths 1/4 to 1
    profile = profiles([heights], seeds=3).assign_attrs(resolution=1e-6)

    depth, _ = onset(profile, 0.5)
    assert depth.attrs == {"resolution": 0.125}
    assert standard_error(earlier(profile, SGD, along="level", threshold=0.5, by=0.05)) == pytest.approx(
        0.125 / np.sqrt(6)
    )
    assert standard_error(falls(depth, "level", SGD, by=0.05)) == pytest.approx(0.125 / np.sqrt(6))
    uneven = profile.assign_coords(depth=("layer", [0.3, 0.5, 0.9, 1.0]))
    assert onset(uneven, 0.5)[0].attrs["resolution"] == pytest.approx(0.05)
    assert profile.attrs == {"resolution": 1e-6}


def test_a_coarse_measurement_is_never_surer_than_its_resolution():
    values = shifted(0.1)

    assert more(values, SGD_HIGH, than={"level": "low"}, by=0.05).verdict == "supported"
    assert more(values, SGD_HIGH, than={"level": "low"}, by=0.05, resolution=0.1).verdict == "inconclusive"
    assert standard_error(more(values, SGD_HIGH, than=0, by=0, resolution=0.6)) == pytest.approx(
        0.6 / np.sqrt(12), rel=1e-3
    )


@given(st.floats(0, 3), st.floats(0, 3))
def test_the_error_grows_with_the_resolution_and_never_jumps(one, other):
    values = cells(noise(10, spread=1.0))
    found = [standard_error(more(values, SGD_HIGH, than={"level": "low"}, by=0, resolution=r)) for r in (one, other)]

    assert abs(found[0] - found[1]) <= abs(one - other) / np.sqrt(6) + 1e-9
    assert (found[0] - found[1]) * (one - other) >= -1e-9
