"""Conditions on accuracy under which a claim may be judged at all.

A claim on what a better network does needs levels that differ in accuracy; a claim that compares optimizers
at equal accuracy needs optimizers that reach it. A seed that misses the premise is left out of the claim as a
whole.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import numpy as np
import xarray as xr

from indicators.errors import InputError
from indicators.specs import LEVELS

SLACK = 1e-9  # 0.65 + 0.05 is a little more than 0.70 in binary


@dataclass(frozen=True)
class Premise:
    """A named condition on the accuracies of a study.

    ``holds`` tells for every seed whether it is met, ``unmet`` says by how much it is not; empty where it is.
    """

    name: str
    words: str
    holds: Callable[[xr.DataArray], xr.DataArray]
    unmet: Callable[[xr.DataArray], str]


def parse(name: str) -> Premise:
    """The premise of a name, for instance 'separated levels'; InputError lists the known names."""
    if name not in PREMISES:
        raise InputError(f"premise {name!r} does not exist: choose from {sorted(PREMISES)}")
    return PREMISES[name]


def separated_levels(accuracy: xr.DataArray, by: float = 0.05) -> xr.DataArray:
    """Whether accuracy rises by at least ``by`` from low to medium and on to high, for every optimizer.

    Accuracy in [0, 1] over (seed, optimizer, level); bool over seed. Raises ValueError for other dimensions,
    a missing level and values that are not accuracies.
    """
    return _gains(accuracy).min(("optimizer", "step")) >= by - SLACK


def equal_accuracy(accuracy: xr.DataArray, level: str | Iterable[str], within: float = 0.03) -> xr.DataArray:
    """Whether the optimizers' accuracies differ by ``within`` at most, at one level or each of several.

    Accuracy in [0, 1] over (seed, optimizer, level); bool over seed. Raises ValueError for other dimensions,
    a missing level and values that are not accuracies.
    """
    return _gaps(accuracy, level).max("level") <= within + SLACK


def too_close(accuracy: xr.DataArray, by: float = 0.05) -> str:
    """Where `separated_levels` fails worst, and in how many seeds; empty where it holds."""
    failed = ~separated_levels(accuracy, by)
    if not failed.any():
        return ""
    gains = _gains(accuracy)
    worst = gains.isel(gains.argmin(...))
    return (
        f"accuracy of {worst['optimizer'].item()} rises by {_points(worst)} points {worst['step'].item()}"
        f" (at least {_points(by)}){_in_seeds(failed)}"
    )


def too_far(accuracy: xr.DataArray, level: str | Iterable[str], within: float = 0.03) -> str:
    """Where `equal_accuracy` fails worst, and in how many seeds; empty where it holds."""
    failed = ~equal_accuracy(accuracy, level, within)
    if not failed.any():
        return ""
    gaps = _gaps(accuracy, level)
    worst = gaps.isel(gaps.argmax(...))
    return (
        f"accuracies at {worst['level'].item()} differ by {_points(worst)} points"
        f" (limit {_points(within)}){_in_seeds(failed)}"
    )


def _gains(accuracy: xr.DataArray) -> xr.DataArray:
    """Accuracy gained at each step, over (seed, optimizer, step)."""
    low, medium, high = (_at(accuracy, [level]).isel(level=0, drop=True) for level in LEVELS)
    steps = xr.DataArray(["from low to medium", "from medium to high"], dims="step")
    return xr.concat([medium - low, high - medium], dim="step").assign_coords(step=steps)


def _gaps(accuracy: xr.DataArray, level: str | Iterable[str]) -> xr.DataArray:
    """Best minus worst optimizer, over (seed, level)."""
    chosen = _at(accuracy, [level] if isinstance(level, str) else list(level))
    return chosen.max("optimizer") - chosen.min("optimizer")


def _at(accuracy: xr.DataArray, levels: list[str]) -> xr.DataArray:
    if set(accuracy.dims) != {"seed", "optimizer", "level"}:
        raise ValueError(f"dims={accuracy.dims}: expected seed, optimizer and level; select a split first")
    known = list(accuracy.get_index("level"))
    if not levels or not set(levels) <= set(known):
        raise ValueError(f"level={levels}: choose from {known}")
    chosen = accuracy.sel(level=levels)
    if not (np.isfinite(chosen) & (chosen >= 0) & (chosen <= 1)).all():
        raise ValueError(f"accuracies at {levels} include a value outside [0, 1]: measure them anew")
    return chosen


def _points(share: xr.DataArray | float) -> str:
    return f"{round(100 * float(share), 1):g}"


def _in_seeds(failed: xr.DataArray) -> str:
    return f" in {int(failed.sum())} of {failed.size} seeds" if failed.size > 1 else ""


def _equal_at(name: str, words: str, level: str | tuple[str, ...]) -> Premise:
    return Premise(name, words, partial(equal_accuracy, level=level), partial(too_far, level=level))


PREMISES = {
    premise.name: premise
    for premise in (
        Premise(
            "separated levels",
            "for every optimizer, accuracy rises by at least 5 points from level to level",
            separated_levels,
            too_close,
        ),
        *(
            _equal_at(
                f"equal accuracy at {level}",
                f"the optimizers' accuracies at {level} lie within 3 points",
                level,
            )
            for level in LEVELS
        ),
        _equal_at(
            "equal accuracy at every level",
            "at every level, the optimizers' accuracies lie within 3 points",
            LEVELS,
        ),
    )
}
