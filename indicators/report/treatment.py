"""What the networks of a study were given: how far their weights turned, by what dose, in how many epochs.

Claims that explain turned weights say nothing where none turned: this table comes before the verdicts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from indicators.claims.premises import training_accuracy
from indicators.claims.summaries import left_of_the_start
from indicators.errors import InputError, NotApplicable
from indicators.sources.published import PublishedStudy
from indicators.sources.source import Source
from indicators.sources.stored import Measurements
from indicators.sources.transcribed import TranscribedStudy
from indicators.specs import LEVELS, OPTIMIZERS, DataSpec
from indicators.specs.recipes import Recipe

NETWORKS = tuple((optimizer, level) for optimizer in OPTIMIZERS for level in LEVELS)
DOES_NOT_APPLY = math.nan


@dataclass(frozen=True)
class Given:
    """One thing that networks were given, in every study: a row of nine numbers each, in the order of `NETWORKS`.

    None where it is unknown, `DOES_NOT_APPLY` where the optimizer has no such thing.
    """

    name: str
    meaning: str
    rows: tuple[tuple[str, tuple[float | None, ...]], ...]

    @property
    def known(self) -> bool:
        """Whether any study knows it of any network."""
        return any(number is not None and math.isfinite(number) for _, row in self.rows for number in row)


def treatment(sources: Sequence[Source]) -> tuple[Given, ...]:
    """What the networks of every study were given; nothing of what no study knows."""
    found = [
        Given(name, meaning, tuple((source.name, _row(_asked(of, source))) for source in sources))
        for name, meaning, of in _GIVEN
    ]
    return tuple(given for given in found if given.known)


def rotation(source: Source) -> xr.DataArray:
    """1 - cos between initial and final weights, in the mean over all layers: (seed, optimizer, level)."""
    return source.measurement("cosine_distance").mean("layer")


def share_left(source: Source) -> xr.DataArray:
    """What of the initial weights is in the final ones, in the mean over all layers: (seed, optimizer, level).

    By layer the part of the final weights along the initial ones, over the length of these: w0 . wn / |w0|^2, which is
    (1 - cosine distance) / (|w0| / |wn|). 1 where nothing was taken from them, whatever was added across; 0 at a right
    angle. Layers that started or ended at zero are left out.
    """
    ratio = source.measurement("norm_ratio")
    return left_of_the_start(ratio.where(ratio > 0), source.measurement("cosine_distance")).mean("layer")


def dose(source: Source) -> xr.DataArray:
    """2 l2 sum(rate) / (1 - momentum) over all updates under weight decay: (seed, optimizer, level).

    The penalty's gradient is 2 l2 w, and momentum adds it up to 1 / (1 - momentum) times: weights that nothing else
    moved would shrink to exp(-dose). A share that updates take away apart from the loss adds -log(1 - share) each.
    NotApplicable where the study does not say how it was trained.
    """
    recipe, data = _settings(source)
    rates = _rates(source).sel(optimizer=["wdecay"])
    shares = recipe.decay + recipe.decay_by_rate * rates
    taken: xr.DataArray = 2 * recipe.l2 * rates / (1 - recipe.momentum) - xr.apply_ufunc(np.log1p, -shares)
    return _updates(recipe, data) * taken.sum("epoch", min_count=1)


def angles(source: Source) -> xr.DataArray:
    """Sum of layca's angles in rad, each of which is atan(rate) and turns every layer: (seed, optimizer, level).

    NotApplicable where the study does not say how it was trained.
    """
    turns: xr.DataArray = xr.apply_ufunc(np.arctan, _rates(source).sel(optimizer=["layca"]))
    return _updates(*_settings(source)) * turns.sum("epoch", min_count=1)


def epochs(source: Source) -> xr.DataArray:
    """Number of epochs whose learning rate is known: (seed, optimizer, level)."""
    counted = _rates(source).notnull().sum("epoch")
    return counted.where(counted > 0)


def training_errors(source: Source) -> xr.DataArray:
    """Percentage of the training images that networks get wrong: (seed, optimizer, level)."""
    return 100 * (1 - training_accuracy(source.measurement))


_GIVEN: tuple[tuple[str, str, Callable[[Source], xr.DataArray]], ...] = (
    ("rotation", "1 - cos between initial and final weights, mean over the layers", rotation),
    ("initial weights left", "part of the final weights along the initial ones, mean over the layers", share_left),
    ("dose of the penalty", "2 l2 sum(rate) / (1 - momentum); alone it would leave exp(-dose) of the weights", dose),
    ("sum of the angles", "rad; layca turns every layer by atan(rate) at each update", angles),
    ("epochs", "until training stopped, as far as they were logged", epochs),
    ("training error", "%, evaluated after training where it was, else averaged over the last epoch", training_errors),
)


def _settings(source: Source) -> tuple[Recipe, DataSpec]:
    """How a study was trained, and on what; NotApplicable where it does not say."""
    if isinstance(source, Measurements | PublishedStudy):
        return source.study.recipe, source.study.data
    if isinstance(source, TranscribedStudy) and source.recipe is not None and source.data is not None:
        return source.recipe, source.data
    raise NotApplicable(f"{source.name} does not say how its networks were trained")


def _updates(recipe: Recipe, data: DataSpec) -> int:
    """Updates per epoch; the last batch may be smaller."""
    return math.ceil(data.train / recipe.batch_size)


def _rates(source: Source) -> xr.DataArray:
    """Learning rate of every epoch, NaN after the last: (seed, optimizer, level, epoch)."""
    return source.measurement("history").sel(quantity="learning_rate", drop=True)


def _asked(of: Callable[[Source], xr.DataArray], source: Source) -> xr.DataArray | None:
    try:
        return of(source)
    except (NotApplicable, InputError):
        return None


def _row(values: xr.DataArray | None) -> tuple[float | None, ...]:
    return tuple(None if values is None else _number(values, *network) for network in NETWORKS)


def _number(values: xr.DataArray, optimizer: str, level: str) -> float | None:
    """The mean over the seeds that have one."""
    if optimizer not in values["optimizer"]:
        return DOES_NOT_APPLY
    mean = float(values.sel(optimizer=optimizer, level=level).mean("seed"))
    return mean if math.isfinite(mean) else None
