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
    look: int = 1
    """The how many-th look at a growing number of seeds this is; see `intervals.tail_of`."""
    evidence: list[Evidence] = field(default_factory=list)
    """That of every comparison, in order."""
    measurements: list[Mapping[str, Any]] = field(default_factory=list)
    """What each measurement that it asked for says of itself."""
    swallowed: list[BaseException] = field(default_factory=list)
    """What was raised on the way and did not end the claim, as within subtests."""
    thirds: bool = False
    """Whether the hidden layers are split in thirds instead of where the thesis splits them."""
    parted: bool = False
    """Whether it asked for layers by the part of the network that they belong to."""
    asking: bool = False
    """Whether only what the claim asks for matters: every comparison then says yes."""

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


VARIANT = "variant "
"""What a mark says that a claim needs begins with where networks along a factor are meant, as in `variant width`."""
NOTHING_FAILS = "asserted without a comparison that fails"
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


def judged(outcome: BaseException | None, record: Record, *, needs: str = "") -> Judgment:
    """The judgment of a claim that ended with an exception, or without one; `needs` is what it says that no study has.

    What was swallowed on the way counts too: the worst decides. An assertion that fails and is neither seen to end the
    claim nor swallowed, as in `assert not more(...)`, is an error: such a claim would pass whatever the world is like.
    """
    if not record.swallowed:
        return _of_end(outcome, record.evidence, needs)
    found = [_of_end(end, record.evidence, needs) for end in record.swallowed]
    # What was not swallowed has a say beside it.
    if outcome is not None or record.evidence:
        found.append(_of_end(outcome, record.evidence, needs) if outcome is not None else _of_all(record.evidence))
    worst = overall([judgment.verdict for judgment in found])
    return next(judgment for judgment in found if judgment.verdict == worst)


def _of_end(end: BaseException | None, evidence: Sequence[Evidence], needs: str) -> Judgment:
    if isinstance(end, Undecided):
        others = [found for found in evidence if found is not end.evidence]
        return Judgment("inconclusive", end.evidence.reason, [*others, end.evidence])
    if isinstance(end, NotApplicable):
        # What networks a study lacks it says better itself.
        reason = str(end) if needs.startswith(VARIANT) else needs or str(end)
        return _unless_unasked(Judgment("not applicable", reason, evidence))
    if isinstance(end, AssertionError):
        # Without a comparison that fails it says nothing about the world.
        fallen = [found for found in evidence if found.asserted and stands(found.verdict) is False]
        return _by_worst(fallen, evidence) if fallen else Judgment("error", NOTHING_FAILS, evidence)
    if end is not None:
        return Judgment("error", f"{type(end).__name__}: {end}", evidence)
    judgment = _of_all(evidence)
    # It would pass whatever the world is like.
    return judgment if stands(judgment.verdict) else Judgment("error", _reason_of_error(evidence), evidence)


def _reason_of_error(evidence: Sequence[Evidence]) -> str:
    return "compared without asserting" if evidence else "compared nothing"


def _unless_unasked(judgment: Judgment) -> Judgment:
    """The judgment; an error where a comparison was not asked if the claim stands."""
    if all(found.asserted for found in judgment.evidence):
        return judgment
    return Judgment("error", "compared without asserting", judgment.evidence)


def _of_all(evidence: Sequence[Evidence]) -> Judgment:
    """The verdict of all comparisons together; the one that decides stands last."""
    if not evidence:
        return Judgment("error", "compared nothing", evidence)
    return _unless_unasked(_by_worst(evidence, evidence))


def _by_worst(deciding: Sequence[Evidence], evidence: Sequence[Evidence]) -> Judgment:
    verdict = overall([found.verdict for found in deciding])
    ordered = sorted(evidence, key=lambda found: found.verdict == verdict)
    return Judgment(verdict, ordered[-1].reason, ordered)
