"""Numbers that claims take from profiles over layers: where they rise, how long they stay low, if two go together.

Layer k of L, counted from 1, lies at relative depth k / L, or where the coordinate `depth` along `layer` says.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from indicators.errors import NotApplicable
from indicators.measures.curves import first_crossing

Floats = NDArray[np.float64]

ONSET_OF_LABEL_INFORMATION = 0.03
"""Of I/H(labels): at three times what untrained neurons carry, it begins to rise."""
_SHARES = tuple((k + 0.5) / 40 for k in range(40))
"""Of a rise, evenly from beginning to end."""


def onset(profile: xr.DataArray, threshold: float) -> tuple[xr.DataArray, xr.DataArray]:
    """Relative depth at which a profile over ``layer`` first exceeds the threshold, and if it never does.

    Layer k of L, counted from 1, lies at k / L, or where the coordinate ``depth`` along ``layer`` says. The
    onset is linear between the layer that exceeds the threshold and the one before; in the first layer it is
    that layer's depth. Never: depth 1, censored. The depth is NaN where the profile is not finite. Its resolution
    is half the smallest step from layer to layer.
    Raises ValueError without layers, for a threshold that is not finite, and for depths that do not ascend in
    (0, 1].
    """
    if not profile.sizes.get("layer") or not math.isfinite(threshold):
        raise ValueError(f"threshold={threshold!r}, dims={profile.dims}: onset takes a number and layers")
    places = _depths(profile)
    heights = profile.transpose(..., "layer").to_numpy().astype(float)
    above = heights > threshold
    never = ~above.any(-1)
    depth = np.where(never, 1.0, first_crossing(places, heights, threshold, above))
    finite = np.isfinite(heights).all(-1)
    shell = profile.isel(layer=0, drop=True)
    shell.attrs = {name: of for name, of in profile.attrs.items() if name == "undefined"}
    shell.attrs["resolution"] = _half_a_step(places)
    return shell.copy(data=np.where(finite, depth, np.nan)), shell.copy(data=never & finite)


def onsets(profile: xr.DataArray, thresholds: Sequence[float]) -> xr.DataArray:
    """Relative depth of the `onset` at each of several thresholds, along ``threshold``; 1 where it is never reached.

    A claim about an onset is as good as it holds over a range of thresholds. Raises ValueError for no threshold.
    """
    if len(thresholds) == 0:
        raise ValueError("thresholds=() holds none; give one or more, ascending")
    index = xr.DataArray(np.asarray(thresholds, float), dims="threshold", name="threshold")
    return xr.concat([onset(profile, threshold)[0] for threshold in thresholds], index, combine_attrs="override")


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
    return stating(
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
    steps = np.diff(_depths_of_several(profile))

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
    depths = _depths_of_several(profile)

    def onset(heights: Floats) -> Floats:
        lowest = heights.min(-1, keepdims=True)
        before = np.arange(len(depths)) < heights.argmin(-1)[..., None]
        risen = np.where(before, 0.0, heights - lowest)
        whole = risen.max(-1)
        # Of the smallest numbers there are, a share may round to the whole, which nothing exceeds.
        beyond = (risen > share * whole[..., None]) | (risen == whole[..., None])
        found = first_crossing(depths, risen, share * whole, beyond)
        return np.asarray(np.where(whole > 0, found, np.where(np.isnan(whole), np.nan, 1.0)))

    return _of_layers(onset, profile, f"risen by {share:g}")


def mean_onset(profile: xr.DataArray) -> xr.DataArray:
    """Relative depth at which a profile along `layer` makes its rise, mean over all shares of it, see `relative_onset`.

    Of two profiles it tells which rises earlier as a whole. A share lies somewhere between two layers, by their step
    uncertain; all shares together take as many steps, so that the resolution is half of one over the number of steps.
    Raises as `relative_onset` does.
    """
    onsets = [relative_onset(profile, share) for share in _SHARES]
    found = sum(onsets[1:], start=onsets[0]) / len(onsets)
    resolution = onsets[0].attrs["resolution"] / (profile.sizes["layer"] - 1)
    return stating(found.rename(f"{profile.name} risen on average"), **onsets[0].attrs | {"resolution": resolution})


def lead(profile: xr.DataArray, leading: xr.DataArray) -> xr.DataArray:
    """How far the highest of some layers lies above the highest of the others: below 0 where it does not.

    ``leading`` (layer) tells which they are. Raises NotApplicable where all layers are, or none.
    """
    chosen = leading.to_numpy().astype(bool)
    if chosen.all() or not chosen.any():
        raise NotApplicable(f"{profile.name} has {chosen.sum()} of {chosen.size} layers to set against the others")
    ahead, others = (profile.isel(layer=some).max("layer", skipna=False) for some in (chosen, ~chosen))
    return _keeping(ahead - others, profile, "lead")


def above_neighbors(profile: xr.DataArray) -> xr.DataArray:
    """How far each layer lies above the higher of the layers beside it: above 0 where it is a local maximum.

    The outer layers, which have one neighbor, are left out. Raises NotApplicable for fewer than three layers.
    """
    if (layers := profile.sizes["layer"]) < 3:
        raise NotApplicable(f"{profile.name} has {layers} layers: a layer between two others takes three")
    before, here, after = (profile.isel(layer=slice(start, layers - 2 + start)) for start in range(3))
    beside = np.maximum(before.to_numpy(), after.to_numpy())
    return _keeping(here - here.copy(data=beside), profile, "above its neighbors")


def centered_ranks(values: Floats) -> Floats:
    """Ranks along the last axis minus their mean; equal values share theirs."""
    return np.asarray(np.sign(values[..., :, None] - values[..., None, :]).sum(-1) / 2, float)


def stating(values: xr.DataArray, **attrs: object) -> xr.DataArray:
    """The same values, saying this of themselves and nothing else."""
    return values.drop_attrs(deep=False).assign_attrs(attrs)


def _spearman(x: Floats, y: Floats) -> Floats:
    """Correlation of the mid-ranks along the last axis, NaN where one of them has no spread."""
    a, b = centered_ranks(x), centered_ranks(y)
    lengths = np.sqrt((a**2).sum(-1) * (b**2).sum(-1))
    return np.asarray(np.divide((a * b).sum(-1), lengths, out=np.full_like(lengths, np.nan), where=lengths > 0))


def _depths(profile: xr.DataArray) -> Floats:
    layers = profile.sizes["layer"]
    given = profile.coords.get("depth")
    depths: Floats = np.arange(1, layers + 1) / layers if given is None else given.to_numpy().astype(float)
    if depths.shape != (layers,) or not (np.diff([0.0, *depths]) > 0).all() or depths[-1] > 1:
        raise ValueError(f"depth={depths.tolist()}: expected one per layer, ascending in (0, 1]")
    return depths


def _half_a_step(depths: Floats) -> float:
    return float(np.diff([0.0, *depths]).min()) / 2


def _depths_of_several(profile: xr.DataArray) -> Floats:
    if (layers := profile.sizes["layer"]) < 2:
        raise NotApplicable(f"{profile.name} has {layers} layers: a profile takes two")
    return _depths(profile)


def _keeping(values: xr.DataArray, profile: xr.DataArray, name: str) -> xr.DataArray:
    """Values of a profile that say of themselves what it does: its resolution, and where it does not exist."""
    about = {key: of for key, of in profile.attrs.items() if key in ("resolution", "undefined")}
    return stating(values.rename(f"{profile.name} {name}"), **about)


def _of_layers(function: Callable[[Floats], Floats], profile: xr.DataArray, name: str) -> xr.DataArray:
    found: xr.DataArray = xr.apply_ufunc(function, profile, input_core_dims=[["layer"]])
    return stating(
        found.rename(f"{profile.name} {name}"),
        resolution=float(np.diff(_depths_of_several(profile)).min()) / 2,
        undefined=profile.attrs.get("undefined", ""),
    )
