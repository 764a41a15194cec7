"""Which layers a network has, what their neurons answer, and what they receive."""

import keras
import numpy as np
import pytest
from keras import layers

from indicators.errors import InputError
from indicators.networks.layers import (
    activations,
    kernel_layers,
    layer_names,
    layers_of_variables,
    normalizations,
    poolings,
    received,
)


def by_hand(model: keras.Model, x: np.ndarray, keep: tuple[str, ...]) -> list[np.ndarray]:
    """The outputs of some of a chain's layers, called one after the other."""
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
    """A model made of models, and the same layers in one chain."""
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


def test_every_parameter_belongs_to_the_kernel_whose_answers_it_works_on():
    inputs = keras.Input((8, 8, 2))
    first = layers.BatchNormalization()(inputs)
    left, right = layers.Conv2D(3, 1, name="left")(first), layers.Conv2D(3, 1, use_bias=False, name="right")(first)
    left, right = layers.BatchNormalization()(left), layers.LayerNormalization()(right)
    x = layers.Flatten()(layers.PReLU()(layers.Add()([left, right])))
    model = keras.Model(inputs, layers.Dense(2, name="last")(x))
    places = {layer.name: place for place, layer in enumerate(kernel_layers(model))}

    owners = {id(v): place for v, place in zip(model.trainable_variables, layers_of_variables(model), strict=True)}

    normalizing = [layer for layer in model.layers if "normalization" in layer.name]
    expected = [0, places["left"], places["right"], places["left"], places["left"], places["right"], places["last"]]
    of_layers = [
        *normalizing,
        *(layer for layer in model.layers if layer.name.startswith("p_re")),
        *kernel_layers(model),
    ]
    for layer, place in zip(of_layers, expected, strict=True):
        assert {owners[id(variable)] for variable in layer.trainable_variables} == {place}


# --- Where poolings stand -------------------------------------------------------------------------


class Halved(layers.MaxPooling2D):
    """A user's own kind of pooling."""


def test_poolings_count_neighborhoods_of_any_kind_but_neither_strides_nor_the_whole_map():
    x = inputs = keras.Input((32, 32, 2))
    for pool in (
        layers.MaxPooling2D(2),
        layers.AveragePooling2D(1),
        layers.AdaptiveMaxPooling2D(6),
        lambda x: keras.ops.max_pool(x, 1),
        lambda x: keras.ops.average_pool(x, 1),
        Halved(2),
        layers.Conv2D(2, 1, strides=2),
        layers.GlobalAveragePooling2D(),
    ):
        x = pool(layers.Conv2D(2, 1)(x))
    model = keras.Model(inputs, layers.Dense(2)(x))

    assert list(poolings(model).values()) == [0, 1, 2, 3, 4, 5, 6, 6, 6, 6]


def test_of_several_ways_to_a_layer_the_one_with_most_poolings_counts():
    inputs = keras.Input((8, 8, 2))
    deep = layers.MaxPooling2D(2)(layers.Conv2D(2, 1, name="left")(inputs))
    deep = layers.Conv2D(2, 1, name="below")(layers.MaxPooling2D(2)(deep))
    shallow = layers.Conv2D(2, 1, strides=4, name="right")(inputs)
    model = keras.Model(inputs, layers.Dense(2)(layers.Flatten()(layers.Add()([deep, shallow]))))

    by_name = dict(zip((layer.name for layer in kernel_layers(model)), poolings(model).values(), strict=True))
    assert [by_name[name] for name in ("left", "right", "below")] == [0, 0, 2]
    assert poolings(model)["Dense1"] == 2


def test_poolings_are_counted_into_and_out_of_nested_models():
    start = keras.Input((8, 8, 2))
    inner = keras.Model(start, layers.MaxPooling2D(2)(layers.Conv2D(2, 1)(start)))
    inputs = keras.Input((16, 16, 2))
    x = layers.Conv2D(2, 1)(inner(layers.MaxPooling2D(2)(inputs)))
    outer = keras.Model(inputs, layers.Dense(2)(layers.Flatten()(x)))

    assert poolings(outer) == {"Conv1": 1, "Conv2": 2, "Dense1": 2}


def test_a_layer_used_at_two_depths_stands_at_its_first():
    inputs = keras.Input((8, 8, 2))
    shared = layers.Conv2D(2, 1)
    x = shared(layers.MaxPooling2D(2)(shared(inputs)))
    model = keras.Model(inputs, layers.Dense(2)(layers.Flatten()(x)))

    assert poolings(model) == {"Conv1": 0, "Dense1": 1}


# --- What they receive ----------------------------------------------------------------------------


def test_layers_receive_what_comes_before_their_kernel_after_pooling(narrow):
    found = received(narrow)

    assert [tuple(what.inputs.shape[1:3]) for what in found[:5]] == [(32, 32), (32, 32), (16, 16), (16, 16), (8, 8)]
    assert [what.options for what in found[-2:]] == [None, None]
    assert found[0].options == {"kernel_size": (3, 3), "strides": (1, 1), "padding": "same"}
    assert found[0].inputs is narrow.inputs[0]
    assert all(what.outputs.shape == tensor.shape for what, tensor in zip(found, activations(narrow), strict=True))


def test_what_was_pooled_is_known_of_convolutions_that_follow_a_pooling_of_maps_directly(narrow):
    pooled = [what.pooled for what in received(narrow)]

    after = [number for number, of in enumerate(pooled) if of is not None]
    assert after == [2, 4, 7, 10]
    assert [tuple(pooled[number].maps.shape[1:3]) for number in after] == [(32, 32), (16, 16), (8, 8), (4, 4)]
    assert pooled[2].options == {"pool_size": (2, 2), "pool_strides": (2, 2), "pool_padding": "valid"}


def test_a_dropout_between_changes_nothing_of_what_was_pooled_and_anything_else_does():
    inputs = keras.Input((16, 16, 2))
    x = layers.AveragePooling2D((3, 2), strides=1, padding="same")(inputs)
    x = layers.Conv2D(3, 3)(layers.Dropout(0.5)(x))
    x = layers.Conv2D(3, 3)(layers.ReLU()(layers.MaxPooling2D()(x)))
    x = layers.Conv2D(3, 1)(x + 1)
    model = keras.Model(inputs, layers.Dense(3)(layers.GlobalMaxPooling2D()(x)))

    pooled = [what.pooled for what in received(model)]

    assert pooled[0].options == {"pool_size": (3, 2), "pool_strides": (1, 1), "pool_padding": "same"}
    assert pooled[0].maps is model.inputs[0]
    assert pooled[1:] == [None, None, None]


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
