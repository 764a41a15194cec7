"""Factors of worlds: those of the shipped study of variants, with its labels, in the networks that it varies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import xarray as xr

from indicators.specs.files import load_study
from indicators.specs.variants import Label
from tests.worlds.patterns import CELLS

STUDY = load_study("cifar10-mini-variants")
FACTORS: Mapping[str, Sequence[Label]] = {each.factor: STUDY.labels_of(each) for each in STUDY.variants}
BASELINES = {each.factor: STUDY.baseline_of(each) for each in STUDY.variants}
PLACES = [(factor, label) for factor, labels in FACTORS.items() for label in labels]
"""Every factor with each of its labels."""


def of_networks(values: xr.DataArray, factor: str) -> xr.DataArray:
    """What is measured of the networks that are varied over a factor."""
    variant = STUDY.variant(factor)
    varied = {"optimizer": list(variant.optimizers), "level": list(variant.levels)}
    return values.sel({dim: varied[dim] for dim in CELLS if dim in values.dims})
