"""When the learning rate falls and when training ends: the recipe as pure functions of the record (thesis 6.3.3)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from indicators.specs.recipes import Recipe

Epoch = dict[str, Any]
"""The record of one epoch: `train_accuracy`, `validation_accuracy`, the losses, `learning_rate`, per-layer lists."""


def next_learning_rate(initial: float, history: Sequence[Epoch], recipe: Recipe) -> float:
    """The learning rate of the epoch after `history`.

    It starts at `initial` and is multiplied by `plateau_factor` whenever the monitored quantity has not improved on its
    best by more than `plateau_min_delta` for `plateau_patience` epochs, never below `min_learning_rate`. A later phase
    of the recipe starts anew, at its own rate.
    """
    number, begun = phase(history, recipe), phase_began(history, recipe)
    rate, best, waited = recipe.phases[number - 1].learning_rate if number else initial, -math.inf, 0
    for epoch in history[begun:]:
        value = epoch["validation_accuracy"] if recipe.monitor == "validation_accuracy" else -epoch["validation_loss"]
        if value > best + recipe.plateau_min_delta:
            best, waited = value, 0
            continue
        waited += 1
        if waited == recipe.plateau_patience:
            rate, waited = max(rate * recipe.plateau_factor, min(rate, recipe.min_learning_rate)), 0
    return rate


def phase(history: Sequence[Epoch], recipe: Recipe) -> int:
    """Which phase the epoch after `history` is in: 0 the network's own, then those of the recipe, from 1.

    The last one whose accuracy any epoch has reached while training: there is no way back to an earlier one.
    """
    if not (history and recipe.phases):
        return 0
    best = max(epoch["train_accuracy"] for epoch in history)
    return sum(later.after <= best for later in recipe.phases)


def phase_began(history: Sequence[Epoch], recipe: Recipe) -> int:
    """After how many epochs the phase of the epoch after `history` began; 0 for the network's own."""
    number = phase(history, recipe)
    return next(done for done in range(len(history) + 1) if phase(history[:done], recipe) == number)


def last_epoch(history: Sequence[Epoch], recipe: Recipe) -> int | None:
    """The epoch, from 1, that ends the training: the first to reach the target, or the last allowed; None before it."""
    for number, epoch in enumerate(history, 1):
        if epoch["train_accuracy"] >= recipe.target_accuracy or number == recipe.max_epochs:
            return number
    return None


def finished(history: Sequence[Epoch], recipe: Recipe) -> bool:
    """Whether the training has ended, and the epochs beyond its end are trained too."""
    last = last_epoch(history, recipe)
    return last is not None and len(history) >= last + recipe.epochs_beyond


def reached(history: Sequence[Epoch], recipe: Recipe) -> bool:
    """Whether the running training accuracy of the last epoch has reached its target."""
    return bool(history) and history[-1]["train_accuracy"] >= recipe.target_accuracy


def epochs_left(history: Sequence[Epoch], recipe: Recipe) -> float | None:
    """Roughly how many epochs remain: the training error extrapolated at its recent rate; None before two epochs."""
    last = last_epoch(history, recipe)
    if last is not None:
        return float(max(last + recipe.epochs_beyond - len(history), 0))
    errors = [max(1 - epoch["train_accuracy"], 1e-6) for epoch in history[-4:]]
    target = max(1 - recipe.target_accuracy, 1e-6)
    if len(errors) < 2 or errors[-1] >= errors[0]:
        return None
    speed = math.log(errors[0] / errors[-1]) / (len(errors) - 1)
    left = min(max(0.0, math.log(errors[-1] / target) / speed), float(recipe.max_epochs - len(history)))
    return left + recipe.epochs_beyond
