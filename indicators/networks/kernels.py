"""Descent that treats kernels apart from all other variables, and weight decay apart from the loss by it."""

from __future__ import annotations

from typing import Any

import keras

from indicators.networks.layers import kernel_layers


class OfKernels(keras.optimizers.SGD):  # type: ignore[misc]  # untyped
    """Nesterov descent that knows which of its variables are kernels."""

    kernels: frozenset[int] | None = None
    """Their places among the variables that it was built with; None: those of rank two and more."""

    def is_kernel(self, variable: Any) -> bool:
        """Whether a variable, which has no name inside a compiled step, is a kernel."""
        if self.kernels is None:
            return len(variable.shape) >= 2
        return self._get_variable_index(variable) in self.kernels


@keras.saving.register_keras_serializable(package="indicators")
class DecayedSGD(OfKernels):
    """Nesterov descent that takes a share of every kernel's weights away at each update, apart from momentum.

    w <- (1 - share - share_by_rate rate) w + momentum v - rate g, with v as in plain descent: without gradients, what
    is left after t updates is (1 - share)^t at any rate. What is no kernel does not decay. Thesis eq. 4.13 and 7.2.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        momentum: float = 0.9,
        share: float = 0.0,
        share_by_rate: float = 0.0,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate=learning_rate, momentum=momentum, nesterov=True, **options)
        self.share, self.share_by_rate = share, share_by_rate

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Shrinks one variable, if it is a kernel, and moves it as plain descent would have from where it was."""
        if self.is_kernel(variable):
            rate = keras.ops.cast(learning_rate, variable.dtype)
            self.assign(variable, (1 - self.share - self.share_by_rate * rate) * variable)
        super().update_step(gradient, variable, learning_rate)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        config: dict[str, Any] = super().get_config()
        own = {"share": self.share, "share_by_rate": self.share_by_rate}
        return {name: value for name, value in config.items() if name != "nesterov"} | own


def tell_kernels(model: keras.Model) -> None:
    """Tells the optimizer of a compiled model, if it asks, which variables are kernels: those that are measured."""
    if isinstance(model.optimizer, OfKernels):
        kernels = {id(layer.kernel) for layer in kernel_layers(model)}
        places = (place for place, variable in enumerate(model.trainable_variables) if id(variable) in kernels)
        model.optimizer.kernels = frozenset(places)
