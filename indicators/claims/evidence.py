"""Evidence and verdicts: what a comparison found, and what a claim is answered with.

| verdict | three seeds or more | one or two seeds |
|---|---|---|
| supported / consistent | the lower bound exceeds ``by`` | the effect exceeds ``by`` |
| refuted / contradicted | the upper bound, its level divided by the ways to fall, is below ``by`` | it is below 0 |
| inconclusive | anything between | anything between |

`indicators.claims.intervals` decides between them; a verb of `indicators.claims.verbs` returns one `Evidence`.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, get_args

Verdict = Literal["supported", "refuted", "consistent", "contradicted", "inconclusive", "not applicable", "error"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


def stands(verdict: Verdict) -> bool | None:
    """True of a verdict by which a claim holds, False of one by which it falls, None of any other."""
    if verdict in ("supported", "consistent"):
        return True
    return False if verdict in ("refuted", "contradicted") else None


@dataclass(frozen=True)
class Steadiness:
    """What the verdict of a comparison would bear."""

    by: tuple[float, float | None] | None
    """Factors between which ``by`` may be multiplied; None as the upper one: any; None where ``by`` is 0."""
    seeds_out: int
    """How many seeds may be left out, whichever they are; no more than `steadiness.MOST_LEFT_OUT` are tried."""
    interval: int
    """The widest of the intervals of 90, 95 and 98 % that gives the same verdict."""
    seeds_needed: int | None
    """Of what is inconclusive: how many seeds like these would decide; None for more than `steadiness.MOST_SEEDS`."""


@dataclass(frozen=True)
class Evidence:
    """What one comparison found, in the unit of what was compared.

    ``effect`` is the mean of ``values``, one contrast per seed, positive in the direction of the claim
    (``same``: signed). ``low``, ``high`` and ``p`` are None with fewer than three seeds. ``by`` is the
    smallest effect that counts; with ``band``, for ``same``, half the width of the band. ``p`` is the probability of a
    mean this large if the effect were no more than ``by``, or the largest such p of several conditions; below 0.05
    says supported. ``p_refuted`` is that of a mean this small if the effect were ``by``, times the ways in which the
    claim can fall; below 0.05 says refuted. ``spread`` is the standard deviation from run to run that the interval
    rests on. ``step`` names the step of a rise or fall that decided in the place of the effect, if one did. ``look``
    counts how often a growing number of seeds was judged, ``steady`` says what the verdict bears.
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
    band: bool = False
    p_refuted: float | None = None
    look: int = 1
    steady: Steadiness | None = None
    _asserted: bool = field(default=False, init=False, repr=False, compare=False)

    def __bool__(self) -> bool:
        """Whether the claim stands; raises Undecided where that cannot be said."""
        object.__setattr__(self, "_asserted", True)
        if (answer := stands(self.verdict)) is None:
            raise Undecided(self)
        return answer

    @property
    def asserted(self) -> bool:
        """Whether it was asked if the claim stands: a comparison that was not has no say."""
        return self._asserted

    def __str__(self) -> str:
        if not self.values:
            return f"{self.verdict}: {self.reason}"
        effect = f"{self.compared} = {self.effect:.3g} {self.unit}".rstrip()
        return f"{self.verdict}: {effect} ({self.reason})"

    def as_dict(self) -> dict[str, Any]:
        """Every field as JSON can hold it: an effect without seeds is None."""
        found = asdict(self) | {"values": list(self.values)}
        del found["_asserted"]
        if self.steady is not None and self.steady.by is not None:
            found["steady"]["by"] = list(self.steady.by)
        return found | {"effect": self.effect if math.isfinite(self.effect) else None}


class Undecided(Exception):  # noqa: N818 - an answer, not an error
    """The comparison decides nothing either way; ``evidence`` says why."""

    def __init__(self, evidence: Evidence) -> None:
        super().__init__(evidence)
        self.evidence = evidence

    def __str__(self) -> str:
        return f"{self.evidence.verdict}: {self.evidence.reason}"


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


ASSUMED = replace(nothing_compared("on made-up numbers"), verdict="supported")
"""What every comparison finds while claims are only asked what they ask for."""


def overall(verdicts: Sequence[Verdict]) -> Verdict:
    """The verdict of a claim from the verdicts of its cases.

    The first of error, refuted, contradicted, inconclusive that any case has; else consistent if any case is
    merely that, else supported. Cases that are not applicable do not count, unless all are.
    Raises ValueError for no verdict at all and for an unknown one.
    """
    if not verdicts or (set(verdicts) - set(VERDICTS)):
        raise ValueError(f"verdicts={list(verdicts)}: expected one or more of {VERDICTS}")
    worst_first: tuple[Verdict, ...] = ("error", "refuted", "contradicted", "inconclusive", "consistent", "supported")
    return next((verdict for verdict in worst_first if verdict in verdicts), "not applicable")
