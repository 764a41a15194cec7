"""The three recipes of the thesis: plain descent, weight decay and Layca.

``rotate`` is the mathematics of Layca, on arrays; it needs no Keras for NumPy's. ``Layca`` is Keras's view of
it, made when first asked for, because importing Keras imports a whole backend.
"""

import functools
import math
from typing import Any

import numpy as np

from indicators.errors import InputError
from indicators.specs import OPTIMIZERS

# Below this norm of its projection, a step has no direction (the threshold of Layca's authors, absolute).
NO_DIRECTION = 1e-7
# A projection shorter than so many roundings of the step it was taken from is rounding noise.
ROUNDINGS = 8


def rotate(weights: Any, step: Any, rate: Any) -> Any:
    """Turn ``weights`` by the angle atan(rate), in radians, against ``step``, norm unchanged: Layca's update.

    s = step - <step, w> w / |w|^2;  result = w cos(a) - |w| sin(a) s / |s|,  a = atan(rate). ``step`` is what
    plain descent would subtract; its length does not matter, nor does its part along the weights. The result
    equals the weights where s has no direction: |s| <= 1e-7 (absolute, as Layca's authors have it) or within
    the rounding of the step (a step along the weights leaves noise, not zeros); and where the weights are
    zero. A step that is not finite gives a result that is not. Shapes: weights and step alike, any rank; the
    whole array is one vector. Floating NumPy arrays (computed in float64) or tensors of Keras's backend (in
    float32 at least); result in the dtype of the weights. ValueError where the shapes differ. Thesis 6.1.1;
    Carbonnelle & De Vleeschouwer 2018.
    """
    if tuple(weights.shape) != tuple(step.shape):
        raise ValueError(
            f"step.shape={tuple(step.shape)} is not weights.shape={tuple(weights.shape)}: "
            "pass the step of this very kernel"
        )
    if isinstance(weights, np.ndarray):
        return _rotate_array(weights, np.asarray(step), float(rate))
    return _rotate_tensor(weights, step, rate)


def _rotate_array(weights: np.ndarray, step: np.ndarray, rate: float) -> np.ndarray:
    kind = np.result_type(weights, np.float16)
    noise = ROUNDINGS * max(np.finfo(np.result_type(a, np.float16)).eps for a in (weights, step))
    w, s = weights.astype(np.float64).ravel(), step.astype(np.float64).ravel()
    squared, full = w @ w, np.linalg.norm(s)
    for _ in range(2):  # the second time removes what rounding left along the weights
        s = s - (s @ w) / (squared or 1.0) * w
    length = np.linalg.norm(s)
    if length <= max(NO_DIRECTION, noise * full):
        return weights.astype(kind)
    shrink, turn = _versine_and_sine(rate, math.sqrt)
    turned: np.ndarray = w - (shrink * w + turn * np.sqrt(squared) / length * s)
    return turned.reshape(weights.shape).astype(kind)


def _rotate_tensor(weights: Any, step: Any, rate: Any) -> Any:
    from keras import backend, ops

    kind = backend.standardize_dtype(weights.dtype)
    wide = backend.result_type(kind, "float32")
    w, s, rate = (ops.cast(value, wide) for value in (weights, step, rate))
    squared, full = _squared_norm(w), ops.sqrt(_squared_norm(s))
    for _ in range(2):  # as above
        s = s - ops.sum(s * w) / ops.where(squared > 0, squared, 1) * w
    length = ops.sqrt(_squared_norm(s))
    still = length <= ops.maximum(NO_DIRECTION, ROUNDINGS * float(np.finfo(wide).eps) * full)
    shrink, turn = _versine_and_sine(ops.where(still, 0, rate), ops.sqrt)
    scale = turn * ops.sqrt(squared) / ops.where(still, 1, length)
    return ops.cast(w - (shrink * w + scale * s), kind)


def _squared_norm(tensor: Any) -> Any:
    from keras import ops

    # keras.ops.norm refuses rank 4 under TensorFlow.
    return ops.sum(ops.square(tensor))


def _versine_and_sine(rate: Any, root: Any) -> tuple[Any, Any]:
    """Return 1 - cos(a) and sin(a) of a = atan(rate).

    The versine, not the cosine: in float32 the cosine of a small angle rounds to a neighbor of 1, by the same
    error at each step, and the norm would drift.
    """
    secant = root(1 + rate * rate)
    return rate * rate / (secant * (secant + 1)), rate / secant


@functools.cache
def _layca() -> type:
    import keras

    @keras.saving.register_keras_serializable(package="indicators")
    class Layca(keras.optimizers.SGD):  # type: ignore[misc]  # untyped
        """Descent that turns each kernel by atan(learning rate) radians at every step, norm unchanged.

        The step is Nesterov's, from a momentum buffer that is neither projected nor rescaled. Kernels are the
        variables of rank two and more (inside a compiled step a variable has no name); all others, biases and
        the parameters of normalization, are never updated. Thesis 6.1.1.
        """

        def __init__(self, learning_rate: Any = 0.001, momentum: float = 0.9, **options: Any) -> None:
            super().__init__(learning_rate=learning_rate, momentum=momentum, nesterov=True, **options)

        def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
            """Move the momentum of one variable, and turn it if it is a kernel."""
            if len(variable.shape) < 2:
                return
            rate = keras.ops.cast(learning_rate, variable.dtype)
            descent = rate * keras.ops.cast(gradient, variable.dtype)
            if self.momentum:
                buffer = self.momentums[self._get_variable_index(variable)]
                self.assign(buffer, self.momentum * buffer - descent)
                descent = descent - self.momentum * buffer
            self.assign(variable, rotate(variable, descent, rate))

        def get_config(self) -> dict[str, Any]:
            """Return the arguments of the constructor."""
            config: dict[str, Any] = super().get_config()
            return {name: value for name, value in config.items() if name != "nesterov"}

    Layca.__qualname__ = "Layca"
    return Layca


def __getattr__(name: str) -> Any:
    if name == "Layca":
        return _layca()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def optimizer(name: str, learning_rate: float, *, momentum: float = 0.9) -> Any:
    """Return the Keras optimizer of a recipe: Nesterov descent for ``sgd`` and ``wdecay``, or ``Layca``.

    v <- momentum v - rate g;  w <- w + momentum v - rate g. The decay of ``wdecay`` is no part of the
    optimizer: it is a penalty in the loss (``add_penalty``), whose gradient passes through momentum and
    learning rate. InputError for another name, a learning rate that is not positive and finite, or a momentum
    outside [0, 1). Thesis 6.1.1.
    """
    if name not in OPTIMIZERS:
        raise InputError(f"optimizer={name!r} is not one of {OPTIMIZERS}")
    if not (math.isfinite(learning_rate) and learning_rate > 0):
        raise InputError(f"learning_rate={learning_rate!r} is not a positive number: try 0.01")
    if not 0 <= momentum < 1:
        raise InputError(f"momentum={momentum!r} is not in [0, 1): the thesis uses 0.9")
    import keras

    if name == "layca":
        return _layca()(learning_rate=learning_rate, momentum=float(momentum))
    return keras.optimizers.SGD(learning_rate=learning_rate, momentum=float(momentum), nesterov=True)


def add_penalty(model: Any, l2: float) -> None:
    """Add l2 x (sum of squared weights) of every kernel to the model's loss: gradient 2 l2 w.

    Kernels are the trainable variables of rank two and more, as for Layca; biases go free. In place, and
    before the model is compiled; 0 removes a penalty. The penalty counts in ``val_loss`` too. InputError for
    a negative l2. Thesis 6.1.1, as its code has it; its equation 4.13 would decay the weights apart from the
    loss.
    """
    if not (math.isfinite(l2) and l2 >= 0):
        raise InputError(f"l2={l2!r} is not a number of at least 0: the thesis uses 0.001")
    import keras

    for variable in model.trainable_variables:
        if len(variable.shape) >= 2:
            variable.regularizer = keras.regularizers.L2(l2) if l2 else None
