"""Values that cannot change, are validated, and are named by what they hold: what every spec is made of."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field

from indicators.files import sha256_of_json

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(gt=0)]

LATER = "came later"
"""Marks a field that the first values of its kind did not have, as in `Annotated[Share, LATER] = 0.0`.

While it has its default it is left out of the fingerprint: what was named without it keeps its name.
"""


class Frozen(BaseModel):
    """A validated value that cannot change and whose every field counts."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (32 hexadecimal digits) of the canonical JSON of every field; equal numbers give the same."""
        return sha256_of_json(self._canonical())[:32]

    def _canonical(self) -> dict[str, Any]:
        """Every field as JSON holds it, in the one form that all equal values have; without what is as if absent."""
        unsigned: dict[str, Any] = _without_negative_zero(self.model_dump(mode="json"))
        return {name: _nested(getattr(self, name), value) for name, value in unsigned.items() if not self._absent(name)}

    def _absent(self, name: str) -> bool:
        field = type(self).model_fields[name]
        return LATER in field.metadata and bool(getattr(self, name) == field.default)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """The value with some fields changed, and a fingerprint of its own."""
        copy = super().model_copy(update=update, deep=deep)
        copy.__dict__.pop("fingerprint", None)
        return copy

    def __eq__(self, other: object) -> bool:
        # Not field by field: to Python a switch that is on equals the number 1.
        return isinstance(other, Frozen) and type(self) is type(other) and self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        return hash(self.fingerprint)


def _nested(value: Any, dumped: Any) -> Any:
    """The canonical form of a field: what it holds that has one of its own in that, all else as JSON has it."""
    if isinstance(value, Frozen):
        return value._canonical()
    if isinstance(value, tuple):
        return [_nested(*pair) for pair in zip(value, dumped, strict=True)]
    return dumped


def _without_negative_zero(value: Any) -> Any:
    """The same value with 0.0 wherever it holds -0.0, which equals it."""
    if isinstance(value, dict):
        return {name: _without_negative_zero(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_without_negative_zero(inner) for inner in value]
    return value + 0.0 if isinstance(value, float) else value
