import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import mutual_info_score, normalized_mutual_info_score
from sklearn.metrics.cluster import contingency_matrix, expected_mutual_information

from indicators.measures import information
from tests.measures.information.cases import exact_nmi, layers_and_labels

METHODS = information.AVERAGE_METHODS


# What neurons tell


@settings(deadline=None)
@given(layers_and_labels, st.sampled_from(METHODS))
def test_label_nmi_and_information_agree_with_scikit_learn(layer, average_method):
    active, labels = layer
    expected = [normalized_mutual_info_score(column, labels, average_method=average_method) for column in active.T]
    of_labels = mutual_info_score(labels, labels)
    values = information.label_nmi(active, labels, average_method=average_method)
    shares = information.label_information(active, labels)

    for result in (values, shares):
        assert result.dtype == np.float64
        assert ((result >= 0) & (result <= 1)).all()
    np.testing.assert_allclose(values, expected, atol=1e-12)
    if len(np.unique(labels)) > 1:
        np.testing.assert_allclose(
            shares, [mutual_info_score(column, labels) / of_labels for column in active.T], atol=1e-12
        )


@pytest.mark.parametrize("average_method", METHODS)
def test_label_nmi_and_information_of_a_thousand_images_against_fifty_digits(average_method):
    rng = np.random.default_rng(2)
    labels = rng.choice(10, size=1000, p=np.arange(1, 11) / 55)
    active = rng.random((1000, 40)) < rng.random((10, 40))[labels] ** 3
    active[:, :3] = np.arange(1000)[:, np.newaxis] < [1, 2, 999]
    values = information.label_nmi(active, labels, average_method=average_method)
    shares = information.label_information(active, labels)

    for column, value, share in zip(active.T, values, shares, strict=True):
        table = np.stack([np.bincount(labels[column], minlength=10), np.bincount(labels[~column], minlength=10)])
        nmi, rows, columns = exact_nmi(table, average_method)
        average = max(rows, columns) if average_method == "max" else (rows + columns) / 2
        assert abs(value - nmi) < 1e-14
        assert abs(share - nmi * average / columns) < 1e-14


@pytest.mark.parametrize(
    ("neuron", "labels", "expected"),
    [
        pytest.param([1, 1, 0, 0], [7, 7, 3, 3], 1, id="the labels"),
        pytest.param([0, 0, 1, 1], [7, 7, 3, 3], 1, id="their complement"),
        pytest.param([1, 0, 1, 0], [7, 7, 3, 3], 0, id="independent counts"),
        pytest.param([1, 1, 1, 1], [7, 7, 3, 3], 0, id="always active"),
        pytest.param([0, 0, 0, 0], [7, 7, 3, 3], 0, id="never active"),
        pytest.param([0, 0, 0, 0], [5, 5, 5, 5], 1, id="constant on a single class"),
        pytest.param([1, 0, 0, 0], [5, 5, 5, 5], 0, id="varying on a single class"),
        pytest.param([1], [5], 1, id="one image"),
    ],
)
def test_labels_at_the_ends_of_the_scale_are_exact(neuron, labels, expected):
    active = np.array(neuron, dtype=bool)[:, np.newaxis]

    for average_method in METHODS:
        assert information.label_nmi(active, labels, average_method=average_method) == expected
    assert information.label_information(active, labels) == expected


@pytest.mark.parametrize("classes", [2, 3, 7, 10])
def test_neurons_independent_of_the_labels_are_exactly_zero_at_every_count(classes):
    labels = np.repeat(np.arange(classes), 97)
    active = np.tile(np.arange(97)[:, np.newaxis] < np.arange(98), (classes, 1))

    for quantity in (information.label_nmi, information.label_information):
        np.testing.assert_array_equal(quantity(active, labels), 0.0)


def test_the_landmarks_of_ten_equal_classes():
    labels = np.repeat(np.arange(10), 100)
    active = np.stack((labels < 5, labels == 3), axis=1)

    np.testing.assert_allclose(information.label_information(active, labels), [0.3010, 0.1412], atol=5e-5)
    np.testing.assert_allclose(information.label_nmi(active, labels, average_method="max"), [0.3010, 0.1412], atol=5e-5)
    np.testing.assert_allclose(information.label_nmi(active, labels), [0.4628, 0.2474], atol=5e-5)


@settings(deadline=None)
@given(layers_and_labels, st.permutations(range(-2, 4)))
def test_the_names_of_the_classes_and_the_sign_of_a_neuron_do_not_matter(layer, names):
    active, labels = layer
    renamed = np.array(names)[labels + 2]

    for quantity in (information.label_nmi, information.label_information):
        values = quantity(active, labels)
        np.testing.assert_allclose(quantity(active, renamed), values, atol=1e-14)
        np.testing.assert_allclose(quantity(~active, labels), values, atol=1e-14)
        np.testing.assert_array_equal(quantity(active[:, ::-1], labels), values[::-1])


def test_two_classes_and_two_neurons_are_the_same_question():
    rng = np.random.default_rng(0)
    active = rng.random((500, 30)) < 0.3
    pairs = np.stack((np.arange(30), np.full(30, 4)), axis=1)

    np.testing.assert_allclose(
        information.label_nmi(active, active[:, 4]), information.pairwise_nmi(active, pairs), atol=1e-15
    )


def test_many_images_and_many_neurons_go_through_in_chunks():
    rng = np.random.default_rng(0)
    labels = rng.integers(4, size=40_000)
    active = rng.random((40_000, 900)) < np.where(labels == 1, 0.6, 0.3)[:, np.newaxis]
    values = information.label_nmi(active, labels)

    for neuron in (0, 417, 899):
        expected = normalized_mutual_info_score(labels, active[:, neuron])
        assert values[neuron] == pytest.approx(expected, abs=1e-12)


# What they would tell by chance


def test_the_floor_is_the_expected_information_of_permuted_labels():
    rng = np.random.default_rng(5)
    active, classes = rng.random((120, 30)) < np.linspace(0.02, 0.98, 30), rng.integers(4, size=120)
    of_labels = mutual_info_score(classes, classes)
    floor = information.label_floor(active, classes, draws=400, rng=rng, of=information.label_information)
    expected = [
        expected_mutual_information(contingency_matrix(column, classes, sparse=True), 120) / of_labels
        for column in active.T
    ]

    # A single permutation spreads by 0.008, so that the mean of 400 lies within six times 0.0004.
    np.testing.assert_allclose(floor, expected, atol=0.0024)
    assert np.mean(floor) == pytest.approx(3 / 240 / of_labels, rel=0.15)


def test_the_floor_repeats_with_its_seed_and_is_the_mean_of_its_draws():
    rng = np.random.default_rng(1)
    active, classes = rng.random((60, 5)) < 0.4, np.arange(60) % 3
    generator = np.random.default_rng(9)
    expected = np.mean([information.label_nmi(active, generator.permutation(classes)) for _ in range(7)], axis=0)
    kept = classes.copy()

    np.testing.assert_allclose(
        information.label_floor(active, classes, draws=7, rng=np.random.default_rng(9)), expected, rtol=1e-14
    )
    np.testing.assert_array_equal(classes, kept)


def test_the_floor_of_neurons_and_labels_that_do_not_vary_is_what_their_information_is():
    rng = np.random.default_rng(1)
    constant = np.zeros((8, 2), dtype=bool)

    np.testing.assert_array_equal(information.label_floor(constant, np.arange(8) % 2, draws=3, rng=rng), [0, 0])
    np.testing.assert_array_equal(information.label_floor(constant, np.zeros(8, int), draws=3, rng=rng), [1, 1])


# Errors


@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        pytest.param([0, 1], ValueError, r"labels.shape=\(2,\) is not \(3,\)", id="too few"),
        pytest.param(np.eye(3, dtype=int), ValueError, "one class number per image", id="one-hot"),
        pytest.param([0.0, 1.0, 2.0], TypeError, "float64 is not an integer", id="floats"),
        pytest.param(["cat", "dog", "cat"], TypeError, "<U3", id="text"),
    ],
)
def test_unusable_labels_are_named(labels, error, message):
    for quantity in (information.label_nmi, information.label_information):
        with pytest.raises(error, match=message):
            quantity(np.eye(3, dtype=bool), labels)


def test_unusable_options_are_named():
    active, rng = np.eye(3, dtype=bool), np.random.default_rng(0)

    with pytest.raises(ValueError, match="average_method='min' is not one of"):
        information.label_nmi(active, [0, 1, 2], average_method="min")
    with pytest.raises(ValueError, match="draws=0 is not at least 1"):
        information.label_floor(active, [0, 1, 2], draws=0, rng=rng)
    with pytest.raises(TypeError, match=r"rng=0 is not a numpy.random.Generator"):
        information.label_floor(active, [0, 1, 2], draws=1, rng=0)
    with pytest.raises(ValueError, match=r"labels.shape=\(2,\)"):
        information.label_floor(active, [0, 1], draws=1, rng=rng)
