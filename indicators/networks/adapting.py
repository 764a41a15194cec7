"""What single variables are given of an optimizer's steps: layers a rate of their own, removed weights nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from indicators.errors import InputError
from indicators.networks.layers import kernel_layers, layer_names, layers_of_variables

Masks = Sequence[NDArray[np.bool_]]


def adapt(model: keras.Model, rates_by_layer: Sequence[float], removed: Masks) -> None:
    """Changes the optimizer of a compiled model, whatever it is, before it is run; nothing without rates and masks.

    rates_by_layer: factors on the learning rate of every layer in forward order, for its kernel, its bias and its
    normalization; none: 1. removed: masks of all kernels, True where a weight is zero and stays so; none: nothing is.
    A step is taken as if removed weights did not exist: their gradient counts as zero before momentum, decay or Layca's
    rotation see it, so that Layca keeps the norm of what is left. InputError for another number of factors than layers.
    """
    if not rates_by_layer and not removed:
        return
    factors, masks = _factors(model, rates_by_layer), _masks(model, removed)
    optimizer, plain = model.optimizer, model.optimizer.update_step

    def update_step(gradient: Any, variable: Any, learning_rate: Any) -> None:
        place = optimizer._get_variable_index(variable)
        mask, rate = masks[place], learning_rate * factors[place]
        if mask is None:
            plain(gradient, variable, rate)
            return
        plain(_without(mask, gradient), variable, rate)
        optimizer.assign(variable, _without(mask, variable))

    optimizer.update_step = update_step


def _without(mask: NDArray[np.bool_], values: Any) -> Any:
    tensor = keras.ops.convert_to_tensor(values)  # JAX takes no variable here
    return keras.ops.where(mask, keras.ops.zeros_like(tensor), tensor)


def require_factors(model: keras.Model, rates: Sequence[float]) -> None:
    """Raises InputError for another number of factors than layers; none are as many as one wants."""
    names = layer_names(model)
    if rates and len(rates) != len(names):
        raise InputError(
            f"recipe.rates_by_layer={tuple(rates)} has {len(rates)} factors; expected {len(names)}, "
            f"one for each of {', '.join(names)}"
        )


def _factors(model: keras.Model, rates: Sequence[float]) -> list[float]:
    """The factor of every trainable variable."""
    require_factors(model, rates)
    return [rates[place] if rates else 1.0 for place in layers_of_variables(model)]


def _masks(model: keras.Model, removed: Masks) -> list[NDArray[np.bool_] | None]:
    """The mask of every trainable variable; None for those that are no kernels."""
    layers = kernel_layers(model) if removed else []
    by_variable = {id(layer.kernel): mask for layer, mask in zip(layers, removed, strict=True)}
    return [by_variable.get(id(variable)) for variable in model.trainable_variables]
