"""Layca as a Keras optimizer: what moves the momentum, and turns each kernel by ``rotation.rotate``."""

from typing import Any

import keras

from indicators.networks.kernels import OfKernels
from indicators.networks.rotation import rotate


@keras.saving.register_keras_serializable(package="indicators")
class Layca(OfKernels):
    """Descent that turns each kernel by atan(learning rate) radians at every step, norm unchanged.

    The step is Nesterov's, from a momentum buffer that is neither projected nor rescaled. Kernels are those
    that are measured (`kernels.tell_kernels`), or, unless told, the variables of rank two and more; all others, biases
    and the parameters of normalization, are never updated. Thesis 6.1.1.
    """

    def __init__(self, learning_rate: Any = 0.001, momentum: float = 0.9, **options: Any) -> None:
        super().__init__(learning_rate=learning_rate, momentum=momentum, nesterov=True, **options)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Moves the momentum of one variable, and turns it if it is a kernel."""
        if not self.is_kernel(variable):
            return
        rate = keras.ops.cast(learning_rate, variable.dtype)
        descent = rate * keras.ops.cast(gradient, variable.dtype)
        if self.momentum:
            buffer = self.momentums[self._get_variable_index(variable)]
            self.assign(buffer, self.momentum * buffer - descent)
            descent = descent - self.momentum * buffer
        self.assign(variable, rotate(variable, descent, rate))

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        config: dict[str, Any] = super().get_config()
        return {name: value for name, value in config.items() if name != "nesterov"}
