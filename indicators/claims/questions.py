"""What a comparison asks of its contrasts, and whether they say yes or no at a level."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from operator import and_, or_
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indicators.claims.contrasts import Contrast


@dataclass(frozen=True)
class Question:
    """Whether the total exceeds ``by`` and every step 0; with ``band``, whether the total is inside +- ``by``.

    ``ways``: how many chances the claim has to fall. Of contrasts that stand for several choices of seeds, what is
    found is one for each.
    """

    total: Contrast
    steps: tuple[Contrast, ...]
    by: float
    band: bool
    ways: int
    tail: float

    @property
    def needs(self) -> list[tuple[Contrast, float]]:
        """What has to be exceeded by what."""
        return [(self.total, self.by), *((step, 0.0) for step in self.steps)]

    @property
    def refuting_tail(self) -> float:
        """What an interval may err by that refutes."""
        return self.tail / self.ways

    def holds(self, seeds: Any = None) -> Any:
        """Whether it is supported; of so many seeds like these if not of as many as there are."""
        if self.band:
            low, high = self.total.low(self.tail, seeds), self.total.high(self.tail, seeds)
            return (low > -self.by) & (high < self.by)
        return reduce(and_, (contrast.low(self.tail, seeds) > need for contrast, need in self.needs))

    def falls(self, seeds: Any = None) -> Any:
        """Whether it is refuted."""
        tail = self.refuting_tail
        if self.band:
            return (self.total.low(tail, seeds) > self.by) | (self.total.high(tail, seeds) < -self.by)
        return reduce(or_, (contrast.high(tail, seeds) < need for contrast, need in self.needs))

    @property
    def p(self) -> float:
        """Probability of a mean this large if the effect were no more than what counts; the largest of several."""
        if self.band:
            return max(self.total.p_at_most(-self.by), self.total.p_at_least(self.by))
        return max(contrast.p_at_most(need) for contrast, need in self.needs)

    @property
    def p_refuted(self) -> float:
        """Probability of a mean this small if the effect were what counts, times the ways to fall."""
        if self.band:
            found = [self.total.p_at_most(self.by), self.total.p_at_least(-self.by)]
        else:
            found = [contrast.p_at_least(need) for contrast, need in self.needs]
        return min(self.ways * min(found), 1.0)

    def of(self, places: NDArray[np.int64]) -> Question:
        """The same asked of the total's seeds at some places; see `Contrast.of`.

        Of several choices at once only where the question is `even`: else what they rest on differs in shape.
        """
        total = self.total.of(places)
        return replace(self, total=total, steps=tuple(step.of(self._places(step, places)) for step in self.steps))

    @property
    def even(self) -> bool:
        """Whether every step has all the seeds of the total, and every cell a number in each: see `of`."""
        contrasts = (self.total, *self.steps)
        whole = all(contrast.cells is None or np.isfinite(contrast.cells.values).all() for contrast in contrasts)
        return whole and all(step.seeds == self.total.seeds for step in self.steps)

    def _places(self, step: Contrast, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where a step has these seeds of the total."""
        if step.seeds == self.total.seeds:
            return places
        return np.flatnonzero(np.isin(step.seed, self.total.seed[places]))
