"""What is said of a study that cannot be: the first complaint, in one line."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import ValidationError

from indicators.errors import InputError, did_you_mean
from indicators.specs.frozen import Frozen

Spec = TypeVar("Spec", bound=Frozen)
CORRECT = "; correct this value"
"""What a complaint about a value ends with."""


def validated(kind: type[Spec], table: dict[str, Any], name: str) -> Spec:
    """The spec that a table says; InputError, with the name of the study, where it says none."""
    try:
        return kind.model_validate(table)
    except ValidationError as error:
        raise InputError(f"study {name}: {first_complaint(error)}") from None


def first_complaint(error: ValidationError) -> str:
    """The first complaint in one line: field, value, expectation."""
    details = error.errors(include_url=False)[0]
    place = details["loc"]
    if "parameters" in place:
        # What follows the name is one of the types that a parameter may have.
        place = place[: place.index("parameters") + 2]
    field = ".".join(str(part) for part in place) or "study"
    if details["type"] == "missing":
        return f"{field} is missing; see the shipped studies for a complete file"
    if details["type"] == "extra_forbidden":
        known = {name for kind in Frozen.__subclasses__() for name in kind.model_fields}
        near = did_you_mean(str(details["loc"][-1]), known)
        return f"{field} is not a known field; {near}compare with the shipped studies"
    if details["type"] == "value_error":
        return f"{details['ctx']['error']}{CORRECT}"
    message = details["msg"]
    value = details["input"]
    shown = f"={value!r}" if isinstance(value, str | int | float | bool) else ""
    return f"{field}{shown}: {message[0].lower()}{message[1:]}{CORRECT}"
