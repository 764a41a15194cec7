"""Selections: where the labels that a claim names stand in an array, and the numbers of the cells that they mean."""

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from indicators.claims.evidence import Undecided, nothing_compared
from indicators.claims.judging import current
from indicators.errors import NotApplicable
from indicators.specs import LEVELS, OPTIMIZERS

CELLS = ("optimizer", "level")
FIRST, CENTRAL, LAST, OUTPUT = PARTS = ("first", "central", "last", "output")
"""Parts of a network. Small ones lack some."""
ROUNDOFF = 1e-9  # share of the largest value compared

_CELLS = {"optimizer": OPTIMIZERS, "level": LEVELS}
_ABSENT = [("part", part) for part in PARTS]
"""Labels that an array may be without."""

Array = NDArray[np.float64]
Selection = Mapping[str, Any]
Side = Selection | float
Positions = dict[str, list[int]]


def level_of_cells(values: xr.DataArray) -> NDArray[np.int64]:
    """Place of the level of every cell, in the order of `side_of`; all 0 where there is one level."""
    sizes = [values.sizes[dim] for dim in CELLS if dim in values.dims]
    return np.arange(math.prod(sizes)) % sizes[-1] if "level" in values.dims else np.zeros(math.prod(sizes), int)


def side_of(values: xr.DataArray, where: Positions | float) -> tuple[Array, Array]:
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


def positions(values: xr.DataArray, at: Selection) -> Positions:
    """Where the selected labels stand, in every dimension but the seed.

    Raises NotApplicable where no layer is selected, ValueError where nothing of another dimension is.
    """
    picked = {str(dim): list(range(size)) for dim, size in values.sizes.items() if dim != "seed"}
    if len(picked) == values.ndim:
        raise ValueError(f"dims={values.dims}: expected 'seed', over which results are replicated, among them")
    current().parted |= "part" in at
    for name, wanted in at.items():
        dim, places = _places(values, name, wanted)
        picked[dim] = [place for place in picked[dim] if place in places]
    if picked.get("layer") == []:
        raise NotApplicable(f"{values.name or 'what is compared'} has no layer at {words(at)!r}")
    if empty := [dim for dim, places in picked.items() if not places]:
        raise ValueError(f"nothing of dimension {empty[0]!r} is left to compare at {words(at)!r}")
    return picked


def _places(values: xr.DataArray, name: str, wanted: Any) -> tuple[str, set[int]]:
    """The dimension of a coordinate, and where labels stand along it; numbers match up to roundoff."""
    known = {dim: (dim,) for dim in values.dims} | {k: v.dims for k, v in values.coords.variables.items()}
    dims: tuple[Hashable, ...] = known.get(name, ())
    if len(dims) != 1 or dims[0] == "seed":
        choice = [str(dim) for dim in values.dims if dim != "seed"]
        raise ValueError(f"{name!r} cannot be selected: choose from {choice} and their coordinates")
    labels = labels_of(values, name)
    several = list(wanted) if isinstance(wanted, list | tuple | np.ndarray) else [wanted]
    found = {label: [k for k, known in enumerate(labels) if _equal(known, label)] for label in several}
    missing = [label for label, places in found.items() if not places and (name, label) not in _ABSENT]
    # Of some networks, or layers, a study may have no such measurement; other labels are misspelled.
    if missing and (set(missing) <= set(_CELLS.get(name, ())) or (dims[0] == "layer" and name != "part")):
        raise NotApplicable(f"{values.name or 'what is compared'} has no {name} {missing}")
    if missing and _is_factor(values, name):
        raise NotApplicable(f"the study has no networks of {name} {missing}, but of {labels}")
    if missing:
        raise ValueError(f"{name}={missing} does not exist: choose from {list(dict.fromkeys(labels))}")
    return str(dims[0]), {place for places in found.values() for place in places}


def _is_factor(values: xr.DataArray, name: str) -> bool:
    """Whether a dimension is a factor of the study: see `view.Factor`."""
    return name in values.coords and bool(values.coords[name].attrs.get("factor"))


def labels_of(values: xr.DataArray, name: str) -> list[Any]:
    """The labels of a coordinate, the places of a dimension that has none."""
    known = values.coords.variables.get(name)
    return list(range(values.sizes[name]) if known is None else known.to_numpy().tolist())


def _equal(known: Any, label: Any) -> bool:
    if isinstance(known, float) and isinstance(label, float):
        return math.isclose(known, label, rel_tol=ROUNDOFF)
    return bool(known == label)


def beside(at: Selection, other: Side) -> Side:
    """What stands beside ``at``: the same but for what differs, or a number."""
    if isinstance(other, Mapping):
        return {**at, **other}
    if isinstance(other, bool | str) or not math.isfinite(other):
        raise ValueError(f"{other!r} is neither a selection nor a finite number to compare with")
    return float(other)


def stages(values: xr.DataArray, along: str, at: Selection) -> list[Selection]:
    """Three selections, from the first to the last along a dimension."""
    picked = positions(values, at)
    if along not in picked or along == "optimizer" or (along == "level" and "level" in at):
        raise ValueError(f"along={along!r}, at={dict(at)}: expected 'level', unselected, or what is ordered")
    labels = list(LEVELS) if along == "level" else [labels_of(values, along)[k] for k in picked[along]]
    third = len(labels) // 3
    if not third:
        few = f"{'layers' if along == 'layer' else along}={labels}: a rise or fall takes at least three"
        # Networks may have few layers, and studies few labels of a factor.
        raise NotApplicable(few) if along == "layer" or _is_factor(values, along) else ValueError(few)
    return [{**at, along: part} for part in (labels[:third], labels[third:-third], labels[-third:])]


def _refuse(part: xr.DataArray) -> NoReturn:
    """Raises Undecided where the measurement may be undefined and is, ValueError for what cannot be a measurement."""
    bad = np.argwhere(~np.isfinite(part.to_numpy()))
    at = {str(dim): labels_of(part, str(dim))[k] for dim, k in zip(part.dims, bad[0], strict=True)}
    where = ", ".join(str(label) if isinstance(label, str) else f"{dim} {label}" for dim, label in at.items())
    undefined = part.attrs["undefined"] if "undefined" in part.attrs else current().undefined
    if undefined and not np.isinf(part.to_numpy()).any():
        count = f"{len(bad)} of {part.size} compared values"
        raise Undecided(nothing_compared(f"{count} do not exist ({undefined}), the first at {where}"))
    raise ValueError(
        f"{len(bad)} of {part.size} compared values are not finite, the first at {where}: measure them anew"
    )


def words(side: Side) -> str:
    """A selection as people name it: 'sgd high'."""
    if not isinstance(side, Mapping):
        return f"{side:g}"
    spans = [_span(some) if isinstance(some, list | tuple) else str(some) for some in side.values()]
    return " ".join(spans) or "all"


def _span(labels: Sequence[Any]) -> str:
    return "+".join(map(str, labels)) if len(labels) < 3 else f"{labels[0]}..{labels[-1]}"
