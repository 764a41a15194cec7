"""Networks: VGG with batch normalization, a user's own function, and what their layers are.

A layer here is one that has a kernel; what follows it (normalization, activation, dropout) belongs to it.
"""

import importlib
import inspect
import math
import re
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np

from indicators.errors import InputError
from indicators.networks.normalization import FusedBatchNormalization

# Convolutions per block, and filters of each block at width 1.
VGG_PLANS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
VGG_FILTERS = (64, 128, 256, 512, 512)

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


# --- VGG ----------------------------------------------------------------------------------------------------


def vgg(
    input_shape: Sequence[int],
    classes: int,
    *,
    depth: int = 16,
    width: float = 1.0,
    momentum: float = 0.99,
    epsilon: float = 1e-3,
) -> keras.Model:
    """Build VGG with batch normalization: 3 x 3 convolutions in five blocks, two dense layers, a softmax.

    Every convolution and dense layer has a bias and is followed by batch normalization without scale or
    offset (of this ``momentum`` and ``epsilon``), then ReLU; the last one by normalization and softmax (in
    float32 always). Each block ends in 2 x 2 max-pooling. ``depth`` is the original's: 11, 13, 16, 19 (a
    layer more than here: its third dense one); ``width`` multiplies the layers' sizes (64 to 512 at width 1;
    rounded, at least 1). Kernels start Glorot-uniform, biases at zero. ``input_shape`` is (height, width,
    channels), 32 pixels at least. At depth 16, width 1, 32 x 32 x 3 and 10 classes: 14 991 966 parameters.
    InputError for anything else. Thesis 4.3.3, Table 6.2; Simonyan & Zisserman 2015.
    """
    _check_vgg(input_shape, classes, depth, width)

    def normalized(x: Any) -> Any:
        return FusedBatchNormalization(momentum=momentum, epsilon=epsilon)(x)

    x = inputs = keras.Input(tuple(input_shape))
    for convolutions, filters in zip(VGG_PLANS[depth], VGG_FILTERS, strict=True):
        for _ in range(convolutions):
            x = keras.layers.Conv2D(_scaled(filters, width), 3, padding="same")(x)
            x = keras.layers.ReLU()(normalized(x))
        x = keras.layers.MaxPooling2D(2)(x)
    x = keras.layers.Dense(_scaled(512, width))(keras.layers.Flatten()(x))
    x = keras.layers.ReLU()(normalized(x))
    x = normalized(keras.layers.Dense(classes)(x))
    return keras.Model(inputs, keras.layers.Activation("softmax", dtype="float32")(x), name=f"vgg{depth}")


def _scaled(size: int, width: float) -> int:
    return max(1, round(size * width))


def _check_vgg(input_shape: Sequence[int], classes: int, depth: int, width: float) -> None:
    if depth not in VGG_PLANS:
        raise InputError(f"depth={depth!r} is not one of {tuple(VGG_PLANS)}")
    if not (math.isfinite(width) and width > 0):
        raise InputError(f"width={width!r} is not a positive number: 1 is full size, 0.25 a quarter")
    if classes != int(classes) or classes < 2:
        raise InputError(f"classes={classes!r} is not a whole number of at least 2")
    smallest = 2 ** len(VGG_FILTERS)
    if len(input_shape) != 3 or min(input_shape[:2]) < smallest or input_shape[2] < 1:
        raise InputError(
            f"input_shape={tuple(input_shape)} is not (height, width, channels) with at least "
            f"{smallest} x {smallest} pixels, to be halved {len(VGG_FILTERS)} times: "
            "enlarge the images or name another architecture"
        )


# --- by name ------------------------------------------------------------------------------------------------


def resolve(name: str) -> Callable[..., keras.Model]:
    """Return the function that an architecture's name means: ``vgg``, or a user's ``module:function``.

    The function takes (input_shape, classes, **parameters) and returns a Keras model. InputError where the
    name is neither, the module cannot be imported, or it has no such function.
    """
    if name == "vgg":
        return vgg
    module_name, colon, attribute = name.partition(":")
    if not (module_name and colon and attribute):
        raise InputError(f"architecture={name!r} is not 'vgg' or 'module:function': try mypackage.nets:build")
    function = getattr(_imported(name, module_name), attribute, None)
    if function is None:
        raise InputError(
            f"architecture={name!r}: module {module_name!r} has no {attribute!r}: name a function it defines"
        )
    if not callable(function):
        raise InputError(
            f"architecture={name!r} names {_a(function)}, not a function: "
            "name one that takes (input_shape, classes) and returns a keras.Model"
        )
    return function  # type: ignore[no-any-return]  # what it returns is checked in build


def _imported(name: str, module_name: str) -> Any:
    try:
        return importlib.import_module(module_name)
    except ImportError as error:
        raise InputError(
            f"architecture={name!r}: module {module_name!r} cannot be imported ({error}): "
            "install it or add its folder to PYTHONPATH"
        ) from error
    except Exception as error:
        raise InputError(f"architecture={name!r}: module {module_name!r} fails on import: {_where(error)}") from error


def _where(error: Exception) -> str:
    """An exception of a user's code in one line, with the place it came from."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    file, line = (error.filename, error.lineno) if isinstance(error, SyntaxError) else (last.filename, last.lineno)
    words = " ".join(str(error.msg if isinstance(error, SyntaxError) else error).split())
    return f"{type(error).__name__}: {words} ({file}, line {line})"


def _a(value: Any) -> str:
    """The kind of a value in words: `a list`, `an int`."""
    kind = type(value).__name__
    return f"an {kind}" if kind[0] in "aeiouAEIOU" else f"a {kind}"


def build(
    name: str, input_shape: Sequence[int], classes: int, parameters: Mapping[str, Any], *, seed: int
) -> keras.Model:
    """Build an architecture with the initial weights of a seed: same name, arguments and seed, same weights.

    Sets the global seeds of Python, NumPy and the backend. InputError where the function does not know a
    parameter or fails, returns no Keras model with a visible graph, or one that does not map (None, *input_shape)
    to probabilities (None, classes).
    """
    function = resolve(name)
    signature = inspect.signature(function)
    try:
        signature.bind(tuple(input_shape), classes, **parameters)
    except TypeError as error:
        raise InputError(
            f"architecture={name!r} cannot be called with (input_shape, classes"
            f"{''.join(f', {key}={value!r}' for key, value in parameters.items())}) ({error}): it takes {signature}"
        ) from error
    keras.utils.set_random_seed(seed)
    try:
        model = function(tuple(input_shape), classes, **parameters)
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"architecture={name!r} fails for input_shape={tuple(input_shape)}, classes={classes}: {_where(error)}"
        ) from error
    _check_model(name, model, (None, *input_shape), (None, classes))
    _check_probabilities(name, model)
    return model


def _check_model(name: str, model: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
    if not isinstance(model, keras.Model):
        raise InputError(
            f"architecture={name!r} returns {_a(model)}, not a keras.Model: return the model that it builds"
        )
    _graph(model)
    shapes = (("input", model.input_shape, inputs), ("output", model.output_shape, outputs))
    for what, found, expected in shapes:
        if found != expected:
            raise InputError(
                f"architecture={name!r} returns a model of {what} shape {found}, not {expected}: "
                "build it from the input_shape and classes that it is given"
            )


def _check_probabilities(name: str, model: keras.Model) -> None:
    """Refuse a model that ends in anything but probabilities: the loss takes its outputs for such, logits too."""
    last = next((call.operation for call in _calls(model) if call.outputs[0] is model.outputs[0]), None)
    if getattr(last, "activation", None) is keras.activations.softmax or type(last).__name__ == "Softmax":
        return
    images = np.random.default_rng(0).standard_normal((2, *model.input_shape[1:]), dtype=np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras remarks on a model whose one input is in a list, and takes it
        outputs = keras.ops.convert_to_numpy(model(images, training=False)).astype(np.float64)
    # Eight bits of precision tell a sum over classes from 1 to some hundredths.
    if not (np.all(outputs >= 0) and np.allclose(outputs.sum(axis=1), 1, rtol=0, atol=0.05)):
        raise InputError(
            f"architecture={name!r} returns a model whose outputs are no probabilities "
            f"(the first image: from {outputs[0].min():.3g} to {outputs[0].max():.3g}, sum {outputs[0].sum():.3g}): "
            'end it in a softmax, such as Dense(classes, activation="softmax")'
        )


# --- layers -------------------------------------------------------------------------------------------------


def kernel_layers(model: keras.Model) -> list[keras.Layer]:
    """Return the layers that have a kernel (a trainable ``kernel`` of rank two and more), in forward order.

    Forward order is a topological order of the graph: deepest first, branches in the order in which they were
    written. Nested models are opened; a layer used several times counts once. InputError where the graph is
    not visible (a subclassed model, or one without input), a layer hides kernels inside, or none has one.
    """
    layers = dict.fromkeys(operation for operation in _operations(model) if _has_kernel(operation))
    if not layers:
        raise InputError(f"model {model.name!r} has no layer with a trainable kernel: give it a Conv or Dense layer")
    return list(layers)


def layer_names(model: keras.Model) -> list[str]:
    """Return a name for each of ``kernel_layers``: Conv1, Conv2, ..., Dense1, ..., in forward order."""
    counts = {"Conv": 0, "Dense": 0}
    names = []
    for layer in kernel_layers(model):
        kind = "Dense" if len(layer.kernel.shape) == 2 or isinstance(layer, keras.layers.EinsumDense) else "Conv"
        counts[kind] += 1
        names.append(f"{kind}{counts[kind]}")
    return names


def activations(model: keras.Model) -> list[keras.KerasTensor]:
    """Return the symbolic output of each layer's neurons, in the order of ``kernel_layers``.

    From the kernel's output through normalization and dropout up to the activation function (the layer's own,
    if it has one), each only where it alone reads the tensor; before pooling, reshaping, merging and the next
    kernel. For VGG: after normalization and ReLU, before pooling; last, the softmax. All are reachable from
    ``model.inputs``: ``keras.Model(model.inputs[0], activations(model))`` computes them. InputError as for
    ``kernel_layers``, and where a layer is used several times, because its neurons then have several outputs.
    """
    calls = _calls(model)
    readers: dict[int, list[_Call]] = {}
    for call in calls:
        for tensor in call.inputs:
            readers.setdefault(id(tensor), []).append(call)
    return [_neurons(_only_call(layer, calls), readers) for layer in kernel_layers(model)]


class Received(NamedTuple):
    """What the neurons of a layer receive, and how."""

    inputs: keras.KerasTensor
    """(batch, height, width, channels) before a convolution, (batch, inputs) before a dense layer."""
    outputs: keras.KerasTensor
    """Of the kernel, before normalization and activation."""
    options: dict[str, Any] | None
    """How the kernel moves over the image, as `receptive.receptive_inputs` takes it; None for a dense layer."""


def received(model: keras.Model) -> list[Received | None]:
    """Return what each layer's neurons receive, in the order of ``kernel_layers``; None where it is not known.

    Known of two-dimensional convolutions, channels last, neither dilated nor in groups, and of dense layers on
    flat inputs. InputError as for ``activations``.
    """
    calls = _calls(model)
    return [_received(_only_call(layer, calls)) for layer in kernel_layers(model)]


def normalizations(model: keras.Model) -> list[keras.layers.BatchNormalization]:
    """Return the batch-normalization layers, in forward order, nested models opened."""
    layers = (operation for operation in _operations(model) if isinstance(operation, keras.layers.BatchNormalization))
    return list(dict.fromkeys(layers))


class _Call(NamedTuple):
    operation: Any
    inputs: list[Any]
    outputs: list[Any]


def _neurons(call: _Call, readers: Mapping[int, list[_Call]]) -> Any:
    while not _is_activation(call.operation):
        following = readers.get(id(call.outputs[0]), [])
        if len(following) != 1 or not _keeps_neurons(following[0].operation):
            break
        call = following[0]
    return call.outputs[0]


def _only_call(layer: Any, calls: Sequence[_Call]) -> _Call:
    found = [call for call in calls if call.operation is layer]
    if len(found) > 1:
        raise InputError(
            f"layer {layer.name!r} is used {len(found)} times in the model, "
            "so that its neurons have no single output: give each place a layer of its own"
        )
    return found[0]


def _received(call: _Call) -> Received | None:
    layer, inputs, outputs = call.operation, call.inputs[0], call.outputs[0]
    if isinstance(layer, keras.layers.Dense) and len(inputs.shape) == 2:
        return Received(inputs, outputs, None)
    plain = isinstance(layer, keras.layers.Conv2D) and layer.data_format == "channels_last" and layer.groups == 1
    if not plain or tuple(layer.dilation_rate) != (1, 1):
        return None
    options = {"kernel_size": layer.kernel_size, "strides": layer.strides, "padding": layer.padding}
    return Received(inputs, outputs, options)


def _is_activation(operation: Any) -> bool:
    if _has_kernel(operation) or isinstance(operation, keras.layers.Activation):
        return getattr(operation, "activation", None) not in (None, keras.activations.linear)
    return isinstance(operation, ACTIVATIONS) or _is_function_of(operation)


def _is_function_of(operation: Any) -> bool:
    """Tell whether an operation that is no layer, such as ``keras.ops.relu``, is an activation function."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(operation).__name__).lower()
    return not isinstance(operation, keras.Layer) and hasattr(keras.activations, name)


def _keeps_neurons(operation: Any) -> bool:
    return isinstance(operation, (*NORMALIZATIONS, *REGULARIZATIONS, *ACTIVATIONS)) or _is_function_of(operation)


def _has_kernel(operation: Any) -> bool:
    kernel = getattr(operation, "kernel", None)
    return kernel is not None and len(kernel.shape) >= 2 and kernel.trainable and operation.trainable


# --- graphs -------------------------------------------------------------------------------------------------


def _operations(model: Any) -> Iterator[Any]:
    """Yield the operations in forward order, those of nested models in their place."""
    for node in _nodes(model):
        if isinstance(node.operation, keras.Model):
            yield from _operations(node.operation)
        else:
            _check_open(node.operation)
            yield node.operation


def _calls(model: Any) -> list[_Call]:
    """Return what is called on what, nested models opened, on tensors that ``model.inputs`` reach.

    The tensors inside a nested model belong to its own input. Only the layers inside and after one are called
    anew, so that a model without nested ones is left as it is.
    """
    calls: list[_Call] = []
    _run(model, model.inputs, calls)
    return calls


def _run(model: Any, inputs: Sequence[Any], calls: list[_Call]) -> list[Any]:
    graph = _graph(model)
    actual = {id(tensor): given for tensor, given in zip(graph.inputs, inputs, strict=True)}
    for node in _nodes(model):
        given = [actual[id(tensor)] for tensor in node.input_tensors]
        if isinstance(node.operation, keras.Model):
            outputs = _run(node.operation, given, calls)
        else:
            outputs = _outputs(node, given, actual)
            calls.append(_Call(node.operation, given, outputs))
        actual.update((id(tensor), output) for tensor, output in zip(node.outputs, outputs, strict=True))
    return [actual[id(tensor)] for tensor in graph.outputs]


def _outputs(node: Any, given: Sequence[Any], actual: Mapping[int, Any]) -> list[Any]:
    if all(tensor is reference for tensor, reference in zip(given, node.input_tensors, strict=True)):
        return list(node.outputs)
    arguments, options = node.arguments.fill_in(actual)
    return keras.tree.flatten(node.operation(*arguments, **options))  # type: ignore[no-any-return]


def _nodes(model: Any) -> list[Any]:
    # Keras shows its graph in no public way that tells the uses of one layer apart.
    graph = _graph(model)
    position = {id(operation): index for index, operation in enumerate(graph.operations)}
    nodes = []
    for _, level in sorted(graph._nodes_by_depth.items(), reverse=True):
        nodes += sorted(level, key=lambda node: position[id(node.operation)])
    return [node for node in nodes if not node.is_input]


def _graph(model: Any) -> Any:
    graph = getattr(model, "_functional", None) or model
    if not hasattr(graph, "_nodes_by_depth"):
        raise InputError(
            f"model {model.name!r} ({type(model).__name__}) shows no graph: "
            "make it with keras.Model(inputs, outputs), or as keras.Sequential that starts with keras.Input"
        )
    return graph


def _check_open(operation: Any) -> None:
    """Refuse a layer with kernels out of sight, which every measurement would silently leave out."""
    if _has_kernel(operation):
        return
    hidden = [w.path for w in getattr(operation, "trainable_weights", ()) if w.name.endswith("kernel")]
    if hidden:
        raise InputError(
            f"layer {operation.name!r} ({type(operation).__name__}) holds kernels out of sight "
            f"({', '.join(hidden)}): build the model from Conv and Dense layers, or nested functional models"
        )
