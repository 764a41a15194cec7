"""The commands that make something: fetch images, train and measure networks, calibrate their rates, judge claims."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from indicators import DEFAULT_STUDY
from indicators.claims.reading import FOLDER
from indicators.cli.options import (
    Architecture,
    Data,
    FirstSeed,
    Seeds,
    StoreFolder,
    Study,
    Variants,
    chosen_to_train,
    complain,
    require_factors,
    require_trainable,
)
from indicators.cli.publishing import Publishing
from indicators.console import TextTable, say, show
from indicators.errors import InputError

if TYPE_CHECKING:
    from indicators.specs import ModelSpec, StudySpec
    from indicators.store import Store
    from indicators.study.calibration import CellSearch


def fetch(study: Study = DEFAULT_STUDY, data: Data = None, store: StoreFolder = None) -> None:
    """Fetches and verifies the images of a study."""
    from indicators.study import choosing
    from indicators.study.progress import Fetching

    console = Console()
    spec, opened = chosen_to_train(study, None, data, None, store)
    with Fetching(console) as fetching:
        folder = choosing.fetch(spec, opened, data, fetching)
    say(console, f"images ready in {folder}")


def train(
    study: Study = DEFAULT_STUDY,
    seeds: Seeds = None,
    first_seed: FirstSeed = 0,
    architecture: Architecture = None,
    data: Data = None,
    store: StoreFolder = None,
    variants: Variants = None,
) -> None:
    """Trains the networks of a study that are not trained yet."""
    spec, opened = chosen_to_train(study, architecture, data, seeds, store, first_seed)
    _make(spec, opened, data, measuring=False, variants=require_factors(spec, variants))


def measure(
    study: Study = DEFAULT_STUDY,
    seeds: Seeds = None,
    first_seed: FirstSeed = 0,
    architecture: Architecture = None,
    data: Data = None,
    store: StoreFolder = None,
    only: Annotated[
        list[str] | None, typer.Option(help="Name of an indicator of the catalog; may be repeated (all unless told).")
    ] = None,
    epoch: Annotated[
        int | None, typer.Option(min=1, help="After which epoch, where its weights are kept (the last unless told).")
    ] = None,
    variants: Variants = None,
    publish: Annotated[
        Path | None,
        typer.Option(help="Folder to publish every seed in as soon as it is whole, beside those published there."),
    ] = None,
) -> None:
    """Trains what is missing, and measures what is not measured yet."""
    spec, opened = chosen_to_train(study, architecture, data, seeds, store, first_seed)
    if publish is not None and (epoch is not None or only or variants):
        raise InputError("--publish takes whole seeds; expected none of --only, --epoch and --variants beside it")
    if only:
        from indicators.study.measuring import require_names

        require_names(tuple(only))  # before anything is trained
    names = tuple(only) if only else None
    chosen = require_factors(spec, variants, names)
    publishing = None if publish is None else Publishing(spec, opened, publish)
    _make(spec, opened, data, measuring=True, only=names, epoch=epoch, variants=chosen, publishing=publishing)


def calibrate(
    study: Study = DEFAULT_STUDY,
    architecture: Architecture = None,
    targets: Annotated[
        tuple[float, float, float] | None, typer.Option(help="Validation accuracy of low, medium, high.")
    ] = None,
    rotation: Annotated[
        float | None, typer.Option(min=0, max=1, help="1 - cos by which wdecay and layca shall turn at high.")
    ] = None,
    on_seed: Annotated[int, typer.Option(min=0, help="First of the seeds that are calibrated on.")] = 0,
    seeds: Annotated[int, typer.Option(min=1, help="How many; their mean counts.")] = 1,
    within: Annotated[float, typer.Option(help="How close is close enough.")] = 0.01,
    rounds: Annotated[int, typer.Option(min=1, help="How many rates to try per network at most.")] = 6,
    output: Annotated[Path | None, typer.Option(help="Study file to write (in the store unless told).")] = None,
    data: Data = None,
    store: StoreFolder = None,
) -> None:
    """Finds learning rates at which every optimizer reaches the three levels, and writes them as a study file."""
    from indicators.files import make_folder
    from indicators.specs import LEVELS
    from indicators.specs.files import load_study, write_study
    from indicators.store import Store
    from indicators.study import calibration, choosing

    if output is not None:
        make_folder(output.parent, "--output")
    opened = Store(store)
    spec = require_trainable(choosing.uncalibrated(opened, study, architecture=architecture, arrays=data))
    aims = spec.targets if targets is None else dict(zip(LEVELS, targets, strict=True))
    turned = spec.rotation if rotation is None else rotation
    asked = spec.changed(seeds=seeds, first_seed=on_seed, targets=aims, rotation=turned)
    calibrated, cells = _calibrated(asked, opened, data, within=within, rounds=rounds)
    found = calibrated.changed(seeds=1, first_seed=spec.first_seed)
    path = output or opened.calibrated(found.name)
    missed = calibration.missed(cells, within)
    given = choosing.options(study, architecture, data)
    write_study(found, path, comment=f"Learning rates found by `indicators calibrate {given}`.\n{missed}")
    # What was calibrated for another network or other images is found by the same options.
    by_options = output is None and found.name != load_study(study).name
    options = given if by_options else choosing.options(str(path), None, data)
    place = f" --store {shlex.quote(str(store))}" if store else ""
    next_step = f"next: pytest hypotheses/ {options}{place}"
    say(Console(), f"written: {path}", next_step, *filter(None, [missed]))


def judge(
    given: Annotated[
        list[str] | None, typer.Argument(metavar="[STUDY] [PYTEST OPTIONS]", show_default=False, help="See above.")
    ] = None,
) -> None:
    """Puts the claims of the thesis to a study, a shipped one by its name or one in a TOML file by its path.

    Options are given to pytest: -k pruning, -n 4, --seeds 3, --verdicts FILE, and what pytest --help lists.

    The verdicts and the report go to the folder `report`, or to that of --report. Ends with pytest's status: 0 nothing
    is refuted, 1 something is, 6 a claim is in error.
    """
    first, *rest = given or ["--study", DEFAULT_STUDY]
    options = [first, *rest] if first.startswith("-") else ["--study", first, *rest]
    # Neither settings and conftest.py nor modules of the folder that it is called in, or that this is installed below.
    alone = ("-c", os.devnull, "--rootdir", str(Path.cwd()), "--noconftest", "--import-mode=importlib")
    command = [sys.executable, "-P", "-m", "pytest", str(FOLDER), *alone, "-p", "indicators.plugin", *options]
    raise typer.Exit(subprocess.call(command))  # noqa: S603 - our own interpreter and plugin


def _make(
    spec: StudySpec,
    store: Store,
    data: Path | None,
    *,
    measuring: bool,
    only: tuple[str, ...] | None = None,
    epoch: int | None = None,
    variants: dict[str, tuple[str, ...] | None] | None = None,
    publishing: Publishing | None = None,
) -> None:
    """Trains the networks of a study, or trains and measures them; a worker that fails ends the command."""
    from indicators.study import workers

    console = Console()
    with _ending():
        work = workers.make_study(
            spec,
            store,
            data,
            console,
            measuring=measuring,
            only=only,
            epoch=epoch,
            variants=variants,
            on_seed=publishing or (lambda _: None),
        )
    done = "trained and measured" if measuring else "trained"
    say(console, f"{len(work.networks())} networks {done}; store: {store.root}")


def _calibrated(
    spec: StudySpec, store: Store, data: Path | None, *, within: float, rounds: int
) -> tuple[StudySpec, list[CellSearch]]:
    """The study with the rates that were found, and what was tried for each cell; shows what is tried."""
    from indicators.machine import require_training
    from indicators.study import calibration, choosing, workers
    from indicators.study.agenda import Work

    require_training()
    console, folder = Console(), choosing.fetch(spec, store, data)
    cells: list[CellSearch] = []

    def train_all(models: Sequence[ModelSpec]) -> None:
        with _ending():
            workers.make(Work(models=tuple(models), measuring=None, folder=folder, trials=True), store, console)

    def note(tried: Sequence[CellSearch]) -> None:
        cells[:] = tried
        show(console, _table(tried))

    return calibration.calibrate(spec, store, train_all, within=within, rounds=rounds, say=note), cells


@contextmanager
def _ending() -> Iterator[None]:
    """Ends the command where a worker fails."""
    from indicators.study.workers import WorkerError

    try:
        yield
    except WorkerError as error:
        raise typer.Exit(complain(str(error), 1)) from None


def _table(cells: Sequence[CellSearch]) -> TextTable:
    table = TextTable("optimizer", "level", "target", "closest", "learning rate", "tried", box=None, pad_edge=False)
    for cell in cells:
        best = cell.best
        closest = f"{best.accuracy:.3f}" + ("" if best.fitted else " (training images not fitted)")
        closest += f", turned by {best.rotation:.2f}" if cell.rotation else ""
        row = (cell.optimizer, cell.level, f"{cell.target:.3f}", closest, f"{best.rate:g}", str(len(cell.trials)))
        table.add_row(*row)
    return table
