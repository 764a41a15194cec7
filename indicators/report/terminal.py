"""The table of verdicts in the terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from indicators.report.verdicts import Case, Claim, adjusted, counts

SYMBOLS = {
    "supported": ("✔", "green"),
    "consistent": ("✓", "green"),
    "refuted": ("✘", "red"),
    "contradicted": ("✗", "red"),
    "inconclusive": ("?", "yellow"),
    "not applicable": ("-", "dim"),
    "error": ("!", "bold red"),
}


def print_verdicts(
    console: Console, claims: Sequence[Claim], *, study: str, scale: str, seeds: int, complete: bool
) -> None:
    """Prints one row per claim (verdict, effect, what was compared), then how many claims there are of each verdict."""
    adjusted_p = adjusted(claims, complete=complete)
    title = f"{study} · scale {scale} · {seeds} seed{'s' if seeds > 1 else ''}"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("claim", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("cases", justify="right", no_wrap=True)
    table.add_column("effect", justify="right", no_wrap=True)
    table.add_column("what was claimed; what was compared", overflow="fold")
    for claim in claims:
        symbol, style = SYMBOLS[claim.verdict]
        table.add_row(
            claim.id,
            Text(f"{symbol} {claim.verdict}", style=style),
            _cases(claim),
            _effect(claim.decisive) + _chances(claim, adjusted_p.get(claim.id)),
            Text(claim.decisive.sentence) + Text(f"\n{_compared(claim.decisive)}", style="dim"),
        )
    console.print(table)
    console.print(Text("claims: ", style="bold") + Text(counts(claim.verdict for claim in claims)))


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
    why = "" if case.verdict in ("supported", "consistent") else f"; {case.reason}"
    return f"{where}{found['compared']}{unit}; counts from {found['by']:g}{why}"


def _found(case: Case) -> dict[str, Any] | None:
    """The evidence that the verdict rests on, if it rests on any."""
    if case.verdict in ("not applicable", "error") or not case.evidence or case.evidence[-1]["effect"] is None:
        return None
    return case.evidence[-1]
