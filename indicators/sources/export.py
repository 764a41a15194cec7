"""All measurements of a study as CSV tables, for spreadsheets and other programs."""

from __future__ import annotations

from pathlib import Path

import xarray as xr

from indicators.errors import InputError, NotApplicable
from indicators.files import write_atomically
from indicators.measures.catalog import CATALOG
from indicators.measures.row import TRAINED, Indicator, Way
from indicators.sources.source import Source


def write(source: Source, folder: Path) -> tuple[list[Path], list[str]]:
    """Writes FOLDER/GROUP/MEASUREMENT.csv, a row for every number; returns the files, and what is missing and why.

    Columns are the coordinates (seed, optimizer, level, layer, ...) and `value`; a number that does not exist is an
    empty cell. Groups: `trained`, neurons apart; `test_images`; `untrained` and `untrained_estimated`, with the
    statistics of batch normalization that untrained networks start with, or with those of the images.
    """
    written, missing = [], []
    for row in CATALOG:
        for way in row.ways:
            try:
                values = _values(source, row, way)
            except (NotApplicable, InputError) as reason:
                missing.append(f"{way.group}/{row.name}: {reason}")
                continue
            path = folder / way.group / f"{row.name}.csv"
            # Nine digits tell all numbers of single precision apart.
            text = values.rename("value").to_dataframe().reset_index().to_csv(index=False, float_format="%.9g")
            write_atomically(path, text.encode())
            written.append(path)
    missing.extend(f"{factor}: networks along a factor are in the published file only" for factor in source.factors)
    return written, missing


def _values(source: Source, row: Indicator, way: Way) -> xr.DataArray:
    """A row of the catalog measured in one way, neurons apart where the source tells them apart."""
    if not way.trained:
        return source.untrained(row.name, statistics=way.statistics)
    if way == TRAINED and row.needs == "neuron":
        return source.by_neuron(row.name)
    return source.measurement(row.name, images=way.images)
