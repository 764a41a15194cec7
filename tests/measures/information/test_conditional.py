import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import mutual_info_score

from indicators.measures import information
from tests.measures.information.cases import every_pair

METHODS = information.AVERAGE_METHODS


ONE_PAIR = [[0, 1]]


layers_and_labels = arrays(np.bool_, st.tuples(st.integers(1, 70), st.integers(2, 5))).flatmap(
    lambda active: st.tuples(st.just(active), arrays(np.int64, len(active), elements=st.integers(-2, 3)))
)


def within_classes(classes, score):
    return sum((classes == label).mean() * score(classes == label) for label in np.unique(classes))


# By hand


@pytest.mark.parametrize("average_method", METHODS)
@pytest.mark.parametrize(
    ("first", "second", "classes", "information_", "nmi"),
    [
        pytest.param([1, 0, 1, 0], [1, 0, 1, 0], [0, 0, 1, 1], math.log(2), 1, id="equal"),
        pytest.param([1, 0, 1, 0], [1, 0, 0, 1], [0, 0, 1, 1], math.log(2), 1, id="equal here, opposite there"),
        pytest.param([1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], 0, 1, id="both are the labels"),
        pytest.param([1, 1, 0, 0], [1, 0, 1, 0], [0, 0, 1, 1], 0, 0, id="one is the labels"),
        pytest.param([1, 1, 0, 0, 1, 0], [1, 0, 1, 0, 1, 1], [0, 0, 0, 0, 1, 1], 0, 0, id="independent counts"),
        pytest.param([1, 0, 1, 1], [1, 0, 0, 0], [0, 0, 1, 1], math.log(2) / 2, 1, id="all in one class"),
        pytest.param([1], [0], [4], 0, 1, id="one image"),
    ],
)
def test_pairs_given_the_label_by_hand(first, second, classes, information_, nmi, average_method):
    active = np.array([first, second], dtype=bool).T

    assert information.conditional_information(active, ONE_PAIR, classes)[0] == pytest.approx(information_, abs=1e-16)
    assert information.conditional_nmi(active, ONE_PAIR, classes, average_method=average_method)[0] == nmi


def test_neurons_that_only_share_the_class_share_nothing_given_it():
    # Both active for three quarters of class 0 and a quarter of class 1, independently within each.
    quarter = np.array(
        [[1, 1], [1, 1], [1, 1], [1, 0], [1, 0], [1, 0], [0, 1], [0, 1], [0, 1]] + [[1, 1]] * 6 + [[0, 0]]
    )
    active = np.concatenate([quarter, 1 - quarter]).astype(bool)
    classes = np.repeat([0, 1], 16)

    assert information.pairwise_nmi(active, ONE_PAIR)[0] > 0.04
    assert information.conditional_information(active, ONE_PAIR, classes)[0] == 0
    assert information.conditional_nmi(active, ONE_PAIR, classes)[0] == 0


def test_the_exclusive_or_is_invisible_without_the_label():
    active = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=bool)

    assert information.pairwise_nmi(active, ONE_PAIR)[0] == 0
    assert information.conditional_information(active, ONE_PAIR, [0, 1, 1, 0])[0] == pytest.approx(
        math.log(2), rel=1e-15
    )
    assert information.conditional_nmi(active, ONE_PAIR, [0, 1, 1, 0])[0] == 1


# Against independent implementations


@settings(deadline=None, max_examples=25)
@given(layers_and_labels)
def test_conditional_information_is_the_mean_of_scikit_learns_over_the_classes(layer):
    active, classes = layer
    pairs = every_pair(active)[::2]
    expected = [
        within_classes(classes, lambda images, i=i, j=j: mutual_info_score(active[images, i], active[images, j]))
        for i, j in pairs
    ]
    values = information.conditional_information(active, pairs, classes)

    assert values.dtype == np.float64
    assert ((values >= 0) & (values <= math.log(2) + 1e-15)).all()
    np.testing.assert_allclose(values, expected, atol=1e-13)


@pytest.mark.parametrize("average_method", METHODS)
def test_conditional_nmi_of_a_thousand_images_against_fifty_digits(average_method):
    rng = np.random.default_rng(4)
    classes = rng.choice(10, size=1000, p=np.arange(1, 11) / 55)
    shared = rng.random((1000, 1))
    active = (0.5 * shared + 0.5 * rng.random((1000, 12))) < rng.random((10, 12))[classes]
    pairs = information.sample_pairs(12, 40, rng=rng)
    nmi = information.conditional_nmi(active, pairs, classes, average_method=average_method)
    nats = information.conditional_information(active, pairs, classes)

    for (i, j), value, shared_nats in zip(pairs, nmi, nats, strict=True):
        # I(a, b | y) = H(a, y) + H(b, y) - H(a, b, y) - H(y), from entropies of whole tables.
        joint = [entropy_of(rows) for rows in ((i,), (j,), (i, j), ()) for rows in [(active[:, rows], classes)]]
        with mpmath.workdps(50):
            exact = joint[0] + joint[1] - joint[2] - joint[3]
            left, right = joint[0] - joint[3], joint[1] - joint[3]
            average = max(left, right) if average_method == "max" else (left + right) / 2
        assert abs(shared_nats - exact) < 1e-14
        assert abs(value - exact / average) < 3e-13


def entropy_of(table):
    states, classes = table
    rows = np.column_stack([states.astype(int), classes])
    with mpmath.workdps(50):
        shares = [mpmath.mpf(int(n)) / len(rows) for n in np.unique(rows, axis=0, return_counts=True)[1]]
        return -mpmath.fsum(share * mpmath.log(share) for share in shares)


# By property


@settings(deadline=None)
@given(layers_and_labels, st.sampled_from(METHODS))
def test_with_a_single_class_the_condition_changes_nothing(layer, average_method):
    active, _ = layer
    pairs = every_pair(active)
    values = information.conditional_nmi(active, pairs, np.full(len(active), 3), average_method=average_method)

    np.testing.assert_array_equal(values, information.pairwise_nmi(active, pairs, average_method=average_method))


@settings(deadline=None)
@given(layers_and_labels, st.data())
def test_order_complement_and_names_of_the_classes_do_not_matter(layer, data):
    active, classes = layer
    pairs = every_pair(active)
    names = np.array(data.draw(st.permutations(range(-2, 4))))
    order = np.array(data.draw(st.permutations(range(len(active)))))
    flipped = active ^ (np.arange(active.shape[1]) % 2 == 1)
    kept = active.copy(), classes.copy(), pairs.copy()

    for quantity in (information.conditional_information, information.conditional_nmi):
        values = quantity(active, pairs, classes)
        np.testing.assert_array_equal(quantity(active[order], pairs, classes[order]), values)
        np.testing.assert_array_equal(quantity(information.pack(active), pairs, classes), values)
        np.testing.assert_allclose(quantity(active, pairs[:, ::-1], classes), values, atol=1e-14)
        np.testing.assert_allclose(quantity(flipped, pairs, classes), values, atol=1e-13)
        np.testing.assert_allclose(quantity(active, pairs, names[classes + 2]), values, atol=1e-13)
        assert ((values >= 0) & (values <= 1)).all()
    np.testing.assert_array_equal(active, kept[0])
    np.testing.assert_array_equal(classes, kept[1])
    np.testing.assert_array_equal(pairs, kept[2])


@settings(deadline=None)
@given(layers_and_labels, st.sampled_from(METHODS))
def test_equal_and_complementary_neurons_are_exactly_one_given_any_labels(layer, average_method):
    active, classes = layer
    neurons = active.shape[1]
    pairs = np.stack((np.arange(neurons), np.arange(neurons) + neurons), axis=1)

    for partner in (active, ~active):
        both = np.concatenate((active, partner), axis=1)
        values = information.conditional_nmi(both, pairs, classes, average_method=average_method)
        np.testing.assert_array_equal(values, 1.0)


def test_more_pairs_than_one_step_holds():
    rng = np.random.default_rng(0)
    active, classes = rng.random((1000, 50)) < 0.3, rng.integers(3, size=1000)
    pairs = information.sample_pairs(50, 20_000, rng=rng)
    values = information.conditional_information(active, pairs, classes)

    for place in (0, 16_383, 16_384, 19_999):
        assert values[place] == information.conditional_information(active, pairs[place : place + 1], classes)[0]


# Errors


@pytest.mark.parametrize("quantity", [information.conditional_information, information.conditional_nmi])
@pytest.mark.parametrize(
    ("active", "pairs", "classes", "error", "message"),
    [
        pytest.param(np.ones((3, 2)), ONE_PAIR, [0, 1, 0], TypeError, "not bool; binarize", id="floats"),
        pytest.param(np.ones((0, 2), bool), ONE_PAIR, [], ValueError, "at least one of each", id="no images"),
        pytest.param(np.eye(3, dtype=bool), [[0, 3]], [0, 1, 0], ValueError, r"not in \[0, 3\)", id="beyond"),
        pytest.param(np.eye(3, dtype=bool), [0, 1], [0, 1, 0], ValueError, r"not \(n, 2\)", id="one axis"),
        pytest.param(np.eye(3, dtype=bool), ONE_PAIR, [0, 1], ValueError, r"labels.shape=\(2,\)", id="too few labels"),
        pytest.param(np.eye(3, dtype=bool), ONE_PAIR, [0.0, 1, 0], TypeError, "labels.dtype=float64", id="real labels"),
    ],
)
def test_unusable_arguments_are_named(quantity, active, pairs, classes, error, message):
    with pytest.raises(error, match=message):
        quantity(active, pairs, classes)


def test_an_unknown_average_is_named():
    with pytest.raises(ValueError, match="average_method='min' is not one of"):
        information.conditional_nmi(np.eye(3, dtype=bool), ONE_PAIR, [0, 1, 2], average_method="min")
