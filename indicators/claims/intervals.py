"""The rule: from one number per seed to evidence.

The replicate is the seed. The interval of an effect is its mean over the seeds +- t(0.95, n - 1) x SE: each
end holds with 95 %, both with 90 %. SE is the seeds' own standard error or, if larger, the contrast's floor; where
the seeds differ by less than the measurement can tell, it is at least that (`Contrast`). A claim falls if one of its
cases is refuted, a rise or fall by its total or either step, so each is refuted at the level divided by the number of
these; it stands only if all are supported, which needs no division.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from indicators.claims.evidence import Evidence, Verdict

SEEDS_NEEDED = 3
TAIL = 0.05  # beyond each end of an interval


class Answer(NamedTuple):
    """What an interval, or an effect, says of a comparison."""

    verdict: Verdict
    reason: str
    p: float | None = None
    step: str = ""


@dataclass(frozen=True)
class Contrast:
    """One number per seed, all finite, and the least standard error that their mean may have.

    ``roundoff`` is what a number may be off by computation alone. It keeps an effect of exactly what counts
    from exceeding it, and a spread of zero from being infinite evidence. ``resolution`` is what a number may be off
    because the measurement is coarse. Where the seeds differ by more than that, such errors average out and are
    part of their spread; where they differ by no more, their agreement says nothing, and the error is no smaller.
    """

    name: str
    per_seed: NDArray[np.float64]
    floor: float
    roundoff: float
    resolution: float = 0.0

    @property
    def seeds(self) -> int:
        """How many seeds there are."""
        return len(self.per_seed)

    @property
    def mean(self) -> float:
        """The effect; NaN without a seed."""
        return float(self.per_seed.mean()) if self.seeds else math.nan

    @property
    def own_error(self) -> float:
        """Standard error of the mean from its seeds alone; needs two."""
        return float(self.per_seed.std(ddof=1)) / math.sqrt(self.seeds)

    @property
    def error(self) -> float:
        """Standard error of the mean."""
        seen = max(self.own_error, self.floor, self.roundoff)
        # Ranks and counts can differ by exactly a step: roundoff shall not decide.
        told = seen * math.sqrt(self.seeds) > self.resolution * (1 + 1e-9)
        return seen if told else max(seen, self.resolution)

    def low(self, tail: float = TAIL) -> float:
        """Lower bound of the effect, wrong with probability ``tail``."""
        return self.mean - self._reach(tail)

    def high(self, tail: float = TAIL) -> float:
        """Upper bound of the effect, wrong with probability ``tail``."""
        return self.mean + self._reach(tail)

    def p_at_most(self, bound: float) -> float:
        """Probability of so large a mean if the effect were ``bound``."""
        return float(stdtr(self.seeds - 1, (bound - self.mean) / self.error))

    def p_at_least(self, bound: float) -> float:
        """Probability of so small a mean if the effect were ``bound``."""
        return float(stdtr(self.seeds - 1, (self.mean - bound) / self.error))

    def _reach(self, tail: float) -> float:
        return float(stdtrit(self.seeds - 1, 1 - tail)) * self.error


def judge(
    total: Contrast,
    steps: Sequence[Contrast] = (),
    *,
    by: float,
    unit: str,
    band: bool = False,
    silent: int = 0,
    cases: int = 1,
) -> Evidence:
    """Evidence on whether the total exceeds ``by`` and every step 0; with ``band``, if it is inside +- ``by``.

    ``silent`` is the number of seeds that decide nothing and were left out, ``cases`` how many cases the claim has.
    """
    enough = total.seeds >= SEEDS_NEEDED
    needs = [(total, by), *((step, 0.0) for step in steps)]
    silence = _silence(total.seeds, silent)
    if total.seeds == 0 or total.seeds < SEEDS_NEEDED <= total.seeds + silent:
        answer = Answer("inconclusive", "too few seeds")
    elif band:
        answer = _band_by_interval(total, by, TAIL / cases) if enough else _band_by_effect(total, by)
    else:
        tail = TAIL / (cases * len(needs))
        answer = _above_by_interval(needs, tail) if enough else _above_by_effect(needs)
    alike = enough and total.own_error <= total.roundoff
    agreement = "the seeds do not differ, a floor stands for their spread" if alike else ""
    return Evidence(
        verdict=answer.verdict,
        effect=total.mean,
        low=total.low() if enough else None,
        high=total.high() if enough else None,
        by=float(by),
        seeds=total.seeds,
        compared=total.name,
        unit=unit,
        reason="; ".join(part for part in (answer.reason, silence, agreement) if part),
        p=answer.p,
        values=tuple(total.per_seed.tolist()),
        spread=total.error * math.sqrt(total.seeds) if enough else None,
        step=answer.step,
        band=band,
    )


def _above_by_interval(needs: Sequence[tuple[Contrast, float]], tail: float) -> Answer:
    p = max(contrast.p_at_most(need) for contrast, need in needs)
    doubtful = [(contrast, need) for contrast, need in needs if not contrast.low() > need]
    refuting = [(contrast, need) for contrast, need in doubtful if contrast.high(tail) < need]
    if refuting:
        contrast, need = refuting[0]
        step = contrast.name if contrast is not needs[0][0] else ""
        found = f"{_interval(contrast, need, tail)}{_of(step)} lies below {need:g}"
        return Answer("refuted", f"{_size(contrast, need, tail)}{found}", p, step)
    if doubtful:
        contrast, need = doubtful[0]
        step = contrast.name if contrast is not needs[0][0] else ""
        return Answer("inconclusive", f"{_interval(contrast, need, tail)}{_of(step)} includes {need:g}", p, step)
    total, by = needs[0]
    return Answer("supported", f"{_interval(total, by)} lies above {by:g}{_steps_too(needs)}", p)


def _above_by_effect(needs: Sequence[tuple[Contrast, float]]) -> Answer:
    total, by = needs[0]
    seeds = _seeds(total.seeds)
    if all(contrast.mean > need + contrast.roundoff for contrast, need in needs):
        return Answer("consistent", f"{seeds}: effect above {by:g}{_steps_too(needs)}")
    if total.mean < -total.roundoff:
        return Answer("contradicted", f"{seeds}: effect below 0")
    if total.mean > by + total.roundoff:
        wrong = next(step.name for step, _ in needs[1:] if not step.mean > step.roundoff)
        return Answer("inconclusive", f"{seeds}: the step {wrong} is not above 0", step=wrong)
    return Answer("inconclusive", f"{seeds}: effect between 0 and {by:g}")


def _band_by_interval(total: Contrast, within: float, tail: float) -> Answer:
    p = max(total.p_at_most(-within), total.p_at_least(within))
    if total.low() > -within and total.high() < within:
        return Answer("supported", f"{_interval(total, within)} lies within {within:g} of 0", p)
    end = within if total.mean > 0 else -within
    if total.low(tail) > within or total.high(tail) < -within:
        return Answer("refuted", f"{_interval(total, end, tail)} lies beyond {within:g} of 0", p)
    return Answer("inconclusive", f"{_interval(total, end, tail)} includes {end:g}", p)


def _band_by_effect(total: Contrast, within: float) -> Answer:
    if abs(total.mean) <= within + total.roundoff:
        return Answer("consistent", f"{_seeds(total.seeds)}: effect within {within:g} of 0")
    return Answer("contradicted", f"{_seeds(total.seeds)}: effect beyond {within:g} of 0")


def _silence(seeds: int, silent: int) -> str:
    return f"{silent} of {_seeds(silent + seeds)} cannot decide" if silent else ""


def _size(contrast: Contrast, need: float, tail: float) -> str:
    """What is said of an effect that is refuted but lies in the direction of the claim, or may."""
    if contrast.high(tail) < 0 or not need:
        return ""
    return "smaller than counts: " if contrast.low(tail) > 0 else "no effect that counts: "


def _interval(contrast: Contrast, need: float, tail: float = TAIL) -> str:
    """The interval in words, with as many digits as show on which side of what is needed its ends lie."""
    low, high = (_apart(end, need) for end in (contrast.low(tail), contrast.high(tail)))
    return f"{100 * (1 - 2 * tail):.3g} % interval [{low}, {high}]"


def _apart(value: float, other: float) -> str:
    shown = (f"{value:.{digits}g}" for digits in (3, 4, 5, 6, 8, 12))
    return next((text for text in shown if float(text) != float(f"{other:g}")), f"{value:.3g}")


def _steps_too(needs: Sequence[tuple[Contrast, float]]) -> str:
    return ", both steps above 0" if needs[1:] else ""


def _of(step: str) -> str:
    return f" of the step {step}" if step else ""


def _seeds(count: int) -> str:
    return f"{count} seed" if count == 1 else f"{count} seeds"
