"""Weight decay apart from the loss, as a Keras optimizer."""

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="indicators")
class DecayedSGD(keras.optimizers.SGD):  # type: ignore[misc]  # untyped
    """Nesterov descent that takes a share of every kernel's weights away at each update, apart from momentum.

    w <- (1 - share - share_by_rate rate) w + momentum v - rate g, with v as in plain descent: without gradients, what
    is left after t updates is (1 - share)^t at any rate. Kernels are the variables of rank two and more, as for Layca;
    others do not decay. Thesis eq. 4.13 and 7.2.
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
        if len(variable.shape) >= 2:
            rate = keras.ops.cast(learning_rate, variable.dtype)
            self.assign(variable, (1 - self.share - self.share_by_rate * rate) * variable)
        super().update_step(gradient, variable, learning_rate)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        config: dict[str, Any] = super().get_config()
        own = {"share": self.share, "share_by_rate": self.share_by_rate}
        return {name: value for name, value in config.items() if name != "nesterov"} | own
