"""Rates by layer and removed weights, through compiled steps of every optimizer."""

import math

import keras
import numpy as np
import pytest

from indicators.errors import InputError
from indicators.networks.adapting import adapt
from indicators.networks.layers import kernel_layers
from indicators.networks.optimizers import add_penalty, optimizer
from tests.fixtures.two_layers import TwoLayers
from tests.fixtures.vectors import angle

STEPS, RATE = 3, 0.02
RECIPES = [
    pytest.param("sgd", {}, 0.0, id="sgd"),
    pytest.param("wdecay", {}, 0.05, id="penalty"),
    pytest.param("wdecay", {"decay": 0.01, "decay_by_rate": 0.5}, 0.0, id="decay"),
    pytest.param("layca", {}, 0.0, id="layca"),
]


def trained(net, name, rates=(), removed=(), shares=None, l2=0.0, rate=RATE):
    """The network's weights before and after some compiled steps."""
    model = net.keras_model()
    for layer, mask in zip(kernel_layers(model), removed, strict=bool(removed)):
        layer.kernel.assign(np.where(mask, 0, layer.kernel.numpy()))
    before = model.get_weights()
    add_penalty(model, l2)
    model.compile(optimizer(name, rate, **(shares or {})), "mse", jit_compile=False)
    model.optimizer.build(model.trainable_variables)
    adapt(model, rates, removed)
    model.fit(net.x, net.y, batch_size=net.images, epochs=STEPS, shuffle=False, verbose=0)
    return before, model.get_weights()


def masks(net, share=0.5):
    rng = np.random.default_rng(1)
    return [rng.random(net.weights[k].shape) < share for k in (0, 2)]


@pytest.mark.parametrize(("name", "shares", "l2"), RECIPES)
def test_factors_of_one_and_masks_of_nothing_change_no_bit(name, shares, l2):
    net = TwoLayers("float32")
    none = [np.zeros(net.weights[k].shape, bool) for k in (0, 2)]

    plain = trained(net, name, shares=shares, l2=l2)[1]

    for found in (
        trained(net, name, (1.0, 1.0), shares=shares, l2=l2)[1],
        trained(net, name, removed=none, shares=shares, l2=l2)[1],
    ):
        assert all(np.array_equal(one, other) for one, other in zip(plain, found, strict=True))


@pytest.mark.parametrize(("name", "shares", "l2"), RECIPES)
def test_one_factor_for_all_layers_is_another_rate(name, shares, l2):
    net = TwoLayers("float32")

    by_factor = trained(net, name, (0.25, 0.25), shares=shares, l2=l2)[1]
    by_rate = trained(net, name, rate=0.25 * RATE, shares=shares, l2=l2)[1]

    for one, other in zip(by_factor, by_rate, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-7)


def test_layca_turns_every_layer_by_its_own_rate():
    net = TwoLayers("float32")
    model = net.keras_model()
    before = model.get_weights()
    model.compile(optimizer("layca", 0.03), "mse", jit_compile=False)
    model.optimizer.build(model.trainable_variables)
    adapt(model, (2.0, 0.5), ())
    model.fit(net.x, net.y, batch_size=net.images, shuffle=False, verbose=0)

    after = model.get_weights()
    for k, factor in ((0, 2.0), (2, 0.5)):
        assert angle(before[k], after[k]) == pytest.approx(math.atan(0.03 * factor), rel=1e-4)


def test_a_layer_of_a_tiny_rate_hardly_moves_with_its_bias_and_the_others_do():
    net = TwoLayers("float32")

    before, after = trained(net, "sgd", (1e-9, 1.0))

    moved = [float(np.abs(one - other).max()) for one, other in zip(before, after, strict=True)]
    assert max(moved[:2]) < 1e-6 < 1e-3 < min(moved[2:])


@pytest.mark.parametrize(("name", "shares", "l2"), RECIPES)
def test_removed_weights_stay_exactly_zero_and_the_others_move(name, shares, l2):
    net = TwoLayers("float32")

    before, after = trained(net, name, removed=masks(net), shares=shares, l2=l2)

    for k, mask in zip((0, 2), masks(net), strict=True):
        assert not after[k][mask].any()
        assert (after[k] != before[k])[~mask].all()


def test_layca_keeps_the_norm_of_what_is_left_of_a_kernel_and_turns_it_by_its_rate():
    net = TwoLayers("float32")
    removed = masks(net, 0.7)

    before, after = trained(net, "layca", removed=removed)

    for k in (0, 2):
        assert np.linalg.norm(after[k]) == pytest.approx(np.linalg.norm(before[k]), rel=1e-5)
        assert 0 < angle(before[k], after[k]) <= STEPS * math.atan(RATE) * 1.001


@pytest.mark.parametrize(("name", "shares", "l2"), RECIPES)
def test_what_a_removed_weight_is_told_does_not_reach_the_others(name, shares, l2):
    """One output of two is removed whole: the kernel of the other trains as if it were the only one."""
    net = TwoLayers("float32")
    removed = [np.zeros(net.weights[0].shape, bool), np.zeros(net.weights[2].shape, bool)]
    removed[1][:, 0] = True
    other = TwoLayers("float32")
    other.y = net.y.copy()
    other.y[:, 0] += 3  # another target for what cannot learn it, but for its bias

    one, two = (trained(n, name, removed=removed, shares=shares, l2=l2)[1] for n in (net, other))

    np.testing.assert_allclose(one[2], two[2], rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(one[0], two[0], rtol=1e-5, atol=1e-7)


def test_another_number_of_factors_than_layers_is_refused_before_a_step_is_made():
    model = TwoLayers("float32").keras_model()
    model.compile(optimizer("sgd", 0.1), "mse", jit_compile=False)

    with pytest.raises(
        InputError, match=r"^recipe.rates_by_layer=\(1.0,\) has 1 factors; expected 2, one for each of Conv1, Dense1$"
    ):
        adapt(model, (1.0,), ())


def test_parameters_of_normalization_have_the_rate_of_their_layer(rng):
    model = keras.Sequential(
        [keras.Input((5,)), keras.layers.Dense(4), keras.layers.BatchNormalization(), keras.layers.Dense(2)]
    )
    model.compile(optimizer("sgd", 0.1), "mse", jit_compile=False)
    model.optimizer.build(model.trainable_variables)
    before = [v.numpy() for v in model.trainable_variables]
    adapt(model, (1e-9, 1.0), ())
    model.fit(rng.standard_normal((8, 5)), rng.standard_normal((8, 2)), verbose=0)

    moved = [float(np.abs(a - b.numpy()).max()) for a, b in zip(before, model.trainable_variables, strict=True)]
    assert max(moved[:4]) < 1e-6
    assert min(moved[4:]) > 1e-3
