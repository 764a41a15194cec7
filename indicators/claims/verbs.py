"""The seven verbs of a claim: from labeled measurements to one number per seed, and so to evidence.

A verb takes the whole array, with the dimension ``seed``, the cells ``optimizer`` and ``level``, and any
others (layers, draws, fractions). Selections such as ``{"optimizer": "sgd", "layer": ["Conv1", "Conv2"]}``
say what is compared: a list stands for the mean over its labels, a dimension left out for the mean over all
of it, and a coordinate along a dimension (the part of the network) selects like a label. The cells that are
not compared still tell how much results differ from run to run, which three seeds alone estimate badly.

Every verb takes the smallest effect that counts (``by``), the ``unit`` of the values, and ``resolution``, the
smallest step that the measurement can make: where seeds differ by less, the standard error is that. By default it is
what the array says of itself in ``attrs["resolution"]``, which means over cells and layers keep, else that of the
coarsest measurement that the claim asked for, and 0 outside of a claim.
The rule is that of `indicators.claims.intervals`.
Where a compared value does not exist, and the array says of itself in ``attrs["undefined"]`` that such may be, a verb
raises Undecided.
Every verb raises ValueError for other values that are not finite where they are compared, for unknown labels, for a
comparison of something with itself, and for a negative or infinite ``by`` or ``resolution``.
"""

import functools
import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NoReturn, ParamSpec

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from indicators.claims.evidence import ASSUMED, Evidence, Undecided, nothing_compared
from indicators.claims.intervals import Contrast, judge
from indicators.claims.judging import current
from indicators.claims.profiles import centered_ranks, onset
from indicators.errors import NotApplicable
from indicators.specs import LEVELS

CELLS = ("optimizer", "level")
ROUNDOFF = 1e-9  # share of the largest value compared

Array = NDArray[np.float64]
Selection = Mapping[str, Any]
Side = Selection | float
Positions = dict[str, list[int]]
Given = ParamSpec("Given")


def _verb(compare: Callable[Given, Evidence]) -> Callable[Given, Evidence]:
    """The verb; while a claim is only asked what it asks for, it says yes to everything, so that the claim goes on."""

    @functools.wraps(compare)
    def verb(*values: Given.args, **options: Given.kwargs) -> Evidence:
        return ASSUMED if current().asking else compare(*values, **options)

    return verb


@_verb
def more(
    values: xr.DataArray, at: Selection, *, than: Side, by: float, unit: str = "", resolution: float | None = None
) -> Evidence:
    """Evidence on whether the mean at ``at`` is above the mean at ``than`` by more than ``by``.

    ``than`` is what differs from ``at``, or a number. The effect is ``at`` minus ``than``.
    """
    return _judge(values, [_beside(at, than), at], by=by, unit=unit, resolution=resolution)


@_verb
def less(
    values: xr.DataArray, at: Selection, *, than: Side, by: float, unit: str = "", resolution: float | None = None
) -> Evidence:
    """Evidence on whether the mean at ``at`` is below the mean at ``than`` by more than ``by``.

    As `more`, with ``than`` minus ``at`` as effect.
    """
    return _judge(values, [at, _beside(at, than)], by=by, unit=unit, resolution=resolution)


@_verb
def same(
    values: xr.DataArray, at: Selection, *, as_: Side, within: float, unit: str = "", resolution: float | None = None
) -> Evidence:
    """Evidence on whether the mean at ``at`` equals the mean at ``as_`` up to ``within``.

    Supported if the whole interval lies inside (-within, within), refuted if all of it lies outside. With one
    or two seeds consistent if the effect is in the band, its edges included, and contradicted beyond them.
    The effect is ``at`` minus ``as_``.
    """
    return _judge(values, [_beside(at, as_), at], by=within, unit=unit, resolution=resolution, band=True)


@_verb
def rises(
    values: xr.DataArray,
    along: str,
    at: Selection | None = None,
    *,
    by: float,
    unit: str = "",
    resolution: float | None = None,
) -> Evidence:
    """Evidence on whether the values rise along a dimension: at both of two steps, and by more than ``by`` in all.

    Along ``level`` the steps are low to medium and medium to high. Along any other dimension (layers, where
    neighbors may wiggle) they lead from the mean over the first third of its labels to the middle and on to
    the last, in the order of the array; ``at`` may restrict the labels; the outer thirds have floor(labels /
    3). Supported if the lower bounds of both steps lie above 0 and that of the total above ``by``; refuted if
    the upper bound of the total lies below ``by``, or that of a step below 0. With one or two seeds the
    effects take the place of the lower bounds, and a total below 0 contradicts. The effect is the total: last
    minus first.
    """
    return _judge(values, _stages(values, along, at or {}), by=by, unit=unit, resolution=resolution)


@_verb
def falls(
    values: xr.DataArray,
    along: str,
    at: Selection | None = None,
    *,
    by: float,
    unit: str = "",
    resolution: float | None = None,
) -> Evidence:
    """Evidence on whether the values fall along a dimension: as `rises`, with first minus last as effect."""
    return _judge(values, _stages(values, along, at or {})[::-1], by=by, unit=unit, resolution=resolution)


@_verb
def earlier(
    profile: xr.DataArray,
    at: Selection | None = None,
    *,
    than: Selection | None = None,
    along: str | None = None,
    threshold: float,
    by: float,
    unit: str = "relative depth",
    resolution: float | None = None,
) -> Evidence:
    """Evidence on whether the profile exceeds the threshold at less depth: at ``at`` than at ``than``, or by level.

    The effect is the later onset minus the earlier one, see `onset`; never reached counts as 1. With
    ``along="level"`` the onset has to fall from low to high. A seed in which both sides of a comparison, or
    of a step, never reach the threshold decides nothing and is left out. Where that leaves fewer than three
    of at least three seeds, the verdict is inconclusive. ``resolution`` is by default that of an onset.
    """
    if (than is None) == (along is None):
        raise ValueError(f"than={than!r}, along={along!r}: earlier takes exactly one of the two")
    depth, censored = onset(profile, threshold)
    at = at or {}
    path: list[Selection] = [at, {**at, **than}] if than is not None else _stages(depth, str(along), at)[::-1]
    never = [censored.isel(_positions(censored, side)).all(set(censored.dims) - {"seed"}) for side in path]
    silent = np.any([one.to_numpy() & other.to_numpy() for one, other in pairwise(never)], axis=0)
    decisive = depth.isel(seed=~silent)
    return _judge(decisive, path, by=by, unit=unit, resolution=resolution, silent=int(silent.sum()))


@_verb
def tracks(
    x: xr.DataArray,
    y: xr.DataArray,
    *,
    by: float,
    sign: int = 1,
    unit: str = "rank correlation",
    resolution: float | None = None,
) -> Evidence:
    """Evidence on whether two measurements go together over the cells (``sign=-1``: against each other).

    The effect is ``sign`` times Spearman's rank correlation over the cells of a seed, between what is left of
    both after the mean of every optimizer is removed; ties share their mean rank. A seed in which either is
    constant decides nothing and is left out. ``resolution`` is by default the smallest step of such a
    correlation, 12 / (N^3 - N) for N cells. The bounds may reach beyond 1.
    """
    if sign not in (1, -1):
        raise ValueError(f"sign={sign!r} is neither 1 nor -1")
    a, b = _centered_ranks(x), _centered_ranks(y)
    if any(_labels(x, dim) != _labels(y, dim) for dim in ("seed", *CELLS)):
        raise ValueError("x and y differ in seeds, optimizers or levels: measure both on the same networks")
    lengths = np.sqrt((a**2).sum(1) * (b**2).sum(1))
    decisive = lengths > 0
    smallest = 12 / max(a.shape[1] ** 3 - a.shape[1], 1) if resolution is None else resolution
    total = Contrast(
        name=f"{x.name or 'x'} {'with' if sign == 1 else 'against'} {y.name or 'y'}",
        per_seed=sign * (a * b).sum(1)[decisive] / lengths[decisive],
        floor=0.0,
        roundoff=ROUNDOFF,
        resolution=_not_negative("resolution", smallest),
    )
    return _noted(total, by=_not_negative("by", by), unit=unit, silent=int((~decisive).sum()))


def _judge(
    values: xr.DataArray,
    path: Sequence[Side],
    *,
    by: float,
    unit: str,
    resolution: float | None,
    band: bool = False,
    silent: int = 0,
) -> Evidence:
    """Evidence on the contrast of a path's end with its start, and on every step if it has several."""
    by = _not_negative("within" if band else "by", by)
    if resolution is None:
        resolution = values.attrs["resolution"] if "resolution" in values.attrs else current().coarsest
    resolution = _not_negative("resolution", resolution)
    total = _contrast(values, path[0], path[-1], resolution)
    steps = [_contrast(values, *step, resolution) for step in pairwise(path)] if len(path) > 2 else []
    return _noted(total, steps, by=by, unit=unit, band=band, silent=silent)


def _noted(total: Contrast, steps: Sequence[Contrast] = (), **about: Any) -> Evidence:
    """What the rule says of contrasts, noted for the claim that is being judged, if one is."""
    record = current()
    evidence = judge(total, steps, cases=record.cases, **about)
    record.evidence.append(evidence)
    return evidence


def _contrast(values: xr.DataArray, start: Side, end: Side, resolution: float) -> Contrast:
    """End minus start in every seed."""
    here, there = (_positions(values, side) if isinstance(side, Mapping) else side for side in (start, end))
    if here == there:
        raise ValueError(f"{_words(start)!r} is compared with itself: let the two sides differ in a label")
    (first, minus), (last, plus) = _side(values, here), _side(values, there)
    tables, weights = np.stack([last, first], -1), np.stack([plus, -minus], -1)
    compared = np.where(weights != 0, tables, 0.0)
    return Contrast(
        name=f"{_words(end)} - {_words(start)}",
        per_seed=np.einsum("sck,ck->s", compared, weights),
        floor=_pooled_error(tables, weights),
        roundoff=_roundoff(values) * float(np.abs(compared).max(initial=0.0) or 1.0),
        resolution=resolution,
    )


def _pooled_error(tables: Array, weights: Array) -> float:
    """The standard error of a contrast's mean over the seeds from the spread of all cells.

    Tables (seed, cell, side), weights (cell, side). A value is its cell's mean, plus what all cells of a seed
    share, plus noise. The noise is estimated from all cells. Weights that sum to 0 cancel what is shared;
    others carry its variance over the seeds. A cell without a finite value in every seed tells nothing. One
    seed or one cell leaves no spread to see: 0.
    """
    known = np.isfinite(tables).all((0, 2))
    tables, weights = tables[:, known], weights[known]
    seeds, cells, _ = tables.shape
    if seeds < 2 or cells < 2:
        return 0.0
    shared = tables.mean(1)
    noise = tables - tables.mean(0) - (shared - shared.mean(0))[:, None]
    covariance = np.einsum("sck,scl->kl", noise, noise) / ((seeds - 1) * (cells - 1))
    uneven = weights - weights.mean(0)
    variance = (shared @ weights.sum(0)).var(ddof=1) + np.einsum("ck,kl,cl->", uneven, covariance, uneven)
    return math.sqrt(max(float(variance), 0.0) / seeds)


def _side(values: xr.DataArray, where: Positions | float) -> tuple[Array, Array]:
    """Value of every cell in every seed, averaged over its layers and such, and every cell's weight.

    NaN stands where a cell that is not compared is not finite. A number is the same in every cell.
    """
    cells = [dim for dim in CELLS if dim in values.dims]
    weights = np.zeros([values.sizes[dim] for dim in cells])
    if not isinstance(where, dict):
        return np.full((values.sizes["seed"], weights.size), where), np.full(weights.size, 1 / weights.size)
    weights[np.ix_(*(where[dim] for dim in cells))] = 1.0
    others = [dim for dim in where if dim not in cells]
    data = values.variable.transpose("seed", *cells, *others).to_numpy().astype(float)
    data = data.reshape(len(data), weights.size, *data.shape[1 + len(cells) :])
    for axis, dim in enumerate(others, start=2):
        data = data.take(where[dim], axis)
    finite = np.isfinite(data)
    if not finite[:, weights.ravel() > 0].all():
        _refuse(values.isel(where))
    table = np.where(finite, data, np.nan).mean(tuple(range(2, data.ndim)))
    return table, weights.ravel() / weights.sum()


def _positions(values: xr.DataArray, at: Selection) -> Positions:
    """Where the selected labels stand, in every dimension but the seed."""
    picked = {str(dim): list(range(size)) for dim, size in values.sizes.items() if dim != "seed"}
    if len(picked) == values.ndim:
        raise ValueError(f"dims={values.dims}: expected 'seed', over which results are replicated, among them")
    for name, wanted in at.items():
        dim, places = _places(values, name, wanted)
        picked[dim] = [place for place in picked[dim] if place in places]
    if empty := [dim for dim, places in picked.items() if not places]:
        raise ValueError(f"nothing of dimension {empty[0]!r} is left to compare at {_words(at)!r}")
    return picked


def _places(values: xr.DataArray, name: str, wanted: Any) -> tuple[str, set[int]]:
    """The dimension of a coordinate, and where labels stand along it; numbers match up to roundoff."""
    known = {dim: (dim,) for dim in values.dims} | {k: v.dims for k, v in values.coords.variables.items()}
    dims: tuple[Hashable, ...] = known.get(name, ())
    if len(dims) != 1 or dims[0] == "seed":
        choice = [str(dim) for dim in values.dims if dim != "seed"]
        raise ValueError(f"{name!r} cannot be selected: choose from {choice} and their coordinates")
    labels = _labels(values, name)
    several = list(wanted) if isinstance(wanted, list | tuple | np.ndarray) else [wanted]
    found = {label: [k for k, known in enumerate(labels) if _equal(known, label)] for label in several}
    if missing := [label for label, places in found.items() if not places]:
        raise ValueError(f"{name}={missing} does not exist: choose from {list(dict.fromkeys(labels))}")
    return str(dims[0]), {place for places in found.values() for place in places}


def _labels(values: xr.DataArray, name: str) -> list[Any]:
    known = values.coords.variables.get(name)
    return list(range(values.sizes[name]) if known is None else known.to_numpy().tolist())


def _equal(known: Any, label: Any) -> bool:
    if isinstance(known, float) and isinstance(label, float):
        return math.isclose(known, label, rel_tol=ROUNDOFF)
    return bool(known == label)


def _beside(at: Selection, other: Side) -> Side:
    """What stands beside ``at``: the same but for what differs, or a number."""
    if isinstance(other, Mapping):
        return {**at, **other}
    if isinstance(other, bool | str) or not math.isfinite(other):
        raise ValueError(f"{other!r} is neither a selection nor a finite number to compare with")
    return float(other)


def _stages(values: xr.DataArray, along: str, at: Selection) -> list[Selection]:
    """Three selections, from the first to the last along a dimension."""
    picked = _positions(values, at)
    if along not in picked or along == "optimizer" or (along == "level" and "level" in at):
        raise ValueError(f"along={along!r}, at={dict(at)}: expected 'level', unselected, or what is ordered")
    labels = list(LEVELS) if along == "level" else [_labels(values, along)[k] for k in picked[along]]
    third = len(labels) // 3
    if not third and along == "layer":
        raise NotApplicable(f"layers={labels}: a rise or fall takes at least three")
    if not third:
        raise ValueError(f"{along}={labels}: a rise or fall takes at least three")
    return [{**at, along: part} for part in (labels[:third], labels[third:-third], labels[-third:])]


def _centered_ranks(values: xr.DataArray) -> Array:
    """Ranks minus their mean, seed by cell, of what is left of the values without their optimizers' means."""
    if not {"seed", *CELLS} <= set(values.dims):
        raise ValueError(f"dims={values.dims}: expected seed, optimizer and level among them")
    table, _ = _side(values, _positions(values, {}))
    rest = table.reshape(len(table), values.sizes["optimizer"], -1)
    rest = (rest - rest.mean(-1, keepdims=True)).reshape(table.shape)
    grain = _roundoff(values) * float(np.abs(table).max(initial=0.0) or 1.0)
    rest = np.round(rest / grain)  # equal values differ by roundoff once their means are gone
    return centered_ranks(rest)


def _roundoff(values: xr.DataArray) -> float:
    kind = values.dtype
    return max(ROUNDOFF, 8 * float(np.finfo(kind).eps)) if kind.kind == "f" else ROUNDOFF


def _not_negative(name: str, value: float) -> float:
    if not (math.isfinite(value) and value >= 0):
        raise ValueError(f"{name}={value!r} is not a finite number of at least 0")
    return float(value)


def _refuse(part: xr.DataArray) -> NoReturn:
    """Raises Undecided where the measurement may be undefined and is, ValueError for what cannot be a measurement."""
    bad = np.argwhere(~np.isfinite(part.to_numpy()))
    at = {str(dim): _labels(part, str(dim))[k] for dim, k in zip(part.dims, bad[0], strict=True)}
    where = ", ".join(str(label) if isinstance(label, str) else f"{dim} {label}" for dim, label in at.items())
    undefined = part.attrs["undefined"] if "undefined" in part.attrs else current().undefined
    if undefined and not np.isinf(part.to_numpy()).any():
        count = f"{len(bad)} of {part.size} compared values"
        raise Undecided(nothing_compared(f"{count} do not exist ({undefined}), the first at {where}"))
    raise ValueError(
        f"{len(bad)} of {part.size} compared values are not finite, the first at {where}: measure them anew"
    )


def _words(side: Side) -> str:
    """A selection as people name it: 'sgd high'."""
    if not isinstance(side, Mapping):
        return f"{side:g}"
    spans = [_span(some) if isinstance(some, list | tuple) else str(some) for some in side.values()]
    return " ".join(spans) or "all"


def _span(labels: Sequence[Any]) -> str:
    return "+".join(map(str, labels)) if len(labels) < 3 else f"{labels[0]}..{labels[-1]}"
