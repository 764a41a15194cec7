"""Gradients against what one step of plain gradient descent does to the weights."""

import keras
import numpy as np
import pytest

from indicators.errors import InputError
from indicators.networks import training
from indicators.networks.gradients import Gradients
from indicators.networks.layers import kernel_layers


@pytest.fixture
def spec(make_study):
    return make_study(parameters={"dropout": 0.4}).model("sgd", "low", 0)


def batch(dataset, places):
    return dataset.normalize(dataset.train.images[places]), dataset.train.labels[places]


def kernels_of(model):
    return [layer.kernel for layer in kernel_layers(model)]


def moved_by_one_step(spec, dataset, places, rate=0.5):
    """What a step of gradient descent takes off the kernels, over the rate, with the layers as at the start."""
    model = training.build(spec, dataset)
    model.compile(optimizer=keras.optimizers.SGD(rate), loss="sparse_categorical_crossentropy")
    before = [kernel.numpy() for kernel in kernels_of(model)]
    images, labels = batch(dataset, places)
    model.train_on_batch(images, labels)
    return [(old - kernel.numpy()) / rate for old, kernel in zip(before, kernels_of(model), strict=True)]


def test_the_gradient_of_a_batch_is_what_a_step_of_descent_follows(spec, dataset):
    model = training.build(spec, dataset)

    found = Gradients(model, kernels_of(model)).mean([batch(dataset, np.arange(16))])

    for one, other in zip(found, moved_by_one_step(spec, dataset, np.arange(16)), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6, rtol=1e-4)


def test_the_gradient_of_several_batches_is_their_mean(make_study, dataset):
    plain = make_study().model("sgd", "low", 0)
    model = training.build(plain, dataset)

    found = Gradients(model, kernels_of(model)).mean([batch(dataset, np.arange(k, k + 16)) for k in (0, 16)])

    each = [moved_by_one_step(plain, dataset, np.arange(k, k + 16)) for k in (0, 16)]
    for one, first, second in zip(found, *each, strict=True):
        np.testing.assert_allclose(one, (first + second) / 2, atol=1e-6, rtol=1e-4)


def test_taking_gradients_leaves_the_network_as_it_was(spec, dataset):
    model = training.build(spec, dataset)
    before = training.model_arrays(model)

    Gradients(model, kernels_of(model)).mean([batch(dataset, np.arange(16))])

    after = training.model_arrays(model)
    assert all(np.array_equal(before[name], after[name]) for name in before)


def test_penalties_do_not_count(make_study, dataset):
    study = make_study(l2=1.0)
    found = []
    for optimizer in ("sgd", "wdecay"):
        model = training.compiled(study.model(optimizer, "low", 0), dataset)
        found.append(Gradients(model, kernels_of(model)).mean([batch(dataset, np.arange(16))]))

    assert all(np.array_equal(one, other) for one, other in zip(*found, strict=True))


def test_another_backend_is_refused_by_name(spec, dataset, monkeypatch):
    model = training.build(spec, dataset)
    monkeypatch.setattr(keras.backend, "backend", lambda: "openvino")

    with pytest.raises(InputError, match=r"KERAS_BACKEND='openvino': .* tensorflow or jax; use one"):
        Gradients(model, kernels_of(model)).mean([])
