"""VGG: its layers, its sizes, how it starts."""

import keras
import numpy as np
import pytest

from indicators import plans
from indicators.errors import InputError
from indicators.images.dataset import Dataset, Split
from indicators.networks import training
from indicators.networks.architectures import build
from indicators.networks.layers import activations, kernel_layers, layer_names, poolings, received
from indicators.networks.vgg import vgg
from indicators.plans import VGG_PLANS
from indicators.specs import ArchitectureSpec
from indicators.store import Store
from tests.fixtures.entries import final_of, same

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
    [
        (5, (1, 1, 0, 0, 0)),
        (8, (1, 1, 1, 1, 1)),
        (11, (1, 1, 2, 2, 2)),
        (13, (2, 2, 2, 2, 2)),
        (16, (2, 2, 3, 3, 3)),
        (19, (2, 2, 4, 4, 4)),
    ],
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


# --- What may be left out or put in ---------------------------------------------------------------


def kinds(model: keras.Model) -> list[str]:
    return [type(layer).__name__ for layer in model.layers]


def test_without_normalization_there_is_none_and_biases_count(images):
    model = build("vgg", SHAPE, 10, {"depth": 11, "width": 0.05, "normalization": False}, seed=0)
    before = np.asarray(model(images))
    kernel_layers(model)[0].bias.assign(np.full(3, 0.5))

    assert not any("Normalization" in kind for kind in kinds(model))
    assert len(kernel_layers(model)) == 10
    assert not np.allclose(before, np.asarray(model(images)))


def test_the_activation_function_is_the_one_that_is_named(images):
    model = build("vgg", SHAPE, 10, {"depth": 8, "width": 0.05, "activation": "tanh"}, seed=0)

    *hidden, _ = keras.Model(model.inputs[0], activations(model))(images)
    assert "ReLU" not in kinds(model)
    assert all(-1 <= float(np.min(values)) < 0 for values in hidden)


@pytest.mark.parametrize("depth", VGG_PLANS)
def test_every_option_leaves_layers_and_poolings_where_they_are(depth):
    options = {"normalization": False, "dropout": 0.2, "residual": True, "activation": "elu"}
    model = vgg(SHAPE, 7, depth=depth, width=0.02, **options)

    assert poolings(model) == plans.poolings(ArchitectureSpec(parameters={"depth": depth}))


def test_dropout_stands_after_every_pooling_and_the_hidden_dense_layer_and_is_silent_in_inference(images):
    plain, thinned = (
        build("vgg", SHAPE, 10, {"depth": 5, "width": 0.1, "dropout": share}, seed=0) for share in (0.0, 0.5)
    )
    for mine, other in zip(kernel_layers(thinned), kernel_layers(plain), strict=True):
        mine.set_weights(other.get_weights())
    found = kinds(thinned)

    assert [found[k - 1] for k, kind in enumerate(found) if kind == "Dropout"] == [*5 * ["MaxPooling2D"], "ReLU"]
    assert "Dropout" not in kinds(plain)
    np.testing.assert_array_equal(np.asarray(thinned(images)), np.asarray(plain(images)))
    assert not np.allclose(np.asarray(thinned(images, training=True)), np.asarray(plain(images, training=True)))


def test_a_residual_network_adds_to_activations_what_its_convolutions_received(images):
    model = build("vgg", SHAPE, 10, {"depth": 11, "width": 0.1, "residual": True}, seed=0)
    sums = [layer for layer in model.layers if isinstance(layer, keras.layers.Add)]
    second_of_third, both_of_fifth = [3], [6, 7]

    assert len(sums) == 4  # where a block does not widen: the second of the third and fourth, both of the fifth
    answers, receive = activations(model), received(model)
    for place in (*second_of_third, *both_of_fifth):
        merged = next(layer for layer in sums if layer._inbound_nodes[0].input_tensors[0] is answers[place])
        assert merged._inbound_nodes[0].input_tensors[1] is receive[place].inputs
        of_neurons, of_inputs, total = keras.Model(
            model.inputs[0], [answers[place], receive[place].inputs, merged.output]
        )(images)
        np.testing.assert_array_equal(np.asarray(total), np.asarray(of_neurons) + np.asarray(of_inputs))
        assert np.asarray(of_neurons).min() == 0  # neurons answer after ReLU, the sum is no part of it


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"normalization": 0.0}, r"^normalization=0.0 is not true or false$"),
        ({"residual": "yes"}, r"^residual='yes' is not true or false$"),
        ({"dropout": 1.0}, r"^dropout=1.0 is not a share in \[0, 1\): 0 drops nothing$"),
        ({"dropout": True}, r"^dropout=True is not a share"),
        ({"activation": "rleu"}, r"^activation='rleu' is not the name of an activation function of Keras: try"),
        ({"activation": 1}, r"^activation=1 is not the name"),
        ({"depth": 12}, r"^depth=12 is not one of \(5, 8, 11, 13, 16, 19\)$"),
        ({"width": 0}, r"^width=0 is not a positive number: 1 is full size, 0.25 a quarter$"),
        ({"width": float("nan")}, r"^width=nan is not a positive number"),
        ({"classes": 1}, r"^classes=1 is not a whole number of at least 2$"),
        ({"input_shape": (31, 32, 3)}, r"^input_shape=\(31, 32, 3\) is not .* at least 32 x 32 pixels"),
        ({"input_shape": (1024,)}, r"^input_shape=\(1024,\) is not \(height, width, channels\)"),
    ],
    ids=[
        "normalization",
        "residual",
        "dropout",
        "no share",
        "activation",
        "no name",
        "depth",
        "no width",
        "nan width",
        "classes",
        "small images",
        "vectors",
    ],
)
def test_vgg_names_the_argument_it_cannot_use(arguments, message):
    with pytest.raises(InputError, match=message):
        vgg(**({"input_shape": SHAPE, "classes": 10} | arguments))


# --- Trained ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small():
    """Images of noise that are large enough for a VGG."""
    rng = np.random.default_rng(0)
    split = Split(rng.integers(0, 256, (40, *SHAPE), dtype=np.uint8), np.arange(40) % 4)
    return Dataset("noise", split, split, split, 128.0, 64.0, 4, SHAPE)


def trained(spec, dataset, store, interrupted=0):
    """The final weights of a spec, after a training that was interrupted in that epoch and taken up."""

    def interrupt(*, epoch, **_):
        if epoch == interrupted:
            raise KeyboardInterrupt

    initial = training.model_arrays(training.build(spec.untrained, dataset))
    with store.entry(spec).lock:
        if interrupted:
            with pytest.raises(KeyboardInterrupt):
                training.train(spec, store.entry(spec), dataset, initial, interrupt)
        training.train(spec, store.entry(spec), dataset, initial)
    return final_of(store.entry(spec))


def test_training_with_dropout_repeats_and_goes_on_bit_by_bit(make_study, small, tmp_path):
    parameters = {"depth": 5, "width": 0.05, "dropout": 0.3, "residual": True}
    study = make_study(max_epochs=2).changed(architecture={"name": "vgg", "parameters": parameters})
    spec = study.model("sgd", "low", 0)

    once, again, resumed = (
        trained(spec, small, Store(tmp_path / name), interrupted)
        for name, interrupted in (("once", 0), ("again", 0), ("resumed", 2))
    )

    states = [name for name in once if "seed_generator_state" in name]
    assert len(states) == 6
    assert same(once, again)
    assert same(once, resumed)
