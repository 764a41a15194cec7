"""`earlier`: onsets that are compared, and those that are never reached."""

import numpy as np
import pytest

from indicators.claims.verbs import earlier
from tests.claims.arrays import HIGH, RAMPS, SGD, profiles


@pytest.mark.parametrize(
    ("seeds", "verdict", "opposite"), [(1, "consistent", "contradicted"), (3, "supported", "refuted")]
)
def test_earlier_reaches_both_verdicts(seeds, verdict, opposite):
    values = profiles(RAMPS, seeds, layer=list("abcd"))

    found = earlier(values, HIGH, than={"level": "low"}, threshold=0.5, by=0.1)

    assert found.effect == pytest.approx(0.5)
    assert (found.verdict, found.unit) == (verdict, "relative depth")
    assert earlier(values, {"level": "low"}, than=HIGH, threshold=0.5, by=0.1).verdict == opposite
    assert earlier(values, along="level", threshold=0.5, by=0.1, resolution=0.01).verdict == verdict
    assert earlier(values.isel(level=slice(None, None, -1)), along="level", threshold=0.5, by=0.1).effect > 0


def test_never_reached_is_later_than_reached():
    values = profiles([[0, 0, 0, 0], [0, 0, 1.0, 1.0], [0, 1.0, 1.0, 1.0]], layer=list("abcd"))

    found = earlier(values, HIGH, than={"level": "low"}, threshold=0.5, by=0.1)

    assert found.effect == pytest.approx(1 - 0.375)
    assert earlier(values, along="level", threshold=0.5, by=0.1).verdict == "consistent"


@pytest.mark.parametrize("seeds", [1, 3])
def test_never_reached_on_both_sides_decides_nothing(seeds):
    values = profiles([[0, 0, 0], [0, 0, 0], [0, 0, 1.0]], seeds, layer=list("abc"))

    found = earlier(values, {"level": "medium"}, than={"level": "low"}, threshold=0.5, by=0.1)

    assert (found.verdict, found.seeds) == ("inconclusive", 0)
    assert f"{seeds} of {seeds} seed" in found.reason


@pytest.mark.parametrize(("seeds", "reason"), [(1, "step"), (3, "too few seeds decide the step low - medium")])
def test_a_seed_that_is_silent_in_a_step_still_has_its_say_in_the_total(seeds, reason):
    values = profiles([[0, 0, 0], [0, 0, 0], [0, 1.0, 1.0]], seeds, layer=list("abc"))

    found = earlier(values, along="level", threshold=0.5, by=0.1)

    assert (found.verdict, found.seeds) == ("inconclusive", seeds)
    assert found.effect == pytest.approx(0.5)
    assert reason in found.reason
    opposite = earlier(values.isel(level=slice(None, None, -1)).assign_coords(level=values.level), along="level",
                       threshold=0.5, by=0.1)  # fmt: skip
    assert opposite.verdict == ("contradicted" if seeds == 1 else "refuted")


def test_seeds_that_never_reach_it_are_left_out_and_three_must_remain():
    values = profiles(RAMPS, 4, layer=list("abcd")).copy()
    values[0] = 0.0

    three = earlier(values, HIGH, than={"level": "low"}, threshold=0.5, by=0.1)
    values[1] = 0.0
    two = earlier(values, HIGH, than={"level": "low"}, threshold=0.5, by=0.1)

    assert (three.verdict, three.seeds) == ("supported", 3)
    assert (two.verdict, two.seeds) == ("inconclusive", 2)
    assert two.reason == "too few seeds; 2 of 4 seeds cannot decide"


def test_a_profile_that_is_not_finite_is_an_error_and_not_a_late_onset():
    values = profiles(RAMPS, 3, layer=list("abcd")).copy()
    values.loc[{"level": "high"}] = np.nan

    for threshold in (0.5, 2.0):
        with pytest.raises(ValueError, match="not finite"):
            earlier(values, {"level": "low"}, than=HIGH, threshold=threshold, by=0.1)
    assert earlier(values, {"level": "medium"}, than={"level": "low"}, threshold=0.5, by=0.1, resolution=0.01)


@pytest.mark.parametrize("options", [{}, {"than": SGD, "along": "level"}])
def test_earlier_compares_with_one_thing(options):
    with pytest.raises(ValueError, match="exactly one"):
        earlier(profiles(RAMPS), threshold=0.5, by=0.1, **options)
