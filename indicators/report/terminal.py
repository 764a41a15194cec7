"""The table of verdicts in the terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from indicators.claims.reading import KINDS
from indicators.report.verdicts import Case, Claim, adjusted, counts, found_by, rested_on

SYMBOLS = {
    "supported": ("✔", "green"),
    "consistent": ("✓", "green"),
    "refuted": ("✘", "red"),
    "contradicted": ("✗", "red"),
    "inconclusive": ("?", "yellow"),
    "not applicable": ("-", "dim"),
    "error": ("!", "bold red"),
}
HOLDS = ("supported", "consistent")
LONG = 40
"""Claims, from which on a table is brief: a line for each that holds, three or four for each that does not."""
LINE = 45
"""Characters of a sentence that a brief table shows."""
LONGEST = 240
"""Characters of a reason."""


def print_verdicts(
    console: Console, claims: Sequence[Claim], *, study: str, scale: str, seeds: int, complete: bool
) -> None:
    """Prints a row per judged claim (verdict, effect, what was compared), the others' names, and how many of each."""
    adjusted_p = adjusted(claims, complete=complete)
    title = f"{study} · scale {scale} · {seeds} seed{'s' if seeds > 1 else ''}"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("claim", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("cases", justify="right", no_wrap=True)
    judged = [claim for claim in claims if claim.verdict != "not applicable"]
    describe = _brief if len(judged) >= LONG else _full
    intervals = describe is _full and any(_interval(claim.decisive) for claim in judged)
    table.add_column("effect, 90 %" if intervals else "effect", justify="right", no_wrap=True)
    table.add_column("what was claimed; what was compared", overflow="fold")
    for claim in judged:
        symbol, style = SYMBOLS[claim.verdict]
        effect, text = describe(claim, adjusted_p.get(claim.id))
        table.add_row(claim.id, Text(f"{symbol} {claim.verdict}", style=style), _cases(claim), effect, text)
    console.print(table)
    for why, ids in _not_applicable(claims).items():
        console.print(Text(f"- not applicable, {why}: {' '.join(ids)}", style="dim"))
    if coarse := [claim.id for claim in judged if _coarse(claim)]:
        words = f"count effects below twice their spread from run to run: {_named(coarse, judged)}"
        console.print(Text(words, style="dim"))
    decisive = {claim.id: found_by(claim.decisive) for claim in judged}
    if partial := [name for name, of in decisive.items() if of is not None and rested_on(of, seeds)]:
        words = f"rest on fewer than {seeds} seeds, others miss a premise or cannot decide: {_named(partial, judged)}"
        console.print(Text(words, style="dim"))
    for kind, tiers in KINDS.items():
        found = [claim.verdict for claim in claims if claim.cases[0].tier in tiers]
        if found:
            console.print(Text(f"{kind}: ", style="bold") + Text(counts(found)))


def _full(claim: Claim, adjusted_p: float | None) -> tuple[str, Text]:
    """The effect with its interval and chances, and the sentence with what was compared."""
    case, interval = claim.decisive, _interval(claim.decisive)
    effect = _effect(case) + (f"\n{interval}" if interval else "") + _chances(claim, adjusted_p)
    return effect, Text(case.sentence) + Text(f"\n{_compared(case)}", style="dim")


def _brief(claim: Claim, _: float | None) -> tuple[str, Text]:
    """The effect and the beginning of the sentence; where the claim does not hold, what was compared and why too."""
    case = claim.decisive
    sentence = Text(textwrap.shorten(case.sentence, LINE, placeholder=" …"))
    if claim.verdict in HOLDS:
        return _effect(case), sentence
    if (found := found_by(case)) is None:
        return "", sentence + Text(f"\n{_compared(case)}", style="dim")
    where = f"{case.parameters}: " if case.parameters else ""
    compared = textwrap.shorten(f"{where}{found['compared']}", LINE, placeholder=" …")
    why = textwrap.shorten(case.reason, LONGEST, placeholder=" …")
    return _effect(case), sentence + Text(f"\n{compared}\n{why}", style="dim")


def _not_applicable(claims: Sequence[Claim]) -> dict[str, list[str]]:
    """Names of the claims that the study cannot answer, by whether any study could; the report has every reason."""
    found: dict[str, list[str]] = {}
    for claim in claims:
        if claim.verdict == "not applicable":
            why = (
                "since no study has what they need" if claim.decisive.needs else "since this study lacks what they need"
            )
            found.setdefault(why, []).append(claim.id)
    return found


def _named(ids: Sequence[str], of: Sequence[Claim]) -> str:
    """These claims, or how many they are if they are many."""
    return " ".join(ids) if len(ids) < LONG else f"{len(ids)} of {len(of)} claims"


def _coarse(claim: Claim) -> bool:
    """Whether it counts less than twice the spread of a run: a single one shows such an effect by chance."""
    spreads = [(found["by"], found["spread"]) for case in claim.cases for found in case.evidence]
    return any(spread is not None and by < 2 * spread for by, spread in spreads)


def _cases(claim: Claim) -> str:
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


def _chances(claim: Claim, adjusted_p: float | None) -> str:
    """The claim's p and, beside it, what it becomes among all claims."""
    if claim.p is None:
        return ""
    return f"\np {claim.p:.2g}" + ("" if adjusted_p is None else f", BH {adjusted_p:.2g}")


def _compared(case: Case) -> str:
    """What was compared with what, and which effect counts; why, where the claim does not hold or nothing was found."""
    if (found := found_by(case)) is None:
        where = f"{case.parameters}: " if case.parameters else ""
        return textwrap.shorten(f"{where}{case.reason}", LONGEST, placeholder=" …")
    unsaid = [word for word in case.parameters.split("-") if word not in found["compared"].split()]
    where = f"{'-'.join(unsaid)}: " if any(unsaid) else ""
    unit = f" in {found['unit']}" if found["unit"] else ""
    why = "" if case.verdict in HOLDS else f"; {case.reason}"
    return f"{where}{found['compared']}{unit}; counts from {found['by']:g}{why}"
