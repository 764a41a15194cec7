"""What a neuron receives: the inputs inside its receptive field and the weights it gives them.

`clustering` asks its questions about these. Arrays are channels-last, as TensorFlow keeps them: activations
(images, height, width, channels), kernels (height, width, channels, filters).
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from indicators.measures.arrays import Array, check_choice, real_numbers

Pair = int | tuple[int, int]

PADDINGS = ("same", "valid")


def receptive_inputs(
    activations: ArrayLike,
    position: tuple[int, int],
    kernel_size: Pair,
    *,
    strides: Pair = 1,
    padding: str = "same",
) -> Array:
    """Inputs of the neurons of a convolution at one position, outside the image zeros: (images, kh * kw * c).

    The patch at `position` (row, column) of the convolution's output, flattened as `receptive_weights`
    flattens a filter: their product is what the convolution computes, less the bias. `padding="same"`:
    outputs are ceil(size / stride), the zeros shared between both sides, the odd one at the end;
    `"valid"`: no zeros, outputs only where the kernel fits.

    activations: (images, height, width, channels), of the previous layer, after its pooling if it has one;
    the dtype is kept. ValueError for other shapes or options and for a position outside the output;
    TypeError for what is not a real number. Thesis section 8.4.1.
    """
    values = _maps(activations)
    check_choice("padding", padding, PADDINGS)
    kernel, stride = _pair("kernel_size", kernel_size), _pair("strides", strides)
    spans = [_span(values.shape[axis + 1], position, axis, kernel[axis], stride[axis], padding) for axis in (0, 1)]
    patch = np.zeros((len(values), *kernel, values.shape[3]), dtype=values.dtype)
    (rows, rows_inside), (columns, columns_inside) = spans
    patch[:, rows_inside, columns_inside] = values[:, rows, columns]
    return patch.reshape(len(values), -1)


def unpooled_inputs(
    maps: ArrayLike,
    position: tuple[int, int],
    kernel_size: Pair,
    *,
    pool_size: Pair,
    pool_strides: Pair,
    pool_padding: str = "valid",
    strides: Pair = 1,
    padding: str = "same",
) -> Array:
    """What a pooling reads for the inputs of the neurons of the convolution after it, (images, kh * ph * kw * pw * c).

    The places of the map before the pooling that make up the patch of `receptive_inputs` at `position`: for every
    input of the patch the ph * pw places that it is pooled from, one that several inputs read as often as that. Zeros
    stand where the patch or a window reaches out of the map. In the order of `unpooled_weights`.

    maps: (images, height, width, channels), before the pooling; the other arguments and errors are those of
    `receptive_inputs`, of the convolution and of the pooling. Thesis section 8.4.6.
    """
    values = _maps(maps)
    check_choice("padding", padding, PADDINGS)
    check_choice("pool_padding", pool_padding, PADDINGS)
    convolution = _pair("kernel_size", kernel_size), _pair("strides", strides), padding
    pooling = _pair("pool_size", pool_size), _pair("pool_strides", pool_strides), pool_padding
    rows, columns = (_pooled_places(values.shape[axis + 1], position, axis, convolution, pooling) for axis in (0, 1))
    patch = values[:, np.maximum(rows, 0)][:, :, np.maximum(columns, 0)]
    patch[:, rows < 0] = 0
    patch[:, :, columns < 0] = 0
    return patch.reshape(len(values), -1)


def unpooled_weights(kernel: ArrayLike, neuron: int, pool_size: Pair) -> Array:
    """Weight of the input that each place of `unpooled_inputs` is pooled into, (kh * ph * kw * pw * c,).

    kernel: (kh, kw, c, filters). Errors as in `receptive_weights`.
    """
    values = real_numbers(kernel, "kernel")
    down, right = _pair("pool_size", pool_size)
    weights = receptive_weights(values, neuron).reshape(values.shape[:-1])
    return weights.repeat(down, axis=0).repeat(right, axis=1).ravel()


def dense_inputs(activations: ArrayLike) -> Array:
    """Inputs of every neuron of a dense layer: all activations of the previous layer, (images, d).

    Maps are flattened row by row, channels last, as a Flatten layer does. activations: (images, ...).
    ValueError for a single axis or nothing in it; TypeError for what is not a real number.
    """
    values = real_numbers(activations, "activations")
    if values.ndim < 2:
        raise ValueError(f"activations.shape={values.shape} is not (images, ...); give one row per image")
    return values.reshape(len(values), -1)


def receptive_weights(kernel: ArrayLike, neuron: int) -> Array:
    """Weights of one filter or one dense neuron, flat: (kh * kw * c,) or (d,).

    In the order of `receptive_inputs` and `dense_inputs`. kernel: (kh, kw, c, filters) or (d, neurons).
    ValueError for other shapes or a neuron that is not there; TypeError for what is not a real number.
    """
    values = real_numbers(kernel, "kernel")
    if values.ndim not in (2, 4):
        raise ValueError(f"kernel.shape={values.shape} is neither (kh, kw, c, filters) nor (d, neurons)")
    if not 0 <= neuron < values.shape[-1]:
        raise ValueError(f"neuron={neuron} is not in [0, {values.shape[-1]}), the layer's filters or neurons")
    return values[..., neuron].ravel()


def window_2019(outputs: ArrayLike, position: tuple[int, int]) -> Array:
    """What the numbers of 2019 took for a neuron's inputs: a window of its own layer's outputs.

    For position (X, Y) the rows X - 1 and X and the columns Y - 1 and Y, as far as they exist; in the last
    row or column only the one before it, not its own. So 2 x 2 places inside, fewer at the borders, always
    (0, 0) alone in maps of 2 x 2. All channels; give `clustering` a weight of one for each.

    outputs: (images, height, width, channels) of the same layer, before normalization; position: (X, Y), the
    row and the column; the result is (images, d). ValueError for other shapes, a position outside the map,
    or a map of a single row or column, whose window is empty.
    """
    values = _maps(outputs)
    rows, columns = (_window(values.shape[axis + 1], position, axis) for axis in (0, 1))
    return values[:, rows, columns].reshape(len(values), -1)


def _span(
    size: int, position: tuple[int, int], axis: int, kernel: int, stride: int, padding: str
) -> tuple[slice, slice]:
    """The part of the image that the kernel covers, and where in the kernel it lies."""
    outputs, before = _layout(size, kernel, stride, padding)
    place = _checked_place(position, axis, outputs)
    start = place * stride - before
    low, high = max(start, 0), min(start + kernel, size)
    return slice(low, high), slice(low - start, high - start)


def _pooled_places(
    size: int, position: tuple[int, int], axis: int, convolution: tuple[Any, Any, str], pooling: tuple[Any, Any, str]
) -> Array:
    """Along one axis, the places that are pooled into each input that the kernel covers; -1 outside the map."""
    (kernel, stride, padding), (window, step, pool_padding) = convolution, pooling
    outputs, before = _layout(size, window[axis], step[axis], pool_padding)
    covered, inside = _span(outputs, position, axis, kernel[axis], stride[axis], padding)
    first = np.arange(covered.start, covered.stop) * step[axis] - before
    places = np.full((kernel[axis], window[axis]), -1)
    places[inside] = first[:, np.newaxis] + np.arange(window[axis])
    return np.where((places >= 0) & (places < size), places, -1).ravel()


def _layout(size: int, kernel: int, stride: int, padding: str) -> tuple[int, int]:
    """Number of outputs along one axis, and of zeros before the map."""
    outputs = -(-size // stride) if padding == "same" else (size - kernel) // stride + 1
    return outputs, max((outputs - 1) * stride + kernel - size, 0) // 2 if padding == "same" else 0


def _window(size: int, position: tuple[int, int], axis: int) -> slice:
    place = _checked_place(position, axis, size)
    if size == 1:
        raise ValueError("the window of 2019 is empty in a map of one row or column; use receptive_inputs")
    return slice(max(place - 1, 0), min(place + 1, size - 1))


def _maps(activations: ArrayLike) -> Array:
    values = real_numbers(activations, "activations")
    if values.ndim != 4:
        raise ValueError(f"activations.shape={values.shape} is not (images, height, width, channels)")
    return values


def _pair(name: str, value: Pair) -> tuple[int, int]:
    pair = (value, value) if isinstance(value, int) else tuple(value)
    if len(pair) != 2 or min(pair) < 1:
        raise ValueError(f"{name}={value} is not a positive integer or two; give (rows, columns)")
    return pair


def _checked_place(position: tuple[int, int], axis: int, outputs: int) -> int:
    if len(position) != 2:
        raise ValueError(f"position={position} is not (row, column)")
    if not 0 <= position[axis] < outputs:
        raise ValueError(f"position={position} is outside the map: axis {axis} has {max(outputs, 0)} places from 0")
    return position[axis]
