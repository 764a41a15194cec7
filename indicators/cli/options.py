"""The options that commands have in common, and what they name: a study, a store, what can be trained."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from indicators.console import say
from indicators.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from indicators.specs import RecordedSpec, StudySpec
    from indicators.store import Store

Study = Annotated[str, typer.Option(help="Name of a shipped study, or path of a TOML file.")]
StoreFolder = Annotated[Path | None, typer.Option(help="Folder of trained networks [INDICATORS_STORE].")]
Seeds = Annotated[int | None, typer.Option(min=1, help="Number of independent repetitions.")]
FirstSeed = Annotated[int, typer.Option(min=0, help="The first of them; those before it may be made elsewhere.")]
Architecture = Annotated[str | None, typer.Option(help="module:function that builds another network.")]
Variants = Annotated[
    list[str] | None, typer.Option(help="Factor whose variants are made; may be repeated (all, unless told).")
]
Data = Annotated[Path | None, typer.Option(help="Folder that holds CIFAR-10, or a .npz of arrays.")]


def chosen(
    study: str, architecture: str | None, data: Path | None, seeds: int | None, store: Path | None
) -> tuple[StudySpec | RecordedSpec, Store]:
    """The study that the options name, and the store they name."""
    from indicators.store import Store
    from indicators.study import choosing

    opened = Store(store)
    return choosing.choose_study(opened, study, architecture=architecture, arrays=data, seeds=seeds), opened


def chosen_to_train(
    study: str, architecture: str | None, data: Path | None, seeds: int | None, store: Path | None, first_seed: int = 0
) -> tuple[StudySpec, Store]:
    """The same of a study that can be trained."""
    spec, opened = chosen(study, architecture, data, seeds, store)
    trainable = require_trainable(spec)
    return trainable.changed(first_seed=first_seed) if first_seed else trainable, opened


def require_factors(
    study: StudySpec, factors: list[str] | None, only: tuple[str, ...] | None = None
) -> dict[str, tuple[str, ...] | None] | None:
    """The factors that `--variants` names, each with the indicators that are measured of it; None if it is not given.

    InputError for one that the study does not vary.
    """
    from indicators.study.agenda import of_factors

    known = of_factors(study, only)
    for factor in factors or ():
        if factor not in known:
            near = did_you_mean(factor, known)
            varied = f"it varies {', '.join(known)}" if known else "it has no variants"
            raise InputError(f"--variants {factor}: {study.name} does not vary that; {near}{varied}")
    return None if factors is None else {factor: known[factor] for factor in factors}


def require_trainable(study: StudySpec | RecordedSpec) -> StudySpec:
    """The study; InputError where there is nothing to train."""
    from indicators.specs import StudySpec

    if not isinstance(study, StudySpec):
        raise InputError(
            f"study={study.name!r} is recorded: there is nothing to train; use pytest hypotheses/ --study {study.name}"
        )
    return study


def not_measured(spec: StudySpec | RecordedSpec, store: Store, study: str) -> InputError:
    """What is said where a store holds nothing of a study that could be shown."""
    return InputError(
        f"nothing of {spec.name} is measured in {store.root}; run `indicators measure --study {study}` first, "
        "or name the --store where it is"
    )


def complain(message: str, status: int) -> int:
    """Prints on standard error why a command ends; returns its status."""
    say(Console(stderr=True), *message.split("\n"))
    return status
