"""Courses of single weights by hand, and by what they must not depend on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicators.measures.trajectories import (
    FOLLOWED,
    Following,
    gradient_sign_flips,
    gradient_size,
    settling_time,
    weight_growth,
)

ONE_LAYER = np.zeros(3, int)


def course(*rows):
    return np.array(rows, float)


NO_GRADIENT = np.zeros((3, 3))


# Which weights are followed


def test_equally_many_weights_of_every_layer_are_followed_and_all_of_a_small_one():
    kernels = [np.arange(4000.0).reshape(10, 400), np.arange(7.0), np.arange(900.0).reshape(30, 30)]

    following = Following.start(kernels, seed=3)

    assert [len(places) for places in following.places] == [FOLLOWED // 3, 7, FOLLOWED // 3]
    assert following.arrays["layer"].tolist() == [0] * 333 + [1] * 7 + [2] * 333
    assert following.weights.tolist() == [[*following.places[0], *range(7), *following.places[2]]]
    assert following.gradients.shape == (0, 673)


def test_weights_and_gradients_are_kept_epoch_by_epoch_and_go_on_from_what_is_stored():
    kernels = [np.arange(4.0), np.arange(3.0)]
    first = Following.start(kernels, seed=0).after([k + 1 for k in kernels], [k * 0 for k in kernels])

    again = Following.start(kernels, seed=0, stored=first.arrays).after([k + 2 for k in kernels], kernels)

    start = [0, 1, 2, 3, 0, 1, 2]
    assert again.weights.tolist() == [start, [w + 1 for w in start], [w + 2 for w in start]]
    assert again.gradients.tolist() == [[0] * 7, start]


# What they did


def test_gradients_are_compared_with_their_layers_mean():
    weights = course([0, 0, 0], [1, -2, 3])
    gradients = course([1, -2, 6])

    sizes = gradient_size(weights, gradients, ONE_LAYER)

    np.testing.assert_allclose(sizes, [[1 / 3, np.nan, np.nan], [2 / 3, np.nan, np.nan], [2, np.nan, np.nan]])


def test_stages_are_thirds_of_the_epochs():
    weights = np.vstack([np.zeros(3), np.tile([1.0, 2.0, 3.0], (6, 1))])
    gradients = course([2, 1, 3], [2, 1, 3], [4, 4, 4], [2, 8, 2], [0, 3, 3], [0, 0, 6])

    sizes = gradient_size(weights, gradients, ONE_LAYER)

    np.testing.assert_allclose(sizes, [[1, 0.75, 0], [0.5, 1.5, 0.75], [1.5, 0.75, 2.25]])


def test_sign_flips_are_counted_against_the_epoch_before():
    weights = np.vstack([np.zeros(3), np.tile([1.0, 2.0, 3.0], (4, 1))])
    gradients = course([1, 1, 1], [-1, 1, 0], [1, 1, 1], [-1, -1, 1])

    flips = gradient_sign_flips(weights, gradients, ONE_LAYER)

    np.testing.assert_allclose(flips, [[1, 1, 1], [0, 0, 1], [np.nan, np.nan, 0]])


def test_growth_is_the_change_of_size_from_half_of_the_training_on():
    # Root mean squares: 1 at half, 2 at the end.
    half = np.array([1.0, 2.0, 3.0]) * np.sqrt(3 / 14)
    end = 2 * np.array([0.0, -2.0, 4.0]) * np.sqrt(3 / 20)
    weights = course([9, 9, 9], half, end)

    growth = weight_growth(weights, np.zeros((2, 3)), ONE_LAYER)

    np.testing.assert_allclose(growth, np.abs(end) / 2 - half)


def test_weights_settle_when_they_come_to_stay():
    # The first is always the smallest; the other two change places once, with the last epoch but one.
    weights = course([1, 2, 3], [1, 2, 3], [1, 2, 3], [1, 3, 2], [1, 3, 2])

    assert settling_time(weights, np.zeros((4, 3)), ONE_LAYER).tolist() == [0, 0.75, 0.75]


def test_weights_that_come_with_the_last_epoch_settle_at_one():
    weights = course([3, 2, 1], [3, 2, 1], [1, 2, 3])

    assert settling_time(weights, np.zeros((2, 3)), ONE_LAYER).tolist() == [1, 0, 1]


def test_layers_count_alike_however_many_of_their_weights_are_followed():
    quiet, moving = np.tile([1.0, 2.0, 3.0], (3, 1)), course([3, 2, 1], [3, 2, 1], [1, 2, 3])
    weights = np.hstack([quiet, quiet + 0.1, quiet + 0.2, moving])
    layer = np.repeat([0, 1], [9, 3])

    assert settling_time(weights, np.zeros((2, 12)), layer).tolist() == [0.5, 0, 0.5]


@given(st.integers(0, 10**6))
def test_random_mixing_lets_the_smallest_grow_and_the_largest_shrink(seed):
    rng = np.random.default_rng(seed)
    weights = rng.normal(size=(9, 600))

    growth = weight_growth(weights, np.zeros((8, 600)), np.zeros(600, int))

    assert growth[0] > 0.3
    assert growth[2] < -0.3


def test_sizes_are_relative_so_that_growing_together_is_no_growth():
    weights = np.outer([1.0, 2.0, 4.0], [1.0, -2.0, 3.0])

    np.testing.assert_allclose(weight_growth(weights, np.zeros((2, 3)), ONE_LAYER), 0, atol=1e-12)


@pytest.mark.parametrize("function", [gradient_size, gradient_sign_flips, weight_growth, settling_time])
@pytest.mark.parametrize(
    ("weights", "gradients"),
    [
        pytest.param(np.zeros((4, 3)), np.zeros((4, 3)), id="as many gradients as weights"),
        pytest.param(np.zeros((4, 2)), np.zeros((3, 2)), id="another layer"),
        pytest.param(np.full((4, 3), np.nan), np.zeros((3, 3)), id="NaN"),
        pytest.param(np.zeros((4, 3)), np.full((3, 3), np.inf), id="infinity"),
        pytest.param(np.zeros((0, 3)), np.zeros((0, 3)), id="nothing"),
    ],
)
def test_what_is_no_course_is_refused(function, weights, gradients):
    with pytest.raises(ValueError, match="expected"):
        function(weights, gradients, ONE_LAYER)
