"""What of a study may be varied: a factor, its values, and the networks that are trained with each."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from indicators.specs.frozen import Frozen, Positive
from indicators.specs.recipes import LEVELS, OPTIMIZERS

DIMENSIONS = frozenset(
    ("seed", "optimizer", "level", "layer", "neuron", "epoch", "split", "quantity", "draw", "fraction", "part", "depth",
     "from_start", "from_end", "poolings", "first_of_block", "threshold", "active", "distance", "final_size",
     "half_size", "information", "nmi", "pixels", "place", "reason", "share", "size", "stage", "side", "difficulty")
)  # fmt: skip
"""What measurements and claims call their dimensions and coordinates: no factor of a study can be called so."""
SETTABLE = r"(recipe|start)(\.\w+)?|architecture\.parameters\.\w+|data\.(?!name$|sha256$)\w+|learning_rates"
"""What decides the weights of a network, and is not its source or that of its images, which digests stand for."""
Label = bool | int | float | str
"""Of a value that a factor takes."""


class VariantSpec(Frozen):
    """A factor of a study: what it changes of which networks, and to what; the study's own value is the baseline."""

    factor: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    """Name of the dimension that it becomes."""
    set: str
    """The field of the study that it changes, such as `recipe.batch_size`; `learning_rates` are multiplied."""
    values: tuple[Label, ...] | dict[str, Any]
    """Those beside the baseline; or by name, where they are tables or lists."""
    baseline: Label | None = None
    """What the study's own value is called, where the study's file has none or a table."""
    cells: dict[Literal["optimizer", "level"], tuple[str, ...]] = {}  # noqa: RUF012 - pydantic copies it
    """Of which of the nine networks there are variants; all, unless told."""
    rates: tuple[Positive, ...] = ()
    """Multiples of a cell's learning rate, with each of which variants and baseline are trained.

    Per seed the one that does best on validation images, of those that fitted their training images, stands for all.
    """
    indicators: tuple[str, ...] = ()
    """Names of the measurements that are taken of its networks; all, unless told."""

    @property
    def optimizers(self) -> tuple[str, ...]:
        """The optimizers of its networks, in their order."""
        return tuple(name for name in OPTIMIZERS if name in self.cells.get("optimizer", OPTIMIZERS))

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels of its networks, in their order."""
        return tuple(name for name in LEVELS if name in self.cells.get("level", LEVELS))

    @property
    def named(self) -> dict[Label, Any]:
        """Its values by their labels."""
        named = self.values.items() if isinstance(self.values, dict) else ((value, value) for value in self.values)
        return dict(named)

    @field_validator("factor")
    @classmethod
    def _free(cls, factor: str) -> str:
        if factor in DIMENSIONS:
            raise ValueError(f"factor={factor!r} is a dimension already: choose another name")
        return factor

    @field_validator("values")
    @classmethod
    def _some(cls, values: tuple[Label, ...] | dict[str, Any]) -> tuple[Label, ...] | dict[str, Any]:
        if not values:
            raise ValueError("values is empty: name at least one beside the baseline")
        if twice := [value for place, value in enumerate(values) if value in tuple(values)[:place]]:
            raise ValueError(f"values has {twice[0]!r} twice; leave one out")
        return values

    @field_validator("set")
    @classmethod
    def _of_a_network(cls, field: str) -> str:
        if not re.fullmatch(SETTABLE, field):
            raise ValueError(
                f"set={field!r} does not make another network; expected a field of recipe, of architecture.parameters "
                "or of data, start, or learning_rates, which are multiplied"
            )
        return field

    @model_validator(mode="after")
    def _rates_are_multiplied(self) -> Self:
        for label, value in self.named.items() if self.set == "learning_rates" else ():
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not (number and math.isfinite(value) and value > 0):
                raise ValueError(f"variants.{self.factor}={label!r}: expected a positive number, to multiply rates by")
        return self

    @field_validator("cells")
    @classmethod
    def _known_cells(cls, cells: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for name, known in {"optimizer": OPTIMIZERS, "level": LEVELS}.items():
            for chosen in cells.get(name, known) or (None,):
                if chosen not in known:
                    raise ValueError(f"cells.{name}={chosen!r} is not one of {known}")
        return cells
