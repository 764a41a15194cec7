"""Small arrays of nine networks for the verbs to compare, and what their evidence is looked at for."""

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from indicators.claims.contrasts import Contrast

OPTIMIZERS = ("sgd", "wdecay", "layca")
LEVELS = ("low", "medium", "high")
SGD, HIGH = {"optimizer": "sgd"}, {"level": "high"}
SGD_HIGH = {"optimizer": "sgd", "level": "high"}
RAMPS = [[0, 0, 0, 1.0], [0, 0, 1.0, 1.0], [0, 1.0, 1.0, 1.0]]  # onsets at 0.5 : 0.875, 0.625, 0.375


def cells(values, *dims, **coords):
    """A labeled array; the first axes of the values are seed, optimizer and level."""
    values = np.asarray(values, float)
    labels = {"seed": range(len(values)), "optimizer": list(OPTIMIZERS), "level": list(LEVELS)}
    return xr.DataArray(values, dims=("seed", "optimizer", "level", *dims), coords=labels | coords)


def one_seed(*rows):
    """Nine networks: a row for every optimizer, low to high."""
    return cells([rows])


def profiles(heights, seeds=1, **coords):
    """One profile over layers for each level, the same in every optimizer and seed."""
    heights = np.broadcast_to(np.asarray(heights, float), (seeds, 3, 3, np.shape(heights)[-1]))
    return cells(heights, "layer", **coords)


def noise(seeds, spread=0.01, rng=None):
    """Independent normal noise in nine cells, of so many seeds or of several worlds of seeds."""
    return (rng or np.random.default_rng(0)).normal(0, spread, (*np.atleast_1d(seeds), 3, 3))


def shifted(shift, seeds=3):
    """Nine cells with little spread; sgd at high differs by a shift."""
    values = cells(0.5 + noise(seeds, 0.001))
    values.loc[SGD_HIGH] += shift
    return values


NINE = one_seed([0.1, 0.2, 0.4], [0.2, 0.3, 0.6], [0.3, 0.1, 0.8])


def alike(one, other):
    """Whether two pieces of evidence say the same in numbers, up to roundoff."""
    numbers = [[e.effect, e.low, e.high, e.p, *e.values] for e in (one, other)]
    return numbers[0] == pytest.approx(numbers[1], rel=1e-9, abs=1e-9)


def standard_error(found):
    """That of the effect, from the width of its interval."""
    return (found.high - found.low) / 2 / stats.t.ppf(0.95, found.seeds - 1)


def contrast(*per_seed, name="a - b", cells=None, **options):
    """A contrast of these numbers."""
    return Contrast(name, np.arange(len(per_seed)), np.array(per_seed, float), 1e-9, cells=cells, **options)
