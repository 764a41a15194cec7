"""Networks, their layers, and batch normalization as Keras computes it."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from indicators.errors import InputError
from indicators.networks.architectures import (
    activations,
    build,
    kernel_layers,
    layer_names,
    normalizations,
    received,
    resolve,
    vgg,
)
from indicators.networks.normalization import FusedBatchNormalization

layers = keras.layers
SHAPE = (32, 32, 3)


@pytest.fixture(scope="module")
def narrow() -> keras.Model:
    return build("vgg", SHAPE, 10, {"depth": 16, "width": 0.05}, seed=0)


@pytest.fixture
def images(rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal((6, *SHAPE), dtype=np.float32)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def half_precision():
    policy = keras.mixed_precision.dtype_policy()
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    yield
    keras.mixed_precision.set_dtype_policy(policy)


# --- VGG ----------------------------------------------------------------------------------------------------


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

    found = [layer for layer in model.layers if isinstance(layer, layers.BatchNormalization)]
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


# --- by name ------------------------------------------------------------------------------------------------

NETS = """
import keras
number = 3
def tiny(input_shape, classes, *, units=2):
    return keras.Sequential([keras.Input(input_shape), keras.layers.Flatten(),
                             keras.layers.Dense(units), keras.layers.Dense(classes, activation="softmax")])
def ending(last, input_shape, classes):
    x = keras.Input(input_shape)
    return keras.Model(x, keras.layers.Dense(classes, activation=last)(keras.layers.Flatten()(x)))
def logits(input_shape, classes): return ending(None, input_shape, classes)
def sigmoids(input_shape, classes): return ending("sigmoid", input_shape, classes)
def tilted(input_shape, classes):
    model = ending(None, input_shape, classes)
    y = model.outputs[0]
    return keras.Model(model.inputs, y - keras.ops.mean(y, axis=-1, keepdims=True) + 1 / classes)
def committee(input_shape, classes):
    x = keras.Input(input_shape)
    return keras.Model(x, keras.layers.Average()([tiny(input_shape, classes)(x), tiny(input_shape, classes)(x)]))
def nested(input_shape, classes):
    x = keras.Input(input_shape)
    return keras.Model(x, tiny(input_shape, classes)(x))
def failing(input_shape, classes):
    return keras.layers.Reshape((7,))(keras.Input(input_shape))
def nothing(input_shape, classes): return None
def stubborn(input_shape, classes): return tiny((5, 5, 1), 3)
def deaf(input_shape, classes): return tiny(input_shape, 3)
def shapeless(input_shape, classes): return keras.Sequential([keras.layers.Dense(classes)])
class Hidden(keras.Model):
    def __init__(self, input_shape, classes):
        super().__init__()
        self.dense = keras.layers.Dense(classes)
    def call(self, x): return self.dense(keras.ops.reshape(x, (-1, 3072)))
"""


@pytest.fixture
def nets(tmp_path, monkeypatch):
    (tmp_path / "nets_of_a_user.py").write_text(NETS)
    (tmp_path / "nets_that_lack_a_package.py").write_text("import no_such_package")
    (tmp_path / "nets_with_a_slip.py").write_text("\ndef build(:\n")
    (tmp_path / "nets_that_fail.py").write_text("sizes = {}\nsizes['first']\n")
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.usefixtures("nets")
def test_a_users_function_is_found_and_built():
    model = build("nets_of_a_user:tiny", (4, 4, 1), 5, {"units": 3}, seed=0)

    assert [layer.kernel.shape for layer in kernel_layers(model)] == [(16, 3), (3, 5)]
    assert resolve("vgg") is vgg


@pytest.mark.usefixtures("nets")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("resnet", "architecture='resnet' is not 'vgg' or 'module:function': try mypackage.nets:build"),
        (":tiny", "architecture=':tiny' is not 'vgg' or 'module:function'"),
        ("nets_of_a_user:", "architecture='nets_of_a_user:' is not 'vgg' or 'module:function'"),
        (
            "absent_nets:f",
            "module 'absent_nets' cannot be imported (No module named 'absent_nets'): install it",
        ),
        ("nets_that_lack_a_package:f", "cannot be imported (No module named 'no_such_package')"),
        ("nets_of_a_user:tidy", "module 'nets_of_a_user' has no 'tidy': name a function it defines"),
        ("nets_of_a_user:number", "architecture='nets_of_a_user:number' names an int, not a function: name one"),
        ("nets_with_a_slip:build", "fails on import: SyntaxError: invalid syntax ("),
        ("nets_with_a_slip:build", "nets_with_a_slip.py, line 2)"),
        ("nets_that_fail:build", "fails on import: KeyError: 'first' ("),
        ("nets_that_fail:build", "nets_that_fail.py, line 2)"),
    ],
)
def test_a_name_that_means_no_function_is_refused_in_one_line(name, message):
    with pytest.raises(InputError) as refusal:
        resolve(name)

    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.usefixtures("nets")
@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        (
            "nets_of_a_user:tiny",
            {"unit": 3},
            "cannot be called with (input_shape, classes, unit=3) (got an unexpected keyword",
        ),
        ("vgg", {"depht": 16}, "it takes (input_shape: "),
        ("nets_of_a_user:nothing", {}, "returns a NoneType, not a keras.Model: return the model"),
        ("nets_of_a_user:stubborn", {}, "a model of input shape (None, 5, 5, 1), not (None, 32, 32, 3)"),
        ("nets_of_a_user:deaf", {}, "a model of output shape (None, 3), not (None, 10): build it from"),
        ("nets_of_a_user:logits", {}, "a model whose outputs are no probabilities (the first image: from -"),
        ("nets_of_a_user:tilted", {}, "a model whose outputs are no probabilities (the first image: from -"),
        ("nets_of_a_user:sigmoids", {}, ": end it in a softmax, such as Dense(classes, activation="),
        ("nets_of_a_user:failing", {}, "fails for input_shape=(32, 32, 3), classes=10: ValueError: "),
        ("nets_of_a_user:shapeless", {}, "(Sequential) shows no graph: make it with keras.Model"),
        ("nets_of_a_user:Hidden", {}, "(Hidden) shows no graph: make it with keras.Model(inputs, outputs)"),
    ],
)
def test_a_function_that_builds_something_else_is_refused_in_one_line(name, parameters, message):
    with pytest.raises(InputError) as refusal:
        build(name, SHAPE, 10, parameters, seed=0)

    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.usefixtures("nets")
@pytest.mark.parametrize("name", ["tiny", "committee", "nested"])
def test_probabilities_are_known_wherever_they_come_from(name):
    outputs = build(f"nets_of_a_user:{name}", (4, 4, 1), 5, {}, seed=0)(np.ones((3, 4, 4, 1)))

    assert np.sum(outputs, axis=1) == pytest.approx(np.ones(3), abs=1e-6)


def test_one_seed_is_one_set_of_initial_weights_and_another_seed_another():
    first, again, other = (
        build("vgg", SHAPE, 10, {"depth": 11, "width": 0.02}, seed=seed).get_weights() for seed in (7, 7, 8)
    )

    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])


# --- layers -------------------------------------------------------------------------------------------------


def by_hand(model: keras.Model, x: np.ndarray, keep: tuple[str, ...]) -> list[np.ndarray]:
    """Call a chain's layers one after the other and keep the outputs of some."""
    kept = []
    for layer in model.layers:
        x = x if isinstance(layer, layers.InputLayer) else layer(x)
        if layer.name in keep:
            kept.append(np.asarray(x))
    return kept


def computed(model: keras.Model, x: np.ndarray) -> list[np.ndarray]:
    return [np.asarray(value) for value in keras.Model(model.inputs[0], activations(model))(x)]


def assert_same_arrays(found: list[np.ndarray], expected: list[np.ndarray]) -> None:
    assert len(found) == len(expected) > 0
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_activations_of_vgg_are_after_relu_and_last_the_softmax(narrow, images):
    ends = [layer.name for layer in narrow.layers if isinstance(layer, (layers.ReLU, layers.Activation))]

    assert len(ends) == 15
    assert_same_arrays(computed(narrow, images), by_hand(narrow, images, tuple(ends)))


def test_activations_of_a_sequential_model_stop_where_neurons_are_mixed_or_dropped(rng):
    model = keras.Sequential(
        [
            keras.Input((8, 8, 2)),
            layers.Conv2D(3, 3, activation="relu", name="own"),  # the layer by itself
            layers.BatchNormalization(),
            layers.Conv2D(3, 3, name="before_pool"),
            layers.MaxPooling2D(1),  # keeps the shape, yet it is pooling
            layers.ReLU(),
            layers.Conv2D(4, 1),
            layers.Activation("linear"),
            layers.GroupNormalization(2),
            layers.SpatialDropout2D(0.5),
            layers.LeakyReLU(name="leaky"),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dense(5, name="bare"),
            layers.Reshape((5, 1)),
            layers.Reshape((5,)),
            layers.Dense(3, name="last"),
        ]
    )
    x = rng.standard_normal((2, 8, 8, 2), dtype=np.float32)

    assert layer_names(model) == ["Conv1", "Conv2", "Conv3", "Dense1", "Dense2"]
    assert_same_arrays(computed(model, x), by_hand(model, x, ("own", "before_pool", "leaky", "bare", "last")))


def residual(shape=(8, 8, 3)) -> keras.Model:
    inputs = keras.Input(shape)
    trunk = layers.ReLU(name="trunk")(layers.BatchNormalization()(layers.Conv2D(4, 3, padding="same")(inputs)))
    x = layers.Conv2D(4, 3, padding="same", name="a")(trunk)
    x = keras.ops.relu(x)
    x = layers.BatchNormalization(name="b")(layers.Conv2D(4, 3, padding="same")(x))
    shortcut = layers.Conv2D(4, 1, name="shortcut")(trunk)
    x = layers.ReLU()(layers.Add(name="sum")([x, shortcut]))
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(5, activation="softmax", name="head")(x))


def test_branches_come_in_forward_order_and_end_at_the_merge(rng):
    model = residual()
    x = rng.standard_normal((2, 8, 8, 3), dtype=np.float32)

    found = kernel_layers(model)
    trunk = model.get_layer("trunk").output
    expected = [
        trunk,
        keras.ops.relu(model.get_layer("a")(trunk)),
        model.get_layer("sum")._inbound_nodes[0].input_tensors[0],
        model.get_layer("sum")._inbound_nodes[0].input_tensors[1],
        model.outputs[0],
    ]

    assert layer_names(model) == ["Conv1", "Conv2", "Conv3", "Conv4", "Dense1"]
    assert [layer.name for layer in (found[1], found[3], found[4])] == ["a", "shortcut", "head"]
    assert_same_arrays(computed(model, x), [np.asarray(value) for value in keras.Model(model.inputs[0], expected)(x)])


def test_a_tensor_with_two_readers_ends_the_chain():
    inputs = keras.Input((4,))
    dense = layers.Dense(3)(inputs)
    model = keras.Model(inputs, layers.Add()([layers.ReLU()(dense), dense]))

    assert activations(model)[0] is dense


def nested() -> tuple[keras.Model, keras.Model]:
    """Return a model made of models, and the same layers in one chain."""
    chain = [
        layers.Conv2D(3, 3),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.Conv2D(2, 3),
        layers.ReLU(),
        layers.Flatten(),
        layers.Dense(4),
        layers.Softmax(),
    ]
    start = keras.Input((8, 8, 1))
    inner = keras.Sequential([keras.Input((6, 6, 3)), chain[1], chain[2], chain[3]])
    middle = keras.Model(start, inner(chain[0](start)))
    inputs = keras.Input((8, 8, 1))
    outer = keras.Model(inputs, chain[7](chain[6](chain[5](chain[4](middle(inputs))))))
    return outer, keras.Sequential([keras.Input((8, 8, 1)), *chain])


def test_nested_models_are_opened_and_their_neurons_followed_across_the_border(rng):
    outer, flat = nested()
    x = rng.standard_normal((3, 8, 8, 1), dtype=np.float32)
    ends = tuple(flat.layers[index].name for index in (2, 4, 7))

    assert kernel_layers(outer) == [flat.layers[0], flat.layers[3], flat.layers[6]]
    for _ in range(2):  # opening a model leaves it as it was
        assert_same_arrays(computed(outer, x), by_hand(flat, x, ends))
    assert_same_arrays([np.asarray(outer(x))], [np.asarray(flat(x))])


def test_a_layer_used_twice_has_no_single_output():
    inputs = keras.Input((3,))
    dense = layers.Dense(3, name="twice")
    model = keras.Model(inputs, dense(layers.ReLU()(dense(inputs))))

    assert kernel_layers(model) == [dense]
    with pytest.raises(InputError, match="layer 'twice' is used 2 times in the model, so that its neurons have no"):
        activations(model)


@pytest.mark.parametrize(
    "layer",
    [layers.SeparableConv1D(2, 3), layers.LSTM(2), layers.TimeDistributed(layers.Dense(2))],
    ids=["separable", "recurrent", "wrapped"],
)
def test_kernels_out_of_sight_are_refused_rather_than_left_out(layer):
    model = keras.Sequential([keras.Input((6, 3)), layer, layers.Flatten(), layers.Dense(2)])

    with pytest.raises(InputError, match=r"holds kernels out of sight \(.*kernel.*\): build the model from Conv"):
        kernel_layers(model)


def test_frozen_layers_and_layers_without_kernel_do_not_count():
    frozen = layers.Dense(3, trainable=False)
    model = keras.Sequential([keras.Input((4,)), frozen, layers.PReLU(), layers.Dense(2, name="trained")])

    assert [layer.name for layer in kernel_layers(model)] == ["trained"]
    model.pop()
    with pytest.raises(InputError, match="has no layer with a trainable kernel: give it"):
        kernel_layers(model)


# --- batch normalization ------------------------------------------------------------------------------------

SHAPES = {"images": (8, 5, 4, 3), "one pixel": (6, 1, 1, 2), "one value": (1, 1, 1, 4), "vectors": (7, 5)}


def pair(shape, **options):
    """Return the fused layer and Keras's, with the same moving averages, not at their start."""
    fused = FusedBatchNormalization(**options)
    plain = layers.BatchNormalization(scale=False, center=False, **options)
    averages = np.random.default_rng(1).uniform(0.5, 2, (2, shape[-1])).astype(np.float32)
    for layer in (fused, plain):
        layer.build((None, *shape[1:]))
        layer.set_weights(list(averages))
    return fused, plain


def outputs_and_gradient(layer, x, *, training):
    @tf.function
    def run(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, training=training)
            loss = tf.reduce_sum(tf.sin(3 * y))
        return y, tape.gradient(loss, x)

    return [np.asarray(value) for value in run(tf.constant(x))]


@pytest.mark.parametrize("training", [True, False], ids=["training", "inference"])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
def test_fused_normalization_equals_keras_in_outputs_gradients_and_averages(shape, training, rng):
    x = (rng.standard_normal(shape) * 3 + 5).astype(np.float32)
    fused, plain = pair(shape, momentum=0.7, epsilon=0.01)

    for _ in range(2):  # the averages of the first pass are read in the second
        found, expected = (outputs_and_gradient(layer, x, training=training) for layer in (fused, plain))
        np.testing.assert_allclose(found[0], expected[0], rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(found[1], expected[1], rtol=1e-4, atol=1e-5)
    for one, other in zip(fused.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-6)


def test_images_go_through_the_fused_operation_and_tiny_epsilons_do_not():
    def operations(layer):
        graph = tf.function(lambda x: layer(x, training=True)).get_concrete_function(tf.TensorSpec((None, 2, 2, 3)))
        return {operation.type for operation in graph.graph.get_operations()}

    assert "FusedBatchNormV3" in operations(pair((1, 2, 2, 3))[0])
    assert "FusedBatchNormV3" not in operations(pair((1, 2, 2, 3), epsilon=1e-7)[0])


@pytest.mark.parametrize("options", [{"epsilon": 1e-7}, {"axis": 1}], ids=["tiny epsilon", "channels first"])
def test_what_the_fused_operation_cannot_do_is_left_to_keras(options, rng):
    x = (rng.standard_normal((4, 3, 3, 3)) * 1e-3).astype(np.float32)
    fused, plain = pair(x.shape, **options)

    found, expected = (np.asarray(layer(x, training=True)) for layer in (fused, plain))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_a_frozen_normalization_uses_its_averages_and_leaves_them(rng):
    x = rng.standard_normal((4, 3, 3, 2), dtype=np.float32)
    fused, plain = pair(x.shape)
    before = fused.get_weights()
    fused.trainable = plain.trainable = False

    np.testing.assert_allclose(fused(x, training=True), plain(x, training=True), rtol=1e-5, atol=1e-6)
    assert np.array_equal(fused.get_weights(), before)


@pytest.mark.usefixtures("half_precision")
def test_normalization_in_half_precision_keeps_its_statistics_in_float32(rng):
    x = (rng.standard_normal((16, 4, 4, 3)) * 2 + 1).astype(np.float32)
    fused, plain = pair(x.shape)

    found, expected = (layer(x, training=True) for layer in (fused, plain))
    assert found.dtype == expected.dtype == tf.bfloat16
    np.testing.assert_allclose(np.asarray(found, dtype=np.float32), np.asarray(expected, dtype=np.float32), atol=0.02)
    for one, other in zip(fused.get_weights(), plain.get_weights(), strict=True):
        assert one.dtype == np.float32
        np.testing.assert_allclose(one, other, rtol=1e-5)


def test_normalization_returns_from_its_configuration():
    layer = FusedBatchNormalization(momentum=0.8, epsilon=0.02, name="n")

    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert isinstance(again, FusedBatchNormalization)
    assert again.get_config() == layer.get_config()
    assert (again.momentum, again.epsilon, again.scale, again.center) == (0.8, 0.02, False, False)


# --- What layers receive ----------------------------------------------------------------------------------------------


def test_layers_receive_what_comes_before_their_kernel_after_pooling(narrow):
    found = received(narrow)

    assert [tuple(what.inputs.shape[1:3]) for what in found[:5]] == [(32, 32), (32, 32), (16, 16), (16, 16), (8, 8)]
    assert [what.options for what in found[-2:]] == [None, None]
    assert found[0].options == {"kernel_size": (3, 3), "strides": (1, 1), "padding": "same"}
    assert found[0].inputs is narrow.inputs[0]
    assert all(what.outputs.shape == tensor.shape for what, tensor in zip(found, activations(narrow), strict=True))


def test_what_a_layer_receives_in_another_way_is_not_known():
    inputs = keras.Input((8, 8, 4))
    x = layers.Conv2D(4, 3, dilation_rate=2, padding="same")(inputs)
    x = layers.Conv2D(4, 3, groups=2)(x)
    x = layers.Dense(3)(x)
    x = layers.Conv2D(2, (3, 2), strides=(2, 1))(x)
    model = keras.Model(inputs, layers.Dense(3)(layers.Flatten()(x)))

    found = received(model)
    assert [what is None for what in found] == [True, True, True, False, False]
    assert found[3].options == {"kernel_size": (3, 2), "strides": (2, 1), "padding": "valid"}


def test_normalizations_are_found_in_nested_models_too(narrow):
    inner = keras.Sequential([keras.Input((8,)), layers.Dense(4), layers.BatchNormalization()])
    inputs = keras.Input((8,))
    outer = keras.Model(inputs, layers.BatchNormalization()(inner(inputs)))

    assert [layer.name for layer in normalizations(outer)] == [inner.layers[1].name, outer.layers[-1].name]
    assert len(normalizations(narrow)) == 15
