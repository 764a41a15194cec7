"""Laws that verbs obey whatever the numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from indicators.claims.verbs import falls, less, more, rises, same
from tests.claims.arrays import HIGH, SGD, SGD_HIGH, alike, cells

brief = settings(max_examples=40, deadline=None)  # a busy machine is no failure
tables = arrays(float, (4, 3, 3), elements=st.integers(-1000, 1000).map(lambda x: x / 1000)).filter(np.any)


@brief
@given(tables, st.floats(0, 0.5))
def test_less_is_more_seen_from_the_other_side(table, by):
    values = cells(table)
    other = {"optimizer": "layca"}

    ours, theirs = less(values, SGD_HIGH, than=other, by=by), more(values, SGD_HIGH | other, than=SGD, by=by)
    mirrored = more(-values, SGD_HIGH, than=other, by=by)

    assert alike(ours, theirs)
    assert alike(ours, mirrored)
    assert ours.verdict == theirs.verdict == mirrored.verdict


@brief
@given(tables, st.floats(0, 0.5))
def test_falls_is_rises_upside_down(table, by):
    down, up = falls(cells(table), "level", by=by), rises(-cells(table), "level", by=by)

    assert alike(down, up)
    assert down.verdict == up.verdict


@brief
@given(tables, st.floats(-10, 10))
def test_a_common_shift_changes_nothing(table, shift):
    before, after = (rises(cells(table + added), "level", SGD, by=0.1) for added in (0, shift))

    assert [after.effect, after.low, after.high] == pytest.approx([before.effect, before.low, before.high], abs=1e-6)


@brief
@given(tables, st.floats(0.01, 100), st.floats(0, 0.5))
def test_another_unit_scales_the_effect_and_keeps_the_verdict(table, scale, by):
    before = more(cells(table), SGD_HIGH, than={"level": "low"}, by=by)
    after = more(cells(table) * scale, SGD_HIGH, than={"level": "low"}, by=by * scale)

    assert [after.effect, after.low, after.high] == pytest.approx(
        [scale * x for x in (before.effect, before.low, before.high)], rel=1e-6, abs=1e-9 * scale
    )
    if min(abs(before.low - by), abs(before.high - by)) > 1e-6:
        assert after.verdict == before.verdict


@brief
@given(tables, st.permutations(range(4)))
def test_the_order_of_the_seeds_changes_nothing(table, order):
    before, after = (same(cells(table[k]), SGD, as_=HIGH, within=0.2) for k in ([0, 1, 2, 3], order))

    assert [after.effect, after.low, after.high] == pytest.approx([before.effect, before.low, before.high], abs=1e-12)


@brief
@given(tables, st.floats(0.001, 0.5))
def test_verdicts_agree_with_their_interval(table, by):
    found = more(cells(table), SGD_HIGH, than={"level": "low"}, by=by)

    expected = "supported" if found.low > by else "refuted" if found.high < by else "inconclusive"
    assert found.verdict == expected
    assert (found.p < 0.05) == (found.low > by)
