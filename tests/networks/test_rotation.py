"""The rotation of a kernel against exact arithmetic."""

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

import indicators
from indicators.networks.rotation import rotate
from tests.fixtures.vectors import angle, relative_error

RATES = st.floats(1e-6, 10)


SEEDS = st.integers(0, 2**32 - 1)


# The first call of a tensor's operation takes longer than hypothesis's deadline on a busy machine.
no_deadline = settings(deadline=None)


def exact_rotation(weights: np.ndarray, step: np.ndarray, rate: float) -> np.ndarray:
    """The steps of Layca's definition, with fifty digits: project, rescale, subtract, restore the norm."""
    with mpmath.workdps(50):
        w, s = (mpmath.matrix([mpmath.mpf(float(v)) for v in array.ravel()]) for array in (weights, step))
        norm = mpmath.norm(w)
        s = s - (s.T * w)[0] / norm**2 * w
        moved = w - mpmath.mpf(rate) * norm / mpmath.norm(s) * s
        moved *= norm / mpmath.norm(moved)
        return np.array([float(v) for v in moved]).reshape(weights.shape)


def test_rotation_by_hand_in_the_plane():
    turned = rotate(np.array([2.0, 0.0]), np.array([5.0, -3.0]), 0.75)

    np.testing.assert_allclose(turned, [1.6, 1.2], rtol=1e-15)  # atan(3/4): cosine 0.8, sine 0.6


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
        "import sys, numpy as np; from indicators.networks.rotation import rotate;"
        "rotate(np.ones(2), np.arange(2.0), 0.1); sys.exit('keras' in sys.modules)"
    )

    root = Path(indicators.__file__).parents[1]
    run = subprocess.run([sys.executable, "-c", code], cwd=root, check=False)  # noqa: S603  # our own code
    assert run.returncode == 0
