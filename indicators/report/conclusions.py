"""What chapter 9 of the thesis concludes, and how each study answers it: the claim that says it and the control."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from indicators.claims.evidence import Verdict, overall
from indicators.report.terminal import SYMBOLS
from indicators.report.verdicts import SIGNIFICANT, WEAK, WHY_WEAK, ClaimEntry, Document, p_of


@dataclass(frozen=True)
class Conclusion:
    """A conclusion in one sentence, the claims that say it, and the control that decides what it is worth."""

    sentence: str
    claims: tuple[str, ...]
    control: str


CONCLUSIONS = (
    Conclusion("Recipes that turn weights further leave sparser ones", ("W29",), "W29.layerwise"),
    Conclusion("Weight decay and layca turn weights far and clear useless ones", ("W24",), "W24.unrelated"),
    Conclusion("Weight decay and layca resist random pruning better than plain sgd", ("P3",), "P3.fresh"),
    Conclusion("Weight decay and layca resist magnitude pruning better than plain sgd", ("P8",), "P8.fresh"),
    Conclusion("What neurons share follows what they know of the classes", ("A28",), "A29"),
    Conclusion("The better, the earlier in depth neurons know of the classes", ("A30", "A27"), "A30.recipe"),
    Conclusion("The better, the more neurons of the last layers know of the classes", ("A26",), "A26.recipe"),
    Conclusion("The better, the less neurons of the first layers share and group", ("A2", "S2"), "A2.recipe"),
    Conclusion("The better, the more neurons of the last layers share and group", ("A3", "S6"), "S6.recipe"),
    Conclusion("Weight decay and layca diversify what activations hold", ("P6",), "A6.living"),
    Conclusion("The more diverse the features, the better", ("G5",), "G5.recipe"),
    Conclusion("The more can be pruned, the better", ("P12",), "P12.recipe"),
    Conclusion("Yet a network that generalizes need not be well pruned", ("P14",), ""),
)  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """What a study says: a verdict, and whether it does not hold once corrected for how many claims were judged."""

    verdict: Verdict
    weak: bool


@dataclass(frozen=True)
class Answered:
    """A conclusion with the answers of several studies to its claims and to its control; None where not judged."""

    conclusion: Conclusion
    claims: tuple[Answer | None, ...]
    control: tuple[Answer | None, ...]


def answered(documents: Sequence[Document]) -> list[Answered]:
    """Every conclusion that any of the studies answers, in the order of the thesis."""
    judged = [{row["id"]: row for row in document["claims"]} for document in documents]

    def answers(names: Sequence[str]) -> tuple[Answer | None, ...]:
        return tuple(_answer([rows[name] for name in names if name in rows], len(names)) for rows in judged)

    rows = [Answered(one, answers(one.claims), answers([one.control])) for one in CONCLUSIONS]
    return [row for row in rows if any(row.claims)]


def to_markdown(rows: Sequence[Answered], names: Sequence[str]) -> str:
    """A table of a line per conclusion, a sign per study, and what the signs mean."""
    columns = ["conclusion (9.1)", "claims", *names, "control", *names]
    table = [[_plain(cell) for cell in _cells(row)] for row in rows]
    lines = [columns, ["---"] * len(columns), *table]
    used = {answer.verdict for row in rows for answer in (*row.claims, *row.control) if answer}
    signs = ", ".join(f"{sign} {verdict}" for verdict, (sign, _) in SYMBOLS.items() if verdict in used)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + f"\n\n{signs}; {WEAK} {WHY_WEAK}"


def _cells(row: Answered) -> list[str | Answer | None]:
    control = row.conclusion.control
    beside = row.control if control else ("",) * len(row.control)
    return [row.conclusion.sentence, ", ".join(row.conclusion.claims), *row.claims, control, *beside]


def _plain(cell: str | Answer | None) -> str:
    if isinstance(cell, Answer):
        return f"{SYMBOLS[cell.verdict][0]}{WEAK if cell.weak else ''}"
    return "-" if cell is None else cell


def _answer(rows: Sequence[ClaimEntry], expected: int) -> Answer | None:
    """That of several claims, which all have to hold."""
    if len(rows) < expected or not rows:
        return None
    verdict = overall([row["verdict"] for row in rows])
    known = [p for row in rows if row["verdict"] == verdict and (p := p_of(row)[1]) is not None]
    # One that is refuted is enough; of what is supported each has to be.
    deciding = (min if verdict == "refuted" else max)(known, default=0.0)
    return Answer(verdict, deciding > SIGNIFICANT)
