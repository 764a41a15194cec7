"""VGG: its layers, its sizes, how it starts."""

import keras
import numpy as np
import pytest

from indicators import plans
from indicators.errors import InputError
from indicators.networks.architectures import build
from indicators.networks.layers import activations, kernel_layers, layer_names, poolings
from indicators.networks.vgg import vgg
from indicators.plans import VGG_PLANS
from indicators.specs import ArchitectureSpec

SHAPE = (32, 32, 3)


def test_full_vgg16_has_the_parameters_and_neurons_of_the_thesis():
    model = vgg(SHAPE, 10)

    assert model.count_params() == 14_991_966
    assert sum(v.value.shape.num_elements() for v in model.trainable_variables) == 14_982_474
    assert [int(np.prod(layer.kernel.shape)) for layer in kernel_layers(model)] == [
        1_728, 36_864, 73_728, 147_456, 294_912, 589_824, 589_824, 1_179_648, *5 * [2_359_296], 262_144, 5_120
    ]  # fmt: skip
    assert [int(np.prod(tensor.shape[1:])) for tensor in activations(model)] == [
        *2 * [65_536], *2 * [32_768], *3 * [16_384], *3 * [8_192], *3 * [2_048], 512, 10
    ]  # fmt: skip
    assert layer_names(model) == [*(f"Conv{i}" for i in range(1, 14)), "Dense1", "Dense2"]


@pytest.mark.parametrize(
    ("depth", "plan"),
    [(11, (1, 1, 2, 2, 2)), (13, (2, 2, 2, 2, 2)), (16, (2, 2, 3, 3, 3)), (19, (2, 2, 4, 4, 4))],
)
def test_depth_plans_the_blocks_as_the_original_does_and_pooling_parts_the_blocks(depth, plan):
    model = vgg(SHAPE, 7, depth=depth, width=0.02)

    kinds = [type(layer).__name__ for layer in model.layers]
    blocks = " ".join(kinds).split("MaxPooling2D")
    assert tuple(block.count("Conv2D") for block in blocks) == (*plan, 0)
    assert len(kernel_layers(model)) == depth - 1  # two dense layers where the original has three
    assert model.output_shape == (None, 7)


@pytest.mark.parametrize("depth", VGG_PLANS)
def test_the_plan_counts_the_poolings_that_the_network_has(depth):
    model = vgg(SHAPE, 7, depth=depth, width=0.02)

    planned = plans.poolings(ArchitectureSpec(parameters={"depth": depth}))
    assert planned == poolings(model)
    assert list(planned) == layer_names(model)


def test_the_plan_of_a_vgg_that_names_no_depth_is_that_of_the_thesis():
    planned = plans.poolings(ArchitectureSpec())

    assert list(planned.values()) == [0, 0, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5]
    assert plans.poolings(ArchitectureSpec(name="nets:build")) == {}


def test_order_within_a_block_is_convolution_normalization_relu(narrow):
    kinds = [type(layer).__name__ for layer in narrow.layers]

    unit = ["Conv2D", "FusedBatchNormalization", "ReLU"]
    assert kinds[:8] == ["InputLayer", *unit, *unit, "MaxPooling2D"]
    assert kinds[-7:] == ["Flatten", "Dense", *unit[1:], "Dense", unit[1], "Activation"]


def test_width_rounds_and_leaves_one_filter_at_least():
    model = vgg(SHAPE, 10, depth=11, width=0.0075)

    assert [layer.kernel.shape[-1] for layer in kernel_layers(model)] == [1, 1, 2, 2, 4, 4, 4, 4, 4, 10]


def test_kernels_start_glorot_uniform_and_biases_at_zero():
    first, second, *_ = kernel_layers(build("vgg", SHAPE, 10, {"depth": 13}, seed=1))

    for layer, limit in ((first, 0.0997), (second, 0.0722)):  # of the thesis's Conv1 and Conv2
        kernel = np.asarray(layer.kernel)
        assert 0.97 * limit < np.abs(kernel).max() <= limit * 1.001
        assert np.std(kernel) == pytest.approx(limit / np.sqrt(3), rel=0.05)
        assert not np.asarray(layer.bias).any()


def test_normalization_has_no_parameters_to_train_and_takes_momentum_and_epsilon():
    model = vgg(SHAPE, 10, depth=11, width=0.02, momentum=0.9, epsilon=0.01)

    found = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert len(found) == 10
    assert all((n.momentum, n.epsilon, n.trainable_weights) == (0.9, 0.01, []) for n in found)


@pytest.mark.usefixtures("half_precision")
def test_softmax_is_float32_under_mixed_precision(images):
    model = vgg(SHAPE, 10, depth=11, width=0.02)

    outputs = model(images)
    assert (model.layers[1].compute_dtype, outputs.dtype) == ("bfloat16", "float32")
    assert np.asarray(outputs).sum(axis=1) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"depth": 12}, r"^depth=12 is not one of \(11, 13, 16, 19\)$"),
        ({"width": 0}, r"^width=0 is not a positive number: 1 is full size, 0.25 a quarter$"),
        ({"width": float("nan")}, r"^width=nan is not a positive number"),
        ({"classes": 1}, r"^classes=1 is not a whole number of at least 2$"),
        ({"input_shape": (31, 32, 3)}, r"^input_shape=\(31, 32, 3\) is not .* at least 32 x 32 pixels"),
        ({"input_shape": (1024,)}, r"^input_shape=\(1024,\) is not \(height, width, channels\)"),
    ],
    ids=["depth", "no width", "nan width", "classes", "small images", "vectors"],
)
def test_vgg_names_the_argument_it_cannot_use(arguments, message):
    with pytest.raises(InputError, match=message):
        vgg(**({"input_shape": SHAPE, "classes": 10} | arguments))
