"""VGG of any depth of the original's and any width, the network of the thesis; and what it is without some of it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras

from indicators.errors import InputError
from indicators.networks.normalization import FusedBatchNormalization
from indicators.plans import VGG_DEPTH, VGG_PLANS

VGG_FILTERS = (64, 128, 256, 512, 512)
"""Of each block, at width 1."""


def vgg(
    input_shape: Sequence[int],
    classes: int,
    *,
    depth: int = VGG_DEPTH,
    width: float = 1.0,
    momentum: float = 0.99,
    epsilon: float = 1e-3,
    normalization: bool = True,
    dropout: float = 0.0,
    residual: bool = False,
    activation: str = "relu",
) -> keras.Model:
    """VGG with batch normalization: 3 x 3 convolutions in five blocks, two dense layers, a softmax.

    Every kernel has a bias and is followed by batch normalization without scale or offset (of this ``momentum`` and
    ``epsilon``), then ReLU; the last one by normalization and softmax (in float32 always). Each block ends in 2 x 2
    max-pooling. ``depth`` is the original's: 11, 13, 16, 19 (a layer more than here: its third dense one), and 5 and 8
    in its manner; ``width`` multiplies the layers' sizes (64 to 512 at width 1; rounded, at least 1). Kernels start
    Glorot-uniform, biases at zero. ``input_shape`` is (height, width, channels), 32 pixels at least. At depth 16, width
    1, 32 x 32 x 3 and 10 classes: 14 991 966 parameters. ``normalization=False`` leaves it out everywhere. ``dropout``:
    share dropped after every block's pooling and after the hidden dense layer. ``residual`` adds to a convolution's
    activations its input, where both have one shape; after the activation function, so that neurons answer by their own
    kernel alone, as everywhere else. ``activation``: any of Keras's, by name. InputError for anything else.
    Thesis 4.3.3, Table 6.2; Simonyan & Zisserman 2015; He et al. 2016 (identity mappings), figure 4c.
    """
    _check(input_shape, classes, depth, width)
    _check_options(normalization, dropout, residual, activation)
    parts = _Parts(momentum, epsilon, normalization, dropout, residual, activation)
    x = inputs = keras.Input(tuple(input_shape))
    for convolutions, filters in zip(VGG_PLANS[depth], VGG_FILTERS, strict=True):
        for _ in range(convolutions):
            x = parts.convolution(x, _scaled(filters, width))
        x = parts.thinned(keras.layers.MaxPooling2D(2)(x))
    x = keras.layers.Dense(_scaled(512, width))(keras.layers.Flatten()(x))
    x = parts.thinned(parts.activated(parts.normalized(x)))
    x = parts.normalized(keras.layers.Dense(classes)(x))
    return keras.Model(inputs, keras.layers.Activation("softmax", dtype="float32")(x), name=f"vgg{depth}")


@dataclass(frozen=True)
class _Parts:
    """What stands between the kernels of one network."""

    momentum: float
    epsilon: float
    normalization: bool
    dropout: float
    residual: bool
    activation: str

    def convolution(self, x: Any, filters: int) -> Any:
        found = keras.layers.Conv2D(filters, 3, padding="same")(x)
        found = self.activated(self.normalized(found))
        return keras.layers.Add()([found, x]) if self.residual and x.shape == found.shape else found

    def normalized(self, x: Any) -> Any:
        if not self.normalization:
            return x
        return FusedBatchNormalization(momentum=self.momentum, epsilon=self.epsilon)(x)

    def activated(self, x: Any) -> Any:
        return keras.layers.ReLU()(x) if self.activation == "relu" else keras.layers.Activation(self.activation)(x)

    def thinned(self, x: Any) -> Any:
        return keras.layers.Dropout(self.dropout)(x) if self.dropout else x


def _scaled(size: int, width: float) -> int:
    return max(1, round(size * width))


def _check(input_shape: Sequence[int], classes: int, depth: int, width: float) -> None:
    if depth not in VGG_PLANS:
        raise InputError(f"depth={depth!r} is not one of {tuple(VGG_PLANS)}")
    if not (math.isfinite(width) and width > 0):
        raise InputError(f"width={width!r} is not a positive number: 1 is full size, 0.25 a quarter")
    if classes != int(classes) or classes < 2:
        raise InputError(f"classes={classes!r} is not a whole number of at least 2")
    smallest = 2 ** len(VGG_FILTERS)
    if len(input_shape) != 3 or min(input_shape[:2]) < smallest or input_shape[2] < 1:
        raise InputError(
            f"input_shape={tuple(input_shape)} is not (height, width, channels) with at least "
            f"{smallest} x {smallest} pixels, to be halved {len(VGG_FILTERS)} times: "
            "enlarge the images or name another architecture"
        )


def _check_options(normalization: Any, dropout: Any, residual: Any, activation: Any) -> None:
    for name, value in (("normalization", normalization), ("residual", residual)):
        if not isinstance(value, bool):
            raise InputError(f"{name}={value!r} is not true or false")
    if isinstance(dropout, bool | str) or not 0 <= dropout < 1:
        raise InputError(f"dropout={dropout!r} is not a share in [0, 1): 0 drops nothing")
    try:
        if not isinstance(activation, str):
            raise ValueError  # Keras takes functions and nothing too
        keras.activations.get(activation)
    except ValueError:
        raise InputError(
            f"activation={activation!r} is not the name of an activation function of Keras: try 'relu', 'elu' or 'tanh'"
        ) from None
