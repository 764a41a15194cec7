"""What a verdict bears, recomputed by asking again."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.claims.contrasts import Cells
from indicators.claims.intervals import judge
from indicators.claims.steadiness import MOST_LEFT_OUT, MOST_SEEDS
from tests.claims.arrays import contrast

PER_SEED = st.lists(st.floats(-0.4, 0.4).map(lambda x: round(x, 3)), min_size=3, max_size=7)


def asked(per_seed, steps=(), by=0.1, **options):
    return judge(contrast(*per_seed), [contrast(*step) for step in steps], by=by, unit="", **options)


@settings(deadline=None)
@given(PER_SEED, st.booleans(), st.integers(1, 3))
def test_within_its_factors_another_by_gives_the_same_verdict_and_beyond_them_another(per_seed, band, cases):
    found = asked(per_seed, band=band, cases=cases)
    least, most = found.steady.by

    inside = [least + 1e-3, (least + (most or least + 5)) / 2, (most or 1e3) - 1e-3]
    outside = [factor for factor in (least - 1e-3, most and most + 1e-3) if factor is not None and factor > 0]
    for factor in (factor for factor in inside if least < factor < (most or np.inf)):
        assert asked(per_seed, by=0.1 * factor, band=band, cases=cases).verdict == found.verdict
    for factor in outside:
        assert asked(per_seed, by=0.1 * factor, band=band, cases=cases).verdict != found.verdict


@settings(deadline=None)
@given(PER_SEED, PER_SEED, st.booleans())
def test_so_many_seeds_may_be_left_out_whichever_they_are_and_no_more(total, step, band):
    count = min(len(total), len(step))
    total, steps = total[:count], [] if band else [step[:count]]
    found = asked(total, steps, band=band)

    def all_same(left_out):
        kept = combinations(range(count), count - left_out)
        verdicts = {
            asked([total[k] for k in some], [[s[k] for k in some] for s in steps], band=band).verdict for some in kept
        }
        return verdicts == {found.verdict}

    told, most = found.steady.seeds_out, min(MOST_LEFT_OUT, count - 3)
    assert all(all_same(left_out) for left_out in range(1, told + 1))
    assert told == most or not all_same(told + 1)


def test_seeds_are_left_out_of_the_spread_of_the_cells_too():
    rng = np.random.default_rng(1)
    values = rng.normal(0, 0.1, (6, 3, 2))
    weights = np.array([[1.0, -1.0], [0, 0], [0, 0]])
    per_seed = 0.2 + (values * weights).sum((1, 2))
    values[:, 0, 0] += 0.2

    found = judge(contrast(*per_seed, cells=Cells(values, weights)), by=0.05, unit="")
    kept = [list(some) for some in combinations(range(6), 5)]
    one_less = {
        judge(contrast(*per_seed[some], cells=Cells(values[some], weights)), by=0.05, unit="").verdict for some in kept
    }

    assert (one_less == {found.verdict}) == (found.steady.seeds_out > 0)


def test_a_cell_without_a_number_tells_of_the_choices_that_leave_its_seed_out():
    values = np.random.default_rng(2).normal(0, 1.0, (6, 4, 2))
    weights = np.zeros((4, 2))
    weights[0] = 1, -1
    values[:, 0] = [[0.3 + 0.01 * k, 0.0] for k in range(6)]
    values[5, 1:, :] = np.nan  # without this seed, three noisy cells tell of the spread
    per_seed = values[:, 0, 0]

    found = judge(contrast(*per_seed, cells=Cells(values, weights)), by=0.05, unit="")
    less = judge(contrast(*per_seed[:5], cells=Cells(values[:5], weights)), by=0.05, unit="")

    assert (found.verdict, less.verdict) == ("supported", "inconclusive")
    assert found.steady.seeds_out == 0


@pytest.mark.parametrize(
    ("per_seed", "interval"),
    [
        pytest.param((0.2, 0.21, 0.22), 98, id="beyond doubt"),
        pytest.param((0.12, 0.15, 0.18), 90, id="just so"),  # t = 2.89 at 90 %, and 4.3 would be needed at 95 %
        pytest.param((0.09, 0.1, 0.11), 98, id="open stays open"),
    ],
)
def test_wider_intervals(per_seed, interval):
    by = {90: 0.098}.get(interval, 0.1)

    assert asked(per_seed, by=by).steady.interval == interval


def test_of_what_is_open_it_says_how_many_seeds_would_decide():
    # mean 0.12, spread 0.04: 0.02 are exceeded once t(0.95, n - 1) x 0.04 / sqrt(n) < 0.02, at n = 13
    found = asked((0.08, 0.12, 0.16))

    assert found.verdict == "inconclusive"
    assert found.steady.seeds_needed == 13
    repeated = np.array([0.12 + 0.04 * z for z in (np.arange(13) - 6) / np.std(np.arange(13) - 6, ddof=1)])
    assert asked(repeated).verdict == "supported"
    assert asked((0.1, 0.1, 0.1), by=0.1).steady.seeds_needed is None
    assert asked((0.2, 0.21, 0.22)).steady.seeds_needed is None
    assert MOST_SEEDS >= 100


def test_one_seed_tells_nothing_of_steadiness():
    assert asked((0.2,)).steady is None


def test_where_any_effect_counts_there_is_no_factor():
    assert asked((0.2, 0.21, 0.22), by=0.0).steady.by is None


def test_of_very_many_seeds_it_is_told_without_trying_every_choice():
    found = asked(np.random.default_rng(0).normal(0.2, 0.05, 1000))

    assert (found.verdict, found.steady.seeds_out) == ("supported", 1)
