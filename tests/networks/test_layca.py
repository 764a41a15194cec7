"""Layca through compiled training, beside its definition written out in NumPy."""

import math

import keras
import numpy as np
import pytest

from indicators.networks.layca import Layca
from indicators.networks.optimizers import optimizer
from tests.fixtures.two_layers import TwoLayers
from tests.fixtures.vectors import angle, relative_error

RATES_OF_TRAINING = [0.03] * 30 + [0.006] * 30


def exact_layca(net: TwoLayers, rates: list[float], momentum: float) -> list[np.ndarray]:
    """All weights after training the kernels by Layca's definition, in extended precision."""
    weights = [w.astype(np.longdouble) for w in net.weights]
    buffers = [np.zeros_like(weights[i]) for i in (0, 2)]
    for rate in rates:
        for i, (index, gradient) in enumerate(zip((0, 2), net.gradients(weights), strict=True)):
            buffers[i] = momentum * buffers[i] - rate * gradient
            step = -(momentum * buffers[i] - rate * gradient)
            w = weights[index]
            norm = np.sqrt((w * w).sum())
            step = step - (step * w).sum() * w / norm**2
            step = step / np.sqrt((step * step).sum()) * norm
            w = w - rate * step
            weights[index] = w / np.sqrt((w * w).sum()) * norm
    return weights


@pytest.mark.parametrize(
    ("precision", "momentum", "tolerance"),
    [("float64", 0.9, 1e-10), ("float64", 0.0, 1e-10), ("float32", 0.9, 1e-4)],
    ids=["float64", "without momentum", "float32"],
    indirect=["precision"],
)
def test_sixty_compiled_steps_of_layca_follow_its_definition(precision, momentum, tolerance):
    net = TwoLayers(precision)

    trained = net.train(Layca(0.03, momentum=momentum), RATES_OF_TRAINING)[-1]
    exact = exact_layca(net, RATES_OF_TRAINING, momentum)

    for index in (0, 2):
        assert relative_error(trained[index], net.weights[index]) > 0.1  # it did move
        assert relative_error(trained[index], exact[index].astype(float)) < tolerance
    for index in (1, 3):
        np.testing.assert_array_equal(trained[index], net.weights[index])


def test_every_compiled_step_of_layca_turns_every_kernel_by_its_rate_and_keeps_its_norm():
    history = TwoLayers("float32").train(optimizer("layca", 0.03), RATES_OF_TRAINING)

    for before, after, rate in zip(history, history[1:], RATES_OF_TRAINING, strict=False):
        for index in (0, 2):
            assert angle(before[index], after[index]) == pytest.approx(math.atan(rate), rel=1e-4)
            assert np.linalg.norm(after[index]) == pytest.approx(np.linalg.norm(history[0][index]), rel=1e-6)


def test_layca_leaves_the_parameters_of_normalization_alone(rng):
    model = keras.Sequential([keras.Input((5,)), keras.layers.BatchNormalization(), keras.layers.Dense(2)])
    model.compile(Layca(0.1), "mse", jit_compile=False)
    before = [np.asarray(v) for v in model.trainable_variables]
    model.fit(rng.standard_normal((8, 5)), rng.standard_normal((8, 2)), verbose=0)

    moved = [not np.array_equal(a, b) for a, b in zip(before, model.trainable_variables, strict=True)]
    assert moved == [False, False, True, False]


def test_layca_returns_from_its_configuration():
    layca = Layca(0.02, momentum=0.7, name="turning")

    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layca))
    assert type(again) is Layca
    assert again.get_config() == layca.get_config()
    assert (float(again.learning_rate), again.momentum) == (pytest.approx(0.02), 0.7)
