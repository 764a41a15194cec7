"""Numbers that claims take from curves: labeled arrays in, labeled arrays out, one dimension less."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from indicators import pruning
from indicators.evidence import NotApplicable

Floats = NDArray[np.float64]


def half_loss_fraction(accuracy: xr.DataArray) -> xr.DataArray:
    """Fraction of weights at which half of the unpruned accuracy is lost, from accuracies along `fraction`.

    A network that keeps more than half to the end of its curve gets the last fraction of the curve. The resolution
    is half the smallest step between the fractions.
    """
    fraction = _along_fraction(pruning.half_loss_fraction, accuracy)
    alive = accuracy.isel(fraction=0, drop=True) > 0
    grid = accuracy["fraction"].to_numpy()
    found = fraction.where(fraction.notnull() | ~alive, grid[-1])
    return _mean_of_draws(found, resolution=float(np.diff(grid).min()) / 2)


def pruning_area(accuracy: xr.DataArray) -> xr.DataArray:
    """Area under the accuracies along `fraction` up to 0.9, over the unpruned accuracy: 0.9 nothing lost, 0 all.

    The resolution is that of the accuracies.
    """
    area = _along_fraction(pruning.area, accuracy)
    return _mean_of_draws(area, resolution=accuracy.attrs.get("resolution", 0.0))


def relative_change(
    norm_ratio: xr.DataArray, cosine_distance: xr.DataArray, *, over: Literal["initial", "final"] = "final"
) -> xr.DataArray:
    """Norm of a layer's weight change over that of its initial or of its final weights.

    From their norm ratio r and cosine distance c: sqrt((1 - r)^2 + 2 r c) over the final norm, r times less over the
    initial one. 0: nothing changed; 1: a change as large as the weights; sqrt(2): weights of one norm, unrelated. It
    is the spread of the changes in units of the weights, whatever their number.
    """
    change = ((1 - norm_ratio) ** 2 + 2 * norm_ratio * cosine_distance) ** 0.5
    return _stating(
        (change if over == "final" else change / norm_ratio).rename(f"weight change over {over} weights"),
        resolution=max(values.attrs.get("resolution", 0.0) for values in (norm_ratio, cosine_distance)),
        undefined=norm_ratio.attrs.get("undefined", ""),
    )


def jump_at_reductions(history: xr.DataArray, *, over: Literal["last", "best"] = "last") -> xr.DataArray:
    """Rise of the validation accuracy when the learning rate falls, mean over its reductions in a record of epochs.

    The accuracy after the first epoch at the smaller rate, minus that of the epoch before (`last`), which is lower than
    others by the very rule that reduces the rate, or the highest of all epochs before (`best`). NaN where the learning
    rate never falls.
    """
    accuracy, rate = (
        history.sel(quantity=quantity, drop=True).transpose(..., "epoch")
        for quantity in ("validation_accuracy", "learning_rate")
    )
    best = accuracy.copy(data=np.fmax.accumulate(accuracy.to_numpy(), -1))
    before = (accuracy if over == "last" else best).shift(epoch=1)
    jumps = (accuracy - before).where(rate < rate.shift(epoch=1))
    return _stating(
        jumps.mean("epoch").rename("jump of validation accuracy"),
        resolution=history.attrs.get("resolution", 0.0),
        undefined="trainings whose learning rate never falls",
    )


def most_over_least(values: xr.DataArray, order: xr.DataArray, dim: str) -> xr.DataArray:
    """Value where `order` is largest along a dimension, minus that where it is smallest; the first of equals counts.

    0 where all are equal. The resolution is that of the values. Raises ValueError where `order` is not finite.
    """
    if not np.isfinite(order).all():
        raise ValueError(f"{order.name} holds values that are not finite: there is no largest and smallest of them")
    most, least = (values.isel({dim: place}).drop_vars(dim) for place in (order.argmax(dim), order.argmin(dim)))
    difference = (most - least).rename(f"{values.name} at the largest - smallest {order.name}")
    return _stating(difference, **{key: of for key, of in values.attrs.items() if key in ("resolution", "undefined")})


def rank_correlation(x: xr.DataArray, y: xr.DataArray, dim: str = "layer") -> xr.DataArray:
    """Spearman's rank correlation of two profiles along a dimension: 1 they rise and fall together, -1 oppositely.

    Ties share their mean rank; NaN where either is constant or not finite. The resolution is the smallest step that N
    ranks can make, 12 / (N^3 - N). Raises NotApplicable for fewer than three places along the dimension, ValueError
    where x and y have different ones.
    """
    size = x.sizes[dim]
    if size < 3:
        raise NotApplicable(f"{x.name} has {size} places along {dim}: a rank correlation takes three")
    found: xr.DataArray = xr.apply_ufunc(_spearman, x, y, input_core_dims=[[dim], [dim]], join="exact")
    return _stating(
        found.rename(f"rank correlation of {x.name} and {y.name}"),
        resolution=12 / (size**3 - size),
        undefined="profiles that do not vary",
    )


def trough_width(profile: xr.DataArray, threshold: float) -> xr.DataArray:
    """Depth over which a profile along `layer` lies below a threshold, as a share of the network's depth.

    The profile runs straight from layer to layer: 0 if every layer lies above, at most the depth from the first to the
    last of them. The resolution is half the smallest step from layer to layer. NaN where the profile is not finite.
    Raises NotApplicable for a single layer.
    """
    steps = np.diff(_depths(profile))

    def width(heights: Floats) -> Floats:
        low, high = (of(heights[..., :-1], heights[..., 1:]) for of in (np.minimum, np.maximum))
        level = np.where(np.isnan(low), np.nan, low < threshold)
        below = np.divide(threshold - low, high - low, out=level, where=high > low)
        return np.asarray(np.clip(below, 0, 1) @ steps)

    return _of_layers(width, profile, f"below {threshold:g}")


def relative_onset(profile: xr.DataArray, share: float) -> xr.DataArray:
    """Relative depth at which a profile along `layer` has made a share of its rise: it compares profiles of any unit.

    The rise leads from the lowest layer to the highest one after it, straight from layer to layer. 1 where there is
    none, the lowest layer being the last. The resolution is half the smallest step from layer to layer. NaN where the
    profile is not finite. Raises NotApplicable for a single layer, ValueError for a share that is not in (0, 1).
    """
    if not 0 < share < 1:
        raise ValueError(f"share={share!r} is not between 0 and 1")
    depths = _depths(profile)

    def onset(heights: Floats) -> Floats:
        lowest = heights.min(-1, keepdims=True)
        before = np.arange(len(depths)) < heights.argmin(-1)[..., None]
        risen = np.where(before, 0.0, heights - lowest)
        whole = risen.max(-1, keepdims=True)
        after = np.maximum((risen > share * whole).argmax(-1)[..., None], 1)
        low, high = (np.take_along_axis(risen, place, -1) for place in (after - 1, after))
        part = np.divide(share * whole - low, high - low, out=np.ones_like(low), where=high > low)
        found = depths[after - 1] + part * (depths[after] - depths[after - 1])
        return np.asarray(np.where(whole > 0, found, np.where(np.isnan(whole), np.nan, 1.0))[..., 0])

    return _of_layers(onset, profile, f"risen by {share:g}")


def difference(x: xr.DataArray, y: xr.DataArray) -> xr.DataArray:
    """One measurement minus another, of the layers that both have.

    It says of itself what both do: the coarser of the resolutions, and where either does not exist. Plain arithmetic
    drops what the two say differently.
    """
    undefined = dict.fromkeys(values.attrs.get("undefined") or "" for values in (x, y))
    return _stating(
        (x - y).rename(f"{x.name} - {y.name}"),
        resolution=max(values.attrs.get("resolution", 0.0) for values in (x, y)),
        undefined="; ".join(filter(None, undefined)),
    )


def outlyingness(values: xr.DataArray, one: str, others: tuple[str, str]) -> xr.DataArray:
    """How much further one optimizer lies from two others than these from each other, in [-1/3, 1].

    (b - a) / (b + a): a is the distance between the two others, b the mean of their distances to the one, each the
    root mean square over all that a network has but its seed. 1: the two are alike; 0: all three are as far apart;
    -1/3: the one lies halfway between the others. NaN where all three are alike.
    """
    a = _apart(values, *others)
    b = (_apart(values, one, others[0]) + _apart(values, one, others[1])) / 2
    return _stating(
        ((b - a) / (b + a)).rename(f"{one} beside {' and '.join(others)}: {values.name}"),
        undefined="optimizers that are all alike",
    )


def _apart(values: xr.DataArray, one: str, other: str) -> xr.DataArray:
    gap = values.sel(optimizer=one, drop=True) - values.sel(optimizer=other, drop=True)
    return (gap**2).mean([dim for dim in gap.dims if dim != "seed"]) ** 0.5


def _along_fraction(function: Callable[..., object], accuracy: xr.DataArray) -> xr.DataArray:
    fractions = accuracy["fraction"].to_numpy()
    summary: xr.DataArray = xr.apply_ufunc(
        lambda curves: function(fractions, curves), accuracy, input_core_dims=[["fraction"]]
    )
    return summary.rename(f"{accuracy.name} {function.__name__}")


def _mean_of_draws(values: xr.DataArray, resolution: float) -> xr.DataArray:
    """Draws of one network are not replicates: their mean is the network's number."""
    mean = values.mean("draw", skipna=False) if "draw" in values.dims else values.copy()
    mean.attrs = {"resolution": resolution}
    return mean


def _stating(values: xr.DataArray, **attrs: object) -> xr.DataArray:
    """The same values, saying this of themselves and nothing else."""
    return values.drop_attrs().assign_attrs(attrs)


def _spearman(x: Floats, y: Floats) -> Floats:
    """Correlation of the mid-ranks along the last axis, NaN where one of them has no spread."""
    a, b = _centered_ranks(x), _centered_ranks(y)
    lengths = np.sqrt((a**2).sum(-1) * (b**2).sum(-1))
    return np.asarray(np.divide((a * b).sum(-1), lengths, out=np.full_like(lengths, np.nan), where=lengths > 0))


def _centered_ranks(values: Floats) -> Floats:
    return np.asarray(np.sign(values[..., :, None] - values[..., None, :]).sum(-1) / 2, float)


def _depths(profile: xr.DataArray) -> Floats:
    """Relative depth of every layer: as the array says, else k / L for layer k of L."""
    layers = profile.sizes["layer"]
    if layers < 2:
        raise NotApplicable(f"{profile.name} has {layers} layers: a profile takes two")
    given = profile.coords.get("depth")
    return np.arange(1, layers + 1) / layers if given is None else given.to_numpy().astype(float)


def _of_layers(function: Callable[[Floats], Floats], profile: xr.DataArray, name: str) -> xr.DataArray:
    found: xr.DataArray = xr.apply_ufunc(function, profile, input_core_dims=[["layer"]])
    return _stating(
        found.rename(f"{profile.name} {name}"),
        resolution=float(np.diff(_depths(profile)).min()) / 2,
        undefined=profile.attrs.get("undefined", ""),
    )
