"""What happens while a claim is judged: the comparisons that it makes, and the verdict that these amount to.

Inside a `judging` block verbs and measurements note themselves in its record, so that a claim that holds leaves its
numbers too. This is the only state that a claim shares with what it calls.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from indicators.claims.evidence import Evidence, Undecided, Verdict, overall, stands
from indicators.errors import NotApplicable


@dataclass
class Record:
    """What a claim has done so far."""

    cases: int = 1
    """How many parametrized cases the claim has: each can make it fall."""
    evidence: list[Evidence] = field(default_factory=list)
    """That of every comparison, in order."""
    measurements: list[Mapping[str, Any]] = field(default_factory=list)
    """What each measurement that it asked for says of itself."""

    def __post_init__(self) -> None:
        if isinstance(self.cases, bool) or not isinstance(self.cases, int) or self.cases < 1:
            raise ValueError(f"cases={self.cases!r} is not a positive integer: give the number of cases of the claim")

    @property
    def coarsest(self) -> float:
        """Resolution of the coarsest measurement that the claim asked for, 0 where it asked for none.

        For arrays that have lost theirs: arithmetic drops what its operands do not agree on.
        """
        return max((attrs.get("resolution", 0.0) for attrs in self.measurements), default=0.0)

    @property
    def undefined(self) -> str:
        """Where measurements that the claim asked for may be undefined, in words; empty if nowhere."""
        words = [attrs.get("undefined", "") for attrs in self.measurements]
        return ", ".join(dict.fromkeys(filter(None, words)))


class Judgment(NamedTuple):
    """What a claim, or one case of it, is answered with."""

    verdict: Verdict
    reason: str
    evidence: Sequence[Evidence] = ()


_RECORD: ContextVar[Record | None] = ContextVar("record", default=None)


def current() -> Record:
    """The record of the claim that is being judged; outside of one, a record that nobody reads."""
    return _RECORD.get() or Record()


@contextmanager
def judging(record: Record | None = None) -> Iterator[Record]:
    """A record, new or given, that all that is compared and asked for inside the block is noted in."""
    record = Record() if record is None else record
    token = _RECORD.set(record)
    try:
        yield record
    finally:
        _RECORD.reset(token)


def judged(outcome: BaseException | None, record: Record, *, needs: str = "", swallows: bool = False) -> Judgment:
    """The judgment of a claim that ended with an exception, or without one.

    `needs`: what the claim says that no study has. `swallows`: whether failed assertions may have been caught on the
    way, as those inside subtests are; elsewhere an assertion that fails and does not end the claim is an error, since
    such a claim would pass whatever the world is like.
    """
    evidence = record.evidence
    if isinstance(outcome, Undecided):
        return Judgment("inconclusive", outcome.evidence.reason, evidence or [outcome.evidence])
    if isinstance(outcome, NotApplicable):
        return Judgment("not applicable", needs or str(outcome), evidence)
    if isinstance(outcome, AssertionError):
        return _of_failed_assertion(evidence)
    if outcome is not None:
        return Judgment("error", f"{type(outcome).__name__}: {outcome}", evidence)
    return _of_quiet_end(evidence, swallows=swallows)


def _of_failed_assertion(evidence: Sequence[Evidence]) -> Judgment:
    """An assertion that no comparison stands behind says nothing about the world."""
    verdict = overall([found.verdict for found in evidence]) if evidence else "error"
    if stands(verdict) is not False:
        return Judgment("error", "asserted without a comparison that fails", evidence)
    return Judgment(verdict, evidence[-1].reason, evidence)


def _of_quiet_end(evidence: Sequence[Evidence], *, swallows: bool) -> Judgment:
    if not evidence:
        return Judgment("error", "compared nothing", evidence)
    verdict = overall([found.verdict for found in evidence])
    if not all(found.asserted for found in evidence) or not (stands(verdict) or swallows):
        return Judgment("error", "compared without asserting", evidence)
    # The comparison that decides stands last, as it does where a failed assertion ends the claim.
    ordered = sorted(evidence, key=lambda found: found.verdict == verdict)
    return Judgment(verdict, ordered[-1].reason, ordered)
