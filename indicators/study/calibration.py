"""Finds the nine learning rates: for every optimizer, the rate at which it reaches the accuracy of each level."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import NamedTuple

from indicators.errors import InputError
from indicators.specs import LEVELS, OPTIMIZERS, ModelSpec, StudySpec
from indicators.store import Store

STEP = 2.0
"""Factor between the first trials of a cell, until the target lies between two of them."""
TURNING = ("wdecay", "layca")
"""The optimizers that may be asked to turn their weights, at high."""


class Trial(NamedTuple):
    """One rate, and what the networks of the seeds that are calibrated on came to with it, in the mean."""

    rate: float
    accuracy: float
    """On validation images."""
    fitted: bool
    """Whether all fitted their training images."""
    rotation: float = 0.0
    """Cosine distance to the initial weights, mean over the layers."""


@dataclass(frozen=True)
class CellSearch:
    """The search for the learning rate of one optimizer and level: what it aims at, and what was tried."""

    optimizer: str
    level: str
    target: float
    start: float
    trials: tuple[Trial, ...] = ()
    rotation: float = 0.0
    """That the weights shall have turned by at least. Rates that turn them so far lie above the one that generalizes
    best: accuracy then falls as they rise."""

    @property
    def best(self) -> Trial:
        """The trial that came closest, one that fitted its training images and turned its weights if there is one."""
        return min(self.trials, key=lambda trial: (not trial.fitted, not self._turned(trial), self._off(trial)))

    def solved(self, within: float) -> bool:
        """Whether a trial that fitted its training images, and turned its weights, came close enough."""
        return bool(self.trials) and self._found(self.best) and self._off(self.best) <= within

    def too_high(self, trial: Trial) -> bool:
        """Whether the rate to be found is below that of a trial; a rate that did not fit the images is too high."""
        if not trial.fitted or not self._turned(trial):
            return not trial.fitted
        return trial.accuracy < self.target if self.rotation else trial.accuracy >= self.target

    def _found(self, trial: Trial) -> bool:
        return trial.fitted and self._turned(trial)

    def _turned(self, trial: Trial) -> bool:
        return trial.rotation >= self.rotation

    def _off(self, trial: Trial) -> float:
        return abs(trial.accuracy - self.target)


def missed(cells: Sequence[CellSearch], within: float) -> str:
    """A line that names the cells that came not close enough; empty where all did."""
    names = ", ".join(f"{cell.optimizer} {cell.level}" for cell in cells if not cell.solved(within))
    return f"not within {within:g} of the target: {names}; give more --rounds or other --targets" if names else ""


def next_rate(cell: CellSearch) -> float:
    """The learning rate to try next: the middle, on the logarithm, of the closest rates below and above the target.

    Accuracy is taken to rise with the rate, or where weights shall turn, rotation to rise and then accuracy to fall.
    Without a rate on one side, the next is a factor of two beyond. A rate that did not fit the training images counts
    as too high.
    """
    if not cell.trials:
        return cell.start
    below = [trial.rate for trial in cell.trials if not cell.too_high(trial)]
    above = [trial.rate for trial in cell.trials if cell.too_high(trial)]
    if not above:
        return max(below) * STEP
    if not below:
        return min(above) / STEP
    return math.sqrt(max(below) * min(above))


def calibrate(
    study: StudySpec,
    store: Store,
    train: Callable[[Sequence[ModelSpec]], None],
    *,
    within: float,
    rounds: int,
    say: Callable[[Sequence[CellSearch]], None] = lambda _: None,
) -> StudySpec:
    """The study with learning rates at which its seeds, in the mean, come within `within` of the study's targets.

    Other seeds should be judged than those that the rates were found with. With the study's `rotation`, weight decay
    and layca turn their weights at high at least as far.

    `train` trains the given networks (those in the store already cost nothing); one that diverges counts as not
    fitted, by its log. Every round tries one rate for each cell that is not solved; after `rounds` the closest trial
    is taken. `say` is told what was tried after every round.
    Raises InputError for a study without targets.
    """
    if set(study.targets) != set(LEVELS):
        raise InputError(
            f"study {study.name!r} has targets for {sorted(study.targets)}; calibration needs {LEVELS}: "
            "add a [targets] table to the study file, or give --targets"
        )
    cells = [
        CellSearch(
            optimizer,
            level,
            study.targets[level],
            study.learning_rates[optimizer][level],
            rotation=study.rotation if level == "high" and optimizer in TURNING else 0.0,
        )
        for optimizer in OPTIMIZERS
        for level in LEVELS
    ]
    for _ in range(rounds):
        rates = {cell: next_rate(cell) for cell in cells if not cell.solved(within)}
        if not rates:
            break
        specs = {cell: _with_rate(study, cell, rate) for cell, rate in rates.items()}
        train([spec for of_cell in specs.values() for spec in of_cell])
        cells = [_tried(cell, specs[cell], store) if cell in specs else cell for cell in cells]
        say(cells)
    found = {optimizer: {c.level: c.best.rate for c in cells if c.optimizer == optimizer} for optimizer in OPTIMIZERS}
    return study.model_copy(update={"learning_rates": found})


def _with_rate(study: StudySpec, cell: CellSearch, rate: float) -> list[ModelSpec]:
    """The networks of a cell, one for each seed, at another rate."""
    # Three significant digits: nobody wants to read more.
    rounded = {"learning_rate": float(f"{rate:.3g}")}
    models = (study.model(cell.optimizer, cell.level, seed) for seed in study.seed_numbers)
    return [model.model_copy(update=rounded) for model in models]


def _tried(cell: CellSearch, specs: Sequence[ModelSpec], store: Store) -> CellSearch:
    """The cell with one trial more: what these networks came to in the mean."""
    trials = [_trial_of(spec, store) for spec in specs]
    accuracy, rotation = (fmean(values) for values in ((t.accuracy for t in trials), (t.rotation for t in trials)))
    trial = Trial(specs[0].learning_rate, accuracy, all(t.fitted for t in trials), rotation)
    return replace(cell, trials=(*cell.trials, trial))


def _trial_of(spec: ModelSpec, store: Store) -> Trial:
    data = store.entry(spec).read("history.json")
    if data is None:
        raise InputError(f"the log of {spec.label} was damaged and set aside; run again")
    log = json.loads(data)
    # One that diverged may have no epoch.
    rotation = fmean(log["epochs"][-1]["layers"]["cosine_distance"]) if log.get("epochs") else 0.0
    return Trial(spec.learning_rate, log["accuracy"]["validation"], log["reached"], rotation)
