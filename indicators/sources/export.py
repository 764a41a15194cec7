"""All measurements of a study as CSV tables, for spreadsheets and other programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import xarray as xr

from indicators.errors import InputError, NotApplicable
from indicators.files import write_atomically
from indicators.measures.catalog import CATALOG
from indicators.measures.row import Indicator
from indicators.sources.source import Source


def write(source: Source, folder: Path) -> tuple[list[Path], list[str]]:
    """Writes FOLDER/GROUP/MEASUREMENT.csv, a row for every number; returns the files, and what is missing and why.

    Columns are the coordinates (seed, optimizer, level, layer, ...) and `value`; a number that does not exist is an
    empty cell. Groups: `trained`, neurons apart; `test_images`; `untrained` and `untrained_estimated`, with the
    statistics of batch normalization that untrained networks start with, or with those of the images.
    """
    written, missing = [], []
    for row in CATALOG:
        for group, ask in _ways(row, source):
            try:
                values = ask()
            except (NotApplicable, InputError) as reason:
                missing.append(f"{group}/{row.name}: {reason}")
                continue
            path = folder / group / f"{row.name}.csv"
            # Nine digits tell all numbers of single precision apart.
            text = values.rename("value").to_dataframe().reset_index().to_csv(index=False, float_format="%.9g")
            write_atomically(path, text.encode())
            written.append(path)
    return written, missing


def _ways(row: Indicator, source: Source) -> Iterator[tuple[str, Callable[[], xr.DataArray]]]:
    """How a row of the catalog is measured: the name of the group, and what gives the numbers."""
    yield "trained", lambda: source.by_neuron(row.name) if row.needs == "neuron" else source.measurement(row.name)
    if row.held_out:
        yield "test_images", lambda: source.measurement(row.name, images="test")
    if row.untrained:
        yield "untrained", lambda: source.untrained(row.name)
    if row.untrained and row.needs in ("layer", "neuron"):
        yield "untrained_estimated", lambda: source.untrained(row.name, statistics="estimated")
