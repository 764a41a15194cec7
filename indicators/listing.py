"""What there is: claims, indicators and studies, each as a row for people and as everything that is known of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from indicators import claims, specs


@dataclass(frozen=True)
class Row:
    """One thing that is listed."""

    cells: tuple[str, ...]
    about: dict[str, Any]
    """As JSON can hold it."""


def of_claims() -> list[Row]:
    """Every claim, in the order of the thesis."""
    return [
        Row((claim.id, claim.tier, claim.theme, claim.section, claim.sentence), claim.as_dict())
        for claim in claims.read()
    ]


def of_indicators() -> list[Row]:
    """Every row of the catalog."""
    from indicators.catalog import CATALOG

    rows = []
    for row in CATALOG:
        about = {name: getattr(row, name) for name in ("name", "summary", "ends", "needs", "unit", "section", "cost")}
        about |= {"untrained": row.untrained, "held_out": row.held_out, "undefined": row.undefined}
        about |= {"axes": {axis: list(labels) for axis, labels in row.axes.items()}, "version": row.version}
        rows.append(Row((row.name, row.needs, row.unit, row.section, row.summary), about))
    return rows


def of_studies() -> list[Row]:
    """Every shipped study."""
    rows = []
    for name in specs.studies():
        study = specs.load_study(name)
        kind = "trained" if isinstance(study, specs.StudySpec) else "recorded"
        about = {"name": name, "kind": kind, "scale": study.scale, "seeds": study.seeds}
        about["description"] = study.description
        rows.append(Row((name, kind, study.scale, str(study.seeds), study.description), about))
    return rows


ROWS: dict[str, Callable[[], list[Row]]] = {
    "claims": of_claims,
    "indicators": of_indicators,
    "studies": of_studies,
}
COLUMNS = {
    "claims": ("claim", "tier", "theme", "section", "sentence"),
    "indicators": ("name", "of", "unit", "section", "what it is"),
    "studies": ("name", "kind", "scale", "seeds", "what it is"),
}
