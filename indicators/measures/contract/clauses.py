"""The clauses of the contract: each asks an indicator about worlds and raises ContractError for a wrong answer."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np

from indicators.errors import InputError
from indicators.measures.arrays import Array
from indicators.measures.contract.worlds import WORLDS, arrays_of, cast, mapped, spoiled
from indicators.measures.row import Indicator

Check = Callable[[Indicator, np.random.Generator], None]

CHECKED = tuple(WORLDS)
CLOSE = 1e-9
ROUNDED = 1e-5
"""How far apart answers to the same numbers in float32 and float64 may be."""
FRACTIONS = (0.0, 0.1, 0.5, 1.0)


class ContractError(Exception):
    """An indicator does not keep the contract; the message says which part, where, and what to do."""


def check_indicator(
    indicator: Indicator | Callable[..., Any], *, worlds: int = 20, seed: int = 0, **declared: Any
) -> None:
    """Checks that an indicator gives numbers, within its bounds, repeatably, and as invariant as it declares.

    ``indicator``: a row of the catalog, or a function of a `Kernel`, a `Layer` or a `Neuron` of `inputs` (or what
    else `Indicator.needs` names); the fields of `Indicator` it is to be held to are then given by name: ``needs``
    ("layer" unless told), ``bounds``, ``axes``, ``undefined``, ``invariant``. Every check is run on ``worlds`` worlds.
    Raises ContractError where a check fails, InputError for a field that an indicator does not have.
    """
    row = indicator if isinstance(indicator, Indicator) else _as_row(indicator, declared)
    for check in checks(row):
        for number in range(worlds):
            check(row, np.random.default_rng([seed, number]))


def checks(row: Indicator) -> list[Check]:
    """The checks that a row has to pass, each a function of the row and a generator; for parametrized tests."""
    if row.needs == "pruning":
        return [check_masks, check_repeatable]
    if row.needs not in CHECKED:
        return []
    return [
        check_ordinary, check_degenerate, check_repeatable, check_precision, check_invariances, check_bad_input,
    ]  # fmt: skip


# --- Checks


def check_ordinary(row: Indicator, rng: np.random.Generator) -> None:
    """Numbers of the declared shape and within the bounds, defined unless the row says where not."""
    _ask(row, _ordinary(row, rng), "an ordinary world")


def check_degenerate(row: Indicator, rng: np.random.Generator) -> None:
    """The same where nothing varies, nothing is active, or there is one of everything."""
    world = _ordinary(row, rng)
    for what, derived in WORLDS[row.needs].degenerate.items():
        _ask(row, derived(world), what)


def check_repeatable(row: Indicator, rng: np.random.Generator) -> None:
    """Asked twice, the same answer to the last bit; what it is given stays as it was."""
    world = _ordinary(row, rng)
    before = [array.copy() for array in arrays_of(world)]
    first, second = _answer(row, world), _answer(row, mapped(world, np.copy))
    _require(_same_bits(first, second), row, f"asked twice it answers {first} and {second}: draw from a fixed seed")
    changed = any(not np.array_equal(a, b) for a, b in zip(before, arrays_of(world), strict=True))
    _require(not changed, row, "it changes the arrays it is given: work on a copy")


def check_precision(row: Indicator, rng: np.random.Generator) -> None:
    """The same numbers in float32 and float64 give the same answer but for rounding."""
    narrow = cast(_ordinary(row, rng), np.float32)
    one, other = _answer(row, narrow), _answer(row, cast(narrow, np.float64))
    _require(
        _alike(one, other, ROUNDED), row, f"float32 gives {one}, float64 {other}: sum in float64 (dtype=np.float64)"
    )


def check_invariances(row: Indicator, rng: np.random.Generator) -> None:
    """Every invariance that the row declares."""
    world = cast(_ordinary(row, rng), np.float64)
    before = _answer(row, world)
    changes = WORLDS[row.needs].changes
    for name in row.invariant:
        if name not in changes:
            raise InputError(
                f"invariant={name!r} means nothing for needs={row.needs!r}; it has {', '.join(map(repr, changes))}"
            )
        after = _answer(row, changes[name](world, rng))
        _require(
            _alike(before, after, CLOSE),
            row,
            f"{before} becomes {after} under another {name}: mend it, or do not declare invariant={name!r}",
        )


def check_bad_input(row: Indicator, rng: np.random.Generator) -> None:
    """NaN, infinity, nothing at all or the wrong shape are an error, ValueError or TypeError, never a number."""
    world = _ordinary(row, rng)
    bad = {"NaN": lambda it: spoiled(it, math.nan), "infinity": lambda it: spoiled(it, math.inf)}
    if not any(array.dtype.kind == "f" for array in arrays_of(world)):
        bad = {}
    for what, derived in {**bad, **WORLDS[row.needs].bad}.items():
        unusable = derived(world)
        try:
            answer = _answer(row, unusable)
        except (ValueError, TypeError):
            continue
        except Exception as error:
            raise ContractError(
                f"{row.name}: for {what} it raises {type(error).__name__}: {error}; expected a ValueError that says so"
            ) from error
        raise ContractError(f"{row.name}: for {what} it answers {answer}; expected a ValueError that says so")


def check_masks(row: Indicator, rng: np.random.Generator) -> None:
    """A mask of each kernel's shape for each fraction, nothing removed at 0 and everything at 1, more at more."""
    kernels = _ordinary(row, rng)
    removed = []
    for masks in row.of(kernels, FRACTIONS, rng):
        _require(
            [np.shape(m) for m in masks] == [k.shape for k in kernels], row, "masks are not of the kernels' shapes"
        )
        removed.append(sum(int(np.count_nonzero(mask)) for mask in masks))
    total = sum(kernel.size for kernel in kernels)
    ends = removed[:1] == [0] and removed[-1:] == [total] and removed == sorted(removed) and len(removed) == 4
    _require(ends, row, f"it removes {removed} of {total} weights at the fractions {FRACTIONS}")


# --- Answers


def _as_row(function: Callable[..., Any], declared: dict[str, Any]) -> Indicator:
    known = {field.name for field in fields(Indicator)} - {"of"}
    if unknown := set(declared) - known:
        raise InputError(f"{min(unknown)!r} is not declared of an indicator; choose from {', '.join(sorted(known))}")
    name = getattr(function, "__name__", "indicator")
    given: dict[str, Any] = {
        "name": name,
        "summary": name,
        "ends": "",
        "needs": "layer",
        "unit": "",
        "section": "-",
    } | declared
    if given["needs"] not in CHECKED:
        raise InputError(f"needs={given['needs']!r} is not one of {CHECKED}")
    return Indicator(of=function, **{"bounds": (-math.inf, math.inf), **given})


def _ask(row: Indicator, world: Any, what: str) -> None:
    """Raises ContractError for anything but a sound answer."""
    try:
        answer = _answer(row, world)
    except Exception as error:
        raise ContractError(
            f"{row.name}: for {what} it raises {type(error).__name__}: {error}; expected a number, or NaN where "
            "the row says that it is undefined"
        ) from error
    shape = _shape(row, world)
    _require(answer.shape == shape, row, f"for {what} it answers with shape {answer.shape}; expected {shape}")
    low, high = row.bounds
    # Comparisons with NaN are false, so NaN is asked about first.
    _require(
        bool(row.undefined) or not np.isnan(answer).any(), row, f"for {what} it answers NaN: say where in `undefined`"
    )
    inside = np.isnan(answer) | ((answer >= low - CLOSE) & (answer <= high + CLOSE))
    _require(bool(inside.all()), row, f"for {what} it answers {answer[~inside][:1]}, outside {row.bounds}")
    _require(not np.isinf(answer).any(), row, f"for {what} it answers infinity; expected finite numbers")


def _ordinary(row: Indicator, rng: np.random.Generator) -> Any:
    return WORLDS[row.needs].ordinary(rng)


def _answer(row: Indicator, world: Any) -> Array:
    if row.needs == "pruning":
        masks = [mask.ravel() for masks in row.of(world, FRACTIONS, np.random.default_rng(0)) for mask in masks]
        return np.concatenate(masks).astype(float)
    return np.asarray(row.of(world), dtype=float)


def _shape(row: Indicator, world: Any) -> tuple[int, ...]:
    layers = (len(world),) if row.needs == "kernels" else ()
    return (*layers, *(len(labels) for labels in row.axes.values()))


def _require(condition: bool, row: Indicator, message: str) -> None:
    if not condition:
        raise ContractError(f"{row.name}: {message}")


def _same_bits(first: Array, second: Array) -> bool:
    return bool(np.array_equal(first, second, equal_nan=True))


def _alike(first: Array, second: Array, share: float) -> bool:
    return first.shape == second.shape and bool(np.allclose(first, second, rtol=share, atol=share, equal_nan=True))
