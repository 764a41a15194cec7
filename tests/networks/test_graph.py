"""The graph of a model: its operations in order, and what each is called on."""

from itertools import pairwise

import keras
import pytest
from keras import layers

from indicators.errors import InputError
from indicators.networks.graph import calls, operations, require_graph


def chain():
    """A model within a model, and the three layers that it is made of, in order."""
    first, middle, last = layers.Dense(3), layers.ReLU(), layers.Dense(2)
    inner = keras.Sequential([keras.Input((3,)), middle])
    inputs = keras.Input((4,))
    return keras.Model(inputs, last(inner(first(inputs)))), [first, middle, last]


def test_operations_of_nested_models_come_in_their_place():
    model, expected = chain()

    assert list(operations(model)) == expected


def test_calls_of_a_nested_model_are_on_tensors_that_the_outer_inputs_reach():
    model, expected = chain()

    found = calls(model)
    assert [call.operation for call in found] == expected
    assert found[0].inputs[0] is model.inputs[0]
    assert all(one.outputs[0] is other.inputs[0] for one, other in pairwise(found))
    assert keras.Model(model.inputs, found[-1].outputs).output_shape == (None, 2)


def test_a_model_without_nested_ones_is_called_on_its_own_tensors():
    inputs = keras.Input((4,))
    hidden = layers.Dense(3)(inputs)
    outputs = layers.ReLU()(hidden)

    found = calls(keras.Model(inputs, outputs))
    assert [(call.inputs[0], call.outputs[0]) for call in found] == [(inputs, hidden), (hidden, outputs)]


def test_a_layer_that_is_used_twice_is_called_twice():
    inputs = keras.Input((3,))
    dense = layers.Dense(3)

    found = calls(keras.Model(inputs, dense(dense(inputs))))
    assert [call.operation for call in found] == [dense, dense]


def test_a_model_that_shows_no_graph_is_refused_with_what_to_do():
    model = keras.Sequential([layers.Dense(2)], name="blind")

    with pytest.raises(InputError, match=r"^model 'blind' \(Sequential\) shows no graph: make it with keras.Model\("):
        require_graph(model)
