"""Finds the nine learning rates: for every optimizer, the rate at which it reaches the accuracy of each level."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from indicators.errors import InputError
from indicators.specs import LEVELS, OPTIMIZERS, ModelSpec, StudySpec
from indicators.store import Store

Trial = tuple[float, float, bool]
"""Learning rate, validation accuracy reached with it, whether the training images were fitted."""

STEP = 2.0
"""Factor between the first trials of a cell, until the target lies between two of them."""


@dataclass(frozen=True)
class CellSearch:
    """The search for the learning rate of one optimizer and level: what it aims at, and what was tried."""

    optimizer: str
    level: str
    target: float
    start: float
    trials: tuple[Trial, ...] = ()

    @property
    def best(self) -> Trial:
        """The trial that came closest, one that fitted its training images if there is one."""
        return min(self.trials, key=lambda trial: (not trial[2], abs(trial[1] - self.target)))

    def solved(self, within: float) -> bool:
        """Whether a trial that fitted its training images came close enough."""
        return bool(self.trials) and self.best[2] and abs(self.best[1] - self.target) <= within


def missed(cells: Sequence[CellSearch], within: float) -> str:
    """A line that names the cells that came not close enough; empty where all did."""
    names = ", ".join(f"{cell.optimizer} {cell.level}" for cell in cells if not cell.solved(within))
    return f"not within {within:g} of the target: {names}; give more --rounds or other --targets" if names else ""


def next_rate(cell: CellSearch) -> float:
    """The learning rate to try next: the middle, on the logarithm, of the closest rates below and above the target.

    Accuracy is taken to rise with the rate. Without a rate on one side, the next is a factor of two beyond.
    A rate that did not fit the training images counts as too high.
    """
    if not cell.trials:
        return cell.start
    below = [rate for rate, accuracy, fitted in cell.trials if fitted and accuracy < cell.target]
    above = [rate for rate, accuracy, fitted in cell.trials if not fitted or accuracy >= cell.target]
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
    """The study with learning rates at which seed 0 comes within `within` of the study's targets.

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
        CellSearch(optimizer, level, study.targets[level], study.learning_rates[optimizer][level])
        for optimizer in OPTIMIZERS
        for level in LEVELS
    ]
    for _ in range(rounds):
        rates = {cell: next_rate(cell) for cell in cells if not cell.solved(within)}
        if not rates:
            break
        specs = {cell: _with_rate(study, cell, rate) for cell, rate in rates.items()}
        train(list(specs.values()))
        cells = [_tried(cell, specs[cell], store) if cell in specs else cell for cell in cells]
        say(cells)
    found = {optimizer: {c.level: c.best[0] for c in cells if c.optimizer == optimizer} for optimizer in OPTIMIZERS}
    return study.model_copy(update={"learning_rates": found})


def _with_rate(study: StudySpec, cell: CellSearch, rate: float) -> ModelSpec:
    # Three significant digits: nobody wants to read more.
    rounded = float(f"{rate:.3g}")
    return study.model(cell.optimizer, cell.level, seed=0).model_copy(update={"learning_rate": rounded})


def _tried(cell: CellSearch, spec: ModelSpec, store: Store) -> CellSearch:
    data = store.entry(spec).read("history.json")
    if data is None:
        raise InputError(f"the log of {spec.label} was damaged and set aside; run again")
    log = json.loads(data)
    trial = (spec.learning_rate, log["accuracy"]["validation"], log["reached"])
    return replace(cell, trials=(*cell.trials, trial))
