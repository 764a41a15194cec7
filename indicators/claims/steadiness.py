"""How steady a verdict is: what it would be with another `by`, wider intervals, fewer seeds or more."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indicators.claims.contrasts import SEEDS_NEEDED
from indicators.claims.evidence import Steadiness, Verdict
from indicators.claims.questions import Question

MOST_LEFT_OUT = 3
MOST_SEEDS = 200
MOST_NUMBERS, AT_ONCE = 200_000, 20_000
"""So many numbers are looked at to tell if several seeds may be left out, so many of them together."""
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
    for count in range(1, MOST_LEFT_OUT + 1):
        many = math.comb(seeds, count) * seeds > MOST_NUMBERS
        if seeds - count < SEEDS_NEEDED or (many and count > 1):
            return count - 1
        if not all(_same(question.of(some), verdict) for some in _choices(seeds, seeds - count, question.even)):
            return count - 1
    return MOST_LEFT_OUT


def _same(question: Question, verdict: Verdict) -> bool:
    if verdict == "supported":
        return bool(np.all(question.holds()))
    if verdict == "refuted":
        return bool(np.all(question.falls()))
    return not np.any(question.holds() | question.falls())


def _choices(seeds: int, kept: int, together: bool) -> Iterator[NDArray[np.int64]]:
    """Every choice of so many of the seeds: many together (choice, place), or one by one."""
    choices = itertools.combinations(range(seeds), kept)
    if not together:
        yield from map(np.array, choices)
        return
    while some := list(itertools.islice(choices, max(AT_ONCE // kept, 1))):
        yield np.array(some)


_COUNTS = np.arange(SEEDS_NEEDED, MOST_SEEDS + 1)


def _seeds_needed(question: Question) -> int | None:
    """How many seeds of this mean and spread would decide."""
    decided: Any = question.holds(_COUNTS) | question.falls(_COUNTS)
    return int(_COUNTS[decided.argmax()]) if decided.any() else None
