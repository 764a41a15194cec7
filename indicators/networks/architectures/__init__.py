"""An architecture by its name, ``vgg`` or a user's own function: found, built with a seed, and checked."""

import importlib
import inspect
import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from indicators.errors import InputError
from indicators.networks.graph import calls, require_graph
from indicators.networks.vgg import vgg


def resolve(name: str) -> Callable[..., keras.Model]:
    """The function that an architecture's name means: ``vgg``, or a user's ``module:function``.

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


def build(
    name: str, input_shape: Sequence[int], classes: int, parameters: Mapping[str, Any], *, seed: int
) -> keras.Model:
    """An architecture's network with the initial weights of a seed: same name, arguments and seed, same weights.

    Sets the global seeds of Python, NumPy and the backend. InputError where the function does not know a
    parameter or fails, returns no Keras model with a visible graph, or one that does not map (None, *input_shape)
    to probabilities (None, classes).
    """
    function = resolve(name)
    _check_call(name, function, tuple(input_shape), classes, parameters)
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


# --- What a user's function may get wrong ---------------------------------------------------------


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


def _check_call(
    name: str, function: Callable[..., Any], input_shape: tuple[int, ...], classes: int, parameters: Mapping[str, Any]
) -> None:
    signature = inspect.signature(function)
    try:
        signature.bind(input_shape, classes, **parameters)
    except TypeError as error:
        raise InputError(
            f"architecture={name!r} cannot be called with (input_shape, classes"
            f"{''.join(f', {key}={value!r}' for key, value in parameters.items())}) ({error}): it takes {signature}"
        ) from error


def _check_model(name: str, model: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
    if not isinstance(model, keras.Model):
        raise InputError(
            f"architecture={name!r} returns {_a(model)}, not a keras.Model: return the model that it builds"
        )
    require_graph(model)
    shapes = (("input", model.input_shape, inputs), ("output", model.output_shape, outputs))
    for what, found, expected in shapes:
        if found != expected:
            raise InputError(
                f"architecture={name!r} returns a model of {what} shape {found}, not {expected}: "
                "build it from the input_shape and classes that it is given"
            )


def _check_probabilities(name: str, model: keras.Model) -> None:
    """Refuses a model that ends in anything but probabilities: the loss takes its outputs for such, logits too."""
    last = next((call.operation for call in calls(model) if call.outputs[0] is model.outputs[0]), None)
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
