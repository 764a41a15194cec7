"""Matrix products in double precision that are large enough for a graphics card, where JAX computes on one."""

from __future__ import annotations

import functools
import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Products of fewer numbers take less time here than their way to a card and back.
_WORTH_THE_WAY = 100_000


def gram(vectors: Floats) -> Floats:
    """Inner products of all pairs of rows, (n, d) -> (n, n), in double precision wherever they are computed."""
    if vectors.size >= _WORTH_THE_WAY and _on_card():
        return gram_with_jax(vectors)
    products: Floats = vectors @ vectors.T
    return products


def gram_with_jax(vectors: Floats) -> Floats:
    """The same on JAX's first device, exactly symmetric."""
    import jax

    with jax.enable_x64(True):
        return np.array(_symmetric()(vectors))


@functools.cache
def _symmetric() -> Any:
    import jax

    def product(vectors: Any) -> Any:
        products = vectors @ vectors.T
        return (products + products.T) / 2

    return jax.jit(product)


@functools.cache
def _on_card() -> bool:
    if os.environ.get("KERAS_BACKEND") != "jax":
        return False
    import jax

    return bool(jax.default_backend() == "gpu")
