"""What a claim sees of a study: measurements by name, for the seeds whose premises hold, layers by part."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np
import xarray as xr

from indicators.claims import premises
from indicators.claims.contrasts import SEEDS_NEEDED
from indicators.claims.evidence import Undecided, nothing_compared
from indicators.claims.judging import current
from indicators.claims.selections import CENTRAL, FIRST, LAST, OUTPUT, PARTS
from indicators.errors import InputError, NotApplicable, did_you_mean
from indicators.sources.source import Source, Varied
from indicators.specs import Statistics
from indicators.specs.variants import Label

HIDDEN = (FIRST, CENTRAL, LAST)
_ENDS, _THIRDS = (4 / 14, 9 / 14, 1.0), (1 / 3, 2 / 3, 1.0)
"""Where the parts end among the hidden layers: Conv1-4, Conv5-9, Conv10-Dense1 of VGG-16's fourteen; or in thirds."""
NOT_FITTED = "networks that do not fit their training images"
"""What NaN stands for among variants, in words."""
_UNKNOWN: Mapping[str, int] = {}


class View:
    """`view["cosine_distance"]` is an array (seed, optimizer, level, layer, ...), with part, depth, poolings of layers.

    Seeds that do not meet the premise are left out, all their networks together. Asking for a measurement raises
    Undecided where that leaves too few seeds, NotApplicable where the study lacks it, InputError for a name that
    neither the study nor the catalog knows; with `foreseen` such are taken for measurements that no study has yet.
    Views of one source may share what they find of premises: many claims have the same.
    """

    def __init__(
        self,
        source: Source,
        premise: str | None = None,
        *,
        foreseen: bool = False,
        met: dict[str, tuple[xr.DataArray, str]] | None = None,
    ) -> None:
        self._source, self._premise, self._foreseen = source, premise, foreseen
        self._met = {} if met is None else met
        self.name, self.scale = source.name, source.scale

    def __getitem__(self, name: str) -> xr.DataArray:
        return self._seen(name, self._source.measurement)

    def on_test_images(self, name: str) -> xr.DataArray:
        """The same measured on test images; the rows of the catalog say of which measurements there is such."""
        return self._seen(name, partial(self._source.measurement, images="test"))

    def by_neuron(self, name: str) -> xr.DataArray:
        """The same with the dimension `neuron`: NaN for neurons that have no number, or that a layer does not have."""
        return self._seen(name, self._source.by_neuron)

    def untrained(self, name: str, *, statistics: Statistics = "stored") -> xr.DataArray:
        """The same of the untrained networks: (seed, ...), with these statistics of batch normalization."""
        return self._seen(name, partial(self._source.untrained, statistics=statistics))

    def at(self, factor: str, label: Label) -> View:
        """The networks at one label of a factor, as a study of their own: those that fit their training images.

        It has the optimizers and levels that the factor is varied in, and the premise is that of its own networks. NaN
        stands for networks that do not fit. Raises NotApplicable where the study has no variants over the factor.
        """
        return _Varied(self._source.at(factor, label), self._premise, foreseen=self._foreseen)

    def over(self, factor: str) -> Factor:
        """The networks at every label of a factor, side by side: `study.over("batch_size")["accuracy"]`.

        For the seeds that meet the premise as it stands, without the factor. Raises as `at`.
        """
        labels = self._source.factors.get(factor)
        if labels is None:
            raise NotApplicable(f"{self.name} has no variants over {factor!r}")
        options: dict[str, Any] = {"foreseen": self._foreseen, "seeds": self.seeds}
        return Factor(factor, {label: _Varied(self._source.at(factor, label), **options) for label in labels})

    def _seen(self, name: str, ask: Callable[[str], xr.DataArray]) -> xr.DataArray:
        try:
            values = ask(name)
        except NotApplicable:
            if not self._foreseen:
                self._require_known(name)
            raise
        values = self._judged(values)
        current().measurements.append(values.attrs)
        return with_parts(values.sel(seed=self.seeds), self._source.layers, self._source.poolings)

    def _judged(self, values: xr.DataArray) -> xr.DataArray:
        """The values of those networks that claims are judged on; NaN stands for others."""
        return values

    def _require_known(self, name: str) -> None:
        from indicators.measures.catalog import INDICATORS

        known = {*INDICATORS, *self._source.names()}
        if name not in known:
            raise InputError(
                f"{name!r} is no measurement; {did_you_mean(name, known)}`indicators list indicators` names them all; "
                "a claim on one that no study has yet says so with needs="
            )

    @property
    def classes(self) -> int:
        """Number of classes of the study's data; NotApplicable where the study does not say."""
        if (classes := self._source.classes) is None:
            raise NotApplicable(f"{self.name} does not say how many classes its images have")
        return classes

    @cached_property
    def seeds(self) -> list[int]:
        """The seeds that meet every premise."""
        everything = list(self._source.seeds)
        if self._premise is None:
            return everything
        if self._premise not in self._met:
            self._met[self._premise] = premises.met(self._premise, self._source.measurement)
        met, unmet = self._met[self._premise]
        kept = [seed for seed in everything if bool(met.sel(seed=seed))]
        if len(kept) < min(SEEDS_NEEDED, len(everything)):
            raise Undecided(nothing_compared(f"premise not met: {unmet}", len(kept)))
        return kept


class _Varied(View):
    """The networks at one label of a factor, those that fit their training images."""

    def __init__(
        self, source: Varied, premise: str | None = None, *, foreseen: bool = False, seeds: list[int] | None = None
    ) -> None:
        super().__init__(source, premise, foreseen=foreseen)
        self._source: Varied = source
        self._chosen = seeds

    @cached_property
    def seeds(self) -> list[int]:
        """The seeds that meet every premise, or those that were chosen."""
        if self._chosen is None and self._premise is not None:
            self._chosen = self._meeting_premise(self._premise)
        return super().seeds if self._chosen is None else self._chosen

    def _meeting_premise(self, premise: str) -> list[int]:
        """The seeds whose networks all fit, and meet the premise."""
        fitted = self._source.fitted().all(("optimizer", "level"))
        there = [seed for seed in self._source.seeds if bool(fitted.sel(seed=seed))]
        met, unmet = premises.met(premise, lambda name: self._source.measurement(name).sel(seed=there))
        kept = [seed for seed in there if bool(met.sel(seed=seed))]
        if len(kept) < min(SEEDS_NEEDED, len(self._source.seeds)):
            raise Undecided(nothing_compared(f"premise not met: {unmet or NOT_FITTED}", len(kept)))
        return kept

    def _judged(self, values: xr.DataArray) -> xr.DataArray:
        fitted = self._source.fitted()
        if not {*fitted.dims} <= {*values.dims}:
            return values
        undefined = ", ".join(filter(None, [values.attrs.get("undefined"), NOT_FITTED]))
        return values.where(fitted).assign_attrs(values.attrs | {"undefined": undefined})


class Factor:
    """The networks of a study along one factor: measurements have it as a dimension, with its labels."""

    def __init__(self, name: str, views: Mapping[Label, View]) -> None:
        self._name, self._views = name, views

    def __getitem__(self, name: str) -> xr.DataArray:
        return self.each(lambda study: study[name])

    def each(self, of: Callable[[View], xr.DataArray]) -> xr.DataArray:
        """What a function makes of the view of each label, side by side along the factor.

        For networks whose layers differ, as those of several depths do, it chooses layers and takes their mean. Raises
        InputError where the arrays that it gives differ in their layers.
        """
        arrays = [of(view) for view in self._views.values()]
        layers = {tuple(values["layer"].to_numpy().tolist()) for values in arrays if "layer" in values.dims}
        if len(layers) > 1:
            raise InputError(
                f"networks of several {self._name} differ in their layers; choose some and take their mean at each: "
                f'study.over("{self._name}").each(lambda study: ...)'
            )
        labels = xr.DataArray(list(self._views), dims=self._name, name=self._name, attrs={"factor": True})
        resolution = max((values.attrs.get("resolution", 0.0) for values in arrays), default=0.0)
        found = xr.concat(arrays, labels, join="outer", combine_attrs="override")
        return found.assign_attrs(resolution=resolution)


def with_parts(values: xr.DataArray, layers: Sequence[str], poolings: Mapping[str, int] = _UNKNOWN) -> xr.DataArray:
    """The array with part, relative depth and place beside every layer; arrays without layers pass as they are.

    And with the number of `poolings` before it, where that is known.
    """
    if "layer" not in values.dims:
        return values
    places = [layers.index(layer) for layer in values["layer"].values.tolist()]
    coords = {
        "part": ("layer", np.array([part_of(place, len(layers)) for place in places])),
        "depth": ("layer", np.array([(place + 1) / len(layers) for place in places])),
        "from_start": ("layer", np.array(places)),
        "from_end": ("layer", np.array(places) - len(layers)),
    }
    if poolings:
        passed = [poolings[layer] for layer in layers]
        coords["poolings"] = "layer", np.array([passed[place] for place in places])
        coords["first_of_block"] = "layer", np.array([passed[place] not in passed[:place] for place in places])
    return values.assign_coords(coords)


def layers_in(values: xr.DataArray, *parts: str) -> xr.DataArray:
    """The layers of some parts of the network: `FIRST`, `CENTRAL`, `LAST`; the output layer is a part of its own.

    Raises NotApplicable where the network, or what was recorded of it, has no such layer, InputError for other words.
    """
    if unknown := sorted(set(parts) - set(PARTS)):
        raise InputError(f"part {unknown[0]!r} does not exist; choose from {PARTS}")
    chosen = np.isin(values["part"].values, parts)
    current().parted |= not np.array_equal(chosen, np.isin(_in_other_parts(values), parts))
    if not chosen.any():
        raise NotApplicable(f"{values.name} has no layer in {parts}")
    return values.isel(layer=chosen)


def layers_with_numbers(values: xr.DataArray) -> xr.DataArray:
    """The layers that have a number in some network; NotApplicable where none has."""
    kept = values.dropna("layer", how="all")
    if not kept.sizes["layer"]:
        raise NotApplicable(
            f"{values.name} has no number in any layer; none is for {values.attrs.get('undefined', '')}"
        )
    return kept


def layer_at(values: xr.DataArray, place: int) -> xr.DataArray:
    """The layer at a place of the network, 0 the first, -1 the output, -2 the last hidden one, kept as the only one.

    Raises NotApplicable where the network, or what was measured of it, has no such layer.
    """
    chosen = values["from_end" if place < 0 else "from_start"].values == place
    if not chosen.any():
        raise NotApplicable(f"{values.name} has no layer at place {place}")
    return values.isel(layer=chosen)


def layers_but(values: xr.DataArray, place: int) -> xr.DataArray:
    """All layers but the one at a place of the network, see `layer_at`; NotApplicable where there is no other."""
    others = values["from_end" if place < 0 else "from_start"].values != place
    if not others.any():
        raise NotApplicable(f"{values.name} has no layer but that at place {place}")
    return values.isel(layer=others)


def after_pooling(values: xr.DataArray, count: int) -> xr.DataArray:
    """The first layer after so many poolings, kept as the only one; after none it is the first of the network.

    Raises NotApplicable where the network, or what was measured of it, has no such layer, or its poolings are not
    known. Between two poolings that follow each other there is none.
    """
    if "poolings" not in values.coords:
        raise NotApplicable(f"{values.name} does not say where its network pools")
    chosen = (values["poolings"].values == count) & values["first_of_block"].values
    if not chosen.any():
        raise NotApplicable(f"{values.name} has no first layer after {count} poolings")
    return values.isel(layer=chosen)


def at_labels(values: xr.DataArray, dim: str, labels: Sequence[Label]) -> xr.DataArray:
    """The values at some labels of a dimension. Raises NotApplicable where the study does not tell them apart."""
    if missing := sorted(set(labels) - set(values[dim].values.tolist()), key=str):
        raise NotApplicable(f"{values.name} does not tell apart the {dim} {missing}")
    return values.sel({dim: list(labels)})


def _in_other_parts(values: xr.DataArray) -> list[str]:
    """The part of every layer by the split that does not hold: in thirds, or where the thesis splits."""
    start, end = values["from_start"].to_numpy(), values["from_end"].to_numpy()
    return [part_of(place, count, thirds=not current().thirds) for place, count in zip(start, start - end, strict=True)]


def part_of(place: int, layers: int, *, thirds: bool | None = None) -> str:
    """Which part the layer at a 0-based place belongs to, in a network of so many layers with kernels."""
    hidden = layers - 1
    thirds = current().thirds if thirds is None else thirds
    if place == hidden:
        return OUTPUT
    ends = [math.floor(end * hidden + 0.5) for end in (_THIRDS if thirds else _ENDS)]
    return next(part for part, end in zip(PARTS, ends, strict=False) if place < end)
