"""What a user's architecture has to keep, looked at before anything is trained: the recipe is the study's alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from indicators.errors import InputError
from indicators.images.dataset import dataset_of
from indicators.networks import architectures
from indicators.networks.adapting import require_factors
from indicators.networks.gradients import Gradients
from indicators.networks.graph import operations
from indicators.networks.layers import activations, kernel_layers, received
from indicators.specs import ModelSpec, UntrainedSpec

IMAGES = 16
"""Random ones, that it is asked on whether the loss depends on every kernel."""
_GLOBAL = {
    "keras.config.set_dtype_policy": lambda: keras.config.dtype_policy().name,
    "keras.config.set_floatx": keras.config.floatx,
    "keras.config.set_image_data_format": keras.config.image_data_format,
}
"""What a function could set for all networks to come, and how it is read."""


def require_kept(name: str, input_shape: Sequence[int], classes: int, parameters: Mapping[str, Any]) -> keras.Model:
    """The network of an architecture with the initial weights of seed 0, after a look at what its function brings.

    It is built with two seeds and run on random images. InputError, which names the layer, what is wrong and what to
    do, for penalties and constraints, whole or partly equal initial weights of two seeds, kernels that are zero or that
    the loss does not depend on, a Keras setting that is left changed, layers in low precision, channels first, images
    that are normalized again, and all that measuring refuses.
    """
    before = {setting: read() for setting, read in _GLOBAL.items()}
    model = architectures.build(name, input_shape, classes, parameters, seed=0)
    if name == "vgg":
        return model
    try:
        _require_settings_left(before)
        for layer in _layers(model):
            _require_plain(layer)
        activations(model), received(model)
        other = architectures.build(name, input_shape, classes, parameters, seed=1)
        _require_seeds_apart(model, other)
        _require_used(other, classes)
    except InputError as error:
        raise InputError(f"architecture={name!r}: {error}") from error
    finally:
        keras.config.set_dtype_policy(before["keras.config.set_dtype_policy"])
        keras.config.set_floatx(before["keras.config.set_floatx"])
        keras.config.set_image_data_format(before["keras.config.set_image_data_format"])
    return model


_KEPT = set[tuple[str, str, tuple[float, ...]]]()
"""Architectures that this process has looked at, with their images and rates by layer."""


def require_trainable(specs: Iterable[UntrainedSpec], folder: Path) -> None:
    """Raises InputError where one of several networks cannot be built, trained or measured as it is described.

    folder: of the data set. Networks that differ in seed or optimizer alone are looked at once in a process.
    """
    for spec in specs:
        rates = spec.recipe.rates_by_layer if isinstance(spec, ModelSpec) else ()
        key = spec.architecture.fingerprint, spec.data.fingerprint, rates
        if key not in _KEPT:
            dataset, architecture = dataset_of(folder, spec.data), spec.architecture
            model = require_kept(architecture.name, dataset.input_shape, dataset.classes, architecture.parameters)
            require_factors(model, rates)
            _KEPT.add(key)


def _require_settings_left(before: Mapping[str, str]) -> None:
    for setting, read in _GLOBAL.items():
        if (now := read()) != before[setting]:
            raise InputError(
                f"its function changes a setting of Keras for all networks, from {before[setting]!r} to {now!r}: "
                f"take {setting}(...) out of it"
            )


def _layers(model: keras.Model) -> Iterator[Any]:
    """Every operation of a model, and the layers inside of it."""
    for operation in dict.fromkeys(operations(model)):
        yield operation
        if isinstance(operation, keras.Layer):
            yield from operation._flatten_layers(include_self=False)


def _said(layer: Any) -> str:
    return f"layer {getattr(layer, 'name', layer)!r} ({type(layer).__name__})"


def _require_plain(layer: Any) -> None:
    """Refuses what a layer brings of a recipe, or what measurements would take for something else."""
    said = _said(layer)
    for penalty in ("kernel_regularizer", "bias_regularizer", "activity_regularizer", "kernel_constraint"):
        if getattr(layer, penalty, None) is not None:
            raise InputError(f"{said} has a {penalty}: the recipe alone decides what is penalized; leave it out")
    for variable in getattr(layer, "trainable_variables", ()):
        for penalty in ("regularizer", "constraint"):
            if getattr(variable, penalty, None) is not None:
                raise InputError(f"{said} has a {penalty} of {variable.name!r}: the recipe alone decides; leave it out")
        if variable.dtype != "float32":
            raise InputError(f"{said} holds {variable.name!r} in {variable.dtype}: weights are float32; give no dtype")
    compute = getattr(layer, "compute_dtype", None)
    if compute is not None and compute != keras.config.dtype_policy().compute_dtype:
        raise InputError(f"{said} computes in {compute}: the recipe's precision decides for all layers; give no dtype")
    if getattr(layer, "data_format", None) == "channels_first":
        raise InputError(f"{said} takes channels first: images here have them last; give no data_format")
    if isinstance(layer, keras.layers.Rescaling | keras.layers.Normalization):
        raise InputError(f"{said} normalizes images that come with mean 0 and spread 1 already: leave it out")


def _require_seeds_apart(model: keras.Model, other: keras.Model) -> None:
    """Refuses kernels that two seeds share, or that are zero and cannot be turned."""
    for layer, again in zip(kernel_layers(model), kernel_layers(other), strict=True):
        kernel = layer.kernel.numpy()
        if not kernel.any():
            raise InputError(f"layer {layer.name!r} starts with a kernel of zeros, which Layca cannot turn: draw it")
        if np.array_equal(kernel, again.kernel.numpy()):
            raise InputError(
                f"layer {layer.name!r} has the same initial kernel with two seeds, so that seeds would be no "
                "repetitions: give its initializer no seed, and call no keras.utils.set_random_seed"
            )


def _require_used(model: keras.Model, classes: int) -> None:
    """Refuses kernels that the loss does not depend on, which no optimizer would move, and losses of layers' own."""
    rng = np.random.default_rng(0)
    images = rng.standard_normal((IMAGES, *model.input_shape[1:]), dtype=np.float32)
    model(images, training=True)
    for layer in _layers(model):
        if getattr(layer, "losses", ()):
            raise InputError(f"{_said(layer)} adds a loss: the recipe alone decides; leave add_loss out")
    kernels = [layer.kernel for layer in kernel_layers(model)]
    slopes = Gradients(model, kernels).mean([(images, rng.integers(classes, size=IMAGES))])
    for layer, slope in zip(kernel_layers(model), slopes, strict=True):
        if not np.isfinite(slope).all() or not slope.any():
            raise InputError(
                f"the loss does not depend on the kernel of layer {layer.name!r}, or has no finite slope there: "
                "no optimizer would move it; use the layer's outputs, without stop_gradient"
            )
