"""Numbers that claims take from several measurements, or from the curves of one: labeled arrays in and out."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.special import entr, erf

from indicators.claims.profiles import stating
from indicators.errors import NotApplicable
from indicators.measures import pruning

ROUNDOFF = 1e-9
"""What is so little short of a number of points apart, is as far apart as that."""


def half_loss_fraction(accuracy: xr.DataArray) -> xr.DataArray:
    """Fraction of weights at which half of the unpruned accuracy is lost, from accuracies along `fraction`.

    A network that keeps more than half to the end of its curve gets the last fraction of the curve. The resolution
    is an eighth of the largest step between the fractions: so far may a straight line be off from a curve that bends
    over no less than a step.
    """
    fraction = _along_fraction(pruning.half_loss_fraction, accuracy)
    alive = accuracy.isel(fraction=0, drop=True) > 0
    grid = accuracy["fraction"].to_numpy()
    found = fraction.where(fraction.notnull() | ~alive, grid[-1])
    half = _mean_of_draws(found, resolution=float(np.diff(grid).max()) / 8)
    return half.assign_attrs({key: words for key, words in accuracy.attrs.items() if key == "undefined" and words})


def lost_with_most_weights(accuracy: xr.DataArray) -> xr.DataArray:
    """Accuracy lost with the smallest fraction of the weights that is more than half of them, along `fraction`.

    0: nothing; the unpruned accuracy less chance: all. The resolution is that of the accuracies. Raises NotApplicable
    for a curve that ends before half of the weights are gone.
    """
    most = accuracy["fraction"].to_numpy() > 0.5
    if not most.any():
        raise NotApplicable(f"{accuracy.name} ends before half of the weights are removed")
    lost = accuracy.isel(fraction=0, drop=True) - accuracy.isel(fraction=int(most.argmax()), drop=True)
    return _mean_of_draws(lost.rename("accuracy lost with most weights"), accuracy.attrs.get("resolution", 0.0))


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

    From their norm ratio r and cosine distance d: sqrt((1 - r)^2 + 2 r d) over the final norm, the same divided by r
    over the initial one. 0: nothing changed; 1: a change as large as the weights; sqrt(2): weights of one norm,
    unrelated. It is the spread of the changes in units of the weights, whatever their number.
    """
    change = ((1 - norm_ratio) ** 2 + 2 * norm_ratio * cosine_distance) ** 0.5
    return stating(
        (change if over == "final" else change / norm_ratio).rename(f"weight change over {over} weights"),
        resolution=max(values.attrs.get("resolution", 0.0) for values in (norm_ratio, cosine_distance)),
        undefined=norm_ratio.attrs.get("undefined", ""),
    )


def left_of_the_start(norm_ratio: xr.DataArray, cosine_distance: xr.DataArray) -> xr.DataArray:
    """Share of a layer's initial weights that is still in its final ones: their component along the initial ones.

    (1 - d) / r from their cosine distance d and norm ratio r, over the initial norm. 1: all is left, whatever was
    added across it; 0: nothing; below 0: reversed. What multiplies weights by a factor with every update leaves the
    product of these factors.
    """
    return stating(
        ((1 - cosine_distance) / norm_ratio).rename("left of the initial weights"),
        resolution=max(values.attrs.get("resolution", 0.0) for values in (norm_ratio, cosine_distance)),
        undefined=norm_ratio.attrs.get("undefined", ""),
    )


def left_beyond_decay(left: xr.DataArray, exposure: xr.DataArray) -> xr.DataArray:
    """What is left at the level high, minus what a steady decay that leaves what it does at medium would leave there.

    Left of a start, and how long or how strongly each network was exposed to the decay: an exposure k times as large
    leaves the k-th power. 0: one decay explains both levels; above 0: less is gone at high. NaN where nothing
    positive is left at medium.
    """
    times = exposure.sel(level="high", drop=True) / exposure.sel(level="medium", drop=True)
    medium = left.sel(level="medium", drop=True)
    expected = medium.where(medium > 0) ** times
    return stating(
        (left.sel(level="high", drop=True) - expected).rename(f"{left.name} at high beyond steady decay"),
        resolution=left.attrs.get("resolution", 0.0),
        undefined="networks of which nothing is left at medium",
    )


def unevenness(values: xr.DataArray) -> xr.DataArray:
    """Standard deviation over the layers as a share of their mean: 0 where all layers have the same.

    Layers without a value are left out; NaN where none has one, or their mean is 0. Raises NotApplicable for a single
    layer.
    """
    if (layers := values.sizes["layer"]) < 2:
        raise NotApplicable(f"{values.name} has {layers} layers: their unevenness takes two")
    mean = values.mean("layer")
    return stating(
        (values.std("layer") / mean.where(mean != 0)).rename(f"unevenness of {values.name}"),
        resolution=values.attrs.get("resolution", 0.0),
        undefined=values.attrs.get("undefined", ""),
    )


def growth_of_the_middle_half(quantiles: xr.DataArray, initial: xr.DataArray) -> xr.DataArray:
    """log10 of how much wider the middle half of a layer's weights is than at the start, from quantiles along `share`.

    0: as wide; uniform weights that became Gaussian, at the same norm: -0.11.
    """
    width, before = (_interquartile(values) for values in (quantiles, initial))
    growth = xr.DataArray(np.log10(width / before), name="growth of the middle half")
    return stating(growth, **width.attrs)


def sparsity_turned_at_random(cosine_distance: xr.DataArray) -> xr.DataArray:
    """Hoyer sparsity of a layer whose uniform initial weights turned as far in a random direction.

    1 - E|c x + s g| with x uniform and g Gaussian, both of variance 1, c the cosine between final and initial weights
    and s^2 = 1 - c^2: 0.134 of weights that did not turn, 0.202 at a right angle. Of a layer with many weights: one
    with a thousand has 0.004 more.
    """
    cosine = 1 - cosine_distance
    sine = (1 - cosine**2).clip(1e-10) ** 0.5
    left = cosine * xr.DataArray(np.sqrt(3) * ((np.arange(1000) + 0.5) / 500 - 1), dims="x")
    # The mean of |m + s g|, over g.
    size = sine * np.sqrt(2 / np.pi) * np.exp(-(left**2) / (2 * sine**2)) + left * _error_function(
        left / (sine * np.sqrt(2))
    )
    return stating(
        (1 - size.mean("x")).rename("sparsity turned at random"),
        resolution=cosine_distance.attrs.get("resolution", 0.0),
        undefined=cosine_distance.attrs.get("undefined", ""),
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
    return stating(
        jumps.mean("epoch").rename("jump of validation accuracy"),
        resolution=history.attrs.get("resolution", 0.0),
        undefined="trainings whose learning rate never falls",
    )


def lead_of_the_first_reduction(reduced: xr.DataArray, constant: xr.DataArray) -> xr.DataArray:
    """Validation accuracy after the first epoch at a smaller learning rate, minus that at the constant rate instead.

    Both are records of epochs, of trainings that are the same up to there. NaN where the learning rate never falls, or
    the constant one ended before.
    """
    rate = reduced.sel(quantity="learning_rate", drop=True)
    first = (rate < rate.isel(epoch=0, drop=True)).cumsum("epoch") == 1
    lead = (reduced - constant).sel(quantity="validation_accuracy", drop=True).where(first)
    undefined = dict.fromkeys((reduced.attrs.get("undefined"), "trainings whose learning rate never falls"))
    return stating(
        lead.mean("epoch").rename("accuracy beyond that without reduction"),
        resolution=reduced.attrs.get("resolution", 0.0),
        undefined=", ".join(filter(None, undefined)),
    )


def at_largest(values: xr.DataArray, order: xr.DataArray, dim: str) -> xr.DataArray:
    """Value where `order` is largest along a dimension; NaN does not take part, and stands where nothing does.

    The resolution is that of the values.
    """
    known = order.notnull()
    place = order.where(known, -np.inf).argmax(dim)
    chosen = values.isel({dim: place}).drop_vars(dim).where(known.any(dim))
    return stating(
        chosen.rename(f"{values.name} at the largest {order.name}"),
        **{key: of for key, of in values.attrs.items() if key in ("resolution", "undefined")},
    )


def with_another(values: xr.DataArray, dim: str, other: xr.DataArray, label: str) -> xr.DataArray:
    """The values with one label more along a dimension, of the seeds and labels that both have.

    Where they may be undefined is said of both, all else of the values.
    """
    parts = [values, other.drop_vars(dim, errors="ignore").expand_dims({dim: [label]})]
    both = xr.concat(parts, dim, join="inner", coords="minimal", compat="override", combine_attrs="override")
    words = dict.fromkeys(filter(None, (each.attrs.get("undefined") for each in (values, other))))
    return both.assign_attrs(undefined=", ".join(words)) if words else both


def most_over_least(values: xr.DataArray, order: xr.DataArray, dim: str) -> xr.DataArray:
    """Value where `order` is largest along a dimension, minus that where it is smallest; the first of equals counts.

    0 where all are equal. The resolution is that of the values. Raises ValueError where `order` is not finite.
    """
    if not np.isfinite(order).all():
        raise ValueError(f"{order.name} holds values that are not finite: there is no largest and smallest of them")
    most, least = (values.isel({dim: place}).drop_vars(dim) for place in (order.argmax(dim), order.argmin(dim)))
    difference = (most - least).rename(f"{values.name} at the largest - smallest {order.name}")
    return stating(difference, **{key: of for key, of in values.attrs.items() if key in ("resolution", "undefined")})


def difference(x: xr.DataArray, y: xr.DataArray) -> xr.DataArray:
    """One measurement minus another, of the layers that both have.

    It says of itself what both do: the resolutions, of errors that add, and where either does not exist. Plain
    arithmetic drops what the two say differently.
    """
    undefined = dict.fromkeys(values.attrs.get("undefined") or "" for values in (x, y))
    return stating(
        (x - y).rename(f"{x.name} - {y.name}"),
        resolution=math.hypot(*(values.attrs.get("resolution", 0.0) for values in (x, y))),
        undefined="; ".join(filter(None, undefined)),
    )


def outlyingness(values: xr.DataArray, one: str, others: tuple[str, str]) -> xr.DataArray:
    """How much further one optimizer lies from two others than these from each other, in [-1/3, 1].

    (b - a) / (b + a): a is the distance between the two others, b the mean of their distances to the one, each the
    root mean square over all that a network has but its seed. 1: the two are alike; 0: all three are as far apart;
    -1/3: the one lies halfway between the others. NaN where all three are alike.
    """
    undefined = filter(None, (values.attrs.get("undefined"), "optimizers that are all alike"))
    a = _apart(values, *others)
    b = (_apart(values, one, others[0]) + _apart(values, one, others[1])) / 2
    return stating(
        ((b - a) / (b + a)).rename(f"{one} beside {' and '.join(others)}: {values.name}"),
        undefined=", ".join(undefined),
    )


def as_of_ten_classes(information: xr.DataArray, classes: int) -> xr.DataArray:
    """Label information on the scale of ten classes, for which thresholds are told; of ten, the values as they are.

    A neuron that is above its mean on the images of one of K equal classes, and on no others, carries h(1 / K) / log K
    of the labels' entropy, h being the entropy of two outcomes: 0.406 of four classes, 0.141 of ten, 0.012 of a
    hundred. Values are divided by that of their classes and multiplied by that of ten. What a finite number of images
    shows by chance grows with the classes: `label_information_floor` is on the same scale only if passed through here
    too. Raises ValueError for fewer than two classes.
    """
    if classes < 2:
        raise ValueError(f"classes={classes!r}: labels of fewer than two carry no information")
    scale = _of_a_detector(10) / _of_a_detector(classes)
    attrs = {key: of for key, of in information.attrs.items() if key == "undefined"}
    return stating(information * scale, resolution=information.attrs.get("resolution", 0.0) * scale, **attrs)


def sampling_error(histogram: xr.DataArray, mean: xr.DataArray, pairs: int) -> xr.DataArray:
    """Standard error that a mean over so many random pairs has from their drawing, over that mean, at most.

    From the shares of pairs along `nmi`, labels the lower ends of equal bins: the standard deviation of their middles,
    plus half a bin, over sqrt(pairs) times the mean. NaN where the mean is 0.
    """
    ends = histogram["nmi"]
    width = float(ends[1] - ends[0])
    middles = ends + width / 2
    variance = (histogram * middles**2).sum("nmi") - (histogram * middles).sum("nmi") ** 2
    error = (variance.clip(0) ** 0.5 + width / 2) / math.sqrt(pairs)
    found = (error / mean.where(mean > 0)).rename(f"sampling error of {mean.name}")
    return stating(found, undefined=mean.attrs.get("undefined", "") or "layers that share nothing")


def share_in_order(x: xr.DataArray, y: xr.DataArray, *, apart: float, sign: int = 1) -> xr.DataArray:
    """Share of a seed's pairs of networks, `apart` or more in y, of which the one with more y has more x.

    With ``sign=-1``: has less x. 1 all, 0.5 by chance, 0 none; equal values of x count half. The resolution is one of
    as many pairs as the seed with the fewest has. NaN for a seed without such a pair.
    """
    lead, ahead = (_differences(values.transpose("seed", *x.dims[1:])) for values in (sign * x, y))
    counted = ahead >= apart - ROUNDOFF
    pairs = counted.sum((1, 2))
    won = ((lead > 0) + (lead == 0) / 2).sum(where=counted, axis=(1, 2))
    share = np.divide(won, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0)
    found = xr.DataArray(share, {"seed": x["seed"]}, ("seed",), name=f"pairs that {x.name} puts as {y.name} does")
    return stating(found, resolution=1 / max(int(pairs.min()), 1), undefined="seeds without networks so far apart")


def freed_of(values: xr.DataArray, other: xr.DataArray) -> xr.DataArray:
    """What is left of values once their straight line on another measurement is taken off, recipe by recipe.

    The line of a recipe is that of least squares over its seeds; only its slope is taken off, so that the values stay
    around their mean. A recipe whose other measurement is the same in every seed keeps its values.
    """
    from_mean, others = values - values.mean("seed"), other - other.mean("seed")
    square = (others**2).sum("seed")
    slope = (from_mean * others).sum("seed") / square.where(square > 0)
    left = values - slope.fillna(0.0) * others
    return stating(left.rename(f"{values.name} freed of {other.name}"), **values.attrs)


def epochs_trained(history: xr.DataArray) -> xr.DataArray:
    """How many epochs each network was trained for, from its record along `epoch`, NaN after the last."""
    count = history.sel(quantity="train_accuracy", drop=True).notnull().sum("epoch")
    undefined = history.attrs.get("undefined") or ""
    return stating(count.where(count > 0).astype(float).rename("epochs trained"), undefined=undefined)


def _differences(values: xr.DataArray) -> NDArray[np.float64]:
    """Every network of a seed minus every other, (seed, network, network)."""
    table = values.to_numpy().reshape(values.sizes["seed"], -1)
    return np.asarray(table[:, :, None] - table[:, None, :], float)


def _of_a_detector(classes: int) -> float:
    """Share of the labels' entropy that a detector of one of so many equal classes carries."""
    share = 1 / classes
    return float(entr([share, 1 - share]).sum()) / math.log(classes)


def _error_function(values: xr.DataArray) -> xr.DataArray:
    found: xr.DataArray = xr.apply_ufunc(erf, values)
    return found


def _interquartile(quantiles: xr.DataArray) -> xr.DataArray:
    ends = quantiles.sel(share=[0.25, 0.75])
    return stating(ends.diff("share").isel(share=0, drop=True), **quantiles.attrs)


def _apart(values: xr.DataArray, one: str, other: str) -> xr.DataArray:
    gap = values.sel(optimizer=one, drop=True) - values.sel(optimizer=other, drop=True)
    return (gap**2).mean([dim for dim in gap.dims if dim != "seed"]) ** 0.5


def _along_fraction(function: Callable[..., object], accuracy: xr.DataArray) -> xr.DataArray:
    """What a function makes of every curve; NaN of networks that have none, as of those that are never right."""
    fractions = accuracy["fraction"].to_numpy()
    known = accuracy.where(accuracy.notnull().any("fraction"), 0.0)
    summary: xr.DataArray = xr.apply_ufunc(
        lambda curves: function(fractions, curves), known, input_core_dims=[["fraction"]]
    )
    return summary.rename(f"{accuracy.name} {function.__name__}")


def _mean_of_draws(values: xr.DataArray, resolution: float) -> xr.DataArray:
    """Draws of one network are not replicates: their mean is the network's number."""
    mean = values.mean("draw", skipna=False) if "draw" in values.dims else values.copy()
    mean.attrs = {"resolution": resolution}
    return mean
