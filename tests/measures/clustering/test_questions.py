import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.measures.clustering import KINDS, METRICS, active_neighbors, neighborhood_curve, neighborhood_silhouette
from tests.measures.clustering.references import SHARES, distinct, every_metric, generic, neurons, random_neuron

# Answers


@settings(deadline=None)
@given(neurons(st.floats(-1e3, 1e3)) | distinct, st.sampled_from(METRICS), st.sampled_from(KINDS), SHARES, SHARES)
def test_values_are_bounded_or_the_reason_is_given(neuron, metric, of, closest, neighborhood):
    options = {"metric": metric, "closest": closest, "neighborhood": neighborhood}
    found = neighborhood_silhouette(*neuron, of=of, **options)
    around = active_neighbors(*neuron, **options)

    assert (found.ignored is None) == (found.n_used > 0) == (-1.0 <= found.value <= 1.0)
    assert 0 <= found.n_used <= found.n_selected
    assert around.n_selected == found.n_selected
    assert (around.ignored is None) == (0.0 < around.value <= 1.0)
    np.testing.assert_equal(around.value, found.active_neighbors)


@settings(deadline=None, max_examples=40)
@given(generic, st.randoms(use_true_random=False), st.sampled_from(METRICS))
def test_the_order_of_images_and_of_inputs_does_not_matter(neuron, random, metric):
    inputs, weights, active = neuron
    images, columns = (random.sample(range(length), length) for length in inputs.shape)
    options = {"metric": metric, "closest": 0.4, "neighborhood": 0.3}
    expected = neighborhood_silhouette(*neuron, **options)

    by_image = neighborhood_silhouette(inputs[images], weights, active[images], **options)
    by_input = neighborhood_silhouette(inputs[:, columns], weights[columns], active, **options)

    for found in (by_image, by_input):
        assert found[1:] == (
            expected.n_used,
            expected.n_selected,
            pytest.approx(expected.active_neighbors, nan_ok=True),
            expected.ignored,
        )
        assert found.value == pytest.approx(expected.value, abs=1e-9, nan_ok=True)


@every_metric
def test_inputs_are_not_changed_and_their_memory_layout_does_not_matter(metric):
    inputs, weights, active = random_neuron(0, dtype=np.float64)
    before = inputs.copy(), weights.copy(), active.copy()
    for array in (inputs, weights, active):
        array.flags.writeable = False
    expected = neighborhood_silhouette(inputs, weights, active, metric=metric)

    found = neighborhood_silhouette(np.asfortranarray(inputs), weights, active, metric=metric)
    assert (found.value, found[1:]) == (pytest.approx(expected.value, abs=1e-12), expected[1:])
    neighborhood_curve(inputs, weights, active, metric=metric)
    active_neighbors(inputs, weights, active, metric=metric)
    for array, copy in zip((inputs, weights, active), before, strict=True):
        np.testing.assert_array_equal(array, copy)


# Errors


INPUTS, WEIGHTS, ACTIVE = np.ones((4, 2)), np.ones(2), np.array([True, True, False, False])


@pytest.mark.parametrize("question", [neighborhood_silhouette, active_neighbors, neighborhood_curve])
@pytest.mark.parametrize(
    ("inputs", "weights", "active", "error", "message"),
    [
        pytest.param([[math.nan, 1]] * 4, WEIGHTS, ACTIVE, ValueError, "inputs hold NaN", id="NaN"),
        pytest.param([[-math.inf, 1]] * 4, WEIGHTS, ACTIVE, ValueError, "inputs hold NaN or infinity", id="infinity"),
        pytest.param(INPUTS, [1.0, math.inf], ACTIVE, ValueError, "weights hold NaN or infinity", id="weights"),
        pytest.param(INPUTS, np.ones(3), ACTIVE, ValueError, "one weight per input", id="weights too many"),
        pytest.param(INPUTS, np.ones((2, 1)), ACTIVE, ValueError, "flatten the weights", id="weights axes"),
        pytest.param(np.ones((4, 2, 1)), WEIGHTS, ACTIVE, ValueError, r"is not \(images, d\)", id="inputs axes"),
        pytest.param(np.ones((0, 2)), WEIGHTS, ACTIVE[:0], ValueError, "holds no values", id="no images"),
        pytest.param(np.ones((4, 0)), WEIGHTS[:0], ACTIVE, ValueError, "holds no values", id="no inputs"),
        pytest.param(INPUTS, WEIGHTS, ACTIVE[:3], ValueError, r"active.shape=\(3,\) is not \(4,\)", id="active"),
        pytest.param(INPUTS, WEIGHTS, ACTIVE * 1.0, TypeError, "float64 is not bool", id="activations"),
        pytest.param(INPUTS * 1j, WEIGHTS, ACTIVE, TypeError, "complex128", id="complex"),
        pytest.param(INPUTS, ["a", "b"], ACTIVE, TypeError, "<U1", id="text"),
    ],
)
def test_unusable_neurons_are_named(question, inputs, weights, active, error, message):
    with pytest.raises(error, match=message):
        question(inputs, weights, active)


@pytest.mark.parametrize("question", [neighborhood_silhouette, active_neighbors, neighborhood_curve])
@pytest.mark.parametrize("active", [ACTIVE, ~ACTIVE & ACTIVE], ids=["live", "dead"])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metric": "cityblock"}, r"metric='cityblock' is not one of \('cosine', 'euclidean'\)"),
        ({"weighting": "none"}, "weighting='none' is not one of"),
        ({"closest": 0.0}, r"closest=0.0 is not in \(0, 1\]"),
        ({"closest": 1.5}, "closest=1.5"),
        ({"closest": math.nan}, "closest=nan"),
    ],
)
def test_unusable_options_are_named(question, active, options, message):
    with pytest.raises(ValueError, match=message):
        question(INPUTS, WEIGHTS, active, **options)


def test_unusable_neighborhoods_are_named():
    for question in (neighborhood_silhouette, active_neighbors):
        with pytest.raises(ValueError, match=r"neighborhood=20.0 is not in \(0, 1\]"):
            question(INPUTS, WEIGHTS, ACTIVE, neighborhood=20)
    for sizes in ([0.2, 0.1], [0.1, 0.1], [0.0, 0.1], [0.5, 1.1], [[0.1, 0.2]], [math.nan], 0.5):
        with pytest.raises(ValueError, match="not increasing shares"):
            neighborhood_curve(INPUTS, WEIGHTS, ACTIVE, sizes=sizes)
    for question in (neighborhood_silhouette, neighborhood_curve):
        with pytest.raises(ValueError, match="of='mean' is not one of"):
            question(INPUTS, WEIGHTS, ACTIVE, of="mean")
