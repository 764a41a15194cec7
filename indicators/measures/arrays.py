"""What all indicators do with arrays: check them, walk through large ones, scale them, multiply them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Gram = Callable[[Floats], Floats]

# Values per step of a loop: what one step allocates stays within a few megabytes.
_STEP = 1 << 20
# Products of fewer numbers take less time here than their way to a card and back.
_WORTH_THE_WAY = 100_000
_elsewhere: Gram | None = None


# --- Checks


def real_numbers(values: ArrayLike, name: str) -> Array:
    """The values as an array of real numbers, checked: the check that all indicators share.

    TypeError for anything but booleans, integers and floats of at most 64 bits, ValueError for an empty
    array. Finiteness is left to the caller, who usually reads it from a sum or an extreme computed anyway.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise TypeError(
            f"{name}.dtype={array.dtype} is not a real number of at most 64 bits; convert it with astype(np.float32)"
        )
    if array.size == 0:
        raise ValueError(f"{name}.shape={array.shape} holds no values; expected at least one")
    return array


def finite_vector(values: ArrayLike, name: str) -> Floats:
    """The values flattened to float64, checked to be finite real numbers, at least one."""
    vector: Floats = real_numbers(values, name).astype(np.float64).ravel()
    if not (math.isfinite(vector.min()) and math.isfinite(vector.max())):
        raise not_finite(f"{name} holds", expected="weights")
    return vector


def activation_matrix(activations: ArrayLike) -> Array:
    """The activations as real numbers, (images, neurons), checked; finiteness is left to the caller."""
    values = real_numbers(activations, "activations")
    if values.ndim != 2:
        raise ValueError(
            f"activations.shape={values.shape} is not (images, neurons); "
            "flatten the neurons with reshape(len(activations), -1)"
        )
    return values


def not_finite(found: str = "activations hold", *, expected: str = "values") -> ValueError:
    """The error for an array that holds NaN or infinity."""
    return ValueError(f"{found} NaN or infinity; expected finite {expected}: look for the epoch that diverged")


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Raises ValueError for a value that is not one of the choices."""
    if value not in choices:
        raise ValueError(f"{name}={value!r} is not one of {choices}")


def check_generator(rng: np.random.Generator) -> None:
    """Raises TypeError for a seed, or anything else, where a generator is expected."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng={rng!r} is not a numpy.random.Generator; make one with np.random.default_rng(seed)")


# --- Large arrays, and magnitudes far from 1


def chunks(total: int, width: int, step: int = _STEP) -> Iterator[slice]:
    """Slices of `total` rows of `width` values, so many that each holds about `step` values, a row at least."""
    rows = max(1, step // width)
    return (slice(start, min(start + rows, total)) for start in range(0, total, rows))


def mantissa(vector: Floats) -> tuple[Floats, int]:
    """The vector over a power of two, peak in [1/2, 1), and its exponent: exact, and squares do not overflow."""
    exponent = math.frexp(float(np.max(np.abs(vector))))[1]
    return np.ldexp(vector, -exponent), exponent


# --- Matrix products in double precision, of which a graphics card can take the large ones


def gram(vectors: Floats) -> Floats:
    """Inner products of all pairs of rows, (n, d) -> (n, n)."""
    if _elsewhere is not None and vectors.size >= _WORTH_THE_WAY:
        return _elsewhere(vectors)
    products: Floats = vectors @ vectors.T
    return products


def take_large_grams_to(function: Gram | None) -> None:
    """Lets a function compute the `gram` of many numbers from now on, in double precision; None: NumPy again."""
    global _elsewhere  # one card serves the whole process
    _elsewhere = function
