"""The table of verdicts in the terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from indicators.report.verdicts import Case, Claim, Compared, adjusted, counts

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
"""Claims, from which on a table says of those that hold only that they do."""
KINDS = {"claims": ("core", "secondary", "extension"), "controls": ("control",), "identities": ("identity",)}
"""What is counted apart: a control is not the thesis's claim, an identity no claim about the world."""


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
    table.add_column("effect", justify="right", no_wrap=True)
    table.add_column("what was claimed; what was compared", overflow="fold")
    judged = [claim for claim in claims if claim.verdict != "not applicable"]
    for claim in judged:
        symbol, style = SYMBOLS[claim.verdict]
        brief = len(judged) >= LONG and claim.verdict in HOLDS
        compared = Text("") if brief else Text(f"\n{_compared(claim.decisive)}", style="dim")
        table.add_row(
            claim.id,
            Text(f"{symbol} {claim.verdict}", style=style),
            _cases(claim),
            _effect(claim.decisive) + ("" if brief else _chances(claim, adjusted_p.get(claim.id))),
            Text(claim.decisive.sentence) + compared,
        )
    console.print(table)
    for why, ids in _not_applicable(claims).items():
        console.print(Text(f"- not applicable, {why}: {' '.join(ids)}", style="dim"))
    if coarse := [claim.id for claim in judged if _coarse(claim)]:
        words = "counts effects below twice their spread from run to run: "
        console.print(Text(words + " ".join(coarse), style="dim"))
    for kind, tiers in KINDS.items():
        found = [claim.verdict for claim in claims if claim.cases[0].tier in tiers]
        if found:
            console.print(Text(f"{kind}: ", style="bold") + Text(counts(found)))


def _not_applicable(claims: Sequence[Claim]) -> dict[str, list[str]]:
    """Names of the claims that the study cannot answer, by whether any study could; the report has every reason."""
    found: dict[str, list[str]] = {}
    for claim in claims:
        if claim.verdict == "not applicable":
            why = (
                "since no study has what they need" if claim.decisive.needs else "since this study lacks a measurement"
            )
            found.setdefault(why, []).append(claim.id)
    return found


def _coarse(claim: Claim) -> bool:
    spreads = [(found["by"], found["spread"]) for case in claim.cases for found in case.evidence]
    return any(spread is not None and by < 2 * spread for by, spread in spreads)


def _cases(claim: Claim) -> str:
    """How many of the judged cases have the claim's verdict, and of how many where some were not judged."""
    if claim.cases[0].cases == 1:
        return ""
    return f"{claim.agreeing}/{len(claim.cases)}" + ("" if claim.whole else f" of {claim.cases[0].cases}")


def _effect(case: Case) -> str:
    """The decisive effect and, where there are seeds enough, its interval."""
    if (found := _found(case)) is None:
        return ""
    interval = "" if found["low"] is None else f"\n[{found['low']:+.3g}, {found['high']:+.3g}]"
    return f"{found['effect']:+.3g}{interval}"


def _chances(claim: Claim, adjusted_p: float | None) -> str:
    """The claim's p and, beside it, what it becomes among all claims."""
    if claim.p is None:
        return ""
    return f"\np {claim.p:.2g}" + ("" if adjusted_p is None else f", BH {adjusted_p:.2g}")


def _compared(case: Case) -> str:
    """What was compared with what, and which effect counts; why, where the claim does not hold or nothing was found."""
    if (found := _found(case)) is None:
        where = f"{case.parameters}: " if case.parameters else ""
        return textwrap.shorten(f"{where}{case.reason}", 160, placeholder=" …")
    unsaid = [word for word in case.parameters.split("-") if word not in found["compared"].split()]
    where = f"{'-'.join(unsaid)}: " if any(unsaid) else ""
    unit = f" in {found['unit']}" if found["unit"] else ""
    why = "" if case.verdict in HOLDS else f"; {case.reason}"
    return f"{where}{found['compared']}{unit}; counts from {found['by']:g}{why}"


def _found(case: Case) -> Compared | None:
    """The evidence that the verdict rests on, if it rests on any."""
    if case.verdict in ("not applicable", "error") or not case.evidence or case.evidence[-1]["effect"] is None:
        return None
    return case.evidence[-1]
