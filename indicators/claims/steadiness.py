"""How steady a verdict is: what it would be with another `by`, wider intervals, fewer seeds or more."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indicators.claims.contrasts import SEEDS_NEEDED
from indicators.claims.evidence import Steadiness, Verdict
from indicators.claims.questions import Question

MOST_LEFT_OUT = 3
MOST_SEEDS = 200
INTERVALS = {95: 0.025, 98: 0.01}
"""Two-sided, in percent, and what each end may err by."""


def steadiness(question: Question, verdict: Verdict, by_step: bool) -> Steadiness:
    """What the verdict on a question would bear, from the contrasts alone; ``by_step``: whether a step decided."""
    return Steadiness(
        by=_factors(question, verdict, by_step),
        seeds_out=_seeds_out(question, verdict),
        interval=_widest(question, verdict),
        seeds_needed=_seeds_needed(question) if verdict == "inconclusive" else None,
    )


def _factors(question: Question, verdict: Verdict, by_step: bool) -> tuple[float, float | None] | None:
    """Factors between which `by` may be multiplied without another verdict."""
    by, total = question.by, question.total
    if by == 0:
        return None
    low, high = float(total.low(question.tail)) / by, float(total.high(question.tail)) / by
    lower, upper = (float(end(question.refuting_tail)) / by for end in (total.low, total.high))
    if question.band:
        held, fallen = max(-low, high), max(lower, -upper, 0.0)
        return {"supported": (held, None), "refuted": (0.0, fallen)}.get(verdict, (fallen, held))
    if verdict == "supported":
        return 0.0, low
    if verdict == "refuted":
        return (0.0 if by_step else max(upper, 0.0)), None
    steps_hold = all(step.low(question.tail) > 0 for step in question.steps)
    return (max(low, 0.0) if steps_hold else 0.0), upper


def _widest(question: Question, verdict: Verdict) -> int:
    widest = 90
    for percent, tail in INTERVALS.items():
        if _verdict(question, min(tail, question.tail)) != verdict:
            return widest
        widest = percent
    return widest


def _verdict(question: Question, tail: float) -> Verdict:
    asked = replace(question, tail=tail)
    return "supported" if asked.holds() else "refuted" if asked.falls() else "inconclusive"


def _seeds_out(question: Question, verdict: Verdict) -> int:
    """How many seeds may be left out, whichever they are, without another verdict."""
    seeds = question.total.seeds
    for count in range(1, min(MOST_LEFT_OUT, seeds - SEEDS_NEEDED) + 1):
        if not all(_same(question.of(some), verdict) for some in _at_once(question, _choices(seeds, seeds - count))):
            return count - 1
    return max(min(MOST_LEFT_OUT, seeds - SEEDS_NEEDED), 0)


def _at_once(question: Question, choices: NDArray[np.int64]) -> Iterable[NDArray[np.int64]]:
    """All choices together, or one by one where a step has not all of the seeds."""
    return [choices] if question.even else choices


def _same(question: Question, verdict: Verdict) -> bool:
    if verdict == "supported":
        return bool(np.all(question.holds()))
    if verdict == "refuted":
        return bool(np.all(question.falls()))
    return not np.any(question.holds() | question.falls())


@functools.cache
def _choices(seeds: int, kept: int) -> NDArray[np.int64]:
    """Every choice of so many of the seeds, (choice, place)."""
    return np.array(list(itertools.combinations(range(seeds), kept)))


_COUNTS = np.arange(SEEDS_NEEDED, MOST_SEEDS + 1)


def _seeds_needed(question: Question) -> int | None:
    """How many seeds of this mean and spread would decide."""
    decided: Any = question.holds(_COUNTS) | question.falls(_COUNTS)
    return int(_COUNTS[decided.argmax()]) if decided.any() else None
