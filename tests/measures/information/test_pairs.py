import math
import tracemalloc
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import normalized_mutual_info_score

from indicators.measures import information
from tests.measures.information.cases import every_pair, exact_nmi, layers

METHODS = information.AVERAGE_METHODS


def with_counts(both, first, second, images):
    """Two neurons that are active for `first` and `second` images, `both` of them in common."""
    active = np.zeros((images, 2), dtype=bool)
    active[:first, 0] = True
    active[first - both : first - both + second, 1] = True
    return active


def triangle(neurons):
    return np.array(list(combinations(range(neurons), 2)))


# Pairs one by one


@pytest.mark.parametrize("average_method", METHODS)
@pytest.mark.parametrize(
    ("both", "first", "second", "images", "expected"),
    [
        pytest.param(3, 3, 3, 10, 1, id="equal"),
        pytest.param(0, 3, 7, 10, 1, id="complementary"),
        pytest.param(2, 4, 5, 10, 0, id="independent counts"),
        pytest.param(0, 0, 0, 10, 1, id="both never active"),
        pytest.param(10, 10, 10, 10, 1, id="both always active"),
        pytest.param(0, 0, 10, 10, 1, id="never and always"),
        pytest.param(0, 0, 4, 10, 0, id="never and varying"),
        pytest.param(4, 10, 4, 10, 0, id="always and varying"),
        pytest.param(0, 0, 1, 1, 1, id="one image"),
    ],
)
def test_pairs_at_the_ends_of_the_scale_are_exact(both, first, second, images, expected, average_method):
    active = with_counts(both, first, second, images)
    values = information.pairwise_nmi(active, [[0, 1], [1, 0]], average_method=average_method)

    np.testing.assert_array_equal(values, [expected, expected])


@pytest.mark.parametrize("average_method", METHODS)
def test_equal_and_complementary_neurons_are_exactly_one_at_every_count(average_method):
    active = np.arange(1000)[:, np.newaxis] < np.arange(1001)
    pairs = np.stack((np.arange(1001), np.arange(1001) + 1001), axis=1)

    for partner in (active, ~active):
        values = information.pairwise_nmi(
            np.concatenate((active, partner), axis=1), pairs, average_method=average_method
        )
        np.testing.assert_array_equal(values, 1.0)


def test_almost_independent_counts_stay_within_the_scale_where_rounding_would_leave_it():
    # Counts one part in n^2 from independence, whose information is below the rounding of the entropies.
    images = 100_003
    for first in range(30_000, 50_000, 1000):
        second = pow(first, -1, images)
        active = with_counts(first * second // images, first, second, images)
        assert 0 <= information.pairwise_nmi(active, [[0, 1]])[0] < 1e-12


def test_pairwise_nmi_by_hand():
    # H(a) = H(b) = log 2 and the joint counts are 3, 1, 1, 3 of 8.
    expected = (2 * math.log(2) - (0.75 * math.log(8 / 3) + 0.25 * math.log(8))) / math.log(2)

    assert information.pairwise_nmi(with_counts(3, 4, 4, 8), [[0, 1]]) == pytest.approx([expected], abs=1e-15)


@pytest.mark.parametrize("average_method", METHODS)
def test_pairwise_nmi_of_a_thousand_images_against_fifty_digits(average_method):
    rng = np.random.default_rng(3)
    counts = [
        (1, 1, 2),
        (0, 1, 1),
        (999, 999, 1000),
        (998, 999, 999),
        (1, 1, 999),
        (250, 499, 501),
        (0, 500, 499),
    ]
    for _ in range(120):
        first, second = np.sort((1000 * rng.random(2) ** 3).astype(int))
        counts.append((rng.integers(max(0, first + second - 1000), first + 1), first, second))

    for both, first, second in counts:
        table = np.array([[both, first - both], [second - both, 1000 - first - second + both]])
        if 0 < first < 1000 and 0 < second < 1000:
            expected = exact_nmi(table, average_method)[0]
            value = information.pairwise_nmi(
                with_counts(both, first, second, 1000), [[0, 1]], average_method=average_method
            )[0]
            assert abs(value - expected) < 3e-13


@settings(deadline=None)
@given(layers, st.sampled_from(METHODS))
def test_pairwise_nmi_agrees_with_scikit_learn(active, average_method):
    pairs = every_pair(active)
    expected = [
        normalized_mutual_info_score(active[:, i], active[:, j], average_method=average_method) for i, j in pairs
    ]
    values = information.pairwise_nmi(active, pairs, average_method=average_method)

    assert values.dtype == np.float64
    assert ((values >= 0) & (values <= 1)).all()
    np.testing.assert_allclose(values, expected, atol=1e-12)


@settings(deadline=None)
@given(layers, st.data())
def test_pairwise_nmi_ignores_order_of_images_order_of_pairs_and_complement(active, data):
    pairs = every_pair(active)
    values = information.pairwise_nmi(active, pairs)
    order = data.draw(st.permutations(range(len(active))))
    neurons = np.array(data.draw(st.permutations(range(active.shape[1]))))
    kept = active.copy(), pairs.copy()

    np.testing.assert_array_equal(information.pairwise_nmi(active[order], pairs), values)
    np.testing.assert_array_equal(information.pairwise_nmi(active[:, neurons], np.argsort(neurons)[pairs]), values)
    np.testing.assert_allclose(information.pairwise_nmi(active, pairs[:, ::-1]), values, atol=1e-15)
    np.testing.assert_allclose(information.pairwise_nmi(active ^ (neurons % 2 == 1), pairs), values, atol=1e-14)
    np.testing.assert_array_equal(active, kept[0])
    np.testing.assert_array_equal(pairs, kept[1])


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.uint64])
def test_pairs_may_be_any_integers_and_more_than_one_chunk(dtype):
    rng = np.random.default_rng(0)
    active = rng.random((1000, 200)) < 0.3
    pairs = information.sample_pairs(200, 9000, rng=rng)
    values = information.pairwise_nmi(active, pairs.astype(dtype))

    for place in (0, 4095, 4096, 8999):
        assert values[place] == information.pairwise_nmi(active, pairs[place : place + 1])[0]


# All pairs


def test_all_pairs_by_hand():
    # Equal, independent of them, never active twice.
    active = np.array([[1, 1, 1, 0, 0], [1, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 0, 0]], dtype=bool)
    found = information.all_pairs(active, bins=4)

    assert found.pairs == 10
    assert found.live_pairs == 3
    assert found.mean == 2 / 10
    assert found.live_mean == 1 / 3
    np.testing.assert_array_equal(found.histogram, [8, 0, 0, 2])


def test_a_layer_where_nothing_varies_has_no_live_pairs():
    found = information.all_pairs(np.zeros((5, 3), dtype=bool), bins=2)

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
    found = information.all_pairs(active, average_method=average_method, bins=bins)

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
    found = information.all_pairs(active)

    assert found.mean == pytest.approx(values.mean(), rel=1e-13)
    np.testing.assert_array_equal(found.histogram, information.nmi_histogram(values))
    assert information.all_pairs(information.pack(active))[:4] == found[:4]


@settings(deadline=None)
@given(layers, st.data())
def test_the_order_of_neurons_and_images_does_not_matter(active, data):
    neurons = data.draw(st.permutations(range(active.shape[1])))
    images = data.draw(st.permutations(range(len(active))))
    kept = active.copy()
    found, moved = information.all_pairs(active), information.all_pairs(active[images][:, neurons])

    # Information is a difference of entropies, so that what rounding leaves of it is absolute.
    np.testing.assert_allclose(moved[:4], found[:4], rtol=1e-13, atol=1e-14)
    assert moved.histogram.sum() == found.histogram.sum()
    np.testing.assert_array_equal(active, kept)


def test_the_memory_of_all_pairs_does_not_grow_with_their_number():
    packed = information.pack(np.random.default_rng(0).random((100, 3000)) < 0.4)

    tracemalloc.start()
    information.all_pairs(packed)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 16e6, "the values of 4.5 million pairs take 36 MB"


def test_a_histogram_of_nmi_has_its_ends_in_its_first_and_last_bin():
    np.testing.assert_array_equal(information.nmi_histogram([[0.0, 1.0], [0.25, 0.999]], bins=4), [1, 1, 0, 2])
    assert information.nmi_histogram([0.5]).shape == (100,)


# Errors


@pytest.mark.parametrize(
    ("pairs", "error", "message"),
    [
        pytest.param([[0, 3]], ValueError, r"from 0 to 3 are not in \[0, 3\)", id="beyond"),
        pytest.param([[-1, 0]], ValueError, "from -1 to 0", id="negative"),
        pytest.param([0, 1], ValueError, r"pairs.shape=\(2,\) is not \(n, 2\)", id="one axis"),
        pytest.param([[0, 1, 2]], ValueError, r"\(n, 2\)", id="triples"),
        pytest.param(np.zeros((0, 2), int), ValueError, "at least one pair", id="none"),
        pytest.param([[0.0, 1.0]], TypeError, "float64 is not an integer", id="floats"),
    ],
)
def test_unusable_pairs_are_named(pairs, error, message):
    with pytest.raises(error, match=message):
        information.pairwise_nmi(np.eye(3, dtype=bool), pairs)


def test_unusable_layers_and_options_are_named():
    with pytest.raises(ValueError, match="active has 1 neuron; expected at least two"):
        information.all_pairs(np.ones((3, 1), dtype=bool))
    with pytest.raises(TypeError, match="float64 is not bool"):
        information.all_pairs(np.ones((3, 2)))
    with pytest.raises(ValueError, match="average_method='min'"):
        information.all_pairs(np.ones((3, 2), dtype=bool), average_method="min")
    for question in (
        lambda bins: information.all_pairs(np.ones((3, 2), dtype=bool), bins=bins),
        lambda b: information.nmi_histogram([0.5], b),
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
        information.nmi_histogram(nmi)
