"""Layca's rotation against exact arithmetic, and the three recipes through compiled training."""

import math
import subprocess
import sys
from pathlib import Path

import keras
import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.errors import InputError
from indicators.networks import optimizers
from indicators.networks.optimizers import Layca, add_penalty, optimizer, rotate

RATES = st.floats(1e-6, 10)
SEEDS = st.integers(0, 2**32 - 1)
# The first call of a tensor's operation takes longer than hypothesis's deadline on a busy machine.
no_deadline = settings(deadline=None)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def exact_rotation(weights: np.ndarray, step: np.ndarray, rate: float) -> np.ndarray:
    """Project, rescale, subtract, restore the norm: the steps of Layca's definition, with fifty digits."""
    with mpmath.workdps(50):
        w, s = (mpmath.matrix([mpmath.mpf(float(v)) for v in array.ravel()]) for array in (weights, step))
        norm = mpmath.norm(w)
        s = s - (s.T * w)[0] / norm**2 * w
        moved = w - mpmath.mpf(rate) * norm / mpmath.norm(s) * s
        moved *= norm / mpmath.norm(moved)
        return np.array([float(v) for v in moved]).reshape(weights.shape)


def relative_error(found, expected: np.ndarray) -> float:
    difference = np.asarray(found, dtype=np.float64) - expected
    return float(np.linalg.norm(difference) / np.linalg.norm(expected))


def angle(one: np.ndarray, other: np.ndarray) -> float:
    a, b = (np.ravel(v).astype(np.float64) for v in (one, other))
    a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
    return 2 * math.atan2(np.linalg.norm(a - b), np.linalg.norm(a + b))


@pytest.fixture
def precision(request):
    """Make Keras compute in this precision, losses and learning rates included."""
    before = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx(request.param)
    keras.config.set_dtype_policy(request.param)
    yield request.param
    keras.config.set_floatx(before[0])
    keras.config.set_dtype_policy(before[1])


# --- rotate -------------------------------------------------------------------------------------------------


def test_rotation_by_hand_in_the_plane():
    turned = rotate(np.array([2.0, 0.0]), np.array([5.0, -3.0]), 0.75)

    np.testing.assert_allclose(turned, [1.6, 1.2], rtol=1e-15)  # atan(3/4): cosine .8, sine .6


@no_deadline
@given(seed=SEEDS, rate=RATES, size=st.integers(2, 40), length=st.floats(1e-3, 1e6), along=st.floats(-5, 5))
def test_rotation_in_float64_is_exact_to_1e_11(seed, rate, size, length, along):
    rng = np.random.default_rng(seed)
    weights = rng.standard_normal(size)
    step = length * (rng.standard_normal(size) + along * weights)

    assert relative_error(rotate(weights, step, rate), exact_rotation(weights, step, rate)) < 1e-11


@no_deadline
@given(seed=SEEDS, rate=st.floats(1e-4, 1), along=st.floats(-5, 5))
def test_rotation_of_float32_arrays_and_tensors_is_exact_to_2e_7(seed, rate, along):
    rng = np.random.default_rng(seed)
    weights = rng.standard_normal((3, 3, 2, 4)).astype(np.float32)
    step = (rng.standard_normal(weights.shape) + along * weights).astype(np.float32)
    exact = exact_rotation(weights, step, rate)

    of_array = rotate(weights, step, rate)
    of_tensor = rotate(*map(keras.ops.convert_to_tensor, (weights, step)), rate)

    assert of_array.dtype == np.float32
    assert relative_error(of_array, exact) < 2e-7
    assert keras.backend.standardize_dtype(of_tensor.dtype) == "float32"
    assert relative_error(of_tensor, exact) < 2e-7


def test_rotation_of_a_large_float32_tensor_is_exact_to_2e_7(rng):
    weights = rng.uniform(-0.0255, 0.0255, (3, 3, 512, 512)).astype(np.float32)
    step = 1e-4 * rng.standard_normal(weights.shape, dtype=np.float32) + weights

    found = rotate(*map(keras.ops.convert_to_tensor, (weights, step)), 0.001)
    assert relative_error(found, rotate(weights.astype(float), step.astype(float), 0.001)) < 2e-7


@no_deadline
@given(seed=SEEDS, rate=RATES)
def test_rotation_keeps_the_norm_and_turns_by_the_arctangent_of_the_rate(seed, rate):
    weights, step = np.random.default_rng(seed).standard_normal((2, 4, 5))

    turned = rotate(weights, step, rate)
    assert np.linalg.norm(turned) == pytest.approx(np.linalg.norm(weights), rel=1e-14)
    assert angle(weights, turned) == pytest.approx(math.atan(rate), rel=1e-9)


@no_deadline
@given(seed=SEEDS, rate=st.floats(1e-3, 1), length=st.floats(1e-3, 1e3), along=st.floats(-10, 10))
def test_neither_the_length_of_the_step_nor_its_part_along_the_weights_matters(seed, rate, length, along):
    weights, step = np.random.default_rng(seed).standard_normal((2, 9))

    np.testing.assert_allclose(
        rotate(weights, length * step + along * weights, rate),
        rotate(weights, step, rate),
        rtol=0,
        atol=1e-11,
    )


def test_rotation_goes_against_the_step(rng):
    weights, step = rng.standard_normal((2, 30))

    assert (rotate(weights, step, 0.1) - weights) @ step < 0
    np.testing.assert_allclose(rotate(weights, step, -0.1), rotate(weights, -step, 0.1), rtol=1e-12)


ARRAY_OR_TENSOR = pytest.mark.parametrize("kind", [np.asarray, keras.ops.convert_to_tensor], ids=["array", "tensor"])


@ARRAY_OR_TENSOR
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("factor", [0.7, -3.3, 1e6])
def test_a_step_along_the_weights_does_not_turn_them(kind, dtype, factor, rng):
    weights = rng.standard_normal((3, 3, 64, 128)).astype(dtype)
    step = (weights * np.asarray(factor, dtype)).astype(dtype)  # rounded: not quite along the weights

    turned = rotate(kind(weights), kind(step), 0.5)
    np.testing.assert_array_equal(np.asarray(turned), weights)


@ARRAY_OR_TENSOR
def test_the_smallest_step_that_turns_is_1e_7_across_the_weights(kind):
    weights = np.array([3.0, 0.0])

    below, above = (np.asarray(rotate(kind(weights), kind(np.array([0.0, size])), 0.5)) for size in (0.9e-7, 1.1e-7))
    np.testing.assert_array_equal(below, weights)
    assert angle(above, weights) == pytest.approx(math.atan(0.5))


@ARRAY_OR_TENSOR
def test_zero_weights_stay_zero(kind, rng):
    step = rng.standard_normal((2, 3)).astype(np.float32)

    np.testing.assert_array_equal(np.asarray(rotate(kind(np.zeros_like(step)), kind(step), 0.5)), 0)


@ARRAY_OR_TENSOR
@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")  # what is tested
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_step_that_is_not_finite_is_not_taken_for_no_step(kind, bad):
    turned = rotate(kind(np.array([1.0, 2.0])), kind(np.array([bad, 1.0])), 0.5)

    assert np.isnan(np.asarray(turned)).any()


@ARRAY_OR_TENSOR
def test_weights_and_step_of_different_shapes_are_refused(kind):
    with pytest.raises(ValueError, match=r"^step.shape=\(3, 2\) is not weights.shape=\(2, 3\): pass the step of"):
        rotate(kind(np.ones((2, 3))), kind(np.ones((3, 2))), 0.1)


def test_rotating_an_array_imports_no_keras():
    code = (
        "import sys, numpy as np; from indicators.networks.optimizers import rotate;"
        "rotate(np.ones(2), np.arange(2.0), 0.1); sys.exit('keras' in sys.modules)"
    )

    root = Path(optimizers.__file__).parents[1]
    run = subprocess.run([sys.executable, "-c", code], cwd=root, check=False)  # noqa: S603  # our own code
    assert run.returncode == 0


def test_the_module_has_no_other_late_attribute():
    with pytest.raises(AttributeError, match=r"module 'indicators.networks.optimizers' has no attribute 'Adam'"):
        optimizers.Adam  # noqa: B018


# --- Layca through compiled training ------------------------------------------------------------------------


class TwoLayers:
    """A convolution of 2 x 2 at stride 2, tanh, a dense layer, squared error: in NumPy and in Keras."""

    images, side, channels, filters, outputs = 12, 4, 2, 3, 2

    def __init__(self, dtype: str, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.dtype = dtype
        self.x = rng.standard_normal((self.images, self.side, self.side, self.channels)).astype(dtype)
        self.y = rng.standard_normal((self.images, self.outputs)).astype(dtype)
        kernel = rng.standard_normal((2, 2, self.channels, self.filters)) * 0.4
        dense = rng.standard_normal((4 * self.filters, self.outputs)) * 0.4
        biases = rng.standard_normal(self.filters), rng.standard_normal(self.outputs)
        self.weights = [v.astype(dtype) for v in (kernel, biases[0], dense, biases[1])]

    def keras_model(self) -> keras.Model:
        model = keras.Sequential(
            [
                keras.Input((self.side, self.side, self.channels)),
                keras.layers.Conv2D(self.filters, 2, strides=2, activation="tanh"),
                keras.layers.Flatten(),
                keras.layers.Dense(self.outputs),
            ]
        )
        model.set_weights(self.weights)
        return model

    def gradients(self, weights: list[np.ndarray]) -> list[np.ndarray]:
        """Return the gradients of the mean squared error with respect to the two kernels."""
        kernel, bias, dense, dense_bias = (w.astype(np.longdouble) for w in weights)
        half = self.side // 2
        patches = self.x.reshape(self.images, half, 2, half, 2, self.channels).transpose(0, 1, 3, 2, 4, 5)
        patches = patches.reshape(-1, 4 * self.channels)
        hidden = np.tanh(patches @ kernel.reshape(-1, self.filters) + bias)
        flat = hidden.reshape(self.images, -1)
        error = 2 * (flat @ dense + dense_bias - self.y) / self.y.size
        back = (error @ dense.T).reshape(hidden.shape) * (1 - hidden**2)
        return [(patches.T @ back).reshape(kernel.shape), flat.T @ error]

    def train(self, optimizer, rates: list[float]) -> list[list[np.ndarray]]:
        """Return all weights after each compiled step; each step is on all images, at its own rate."""
        model = self.keras_model()
        model.compile(optimizer, "mse", jit_compile=False)
        history: list[list[np.ndarray]] = [model.get_weights()]
        x, y = np.tile(self.x, (len(rates), 1, 1, 1)), np.tile(self.y, (len(rates), 1))
        model.fit(x, y, batch_size=self.images, shuffle=False, verbose=0, callbacks=[Steps(rates, history)])
        return history


class Steps(keras.callbacks.Callback):
    """Sets the rate before each step and keeps the weights after it."""

    def __init__(self, rates: list[float], history: list[list[np.ndarray]]) -> None:
        super().__init__()
        self.rates, self.history = rates, history

    def on_train_batch_begin(self, batch, logs=None):  # noqa: ARG002
        self.model.optimizer.learning_rate = self.rates[batch]

    def on_train_batch_end(self, batch, logs=None):  # noqa: ARG002
        self.history.append(self.model.get_weights())


def exact_layca(net: TwoLayers, rates: list[float], momentum: float) -> list[np.ndarray]:
    """Train the kernels by Layca's definition, in extended precision."""
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


RATES_OF_TRAINING = [0.03] * 30 + [0.006] * 30


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


# --- recipes ------------------------------------------------------------------------------------------------


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
