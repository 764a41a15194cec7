from collections import Counter
from itertools import permutations

import numpy as np
import pytest

from indicators.measures import information

# Any pairs


def test_sampled_pairs_are_uniform_over_the_pairs_of_different_neurons():
    pairs = information.sample_pairs(4, 60_000, rng=np.random.default_rng(0))
    times = np.zeros((4, 4))
    np.add.at(times, tuple(pairs.T), 1)

    assert pairs.shape == (60_000, 2)
    assert not np.diag(times).any()
    # Five thousand each, with a standard deviation of 68.
    np.testing.assert_allclose(times[~np.eye(4, dtype=bool)], 5000, atol=400)


def test_the_sampled_pairs_are_as_many_as_asked_for_even_of_two_neurons():
    pairs = information.sample_pairs(2, 7, rng=np.random.default_rng(0))

    np.testing.assert_array_equal(pairs.sum(axis=1), np.ones(7))


def test_unusable_numbers_are_named():
    with pytest.raises(ValueError, match="neurons=1, count=5"):
        information.sample_pairs(1, 5, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="neurons=5, count=0"):
        information.sample_pairs(5, 0, rng=np.random.default_rng(0))
    with pytest.raises(TypeError, match=r"rng=0 is not a numpy.random.Generator"):
        information.sample_pairs(5, 5, rng=0)


# Pairs at a distance


@pytest.mark.parametrize(
    ("shape", "distance"),
    [
        pytest.param((3, 4, 2), 0, id="same place"),
        pytest.param((3, 4, 2), 1, id="neighbors"),
        pytest.param((3, 4, 1), 2, id="two apart, one channel"),
        pytest.param((3, 4, 2), 3, id="further than the height"),
        pytest.param((1, 1, 3), 0, id="a dense layer"),
    ],
)
def test_pairs_at_a_distance_are_uniform_over_all_of_them(shape, distance):
    places = dict(enumerate(np.ndindex(shape)))
    expected = {
        pair
        for pair in permutations(places, 2)
        if max(abs(a - b) for a, b in zip(*(places[flat][:2] for flat in pair), strict=True)) == distance
    }
    count = 400 * len(expected)
    drawn = information.sample_pairs_at_distance(shape, distance, count, rng=np.random.default_rng(0))
    times = Counter(map(tuple, drawn.tolist()))

    assert drawn.shape == (count, 2)
    assert set(times) == expected
    # Four hundred each, with a standard deviation of 20.
    assert all(280 < number < 520 for number in times.values())


def test_the_numbers_are_those_of_the_flattened_layer():
    layer = np.random.default_rng(0).random((5, 6, 7, 3))
    rows, columns = np.meshgrid(range(6), range(7), indexing="ij")
    places = np.stack([rows, columns], axis=-1)[:, :, np.newaxis].repeat(3, axis=2).reshape(-1, 2)
    drawn = information.sample_pairs_at_distance(layer.shape[1:], 4, 500, rng=np.random.default_rng(1))

    assert drawn.max() < layer.reshape(5, -1).shape[1]
    assert (np.abs(places[drawn[:, 0]] - places[drawn[:, 1]]).max(axis=1) == 4).all()


@pytest.mark.parametrize(
    ("shape", "distance", "count", "message"),
    [
        pytest.param((3, 4, 2), 4, 5, "distance=4", id="too far"),
        pytest.param((3, 4, 2), -1, 5, "distance=-1", id="negative"),
        pytest.param((3, 4, 2), 1, 0, "count=0", id="none"),
        pytest.param((3, 4, 1), 0, 5, "need two channels", id="one channel"),
        pytest.param((1, 1, 1), 0, 5, "no such pair", id="one neuron"),
        pytest.param((3, 4), 1, 5, r"shape=\(3, 4\) is not \(height, width, channels\)", id="no channels"),
        pytest.param((3, 0, 2), 1, 5, "each at least 1", id="empty"),
    ],
)
def test_pairs_that_do_not_exist_are_named(shape, distance, count, message):
    with pytest.raises(ValueError, match=message):
        information.sample_pairs_at_distance(shape, distance, count, rng=np.random.default_rng(0))


def test_a_seed_for_a_generator_is_named():
    with pytest.raises(TypeError, match=r"rng=3 is not a numpy.random.Generator"):
        information.sample_pairs_at_distance((2, 2, 1), 1, 5, rng=3)
