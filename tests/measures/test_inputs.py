"""What an indicator looks at."""

import numpy as np
import pytest

from indicators.measures import clustering
from indicators.measures.catalog import INDICATORS
from indicators.measures.inputs import Layers, Neuron


@pytest.mark.parametrize("few", [20, 30])
def test_a_neuron_is_looked_at_with_few_images_and_its_curve_with_all(few):
    rng = np.random.default_rng(0)
    inputs, weights = rng.normal(size=(30, 4)), rng.normal(size=4)
    active = inputs @ weights > 0
    neuron = Neuron(inputs, weights, active, few)

    for metric in clustering.METRICS:
        of_few = clustering.neighborhood_silhouette(inputs[:few], weights, active[:few], metric=metric)
        assert neuron.silhouettes[metric] == of_few
        of_all = clustering.neighborhood_curve(inputs, weights, active, metric=metric)
        np.testing.assert_array_equal(neuron.curve(metric), of_all.values)


# --- All layers of a network


def test_layers_share_by_distance_what_they_were_given():
    """Every other layer is a copy of the first; those between are noise of their own."""
    rng = np.random.default_rng(0)
    copied = rng.random((500, 1)) < 0.5
    active = [copied if number % 2 == 0 else rng.random((500, 1)) < 0.5 for number in range(9)]
    layers = Layers(tuple(active), pairs=200, seed=0)

    assert layers.nmi_across(1) < 0.02
    # Of the layers two apart, four of seven pairs are copies and three are noise.
    assert layers.nmi_across(2) == pytest.approx(4 / 7, abs=0.01)
    assert layers.nmi_across(8) == 1.0
    assert layers.nmi_across_floor(8) == pytest.approx(1 / (2 * 500 * np.log(2)), rel=0.3)


@pytest.mark.parametrize(("count", "defined"), [(1, 0), (2, 1), (3, 2), (8, 3), (9, 4)])
def test_distances_that_no_two_layers_have_are_undefined(count, defined):
    active = tuple(np.random.default_rng(k).random((30, 4)) < 0.5 for k in range(count))
    layers = Layers(active, pairs=20, seed=[1, 2])

    for name in ("pairwise_nmi_across_layers", "pairwise_nmi_across_layers_floor"):
        assert np.isfinite(INDICATORS[name].of(layers)).tolist() == [True] * defined + [False] * (4 - defined)


def test_every_two_layers_count_alike_and_have_at_least_so_many_pairs():
    layers = Layers((np.eye(3, dtype=bool),) * 4, pairs=10, seed=0)
    seen = []

    def noted(*layers_and_pairs):
        seen.append(layers_and_pairs[2].shape)
        return np.ones(4)

    layers._of_pairs(noted, 1)

    assert seen == [(4, 2)] * 3


# --- A pooling before a neuron


def test_a_pooling_that_drops_what_blurs_groups_the_images():
    """Of two places that are pooled the larger tells active images from others, the smaller is noise."""
    rng = np.random.default_rng(0)
    active = np.arange(200) % 2 == 0
    told = rng.random((200, 2)) + np.where(active, [[0.6], [0.0]], [[0.0], [0.6]]).T
    read = np.stack([told, told * rng.random((200, 2))], axis=2).reshape(200, -1)
    neuron = Neuron(told, np.ones(2), active, 200, unpooled=read, unpooled_weights=np.ones(4))

    before, after = neuron.silhouette_by_pooling("cosine")

    assert after == neuron.silhouettes["cosine"].value
    assert before == clustering.neighborhood_silhouette(read, np.ones(4), active, metric="cosine").value
    assert after > before + 0.05
    assert np.isnan(Neuron(told, np.ones(2), active, 200).silhouette_by_pooling("cosine")).all()


def test_a_neuron_that_is_ignored_on_one_side_counts_on_neither():
    rng = np.random.default_rng(0)
    inputs, active = rng.random((60, 2)), np.arange(60) < 30
    # Before the pooling active images lie so far from the others that no neighborhood holds both.
    apart = np.where(active[:, None], [5.0, 0.0], [0.0, 5.0]) + 0.01 * rng.random((60, 2))
    neuron = Neuron(inputs, np.ones(2), active, 60, unpooled=apart, unpooled_weights=np.ones(2))

    assert np.isfinite(neuron.silhouettes["cosine"].value)
    assert np.isnan(neuron.silhouette_by_pooling("cosine")).all()
