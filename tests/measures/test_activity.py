import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from indicators.measures import activity

rectified = st.sampled_from([np.float16, np.float32, np.float64]).flatmap(
    lambda dtype: arrays(
        dtype,
        array_shapes(min_dims=2, max_dims=2, max_side=8),
        elements=st.just(0.0) | st.floats(0, 100, width=16),
    )
)
QUESTIONS = {
    "pathological": activity.pathological,
    "pathological_channels": lambda activations: activity.pathological_channels(activations, np.shape(activations)[-1]),
    "zero_ratio": activity.zero_ratio,
    "zero_ratio_binarized": lambda activations: activity.zero_ratio(activations, of="binarized"),
    "active_share": activity.active_share,
    "activity_entropy": activity.activity_entropy,
}
VALUED = {
    "mean_activations": activity.mean_activations,
    "class_selectivity": lambda activations: activity.class_selectivity(activations, np.arange(len(activations)) % 2),
}


def test_pathological_by_hand():
    activations = np.array([[0.0, 1.0, 0.0, -1.0, 1e-30], [0.0, 2.0, 1.0, 0.0, 3.0]])
    never, always = activity.pathological(activations)

    np.testing.assert_array_equal(never, [True, False, False, True, False])
    np.testing.assert_array_equal(always, [False, True, False, False, True])


def test_pathological_channels_by_hand():
    # Two images of 2 x 1 places with five channels: dead, dead at one place, alive, always on at one place, always on.
    activations = np.array(
        [
            [[[0.0, 0.0, 1.0, 2.0, 3.0]], [[0.0, 4.0, 0.0, 0.0, 1.0]]],
            [[[-1.0, 0.0, 0.0, 5.0, 1.0]], [[0.0, 0.0, 0.0, 2.0, 9.0]]],
        ]
    )
    never, always = activity.pathological_channels(activations.reshape(2, -1), 5)

    np.testing.assert_array_equal(never, [True, False, False, False, False])
    np.testing.assert_array_equal(always, [False, False, False, False, True])


@st.composite
def maps(draw):
    """Activations after ReLU, (images, height, width, channels)."""
    shape = draw(array_shapes(min_dims=4, max_dims=4, max_side=3))
    # Few values, so that whole channels are often zero, or above.
    return draw(arrays(np.float32, shape, elements=st.sampled_from([0.0, 0.0, 0.5, 3.0])))


@settings(deadline=None)
@given(maps())
def test_pathological_channels_agree_with_maxima_and_minima_of_their_maps(activations):
    images, *_, channels = activations.shape
    never, always = activity.pathological_channels(activations.reshape(images, -1), channels)

    np.testing.assert_array_equal(never, activations.max(axis=(0, 1, 2)) == 0)
    np.testing.assert_array_equal(always, activations.min(axis=(0, 1, 2)) > 0)


@settings(deadline=None)
@given(maps())
def test_a_dead_channel_is_dead_at_every_place_so_that_fewer_channels_are_dead_than_places(activations):
    images, *_, channels = activations.shape
    flat = activations.reshape(images, -1)

    for of_channels, of_places in zip(
        activity.pathological_channels(flat, channels), activity.pathological(flat), strict=True
    ):
        places = of_places.reshape(-1, channels)
        assert places[:, of_channels].all()
        assert of_channels.mean() <= of_places.mean() + 1e-12
        np.testing.assert_array_equal(of_channels, places.all(axis=0))


@settings(deadline=None)
@given(rectified)
def test_without_places_the_neurons_are_the_channels(activations):
    for found, expected in zip(
        activity.pathological_channels(activations, activations.shape[1]),
        activity.pathological(activations),
        strict=True,
    ):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("channels", [0, -3, 4, 12])
def test_channels_that_do_not_divide_the_neurons_are_named(channels):
    with pytest.raises(ValueError, match=f"channels={channels} does not divide 6 neurons; give the last axis of"):
        activity.pathological_channels(np.ones((2, 6)), channels)


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


def test_active_share_entropy_and_mean_by_hand():
    activations = np.array([[0.0, 1.0, -3.0, 5.0], [0.0, 0.0, 2.0, 5.0], [0.0, 0.0, 0.0, 5.0], [0.0, 9.0, 0.0, 5.0]])

    np.testing.assert_array_equal(activity.active_share(activations), [0, 0.5, 0.25, 1])
    np.testing.assert_array_equal(activity.mean_activations(activations), [0, 2.5, -0.25, 5])
    np.testing.assert_allclose(
        activity.activity_entropy(activations), [0, math.log(2), math.log(4) - 0.75 * math.log(3), 0], rtol=1e-15
    )


def test_class_selectivity_by_hand():
    labels = [7, 7, 3, 3, 5]
    neurons = [[1.0, 3, 0, 0, 0], [2.0, 2, 2, 2, 2], [0.0, 0, 0, 0, 0], [1.0, 1, 1, 1, 6], [4.0, 0, 1, 0, 0]]
    activations = np.array(neurons).T

    # One class only; all alike; silent; 6 beside 1 and 1; 2 beside 0.5 and 0, however many images each class has.
    np.testing.assert_allclose(
        activity.class_selectivity(activations, labels), [1, 0, math.nan, 5 / 7, 1.75 / 2.25], rtol=1e-15
    )


def test_a_single_class_leaves_selectivity_undefined():
    assert np.isnan(activity.class_selectivity(np.ones((4, 3)), [2, 2, 2, 2])).all()
    assert np.isnan(activity.class_selectivity([[1.0]], [0])).all()


@settings(deadline=None)
@given(rectified, st.data())
def test_class_selectivity_agrees_with_means_of_means_and_ignores_names_scale_and_order(activations, data):
    images, neurons = activations.shape
    labels = np.array(data.draw(st.lists(st.integers(-1, 2), min_size=images, max_size=images)))
    order = np.array(data.draw(st.permutations(range(images))))
    values = activity.class_selectivity(activations, labels)

    for neuron in range(neurons):
        column = activations[:, neuron].astype(np.float64)
        means = sorted(column[labels == label].mean() for label in set(labels.tolist()))
        if len(means) == 1 or means[-1] == 0:
            assert math.isnan(values[neuron])
        else:
            others = sum(means[:-1]) / (len(means) - 1)
            assert values[neuron] == pytest.approx((means[-1] - others) / (means[-1] + others), abs=1e-12)
            assert 0 <= values[neuron] <= 1
    np.testing.assert_allclose(activity.class_selectivity(activations[order], labels[order]), values, atol=1e-12)
    np.testing.assert_allclose(activity.class_selectivity(activations, 10 - labels), values, atol=1e-12)
    np.testing.assert_allclose(
        activity.class_selectivity(activations.astype(np.float64) * 2.0**-30, labels), values, atol=1e-12
    )


def test_means_neither_overflow_nor_lose_the_digits_of_float32():
    steady = np.full((1000, 2), 0.1, dtype=np.float32)
    huge = np.full((4, 2), 1e308)

    np.testing.assert_allclose(activity.mean_activations(steady), np.float64(np.float32(0.1)), rtol=1e-14)
    np.testing.assert_allclose(activity.mean_activations(huge), 1e308)
    np.testing.assert_array_equal(activity.class_selectivity(huge, [0, 0, 1, 1]), 0)


@settings(deadline=None)
@given(rectified)
def test_active_share_is_what_the_zeros_leave_and_the_pathological_have_no_entropy(activations):
    never, always = activity.pathological(activations)
    share, spread = activity.active_share(activations), activity.activity_entropy(activations)

    np.testing.assert_allclose(share, 1 - activity.zero_ratio(activations), rtol=1e-15)
    np.testing.assert_array_equal(spread == 0, never | always)
    assert (spread <= math.log(2) + 1e-15).all()
    np.testing.assert_allclose(
        activity.mean_activations(activations), activations.astype(float).mean(axis=0), rtol=1e-13
    )


def test_zero_ratio_of_more_neurons_than_one_step_holds():
    rng = np.random.default_rng(0)
    activations = np.maximum(rng.standard_normal((600, 5000), dtype=np.float32), 0)
    means = activations.astype(np.float64).mean(axis=0)

    np.testing.assert_allclose(activity.zero_ratio(activations), (activations == 0).mean(axis=0), rtol=1e-15)
    np.testing.assert_allclose(
        activity.zero_ratio(activations, of="binarized"), (activations <= means).mean(axis=0), rtol=1e-15
    )


@pytest.mark.parametrize("question", (QUESTIONS | VALUED).values(), ids=QUESTIONS | VALUED)
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


@pytest.mark.parametrize(
    ("activations", "labels", "error", "message"),
    [
        pytest.param([[1.0], [-0.5]], [0, 1], ValueError, "reach down to -0.5; selectivity takes", id="before ReLU"),
        pytest.param([[1.0], [0.5]], [0, 1, 0], ValueError, r"labels.shape=\(3,\) is not \(2,\)", id="too many"),
        pytest.param([[1.0], [0.5]], [0.0, 1.0], TypeError, "float64 is not an integer", id="float labels"),
    ],
)
def test_selectivity_names_what_it_cannot_use(activations, labels, error, message):
    with pytest.raises(error, match=message):
        activity.class_selectivity(activations, labels)


def test_an_unknown_kind_of_zero_is_named():
    with pytest.raises(ValueError, match=r"of='weights' is not one of \('activations', 'binarized'\)"):
        activity.zero_ratio(np.ones((2, 2)), of="weights")
