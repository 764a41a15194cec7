import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays as drawn

from indicators.measures import arrays

# Checks


@pytest.mark.parametrize("kind", [bool, np.int8, np.uint64, np.float16, np.float32, np.float64])
def test_real_numbers_are_taken_as_they_are(kind):
    values = np.ones((2, 3), kind)

    assert arrays.real_numbers(values, "values") is values


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        pytest.param([1j], TypeError, r"those\.dtype=complex128 is not a real number", id="complex"),
        pytest.param([None], TypeError, r"those\.dtype=object", id="object"),
        pytest.param(np.ones(2, np.longdouble), TypeError, "at most 64 bits; convert it", id="wider than float64"),
        pytest.param(np.ones((0, 3)), ValueError, r"those\.shape=\(0, 3\) holds no values", id="empty"),
    ],
)
def test_what_holds_no_real_numbers_is_named(values, error, message):
    for check in (arrays.real_numbers, arrays.finite_vector):
        with pytest.raises(error, match=message):
            check(values, "those")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_vector_of_what_is_not_finite_is_named(value):
    with pytest.raises(ValueError, match="those holds NaN or infinity; expected finite weights: look for the epoch"):
        arrays.finite_vector([[1.0, value]], "those")


def test_a_vector_is_flat_and_of_double_precision():
    vector = arrays.finite_vector(np.array([[1, 2], [3, 4]], np.int8), "those")

    assert vector.dtype == np.float64
    np.testing.assert_array_equal(vector, [1, 2, 3, 4])


def test_a_choice_is_one_of_those_there_are():
    arrays.check_choice("scope", "layer", ("network", "layer"))

    with pytest.raises(ValueError, match=r"scope='model' is not one of \('network', 'layer'\)"):
        arrays.check_choice("scope", "model", ("network", "layer"))


# Large arrays, and magnitudes far from 1


@given(st.integers(0, 300), st.integers(1, 50), st.integers(1, 200))
def test_chunks_hold_every_row_once_and_no_more_values_than_a_step(total, width, step):
    parts = list(arrays.chunks(total, width, step))

    assert [row for part in parts for row in range(total)[part]] == list(range(total))
    assert all((part.stop - part.start) * width <= max(step, width) for part in parts)


@given(drawn(np.float64, st.integers(1, 9), elements=st.floats(-1e300, 1e300)).filter(np.any))
def test_a_mantissa_peaks_between_a_half_and_one_and_gives_the_vector_back(vector):
    scaled, exponent = arrays.mantissa(vector)

    assert 0.5 <= np.abs(scaled).max() < 1
    # What is 2^1000 times smaller than the peak is lost among the subnormals.
    np.testing.assert_allclose(np.ldexp(scaled, exponent), vector, rtol=0, atol=1e-300 * np.abs(vector).max())


# Products


def test_a_gram_matrix_holds_the_products_of_all_pairs_of_rows():
    np.testing.assert_array_equal(arrays.gram(np.array([[1.0, 2.0], [3.0, 4.0]])), [[5, 11], [11, 25]])


def test_large_products_may_be_taken_elsewhere():
    small, large = np.ones((3, 2)), np.ones((400, 300))

    try:
        arrays.take_large_grams_to(lambda vectors: np.full((len(vectors),) * 2, 7.0))

        assert np.all(arrays.gram(small) == 2)
        assert np.all(arrays.gram(large) == 7)
    finally:
        arrays.take_large_grams_to(None)
    assert np.all(arrays.gram(large) == 300)
