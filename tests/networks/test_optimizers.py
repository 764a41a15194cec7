"""The three recipes through compiled training, and the penalty of weight decay."""

import math

import keras
import numpy as np
import pytest

from indicators.errors import InputError
from indicators.networks.kernels import DecayedSGD
from indicators.networks.optimizers import add_penalty, optimizer
from tests.fixtures.two_layers import TwoLayers


@pytest.mark.parametrize("precision", ["float64"], indirect=True)
@pytest.mark.parametrize("l2", [0.0, 0.0625])
def test_compiled_steps_of_sgd_and_wdecay_equal_the_formula(precision, l2):
    net, rate = TwoLayers(precision), 0.02
    momentum = float(np.float32(0.9))  # Keras casts it through float32
    weights = [w.astype(np.longdouble) for w in net.weights]
    buffers = [np.zeros_like(weights[i]) for i in (0, 2)]
    for _ in range(3):
        gradients = [g + 2 * l2 * weights[k] for g, k in zip(net.gradients(weights), (0, 2), strict=True)]
        buffers = [momentum * v - rate * g for v, g in zip(buffers, gradients, strict=True)]
        for k, v, g in zip((0, 2), buffers, gradients, strict=True):
            weights[k] = weights[k] + momentum * v - rate * g

    found = frozen_biases_fit(net, optimizer("wdecay", 0.02), l2, epochs=3)

    for k in (0, 2):
        np.testing.assert_allclose(found[k], weights[k].astype(float), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("precision", ["float64"], indirect=True)
@pytest.mark.parametrize("shares", [{"decay": 0.125}, {"decay_by_rate": 2.5}, {"decay": 0.125, "decay_by_rate": 2.5}])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_compiled_steps_of_decay_apart_from_the_loss_equal_the_formula(precision, shares, momentum):
    net, rate = TwoLayers(precision), 0.02
    momentum = float(np.float32(momentum))  # Keras casts it through float32
    left = 1 - shares.get("decay", 0) - shares.get("decay_by_rate", 0) * rate
    weights = [w.astype(np.longdouble) for w in net.weights]
    buffers = [np.zeros_like(weights[i]) for i in (0, 2)]
    for _ in range(3):
        gradients = net.gradients(weights)
        buffers = [momentum * v - rate * g for v, g in zip(buffers, gradients, strict=True)]
        for k, v, g in zip((0, 2), buffers, gradients, strict=True):
            weights[k] = left * weights[k] + momentum * v - rate * g

    found = frozen_biases_fit(net, optimizer("wdecay", 0.02, momentum=momentum, **shares), 0.0, epochs=3)

    for k in (0, 2):
        np.testing.assert_allclose(found[k], weights[k].astype(float), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("precision", ["float64"], indirect=True)
@pytest.mark.parametrize(
    ("shares", "left"),
    [
        pytest.param({"decay": 0.001}, 0.999, id="equation 7.2"),
        pytest.param({"decay_by_rate": 0.0005}, 1 - 0.0005 * 0.5, id="by the rate"),
    ],
)
def test_without_gradients_what_is_left_of_the_kernels_is_a_power_and_biases_stay(precision, shares, left):
    kernel, bias = (keras.Variable(np.full(shape, 2.0), dtype=precision) for shape in ((3, 2), (2,)))
    recipe = optimizer("wdecay", 0.5, **shares)
    recipe.build([kernel, bias])
    for _ in range(40):
        recipe.apply([keras.ops.zeros_like(kernel), keras.ops.zeros_like(bias)], [kernel, bias])

    np.testing.assert_allclose(kernel.numpy(), 2 * left**40, rtol=1e-12)
    np.testing.assert_array_equal(bias.numpy(), 2.0)


def test_decay_apart_from_the_loss_is_of_weight_decay_alone_and_survives_its_configuration():
    kinds = [type(optimizer(name, 0.1, decay=0.001)).__name__ for name in ("sgd", "wdecay", "layca")]
    config = optimizer("wdecay", 0.1, decay=0.001, decay_by_rate=0.25).get_config()

    assert kinds == ["SGD", "DecayedSGD", "Layca"]
    assert DecayedSGD.from_config(config).get_config() == config
    assert (config["share"], config["share_by_rate"]) == (0.001, 0.25)


def frozen_biases_fit(net: TwoLayers, recipe, l2: float, *, epochs: int) -> list[np.ndarray]:
    model = net.keras_model()
    for layer in model.layers:
        if layer.weights:
            layer.bias.trainable = False
    add_penalty(model, l2)
    model.compile(recipe, "mse", jit_compile=False)
    model.fit(net.x, net.y, batch_size=net.images, epochs=epochs, shuffle=False, verbose=0)
    return model.get_weights()


def test_the_penalty_is_the_sum_of_squared_kernels_and_counts_in_the_loss():
    net = TwoLayers("float32")
    model = net.keras_model()
    model.compile("sgd", "mse", jit_compile=False)
    plain = model.evaluate(net.x, net.y, verbose=0)
    add_penalty(model, 0.05)
    model.compile("sgd", "mse", jit_compile=False)

    penalty = 0.05 * sum((net.weights[k] ** 2).sum() for k in (0, 2))
    assert float(sum(model.losses)) == pytest.approx(penalty, rel=1e-6)
    assert model.evaluate(net.x, net.y, verbose=0) == pytest.approx(plain + penalty, rel=1e-6)
    add_penalty(model, 0)
    assert model.losses == []


@pytest.mark.parametrize(("name", "kind"), [("sgd", "SGD"), ("wdecay", "SGD"), ("layca", "Layca")])
def test_every_recipe_is_nesterov_with_its_momentum(name, kind):
    recipe = optimizer(name, 0.05, momentum=0.8)

    assert type(recipe).__name__ == kind
    assert (float(recipe.learning_rate), recipe.momentum, recipe.nesterov, recipe.weight_decay) == (
        pytest.approx(0.05),
        0.8,
        True,
        None,
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: optimizer("adam", 0.1), r"^optimizer='adam' is not one of \('sgd', 'wdecay', 'layca'\)$"),
        (lambda: optimizer("sgd", 0), r"^learning_rate=0 is not a positive number: try 0.01$"),
        (lambda: optimizer("sgd", math.inf), r"^learning_rate=inf is not a positive number"),
        (
            lambda: optimizer("layca", 0.1, momentum=1),
            r"^momentum=1 is not in \[0, 1\): the thesis uses 0.9$",
        ),
        (
            lambda: optimizer("wdecay", 0.5, decay_by_rate=2),
            r"^decay=0.0, decay_by_rate=2 take 1 of the weights at each update: the thesis takes 0.001$",
        ),
        (lambda: optimizer("wdecay", 0.5, decay=-0.1), r"^decay=-0.1, decay_by_rate=0.0 take -0.1 of the"),
        (lambda: add_penalty(None, -1), r"^l2=-1 is not a number of at least 0: the thesis uses 0.001$"),
    ],
    ids=["name", "no rate", "infinite rate", "momentum", "all of the weights", "negative decay", "penalty"],
)
def test_a_recipe_that_cannot_be_is_refused_by_its_value(call, message):
    with pytest.raises(InputError, match=message):
        call()
