"""The rule: from contrasts to evidence.

A claim falls if one of its cases is refuted, a rise or fall by its total or either step, so each is refuted at the
level divided by the number of these; it stands only if all are supported, which needs no division. Whoever looks again
at more seeds judges at the level of that look.
"""

from collections.abc import Sequence
from typing import NamedTuple

from indicators.claims.contrasts import SEEDS_NEEDED, TAIL, Contrast
from indicators.claims.evidence import Evidence, Verdict
from indicators.claims.questions import Question
from indicators.claims.steadiness import steadiness

LOOKS, TAIL_OF_LOOKS = 4, 0.0147
"""Four looks at a growing number of seeds, each of which may err by so much at each end, err by TAIL at most."""


def tail_of(look: int) -> float:
    """What each end of an interval may err by at a look: TAIL at the first, less at others.

    The level of Pocock for four looks; from the fifth on half of the look before.
    """
    return TAIL if look == 1 else TAIL_OF_LOOKS / 2 ** max(look - LOOKS, 0)


class Answer(NamedTuple):
    """What an interval, or an effect, says of a comparison."""

    verdict: Verdict
    reason: str
    step: str = ""


def judge(
    total: Contrast,
    steps: Sequence[Contrast] = (),
    *,
    by: float,
    unit: str,
    band: bool = False,
    silent: int = 0,
    cases: int = 1,
    look: int = 1,
) -> Evidence:
    """Evidence on whether the total exceeds ``by`` and every step 0; with ``band``, if it is inside +- ``by``.

    ``silent`` is the number of seeds that decide nothing and were left out, ``cases`` how many cases the claim has,
    ``look`` the how many-th look at a growing number of seeds this is.
    """
    question = Question(total, tuple(steps), float(by), band, cases * (1 + len(steps)), tail_of(look))
    enough = total.tells
    if total.seeds == 0 or total.seeds < SEEDS_NEEDED <= total.seeds + silent:
        answer = Answer("inconclusive", "too few seeds")
    elif enough:
        answer = _band_by_interval(question) if band else _above_by_interval(question)
    else:
        answer = _band_by_effect(total, by) if band else _above_by_effect(question.needs)
    alike = enough and bool(total.own_error <= total.roundoff)
    notes = (
        answer.reason,
        f"{silent} of {_seeds(silent + total.seeds)} cannot decide" if silent else "",
        "the seeds do not differ, a floor stands for their spread" if alike else "",
        f"look {look} at a growing number of seeds" if enough and look > 1 else "",
    )
    return Evidence(
        verdict=answer.verdict,
        effect=float(total.mean),
        low=float(total.low(question.tail)) if enough else None,
        high=float(total.high(question.tail)) if enough else None,
        by=float(by),
        seeds=total.seeds,
        compared=total.name,
        unit=unit,
        reason="; ".join(filter(None, notes)),
        p=question.p if enough else None,
        p_refuted=question.p_refuted if enough else None,
        values=tuple(total.per_seed.tolist()),
        spread=float(total.spread) if enough else None,
        step=answer.step,
        band=band,
        look=look,
        steady=steadiness(question, answer.verdict, bool(answer.step)) if enough else None,
    )


def _above_by_interval(question: Question) -> Answer:
    tail = question.refuting_tail
    doubtful = [(contrast, need) for contrast, need in question.needs if not contrast.low(question.tail) > need]
    refuting = [(contrast, need) for contrast, need in doubtful if contrast.high(tail) < need]
    if refuting:
        contrast, need = refuting[0]
        step = contrast.name if contrast is not question.total else ""
        found = f"{_interval(contrast, need, tail)}{_of(step)} lies below {need:g}"
        return Answer("refuted", f"{_size(contrast, need, tail)}{found}", step)
    if doubtful:
        contrast, need = doubtful[0]
        step = contrast.name if contrast is not question.total else ""
        if not contrast.tells:
            return Answer("inconclusive", f"too few seeds decide the step {step}", step)
        return Answer("inconclusive", f"{_interval(contrast, need, tail)}{_of(step)} includes {need:g}", step)
    found = _interval(question.total, question.by, question.tail)
    return Answer("supported", f"{found} lies above {question.by:g}{_steps_too(question.needs)}")


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


def _band_by_interval(question: Question) -> Answer:
    total, within, tail = question.total, question.by, question.refuting_tail
    if question.holds():
        return Answer("supported", f"{_interval(total, within, question.tail)} lies within {within:g} of 0")
    end = within if total.mean > 0 else -within
    if question.falls():
        return Answer("refuted", f"{_interval(total, end, tail)} lies beyond {within:g} of 0")
    return Answer("inconclusive", f"{_interval(total, end, tail)} includes {end:g}")


def _band_by_effect(total: Contrast, within: float) -> Answer:
    if abs(total.mean) <= within + total.roundoff:
        return Answer("consistent", f"{_seeds(total.seeds)}: effect within {within:g} of 0")
    return Answer("contradicted", f"{_seeds(total.seeds)}: effect beyond {within:g} of 0")


def _size(contrast: Contrast, need: float, tail: float) -> str:
    """What is said of an effect that is refuted but lies in the direction of the claim, or may."""
    if contrast.high(tail) < 0 or not need:
        return ""
    return "smaller than counts: " if contrast.low(tail) > 0 else "no effect that counts: "


def _interval(contrast: Contrast, need: float, tail: float) -> str:
    """The interval in words, with as many digits as show on which side of what is needed its ends lie."""
    low, high = (_apart(float(end), need) for end in (contrast.low(tail), contrast.high(tail)))
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
