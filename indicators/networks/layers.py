"""The layers of a network: which they are, what they are called, what their neurons receive and answer.

A layer here is one that has a kernel; what follows it (normalization, activation, dropout) belongs to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import keras

from indicators.errors import InputError
from indicators.networks.graph import Call, calls, operations

# What may stand between a kernel and its neurons' output without mixing or dropping neurons.
NORMALIZATIONS = (
    keras.layers.BatchNormalization,
    keras.layers.GroupNormalization,
    keras.layers.LayerNormalization,
    keras.layers.RMSNormalization,
    keras.layers.UnitNormalization,
)
REGULARIZATIONS = (
    keras.layers.Dropout,
    keras.layers.AlphaDropout,
    keras.layers.GaussianDropout,
    keras.layers.GaussianNoise,
    keras.layers.ActivityRegularization,
    keras.layers.Identity,
)
ACTIVATIONS = (
    keras.layers.Activation,
    keras.layers.ReLU,
    keras.layers.LeakyReLU,
    keras.layers.PReLU,
    keras.layers.ELU,
    keras.layers.Softmax,
)
POOLINGS_OF_MAPS = (keras.layers.MaxPooling2D, keras.layers.AveragePooling2D)
_POOLING = re.compile(r"(Adaptive)?(Max|Average)Pool(ing[123]D)?")
"""Names of what pools neighboring places."""


# --- Which they are -------------------------------------------------------------------------------


def kernel_layers(model: keras.Model) -> list[keras.Layer]:
    """The layers that have a kernel (a trainable ``kernel`` of rank two and more), in forward order.

    Forward order is a topological order of the graph: deepest first, branches in the order in which they were
    written. Nested models are opened; a layer used several times counts once. InputError where the graph is
    not visible (a subclassed model, or one without input), a layer hides kernels inside, or none has one.
    """
    layers = dict.fromkeys(operation for operation in _open_operations(model) if _has_kernel(operation))
    if not layers:
        raise InputError(f"model {model.name!r} has no layer with a trainable kernel: give it a Conv or Dense layer")
    return list(layers)


def layer_names(model: keras.Model) -> list[str]:
    """A name for each of ``kernel_layers``: Conv1, Conv2, ..., Dense1, ..., in forward order."""
    counts = {"Conv": 0, "Dense": 0}
    names = []
    for layer in kernel_layers(model):
        kind = "Dense" if len(layer.kernel.shape) == 2 or isinstance(layer, keras.layers.EinsumDense) else "Conv"
        counts[kind] += 1
        names.append(f"{kind}{counts[kind]}")
    return names


def layers_of_variables(model: keras.Model) -> list[int]:
    """The place in ``kernel_layers`` of the layer that each of ``model.trainable_variables`` belongs to.

    What has no kernel of its own, such as a normalization, belongs to the layer whose answers it is given; before the
    first kernel to the first layer. InputError as for ``kernel_layers``.
    """
    numbers = {id(layer): number for number, layer in enumerate(kernel_layers(model))}
    behind: dict[int, int] = {}
    found: dict[int, int] = {}
    for call in calls(model):
        given = [behind.get(id(tensor), 0) for tensor in call.inputs]
        number = numbers.get(id(call.operation), given[0] if given else 0)
        behind |= dict.fromkeys(map(id, call.outputs), number)
        for variable in getattr(call.operation, "trainable_variables", ()):
            found.setdefault(id(variable), number)
    return [found[id(variable)] for variable in model.trainable_variables]


def normalizations(model: keras.Model) -> list[keras.layers.BatchNormalization]:
    """The batch-normalization layers, in forward order, nested models opened."""
    found = (layer for layer in _open_operations(model) if isinstance(layer, keras.layers.BatchNormalization))
    return list(dict.fromkeys(found))


def _open_operations(model: Any) -> Iterator[Any]:
    """Every operation; refuses a layer with kernels out of sight, which every measurement would silently leave out."""
    for operation in operations(model):
        _check_open(operation)
        yield operation


def _check_open(operation: Any) -> None:
    if isinstance(operation, (*NORMALIZATIONS, *ACTIVATIONS, keras.layers.Embedding)):
        return  # their parameters are no kernels, whatever their rank
    own = {id(operation.kernel)} if _has_kernel(operation) else set()
    matrices = [w for w in getattr(operation, "trainable_weights", ()) if len(w.shape) >= 2 and id(w) not in own]
    if matrices:
        raise InputError(
            f"layer {operation.name!r} ({type(operation).__name__}) holds kernels out of sight "
            f"({', '.join(w.path for w in matrices)}): build the model from Conv and Dense layers, or from functional "
            "models within it"
        )
    inside = operation._flatten_layers(include_self=False) if isinstance(operation, keras.Layer) else ()
    hidden = [layer for layer in inside if isinstance(layer, NORMALIZATIONS)]
    if hidden and not own:
        raise InputError(
            f"layer {operation.name!r} ({type(operation).__name__}) normalizes out of sight "
            f"({', '.join(layer.path for layer in hidden)}), so that its neurons would be taken before that, and its "
            "statistics never be estimated anew: call the normalization on tensors of the model"
        )


def _has_kernel(operation: Any) -> bool:
    """Whether a layer has a kernel that is trained: a variable of its own, no tensor made of others."""
    kernel = getattr(operation, "kernel", None)
    return isinstance(kernel, keras.Variable) and len(kernel.shape) >= 2 and kernel.trainable and operation.trainable


# --- Where poolings stand -------------------------------------------------------------------------


def poolings(model: keras.Model) -> dict[str, int]:
    """Number of poolings on the way from the input to every layer, by `layer_names`; of several ways, the most.

    A pooling takes the maximum or the mean of neighboring places, whatever their number. A global one takes all places
    together, as flattening does, and does not count; nor do strides of a convolution. A layer that is used at several
    places stands at its first. InputError as for ``kernel_layers``.
    """
    passed: dict[int, int] = {}
    before: dict[int, int] = {}
    for call in calls(model):
        count = max((passed.get(id(tensor), 0) for tensor in call.inputs), default=0)
        before.setdefault(id(call.operation), count)
        passed |= dict.fromkeys(map(id, call.outputs), count + _is_pooling(call.operation))
    counts = (before[id(layer)] for layer in kernel_layers(model))
    return dict(zip(layer_names(model), counts, strict=True))


def _is_pooling(operation: Any) -> bool:
    """Whether it is a layer that pools, a kind of such, or the function (``keras.ops.max_pool``)."""
    return any(_POOLING.fullmatch(kind.__name__) for kind in type(operation).__mro__)


# --- What their neurons answer --------------------------------------------------------------------


def activations(model: keras.Model) -> list[keras.KerasTensor]:
    """The symbolic output of each layer's neurons, in the order of ``kernel_layers``.

    From the kernel's output through normalization and dropout up to the activation function (the layer's own,
    if it has one), each only where it alone reads the tensor; before pooling, reshaping, merging and the next
    kernel. For VGG: after normalization and ReLU, before pooling; last, the softmax. All are reachable from
    ``model.inputs``: ``keras.Model(model.inputs[0], activations(model))`` computes them. InputError as for
    ``kernel_layers``, and where a layer is used several times, because its neurons then have several outputs.
    """
    found = calls(model)
    readers: dict[int, list[Call]] = {}
    for call in found:
        for tensor in call.inputs:
            readers.setdefault(id(tensor), []).append(call)
    return [_neurons(_only_call(layer, found), readers) for layer in kernel_layers(model)]


def _neurons(call: Call, readers: Mapping[int, list[Call]]) -> Any:
    while not _is_activation(call.operation):
        following = readers.get(id(call.outputs[0]), [])
        if len(following) != 1 or not _keeps_neurons(following[0].operation):
            break
        call = following[0]
    return call.outputs[0]


def _only_call(layer: Any, found: Sequence[Call]) -> Call:
    uses = [call for call in found if call.operation is layer]
    if len(uses) > 1:
        raise InputError(
            f"layer {layer.name!r} is used {len(uses)} times in the model, "
            "so that its neurons have no single output: give each place a layer of its own"
        )
    return uses[0]


def _is_activation(operation: Any) -> bool:
    if _has_kernel(operation) or isinstance(operation, keras.layers.Activation):
        return getattr(operation, "activation", None) not in (None, keras.activations.linear)
    return isinstance(operation, ACTIVATIONS) or _is_function_of(operation)


def _is_function_of(operation: Any) -> bool:
    """Whether an operation that is no layer, such as ``keras.ops.relu``, is an activation function."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(operation).__name__).lower()
    return not isinstance(operation, keras.Layer) and hasattr(keras.activations, name)


def _keeps_neurons(operation: Any) -> bool:
    return isinstance(operation, (*NORMALIZATIONS, *REGULARIZATIONS, *ACTIVATIONS)) or _is_function_of(operation)


# --- What their neurons receive -------------------------------------------------------------------


class Pooled(NamedTuple):
    """What a pooling reads, and how."""

    maps: keras.KerasTensor
    """(batch, height, width, channels) before the pooling."""
    options: dict[str, Any]
    """How the window moves over the image, as `receptive.unpooled_inputs` takes it."""


class Received(NamedTuple):
    """What the neurons of a layer receive, and how."""

    inputs: keras.KerasTensor
    """(batch, height, width, channels) before a convolution, (batch, inputs) before a dense layer."""
    outputs: keras.KerasTensor
    """Of the kernel, before normalization and activation."""
    options: dict[str, Any] | None
    """How the kernel moves over the image, as `receptive.receptive_inputs` takes it; None for a dense layer."""
    pooled: Pooled | None = None
    """What the inputs are pooled from, where a convolution follows a pooling of maps directly."""


def received(model: keras.Model) -> list[Received | None]:
    """What each layer's neurons receive, in the order of ``kernel_layers``; None where it is not known.

    Known of two-dimensional convolutions, channels last, neither dilated nor in groups, and of dense layers on
    flat inputs. InputError as for ``activations``.
    """
    found = calls(model)
    makers = {id(tensor): call for call in found for tensor in call.outputs}
    return [_received(_only_call(layer, found), makers) for layer in kernel_layers(model)]


def _received(call: Call, makers: Mapping[int, Call]) -> Received | None:
    layer, inputs, outputs = call.operation, call.inputs[0], call.outputs[0]
    if isinstance(layer, keras.layers.Dense) and len(inputs.shape) == 2:
        return Received(inputs, outputs, None)
    plain = isinstance(layer, keras.layers.Conv2D) and layer.data_format == "channels_last" and layer.groups == 1
    if not plain or tuple(layer.dilation_rate) != (1, 1):
        return None
    options = {"kernel_size": layer.kernel_size, "strides": layer.strides, "padding": layer.padding}
    return Received(inputs, outputs, options, _pooled(makers.get(id(inputs)), makers))


def _pooled(maker: Call | None, makers: Mapping[int, Call]) -> Pooled | None:
    """What a pooling reads that gave a layer its inputs, but for what changes nothing in inference."""
    while maker is not None and isinstance(maker.operation, REGULARIZATIONS):
        maker = makers.get(id(maker.inputs[0]))
    if maker is None or not isinstance(maker.operation, POOLINGS_OF_MAPS):
        return None
    pooling = maker.operation
    if pooling.data_format != "channels_last":
        return None
    options = {"pool_size": pooling.pool_size, "pool_strides": pooling.strides, "pool_padding": pooling.padding}
    return Pooled(maker.inputs[0], options)
