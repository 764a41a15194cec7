"""The contract that every indicator keeps, checked on rows of the catalog and on a user's own in the same way.

    check_indicator(my_function, needs="layer", bounds=(0, 1), invariant=("images", "neurons"))

A check draws worlds, ordinary and degenerate ones, from a generator, asks the indicator about them and raises
ContractError where the answer is not what the row declares.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indicators.errors import InputError
from indicators.measures.row import Indicator
from indicators.measures.subjects import Kernel, Layer, Neuron, Trajectory

Array = NDArray[Any]
Check = Callable[[Indicator, np.random.Generator], None]

CHECKED = ("kernel", "kernels", "trajectory", "layer", "neuron", "pruning")
FACTOR = 8.0
"""A power of two, so that a change of scale is exact."""
CLOSE = 1e-9
ROUNDED = 1e-5
"""How far apart answers to the same numbers in float32 and float64 may be."""
FRACTIONS = (0.0, 0.1, 0.5, 1.0)


class ContractError(Exception):
    """An indicator does not keep the contract; the message says which part, where, and what to do."""


def check_indicator(
    indicator: Indicator | Callable[..., Any], *, worlds: int = 20, seed: int = 0, **declared: Any
) -> None:
    """Check that an indicator gives numbers, within its bounds, repeatably, and as invariant as it declares.

    ``indicator``: a row of the catalog, or a function of a `Kernel`, a `Layer` or a `Neuron` of `subjects` (or what
    else `Indicator.needs` names); the fields of `Indicator` it is to be held to are then given by name: ``needs``
    ("layer" unless told), ``bounds``, ``axes``, ``undefined``, ``invariant``. Every check is run on ``worlds`` worlds.
    Raises ContractError where a check fails, InputError for a field that an indicator does not have.
    """
    row = indicator if isinstance(indicator, Indicator) else _as_row(indicator, declared)
    for check in checks(row):
        for world in range(worlds):
            check(row, np.random.default_rng([seed, world]))


def checks(row: Indicator) -> list[Check]:
    """Return the checks that a row has to pass, each a function of the row and a generator; for parametrized tests."""
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
    for what, subject in _degenerate(row, rng):
        _ask(row, subject, what)


def check_repeatable(row: Indicator, rng: np.random.Generator) -> None:
    """Asked twice, the same answer to the last bit; what it is given stays as it was."""
    subject = _ordinary(row, rng)
    before = [array.copy() for array in _arrays(subject)]
    first, second = _answer(row, subject), _answer(row, _fresh(subject))
    _require(_same_bits(first, second), row, f"asked twice it answers {first} and {second}: draw from a fixed seed")
    changed = any(not np.array_equal(a, b) for a, b in zip(before, _arrays(subject), strict=True))
    _require(not changed, row, "it changes the arrays it is given: work on a copy")


def check_precision(row: Indicator, rng: np.random.Generator) -> None:
    """The same numbers in float32 and float64 give the same answer but for rounding."""
    narrow = _cast(_ordinary(row, rng), np.float32)
    one, other = _answer(row, narrow), _answer(row, _cast(narrow, np.float64))
    _require(
        _alike(one, other, ROUNDED), row, f"float32 gives {one}, float64 {other}: sum in float64 (dtype=np.float64)"
    )


def check_invariances(row: Indicator, rng: np.random.Generator) -> None:
    """Every invariance that the row declares."""
    subject = _cast(_ordinary(row, rng), np.float64)
    before = _answer(row, subject)
    for name in row.invariant:
        change = _CHANGES.get((row.needs, name))
        if change is None:
            raise InputError(
                f"invariant={name!r} means nothing for needs={row.needs!r}; it has "
                f"{', '.join(repr(known) for needs, known in _CHANGES if needs == row.needs)}"
            )
        after = _answer(row, change(subject, rng))
        _require(
            _alike(before, after, CLOSE),
            row,
            f"{before} becomes {after} under another {name}: mend it, or do not declare invariant={name!r}",
        )


def check_bad_input(row: Indicator, rng: np.random.Generator) -> None:
    """NaN, infinity, nothing at all or the wrong shape are an error, ValueError or TypeError, never a number."""
    for what, subject in _bad(row, rng):
        try:
            answer = _answer(row, subject)
        except (ValueError, TypeError):
            continue
        except Exception as error:
            raise ContractError(
                f"{row.name}: for {what} it raises {type(error).__name__}: {error}; expected a ValueError that says so"
            ) from error
        raise ContractError(f"{row.name}: for {what} it answers {answer}; expected a ValueError that says so")


def check_masks(row: Indicator, rng: np.random.Generator) -> None:
    """A mask of each kernel's shape for each fraction, nothing removed at 0 and everything at 1, more at more."""
    kernels = _kernels(rng)
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


def _ask(row: Indicator, subject: Any, what: str) -> None:
    """Require a sound answer."""
    try:
        answer = _answer(row, subject)
    except Exception as error:
        raise ContractError(
            f"{row.name}: for {what} it raises {type(error).__name__}: {error}; expected a number, or NaN where "
            "the row says that it is undefined"
        ) from error
    shape = _shape(row, subject)
    _require(answer.shape == shape, row, f"for {what} it answers with shape {answer.shape}; expected {shape}")
    low, high = row.bounds
    # Comparisons with NaN are false, so NaN is asked about first.
    _require(
        bool(row.undefined) or not np.isnan(answer).any(), row, f"for {what} it answers NaN: say where in `undefined`"
    )
    inside = np.isnan(answer) | ((answer >= low - CLOSE) & (answer <= high + CLOSE))
    _require(bool(inside.all()), row, f"for {what} it answers {answer[~inside][:1]}, outside {row.bounds}")
    _require(not np.isinf(answer).any(), row, f"for {what} it answers infinity; expected finite numbers")


def _answer(row: Indicator, subject: Any) -> Array:
    if row.needs == "pruning":
        masks = [mask.ravel() for masks in row.of(subject, FRACTIONS, np.random.default_rng(0)) for mask in masks]
        return np.concatenate(masks).astype(float)
    return np.asarray(row.of(subject), dtype=float)


def _shape(row: Indicator, subject: Any) -> tuple[int, ...]:
    layers = (len(subject),) if row.needs == "kernels" else ()
    return (*layers, *(len(labels) for labels in row.axes.values()))


def _require(condition: bool, row: Indicator, message: str) -> None:
    if not condition:
        raise ContractError(f"{row.name}: {message}")


def _same_bits(first: Array, second: Array) -> bool:
    return bool(np.array_equal(first, second, equal_nan=True))


def _alike(first: Array, second: Array, share: float) -> bool:
    return first.shape == second.shape and bool(np.allclose(first, second, rtol=share, atol=share, equal_nan=True))


# --- Worlds


def _ordinary(row: Indicator, rng: np.random.Generator) -> Any:
    """A world in which everything varies, but for some silent neurons."""
    return _WORLDS[row.needs](rng)


def _kernel(rng: np.random.Generator) -> Kernel:
    shape = [(3, 3, 2, 4), (6, 5), (1, 1, 3, 8)][rng.integers(3)]
    initial = rng.uniform(-1, 1, shape)
    final = rng.uniform(0.2, 2) * initial + rng.uniform(0.1, 1) * rng.normal(size=shape)
    return Kernel(initial, final)


def _kernels(rng: np.random.Generator) -> list[Array]:
    return [rng.normal(size=shape) for shape in ((3, 3, 2, 4), (8, 5), (5, 3))]


def _trajectory(rng: np.random.Generator) -> Trajectory:
    epochs, layer = int(rng.integers(6, 12)), np.repeat(np.arange(3), [7, 12, 3])
    weights = np.cumsum(rng.normal(size=(epochs + 1, len(layer))), axis=0)
    return Trajectory(weights, rng.normal(size=(epochs, len(layer))), layer)


def _layer(rng: np.random.Generator) -> Layer:
    images, shape = int(rng.integers(12, 40)), (2, int(rng.integers(2, 4)), 3)
    neurons = math.prod(shape)
    activations = np.maximum(rng.normal(size=(images, neurons)) + rng.uniform(-1, 1, neurons), 0)
    labels = rng.permutation(np.arange(images) % 3)
    # A neuron that is never silent in two classes at least: nothing is undefined for all.
    activations[:, 0] = 1 + labels + 0.1 * rng.random(images)
    activations[:, 1] = 1 - 0.5 * (labels == 1) + 0.1 * rng.random(images)
    return Layer(activations, labels, pairs=40, seed=int(rng.integers(100)), label_draws=2, shape=shape)


def _neuron(rng: np.random.Generator) -> Neuron:
    images, inputs = int(rng.integers(40, 80)), int(rng.integers(2, 12))
    received = np.maximum(rng.normal(size=(images, inputs)) + 0.5, 0) + 1e-3 * rng.random((images, inputs))
    weights = rng.normal(size=inputs)
    return Neuron(received, weights, received @ weights > 0, images, rng.normal(size=(images, 4)))


_WORLDS: dict[str, Callable[[np.random.Generator], Any]] = {
    "kernel": _kernel, "kernels": _kernels, "trajectory": _trajectory, "layer": _layer, "neuron": _neuron,
    "pruning": _kernels,
}  # fmt: skip


def _degenerate(row: Indicator, rng: np.random.Generator) -> Iterator[tuple[str, Any]]:
    world = _ordinary(row, rng)
    if row.needs == "kernel":
        yield "weights that did not move", Kernel(world.initial, world.initial.copy())
        yield "final weights of zeros", Kernel(world.initial, np.zeros_like(world.final))
        yield "weights of zeros", Kernel(np.zeros_like(world.initial), np.zeros_like(world.final))
        yield "initial weights of zeros", Kernel(np.zeros_like(world.initial), world.final)
        yield "weights that are all equal", Kernel(np.full((2, 3), 0.5), np.full((2, 3), 0.25))
        yield "a single weight", Kernel(np.array([[0.5]]), np.array([[-0.25]]))
    if row.needs == "kernels":
        yield "kernels of zeros", [np.zeros_like(kernel) for kernel in world]
        yield "a kernel of a single weight", [np.array([[0.5]])]
    if row.needs == "trajectory":
        yield "weights that did not move", replace(world, weights=np.ones_like(world.weights))
        yield "weights of zeros", replace(world, weights=np.zeros_like(world.weights))
        yield "gradients of zeros", replace(world, gradients=np.zeros_like(world.gradients))
        yield "one epoch", replace(world, weights=world.weights[:2], gradients=world.gradients[:1])
        yield "no epoch", replace(world, weights=world.weights[:1], gradients=world.gradients[:0])
        yield "one weight", Trajectory(world.weights[:, :1], world.gradients[:, :1], world.layer[:1])
    if row.needs == "layer":
        yield "neurons that are never active", replace(world, activations=np.zeros_like(world.activations))
        yield "neurons that do not vary", replace(world, activations=np.ones_like(world.activations))
        yield "labels of one class", replace(world, labels=np.zeros_like(world.labels))
        yield "one image", replace(world, activations=world.activations[:1], labels=world.labels[:1])
        yield "one neuron", replace(world, activations=world.activations[:, :1], shape=(1, 1, 1))
        yield "a dense layer", replace(world, shape=None)
        yield "negative activations", replace(world, activations=world.activations - 1)
        yield "images that are all the same", replace(world, activations=np.repeat(world.activations[:1], 7, 0),
                                                      labels=np.arange(7) % 2)  # fmt: skip
    if row.needs == "neuron":
        yield "a neuron that is never active", replace(world, active=np.zeros_like(world.active))
        yield "a neuron that is always active", replace(world, active=np.ones_like(world.active))
        yield "inputs of zeros", replace(world, inputs=np.zeros_like(world.inputs))
        yield "weights of zeros", replace(world, weights=np.zeros_like(world.weights))
        yield "inputs that are all the same", replace(world, inputs=np.repeat(world.inputs[:1], world.images, 0))
        yield "no window", replace(world, window=None)
        yield "one image", Neuron(world.inputs[:1], world.weights, world.active[:1], 1, None)


def _bad(row: Indicator, rng: np.random.Generator) -> Iterator[tuple[str, Any]]:
    world = _ordinary(row, rng)
    for what, value in (("NaN", math.nan), ("infinity", math.inf)):
        yield what, _spoiled(world, value)
    if row.needs == "kernel":
        yield "no weights", Kernel(np.empty((0, 2)), np.empty((0, 2)))
        yield "complex weights", Kernel(world.initial + 0j, world.final + 0j)
    if row.needs == "kernels":
        yield "no kernel", []
    if row.needs == "trajectory":
        yield "no weights", Trajectory(world.weights[:, :0], world.gradients[:, :0], world.layer[:0])
        yield "as many gradients as weights", replace(world, gradients=world.weights)
    if row.needs == "layer":
        yield "no images", replace(world, activations=world.activations[:0], labels=world.labels[:0])
        yield "activations without an axis for the images", replace(world, activations=world.activations[0])
        yield "activations that are text", replace(world, activations=world.activations.astype(str))
    if row.needs == "neuron":
        nothing = _mapped(world, lambda array: array if array is world.weights else array[:0])
        yield "no images", nothing


def _spoiled(world: Any, value: float) -> Any:
    """The world with one number replaced in every array of numbers."""

    def spoil(array: Array) -> Array:
        if array.dtype.kind != "f":
            return array
        spoiled = array.copy()
        spoiled.flat[array.size // 2] = value
        return spoiled

    return _mapped(world, spoil)


def _arrays(world: Any) -> list[Array]:
    members = world if isinstance(world, list) else [getattr(world, field.name) for field in fields(world)]
    return [member for member in members if isinstance(member, np.ndarray)]


def _mapped(world: Any, function: Callable[[Array], Array]) -> Any:
    """The world anew, with a function applied to every array of it."""
    if isinstance(world, list):
        return [function(array) for array in world]
    members = {field.name: getattr(world, field.name) for field in fields(world)}
    return replace(world, **{name: function(of) for name, of in members.items() if isinstance(of, np.ndarray)})


def _fresh(world: Any) -> Any:
    return _mapped(world, np.copy)


def _cast(world: Any, kind: type) -> Any:
    return _mapped(world, lambda array: array.astype(kind) if array.dtype.kind == "f" else array)


# --- Changes that must not matter


def _reordered(kernel: Kernel, rng: np.random.Generator) -> Kernel:
    order = rng.permutation(kernel.initial.size)
    return _mapped(kernel, lambda array: array.ravel()[order].reshape(array.shape))  # type: ignore[no-any-return]


def _other_neurons(kernel: Kernel, rng: np.random.Generator) -> Kernel:
    order = rng.permutation(kernel.initial.shape[-1])
    return _mapped(kernel, lambda array: array[..., order])  # type: ignore[no-any-return]


def _other_gains(kernel: Kernel, rng: np.random.Generator) -> Kernel:
    gains = 2.0 ** rng.integers(-3, 4, kernel.initial.shape[-1])
    return _mapped(kernel, lambda array: array * gains)  # type: ignore[no-any-return]


def _other_images(layer: Layer, rng: np.random.Generator) -> Layer:
    order = rng.permutation(len(layer.labels))
    return replace(layer, activations=layer.activations[order], labels=layer.labels[order])


def _other_images_of_neuron(neuron: Neuron, rng: np.random.Generator) -> Neuron:
    order = rng.permutation(len(neuron.active))
    window = None if neuron.window is None else neuron.window[order]
    return replace(neuron, inputs=neuron.inputs[order], active=neuron.active[order], window=window)


_CHANGES: dict[tuple[str, str], Callable[[Any, np.random.Generator], Any]] = {
    ("kernel", "order"): _reordered,
    ("kernel", "scale"): lambda kernel, _: _mapped(kernel, lambda array: array * FACTOR),
    ("kernel", "final scale"): lambda kernel, _: replace(kernel, final=kernel.final * FACTOR),
    ("kernel", "sign"): lambda kernel, _: _mapped(kernel, np.negative),
    ("kernel", "neurons"): _other_neurons,
    ("kernel", "gain"): _other_gains,
    ("kernels", "scale"): lambda kernels, _: _mapped(kernels, lambda array: array * FACTOR),
    ("kernels", "sign"): lambda kernels, _: _mapped(kernels, np.negative),
    ("trajectory", "scale"): lambda course, _: _mapped(course, lambda a: a * FACTOR if a.dtype.kind == "f" else a),
    ("trajectory", "sign"): lambda course, _: _mapped(course, lambda a: -a if a.dtype.kind == "f" else a),
    ("layer", "images"): _other_images,
    ("layer", "neurons"): lambda layer, rng: replace(
        layer, activations=layer.activations[:, rng.permutation(layer.activations.shape[1])]
    ),
    ("layer", "scale"): lambda layer, _: replace(layer, activations=layer.activations * FACTOR),
    ("neuron", "images"): _other_images_of_neuron,
    ("neuron", "scale"): lambda neuron, _: _mapped(neuron, lambda a: a * FACTOR if a.dtype.kind == "f" else a),
}
