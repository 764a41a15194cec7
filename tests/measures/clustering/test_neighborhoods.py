import math

import numpy as np
import pytest
from sklearn.metrics import pairwise_distances

from indicators.measures.clustering import SIZES, Ignored, active_neighbors, neighborhood_curve, neighborhood_silhouette
from tests.measures.clustering.references import by_scikit_learn, every_metric, random_neuron

# Who belongs to a neighborhood


def test_the_neighborhood_counts_the_image_itself():
    inputs, active = [[0.0], [1.0], [2.5], [4.5], [7.0]], np.array([True, False, True, True, False])

    # Central: image 2 (2.5 + 2 against 7 and 6.5). The three nearest: itself, 1 and 3.
    found = neighborhood_silhouette(inputs, [1.0], active, metric="euclidean", closest=0.4, neighborhood=0.6)

    assert found.active_neighbors == pytest.approx(2 / 3)
    assert found.value == pytest.approx(((1.5 - 2) / 2 + (3.5 - 2) / 3.5 + 0) / 3)


def test_central_images_are_counted_by_rounding_down():
    inputs, weights, _ = random_neuron(0, images=60)
    active = np.arange(60) < 39

    assert neighborhood_silhouette(inputs, weights, active, closest=0.1).n_selected == 3
    assert neighborhood_silhouette(inputs, weights, active, closest=0.5).n_selected == 19
    assert neighborhood_silhouette(inputs, weights, active, closest=1.0).n_selected == 39


def test_the_sizes_are_those_of_the_thesis():
    assert SIZES.tolist() == [
        0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.1, 0.15, 0.2, 0.3, 0.5,
    ]  # fmt: skip


@every_metric
def test_an_image_belongs_to_its_neighborhood_whatever_the_number_of_its_duplicates(metric):
    inputs = np.ones((20, 2))
    active = np.arange(20) == 19

    found = active_neighbors(inputs, [1.0, 1.0], active, metric=metric, closest=1.0, neighborhood=0.25)

    assert found.value == 1 / 5


@every_metric
def test_among_more_duplicates_than_fit_a_neighborhood_the_first_ones_count(metric):
    inputs = np.concatenate((np.ones((300, 2)), [[3.0, 1.0]] * 3))
    active = np.random.default_rng(0).random(303) < 0.5

    found = active_neighbors(inputs, [1.0, 1.0], active, metric=metric, closest=0.02, neighborhood=0.25)

    central, first = np.flatnonzero(active)[: int(0.02 * active.sum())], active[:75]
    assert central[-1] < 75
    assert found == (pytest.approx(first.mean()), len(central), None)


def test_many_duplicates_agree_with_scikit_learn():
    inputs, weights, active = random_neuron(0, images=1000, inputs=400)
    inputs[::2] = 0.0

    found = neighborhood_silhouette(inputs, weights, active, metric="euclidean")

    distances = pairwise_distances(inputs.astype(np.float64) * np.abs(weights))
    values, _ = by_scikit_learn(distances, active, 0.1, 200)
    assert found.value == pytest.approx(np.nanmean(values), abs=1e-9, nan_ok=True)


# Neurons without a value


@pytest.mark.parametrize(
    ("active", "options", "reason", "selected"),
    [
        pytest.param(np.zeros(40, bool), {}, "never active", 0, id="dead"),
        pytest.param(np.arange(40) < 9, {}, "too few active", 0, id="nine of which a tenth"),
        pytest.param(np.arange(40) < 20, {"neighborhood": 0.05}, "too few images", 2, id="neighborhoods of two"),
        pytest.param(np.ones(40, bool), {}, "one class only", 4, id="always active"),
    ],
)
@every_metric
def test_the_reason_why_a_neuron_is_ignored(metric, active, options, reason, selected):
    inputs, weights, _ = random_neuron(0, images=40)
    found = neighborhood_silhouette(inputs, weights, active, metric=metric, **options)
    sizes = [options.get("neighborhood", 0.2)]
    curve = neighborhood_curve(inputs, weights, active, metric=metric, closest=0.1, sizes=sizes)

    assert math.isnan(found.value)
    assert (found.ignored, found.n_used, found.n_selected) == (reason, 0, selected)
    assert (curve.ignored, curve.n_used.tolist(), curve.n_selected) == ((reason,), [0], selected)
    assert np.isnan(curve.values).all()


def test_active_neighbors_are_counted_where_silhouettes_are_not():
    inputs, active = [[0.0], [1.0], [3.0], [90.0]], np.array([True, True, True, False])
    options = {"metric": "euclidean", "closest": 0.4}

    one_class = active_neighbors(inputs, [1.0], active, neighborhood=0.75, **options)
    of_two = active_neighbors(inputs, [1.0], active, neighborhood=0.5, **options)

    assert one_class == (1.0, 1, None)
    assert of_two == (1.0, 1, None)
    assert active_neighbors(inputs, [1.0], active, neighborhood=0.2, **options).ignored == "too few images"
    assert active_neighbors(inputs, [1.0], ~active, **options).ignored == "too few active"
    assert active_neighbors(inputs, [1.0], active & False, **options).ignored == "never active"


def test_neighborhoods_of_one_class_are_skipped_and_counted():
    inputs = np.array([0.0, 0.1, 0.2, 5.0, 5.1, 5.3])[:, np.newaxis]
    active = np.array([True, True, True, True, False, False])

    found = neighborhood_silhouette(inputs, [1.0], active, metric="euclidean", closest=1.0, neighborhood=0.5)

    assert (found.n_used, found.n_selected) == (1, 4)
    assert found.value == pytest.approx(((0 + (0.1 - 0.2) / 0.2 + (0.3 - 0.2) / 0.3) / 3), abs=1e-9)


@every_metric
def test_one_image_has_no_silhouette(metric):
    found = neighborhood_silhouette([[1.0, 2.0]], [1.0, 1.0], np.array([True]), metric=metric, closest=1.0)

    assert found.ignored is Ignored.TOO_FEW_IMAGES
