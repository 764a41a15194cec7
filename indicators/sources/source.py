"""Measurements of a study, wherever they are from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import xarray as xr

from indicators.sources import transcribed
from indicators.sources.published import PublishedStudy
from indicators.sources.stored import Measurements
from indicators.specs import Images, RecordedSpec, Statistics, StudySpec
from indicators.specs.variants import Label
from indicators.store import Store


class Source(Protocol):
    """Measurements of a study, whether made here, published or transcribed from print."""

    @property
    def name(self) -> str:
        """The study's name."""

    @property
    def scale(self) -> str:
        """The word that stands beside every verdict."""

    @property
    def seeds(self) -> tuple[int, ...]:
        """Its independent repetitions."""

    @property
    def layers(self) -> tuple[str, ...]:
        """All layers with kernels, in the order of the network."""

    @property
    def kernel_shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Shape of the kernel of every layer, in the order of the network; empty where the source does not say."""

    @property
    def poolings(self) -> Mapping[str, int]:
        """Number of poolings before every layer, in the order of the network; empty where the source does not say."""

    @property
    def classes(self) -> int | None:
        """Number of classes of the study's data; None where the source does not say."""

    def names(self) -> Sequence[str]:
        """Measurements that there may be."""

    def measurement(self, name: str, *, images: Images = "train") -> xr.DataArray:
        """A measurement of the trained networks, on training or on test images: (seed, optimizer, level, ...)."""

    def by_neuron(self, name: str) -> xr.DataArray:
        """The same with the dimension `neuron`, where it is one of neurons."""

    def untrained(self, name: str, *, statistics: Statistics = "stored") -> xr.DataArray:
        """A measurement of the untrained networks: (seed, ...).

        With the moving averages that batch normalization starts with, as in 2019, or with those of the images.
        """

    @property
    def factors(self) -> Mapping[str, Sequence[Label]]:
        """The labels of every factor that the study has variants over, the baseline among them."""

    def at(self, factor: str, label: Label) -> Varied:
        """The measurements of the networks at one label of a factor, of the optimizers and levels that it has.

        Raises NotApplicable for a factor that the study has no variants over.
        """


class Varied(Source, Protocol):
    """Measurements of the networks at one label of a factor; a training that diverged has none, NaN stands for them."""

    def fitted(self) -> xr.DataArray:
        """Whether each network fits its training images: (seed, optimizer, level)."""


def open_source(study: StudySpec | RecordedSpec, store: Store) -> Source:
    """The measurements of a study: from the store, as published, or as transcribed from print."""
    if isinstance(study, StudySpec):
        return Measurements(study, store)
    return transcribed.load(study.folder) if study.sha256 is None else PublishedStudy(study)
