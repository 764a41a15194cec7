"""Batch normalization by TensorFlow's fused operation, beside Keras's own."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from indicators.networks.normalization import FusedBatchNormalization

SHAPES = {"images": (8, 5, 4, 3), "one pixel": (6, 1, 1, 2), "one value": (1, 1, 1, 4), "vectors": (7, 5)}


def pair(shape, **options):
    """The fused layer and Keras's, with the same moving averages, not at their start."""
    fused = FusedBatchNormalization(**options)
    plain = keras.layers.BatchNormalization(scale=False, center=False, **options)
    averages = np.random.default_rng(1).uniform(0.5, 2, (2, shape[-1])).astype(np.float32)
    for layer in (fused, plain):
        layer.build((None, *shape[1:]))
        layer.set_weights(list(averages))
    return fused, plain


def outputs_and_gradient(layer, x, *, training):
    @tf.function
    def run(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, training=training)
            loss = tf.reduce_sum(tf.sin(3 * y))
        return y, tape.gradient(loss, x)

    return [np.asarray(value) for value in run(tf.constant(x))]


@pytest.mark.parametrize("training", [True, False], ids=["training", "inference"])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
def test_fused_normalization_equals_keras_in_outputs_gradients_and_averages(shape, training, rng):
    x = (rng.standard_normal(shape) * 3 + 5).astype(np.float32)
    fused, plain = pair(shape, momentum=0.7, epsilon=0.01)

    for _ in range(2):  # the averages of the first pass are read in the second
        found, expected = (outputs_and_gradient(layer, x, training=training) for layer in (fused, plain))
        np.testing.assert_allclose(found[0], expected[0], rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(found[1], expected[1], rtol=1e-4, atol=1e-5)
    for one, other in zip(fused.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-6)


def test_images_go_through_the_fused_operation_and_tiny_epsilons_do_not():
    def operations(layer):
        graph = tf.function(lambda x: layer(x, training=True)).get_concrete_function(tf.TensorSpec((None, 2, 2, 3)))
        return {operation.type for operation in graph.graph.get_operations()}

    assert "FusedBatchNormV3" in operations(pair((1, 2, 2, 3))[0])
    assert "FusedBatchNormV3" not in operations(pair((1, 2, 2, 3), epsilon=1e-7)[0])


@pytest.mark.parametrize("options", [{"epsilon": 1e-7}, {"axis": 1}], ids=["tiny epsilon", "channels first"])
def test_what_the_fused_operation_cannot_do_is_left_to_keras(options, rng):
    x = (rng.standard_normal((4, 3, 3, 3)) * 1e-3).astype(np.float32)
    fused, plain = pair(x.shape, **options)

    found, expected = (np.asarray(layer(x, training=True)) for layer in (fused, plain))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_a_frozen_normalization_uses_its_averages_and_leaves_them(rng):
    x = rng.standard_normal((4, 3, 3, 2), dtype=np.float32)
    fused, plain = pair(x.shape)
    before = fused.get_weights()
    fused.trainable = plain.trainable = False

    np.testing.assert_allclose(fused(x, training=True), plain(x, training=True), rtol=1e-5, atol=1e-6)
    assert np.array_equal(fused.get_weights(), before)


@pytest.mark.usefixtures("half_precision")
def test_normalization_in_half_precision_keeps_its_statistics_in_float32(rng):
    x = (rng.standard_normal((16, 4, 4, 3)) * 2 + 1).astype(np.float32)
    fused, plain = pair(x.shape)

    found, expected = (layer(x, training=True) for layer in (fused, plain))
    assert found.dtype == expected.dtype == tf.bfloat16
    np.testing.assert_allclose(np.asarray(found, dtype=np.float32), np.asarray(expected, dtype=np.float32), atol=0.02)
    for one, other in zip(fused.get_weights(), plain.get_weights(), strict=True):
        assert one.dtype == np.float32
        np.testing.assert_allclose(one, other, rtol=1e-5)


def test_normalization_returns_from_its_configuration():
    layer = FusedBatchNormalization(momentum=0.8, epsilon=0.02, name="n")

    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert isinstance(again, FusedBatchNormalization)
    assert again.get_config() == layer.get_config()
    assert (again.momentum, again.epsilon, again.scale, again.center) == (0.8, 0.02, False, False)
