"""The verdicts of a run as data: from judged cases to one row per claim, JSON, and comparison with a file."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from indicators.errors import InputError
from indicators.evidence import VERDICTS, overall
from indicators.machine import provenance
from indicators.store import write_atomically

FORMAT = 1


@dataclass(frozen=True)
class Case:
    """One judged case of a claim: what conftest records, as JSON can hold it."""

    claim: str
    sentence: str
    section: str
    tier: str
    theme: str
    test: str
    parameters: str
    verdict: str
    reason: str
    evidence: list[dict[str, Any]] = field(default_factory=list)

    def to_json(self) -> str:
        """The case as text that survives a worker."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Case:
        """The case that `to_json` wrote."""
        return cls(**json.loads(text))


@dataclass(frozen=True)
class Claim:
    """A claim with all of its judged cases."""

    id: str
    cases: tuple[Case, ...]

    @property
    def verdict(self) -> str:
        """That of the cases together."""
        return overall([case.verdict for case in self.cases])

    @property
    def decisive(self) -> Case:
        """The case that the verdict rests on: the first that has it."""
        return next(case for case in self.cases if case.verdict == self.verdict)

    @property
    def agreeing(self) -> int:
        """How many cases have the claim's verdict."""
        return sum(case.verdict == self.verdict for case in self.cases)


def by_claim(cases: Iterable[Case]) -> list[Claim]:
    """One row per claim, in the order of the thesis: themes by their number, claims by theirs."""
    claims: dict[str, list[Case]] = {}
    for case in sorted(cases, key=lambda case: (case.theme, _natural(case.claim), case.test, case.parameters)):
        claims.setdefault(case.claim, []).append(case)
    return [Claim(name, tuple(found)) for name, found in claims.items()]


def counts(verdicts: Iterable[str]) -> str:
    """Words such as `12 supported, 3 refuted`."""
    numbers = Counter(verdicts)
    return ", ".join(f"{numbers[verdict]} {verdict}" for verdict in VERDICTS if numbers[verdict])


def write(path: Path, claims: Sequence[Claim], study: dict[str, Any], *, complete: bool) -> None:
    """Writes `verdicts.json`: the study, where it ran, and every claim with its cases and their evidence."""
    document = {
        "format": FORMAT,
        "study": study,
        "complete": complete,
        "machine": provenance(),
        "claims": [
            {"id": claim.id, "verdict": claim.verdict, "cases": [asdict(case) for case in claim.cases]}
            for claim in claims
        ],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, (json.dumps(document, indent=1) + "\n").encode())


def write_expected(path: Path, claims: Sequence[Claim], study: str) -> None:
    """Writes the verdicts alone, one line a claim, for `differences` to compare with."""
    document = {"study": study, "verdicts": {claim.id: claim.verdict for claim in claims}}
    write_atomically(path, (json.dumps(document, indent=1) + "\n").encode())


def differences(path: Path, claims: Sequence[Claim], study: str, *, complete: bool) -> list[str]:
    """What differs from a file of `write_expected`, in words; claims that were not run count only in a complete run."""
    expected = _read_expected(path, study)
    found = {claim.id: claim.verdict for claim in claims}
    names = [*expected, *(name for name in found if name not in expected)]
    return [
        f"{name}: {expected.get(name, 'not in the file')} became {found.get(name, 'not judged')}"
        for name in names
        if expected.get(name) != found.get(name) and (complete or name in found)
    ]


def _read_expected(path: Path, study: str) -> dict[str, str]:
    try:
        document = json.loads(path.read_text())
        verdicts: dict[str, str] = document["verdicts"]
        recorded_study = document["study"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"--verdicts {path.name} cannot be read ({type(error).__name__}); make it with --update-verdicts"
        ) from None
    if recorded_study != study:
        raise InputError(f"--verdicts {path.name} is of study {recorded_study!r}, not {study!r}; name its own file")
    return verdicts


def _natural(name: str) -> tuple[str, int]:
    """A2 before A16."""
    match = re.fullmatch(r"([A-Za-z]*)(\d*).*", name)
    return (match[1], int(match[2] or 0)) if match else (name, 0)
