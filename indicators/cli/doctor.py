"""The command `doctor`: what `diagnosis` finds out, as people read it or as JSON."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from indicators import DEFAULT_STUDY
from indicators.cli.options import Architecture, Data, Seeds, StoreFolder, Study
from indicators.console import TextTable, say, say_json, show
from indicators.errors import InputError

if TYPE_CHECKING:
    from indicators.cli.diagnosis import Cost, LayerReport
    from indicators.store import Store


def doctor(
    study: Study = DEFAULT_STUDY,
    seeds: Seeds = None,
    architecture: Architecture = None,
    data: Data = None,
    store: StoreFolder = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Says what this machine has, what a study will cost on it, and which layers of its network will be measured."""
    from indicators.machine import ONE_THREAD, tensorflow_defaults

    # As a worker trains: on one core.
    os.environ |= tensorflow_defaults() | os.environ | ONE_THREAD
    from indicators.cli import diagnosis
    from indicators.specs import StudySpec
    from indicators.store import Store
    from indicators.study import choosing

    opened, console = Store(store), Console()
    # A network of one's own is looked at before its learning rates are found.
    spec = choosing.uncalibrated(opened, study, architecture=architecture, arrays=data, seeds=seeds)
    if not as_json:
        say(console, *_of_machine(diagnosis.machine(opened)))
    trained = spec if isinstance(spec, StudySpec) else None
    layers = diagnosis.layers(trained, opened, data) if trained else []
    costs = diagnosis.cost(trained, opened, data) if trained else None
    if as_json:
        say_json(diagnosis.as_json(opened, trained, layers, costs))
        return
    if costs is None:
        say(console, f"{spec.name} is recorded: nothing is trained or measured")
    else:
        say(console, "")
        show(console, _table(layers))
        say(console, "", *_of_cost(spec.name, costs), *_what_first(opened, study, architecture, data))
    say(console, *(f"warning: {warning}" for warning in diagnosis.warnings(opened, trained)))


def _of_machine(found: dict[str, Any]) -> list[str]:
    return [
        f"{name:<28}" + (f"{value / 1e9:.1f} GB" if name.endswith(" free") else str(value))
        for name, value in found.items()
    ]


def _table(layers: Sequence[LayerReport]) -> TextTable:
    table = TextTable("layer", "kernel", "neurons", "pairs", "what its neurons receive", box=None, pad_edge=False)
    for layer in layers:
        kernel = " x ".join(map(str, layer.kernel))
        table.add_row(layer.name, kernel, str(layer.neurons), layer.pairs, layer.inputs)
    return table


def _of_cost(name: str, cost: Cost) -> list[str]:
    from indicators.study.progress import duration

    if cost.to_measure == 0:
        return [f"{name}: all {cost.networks} networks are trained and measured"]
    left = duration(cost.seconds)
    speed = f"a training runs at {cost.images_per_second:.0f} images per second here"
    variants = ", ".join(f"{factor} {count}" for factor, count in cost.of_variants.items())
    return [
        f"{name}: {cost.to_train} of {cost.networks} networks to train, {cost.to_measure} to measure",
        *([f"of these are variants: {variants}"] if variants else []),
        f"{speed}; {cost.epochs:.0f} epochs each ({cost.epochs_from})",
        f"time left with every core at work: about {left}, and what the indicators themselves compute",
    ]


def _what_first(store: Store, study: str, architecture: str | None, data: Path | None) -> list[str]:
    """What has to be done before the study can be run, in a line; none where nothing has."""
    from indicators.study import choosing

    try:
        choosing.choose_study(store, study, architecture=architecture, arrays=data)
    except InputError as error:
        return [f"first: {error}"]
    return []
