"""What neurons of two layers share, beside other ways to compute it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import normalized_mutual_info_score

from indicators.measures.information import nmi_across, nmi_across_floor, pack, pairwise_nmi


def layers(rng, images=60, sizes=(5, 7)):
    return [rng.random((images, size)) < rng.uniform(0.1, 0.9, size) for size in sizes]


def every_pair(first, second):
    return np.array([(i, j) for i in range(first.shape[1]) for j in range(second.shape[1])])


def test_equal_and_opposite_neurons_tell_all_and_constant_ones_count_as_equal():
    first, second = np.array([[1, 0, 0], [0, 0, 1]], bool).T, np.array([[0, 1, 1], [0, 0, 0]], bool).T
    first = np.concatenate([first, np.zeros((3, 1), bool)], axis=1)

    assert nmi_across(first, second, [[0, 0], [2, 1], [0, 1]]).tolist() == [1.0, 1.0, 0.0]
    assert nmi_across_floor(first, second, [[2, 1], [0, 1]], rng=np.random.default_rng(0)).tolist() == [1.0, 0.0]


def test_values_are_those_of_scikit_learn():
    first, second = layers(np.random.default_rng(0))
    pairs = every_pair(first, second)

    expected = [normalized_mutual_info_score(first[:, i], second[:, j]) for i, j in pairs]

    np.testing.assert_allclose(nmi_across(first, second, pairs), expected, atol=1e-12)


def test_the_floor_is_that_of_images_in_random_order():
    rng = np.random.default_rng(1)
    first, second = layers(rng, images=40, sizes=(1, 1))
    pairs = np.zeros((4000, 2), int)

    orders = [rng.permutation(40) for _ in range(4000)]
    expected = [normalized_mutual_info_score(first[:, 0], second[order, 0]) for order in orders[:1500]]
    found = nmi_across_floor(first, second, pairs, rng=rng)

    assert found.mean() == pytest.approx(np.mean(expected), rel=0.12)
    assert found.std() == pytest.approx(np.std(expected), rel=0.2)


@given(st.integers(0, 2**32 - 1))
def test_within_a_layer_it_is_the_information_of_its_pairs(seed):
    rng = np.random.default_rng(seed)
    both = np.concatenate(layers(rng), axis=1)
    pairs = rng.integers(12, size=(20, 2))

    assert np.array_equal(nmi_across(both, pack(both), pairs), pairwise_nmi(both, pairs))


@given(st.integers(0, 2**32 - 1))
def test_the_order_of_layers_does_not_matter_nor_does_packing(seed):
    rng = np.random.default_rng(seed)
    first, second = layers(rng)
    pairs = every_pair(first, second)

    other_way = nmi_across(pack(second), pack(first), pairs[:, ::-1])

    np.testing.assert_allclose(nmi_across(first, second, pairs), other_way, atol=1e-14)


@pytest.mark.parametrize(
    ("second", "pairs", "message"),
    [
        (np.ones((59, 7), bool), [[0, 0]], "layers of 60 and of 59 images"),
        (np.ones((60, 7), bool), [[5, 0]], r"pairs up to \(5, 0\) are not in the layers' 5 and 7 neurons"),
        (np.ones((60, 3), bool), [[0, 3]], r"pairs up to \(0, 3\) are not in"),
        (np.ones((60, 3), bool), [[0, -1]], "are not in"),
    ],
)
def test_layers_and_pairs_that_do_not_fit_are_refused(second, pairs, message):
    first = layers(np.random.default_rng(0))[0]

    for function in (nmi_across, lambda *these: nmi_across_floor(*these, rng=np.random.default_rng(0))):
        with pytest.raises(ValueError, match=message):
            function(first, second, pairs)
