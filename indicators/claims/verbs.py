"""The seven verbs of a claim: from labeled measurements to one number per seed, and so to evidence.

A verb takes the whole array, with the dimension ``seed``, the cells ``optimizer`` and ``level``, and any
others (layers, draws, fractions). Selections such as ``{"optimizer": "sgd", "layer": ["Conv1", "Conv2"]}``
say what is compared: a list stands for the mean over its labels, a dimension left out for the mean over all
of it, and a coordinate along a dimension (the part of the network) selects like a label. The cells that are
not compared still tell how much results differ from run to run, which three seeds alone estimate badly.

Every verb takes the smallest effect that counts (``by``), the ``unit`` of the values, and ``resolution``, the
smallest step that the measurement can make: all seeds may be off alike by half of it, either way. By default it is
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
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal, ParamSpec

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from indicators.claims.contrasts import SEEDS_NEEDED, Cells, Contrast
from indicators.claims.evidence import ASSUMED, Evidence, Undecided, nothing_compared
from indicators.claims.intervals import judge
from indicators.claims.judging import current
from indicators.claims.profiles import centered_ranks, onset
from indicators.claims.selections import (
    CELLS,
    Array,
    Selection,
    Side,
    beside,
    labels_of,
    level_of_cells,
    positions,
    side_of,
    stages,
    words,
)
from indicators.errors import NotApplicable

ROUNDOFF = 1e-9  # share of the largest value compared

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
    return _judge(values, [beside(at, than), at], by=by, unit=unit, resolution=resolution)


@_verb
def less(
    values: xr.DataArray, at: Selection, *, than: Side, by: float, unit: str = "", resolution: float | None = None
) -> Evidence:
    """Evidence on whether the mean at ``at`` is below the mean at ``than`` by more than ``by``.

    As `more`, with ``than`` minus ``at`` as effect.
    """
    return _judge(values, [at, beside(at, than)], by=by, unit=unit, resolution=resolution)


@_verb
def same(
    values: xr.DataArray, at: Selection, *, as_: Side, within: float, unit: str = "", resolution: float | None = None
) -> Evidence:
    """Evidence on whether the mean at ``at`` equals the mean at ``as_`` up to ``within``.

    Supported if the whole interval lies inside (-within, within), refuted if all of it lies outside. With one
    or two seeds consistent if the effect is in the band, its edges included, and contradicted beyond them.
    The effect is ``at`` minus ``as_``.
    """
    return _judge(values, [beside(at, as_), at], by=within, unit=unit, resolution=resolution, band=True)


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
    return _judge(values, stages(values, along, at or {}), by=by, unit=unit, resolution=resolution)


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
    return _judge(values, stages(values, along, at or {})[::-1], by=by, unit=unit, resolution=resolution)


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
    ``along="level"`` the onset has to fall from low to high. A seed in which both sides of a comparison, or of a step,
    never reach the threshold decides nothing there, and is left out of it. Where that leaves fewer than three of at
    least three seeds, the comparison or step is undecided. ``resolution`` is by default that of an onset.
    """
    if (than is None) == (along is None):
        raise ValueError(f"than={than!r}, along={along!r}: earlier takes exactly one of the two")
    depth, censored = onset(profile, threshold)
    at = at or {}
    path: list[Selection] = [at, {**at, **than}] if than is not None else stages(depth, str(along), at)[::-1]
    never = [censored.isel(positions(censored, side)).all(set(censored.dims) - {"seed"}).to_numpy() for side in path]
    kept = ~(never[0] & never[-1])
    silent = [(one & other)[kept] for one, other in pairwise(never)]
    return _judge(depth.isel(seed=kept), path, by=by, unit=unit, resolution=resolution, left_out=~kept, silent=silent)


@_verb
def tracks(
    x: xr.DataArray,
    y: xr.DataArray,
    *,
    by: float,
    sign: int = 1,
    within: Literal["recipe"] | None = None,
    unit: str = "",
    resolution: float | None = None,
) -> Evidence:
    """Evidence on whether two measurements go together over the cells (``sign=-1``: against each other).

    The effect is ``sign`` times Spearman's rank correlation over the cells of a seed, between what is left of
    both after the mean of every optimizer is removed; ties share their mean rank. A seed in which either is
    constant decides nothing and is left out. ``resolution`` is by default the smallest step of such a
    correlation, 12 / (N^3 - N) for N cells.

    With ``within="recipe"`` it is Pearson's correlation over the seeds of one recipe (optimizer and level), mean over
    the recipes: whether of networks that differ by chance alone the one goes with the other. The number of a seed is
    what it contributes: the mean over the recipes of the product of both in units of their spread within the recipe,
    which may lie beyond 1. Recipes in which either is constant are left out, and where that leaves none the comparison
    is undecided. Raises NotApplicable for fewer than three seeds.
    """
    if sign not in (1, -1):
        raise ValueError(f"sign={sign!r} is neither 1 nor -1")
    if within not in (None, "recipe"):
        raise ValueError(f"within={within!r} is neither None nor 'recipe'")
    if not 0 <= by < 1:
        raise ValueError(f"by={by!r} is no correlation of at least 0 and below 1")
    if any(labels_of(x, dim) != labels_of(y, dim) for dim in ("seed", *CELLS) if {dim} <= {*x.dims} & {*y.dims}):
        raise ValueError("x and y differ in seeds, optimizers or levels: measure both on the same networks")
    total = _within_recipes(x, y, sign, resolution) if within else _over_recipes(x, y, sign, resolution)
    silent = x.sizes["seed"] - total.seeds
    return _noted(total, by=by, unit=unit or ("correlation" if within else "rank correlation"), silent=silent)


def _over_recipes(x: xr.DataArray, y: xr.DataArray, sign: int, resolution: float | None) -> Contrast:
    """Rank correlation over the cells, in every seed that has one."""
    a, b = _centered_ranks(x), _centered_ranks(y)
    lengths = np.sqrt((a**2).sum(1) * (b**2).sum(1))
    decisive = lengths > 0
    smallest = 12 / max(a.shape[1] ** 3 - a.shape[1], 1) if resolution is None else resolution
    return Contrast(
        name=f"{x.name or 'x'} {'with' if sign == 1 else 'against'} {y.name or 'y'}",
        seed=x["seed"].to_numpy()[decisive],
        per_seed=sign * (a * b).sum(1)[decisive] / lengths[decisive],
        roundoff=ROUNDOFF,
        resolution=_not_negative("resolution", smallest),
        correlation=True,
    )


def _within_recipes(x: xr.DataArray, y: xr.DataArray, sign: int, resolution: float | None) -> Contrast:
    """Contribution of every seed to the correlation over the seeds of a recipe, mean over the recipes.

    Means and spreads are those of the same seeds, which draws the contributions of few seeds together: undone, as
    simulated, by the power of n / (n - 1).
    """
    seeds = x.sizes["seed"]
    if seeds < SEEDS_NEEDED:
        raise NotApplicable(f"{seeds} seeds: a correlation within a recipe takes {SEEDS_NEEDED}")
    a, b = _standardized(x), _standardized(y)
    vary = a.any(0) & b.any(0)
    if not vary.any():
        raise Undecided(nothing_compared(f"{x.name or 'x'} or {y.name or 'y'} is constant in every recipe", seeds))
    products = (a * b)[:, vary].mean(1)
    apart = (products - products.mean()) * (seeds / (seeds - 1)) ** 1.5
    return Contrast(
        name=f"{x.name or 'x'} {'with' if sign == 1 else 'against'} {y.name or 'y'} within a recipe",
        seed=x["seed"].to_numpy(),
        per_seed=sign * (products.mean() + apart),
        roundoff=ROUNDOFF,
        resolution=_not_negative("resolution", resolution or 0.0),
    )


def _judge(
    values: xr.DataArray,
    path: Sequence[Side],
    *,
    by: float,
    unit: str,
    resolution: float | None,
    band: bool = False,
    left_out: NDArray[np.bool_] | None = None,
    silent: Sequence[NDArray[np.bool_]] = (),
) -> Evidence:
    """Evidence on the contrast of a path's end with its start, and on every step if it has several.

    ``left_out``: seeds that decide nothing and are not among the values; ``silent``: those that decide nothing at a
    step.
    """
    by = _not_negative("within" if band else "by", by)
    if resolution is None:
        resolution = values.attrs["resolution"] if "resolution" in values.attrs else current().coarsest
    resolution = _not_negative("resolution", resolution)
    total = _contrast(values, path[0], path[-1], resolution)
    steps = [_contrast(values, *step, resolution) for step in pairwise(path)] if len(path) > 2 else []
    for place, still in enumerate(silent[: len(steps)]):
        steps[place] = steps[place].of(np.flatnonzero(~still))
    return _noted(total, steps, by=by, unit=unit, band=band, silent=0 if left_out is None else int(left_out.sum()))


def _noted(total: Contrast, steps: Sequence[Contrast] = (), **about: Any) -> Evidence:
    """What the rule says of contrasts, noted for the claim that is being judged, if one is."""
    record = current()
    evidence = judge(total, steps, cases=record.cases, look=record.look, **about)
    record.evidence.append(evidence)
    return evidence


def _contrast(values: xr.DataArray, start: Side, end: Side, resolution: float) -> Contrast:
    """End minus start in every seed; the cells of the levels that are compared tell of the spread.

    Where two numbers are compared, each may be off by what the measurement cannot tell apart.
    """
    here, there = (positions(values, side) if isinstance(side, Mapping) else side for side in (start, end))
    if here == there:
        raise ValueError(f"{words(start)!r} is compared with itself: let the two sides differ in a label")
    (first, minus), (last, plus) = side_of(values, here), side_of(values, there)
    tables, weights = np.stack([last, first], -1), np.stack([plus, -minus], -1)
    compared = np.where(weights != 0, tables, 0.0)
    level = level_of_cells(values)
    alike = np.isin(level, level[(weights != 0).any(-1)])
    return Contrast(
        name=f"{words(end)} - {words(start)}",
        seed=values["seed"].to_numpy(),
        per_seed=np.einsum("sck,ck->s", compared, weights),
        cells=Cells(tables[:, alike], weights[alike]),
        roundoff=_roundoff(values) * float(np.abs(compared).max(initial=0.0) or 1.0),
        resolution=resolution * math.hypot(*(float(isinstance(side, Mapping)) for side in (start, end))),
    )


def _of_networks(values: xr.DataArray) -> Array:
    """One number per network, seed by cell."""
    if not {"seed", *CELLS} <= set(values.dims):
        raise ValueError(f"dims={values.dims}: expected seed, optimizer and level among them")
    return side_of(values, positions(values, {}))[0]


def _standardized(values: xr.DataArray) -> Array:
    """Deviations of networks from the mean of their recipe, seed by cell, in units of their spread there."""
    table = _of_networks(values)
    grain = _roundoff(values) * np.abs(table).max(0)
    rest, spread = table - table.mean(0), table.std(0)
    return np.asarray(np.divide(rest, spread, out=np.zeros_like(rest), where=spread > grain))


def _centered_ranks(values: xr.DataArray) -> Array:
    """Ranks minus their mean, seed by cell, of what is left of the values without their optimizers' means."""
    table = _of_networks(values)
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
