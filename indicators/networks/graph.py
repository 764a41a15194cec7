"""The graph of a Keras model: which operation is called on which tensors, nested models opened."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import keras

from indicators.errors import InputError


class Call(NamedTuple):
    """One use of an operation: a layer used at two places is called twice."""

    operation: Any
    inputs: list[Any]
    outputs: list[Any]


def operations(model: Any) -> Iterator[Any]:
    """Every operation in forward order, those of nested models in their place.

    Forward order is a topological order of the graph: deepest first, branches in the order in which they were
    written. InputError where the graph is not visible.
    """
    for node in _nodes(model):
        if isinstance(node.operation, keras.Model):
            yield from operations(node.operation)
        else:
            yield node.operation


def calls(model: Any) -> list[Call]:
    """What is called on what, in forward order, on tensors that ``model.inputs`` reach.

    The tensors inside a nested model belong to its own input. Only the layers inside and after one are called
    anew, so that a model without nested ones is left as it is. InputError where the graph is not visible.
    """
    found: list[Call] = []
    _run(model, model.inputs, found)
    return found


def require_graph(model: Any) -> Any:
    """What holds the graph of a model; InputError where there is none (a subclassed model, or one without input)."""
    graph = getattr(model, "_functional", None) or model
    if not hasattr(graph, "_nodes_by_depth"):
        raise InputError(
            f"model {model.name!r} ({type(model).__name__}) shows no graph: "
            "make it with keras.Model(inputs, outputs), or as keras.Sequential that starts with keras.Input"
        )
    return graph


def _run(model: Any, inputs: Sequence[Any], found: list[Call]) -> list[Any]:
    graph = require_graph(model)
    actual = {id(tensor): given for tensor, given in zip(graph.inputs, inputs, strict=True)}
    for node in _nodes(model):
        given = [actual[id(tensor)] for tensor in node.input_tensors]
        if isinstance(node.operation, keras.Model):
            outputs = _run(node.operation, given, found)
        else:
            outputs = _outputs(node, given, actual)
            found.append(Call(node.operation, given, outputs))
        actual.update((id(tensor), output) for tensor, output in zip(node.outputs, outputs, strict=True))
    return [actual[id(tensor)] for tensor in graph.outputs]


def _outputs(node: Any, given: Sequence[Any], actual: Mapping[int, Any]) -> list[Any]:
    if all(tensor is reference for tensor, reference in zip(given, node.input_tensors, strict=True)):
        return list(node.outputs)
    arguments, options = node.arguments.fill_in(actual)
    return keras.tree.flatten(node.operation(*arguments, **options))  # type: ignore[no-any-return]


def _nodes(model: Any) -> list[Any]:
    # Keras shows its graph in no public way that tells the uses of one layer apart.
    graph = require_graph(model)
    position = {id(operation): index for index, operation in enumerate(graph.operations)}
    nodes = []
    for _, level in sorted(graph._nodes_by_depth.items(), reverse=True):
        nodes += sorted(level, key=lambda node: position[id(node.operation)])
    return [node for node in nodes if not node.is_input]
