import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial import distance

from indicators.measures.clustering import (
    METRICS,
    WEIGHTINGS,
    NeuronInputs,
    active_neighbors,
    distances,
    neighborhood_curve,
    neighborhood_silhouette,
)
from tests.measures.clustering.references import assert_exact, by_scikit_learn, every_metric, generic, random_neuron

# By hand


def test_directions_by_hand():
    inputs, active = [[1.0, 0.0], [3.0, 0.0], [0.0, 2.0], [0.0, 0.0]], np.array([True, True, False, False])

    found = neighborhood_silhouette(inputs, [1.0, 1.0], active, closest=0.5, neighborhood=1.0)

    # Two parallel images, 0 apart and 1 from the others; the zero vector is 1 from all, the other active ones too.
    assert found == (0.5, 1, 1, 0.5, None)


def test_the_weights_scale_the_components_and_the_sum_option_puts_them_inside_the_sum():
    inputs, active = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]], np.array([True, True, False])
    options = {"metric": "euclidean", "closest": 0.5, "neighborhood": 1.0, "of": "point"}

    components = neighborhood_silhouette(inputs, [1.0, -4.0], active, **options)
    inside = neighborhood_silhouette(inputs, [1.0, -4.0], active, weighting="sum", **options)

    assert components.value == pytest.approx(1 - 1 / 4)
    assert inside.value == pytest.approx(1 - 1 / 2)


# To the last digits


@every_metric
def test_images_far_from_the_origin_and_close_to_each_other_keep_their_digits(metric):
    rng = np.random.default_rng(1)
    inputs = (100.0 + 1e-3 * rng.standard_normal((30, 4))).astype(np.float32)
    inputs[:3] *= -1.0  # and others far away from them
    active = (rng.random(30) < 0.5) & (np.arange(30) >= 3)

    assert_exact((inputs, np.ones(4), active), metric=metric, closest=0.4, neighborhood=0.4)


@every_metric
def test_tight_groups_at_very_different_scales_keep_their_digits(metric):
    rng = np.random.default_rng(2)
    groups = [10.0**power * (rng.random(3) + 1e-4 * rng.standard_normal((10, 3))) for power in (-6, 0, 5)]
    inputs, active = np.concatenate(groups), rng.random(30) < 0.5

    assert_exact((inputs, np.array([1.0, 0.7, -0.2]), active), metric=metric, closest=1.0, neighborhood=0.3)


@every_metric
def test_the_weights_inside_the_sum_are_those_of_scipy(metric):
    inputs, weights, active = random_neuron(7, images=60, dtype=np.float64)
    measure = getattr(distance, metric)
    distances = np.array([[measure(x, y, w=np.abs(weights)) if x is not y else 0.0 for x in inputs] for y in inputs])
    np.fill_diagonal(distances, 0.0)
    values, _ = by_scikit_learn(distances, active, 0.5, 20)

    found = neighborhood_silhouette(
        inputs, weights, active, metric=metric, weighting="sum", closest=0.5, neighborhood=0.34
    )

    assert found.value == pytest.approx(np.nanmean(values), abs=1e-9)


@every_metric
def test_equal_images_have_a_silhouette_of_zero(metric):
    inputs, active = np.full((30, 3), 0.1), np.arange(30) % 3 > 0

    for weights in ([1.0, 2.0, 3.0], [0.0, 0.0, 0.0]):
        found = neighborhood_silhouette(inputs, weights, active, metric=metric, closest=0.5, neighborhood=0.5)
        assert (found.value, found.n_used, found.ignored) == (0.0, 10, None)


def test_parallel_images_have_a_silhouette_of_zero():
    active = np.arange(30) % 2 > 0
    inputs = np.outer(np.random.default_rng(0).random(30) + 0.01, [0.1, 0.7, 1 / 3])

    assert neighborhood_silhouette(inputs, np.ones(3), active, closest=0.5, neighborhood=0.5).value == 0.0


# What does not matter


@settings(deadline=None, max_examples=40)
@given(generic, st.sampled_from([1e-200, 3e-5, 7.0, 1e200]), st.sampled_from(METRICS), st.sampled_from(WEIGHTINGS))
def test_the_scale_of_inputs_and_the_sign_and_scale_of_weights_do_not_matter(neuron, factor, metric, weighting):
    inputs, weights, active = neuron
    options = {"metric": metric, "weighting": weighting, "closest": 0.4, "neighborhood": 0.3}
    expected = neighborhood_silhouette(*neuron, **options)

    for scaled in ((inputs * factor, weights, active), (inputs, -weights * factor, active)):
        found = neighborhood_silhouette(*scaled, **options)
        assert found[1:] == expected[1:]
        assert found.value == pytest.approx(expected.value, abs=1e-9, nan_ok=True)


@settings(deadline=None, max_examples=40)
@given(generic, st.randoms(use_true_random=False))
def test_the_length_of_each_image_does_not_matter_to_the_cosine(neuron, random):
    inputs, weights, active = neuron
    lengths = np.array([[10.0 ** random.uniform(-150, 150)] for _ in inputs])
    options = {"closest": 0.4, "neighborhood": 0.3}

    found = neighborhood_silhouette(inputs * lengths, weights, active, **options)

    assert found.value == pytest.approx(neighborhood_silhouette(*neuron, **options).value, abs=1e-9, nan_ok=True)


@settings(deadline=None, max_examples=40)
@given(generic, arrays(np.float64, 8, elements=st.floats(-100, 100)))
def test_a_common_shift_of_the_inputs_does_not_matter_to_the_euclidean_distance(neuron, shift):
    inputs, weights, active = neuron
    options = {"metric": "euclidean", "closest": 0.4, "neighborhood": 0.3}

    found = neighborhood_silhouette(inputs + shift, weights, active, **options)

    assert found.value == pytest.approx(neighborhood_silhouette(*neuron, **options).value, abs=1e-9, nan_ok=True)


@settings(deadline=None, max_examples=40)
@given(generic, st.sampled_from(METRICS))
def test_inputs_of_no_weight_do_not_matter(neuron, metric):
    inputs, weights, active = neuron
    padded = np.concatenate((inputs, 1e3 * inputs[::-1, :2]), axis=1)
    options = {"metric": metric, "closest": 0.4, "neighborhood": 0.3}

    found = neighborhood_silhouette(padded, np.append(weights, [0.0, 0.0]), active, **options)

    assert found.value == pytest.approx(neighborhood_silhouette(*neuron, **options).value, abs=1e-9, nan_ok=True)


@every_metric
@pytest.mark.parametrize("dtype", [np.float16, np.float64, np.int8, np.uint16, np.int64])
def test_the_dtype_does_not_matter(metric, dtype):
    rng = np.random.default_rng(0)
    inputs, weights, active = rng.integers(0, 20, (50, 6)), rng.integers(0, 9, 6), rng.random(50) < 0.5
    expected = neighborhood_silhouette(inputs.astype(np.float32), weights.astype(np.float32), active, metric=metric)

    assert neighborhood_silhouette(inputs.astype(dtype), weights.astype(dtype), active, metric=metric) == expected


# Once for all questions


@every_metric
def test_questions_asked_together_are_answered_as_one_by_one_from_the_same_distances(metric, monkeypatch):
    neuron = random_neuron(1)
    apart = (
        neighborhood_silhouette(*neuron, metric=metric, closest=0.2, neighborhood=0.3),
        active_neighbors(*neuron, metric=metric, closest=0.05, neighborhood=0.05),
        neighborhood_curve(*neuron, metric=metric),
    )
    products = []
    monkeypatch.setattr(distances, "gram", lambda vectors: products.append(1) or vectors @ vectors.T)

    together = NeuronInputs(*neuron, metric)
    assert together.silhouette(closest=0.2, neighborhood=0.3) == apart[0]
    assert together.active_neighbors(closest=0.05, neighborhood=0.05) == apart[1]
    np.testing.assert_array_equal(together.curve(closest=0.2).values, apart[2].values)
    assert len(products) == 1
