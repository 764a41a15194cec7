"""What is said of a neuron's neighborhoods, and why nothing can be said."""

from enum import StrEnum
from typing import NamedTuple

from indicators.measures.arrays import Floats, Integers


class Ignored(StrEnum):
    """Why a neuron has no value."""

    NEVER_ACTIVE = "never active"
    TOO_FEW_ACTIVE = "too few active"
    TOO_FEW_IMAGES = "too few images"
    ONE_CLASS = "one class only"


class Silhouette(NamedTuple):
    """What `neighborhood_silhouette` says of a neuron."""

    value: float
    """In [-1, 1]; NaN where the neuron is ignored."""
    n_used: int
    """Neighborhoods that the value is the mean of: those of both classes."""
    n_selected: int
    """Images whose neighborhoods were looked at."""
    active_neighbors: float
    """What the function of this name gives, over all the neighborhoods looked at."""
    ignored: Ignored | None
    """Why there is no value; None where there is one."""


class ActiveNeighbors(NamedTuple):
    """What `active_neighbors` says of a neuron."""

    value: float
    """In [0, 1]; NaN where the neuron is ignored."""
    n_selected: int
    """Images whose neighborhoods the value is the mean of."""
    ignored: Ignored | None
    """Why there is no value; None where there is one."""


class Curve(NamedTuple):
    """What `neighborhood_curve` says of a neuron, one entry per size."""

    values: Floats
    """In [-1, 1]; NaN where the neuron is ignored at that size."""
    n_used: Integers
    """Neighborhoods that each value is the mean of."""
    n_selected: int
    """Images whose neighborhoods were looked at."""
    ignored: tuple[Ignored | None, ...]
    """Why there is no value at that size; None where there is one."""
