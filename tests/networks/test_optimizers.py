"""The three recipes through compiled training, and the penalty of weight decay."""

import math

import numpy as np
import pytest

from indicators.errors import InputError
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
        (lambda: add_penalty(None, -1), r"^l2=-1 is not a number of at least 0: the thesis uses 0.001$"),
    ],
    ids=["name", "no rate", "infinite rate", "momentum", "penalty"],
)
def test_a_recipe_that_cannot_be_is_refused_by_its_value(call, message):
    with pytest.raises(InputError, match=message):
        call()
