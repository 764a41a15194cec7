"""VGG with batch normalization, of any depth of the original's and any width: the network of the thesis."""

import math
from collections.abc import Sequence
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
) -> keras.Model:
    """VGG with batch normalization: 3 x 3 convolutions in five blocks, two dense layers, a softmax.

    Every convolution and dense layer has a bias and is followed by batch normalization without scale or
    offset (of this ``momentum`` and ``epsilon``), then ReLU; the last one by normalization and softmax (in
    float32 always). Each block ends in 2 x 2 max-pooling. ``depth`` is the original's: 11, 13, 16, 19 (a
    layer more than here: its third dense one); ``width`` multiplies the layers' sizes (64 to 512 at width 1;
    rounded, at least 1). Kernels start Glorot-uniform, biases at zero. ``input_shape`` is (height, width,
    channels), 32 pixels at least. At depth 16, width 1, 32 x 32 x 3 and 10 classes: 14 991 966 parameters.
    InputError for anything else. Thesis 4.3.3, Table 6.2; Simonyan & Zisserman 2015.
    """
    _check(input_shape, classes, depth, width)

    def normalized(x: Any) -> Any:
        return FusedBatchNormalization(momentum=momentum, epsilon=epsilon)(x)

    x = inputs = keras.Input(tuple(input_shape))
    for convolutions, filters in zip(VGG_PLANS[depth], VGG_FILTERS, strict=True):
        for _ in range(convolutions):
            x = keras.layers.Conv2D(_scaled(filters, width), 3, padding="same")(x)
            x = keras.layers.ReLU()(normalized(x))
        x = keras.layers.MaxPooling2D(2)(x)
    x = keras.layers.Dense(_scaled(512, width))(keras.layers.Flatten()(x))
    x = keras.layers.ReLU()(normalized(x))
    x = normalized(keras.layers.Dense(classes)(x))
    return keras.Model(inputs, keras.layers.Activation("softmax", dtype="float32")(x), name=f"vgg{depth}")


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
