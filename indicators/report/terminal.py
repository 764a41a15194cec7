"""The table of verdicts in the terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console

from indicators.claims.evidence import stands
from indicators.claims.reading import KINDS
from indicators.console import TextTable, show, shown, stacked
from indicators.report import steady
from indicators.report.verdicts import (
    SIGNIFICANT,
    WEAK,
    WHY_WEAK,
    Adjusted,
    Case,
    JudgedClaim,
    adjusted,
    counts,
    found_by,
    rested_on,
)

if TYPE_CHECKING:
    from rich.text import Text

SYMBOLS = {
    "supported": ("✔", "green"),
    "consistent": ("✓", "green"),
    "refuted": ("✘", "red"),
    "contradicted": ("✗", "red"),
    "inconclusive": ("?", "yellow"),
    "not applicable": ("-", "dim"),
    "error": ("!", "bold red"),
}
LONG = 40
"""Claims, from which on a table is brief: a line for each that holds, three or four for each that does not."""
LINE = 36
"""Characters of a sentence that a brief table shows."""
LONGEST = 240
"""Characters of a reason."""


def print_verdicts(
    console: Console, claims: Sequence[JudgedClaim], *, study: str, scale: str, seeds: int, complete: bool
) -> None:
    """Prints a row per judged claim (verdict, effect, what was compared), the others' names, and how many of each."""
    judged = [claim for claim in claims if claim.verdict != "not applicable"]
    title = f"{study} · scale {scale} · {seeds} seed{'s' if seeds > 1 else ''}"
    among_all = adjusted(claims, complete=complete)
    show(console, _table(title, judged, among_all))
    notes = (*_weak(judged, among_all), *_steady(judged), *_coarse(judged), *_on_fewer_seeds(judged, seeds))
    for note in (*_not_applicable(claims), *notes):
        show(console, shown(note, "dim"))
    for kind, tiers in KINDS.items():
        found = [claim.verdict for claim in claims if claim.cases[0].tier in tiers]
        if found:
            show(console, shown(f"{kind}: ", "bold") + shown(counts(found)))


def _table(title: str, judged: Sequence[JudgedClaim], among_all: Adjusted) -> TextTable:
    table = TextTable(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("claim", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("cases", justify="right", no_wrap=True)
    describe = _brief if len(judged) >= LONG else _full
    intervals = describe is _full and any(_interval(claim.decisive) for claim in judged)
    table.add_column("effect, 90 %" if intervals else "effect", justify="right", no_wrap=True)
    told = any(map(steady.shown, judged))
    if told:
        table.add_column("steady", justify="right", no_wrap=True)
    table.add_column("what was claimed; what was compared", overflow="fold")
    for claim in judged:
        symbol, style = SYMBOLS[claim.verdict]
        effect, text = describe(claim, among_all.of(claim))
        verdict = shown(f"{symbol} {claim.verdict}{WEAK if _is_weak(claim, among_all) else ''}", style)
        table.add_row(claim.id, verdict, _cases(claim), effect, *([steady.shown(claim)] if told else []), text)
    return table


def _full(claim: JudgedClaim, adjusted_p: float | None) -> tuple[Text, Text]:
    """The effect with its interval and chances, and the sentence with what was compared."""
    case = claim.decisive
    effect = stacked(*map(shown, (_effect(case), _interval(case), _chances(claim, adjusted_p))))
    return effect, stacked(shown(case.sentence), shown(_compared(case), "dim"))


def _brief(claim: JudgedClaim, _: float | None) -> tuple[Text, Text]:
    """The effect and the beginning of the sentence; where the claim does not hold, what was compared and why too."""
    case = claim.decisive
    sentence = shown(_shortened(case.sentence, LINE))
    if stands(claim.verdict):
        return shown(_effect(case)), sentence
    if (found := found_by(case)) is None:
        return shown(""), stacked(sentence, shown(_compared(case), "dim"))
    compared = _shortened(f"{_where(case.parameters)}{found['compared']}", LINE)
    return shown(_effect(case)), stacked(
        sentence, shown(compared, "dim"), shown(_shortened(case.reason, LONGEST), "dim")
    )


def _not_applicable(claims: Sequence[JudgedClaim]) -> list[str]:
    """Names of the claims that the study cannot answer, by whether any study could; the report has every reason."""
    found: dict[str, list[str]] = {}
    for claim in claims:
        if claim.verdict == "not applicable":
            lacking = "no study has" if claim.decisive.needs else "this study lacks"
            found.setdefault(f"since {lacking} what they need", []).append(claim.id)
    return [f"- not applicable, {why}: {' '.join(ids)}" for why, ids in found.items()]


def _is_weak(claim: JudgedClaim, among_all: Adjusted) -> bool:
    found = among_all.of(claim)
    return found is not None and found > SIGNIFICANT


def _weak(judged: Sequence[JudgedClaim], among_all: Adjusted) -> list[str]:
    """Names of the claims whose verdict does not hold once corrected for how many claims were judged."""
    weak = [claim.id for claim in judged if _is_weak(claim, among_all)]
    return [f"{WEAK} {WHY_WEAK}: {_named(weak, judged)}"] if weak else []


def _steady(judged: Sequence[JudgedClaim]) -> list[str]:
    """What the column on steadiness counts."""
    if not any(map(steady.shown, judged)):
        return []
    what = "; ".join(steady.NAMES)
    return [f"steady: how many of these leave the verdict as it is: {what}; n: about how many seeds would decide"]


def _coarse(judged: Sequence[JudgedClaim]) -> list[str]:
    """Names of the claims that count less than twice the spread of a run: one run shows such an effect by chance."""
    coarse = [claim.id for claim in judged if any(map(_is_coarse, claim.cases))]
    return [f"count effects below twice their spread from run to run: {_named(coarse, judged)}"] if coarse else []


def _is_coarse(case: Case) -> bool:
    spreads = [(found["by"], found["spread"]) for found in case.evidence]
    return any(spread is not None and by < 2 * spread for by, spread in spreads)


def _on_fewer_seeds(judged: Sequence[JudgedClaim], seeds: int) -> list[str]:
    """Names of the claims whose verdict does not rest on all seeds of the study."""
    decisive = {claim.id: found_by(claim.decisive) for claim in judged}
    fewer = [name for name, found in decisive.items() if found is not None and rested_on(found, seeds)]
    words = f"rest on fewer than {seeds} seeds, others miss a premise or cannot decide"
    return [f"{words}: {_named(fewer, judged)}"] if fewer else []


def _named(ids: Sequence[str], judged: Sequence[JudgedClaim]) -> str:
    """These claims, or how many they are if they are many."""
    return " ".join(ids) if len(ids) < LONG else f"{len(ids)} of {len(judged)} claims"


def _cases(claim: JudgedClaim) -> str:
    """How many of the judged cases that apply have the claim's verdict, and of how many where these are not all."""
    if claim.cases[0].cases == 1:
        return ""
    applying = len(claim.cases) if claim.verdict == "not applicable" else sum(map(_applies, claim.cases))
    return f"{claim.agreeing}/{applying}" + ("" if applying == claim.cases[0].cases else f" of {claim.cases[0].cases}")


def _applies(case: Case) -> bool:
    return case.verdict != "not applicable"


def _effect(case: Case) -> str:
    """The decisive effect, empty where there is none."""
    found = found_by(case)
    return "" if found is None else f"{found['effect']:+.3g}"


def _interval(case: Case) -> str:
    """Its interval, empty where there are too few seeds."""
    found = found_by(case)
    return "" if found is None or found["low"] is None else f"[{found['low']:+.3g}, {found['high']:+.3g}]"


def _chances(claim: JudgedClaim, adjusted_p: float | None) -> str:
    """The claim's p and, beside it, what it becomes among all claims."""
    p = claim.p_refuted if claim.verdict == "refuted" else claim.p
    if p is None:
        return ""
    return f"p {p:.2g}" + ("" if adjusted_p is None else f", BH {adjusted_p:.2g}")


def _compared(case: Case) -> str:
    """What was compared with what, and which effect counts; why, where the claim does not hold or nothing was found."""
    if (found := found_by(case)) is None:
        return _shortened(f"{_where(case.parameters)}{case.reason}", LONGEST)
    unsaid = [word for word in case.parameters.split("-") if word not in found["compared"].split()]
    unit = f" in {found['unit']}" if found["unit"] else ""
    why = "" if stands(case.verdict) else f"; {case.reason}"
    return f"{_where('-'.join(unsaid))}{found['compared']}{unit}; counts from {found['by']:g}{why}"


def _where(parameters: str) -> str:
    return f"{parameters}: " if parameters else ""


def _shortened(text: str, longest: int) -> str:
    return textwrap.shorten(text, longest, placeholder=" …")
