from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from indicators.measures.curves import first_crossing

places = st.sets(st.integers(0, 1000), min_size=1, max_size=9).map(lambda found: np.array(sorted(found)) / 1000)
heights = st.floats(-100, 100) | st.sampled_from([-1.0, 0.0, 0.5, 1.0])
curves = places.flatmap(lambda at: st.tuples(st.just(at), arrays(float, (2, 3, len(at)), elements=heights)))


def rising(at, curve, level):
    return first_crossing(at, curve, level, curve > np.asarray(level)[..., None])


def falling(at, curve, level):
    return first_crossing(at, curve, level, curve <= np.asarray(level)[..., None])


def walked(at, curve, is_beyond, level):
    """Where a walk along the curve, in fractions, meets the level for the first time; None where it does not."""
    at, curve, level = [Fraction(x) for x in at], [Fraction(y) for y in curve], Fraction(level)
    if is_beyond(curve[0], level):
        return at[0]
    for left, right, low, high in zip(at, at[1:], curve, curve[1:], strict=False):
        if is_beyond(high, level):
            return left + (right - left) * (level - low) / (high - low)
    return None


@pytest.mark.parametrize(
    ("curve", "crosses_upward", "crosses_downward"),
    [
        pytest.param([0.0, 0.0, 1.0, 1.0], 4.0, 0.0, id="between two places"),
        pytest.param([0.0, 0.5, 1.0, 1.0], 2.0, 0.0, id="at a place"),
        pytest.param([1.0, 0.0, 0.0, 1.0], 0.0, 1.0, id="from the start"),
        pytest.param([0.0, 1.0, 0.0, 1.0], 1.0, 0.0, id="twice"),
        pytest.param([0.0, 0.5, 0.5, 0.5], np.nan, 0.0, id="up to the level and not beyond"),
        pytest.param([1.0, 0.5, 1.0, 1.0], 0.0, 2.0, id="down to the level"),
        pytest.param([1.0, 1.0, 1.0, 1.0], 0.0, np.nan, id="never"),
    ],
)
def test_first_crossings_by_hand(curve, crosses_upward, crosses_downward):
    at, curve = np.array([0.0, 2.0, 6.0, 7.0]), np.array(curve)

    assert rising(at, curve, 0.5) == pytest.approx(crosses_upward, nan_ok=True)
    assert falling(at, curve, 0.5) == pytest.approx(crosses_downward, nan_ok=True)


@given(curves, heights)
def test_a_first_crossing_is_where_a_walk_along_the_curve_meets_the_level(curve, level):
    at, rows = curve

    for find, is_beyond in ((rising, lambda y, goal: y > goal), (falling, lambda y, goal: y <= goal)):
        met = [[walked(at, row, is_beyond, level) for row in block] for block in rows]
        expected = [[np.nan if place is None else float(place) for place in block] for block in met]
        np.testing.assert_allclose(find(at, rows, level), expected, rtol=0, atol=1e-12)


@given(curves, arrays(float, (2, 3), elements=heights))
def test_every_curve_has_its_own_level(curve, levels):
    at, rows = curve
    together = rising(at, rows, levels)

    one_by_one = [
        [rising(at, row, level) for row, level in zip(*pair, strict=True)] for pair in zip(rows, levels, strict=True)
    ]
    np.testing.assert_array_equal(together, one_by_one)


@given(curves, heights)
def test_a_curve_upside_down_crosses_at_the_same_places(curve, level):
    at, rows = curve

    down = first_crossing(at, rows, level, rows < level)

    np.testing.assert_array_equal(rising(at, -rows, -level), down)
