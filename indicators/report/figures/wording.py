"""Labels and numbers as people read them."""

from __future__ import annotations

import math
from typing import Any

UNTRAINED = "untrained"
WORDS = {
    "train_accuracy": "training, running",
    "validation_accuracy": "validation",
    "learning_rate": "learning rate",
    "train_running": "training, running",
    "train": "training",
}


def word(label: Any) -> str:
    """A label as people read it."""
    return WORDS.get(str(label), str(label))


def shown_number(value: float | str | None) -> str:
    """A number with three significant digits, whole ones in full; a dash where there is none."""
    if isinstance(value, str):
        return value
    if value is None or math.isnan(value):
        return "-"
    if value == int(value) and abs(value) < 1e9:
        return str(int(value))
    return f"{value:.3g}".replace("e-0", "e-")


def decimal_number(value: float | str | None) -> str:
    """The same with its zeros: numbers of one column have as many digits."""
    shown = shown_number(value)
    return f"{value:#.3g}".rstrip(".") if isinstance(value, float) and "." in shown and "e" not in shown else shown
