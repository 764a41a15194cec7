"""Conditions under which a claim may be judged at all: that the networks were given what it speaks of.

A claim on what a better network does needs levels that differ in accuracy; a claim that compares optimizers at equal
accuracy needs optimizers that reach it; a claim that explains turned weights needs weights that turned. A seed that
misses a premise is left out of the claim as a whole.
"""

import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial, reduce

import numpy as np
import xarray as xr

from indicators.errors import InputError, NotApplicable
from indicators.specs import LEVELS

SLACK = 1e-9  # 0.65 + 0.05 is a little more than 0.70 in binary
AND = " and "
"""What joins the names of several premises in the mark of a claim."""
TURNING = ("wdecay", "layca")
"""The optimizers whose weights the thesis finds turned by a right angle."""

Measured = Callable[[str], xr.DataArray]
"""What gives a measurement of a study by its name; NotApplicable where the study lacks it."""


@dataclass(frozen=True)
class Premise:
    """A named condition on the networks of a study.

    ``sees`` is what of the study's measurements it looks at. Of that, ``holds`` tells for every seed whether the
    condition is met, and ``unmet`` says by how much it is not; empty where it is.
    """

    name: str
    words: str
    sees: Callable[[Measured], xr.DataArray]
    holds: Callable[[xr.DataArray], xr.DataArray]
    unmet: Callable[[xr.DataArray], str]


def parse(names: str) -> tuple[Premise, ...]:
    """The premises of a mark, for instance 'separated levels and equal fit'; InputError lists the known names."""
    chosen = dict.fromkeys(name.strip() for name in names.split(AND))
    for name in chosen:
        if name not in PREMISES:
            raise InputError(f"premise {name!r} does not exist: choose from {sorted(PREMISES)}, or join some by 'and'")
    return tuple(PREMISES[name] for name in chosen)


def met(names: str, measured: Measured) -> tuple[xr.DataArray, str]:
    """Whether each seed meets every premise of a mark, and by how much those that are not met are missed.

    Bool over seed, and words that are empty where all seeds meet all. Raises NotApplicable where the study lacks what
    one of them looks at, whatever the others say.
    """
    seen = [(premise, premise.sees(measured)) for premise in parse(names)]
    held = reduce(operator.and_, (premise.holds(values) for premise, values in seen))
    return held, "; ".join(filter(None, (premise.unmet(values) for premise, values in seen)))


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


def weights_turned(rotation: xr.DataArray, at_least: float = 0.8) -> xr.DataArray:
    """Whether weight decay and layca, at level high, turned their weights by ``at_least`` in the mean over the layers.

    Cosine distance between initial and final weights, in [0, 2], over (seed, optimizer, level, layer); bool over seed.
    Raises ValueError for other dimensions and values that are no such distance. In 2019 (figures 6.4-6.6) the two
    turned by 0.96 and 0.98, no single layer of theirs by less than 0.83, and sgd by 0.46.
    """
    return _turns(rotation).min("optimizer") >= at_least - SLACK


def too_little_turned(rotation: xr.DataArray, at_least: float = 0.8) -> str:
    """Where `weights_turned` fails worst, and in how many seeds; empty where it holds."""
    failed = ~weights_turned(rotation, at_least)
    if not failed.any():
        return ""
    turns = _turns(rotation)
    worst = turns.isel(turns.argmin(...))
    return (
        f"weights of {worst['optimizer'].item()} at high turned by 1 - cos = {float(worst):.2g} in the mean"
        f" (at least {at_least:g}){_in_seeds(failed)}"
    )


def equal_fit(accuracy: xr.DataArray, within: float = 0.01) -> xr.DataArray:
    """Whether the nine training accuracies of a seed differ by ``within`` at most.

    Accuracy in [0, 1] over (seed, optimizer, level); bool over seed. Raises ValueError for other dimensions and values
    that are not accuracies. All networks are trained to 99 % (thesis 6.3.2): two that reached it cannot differ by more
    than the 0.01 that is left.
    """
    return _fits_apart(accuracy) <= within + SLACK


def unequal_fit(accuracy: xr.DataArray, within: float = 0.01) -> str:
    """Where `equal_fit` fails worst, and in how many seeds; empty where it holds."""
    failed = ~equal_fit(accuracy, within)
    if not failed.any():
        return ""
    return (
        f"training accuracies differ by {_points(_fits_apart(accuracy).max())} points"
        f" (limit {_points(within)}){_in_seeds(failed)}"
    )


def training_accuracy(measured: Measured) -> xr.DataArray:
    """Accuracy on training images as evaluated after training, over (seed, optimizer, level).

    Where that was not done, as in 2019, it is the average over the last epoch while training.
    """
    return _on_images(measured, "train", "train_running")


def _on_images(measured: Measured, *splits: str) -> xr.DataArray:
    """Accuracy on the first of some splits that a study knows; NotApplicable where it knows none."""
    accuracy = measured("accuracy")
    known = accuracy["split"].to_numpy().tolist()
    if not (chosen := [split for split in splits if split in known]):
        raise NotApplicable(f"accuracies are known on {', '.join(known)}, not on {' or '.join(splits)} images")
    return accuracy.sel(split=chosen[0], drop=True)


def _gains(accuracy: xr.DataArray) -> xr.DataArray:
    """Accuracy gained at each step, over (seed, optimizer, step)."""
    low, medium, high = (_at(accuracy, [level]).isel(level=0, drop=True) for level in LEVELS)
    steps = xr.DataArray(["from low to medium", "from medium to high"], dims="step")
    return xr.concat([medium - low, high - medium], dim="step").assign_coords(step=steps)


def _gaps(accuracy: xr.DataArray, level: str | Iterable[str]) -> xr.DataArray:
    """Best minus worst optimizer, over (seed, level)."""
    chosen = _at(accuracy, [level] if isinstance(level, str) else list(level))
    return chosen.max("optimizer") - chosen.min("optimizer")


def _turns(rotation: xr.DataArray) -> xr.DataArray:
    """Mean over the layers of the rotation at level high, over (seed, optimizer)."""
    if set(rotation.dims) != {"seed", "optimizer", "level", "layer"}:
        raise ValueError(f"dims={rotation.dims}: expected seed, optimizer, level and layer")
    if not ({*TURNING} <= {*rotation.get_index("optimizer")} and "high" in rotation.get_index("level")):
        raise NotApplicable(f"there are no networks of {' and '.join(TURNING)} at high for the premise")
    chosen = rotation.sel(optimizer=list(TURNING), level="high", drop=True)
    if not (np.isfinite(chosen) & (chosen >= -SLACK) & (chosen <= 2 + SLACK)).all():
        raise ValueError("cosine distances at high include a value outside [0, 2]: measure them anew")
    return chosen.mean("layer")


def _fits_apart(accuracy: xr.DataArray) -> xr.DataArray:
    """Best minus worst of the nine networks, over seed."""
    networks = _at(accuracy, list(LEVELS))
    return networks.max(("optimizer", "level")) - networks.min(("optimizer", "level"))


def _at(accuracy: xr.DataArray, levels: list[str]) -> xr.DataArray:
    if set(accuracy.dims) != {"seed", "optimizer", "level"}:
        raise ValueError(f"dims={accuracy.dims}: expected seed, optimizer and level; select a split first")
    known = list(accuracy.get_index("level"))
    if absent := sorted({*levels} & {*LEVELS} - {*known}):
        raise NotApplicable(f"there are no networks of level {', '.join(absent)} for the premise")
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


def _on_test_images(measured: Measured) -> xr.DataArray:
    return _on_images(measured, "test")


def _rotation(measured: Measured) -> xr.DataArray:
    return measured("cosine_distance")


def _equal_at(name: str, words: str, level: str | tuple[str, ...]) -> Premise:
    return Premise(name, words, _on_test_images, partial(equal_accuracy, level=level), partial(too_far, level=level))


PREMISES = {
    premise.name: premise
    for premise in (
        Premise(
            "separated levels",
            "for every optimizer, accuracy rises by at least 5 points from level to level",
            _on_test_images,
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
        Premise(
            "weights turned",
            "at high, weight decay and layca turned their weights by 1 - cos = 0.8 or more in the mean over the layers",
            _rotation,
            weights_turned,
            too_little_turned,
        ),
        Premise(
            "equal fit",
            "the nine networks' accuracies on training images lie within 1 point",
            training_accuracy,
            equal_fit,
            unequal_fit,
        ),
    )
}
