"""The commands that show what there is: reports, figures, tables, files to publish, and lists."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console

from indicators import DEFAULT_STUDY
from indicators.cli.options import (
    Architecture,
    Data,
    FirstSeed,
    Seeds,
    StoreFolder,
    Study,
    chosen,
    chosen_to_train,
    not_measured,
)
from indicators.console import TextTable, rows_of, say, say_json, show
from indicators.errors import InputError

if TYPE_CHECKING:
    from indicators.cli.listing import Row

LONGEST_LINE = 10_000
"""Characters of a row that is not for a terminal."""


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
    """Writes index.html and report.md anew from the verdicts of a run and the measurements of its study."""
    from indicators.report import page

    spec, opened = chosen(study, architecture, data, None, store)
    for path in page.rebuild(output, spec, opened, compare=compare or []):
        say(Console(), f"written: {path}")


def figures(
    study: Study = DEFAULT_STUDY,
    seeds: Seeds = None,
    output: Annotated[Path, typer.Option(help="Folder for the pictures and their numbers.")] = Path("figures"),
    architecture: Architecture = None,
    data: Data = None,
    store: StoreFolder = None,
) -> None:
    """Draws the figures of the thesis from the measurements of a study, as SVG, with their numbers as CSV."""
    from indicators.files import write_atomically
    from indicators.report.figures import draw, numbers
    from indicators.report.figures.filling import fill_all
    from indicators.report.figures.panels import Missing
    from indicators.sources.source import open_source

    spec, opened = chosen(study, architecture, data, seeds, store)
    filled = fill_all(open_source(spec, opened))
    if all(isinstance(one, Missing) for one in filled):
        raise not_measured(spec, opened, study)
    paths = draw.save_all(filled, output)
    write_atomically(output / "figures.csv", numbers.to_csv(filled).encode())
    missing = [f"missing: {one.figure.number}: {one.reason}" for one in filled if isinstance(one, Missing)]
    say(Console(), *missing, f"written: {len(paths)} figures and figures.csv in {output}")


def export(
    study: Study = DEFAULT_STUDY,
    seeds: Seeds = None,
    output: Annotated[Path, typer.Option(help="Folder for the tables.")] = Path("tables"),
    architecture: Architecture = None,
    data: Data = None,
    store: StoreFolder = None,
) -> None:
    """Writes all measurements of a study as CSV tables, a row for every number."""
    from indicators.sources import export as tables
    from indicators.sources.source import open_source

    spec, opened = chosen(study, architecture, data, seeds, store)
    written, missing = tables.write(open_source(spec, opened), output)
    if not written:
        raise not_measured(spec, opened, study)
    say(Console(), *(f"missing: {one}" for one in missing), f"written: {len(written)} tables in {output}")


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
    """Writes all measurements of a study as one netCDF file, and the study's file for `pytest hypotheses/ --study`."""
    from indicators.files import make_folder
    from indicators.sources import published, publishing
    from indicators.sources.stored import Measurements
    from indicators.study.agenda import work_of

    spec, opened = chosen_to_train(study, architecture, data, seeds, store, first_seed)
    if add_to:
        published.published_at(add_to)  # before anything is looked for
    work = work_of(spec, opened.root, measuring=False)
    if undone := work.undone(opened):
        raise InputError(
            f"{len(undone)} of {len(work.networks())} networks of {spec.name} are not trained in {opened.root}"
            f", the first {work.label(undone[0])}; run `indicators measure` with the same options first"
        )
    make_folder(output, "--output")
    measured = Measurements(spec, opened)
    with publishing.alone(output):
        file = publishing.publish(measured, output, published.published_at(add_to) if add_to else None)
    size = file.with_suffix(".nc").stat().st_size / 1e6
    if lacking := publishing.left_out(measured):
        say(
            Console(stderr=True),
            f"left out: {', '.join(lacking)}, which some networks lack, so that claims on them are not applicable; "
            f"`indicators measure` with the same options measures them, and `indicators publish --add-to {file} "
            f"--output {output}` fills them in",
        )
    say(Console(), f"written: {file} and {size:.1f} MB beside it", f"next: pytest hypotheses/ --study {file}")


def list_(
    what: Annotated[Literal["claims", "indicators", "studies", "networks"], typer.Argument(help="What to list.")],
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, with everything that is known of each.")] = False,
    store: StoreFolder = None,
) -> None:
    """Lists the claims, the indicators that are measured, the shipped studies, or the networks of a store."""
    from indicators.cli import listing

    rows = _networks(store) if what == "networks" else listing.ROWS[what]()
    if as_json:
        say_json([row.about for row in rows])
    elif rows:
        _print_rows(listing.COLUMNS[what], rows)
    else:
        from indicators.store import Store

        say(Console(), f"no network in {Store(store).root}; `indicators train` or `pytest hypotheses/` makes some")


def _networks(store: Path | None) -> list[Row]:
    """The networks of a store; InputError where it was named and is not there."""
    from indicators.cli import listing
    from indicators.store import Store

    if store is not None and not store.is_dir():
        raise InputError(f"--store {store} does not exist; name the folder that networks were trained in")
    return listing.of_networks(Store(store))


def _print_rows(columns: tuple[str, ...], rows: list[Row]) -> None:
    """Prints a table; for a file or another program a row is one line."""
    table = TextTable(box=None, pad_edge=False)
    first, *others = columns
    # Names are what one copies: they stay whole where the terminal is narrow.
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*row.cells)
    console = Console()
    if console.is_terminal:
        show(console, table)
    else:
        say(console, *rows_of(table, LONGEST_LINE))
