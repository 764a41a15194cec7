"""Contrasts: one number per seed, its mean, and how well so many seeds know it.

The replicate is the seed. The interval of an effect is its mean over the seeds +- t(1 - tail, n - 1) x SE, where
SE^2 = s^2 / n + resolution^2 / 12. The spread s is that of the seeds or, if larger, what the residuals of the cells
that are compared make of it (`pooled_error`): three seeds alone estimate a spread badly. Rank correlations are
averaged, and their intervals are made, on the scale of atanh.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

SEEDS_NEEDED = 3
TAIL = 0.05  # beyond each end of an interval

Array = NDArray[np.float64]


class Cells(NamedTuple):
    """The numbers of the cells that tell how much results differ from run to run, and what the contrast makes of them.

    ``values`` (..., seed, cell, side), ``weights`` (cell, side): the contrast of a seed is the sum of their product.
    """

    values: Array
    weights: Array


@dataclass(frozen=True)
class Contrast:
    """One number per seed, all finite, with what their mean's standard error is made of.

    ``roundoff`` is what a number may be off by computation alone. It keeps an effect of exactly what counts
    from exceeding it, and a spread of zero from being infinite evidence. ``resolution`` is the step of the measurement:
    numbers that are rounded to it are off by resolution / sqrt(12), and all seeds may be off alike. ``correlation``
    says that the numbers are correlations. ``seed`` are the labels of the seeds.
    """

    name: str
    seed: NDArray[np.int64]
    per_seed: Array
    roundoff: float
    resolution: float = 0.0
    cells: Cells | None = None
    correlation: bool = False

    def of(self, places: NDArray[np.int64]) -> Contrast:
        """The contrast of the seeds at these places; of several choices at once where these are rows (choice, place).

        Everything that is a number of a contrast is then one per choice.
        """
        cells = self.cells and self.cells._replace(values=self.cells.values[places])
        return replace(self, seed=self.seed[places], per_seed=self.per_seed[places], cells=cells)

    @property
    def seeds(self) -> int:
        """How many seeds there are."""
        return int(self.per_seed.shape[-1])

    @property
    def tells(self) -> bool:
        """Whether there are seeds enough for an interval."""
        return self.seeds >= SEEDS_NEEDED

    @cached_property
    def mean(self) -> Any:
        """The effect; NaN without a seed."""
        return self._back(self._center)

    @cached_property
    def own_error(self) -> Any:
        """Standard error of the mean from its seeds alone; needs two."""
        return self._scaled.std(-1, ddof=1) / math.sqrt(self.seeds)

    @cached_property
    def spread(self) -> Any:
        """Standard deviation from run to run that the interval rests on; of correlations, that of their atanh."""
        pooled = pooled_error(*self.cells) if self.cells else 0.0
        return np.maximum(np.maximum(self.own_error, pooled), self.roundoff) * math.sqrt(self.seeds)

    def error(self, seeds: Any = None) -> Any:
        """Standard error of the mean, of so many seeds of this spread if it were not as many as there are."""
        step = self.resolution / (1 - np.tanh(self._center) ** 2) if self.correlation else self.resolution
        return np.sqrt(self.spread**2 / (self.seeds if seeds is None else seeds) + step**2 / 12)

    def low(self, tail: float = TAIL, seeds: Any = None) -> Any:
        """Lower bound of the effect, wrong with probability ``tail``."""
        return self._back(self._center - self._reach(tail, seeds))

    def high(self, tail: float = TAIL, seeds: Any = None) -> Any:
        """Upper bound of the effect, wrong with probability ``tail``."""
        return self._back(self._center + self._reach(tail, seeds))

    def p_at_most(self, bound: float) -> float:
        """Probability of so large a mean if the effect were ``bound``."""
        return self._p(self._to(bound) - self._center)

    def p_at_least(self, bound: float) -> float:
        """Probability of so small a mean if the effect were ``bound``."""
        return self._p(self._center - self._to(bound))

    def _p(self, distance: Any) -> float:
        return float(stdtr(self.seeds - 1, distance / self.error())) if self.tells else 1.0

    def _reach(self, tail: float, seeds: Any) -> Any:
        if not self.tells:
            return math.inf
        beyond = _quantile(tail, self.seeds - 1) if seeds is None else stdtrit(seeds - 1, 1 - tail)
        return beyond * self.error(seeds)

    @cached_property
    def _scaled(self) -> Any:
        return self._to(self.per_seed)

    @cached_property
    def _center(self) -> Any:
        return self._scaled.mean(-1) if self.seeds else math.nan

    def _to(self, values: Any) -> Any:
        """Values on the scale on which they are averaged; a perfect correlation as one that is half a step short."""
        if not self.correlation:
            return values
        most = 1 - max(self.resolution / 2, self.roundoff)
        return np.arctanh(np.clip(values, -most, most))

    def _back(self, values: Any) -> Any:
        return np.tanh(values) if self.correlation else values


def pooled_error(values: Array, weights: Array) -> Any:
    """The standard error of a contrast's mean over the seeds from the spread of all its cells, (...).

    Values (..., seed, cell, side), weights (cell, side). A value is its cell's mean, plus what all cells of a seed
    share, plus noise. The noise is estimated from all cells. Weights that sum to 0 cancel what is shared;
    others carry its variance over the seeds. A cell without a finite value in every seed tells nothing. One
    seed or one cell leaves no spread to see: 0.
    """
    if not np.isfinite(values).all():
        known = np.isfinite(values).all(tuple(k for k in range(values.ndim) if k != values.ndim - 2))
        values, weights = values[..., known, :], weights[known]
    seeds, cells, sides = values.shape[-3:]
    if seeds < 2 or cells < 2:
        return np.zeros(values.shape[:-3])
    values = values - values.mean(-3, keepdims=True)
    shared = values.mean(-2, keepdims=True)
    noise = (values - shared).reshape(*values.shape[:-3], seeds * cells, sides)
    covariance = np.swapaxes(noise, -1, -2) @ noise / ((seeds - 1) * (cells - 1))
    uneven = weights - weights.mean(0)
    carried = ((shared[..., 0, :] @ weights.sum(0)) ** 2).sum(-1) / (seeds - 1)
    variance = carried + (covariance * (uneven.T @ uneven)).sum((-2, -1))
    return np.sqrt(np.maximum(variance, 0.0) / seeds)


@functools.lru_cache(maxsize=4096)
def _quantile(tail: float, freedom: int) -> float:
    """Student's t beyond which this probability lies."""
    return float(stdtrit(freedom, 1 - tail))
