"""The turning of a kernel by a given angle: Layca's mathematics, on NumPy's arrays and on the backend's tensors.

Importing this room imports no Keras, and neither does rotating an array.
"""

import math
from typing import Any

import numpy as np

# Below this norm of its projection, a step has no direction (the threshold of Layca's authors, absolute).
NO_DIRECTION = 1e-7
# A projection shorter than so many roundings of the step it was taken from is rounding noise.
ROUNDINGS = 8


def rotate(weights: Any, step: Any, rate: Any) -> Any:
    """The weights turned by the angle atan(rate), in radians, against ``step``, norm unchanged: Layca's update.

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
    """1 - cos(a) and sin(a) of a = atan(rate).

    The versine, not the cosine: in float32 the cosine of a small angle rounds to a neighbor of 1, by the same
    error at each step, and the norm would drift.
    """
    secant = root(1 + rate * rate)
    return rate * rate / (secant * (secant + 1)), rate / secant
