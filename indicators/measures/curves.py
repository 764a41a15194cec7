"""Curves that are known at some places and run straight from each to the next."""

from __future__ import annotations

import numpy as np

from indicators.measures.arrays import Bools, Floats


def first_crossing(places: Floats, heights: Floats, level: Floats | float, beyond: Bools) -> Floats:
    """Place at which a curve first crosses a level, on the straight line to the first height beyond it.

    The first place where the curve starts beyond the level; NaN where it never gets beyond. What it does after its
    first crossing is ignored. `beyond` says which heights are: `heights > level` where it rises to more than the
    level, `heights <= level` where it falls to it.

    places: (n,) ascending; heights, beyond: (..., n); level: broadcast against the leading axes; one place for each
    leading index.
    """
    goal = np.broadcast_to(level, heights.shape[:-1])
    after = beyond.argmax(-1)
    before = np.maximum(after - 1, 0)
    here, there = (np.take_along_axis(heights, at[..., np.newaxis], -1)[..., 0] for at in (before, after))
    # Where the curve starts beyond the level, both ends are the first place, and any share of no distance will do.
    share = np.divide(goal - here, there - here, out=np.zeros(goal.shape), where=after > 0)
    crossing = places[before] + share * (places[after] - places[before])
    return np.where(beyond.any(-1), crossing, np.nan)
