import math
import tracemalloc
from dataclasses import FrozenInstanceError
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from sklearn.metrics import mutual_info_score, normalized_mutual_info_score

from indicators.measures import information

METHODS = information.AVERAGE_METHODS

layers = arrays(np.bool_, st.tuples(st.integers(1, 70), st.integers(2, 6)))
layers_and_labels = layers.flatmap(
    lambda active: st.tuples(st.just(active), arrays(np.int64, len(active), elements=st.integers(-2, 3)))
)


def every_pair(active):
    neurons = active.shape[1]
    return np.stack(np.meshgrid(range(neurons), range(neurons)), axis=-1).reshape(-1, 2)


def with_counts(both, first, second, images):
    """Make two neurons active for `first` and `second` images, `both` of them in common."""
    active = np.zeros((images, 2), dtype=bool)
    active[:first, 0] = True
    active[first - both : first - both + second, 1] = True
    return active


def exact_nmi(table, average_method):
    """Normalize the mutual information of a table of joint counts, to fifty digits."""
    with mpmath.workdps(50):
        total = mpmath.mpf(int(table.sum()))

        def entropy(counts):
            return -mpmath.fsum(int(n) / total * mpmath.log(int(n) / total) for n in np.ravel(counts) if n)

        rows, columns = entropy(table.sum(axis=1)), entropy(table.sum(axis=0))
        average = max(rows, columns) if average_method == "max" else (rows + columns) / 2
        return (rows + columns - entropy(table)) / average, rows, columns


# Binarizing


def test_binarize_by_hand_is_strictly_above_the_mean():
    activations = np.array([[0.0, 1.0, 0.0], [0.0, 2.0, 0.0], [0.0, 3.0, 4.0]], dtype=np.float32)

    np.testing.assert_array_equal(information.binarize(activations), [[0, 0, 0], [0, 0, 0], [0, 1, 1]])


def test_a_constant_neuron_is_never_active():
    constants = np.random.default_rng(0).gamma(0.5, 3.0, 4000).astype(np.float32)

    for images in (1, 3, 700, 1000):
        for dtype in (np.float16, np.float32, np.float64):
            assert not information.binarize(np.tile(constants.astype(dtype), (images, 1))).any()


def test_a_value_within_the_rounding_of_the_mean_is_judged_by_the_exact_mean():
    # The sums of these columns are rounded in float64, to either side of the value under test.
    tiny = np.float32(2.0**-40)
    columns = np.array([[2.0**20, 2.0**20 + 2, 2.0**20 + 1], [2.0**20, 2.0**20 + 2, 2.0**20 + 1]]).T
    activations = np.concatenate([columns, [[tiny, -tiny]], [[2.0**20 + 1] * 2]]).astype(np.float32)
    activations[3] += np.float32(2.0**20 + 1)
    activations = np.concatenate([activations, [[tiny, -tiny], [2.0**21 + 2] * 2]]).astype(np.float32)

    np.testing.assert_array_equal(information.binarize(activations), exactly_above_the_mean(activations))


def exactly_above_the_mean(activations):
    columns = [[Fraction(float(value)) for value in column] for column in activations.T]
    return np.array([[value * len(column) > sum(column) for value in column] for column in columns]).T


@settings(deadline=None)
@given(
    st.sampled_from([16, 32, 64]).flatmap(
        lambda width: arrays(
            f"f{width // 8}",
            array_shapes(min_dims=2, max_dims=2, max_side=7),
            elements=st.floats(-60000, 60000, width=width) | st.sampled_from([0.0, 1.0, 1.5, 2.0**-20]),
        )
    )
)
def test_binarize_agrees_with_fractions(activations):
    np.testing.assert_array_equal(information.binarize(activations), exactly_above_the_mean(activations))


@settings(deadline=None)
@given(arrays(np.float64, (5, 4), elements=st.sampled_from([1.0, 1e16, -1e16, 1 + 2.0**-52, 1 - 2.0**-53, 5e-324])))
def test_binarize_agrees_with_fractions_where_float64_sums_lose_everything(activations):
    np.testing.assert_array_equal(information.binarize(activations), exactly_above_the_mean(activations))


@settings(deadline=None)
@given(arrays(np.int64, (6, 3), elements=st.integers(-9, 9)))
def test_binarize_takes_integers_and_booleans(activations):
    np.testing.assert_array_equal(information.binarize(activations), exactly_above_the_mean(activations))
    np.testing.assert_array_equal(
        information.binarize(activations > 0), exactly_above_the_mean((activations > 0).astype(float))
    )


@settings(deadline=None)
@given(arrays(np.float32, (9, 5), elements=st.floats(0, 100, width=32)), st.permutations(range(9)))
def test_binarize_follows_the_images_and_ignores_a_positive_scale(activations, order):
    active = information.binarize(activations)

    np.testing.assert_array_equal(information.binarize(activations[order]), active[order])
    np.testing.assert_array_equal(information.binarize(activations.astype(np.float64) * 2.0**-7), active)
    np.testing.assert_array_equal(information.binarize(activations[:, ::-1]), active[:, ::-1])
    np.testing.assert_array_equal(information.binarize(np.asfortranarray(activations)), active)


def test_binarize_allocates_little_beside_a_large_layer():
    activations = np.random.default_rng(0).standard_normal((1000, 16_384), dtype=np.float32)
    kept = activations.copy()

    tracemalloc.start()
    packed = information.pack(information.binarize(activations))
    information.label_nmi(packed, np.arange(1000) % 10)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 0.4 * activations.nbytes
    np.testing.assert_array_equal(activations, kept)


@pytest.mark.parametrize(
    ("activations", "error", "message"),
    [
        pytest.param([[1.0, math.nan]], ValueError, "NaN or infinity", id="NaN"),
        pytest.param([[1.0], [math.inf], [-math.inf]], ValueError, "NaN or infinity", id="infinities"),
        pytest.param(np.array([[1, math.inf]], np.float32), ValueError, "NaN or infinity", id="float32 infinity"),
        pytest.param(np.ones((2, 3, 4)), ValueError, r"shape=\(2, 3, 4\) is not \(images, neurons\)", id="unflattened"),
        pytest.param(np.ones(3), ValueError, r"is not \(images, neurons\)", id="one axis"),
        pytest.param(np.ones((0, 3)), ValueError, "holds no values", id="no images"),
        pytest.param(np.ones((3, 0)), ValueError, "holds no values", id="no neurons"),
        pytest.param(np.ones((2, 2), complex), TypeError, "complex128", id="complex"),
        pytest.param([["a"]], TypeError, "<U1", id="text"),
        pytest.param([[None]], TypeError, "object", id="object"),
    ],
)
def test_binarize_names_unusable_activations(activations, error, message):
    with pytest.raises(error, match=message):
        information.binarize(activations)


# Packing


@settings(deadline=None)
@given(layers)
def test_packed_bits_are_those_of_numpy_followed_by_zeros(active):
    packed = information.pack(active)
    octets = np.packbits(active, axis=0).T

    np.testing.assert_array_equal(packed.words.view(np.uint8)[:, : octets.shape[1]], octets)
    assert not packed.words.view(np.uint8)[:, octets.shape[1] :].any()
    np.testing.assert_array_equal(packed.counts, active.sum(axis=0))
    assert packed.images == len(active)
    np.testing.assert_array_equal(information.live(packed), active.any(axis=0) & ~active.all(axis=0))


def test_a_packed_layer_gives_the_same_answers_and_cannot_be_changed():
    rng = np.random.default_rng(0)
    active, labels = rng.random((1000, 300)) < rng.random(300), rng.integers(10, size=1000)
    packed, pairs = information.pack(active), information.sample_pairs(300, 50, rng=rng)

    np.testing.assert_array_equal(information.pairwise_nmi(packed, pairs), information.pairwise_nmi(active, pairs))
    np.testing.assert_array_equal(information.label_nmi(packed, labels), information.label_nmi(active, labels))
    np.testing.assert_array_equal(information.entropy(packed), information.entropy(active))
    with pytest.raises(FrozenInstanceError):
        packed.images = 3
    with pytest.raises(ValueError, match="read-only"):
        packed.words[0] = 0


def test_layout_does_not_matter():
    rng = np.random.default_rng(0)
    active, labels = rng.random((130, 40)) < 0.4, rng.integers(3, size=130)
    pairs = information.sample_pairs(40, 100, rng=rng)

    for same in (np.asfortranarray(active), np.repeat(active, 2, axis=1)[:, ::2], active[::-1].copy()[::-1]):
        np.testing.assert_array_equal(information.pairwise_nmi(same, pairs), information.pairwise_nmi(active, pairs))
        np.testing.assert_array_equal(information.label_nmi(same, labels), information.label_nmi(active, labels))


# Entropy


def test_entropy_by_hand():
    active = np.zeros((8, 4), dtype=bool)
    active[:2, 1], active[:4, 2], active[:, 3] = True, True, True

    np.testing.assert_allclose(
        information.entropy(active), [0, math.log(4) - 0.75 * math.log(3), math.log(2), 0], rtol=1e-15, atol=0
    )


@pytest.mark.parametrize("images", [1, 2, 7, 1000, 5003])
def test_entropy_has_all_its_digits(images):
    counts = np.unique(np.linspace(0, images, 101).astype(int))
    active = np.arange(images)[:, np.newaxis] < counts

    for value, count in zip(information.entropy(active), counts, strict=True):
        expected = (
            exact_nmi(np.array([[count], [images - count]]), "max" if 0 < count < images else "arithmetic")[1]
            if 0 < count < images
            else mpmath.mpf(0)
        )
        assert abs(value - expected) <= 1e-15 * expected


# Pairs


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


# Labels


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


# Errors


@pytest.mark.parametrize(
    ("active", "error", "message"),
    [
        pytest.param(np.ones((4, 2)), TypeError, "float64 is not bool; binarize", id="floats"),
        pytest.param(np.ones((4, 2), np.uint8), TypeError, "uint8 is not bool", id="integers"),
        pytest.param(np.ones(4, bool), ValueError, r"active.shape=\(4,\)", id="one axis"),
        pytest.param(np.ones((0, 4), bool), ValueError, "at least one of each", id="no images"),
        pytest.param(np.ones((4, 0), bool), ValueError, "at least one of each", id="no neurons"),
    ],
)
@pytest.mark.parametrize(
    "question",
    [
        information.pack,
        information.live,
        information.entropy,
        lambda active: information.pairwise_nmi(active, [[0, 1]]),
        lambda active: information.label_nmi(active, [0, 1, 0, 1]),
        lambda active: information.label_information(active, [0, 1, 0, 1]),
    ],
    ids=["pack", "live", "entropy", "pairwise_nmi", "label_nmi", "label_information"],
)
def test_unusable_layers_are_named(question, active, error, message):
    with pytest.raises(error, match=message):
        question(active)


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
    active = np.eye(3, dtype=bool)

    with pytest.raises(ValueError, match="average_method='min' is not one of"):
        information.pairwise_nmi(active, [[0, 1]], average_method="min")
    with pytest.raises(ValueError, match="average_method='min' is not one of"):
        information.label_nmi(active, [0, 1, 2], average_method="min")
    with pytest.raises(ValueError, match="neurons=1, count=5"):
        information.sample_pairs(1, 5, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="neurons=5, count=0"):
        information.sample_pairs(5, 0, rng=np.random.default_rng(0))
    with pytest.raises(TypeError, match=r"rng=0 is not a numpy.random.Generator"):
        information.sample_pairs(5, 5, rng=0)


def test_values_a_few_roundings_apart_are_told_apart_by_their_exact_mean():
    """Sums of a thousand float32 lose more than these differ by: only an exact mean separates them."""
    steps = np.random.default_rng(8).integers(0, 5, size=(1000, 40))
    values = (np.float32(0.1).view(np.int32) + steps.astype(np.int32)).view(np.float32)

    # The values are evenly spaced, so that they compare with their mean as their steps do.
    expected = steps * len(steps) > steps.sum(axis=0)
    np.testing.assert_array_equal(information.binarize(values), expected)
