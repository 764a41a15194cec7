import math
import tracemalloc
from dataclasses import FrozenInstanceError
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from indicators.measures import information
from tests.measures.information.cases import layers

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


def test_values_a_few_roundings_apart_are_told_apart_by_their_exact_mean():
    """Sums of a thousand float32 lose more than these differ by: only an exact mean separates them."""
    steps = np.random.default_rng(8).integers(0, 5, size=(1000, 40))
    values = (np.float32(0.1).view(np.int32) + steps.astype(np.int32)).view(np.float32)

    # The values are evenly spaced, so that they compare with their mean as their steps do.
    expected = steps * len(steps) > steps.sum(axis=0)
    np.testing.assert_array_equal(information.binarize(values), expected)


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
