"""How a network is trained: the recipe, the phases that may follow its first, and what a training may start from."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from indicators.specs.frozen import LATER, Count, Frozen, NotNegative, Positive, Share

OPTIMIZERS = ("sgd", "wdecay", "layca")
LEVELS = ("low", "medium", "high")
Optimizer = Literal["sgd", "wdecay", "layca"]


class Phase(Frozen):
    """What follows in a training once it has learned so much: another optimizer, from a rate of its own."""

    after: Share
    """Running training accuracy; the phase begins with the epoch after the one that first reaches it."""
    optimizer: Optimizer
    learning_rate: Positive


class Start(Frozen):
    """The initial weights of the seed, a share of them removed for good: zero from before the first update on."""

    mask: Literal["magnitude", "random"]
    """`magnitude`: those that are the smallest of all kernels in the same network trained without this; or random."""
    fraction: Annotated[float, Field(gt=0, lt=1)]
    """Of the weights of all kernels."""


class Recipe(Frozen):
    """How a network is trained (thesis 6.3.3): constant batch, rate divided on plateaus, stop at 99 %."""

    batch_size: Count = 128
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    l2: NotNegative = 0.001
    """Penalty on the kernels in the loss of `wdecay`; its gradient is `2 * l2 * w`."""
    decay: Annotated[float, Field(ge=0, lt=1), LATER] = 0.0
    """Share of its kernels that every update of `wdecay` takes away, apart from the loss (equations 4.13 and 7.2)."""
    decay_by_rate: Annotated[NotNegative, LATER] = 0.0
    """The same, per learning rate."""
    monitor: Literal["validation_accuracy", "validation_loss"] = "validation_accuracy"
    plateau_factor: Annotated[float, Field(gt=0, lt=1)] = 0.2
    plateau_patience: Count = 2
    plateau_min_delta: NotNegative = 1e-4
    min_learning_rate: NotNegative = 0.0
    """A plateau does not lower the rate below this; a rate that starts lower stays."""
    target_accuracy: Share = 0.99
    max_epochs: Count = 50
    epochs_beyond: Annotated[int, Field(ge=0)] = 0
    """How many more epochs follow the last, to see what they would bring; the network is the one before them."""
    precision: Literal["float32", "bfloat16", "auto"] = "float32"
    """Of the arithmetic; weights are always float32. `auto`: bfloat16 where the processor computes in it."""
    keep_epochs: bool = False
    """Whether the weights of every epoch are kept, not only the initial and the final ones."""
    phases: Annotated[tuple[Phase, ...], LATER] = ()
    """What follows the first phase, which is that of the network's own optimizer and rate; each begins anew: momentum
    at zero, its own rate until its own plateaus."""
    rates_by_layer: Annotated[tuple[Positive, ...], LATER] = ()
    """Factors on the learning rate of every layer with a kernel, in forward order; none: 1 for all."""
    version: Literal[2] = 2
    """Raised when the same fields come to mean another training, or another log of it."""

    @model_validator(mode="after")
    def _phases_in_order(self) -> Self:
        reached = [phase.after for phase in self.phases]
        if reached != sorted(set(reached)):
            raise ValueError(f"recipe.phases: after={reached} does not rise from phase to phase")
        if reached and reached[-1] >= self.target_accuracy:
            raise ValueError(
                f"recipe.phases: after={reached[-1]} is not below target_accuracy={self.target_accuracy}, "
                "which ends the training"
            )
        return self

    @model_validator(mode="after")
    def _phases_that_can_be(self) -> Self:
        if self.phases and self.rates_by_layer:
            raise ValueError("recipe.phases and recipe.rates_by_layer exclude each other; expected one of them")
        for phase in self.phases:
            share = self.decay + self.decay_by_rate * phase.learning_rate
            if phase.optimizer == "wdecay" and share >= 1:
                raise ValueError(f"recipe.phases: learning_rate={phase.learning_rate} decays by {share:g}, not below 1")
        return self
