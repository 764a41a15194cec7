"""Batch normalization without scale or offset, by TensorFlow's fused operation where that is what runs."""

from typing import Any

import keras

# The fused operation silently raises a smaller epsilon to this one.
SMALLEST_FUSED_EPSILON = 1.001e-5


@keras.saving.register_keras_serializable(package="indicators")
class FusedBatchNormalization(keras.layers.BatchNormalization):  # type: ignore[misc]  # untyped
    """What ``keras.layers.BatchNormalization(scale=False, center=False)`` computes, faster under TensorFlow.

    y = (x - mean) / sqrt(variance + epsilon), per channel (the last axis), with the batch's own mean and
    population variance in training and their moving averages otherwise. Keras composes it of single
    operations, which costs a quarter to a third of the training speed of a narrow VGG on a processor. Falls
    back on Keras's own for another backend, axis, rank (dense layers gain nothing), float64, masks, or an
    epsilon that the fused operation does not know.
    """

    def __init__(self, momentum: float = 0.99, epsilon: float = 1e-3, **options: Any) -> None:
        super().__init__(momentum=momentum, epsilon=epsilon, scale=False, center=False, **options)

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """A normalized batch; in training, also moves the moving averages towards its statistics."""
        if mask is not None or not self._is_fusible(inputs):
            return super().call(inputs, training=training, mask=mask)
        by_batch = training and self.trainable
        outputs = self._by_batch(inputs) if by_batch else self._by_moving_averages(inputs)
        return keras.ops.cast(outputs, self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        config: dict[str, Any] = super().get_config()
        return {name: value for name, value in config.items() if name not in ("scale", "center")}

    def _is_fusible(self, inputs: Any) -> bool:
        return (
            keras.backend.backend() == "tensorflow"
            and len(inputs.shape) == 4
            and self.axis in (-1, 3)
            and keras.backend.standardize_dtype(inputs.dtype) in ("float32", "bfloat16", "float16")
            and self.epsilon >= SMALLEST_FUSED_EPSILON
            and not (self.synchronized or self.renorm)
        )

    def _by_batch(self, images: Any) -> Any:
        outputs, mean, variance = self._fused(images)
        self._approach(self.moving_mean, mean)
        self._approach(self.moving_variance, variance * _population_share(images))
        return outputs

    def _by_moving_averages(self, images: Any) -> Any:
        mean = keras.ops.cast(self.moving_mean, "float32")
        variance = keras.ops.cast(self.moving_variance, "float32")
        return self._fused(images, mean=mean, variance=variance)[0]

    def _fused(self, images: Any, **moving_averages: Any) -> Any:
        import tensorflow as tf  # only here: another backend has no TensorFlow

        channels = images.shape[-1]
        return tf.compat.v1.nn.fused_batch_norm(
            images,
            tf.ones(channels),
            tf.zeros(channels),
            epsilon=self.epsilon,
            is_training=not moving_averages,
            **moving_averages,
        )

    def _approach(self, average: Any, value: Any) -> None:
        average.assign(average * self.momentum + keras.ops.cast(value, average.dtype) * (1.0 - self.momentum))


def _population_share(images: Any) -> Any:
    """(n - 1) / n of the n values of a channel: from the fused operation's variance to Keras's.

    The fused operation divides by n - 1 (by 1 where n is 1), Keras by n.
    """
    count = keras.ops.cast(keras.ops.prod(keras.ops.shape(images)[:3]), "float32")
    return (count - 1.0) / count
