"""How steady the verdict of a claim is, from what its comparisons say of theirs."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from indicators.claims.steadiness import MOST_SEEDS
from indicators.report.verdicts import Case, Compared, JudgedClaim, Steady

NAMES = ("half and twice what counts", "intervals of 98 %", "any one seed left out", "hidden layers split in thirds")
"""Of the checks, in their order."""


class Checks(NamedTuple):
    """Whether the verdict stays the same if something else had been chosen; None where that cannot be told."""

    by: bool | None
    """Half and twice the smallest effect that counts."""
    interval: bool | None
    """Intervals of 98 % instead of 90 %."""
    seeds: bool | None
    """Any one seed left out."""
    thirds: bool | None
    """The hidden layers split in thirds."""


def checks(claim: JudgedClaim) -> Checks:
    """What the verdict of a claim bears: supported if all of its cases bear it, refuted if one that is refuted does."""
    deciding = [case for case in claim.cases if case.verdict == claim.verdict]
    decided = {"supported": all, "refuted": any, "inconclusive": all}.get(claim.verdict)
    if decided is None:
        return Checks(None, None, None, None)

    def asked(bears: Callable[[Case], bool | None]) -> bool | None:
        found = [answer for case in deciding if (answer := bears(case)) is not None]
        return decided(found) if found else None

    return Checks(
        asked(lambda case: _every(case, _by)),
        asked(lambda case: _every(case, lambda steady, _: steady["interval"] >= 98)),
        asked(lambda case: _every(case, _seed)),
        asked(lambda case: None if case.in_thirds is None else case.in_thirds == case.verdict),
    )


def seeds_needed(claim: JudgedClaim) -> int | None:
    """About how many seeds like these would decide an inconclusive claim; None where none would, or none can tell.

    The fewest at which a case falls, or else as many as let all others stand.
    """
    open_cases = [_deciding(case) for case in claim.cases if case.verdict == "inconclusive"]
    known = [(found, steady["seeds_needed"]) for found in open_cases if found and (steady := found.get("steady"))]
    falling = [count for found, count in known if count is not None and _falls(found)]
    if claim.verdict != "inconclusive" or not known or falling:
        return min(falling, default=None)
    needed = [count for _, count in known]
    return None if None in needed or len(known) < len(open_cases) else max(filter(None, needed), default=None)


def shown(claim: JudgedClaim) -> str:
    """Words such as `3/4`, of the checks that can be made; of what is inconclusive `n 40`: seeds that would decide."""
    told = [answer for answer in checks(claim) if answer is not None]
    if claim.verdict != "inconclusive":
        return f"{sum(told)}/{len(told)}" if told else ""
    count = seeds_needed(claim)
    if count is None:
        return f"n >{MOST_SEEDS}" if told else ""
    return f"n {count}"


def _every(case: Case, bears: Callable[[Steady, Compared], bool | None]) -> bool | None:
    """Whether every comparison of a case that has its verdict bears it; None where that cannot be told of any."""
    same = [found for found in case.evidence if found["verdict"] == case.verdict]
    told = [bears(steady, found) for found in same if (steady := found.get("steady"))]
    known = [answer for answer in told if answer is not None]
    return all(known) if known else None


def _by(steady: Steady, _: Compared) -> bool | None:
    if (factors := steady["by"]) is None:
        return None
    least, most = factors
    return (least or 0) <= 0.5 and (most is None or most >= 2)


def _seed(steady: Steady, found: Compared) -> bool | None:
    return None if found["seeds"] <= 3 else steady["seeds_out"] > 0


def _deciding(case: Case) -> Compared | None:
    return next((found for found in reversed(case.evidence) if found["verdict"] == case.verdict), None)


def _falls(found: Compared) -> bool:
    """Whether more seeds like these would refute rather than support it."""
    effect = found["effect"] or 0.0
    beyond = abs(effect) > found["by"] if found.get("band") else effect < found["by"]
    return beyond or bool(found.get("step"))
