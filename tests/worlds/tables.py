"""All rows, by theme and test function, and the worlds that they make."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from tests.worlds.claims import Claim, claims
from tests.worlds.generator import Row, World

THEMES = ("training", "rotation", "weights", "pruning", "information", "activity", "clusters", "beyond")
ROWS: dict[tuple[str, str], Row] = {
    (theme, row.test): row for theme in THEMES for row in importlib.import_module(f"tests.worlds.{theme}").ROWS
}


def claim_of(theme: str, test: str) -> Claim:
    """The claim that a row is for."""
    found = {claim.test: claim for claim in claims(theme)}
    if test not in found:
        raise LookupError(f"{test}: no such claim in hypotheses/test_*_{theme}.py; mend or remove its row")
    return found[test]


def row_of(claim: Claim) -> Row:
    """The row of a claim."""
    return ROWS[claim.theme, claim.test]


def world(claim: Claim, effect: float, case: Mapping[str, Any], **options: Any) -> World:
    """A world in which the effect of this case of the claim is this; options are those of `World`."""
    return World(row_of(claim).planted(case), effect, **{"unit": claim.unit} | options)
