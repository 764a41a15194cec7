"""The three recipes of the thesis as Keras optimizes by them: plain descent, weight decay and Layca."""

import math
from typing import Any

import keras

from indicators.errors import InputError
from indicators.networks.kernels import DecayedSGD
from indicators.networks.layca import Layca
from indicators.networks.layers import kernel_layers
from indicators.specs import OPTIMIZERS


def optimizer(
    name: str, learning_rate: float, *, momentum: float = 0.9, decay: float = 0.0, decay_by_rate: float = 0.0
) -> Any:
    """The Keras optimizer of a recipe: Nesterov descent for ``sgd`` and ``wdecay``, or ``Layca``.

    v <- momentum v - rate g;  w <- w + momentum v - rate g. The decay of ``wdecay`` is no part of the
    optimizer but a penalty in the loss (``add_penalty``), whose gradient passes through momentum and
    learning rate; unless ``decay`` or ``decay_by_rate`` is given: then every update of ``wdecay`` takes the
    share decay + decay_by_rate rate of the kernels away (``DecayedSGD``). The others do without. InputError for
    another name, a learning rate that is not positive and finite, a momentum outside [0, 1), or a share that is
    not. Thesis 6.1.1.
    """
    if name not in OPTIMIZERS:
        raise InputError(f"optimizer={name!r} is not one of {OPTIMIZERS}")
    if not (math.isfinite(learning_rate) and learning_rate > 0):
        raise InputError(f"learning_rate={learning_rate!r} is not a positive number: try 0.01")
    if not 0 <= momentum < 1:
        raise InputError(f"momentum={momentum!r} is not in [0, 1): the thesis uses 0.9")
    share = decay + decay_by_rate * learning_rate
    if not (min(decay, decay_by_rate) >= 0 and share < 1):
        raise InputError(
            f"decay={decay!r}, decay_by_rate={decay_by_rate!r} take {share:g} of the weights at each update: "
            "the thesis takes 0.001"
        )
    if name == "wdecay" and share:
        return DecayedSGD(learning_rate, momentum=float(momentum), share=decay, share_by_rate=decay_by_rate)
    if name == "layca":
        return Layca(learning_rate=learning_rate, momentum=float(momentum))
    return keras.optimizers.SGD(learning_rate=learning_rate, momentum=float(momentum), nesterov=True)


def add_penalty(model: Any, l2: float) -> None:
    """Adds l2 x (sum of squared weights) of every kernel to the model's loss: gradient 2 l2 w.

    Kernels are those that are measured (`kernel_layers`), as for Layca; all else goes free. In place, and
    before the model is compiled; 0 removes a penalty. The penalty counts in ``val_loss`` too. InputError for
    a negative l2. Thesis 6.1.1, as its code has it; its equation 4.13 would decay the weights apart from the
    loss.
    """
    if not (math.isfinite(l2) and l2 >= 0):
        raise InputError(f"l2={l2!r} is not a number of at least 0: the thesis uses 0.001")
    for layer in kernel_layers(model):
        layer.kernel.regularizer = keras.regularizers.L2(l2) if l2 else None
