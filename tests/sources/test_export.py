"""Tables hold every number of a source, and say what they lack."""

import csv
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from indicators.errors import InputError, NotApplicable
from indicators.measures.catalog import CATALOG, INDICATORS
from indicators.sources import export
from indicators.sources.source import open_source
from indicators.specs.files import load_study

NAME = "silhouette_cosine"


class OneMeasurement:
    """A source of silhouettes of two neurons, and of nothing else."""

    values = xr.DataArray(
        np.array([[1 / 3, np.nan], [0.1, 1e-9]], np.float32),
        {"layer": ["Conv1", "Conv2"], "neuron": [0, 1]},
        ("layer", "neuron"),
    )

    factors: Mapping[str, Sequence[str]] = {}

    def by_neuron(self, name):
        if name != NAME:
            raise NotApplicable(f"{name} is not recorded")
        return self.values

    def measurement(self, name, *, images="train"):
        raise InputError(f"{name} on {images} images is not measured")

    def untrained(self, name, *, statistics="stored"):
        return self.by_neuron(name).mean("neuron") if statistics == "stored" else self.measurement(name)


def test_every_number_has_a_row_and_what_does_not_exist_is_empty(tmp_path):
    written, missing = export.write(OneMeasurement(), tmp_path)

    assert [path.relative_to(tmp_path).as_posix() for path in written] == [
        f"{g}/{NAME}.csv" for g in ("trained", "untrained")
    ]
    with written[0].open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["layer", "neuron", "value"]
    assert [row[:2] for row in rows[1:]] == [["Conv1", "0"], ["Conv1", "1"], ["Conv2", "0"], ["Conv2", "1"]]
    assert rows[2][2] == ""
    read = np.array([row[2] or "nan" for row in rows[1:]], np.float32)
    np.testing.assert_array_equal(read, OneMeasurement.values.values.ravel())
    assert f"untrained_estimated/{NAME}: {NAME} on train images is not measured" in missing
    assert "trained/accuracy: accuracy on train images is not measured" in missing


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    source = open_source(load_study("cifar10-quarter-recorded"), None)
    folder = tmp_path_factory.mktemp("tables")
    return source, folder, *export.write(source, folder)


def test_all_that_is_published_becomes_tables(published):
    source, folder, written, missing = published
    later = {row.name for row in CATALOG} - {*source.names()}  # rows that came after what is published
    assert {line.partition(": ")[0].rpartition("/")[2] for line in missing} == later
    assert len(written) + len(missing) == len(CATALOG) + sum(row.held_out + row.untrained for row in CATALOG) + sum(
        row.untrained and row.needs in ("layer", "neuron") for row in CATALOG
    )

    label, neurons = INDICATORS["label_information"], INDICATORS[NAME]
    for group, row, values in (
        ("trained", label, source.measurement(label.name)),
        ("test_images", label, source.measurement(label.name, images="test")),
        ("untrained", label, source.untrained(label.name)),
        ("untrained_estimated", label, source.untrained(label.name, statistics="estimated")),
        ("trained", neurons, source.by_neuron(NAME)),
    ):
        table = pd.read_csv(folder / group / f"{row.name}.csv").set_index(list(values.dims))["value"]
        found = table.to_xarray().reindex_like(values)
        np.testing.assert_allclose(found, values, rtol=1e-8)
