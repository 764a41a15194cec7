"""Networks run forward, beside the same arithmetic written out in NumPy."""

import numpy as np
import pytest

from indicators.networks import forward, training
from indicators.networks.forward import Network

EPSILON = 1e-3  # of Keras's batch normalization


@pytest.fixture(scope="module")
def spec(make_study):
    return make_study().model("sgd", "low", 0)


@pytest.fixture(scope="module")
def arrays(spec, dataset):
    """Weights, and moving statistics that are not those of a network that never saw an image."""
    rng = np.random.default_rng(1)
    initial = training.model_arrays(training.build(spec, dataset))
    return {name: (array + rng.uniform(0.1, 0.5, array.shape)).astype(np.float32) for name, array in initial.items()}


@pytest.fixture(scope="module")
def kernels(arrays):
    return [array for name, array in arrays.items() if name.endswith("kernel")]


@pytest.fixture
def network(spec, dataset, arrays):
    return Network(spec, dataset, arrays)


@pytest.fixture(scope="module")
def images(dataset):
    return dataset.normalize(dataset.test.images)


@pytest.fixture(scope="module")
def labels(dataset):
    return dataset.test.labels


def neurons(arrays, images):
    """The outputs of the three layers, from the formulas."""
    values = iter(array.astype(np.float64) for array in arrays.values())
    x, outputs = images.astype(np.float64), []
    for _ in range(2):
        kernel, bias, gamma, beta, mean, variance = (next(values) for _ in range(6))
        x = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
        windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(1, 2))
        x = np.einsum("nhwcij,ijcf->nhwf", windows, kernel) + bias
        x = np.maximum((x - mean) / np.sqrt(variance + EPSILON) * gamma + beta, 0)
        outputs.append(x)
        n, h, w, c = x.shape
        x = x.reshape(n, h // 2, 2, w // 2, 2, c).max(axis=(2, 4))
    kernel, bias = values
    logits = x.reshape(len(x), -1) @ kernel + bias
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return [*outputs, powers / powers.sum(axis=1, keepdims=True)]


def nothing(kernels):
    return [np.zeros(kernel.shape, bool) for kernel in kernels]


def everything(kernels):
    return [np.ones(kernel.shape, bool) for kernel in kernels]


def test_activations_are_those_of_every_layer_after_normalization_and_relu_before_pooling(network, arrays, images):
    found = dict(network.activations(images))

    assert list(found) == ["Conv1", "Conv2", "Dense1"]
    assert {array.dtype for array in found.values()} == {np.dtype(np.float32)}
    for array, expected in zip(found.values(), neurons(arrays, images), strict=True):
        np.testing.assert_allclose(array, expected, rtol=1e-4, atol=1e-5)
    assert 0 < np.mean(found["Conv1"] == 0) < 1


def test_accuracy_is_the_share_of_images_whose_largest_output_is_their_label(network, arrays, images):
    predicted = neurons(arrays, images)[-1].argmax(axis=1)
    labels = np.where(np.arange(len(images)) < 21, predicted, (predicted + 1) % 3)

    assert network.accuracy(images, labels) == 21 / 30


def test_pruning_nothing_changes_nothing(network, kernels, images, labels):
    expected = network.accuracy(images, labels)

    assert network.pruned_accuracy(kernels, nothing(kernels), images, labels) == expected


def test_a_network_without_weights_gives_every_image_one_class(network, kernels, images, labels, arrays):
    bias = list(arrays.values())[-1]

    accuracy = network.pruned_accuracy(kernels, everything(kernels), images, labels)

    assert accuracy == np.mean(labels == bias.argmax())


def test_pruning_sets_the_masked_weights_to_zero_and_no_others(network, kernels, arrays, images):
    rng = np.random.default_rng(2)
    masks = [rng.random(kernel.shape) < 0.6 for kernel in kernels]
    names = [name for name in arrays if name.endswith("kernel")]
    pruned = arrays | {name: np.where(mask, 0, arrays[name]) for name, mask in zip(names, masks, strict=True)}
    predicted = neurons(pruned, images)[-1].argmax(axis=1)

    assert network.pruned_accuracy(kernels, masks, images, predicted) == 1
    assert network.accuracy(images, predicted) < 1  # the whole network judges otherwise: the masks matter


def test_a_pruned_network_is_whole_again_for_whatever_comes_next(network, kernels, arrays, images, labels):
    expected = network.accuracy(images, labels)
    network.pruned_accuracy(kernels, everything(kernels), images, labels)

    assert network.accuracy(images, labels) == expected
    after = training.model_arrays(network.model)
    assert all(np.array_equal(after[name], arrays[name]) for name in arrays)


def test_activations_taken_layer_by_layer_are_those_taken_at_once(network, images, monkeypatch):
    at_once = dict(network.activations(images))
    monkeypatch.setattr(forward, "ACTIVATION_BYTES", 1)

    one_by_one = dict(network.activations(images))

    assert list(one_by_one) == list(at_once)
    for name, array in one_by_one.items():
        np.testing.assert_allclose(array, at_once[name], rtol=1e-5, atol=1e-6)


def test_results_do_not_depend_on_the_size_of_a_batch(network, images, labels, monkeypatch):
    activations, accuracy = dict(network.activations(images)), network.accuracy(images, labels)
    monkeypatch.setattr(forward, "BATCH", 7)

    assert network.accuracy(images, labels) == accuracy
    for name, array in network.activations(images):
        np.testing.assert_allclose(array, activations[name], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("sizes", "groups"),
    [([], []), ([4, 6, 1], [[0, 1], [2]]), ([11, 11], [[0], [1]]), ([3, 20, 3, 3], [[0], [1], [2, 3]])],
    ids=["no layer", "the sum just fits", "each too large", "one too large"],
)
def test_layers_are_grouped_within_the_memory_and_a_large_one_stands_alone(sizes, groups, monkeypatch):
    monkeypatch.setattr(forward, "ACTIVATION_BYTES", 10)

    assert forward._groups(sizes) == groups


def test_a_network_computes_in_float32_whatever_it_was_trained_in(make_study, dataset, arrays, images):
    half = make_study(precision="bfloat16").model("sgd", "low", 0)
    training.compiled(half, dataset)

    for (_, array), expected in zip(
        Network(half, dataset, arrays).activations(images), neurons(arrays, images), strict=True
    ):
        np.testing.assert_allclose(array, expected, rtol=1e-4, atol=1e-5)


# --- Statistics of batch normalization


def layers_of(network):
    return network._normalizations


def test_estimated_statistics_are_those_of_what_each_normalization_receives(network, arrays, images, monkeypatch):
    monkeypatch.setattr(forward, "BATCH", len(images))
    network.estimate_statistics(images)

    x = images.astype(np.float64)
    values = iter(array.astype(np.float64) for array in arrays.values())
    for layer in layers_of(network):
        kernel, bias, gamma, beta, _, _ = (next(values) for _ in range(6))
        x = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
        windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(1, 2))
        x = np.einsum("nhwcij,ijcf->nhwf", windows, kernel) + bias
        mean, variance = x.mean(axis=(0, 1, 2)), x.var(axis=(0, 1, 2))
        np.testing.assert_allclose(layer.moving_mean, mean, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(layer.moving_variance, variance, rtol=1e-4)
        x = np.maximum((x - mean) / np.sqrt(variance + EPSILON) * gamma + beta, 0)
        n, h, w, c = x.shape
        x = x.reshape(n, h // 2, 2, w // 2, 2, c).max(axis=(2, 4))


def test_statistics_of_the_first_normalization_do_not_depend_on_the_batches(network, images, monkeypatch):
    network.estimate_statistics(images)
    mean, variance = network._statistics()[0]
    monkeypatch.setattr(forward, "BATCH", 7)

    network.estimate_statistics(images)

    np.testing.assert_allclose(network._statistics()[0][0], mean, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(network._statistics()[0][1], variance, rtol=1e-5)


def test_estimating_leaves_weights_dropout_and_inference_alone(make_study, dataset, images):
    spec = make_study(parameters={"dropout": 0.5}).model("sgd", "low", 0)
    before = training.model_arrays(training.build(spec, dataset))
    network = Network(spec, dataset, before)
    network.estimate_statistics(images)
    first = [statistics.copy() for pair in network._statistics() for statistics in pair]

    network.estimate_statistics(images)

    again = [statistics for pair in network._statistics() for statistics in pair]
    assert all(np.array_equal(one, other) for one, other in zip(first, again, strict=True))
    after = training.model_arrays(network.model)
    assert {name for name in before if not np.array_equal(before[name], after[name])} <= {
        name for name in before if "moving" in name
    }
    one, other = (network.model.predict_on_batch(images) for _ in range(2))
    np.testing.assert_array_equal(one, other)


def test_a_pruned_network_with_estimated_statistics_is_whole_again_and_judged_by_them(
    network, kernels, arrays, images, labels
):
    rng = np.random.default_rng(3)
    masks = [rng.random(kernel.shape) < 0.5 for kernel in kernels]
    names = [name for name in arrays if name.endswith("kernel")]
    network.pruned_accuracy(kernels, masks, images, labels, images)
    after = training.model_arrays(network.model)

    assert all(np.array_equal(after[name], arrays[name]) for name in arrays)
    pruned = arrays | {name: np.where(mask, 0, arrays[name]) for name, mask in zip(names, masks, strict=True)}
    training.load_arrays(network.model, pruned)
    network.estimate_statistics(images)
    predicted = network.model.predict_on_batch(images).argmax(axis=1)
    training.load_arrays(network.model, arrays)
    assert network.pruned_accuracy(kernels, masks, images, predicted, images) == 1


# --- What neurons receive


@pytest.mark.parametrize("count", [1, 4, 999], ids=["one", "some", "all, and the whole map kept"])
def test_neurons_receive_what_makes_their_output(network, images, count):
    """Inputs times weights plus bias, normalized and rectified, is the neuron's activation: active where above zero."""
    maps = dict(network.activations(images))
    layers = {name: list(neurons) for name, neurons in network.neurons(images, few=5, count=count, seed=[7])}

    assert list(layers) == ["Conv1", "Conv2", "Dense1"]
    for name, neurons in layers.items():
        flat = maps[name].reshape(len(images), -1)
        assert len(neurons) == min(count, flat.shape[1])
        active = np.stack([neuron.active for neuron in neurons], axis=1)
        assert {tuple(column) for column in active.T} <= {tuple(column) for column in (flat > 0).T}
        for neuron in neurons:
            assert neuron.inputs.shape == (len(images), len(neuron.weights))
            assert neuron.images == 5
    sizes = {name: len(neurons[0].weights) for name, neurons in layers.items()}
    assert sizes == {"Conv1": 27, "Conv2": 36, "Dense1": 24}
    assert layers["Dense1"][0].window is None


@pytest.mark.parametrize("count", [2, 999], ids=["cut out", "all, and the whole map kept"])
def test_what_was_pooled_is_pooled_into_what_is_received(network, images, count):
    layers = {name: list(neurons) for name, neurons in network.neurons(images, few=5, count=count, seed=[7])}

    assert {neuron.unpooled is None for name in ("Conv1", "Dense1") for neuron in layers[name]} == {True}
    for neuron in layers["Conv2"]:
        windows = neuron.unpooled.reshape(len(images), 3, 2, 3, 2, 4)
        np.testing.assert_allclose(windows.max(axis=(2, 4)).reshape(len(images), -1), neuron.inputs, atol=1e-6)
        weights = neuron.unpooled_weights.reshape(3, 2, 3, 2, 4)
        assert (weights == neuron.weights.reshape(3, 1, 3, 1, 4)).all()


def test_a_neuron_is_active_where_its_inputs_times_weights_exceed_its_threshold(network, images):
    """Batch normalization and ReLU leave the order of the sums: those of active images lie above all the others."""
    for name, neurons in network.neurons(images, few=5, count=20, seed=[1]):
        if name == "Dense1":
            continue
        for neuron in neurons:
            sums = neuron.inputs.astype(np.float64) @ neuron.weights
            if neuron.active.any() and not neuron.active.all():
                assert sums[neuron.active].min() > sums[~neuron.active].max() - 1e-5


def test_neurons_are_those_of_the_seed_whatever_the_memory(network, images, monkeypatch):
    def inputs(seed):
        layers = network.neurons(images, few=5, count=3, seed=[seed])
        received = [(neuron.inputs, neuron.unpooled) for _, neurons in layers for neuron in neurons]
        return [array for arrays in received for array in arrays if array is not None]

    at_once = inputs(1)
    monkeypatch.setattr(forward, "ACTIVATION_BYTES", 1)

    assert all(np.allclose(one, other, atol=1e-6) for one, other in zip(at_once, inputs(1), strict=True))
    assert any(one.shape != other.shape or not np.allclose(one, other, atol=1e-6)
               for one, other in zip(at_once, inputs(2), strict=True))  # fmt: skip
