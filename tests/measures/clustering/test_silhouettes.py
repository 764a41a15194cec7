import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import pairwise_distances

from indicators.measures.clustering import (
    KINDS,
    METRICS,
    SIZES,
    WEIGHTINGS,
    Ignored,
    neighborhood_curve,
    neighborhood_silhouette,
)
from tests.measures.clustering.references import (
    SHARES,
    assert_exact,
    by_scikit_learn,
    distinct,
    every_metric,
    every_weighting,
    few_values,
    neurons,
    random_neuron,
)

# By hand


def test_two_pairs_on_a_line_by_hand():
    inputs, active = [[0.0], [1.0], [10.0], [11.0]], np.array([True, True, False, False])

    found = neighborhood_silhouette(inputs, [1.0], active, metric="euclidean", closest=0.5, neighborhood=1.0)

    expected = (2 * (1 - 1 / 10.5) + 2 * (1 - 1 / 9.5)) / 4
    assert found == (pytest.approx(expected, abs=1e-15), 1, 1, 0.5, None)


def test_the_image_alone_by_hand():
    inputs, active = [[0.0], [1.0], [10.0], [11.0]], np.array([True, True, False, False])
    options = {"metric": "euclidean", "closest": 0.5, "neighborhood": 1.0, "of": "point"}

    assert neighborhood_silhouette(inputs, [1.0], active, **options).value == pytest.approx(1 - 1 / 10.5)


# Against the definition in exact arithmetic, ties and duplicates included


@settings(deadline=None, max_examples=80)
@given(
    neurons(few_values), st.sampled_from(METRICS), st.sampled_from(WEIGHTINGS), st.sampled_from(KINDS), SHARES, SHARES
)
def test_the_silhouette_agrees_with_the_definition(neuron, metric, weighting, of, closest, neighborhood):
    assert_exact(neuron, metric=metric, weighting=weighting, of=of, closest=closest, neighborhood=neighborhood)


@pytest.mark.parametrize("seed", range(3))
@every_weighting
@every_metric
def test_the_silhouette_agrees_with_the_definition_on_more_images(metric, weighting, seed):
    rng = np.random.default_rng(seed)
    inputs = rng.integers(0, 3, (36, 4)).astype(np.float32)  # duplicates, parallels, zeros: ties everywhere
    weights = rng.integers(-3, 4, 4) / 2
    active = rng.random(36) < 0.6

    for closest, neighborhood in ((0.3, 0.2), (0.5, 0.33), (1.0, 0.5)):
        assert_exact(
            (inputs, weights, active), metric=metric, weighting=weighting, closest=closest, neighborhood=neighborhood
        )


# Against scikit-learn


@pytest.mark.parametrize("seed", range(4))
@every_metric
def test_the_silhouette_agrees_with_scikit_learn(metric, seed):
    inputs, weights, active = random_neuron(seed)
    distances = pairwise_distances(inputs.astype(np.float64) * np.abs(weights), metric=metric)
    values, share = by_scikit_learn(distances, active, 0.4, 30)

    found = neighborhood_silhouette(inputs, weights, active, metric=metric, closest=0.4)

    assert found.value == pytest.approx(np.nanmean(values), abs=1e-9)
    assert (found.n_used, found.n_selected) == (np.count_nonzero(~np.isnan(values)), len(values))
    assert found.active_neighbors == pytest.approx(share, abs=1e-12)


@every_metric
def test_more_images_than_fit_one_step_agree_with_scikit_learn(metric):
    inputs, weights, active = random_neuron(3, images=1100, inputs=12)
    inputs[::100] = 0.0
    active &= inputs.any(axis=1)
    distances = pairwise_distances(inputs.astype(np.float64) * np.abs(weights), metric=metric)
    if metric == "cosine":
        zero = np.flatnonzero(~inputs.any(axis=1))
        distances[zero] = distances[:, zero] = 1.0
        np.fill_diagonal(distances, 0.0)
    distances = distances.round(12)  # parallel images are at the same distance, up to rounding
    curve = neighborhood_curve(inputs, weights, active, metric=metric, sizes=[0.02, 0.05, 0.3])

    for value, size in zip(curve.values, (22, 55, 330), strict=True):
        values, _ = by_scikit_learn(distances, active, 0.2, size)
        assert value == pytest.approx(np.nanmean(values), abs=1e-9)


# Curves


@settings(deadline=None, max_examples=60)
@given(neurons(few_values, images=(1, 25)) | distinct, st.sampled_from(METRICS), st.sampled_from(KINDS), SHARES)
def test_a_curve_is_one_size_after_the_other(neuron, metric, of, closest):
    sizes = [0.05, 0.1, 0.11, 0.3, 0.5, 0.9, 1.0]
    options = {"metric": metric, "of": of, "closest": closest}
    curve = neighborhood_curve(*neuron, sizes=sizes, **options)

    for index, size in enumerate(sizes):
        single = neighborhood_silhouette(*neuron, neighborhood=size, **options)
        assert curve.values[index] == pytest.approx(single.value, abs=1e-9, nan_ok=True)
        assert (curve.n_used[index], curve.n_selected) == (single.n_used, single.n_selected)
        assert curve.ignored[index] is single.ignored


def test_a_curve_over_the_sizes_of_the_thesis_agrees_with_scikit_learn():
    inputs, weights, active = random_neuron(5, images=400)
    distances = pairwise_distances(inputs.astype(np.float64) * np.abs(weights), metric="cosine")

    curve = neighborhood_curve(inputs, weights, active)

    assert curve.ignored[:4] == (Ignored.TOO_FEW_IMAGES,) * 4  # fewer than 3 of 400
    for index in range(4, 18):
        values, _ = by_scikit_learn(distances, active, 0.2, int(SIZES[index] * 400))
        assert curve.n_used[index] == np.count_nonzero(~np.isnan(values))
        assert curve.values[index] == pytest.approx(np.nanmean(values), abs=1e-9)
