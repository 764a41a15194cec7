import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from indicators import activity

rectified = st.sampled_from([np.float16, np.float32, np.float64]).flatmap(
    lambda dtype: arrays(
        dtype,
        array_shapes(min_dims=2, max_dims=2, max_side=8),
        elements=st.just(0.0) | st.floats(0, 100, width=16),
    )
)
QUESTIONS = {
    "pathological": activity.pathological,
    "zero_ratio": activity.zero_ratio,
    "zero_ratio_binarized": lambda activations: activity.zero_ratio(activations, of="binarized"),
}


def test_pathological_by_hand():
    activations = np.array([[0.0, 1.0, 0.0, -1.0, 1e-30], [0.0, 2.0, 1.0, 0.0, 3.0]])
    never, always = activity.pathological(activations)

    np.testing.assert_array_equal(never, [True, False, False, True, False])
    np.testing.assert_array_equal(always, [False, True, False, False, True])


def test_zero_ratio_by_hand_counts_exact_zeros_or_images_not_above_the_mean():
    activations = np.array([[0.0, 1.0, 0.0, 5.0], [-0.0, 2.0, 0.0, 5.0], [0.0, 0.0, 0.0, 5.0], [0.0, 9.0, 4.0, 5.0]])

    np.testing.assert_array_equal(activity.zero_ratio(activations), [1, 0.25, 0.75, 0])
    np.testing.assert_array_equal(activity.zero_ratio(activations, of="binarized"), [1, 0.75, 0.75, 1])


@settings(deadline=None)
@given(rectified)
def test_a_neuron_is_never_active_just_when_all_its_values_are_zero(activations):
    never, always = activity.pathological(activations)
    ratio = activity.zero_ratio(activations)

    np.testing.assert_array_equal(never, [all(value == 0 for value in column) for column in activations.T])
    np.testing.assert_array_equal(always, [all(value > 0 for value in column) for column in activations.T])
    np.testing.assert_array_equal(never, ratio == 1)
    np.testing.assert_array_equal(always, ratio == 0)


@settings(deadline=None)
@given(rectified, st.data())
def test_images_neurons_scale_and_layout_do_not_matter(activations, data):
    images = data.draw(st.permutations(range(activations.shape[0])))
    neurons = data.draw(st.permutations(range(activations.shape[1])))
    wider = 8.0 * activations.astype(np.float64)
    kept = activations.copy()

    for question in QUESTIONS.values():
        expected = np.atleast_2d(question(activations))
        np.testing.assert_array_equal(np.atleast_2d(question(activations[images])), expected)
        np.testing.assert_array_equal(np.atleast_2d(question(activations[:, neurons])), expected[:, neurons])
        np.testing.assert_array_equal(np.atleast_2d(question(np.asfortranarray(wider))), expected)
    np.testing.assert_array_equal(activations, kept)


def test_zero_ratio_of_more_neurons_than_one_step_holds():
    rng = np.random.default_rng(0)
    activations = np.maximum(rng.standard_normal((600, 5000), dtype=np.float32), 0)
    means = activations.astype(np.float64).mean(axis=0)

    np.testing.assert_allclose(activity.zero_ratio(activations), (activations == 0).mean(axis=0), rtol=1e-15)
    np.testing.assert_allclose(
        activity.zero_ratio(activations, of="binarized"), (activations <= means).mean(axis=0), rtol=1e-15
    )


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
@pytest.mark.parametrize(
    ("activations", "error", "message"),
    [
        pytest.param([[1.0, math.nan], [1.0, 1.0]], ValueError, "NaN or infinity", id="NaN"),
        pytest.param([[1.0, 1.0], [math.inf, 1.0]], ValueError, "NaN or infinity", id="infinity"),
        pytest.param([[1.0, 1.0], [-math.inf, 1.0]], ValueError, "NaN or infinity", id="minus infinity"),
        pytest.param(np.ones((2, 3, 4)), ValueError, r"is not \(images, neurons\); flatten", id="unflattened"),
        pytest.param(np.ones((0, 3)), ValueError, "holds no values", id="no images"),
        pytest.param(np.ones((3, 0)), ValueError, "holds no values", id="no neurons"),
        pytest.param(np.ones((2, 2), complex), TypeError, "complex128", id="complex"),
        pytest.param([["a"]], TypeError, "<U1", id="text"),
    ],
)
def test_unusable_activations_are_named(question, activations, error, message):
    with pytest.raises(error, match=message):
        question(activations)


def test_an_unknown_kind_of_zero_is_named():
    with pytest.raises(ValueError, match=r"of='weights' is not one of \('activations', 'binarized'\)"):
        activity.zero_ratio(np.ones((2, 2)), of="weights")
