"""From one number per seed to evidence and a verdict.

The replicate is the seed. The interval of an effect is its mean over the seeds +- t(.95, n - 1) x SE: each
end holds with 95 %, both with 90 %. SE is the seeds' own standard error or, if larger, the contrast's floor; where
the seeds differ by less than the measurement can tell, it is at least that (`Contrast`).

| verdict | three seeds or more | one or two seeds |
|---|---|---|
| supported / consistent | the lower bound exceeds ``by`` | the effect exceeds ``by`` |
| refuted / contradicted | the upper bound, its level divided by the ways to fall, is below ``by`` | it is below 0 |
| inconclusive | anything between | anything between |

A verb of `indicators.claims.verbs` returns one `Evidence`. Inside a `judging` block it is noted as well, so
that a claim that holds leaves its numbers too.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

Verdict = Literal["supported", "refuted", "consistent", "contradicted", "inconclusive", "not applicable", "error"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
SEEDS_NEEDED = 3
TAIL = 0.05  # beyond each end of an interval


class Answer(NamedTuple):
    """What an interval, or an effect, says of a comparison."""

    verdict: Verdict
    reason: str
    p: float | None = None
    step: str = ""


@dataclass(frozen=True)
class Evidence:
    """What one comparison found, in the unit of what was compared.

    ``effect`` is the mean of ``values``, one contrast per seed, positive in the direction of the claim
    (``same``: signed). ``low``, ``high`` and ``p`` are None with fewer than three seeds. ``by`` is the
    smallest effect that counts, for ``same`` half the width of the band. ``p`` is the probability of a mean
    this large if the effect were no more than ``by``, or the largest such p of several conditions; below .05
    says supported. ``spread`` is the standard deviation from run to run that the interval rests on. ``step`` names the
    step of a rise or fall that decided in the place of the effect, if one did.
    """

    verdict: Verdict
    effect: float
    low: float | None
    high: float | None
    by: float
    seeds: int
    compared: str
    unit: str
    reason: str
    p: float | None
    values: tuple[float, ...]
    spread: float | None = None
    step: str = ""

    def __bool__(self) -> bool:
        """Tell whether the claim stands or falls; raises Undecided where neither can be said."""
        if (state := _JUDGING.get()) is not None:
            state.asserted.append(self)
        if self.verdict in ("supported", "consistent"):
            return True
        if self.verdict in ("refuted", "contradicted"):
            return False
        raise Undecided(self)

    def __str__(self) -> str:
        if not self.values:
            return f"{self.verdict}: {self.reason}"
        effect = f"{self.compared} = {self.effect:.3g} {self.unit}".rstrip()
        return f"{self.verdict}: {effect} ({self.reason})"

    def as_dict(self) -> dict[str, Any]:
        """Every field as JSON can hold it: an effect without seeds is None."""
        effect = self.effect if math.isfinite(self.effect) else None
        return asdict(self) | {"effect": effect, "values": list(self.values)}


class Undecided(Exception):  # noqa: N818 - an answer, not an error
    """The comparison decides nothing either way; ``evidence`` says why."""

    def __init__(self, evidence: Evidence) -> None:
        super().__init__(evidence)
        self.evidence = evidence

    def __str__(self) -> str:
        return f"{self.evidence.verdict}: {self.evidence.reason}"


@dataclass(frozen=True)
class _Judging:
    cases: int
    record: list[Evidence]
    seen: list[Mapping[str, Any]]
    asserted: list[Evidence]


_JUDGING: ContextVar[_Judging | None] = ContextVar("judging", default=None)


@contextmanager
def judging(cases: int = 1) -> Iterator[list[Evidence]]:
    """Collect the evidence of every comparison made inside the block, in order.

    ``cases`` is how many parametrized cases the claim has. It falls if one of them is refuted, a rise or fall by
    its total or either step, so each is refuted at the level divided by the number of these; it stands only if all
    are supported, which needs no division. Raises ValueError if ``cases`` is not a positive integer.
    """
    if isinstance(cases, bool) or not isinstance(cases, int) or cases < 1:
        raise ValueError(f"cases={cases!r} is not a positive integer: give the number of cases of the claim")
    record: list[Evidence] = []
    token = _JUDGING.set(_Judging(cases, record, [], []))
    try:
        yield record
    finally:
        _JUDGING.reset(token)


def all_asserted() -> bool:
    """Tell whether every comparison of the claim being judged was asked if it holds: one that was not has no say."""
    state = _JUDGING.get()
    return state is None or all(any(found is asked for asked in state.asserted) for found in state.record)


def note_seen(attrs: Mapping[str, Any]) -> None:
    """Note what a measurement that the claim asked for says of itself."""
    if (state := _JUDGING.get()) is not None:
        state.seen.append(attrs)


def coarsest_seen() -> float:
    """Resolution of the coarsest measurement that the claim asked for, 0 outside of a claim.

    For arrays that have lost theirs: arithmetic drops what its operands do not agree on.
    """
    state = _JUDGING.get()
    return max((attrs.get("resolution", 0.0) for attrs in state.seen), default=0.0) if state else 0.0


def undefined_seen() -> str:
    """Where measurements that the claim asked for may be undefined, in words; empty if nowhere."""
    state = _JUDGING.get()
    words = [attrs.get("undefined", "") for attrs in state.seen] if state else []
    return ", ".join(dict.fromkeys(filter(None, words)))


def nothing_compared(reason: str, seeds: int = 0) -> Evidence:
    """Evidence that there was nothing to compare, and why."""
    return Evidence(
        verdict="inconclusive",
        effect=math.nan,
        low=None,
        high=None,
        by=0.0,
        seeds=seeds,
        compared="",
        unit="",
        reason=reason,
        p=None,
        values=(),
    )


def overall(verdicts: Sequence[Verdict]) -> Verdict:
    """Verdict of a claim from the verdicts of its cases.

    The first of error, refuted, contradicted, inconclusive that any case has; else consistent if any case is
    merely that, else supported. Cases that are not applicable do not count, unless all are.
    Raises ValueError for no verdict at all and for an unknown one.
    """
    if not verdicts or (set(verdicts) - set(VERDICTS)):
        raise ValueError(f"verdicts={list(verdicts)}: expected one or more of {VERDICTS}")
    worst_first: tuple[Verdict, ...] = ("error", "refuted", "contradicted", "inconclusive", "consistent", "supported")
    return next((verdict for verdict in worst_first if verdict in verdicts), "not applicable")


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
) -> Evidence:
    """Judge whether the total exceeds ``by`` and every step 0; with ``band``, if it is inside +- ``by``.

    ``silent`` is the number of seeds that decide nothing and were left out. The evidence is noted for the
    claim being judged, if one is.
    """
    enough = total.seeds >= SEEDS_NEEDED
    needs = [(total, by), *((step, 0.0) for step in steps)]
    silence = _silence(total.seeds, silent)
    if total.seeds == 0 or total.seeds < SEEDS_NEEDED <= total.seeds + silent:
        answer = Answer("inconclusive", "too few seeds")
    elif band:
        answer = _band_by_interval(total, by) if enough else _band_by_effect(total, by)
    else:
        answer = _above_by_interval(needs) if enough else _above_by_effect(needs)
    alike = enough and total.own_error <= total.roundoff
    agreement = "the seeds do not differ, a floor stands for their spread" if alike else ""
    evidence = Evidence(
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
    )
    if (state := _JUDGING.get()) is not None:
        state.record.append(evidence)
    return evidence


def _above_by_interval(needs: Sequence[tuple[Contrast, float]]) -> Answer:
    p = max(contrast.p_at_most(need) for contrast, need in needs)
    tail = _refuting_tail(len(needs))
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


def _band_by_interval(total: Contrast, within: float) -> Answer:
    p = max(total.p_at_most(-within), total.p_at_least(within))
    tail = _refuting_tail()
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


def _refuting_tail(conditions: int = 1) -> float:
    """Each case of a claim can make it fall, and in each the total or a step."""
    state = _JUDGING.get()
    return TAIL / (conditions * (1 if state is None else state.cases))


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
