"""Matrix products in double precision, of which a graphics card can take the large ones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Gram = Callable[[Floats], Floats]

# Products of fewer numbers take less time here than their way to a card and back.
_WORTH_THE_WAY = 100_000
_elsewhere: Gram | None = None


def gram(vectors: Floats) -> Floats:
    """Inner products of all pairs of rows, (n, d) -> (n, n)."""
    if _elsewhere is not None and vectors.size >= _WORTH_THE_WAY:
        return _elsewhere(vectors)
    products: Floats = vectors @ vectors.T
    return products


def take_large_ones_to(function: Gram | None) -> None:
    """Lets a function compute the products of many numbers from now on, in double precision; None: NumPy again."""
    global _elsewhere  # one card serves the whole process
    _elsewhere = function
