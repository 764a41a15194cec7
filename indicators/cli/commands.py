"""The command line: fetch, train, measure, calibrate, doctor and list; the claims themselves are run by pytest."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from indicators import DEFAULT_STUDY
from indicators.errors import InputError

if TYPE_CHECKING:
    from indicators.cli.doctor import Cost
    from indicators.specs import RecordedSpec, StudySpec
    from indicators.store import Store
    from indicators.study.calibration import CellSearch
    from indicators.study.work import Work

LONGEST_LINE = 10_000
"""Characters of a row that is not for a terminal."""

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Train the networks of a study and measure them. `pytest hypotheses/` puts the claims to them.",
)

Study = Annotated[str, typer.Option(help="Name of a shipped study, or path of a TOML file.")]
StoreFolder = Annotated[Path | None, typer.Option(help="Folder of trained networks [INDICATORS_STORE].")]
Seeds = Annotated[int | None, typer.Option(min=1, help="Number of independent repetitions.")]
FirstSeed = Annotated[int, typer.Option(min=0, help="The first of them; those before it may be made elsewhere.")]
Architecture = Annotated[str | None, typer.Option(help="module:function that builds another network.")]
Data = Annotated[Path | None, typer.Option(help="Folder that holds CIFAR-10, or a .npz of arrays.")]


@app.command()
def fetch(study: Study = DEFAULT_STUDY, data: Data = None, store: StoreFolder = None) -> None:
    """Fetch and verify the images of a study."""
    from indicators.study import choosing
    from indicators.study.progress import Fetching

    console = Console()
    spec, opened = _open(study, None, data, None, store)
    with Fetching(console) as fetching:
        folder = choosing.fetch(spec, opened, data, fetching)
    console.print(f"images ready in {folder}", soft_wrap=True)


@app.command()
def train(
    study: Study = DEFAULT_STUDY,
    seeds: Seeds = None,
    first_seed: FirstSeed = 0,
    architecture: Architecture = None,
    data: Data = None,
    store: StoreFolder = None,
) -> None:
    """Train the networks of a study that are not trained yet."""
    _make(study, architecture, data, seeds, store, first_seed=first_seed, measuring=False)


@app.command()
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
) -> None:
    """Train what is missing, and measure what is not measured yet."""
    chosen = tuple(only) if only else None
    _make(study, architecture, data, seeds, store, first_seed=first_seed, measuring=True, only=chosen, epoch=epoch)


@app.command()
def calibrate(
    study: Study = DEFAULT_STUDY,
    architecture: Architecture = None,
    targets: Annotated[
        tuple[float, float, float] | None, typer.Option(help="Validation accuracy of low, medium, high.")
    ] = None,
    within: Annotated[float, typer.Option(help="How close is close enough.")] = 0.01,
    rounds: Annotated[int, typer.Option(min=1, help="How many rates to try per network at most.")] = 6,
    output: Annotated[Path | None, typer.Option(help="Study file to write (in the store unless told).")] = None,
    data: Data = None,
    store: StoreFolder = None,
) -> None:
    """Find learning rates at which every optimizer reaches the three levels, and write them as a study file."""
    from indicators.files import make_folder
    from indicators.specs import LEVELS, ModelSpec, load_study, write_study
    from indicators.store import Store
    from indicators.study import calibration, choosing
    from indicators.study.work import Work

    if output is not None:
        make_folder(output.parent, "--output")
    console, opened = Console(), Store(store)
    spec = _trainable(choosing.uncalibrated(opened, study, architecture=architecture, arrays=data))
    aims = spec.targets if targets is None else dict(zip(LEVELS, targets, strict=True))
    spec = spec.changed(seeds=1, targets=aims)
    folder = choosing.fetch(spec, opened, data)
    cells: list[CellSearch] = []

    def train_all(models: Sequence[ModelSpec]) -> None:
        _work(Work(models=tuple(models), measuring=None, folder=folder, trials=True), opened, console)

    def say(tried: Sequence[CellSearch]) -> None:
        cells[:] = tried
        _show(tried, console)

    found = calibration.calibrate(spec, opened, train_all, within=within, rounds=rounds, say=say)
    path = output or opened.calibrated(found.name)
    missed = calibration.missed(cells, within)
    given = choosing.options(study, architecture, data)
    write_study(found, path, comment=f"Learning rates found by `indicators calibrate {given}`.\n{missed}")
    # What was calibrated for another network or other images is found by the same options.
    by_options = output is None and found.name != load_study(study).name
    options = given if by_options else choosing.options(str(path), None, data)
    place = f" --store {shlex.quote(str(store))}" if store else ""
    _say(console, f"written: {path}", f"next: pytest hypotheses/ {options}{place}", missed)


@app.command()
def report(
    study: Study = DEFAULT_STUDY,
    output: Annotated[Path, typer.Option(help="Folder with the run's verdicts.json, for the page.")] = Path("report"),
    compare: Annotated[
        list[str] | None,
        typer.Option(help="Published study, or path of a verdicts.json, to set beside it; may be repeated."),
    ] = None,
    architecture: Architecture = None,
    data: Data = None,
    store: StoreFolder = None,
) -> None:
    """Write index.html and report.md anew from the verdicts of a run and the measurements of its study."""
    from indicators.report import page

    spec, opened = _chosen(study, architecture, data, None, store)
    for path in page.rebuild(output, spec, opened, compare=compare or []):
        _say(Console(), f"written: {path}")


@app.command()
def figures(
    study: Study = DEFAULT_STUDY,
    seeds: Seeds = None,
    output: Annotated[Path, typer.Option(help="Folder for the pictures and their numbers.")] = Path("figures"),
    architecture: Architecture = None,
    data: Data = None,
    store: StoreFolder = None,
) -> None:
    """Draw the figures of the thesis from the measurements of a study, as SVG, with their numbers as CSV."""
    from indicators.files import write_atomically
    from indicators.report.figures import draw, export
    from indicators.report.figures.series import Missing, fill_all
    from indicators.sources.source import open_source

    spec, opened = _chosen(study, architecture, data, seeds, store)
    filled = fill_all(open_source(spec, opened))
    if all(isinstance(one, Missing) for one in filled):
        raise _not_measured(spec, opened, study)
    paths = draw.save_all(filled, output)
    write_atomically(output / "figures.csv", export.to_csv(filled).encode())
    missing = [f"missing: {one.figure.number}: {one.reason}" for one in filled if isinstance(one, Missing)]
    _say(Console(), *missing, f"written: {len(paths)} figures and figures.csv in {output}")


@app.command()
def export(
    study: Study = DEFAULT_STUDY,
    seeds: Seeds = None,
    output: Annotated[Path, typer.Option(help="Folder for the tables.")] = Path("tables"),
    architecture: Architecture = None,
    data: Data = None,
    store: StoreFolder = None,
) -> None:
    """Write all measurements of a study as CSV tables, a row for every number."""
    from indicators.sources import export as tables
    from indicators.sources.source import open_source

    spec, opened = _chosen(study, architecture, data, seeds, store)
    written, missing = tables.write(open_source(spec, opened), output)
    if not written:
        raise _not_measured(spec, opened, study)
    _say(Console(), *(f"missing: {one}" for one in missing), f"written: {len(written)} tables in {output}")


@app.command()
def publish(
    study: Study = DEFAULT_STUDY,
    seeds: Seeds = None,
    first_seed: FirstSeed = 0,
    add_to: Annotated[
        Path | None, typer.Option(help="Study file published earlier or elsewhere, whose seeds are kept beside these.")
    ] = None,
    output: Annotated[Path, typer.Option(help="Folder for the two files.")] = Path(),
    architecture: Architecture = None,
    data: Data = None,
    store: StoreFolder = None,
) -> None:
    """Write all measurements of a study as one netCDF file, and the study's file for `pytest hypotheses/ --study`."""
    from indicators.files import make_folder
    from indicators.sources import published
    from indicators.sources.stored import Measurements
    from indicators.study.work import Work

    spec, opened = _open(study, architecture, data, seeds, store, first_seed)
    earlier = published.published_at(add_to) if add_to else None
    work = Work(models=tuple(spec.models()), measuring=spec.measuring, folder=opened.root)
    if undone := work.undone(opened):
        raise InputError(
            f"{len(undone)} of {len(work.networks())} networks of {spec.name} are not wholly measured in {opened.root}"
            f", the first {undone[0].label}; run `indicators measure` with the same options first"
        )
    make_folder(output, "--output")
    file = published.publish(Measurements(spec, opened), output, earlier)
    size = file.with_suffix(".nc").stat().st_size / 1e6
    _say(Console(), f"written: {file} and {size:.1f} MB beside it", f"next: pytest hypotheses/ --study {file}")


@app.command()
def doctor(
    study: Study = DEFAULT_STUDY,
    seeds: Seeds = None,
    architecture: Architecture = None,
    data: Data = None,
    store: StoreFolder = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Say what this machine has, what a study will cost on it, and which layers of its network will be measured."""
    from indicators.machine import ONE_THREAD, tensorflow_defaults

    # As a worker trains: on one core.
    os.environ |= tensorflow_defaults() | os.environ | ONE_THREAD
    from indicators.cli import doctor as diagnosis
    from indicators.specs import StudySpec
    from indicators.store import Store
    from indicators.study import choosing

    opened, console = Store(store), Console()
    # A network of one's own is looked at before its learning rates are found.
    spec = choosing.uncalibrated(opened, study, architecture=architecture, arrays=data, seeds=seeds)
    if not as_json:
        for name, value in diagnosis.machine(opened).items():
            shown = f"{value / 1e9:.1f} GB" if name.endswith(" free") else str(value)
            _say(console, f"{name:<28}{shown}")
    trained = spec if isinstance(spec, StudySpec) else None
    reports = diagnosis.layers(trained, opened, data) if trained else []
    costs = diagnosis.cost(trained, opened, data) if trained else None
    if as_json:
        print(json.dumps(diagnosis.as_json(opened, trained, reports, costs), indent=1))
        return
    if costs is None:
        _say(console, f"{spec.name} is recorded: nothing is trained or measured")
    else:
        table = Table("layer", "kernel", "neurons", "pairs", "what its neurons receive", box=None, pad_edge=False)
        for one in reports:
            kernel = " x ".join(map(str, one.kernel))
            table.add_row(one.name, kernel, str(one.neurons), one.pairs, one.inputs)
        console.print("", table, "")
        _say(console, *_of_cost(spec.name, costs))
        _say(console, _what_first(opened, study, architecture, data))
    _say(console, *(f"warning: {warning}" for warning in diagnosis.warnings(opened, trained)))


@app.command("list")
def list_(
    what: Annotated[Literal["claims", "indicators", "studies", "networks"], typer.Argument(help="What to list.")],
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, with everything that is known of each.")] = False,
    store: StoreFolder = None,
) -> None:
    """List the claims, the indicators that are measured, the shipped studies, or the networks of a store."""
    from indicators.cli import listing

    if what == "networks":
        from indicators.store import Store

        if store is not None and not store.is_dir():
            raise InputError(f"--store {store} does not exist; name the folder that networks were trained in")
        opened = Store(store)
        rows = listing.of_networks(opened)
        if not rows and not as_json:
            _say(Console(), f"no network in {opened.root}; `indicators train` or `pytest hypotheses/` makes some")
            return
    else:
        rows = listing.ROWS[what]()
    if as_json:
        print(json.dumps([row.about for row in rows], indent=1))
        return
    table = Table(box=None, pad_edge=False)
    first, *others = listing.COLUMNS[what]
    # Names are what one copies: they stay whole where the terminal is narrow.
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row.cells))
    console = Console()
    if console.is_terminal:
        console.print(table)
        return
    # For a file or another program a row is one line.
    console = Console(width=LONGEST_LINE)
    with console.capture() as lines:
        console.print(table)
    print("\n".join(line.rstrip() for line in lines.get().splitlines()))


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; 0 done, 1 failed, 2 unusable input, 130 interrupted."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        # A command that is done returns None; help, a failure and an interruption give a status.
        return app(given or ["--help"], standalone_mode=False) or 0
    except typer.TyperException as error:
        return _complain(error.format_message(), 2)
    except InputError as error:
        return _complain(str(error), 2)


def _chosen(
    study: str, architecture: str | None, data: Path | None, seeds: int | None, store: Path | None
) -> tuple[StudySpec | RecordedSpec, Store]:
    """The study that the options name, and the store they name."""
    from indicators.store import Store
    from indicators.study import choosing

    opened = Store(store)
    return choosing.choose_study(opened, study, architecture=architecture, arrays=data, seeds=seeds), opened


def _open(
    study: str, architecture: str | None, data: Path | None, seeds: int | None, store: Path | None, first_seed: int = 0
) -> tuple[StudySpec, Store]:
    """The same of a study that can be trained."""
    spec, opened = _chosen(study, architecture, data, seeds, store)
    trainable = _trainable(spec)
    return trainable.changed(first_seed=first_seed) if first_seed else trainable, opened


def _not_measured(spec: StudySpec | RecordedSpec, store: Store, study: str) -> InputError:
    return InputError(
        f"nothing of {spec.name} is measured in {store.root}; run `indicators measure --study {study}` first, "
        "or name the --store where it is"
    )


def _trainable(study: StudySpec | RecordedSpec) -> StudySpec:
    """The study, unless there is nothing to train."""
    from indicators.specs import StudySpec

    if not isinstance(study, StudySpec):
        raise InputError(
            f"study={study.name!r} is recorded: there is nothing to train; use pytest hypotheses/ --study {study.name}"
        )
    return study


def _make(
    study: str,
    architecture: str | None,
    data: Path | None,
    seeds: int | None,
    store: Path | None,
    *,
    first_seed: int,
    measuring: bool,
    only: tuple[str, ...] | None = None,
    epoch: int | None = None,
) -> None:
    from indicators.study import choosing
    from indicators.study.progress import Fetching
    from indicators.study.work import Work

    console = Console()
    spec, opened = _open(study, architecture, data, seeds, store, first_seed)
    if only:
        from indicators.study.measuring import require_names

        require_names(only)  # before anything is trained
    with Fetching(console) as fetching:
        folder = choosing.fetch(spec, opened, data, fetching)
    settings = spec.measuring if measuring else None
    work = Work(models=tuple(spec.models()), measuring=settings, folder=folder, only=only, epoch=epoch)
    _work(work, opened, console)
    done = "trained and measured" if measuring else "trained"
    console.print(f"{len(work.networks())} networks {done}; store: {opened.root}", soft_wrap=True, highlight=False)


def _work(work: Work, store: Store, console: Console) -> None:
    """Makes the networks of some work; a worker that fails ends the command."""
    from indicators.study import workers

    try:
        workers.make(work, store, console)
    except workers.WorkerError as error:
        raise typer.Exit(_complain(str(error), 1)) from None


def _of_cost(name: str, cost: Cost) -> list[str]:
    from indicators.study.progress import duration

    if cost.to_measure == 0:
        return [f"{name}: all {cost.networks} networks are trained and measured"]
    left = duration(cost.seconds)
    speed = f"a training runs at {cost.images_per_second:.0f} images per second here"
    return [
        f"{name}: {cost.to_train} of {cost.networks} networks to train, {cost.to_measure} to measure",
        f"{speed}; {cost.epochs:.0f} epochs each ({cost.epochs_from})",
        f"time left with every core at work: about {left}, and what the indicators themselves compute",
    ]


def _what_first(store: Store, study: str, architecture: str | None, data: Path | None) -> str:
    """What has to be done before the study can be run; empty where nothing has."""
    from indicators.study import choosing

    try:
        choosing.choose_study(store, study, architecture=architecture, arrays=data)
    except InputError as error:
        return f"first: {error}"
    return ""


def _show(cells: Sequence[CellSearch], console: Console) -> None:
    table = Table("optimizer", "level", "target", "closest", "learning rate", "tried", box=None, pad_edge=False)
    for cell in cells:
        rate, accuracy, fitted = cell.best
        shown = f"{accuracy:.3f}" + ("" if fitted else " (training images not fitted)")
        table.add_row(cell.optimizer, cell.level, f"{cell.target:.3f}", shown, f"{rate:g}", str(len(cell.trials)))
    console.print(table)


def _say(console: Console, *lines: str) -> None:
    for line in filter(None, lines):
        console.print(line, soft_wrap=True, highlight=False, markup=False)


def _complain(message: str, status: int) -> int:
    Console(stderr=True).print(message, soft_wrap=True, highlight=False, markup=False)
    return status


if __name__ == "__main__":
    sys.exit(main())
