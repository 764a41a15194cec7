"""What a report says of every claim: from verdict documents to rows that a page shows, for one study or several."""

from __future__ import annotations

import gzip
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from indicators.claims import reading
from indicators.claims.evidence import VERDICTS, Verdict, stands
from indicators.errors import InputError
from indicators.files import write_atomically
from indicators.report import steady
from indicators.report.figures.thesis import Figure, Table, named_in
from indicators.report.figures.wording import shown_number
from indicators.report.terminal import SYMBOLS
from indicators.report.verdicts import (
    SIGNIFICANT,
    Case,
    ClaimEntry,
    Compared,
    Document,
    JudgedClaim,
    by_claim,
    counts,
    found_by,
    p_of,
    rested_on,
)
from indicators.specs.files import STUDIES

SHIPPED = ".verdicts.json.gz"
"""What the verdicts on a published study end with, beside its file."""
REACH = 30.0
"""Effects in units of what counts, as far as the axis of the forest plot goes; it is close to linear up to 1."""
TICKS = (-30, -10, -3, -1, 0, 1, 3, 10, 30)


@dataclass(frozen=True)
class Bar:
    """An effect on the axis of the forest plot, in percent of its width; None where there is no such thing."""

    effect: float
    low: float | None
    high: float | None
    expected: float | None
    band: bool
    """Whether what counts is a band around zero: the claim says that two things are the same."""
    beyond: bool
    """Whether the effect lies beyond the ends of the axis."""


@dataclass(frozen=True)
class CaseRow:
    """A judged case as the report shows it."""

    parameters: str
    verdict: Verdict
    sentence: str
    compared: str
    effect: str
    interval: str
    by: str
    expected: str
    unit: str
    reason: str
    step: str
    """The step of a rise or fall that decided in the place of the effect, if one did."""
    elsewhere: str
    """The effect of the same case in the study that it is compared with."""
    bar: Bar | None


@dataclass(frozen=True)
class ClaimRow:
    """A claim as the report shows it."""

    id: str
    verdict: Verdict
    kind: str
    """Of `claims.KINDS`."""
    tier: str
    theme: str
    section: str
    sentence: str
    """That of the case which decides: a claim may have several."""
    why: str
    """What was compared, the effect, and the reason of the verdict, in one line."""
    decisive: CaseRow
    cases: tuple[CaseRow, ...]
    agreeing: int
    p: str
    """That of its verdict: of being supported, or of being refuted."""
    adjusted_p: str
    weak: bool
    """Whether the verdict does not hold once corrected for how many claims were judged."""
    steady: str
    """How many checks it bears, or how many seeds would decide; empty where that cannot be told."""
    bears: tuple[tuple[str, bool | None], ...]
    """Every check and whether the verdict bears it, None where that cannot be told."""
    figures: tuple[Figure | Table, ...]
    tests: tuple[tuple[str, int], ...]
    """Files and lines of its tests."""
    by_study: Mapping[str, Verdict]
    """The verdicts of the studies that are set side by side, this one first."""

    @property
    def differs(self) -> bool:
        """Whether the studies that judged it disagree."""
        return len({stands(verdict) for verdict in self.by_study.values()} - {None}) > 1


def read_document(path: Path) -> Document:
    """The verdicts in a file that `verdicts.write` wrote; InputError where it is none."""
    from pydantic import TypeAdapter, ValidationError

    try:
        content = path.read_bytes()
        return TypeAdapter(Document).validate_json(gzip.decompress(content) if path.suffix == ".gz" else content)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror}); run pytest hypotheses/ first, or name the folder of its report"
        ) from None
    except ValidationError as error:
        where = ".".join(map(str, error.errors(include_url=False)[0]["loc"])) or "its content"
        raise InputError(f"{path} holds no verdicts (see {where}); run pytest hypotheses/ to write it anew") from None


def shipped(name: str) -> Path:
    """The file of the verdicts that a study is shipped with, whether it is there or not."""
    return STUDIES / f"{name}{SHIPPED}"


def find_document(name: str) -> Path:
    """The file of verdicts that a path or the name of a published study means; InputError for anything else."""
    if (file := shipped(name)).is_file() or Path(name).is_file():
        return file if file.is_file() else Path(name)
    known = ", ".join(sorted(path.name.removesuffix(SHIPPED) for path in STUDIES.glob(f"*{SHIPPED}")))
    raise InputError(f"compare={name!r} is neither a verdicts.json nor a study whose verdicts are published ({known})")


def ship(verdicts: Path, name: str) -> None:
    """Keeps the verdicts on a published study beside its file, for other studies to be compared with."""
    if (STUDIES / f"{name}.toml").is_file():
        write_atomically(shipped(name), gzip.compress(verdicts.read_bytes(), mtime=0))


def claim_rows(
    document: Document,
    others: Sequence[Document] = (),
    *,
    figures: Sequence[Figure | Table] = (),
    tests: Sequence[reading.Claim] = (),
) -> list[ClaimRow]:
    """Every claim of a document, its verdicts in other studies beside it.

    The first of the others gives the effects that stand beside each case. `tests` says where the tests are and which
    claims say that two things are the same.
    """
    named = {f"{claim.file}::{test.test}": test for claim in tests for test in claim.comparisons}
    elsewhere = {_name(case): case for row in (others[0]["claims"] if others else ()) for case in row["cases"]}
    verdicts = {
        found["study"]["name"]: {(row["id"], _file(row["cases"][0])): row["verdict"] for row in found["claims"]}
        for found in (document, *others)
    }
    values = {row["id"]: row for row in document["claims"]}

    def by_study(claim: JudgedClaim) -> dict[str, Verdict]:
        # Other people's claims may have the identifiers of these: their tests are in other files.
        key = claim.id, _file(claim.cases[0])
        return {name: known[key] for name, known in verdicts.items() if key in known}

    return [
        _claim_row(
            claim, values[claim.id], by_study(claim),
            figures, named, elsewhere, document["study"]["seeds"],
        )
        for claim in by_claim(case for row in document["claims"] for case in row["cases"])
    ]  # fmt: skip


def theme_title(theme: str) -> str:
    """`Training` of `test_1_training`."""
    return re.sub(r"^test_(\d+_)?", "", theme).replace("_", " ").capitalize()


def counted(rows: Iterable[ClaimRow], kind: str) -> str:
    """Words such as `12 supported, 3 refuted`, of one kind of claims."""
    return counts(row.verdict for row in rows if row.kind == kind)


def shares(rows: Iterable[ClaimRow], kind: str) -> list[tuple[Verdict, int, float]]:
    """Every verdict of one kind of claims, how many there are, and what percentage that is."""
    found = [row.verdict for row in rows if row.kind == kind]
    numbers = [(verdict, found.count(verdict)) for verdict in VERDICTS]
    return [(verdict, number, 100 * number / len(found)) for verdict, number in numbers if number]


def place(value: float) -> float:
    """Where on the axis of the forest plot a value lies, in percent of its width, within its ends."""
    share = math.asinh(max(-REACH, min(REACH, value))) / math.asinh(REACH)
    return round(50 + 50 * share, 2)


def ticks() -> list[tuple[str, float]]:
    """Numbers along that axis, and where they stand."""
    return [(str(value), place(value)) for value in TICKS]


def _claim_row(
    claim: JudgedClaim,
    entry: ClaimEntry,
    by_study: Mapping[str, Verdict],
    figures: Sequence[Figure | Table],
    named: Mapping[str, reading.Comparison],
    elsewhere: Mapping[tuple[str, str], Case],
    seeds: int,
) -> ClaimRow:
    rows = {id(case): _case_row(case, named, elsewhere, seeds) for case in claim.cases}
    first = claim.cases[0]
    p, adjusted_p = p_of(entry)
    mentioned = ", ".join(dict.fromkeys(case.figures for case in claim.cases if case.figures))
    return ClaimRow(
        id=claim.id,
        verdict=claim.verdict,
        kind=next((kind for kind, tiers in reading.KINDS.items() if first.tier in tiers), "claims"),
        tier=first.tier,
        theme=first.theme,
        section=first.section,
        sentence=claim.decisive.sentence,
        why=_why(claim.decisive, seeds),
        decisive=rows[id(claim.decisive)],
        cases=tuple(rows.values()),
        agreeing=claim.agreeing,
        p="" if p is None else shown_number(p),
        adjusted_p="" if adjusted_p is None else shown_number(adjusted_p),
        weak=adjusted_p is not None and adjusted_p > SIGNIFICANT,
        steady=steady.shown(claim),
        bears=tuple(zip(steady.NAMES, steady.checks(claim), strict=True)),
        figures=tuple(named_in(mentioned, figures)),
        tests=tuple(dict.fromkeys(_place(case, named) for case in claim.cases)),
        by_study=by_study,
    )


def _case_row(
    case: Case, named: Mapping[str, reading.Comparison], elsewhere: Mapping[tuple[str, str], Case], seeds: int
) -> CaseRow:
    found = found_by(case)
    test = named.get(_test(case))
    other = elsewhere.get(_name(case))
    return CaseRow(
        parameters=case.parameters,
        verdict=case.verdict,
        sentence=case.sentence,
        compared=found["compared"] if found else "",
        effect=signed(found["effect"]) if found else "",
        interval=_interval(found) if found else "",
        by=shown_number(found["by"]) if found else "",
        expected="" if case.expected is None else signed(case.expected),
        unit=found["unit"] if found else "",
        reason=_reason(case, seeds),
        step=found.get("step", "") if found else "",
        elsewhere=_found_elsewhere(other) if other else "",
        bar=_bar(found, case.expected, same=_is_band(found, test)) if found else None,
    )


def signed(value: float | None) -> str:
    """An effect with its sign, to three significant digits."""
    return "" if value is None else f"{value:+.3g}"


def _why(case: Case, seeds: int) -> str:
    if (found := found_by(case)) is None:
        return _reason(case, seeds)
    unit = f" ({found['unit']})" if found["unit"] else ""
    effect = f"{found['compared']} = {signed(found['effect'])}{unit}"
    return f"{effect}; counts from {found['by']:g}; {_reason(case, seeds)}"


def _reason(case: Case, seeds: int) -> str:
    """Why, without the list of everything that a study has instead, and of how many seeds if not of all."""
    reason = case.reason.partition("; it records")[0].partition("; the catalog has")[0]
    found = found_by(case)
    return "; ".join(filter(None, (reason, rested_on(found, seeds) if found else "")))


def _interval(found: Compared) -> str:
    return "" if found["low"] is None else f"[{signed(found['low'])}, {signed(found['high'])}]"


def _found_elsewhere(case: Case) -> str:
    found = found_by(case)
    return f"{signed(found['effect'])} ({case.verdict})" if found else case.verdict


def _is_band(found: Compared, test: reading.Comparison | None) -> bool:
    """Whether a comparison says that two things are the same; of earlier files the claim's test tells."""
    return found.get("band", test is not None and test.verb == "same")


def _bar(found: Compared, expected: float | None, *, same: bool) -> Bar | None:
    if not found["by"] or found["effect"] is None:
        return None

    def at(value: float | None) -> float | None:
        return None if value is None else place(value / found["by"])

    effect = found["effect"] / found["by"]
    beyond = abs(effect) > REACH
    # Of a sameness, what is expected has no sign, and zero is what the claim says.
    return Bar(place(effect), at(found["low"]), at(found["high"]), None if same else at(expected), same, beyond)


def _test(case: Case) -> str:
    """The file and name of its test, without folders."""
    return case.test.rpartition("/")[2]


def _file(case: Case) -> str:
    """The file of its test, without folders."""
    return _test(case).partition("::")[0]


def _name(case: Case) -> tuple[str, str]:
    return _test(case), case.parameters


def _place(case: Case, named: Mapping[str, reading.Comparison]) -> tuple[str, int]:
    test = named.get(_test(case))
    return case.test.partition("::")[0], test.line if test else case.place[0] + 1


def symbol(verdict: Verdict) -> str:
    """The sign of a verdict, the same as in the terminal."""
    return SYMBOLS[verdict][0]
