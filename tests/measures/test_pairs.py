import math
import tracemalloc
from collections import Counter
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import normalized_mutual_info_score

from indicators.measures import information, pairs

METHODS = information.AVERAGE_METHODS

layers = arrays(np.bool_, st.tuples(st.integers(1, 70), st.integers(2, 7)))


def triangle(neurons):
    return np.array(list(combinations(range(neurons), 2)))


# All pairs


def test_all_pairs_by_hand():
    # Equal, independent of them, never active twice.
    active = np.array([[1, 1, 1, 0, 0], [1, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 0, 0]], dtype=bool)
    found = pairs.all_pairs(active, bins=4)

    assert found.pairs == 10
    assert found.live_pairs == 3
    assert found.mean == 2 / 10
    assert found.live_mean == 1 / 3
    np.testing.assert_array_equal(found.histogram, [8, 0, 0, 2])


def test_a_layer_where_nothing_varies_has_no_live_pairs():
    found = pairs.all_pairs(np.zeros((5, 3), dtype=bool), bins=2)

    assert (found.mean, found.pairs, found.live_pairs) == (1.0, 3, 0)
    assert math.isnan(found.live_mean)
    np.testing.assert_array_equal(found.histogram, [0, 3])


@settings(deadline=None, max_examples=40)
@given(layers, st.sampled_from(METHODS), st.integers(1, 12))
def test_all_pairs_are_those_of_scikit_learn(active, average_method, bins):
    neurons = active.shape[1]
    expected = np.clip(
        [normalized_mutual_info_score(*active[:, p].T, average_method=average_method) for p in triangle(neurons)], 0, 1
    )
    alive = information.live(active)[triangle(neurons)].all(axis=1)
    found = pairs.all_pairs(active, average_method=average_method, bins=bins)

    assert found.mean == pytest.approx(expected.mean(), abs=1e-12)
    assert (found.pairs, found.live_pairs) == (len(expected), alive.sum())
    assert found.histogram.sum() == found.pairs
    if alive.any():
        assert found.live_mean == pytest.approx(expected[alive].mean(), abs=1e-12)
    else:
        assert math.isnan(found.live_mean)


@pytest.mark.parametrize("neurons", [255, 256, 257, 600])
def test_all_pairs_are_the_pairs_one_by_one_across_blocks(neurons):
    rng = np.random.default_rng(neurons)
    active = rng.random((200, neurons)) < rng.random(neurons) ** 4
    active[:, rng.random(neurons) < 0.1] = True
    values = information.pairwise_nmi(active, triangle(neurons))
    found = pairs.all_pairs(active)

    assert found.mean == pytest.approx(values.mean(), rel=1e-13)
    np.testing.assert_array_equal(found.histogram, pairs.nmi_histogram(values))
    assert pairs.all_pairs(information.pack(active))[:4] == found[:4]


@settings(deadline=None)
@given(layers, st.data())
def test_the_order_of_neurons_and_images_does_not_matter(active, data):
    neurons = data.draw(st.permutations(range(active.shape[1])))
    images = data.draw(st.permutations(range(len(active))))
    kept = active.copy()
    found, moved = pairs.all_pairs(active), pairs.all_pairs(active[images][:, neurons])

    np.testing.assert_allclose(moved[:4], found[:4], rtol=1e-13)
    assert moved.histogram.sum() == found.histogram.sum()
    np.testing.assert_array_equal(active, kept)


def test_the_memory_of_all_pairs_does_not_grow_with_their_number():
    packed = information.pack(np.random.default_rng(0).random((100, 3000)) < 0.4)

    tracemalloc.start()
    pairs.all_pairs(packed)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 16e6, "the values of 4.5 million pairs take 36 MB"


def test_a_histogram_of_nmi_has_its_ends_in_its_first_and_last_bin():
    np.testing.assert_array_equal(pairs.nmi_histogram([[0.0, 1.0], [0.25, 0.999]], bins=4), [1, 1, 0, 2])
    assert pairs.nmi_histogram([0.5]).shape == (100,)


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
    drawn = pairs.sample_pairs_at_distance(shape, distance, count, rng=np.random.default_rng(0))
    times = Counter(map(tuple, drawn.tolist()))

    assert drawn.shape == (count, 2)
    assert set(times) == expected
    # Four hundred each, with a standard deviation of 20.
    assert all(280 < number < 520 for number in times.values())


def test_the_numbers_are_those_of_the_flattened_layer():
    layer = np.random.default_rng(0).random((5, 6, 7, 3))
    rows, columns = np.meshgrid(range(6), range(7), indexing="ij")
    places = np.stack([rows, columns], axis=-1)[:, :, np.newaxis].repeat(3, axis=2).reshape(-1, 2)
    drawn = pairs.sample_pairs_at_distance(layer.shape[1:], 4, 500, rng=np.random.default_rng(1))

    assert drawn.max() < layer.reshape(5, -1).shape[1]
    assert (np.abs(places[drawn[:, 0]] - places[drawn[:, 1]]).max(axis=1) == 4).all()


# Errors


def test_unusable_layers_and_options_are_named():
    with pytest.raises(ValueError, match="active has 1 neuron; expected at least two"):
        pairs.all_pairs(np.ones((3, 1), dtype=bool))
    with pytest.raises(TypeError, match="float64 is not bool"):
        pairs.all_pairs(np.ones((3, 2)))
    with pytest.raises(ValueError, match="average_method='min'"):
        pairs.all_pairs(np.ones((3, 2), dtype=bool), average_method="min")
    for question in (
        lambda bins: pairs.all_pairs(np.ones((3, 2), dtype=bool), bins=bins),
        lambda b: pairs.nmi_histogram([0.5], b),
    ):
        with pytest.raises(ValueError, match="bins=0 is not at least 1"):
            question(0)


@pytest.mark.parametrize(
    ("nmi", "error", "message"),
    [
        pytest.param([0.5, 1.1], ValueError, r"nmi from 0.5 to 1.1 is not in \[0, 1\]", id="above one"),
        pytest.param([-0.1], ValueError, "nmi from -0.1", id="negative"),
        pytest.param([math.nan], ValueError, "nmi from nan", id="NaN"),
        pytest.param([], ValueError, "holds no values", id="empty"),
        pytest.param(["a"], TypeError, "<U1", id="text"),
    ],
)
def test_a_histogram_of_nmi_takes_nmi(nmi, error, message):
    with pytest.raises(error, match=message):
        pairs.nmi_histogram(nmi)


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
        pairs.sample_pairs_at_distance(shape, distance, count, rng=np.random.default_rng(0))


def test_a_seed_for_a_generator_is_named():
    with pytest.raises(TypeError, match=r"rng=3 is not a numpy.random.Generator"):
        pairs.sample_pairs_at_distance((2, 2, 1), 1, 5, rng=3)
