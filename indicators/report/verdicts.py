"""The verdicts of a run as data: from judged cases to one row per claim, JSON, and comparison with a file."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple, NotRequired

from typing_extensions import TypedDict  # the standard library's is not enough for pydantic before Python 3.12

from indicators.claims.evidence import VERDICTS, Verdict, overall
from indicators.errors import InputError
from indicators.files import write_atomically
from indicators.machine import provenance

FORMAT = 1
SIGNIFICANT, WEAK, WHY_WEAK = 0.05, "°", "does not hold once corrected for the number of claims"
"""The largest adjusted p of a verdict that holds among all, and the mark of one that does not, with its meaning."""
SCHEMA = Path(__file__).with_name("verdicts.schema.json")
"""What `verdicts.json` holds, as a JSON Schema; `schema` makes it."""


class Steady(TypedDict):
    """What the verdict of a comparison bears: the fields of `evidence.Steadiness`."""

    by: list[float | None] | None
    seeds_out: int
    interval: int
    seeds_needed: int | None


class Compared(TypedDict):
    """What one comparison found: the fields of `evidence.Evidence`, as JSON can hold them."""

    verdict: Verdict
    effect: float | None
    low: float | None
    high: float | None
    by: float
    seeds: int
    compared: str
    unit: str
    reason: str
    p: float | None
    values: list[float]
    spread: float | None
    step: NotRequired[str]
    band: NotRequired[bool]
    p_refuted: NotRequired[float | None]
    look: NotRequired[int]
    steady: NotRequired[Steady | None]


@dataclass(frozen=True)
class Case:
    """One judged case of a claim: what the plugin notes, as JSON can hold it."""

    claim: str
    sentence: str
    section: str
    tier: str
    theme: str
    test: str
    parameters: str
    place: list[int]
    """Line of the test in its file, then the place of each of its parameters."""
    cases: int
    """How many the claim has, whether judged or not."""
    verdict: Verdict
    reason: str
    evidence: list[Compared] = field(default_factory=list)
    """One for each comparison, the one that decided last."""
    figures: str = ""
    expected: float | None = None
    """The effect if the thesis is right, in the unit of the comparison."""
    needs: str = ""
    """What no shipped study has measured, where that is so."""
    in_thirds: Verdict | None = None
    """The verdict with the hidden layers split in thirds; None where no part of the network is looked at."""

    def to_json(self) -> str:
        """The case as text that survives a worker."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Case:
        """The case that `to_json` wrote."""
        return cls(**json.loads(text))


class ClaimEntry(TypedDict):
    """A claim as the file has it."""

    id: str
    verdict: Verdict
    p: float | None
    adjusted_p: float | None
    p_refuted: NotRequired[float | None]
    adjusted_p_refuted: NotRequired[float | None]
    cases: list[Case]


class Studied(TypedDict):
    """Which study was judged."""

    name: str
    scale: str
    seeds: int
    looks: NotRequired[list[int]]
    """With how many seeds it was judged, this time and before."""


class Document(TypedDict):
    """The content of `verdicts.json`."""

    format: Literal[1]
    study: Studied
    complete: bool
    machine: dict[str, Any]
    claims: list[ClaimEntry]


def schema() -> dict[str, Any]:
    """The JSON Schema of `verdicts.json`."""
    from pydantic import TypeAdapter

    about = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Verdicts of a study"}
    return about | TypeAdapter(Document).json_schema()


@dataclass(frozen=True)
class JudgedClaim:
    """A claim with all of its judged cases."""

    id: str
    cases: tuple[Case, ...]

    @property
    def verdict(self) -> Verdict:
        """That of the cases together."""
        return overall([case.verdict for case in self.cases])

    @property
    def whole(self) -> bool:
        """Whether none of its cases is missing."""
        return len(self.cases) == self.cases[0].cases

    @property
    def decisive(self) -> Case:
        """The case that the verdict rests on: the first that has it, of a claim that is supported its weakest."""
        deciding = [case for case in self.cases if case.verdict == self.verdict]
        return max(deciding, key=_doubt) if self.verdict == "supported" else deciding[0]

    @property
    def p(self) -> float | None:
        """The largest p of its comparisons, all of which have to hold; None where one has none, or is in error."""
        found = [comparison["p"] for comparison in self._comparisons]
        known = [p for p in found if p is not None]
        bare = self.verdict == "error" or any(not case.evidence for case in self.cases)
        return max(known) if known and not bare and len(known) == len(found) else None

    @property
    def p_refuted(self) -> float | None:
        """The smallest p of its comparisons being refuted, each with the ways to fall; None where none has one."""
        found = [comparison.get("p_refuted") for comparison in self._comparisons]
        return None if self.verdict == "error" else min((p for p in found if p is not None), default=None)

    @property
    def _comparisons(self) -> list[Compared]:
        return [comparison for case in self.cases for comparison in case.evidence]

    @property
    def agreeing(self) -> int:
        """How many cases have the claim's verdict."""
        return sum(case.verdict == self.verdict for case in self.cases)


def _doubt(case: Case) -> float:
    """The largest p of its comparisons."""
    return max((found["p"] or 0.0 for found in case.evidence), default=0.0)


def by_claim(cases: Iterable[Case]) -> list[JudgedClaim]:
    """One row per claim, in the order of the thesis: themes by their number, claims by theirs."""
    claims: dict[str, list[Case]] = {}
    for case in sorted(cases, key=lambda case: (_natural(case.theme), _natural(case.claim), case.place)):
        claims.setdefault(case.claim, []).append(case)
    return [JudgedClaim(name, tuple(found)) for name, found in claims.items()]


class Adjusted(NamedTuple):
    """What the p of a claim becomes among those of all claims: of its being supported, and of its being refuted."""

    p: Mapping[str, float]
    p_refuted: Mapping[str, float]

    def of(self, claim: JudgedClaim) -> float | None:
        """That of its verdict; None where the verdict says neither, or has none."""
        found = {"supported": self.p, "refuted": self.p_refuted}.get(claim.verdict, {})
        return found.get(claim.id)


def adjusted(claims: Sequence[JudgedClaim], *, complete: bool) -> Adjusted:
    """The Benjamini-Hochberg values of all claims that have a p and could be wrong: information, no verdict changes.

    Empty after a partial run: the value depends on which claims were judged.
    """
    able = [claim for claim in claims if complete and claim.cases[0].tier != "identity"]
    return Adjusted(
        _adjusted({claim.id: claim.p for claim in able}), _adjusted({claim.id: claim.p_refuted for claim in able})
    )


def _adjusted(values: Mapping[str, float | None]) -> dict[str, float]:
    known = {name: p for name, p in values.items() if p is not None}
    if not known:
        return {}
    from scipy.stats import false_discovery_control  # imported here: it costs two seconds

    return dict(zip(known, map(float, false_discovery_control(list(known.values()))), strict=True))


def p_of(row: ClaimEntry) -> tuple[float | None, float | None]:
    """The p of a claim's verdict, supported or refuted, and what it becomes among those of all claims."""
    if row["verdict"] == "refuted":
        return row.get("p_refuted"), row.get("adjusted_p_refuted")
    return (row["p"], row["adjusted_p"]) if row["verdict"] == "supported" else (None, None)


def found_by(case: Case) -> Compared | None:
    """The evidence that a case's verdict rests on, if it has an effect."""
    if case.verdict in ("not applicable", "error") or not case.evidence or case.evidence[-1]["effect"] is None:
        return None
    return case.evidence[-1]


def rested_on(found: Compared, seeds: int) -> str:
    """Words such as `8 of 10 seeds` where a comparison does not rest on all seeds of the study, else empty."""
    return f"{found['seeds']} of {seeds} seeds" if found["seeds"] < seeds else ""


def counts(verdicts: Iterable[str]) -> str:
    """Words such as `12 supported, 3 refuted`."""
    numbers = Counter(verdicts)
    return ", ".join(f"{numbers[verdict]} {verdict}" for verdict in VERDICTS if numbers[verdict])


def write(path: Path, claims: Sequence[JudgedClaim], study: dict[str, Any], *, complete: bool) -> None:
    """Writes `verdicts.json`: the study, where it ran, and every claim with its cases and their evidence."""
    found = adjusted(claims, complete=complete)
    document = {
        "format": FORMAT,
        "study": study,
        "complete": complete,
        "machine": provenance(),
        "claims": [
            {
                "id": claim.id,
                "verdict": claim.verdict,
                "p": claim.p,
                "adjusted_p": found.p.get(claim.id),
                "p_refuted": claim.p_refuted,
                "adjusted_p_refuted": found.p_refuted.get(claim.id),
                "cases": [asdict(case) for case in claim.cases],
            }
            for claim in claims
        ],
    }
    write_atomically(path, (json.dumps(document, indent=1) + "\n").encode())


def require_replaceable(path: Path, study: str) -> None:
    """InputError where a file is there that `write_expected` did not write for this study."""
    if path.exists():
        try:
            read_expected(path, study)
        except InputError as error:
            raise InputError(f"--update-verdicts would replace it, but {error}") from None


def write_expected(path: Path, claims: Sequence[JudgedClaim], study: str, *, complete: bool) -> None:
    """Writes the verdicts alone, one line a claim, for `differences` to compare with.

    Raises InputError after an incomplete run, whose file would forget claims.
    """
    if not complete:
        raise InputError(
            "--update-verdicts needs a verdict on every claim; run all of hypotheses/, without a selection"
        )
    document = {"study": study, "verdicts": {claim.id: claim.verdict for claim in claims}}
    write_atomically(path, (json.dumps(document, indent=1) + "\n").encode())


def differences(path: Path, claims: Sequence[JudgedClaim], study: str, *, complete: bool) -> list[str]:
    """What differs from a file of `write_expected`, in words.

    In an incomplete run, claims count that were judged with all of their cases.
    """
    expected = read_expected(path, study)
    found = {claim.id: claim.verdict for claim in claims if complete or claim.whole}
    names = [*expected, *(name for name in found if name not in expected)]
    return [
        f"{name}: {expected.get(name, 'not in the file')} became {found.get(name, 'not judged')}"
        for name in names
        if expected.get(name) != found.get(name) and (complete or name in found)
    ]


def read_expected(path: Path, study: str) -> dict[str, str]:
    """The verdict of every claim in a file of `write_expected`; InputError where it is none, or another study's."""
    try:
        document = json.loads(path.read_text())
        verdicts = dict(document["verdicts"])
        judged = document["study"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"--verdicts {path.name} cannot be read as verdicts ({type(error).__name__}); "
            "name a file that --update-verdicts wrote"
        ) from None
    if judged != study:
        raise InputError(f"--verdicts {path.name} is of study {judged!r}, not {study!r}; name its own file")
    return verdicts


def to_judge_again(path: Path, verdict: str, study: str, tail: float) -> set[str]:
    """Names of the claims of this verdict in a file of `write`; InputError where it is none, or another study's.

    Those that were decided and would not be if each end of an interval might err by no more than ``tail`` are taken to
    be inconclusive: it is at that level that a growing number of seeds is judged.
    """
    try:
        document = json.loads(path.read_text())
        judged = document["study"]["name"]
        found = {claim["id"] for claim in document["claims"] if _verdict_at(claim, tail) == verdict}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"--again {verdict}: {path} cannot be read ({type(error).__name__}); run all of hypotheses/ first, "
            "or name the folder of that run with --report"
        ) from None
    if judged != study:
        raise InputError(
            f"--again {verdict}: {path} has the verdicts of study {judged!r}, not of {study!r}; "
            "run all of hypotheses/ on it first, or name its folder with --report"
        )
    if not found:
        raise InputError(f"--again {verdict}: no claim has this verdict in {path}; look there for those that there are")
    return found


def _verdict_at(claim: Mapping[str, Any], tail: float) -> str:
    p = {"supported": claim["p"], "refuted": claim.get("p_refuted")}.get(claim["verdict"])
    return "inconclusive" if p is not None and p > tail else str(claim["verdict"])


def _natural(name: str) -> list[str | int]:
    """A2 before A16: texts and numbers by turns."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]
