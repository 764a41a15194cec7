"""The measurements of a study without its networks: one netCDF file that describes itself, written and read here.

A published study is ``NAME.toml`` beside ``NAME.nc``. The file has a group for every way of measuring (`trained`,
`test_images`, `untrained`, `untrained_estimated`, and `networks` for how they were trained), in each a group per
measurement. Any reader of netCDF-4 opens it; ``xarray.open_dataset(file, group="trained/label_information")`` does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import xarray as xr

from indicators.catalog import CATALOG
from indicators.errors import InputError
from indicators.evidence import NotApplicable
from indicators.files import sha256_of_file, write_atomically
from indicators.machine import provenance
from indicators.measurements import Measurements, over_neurons
from indicators.specs import Images, RecordedSpec, Statistics, StudySpec

ENGINE: Literal["h5netcdf"] = "h5netcdf"
GROUPS = {"train": "trained", "test": "test_images", "stored": "untrained", "estimated": "untrained_estimated"}
PACKED = {"dtype": "float32", "zlib": True, "complevel": 9, "shuffle": True}


def publish(measured: Measurements, folder: Path) -> Path:
    """Writes everything measured of a study as `STUDY-recorded.nc`, and the study's file beside it; returns that.

    Numbers are rounded to single precision. Raises InputError for what is not measured yet.
    """
    study = measured.study
    name = f"{study.name}-recorded"
    path = folder / f"{name}.nc"
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    try:
        _write(unfinished, measured)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    about = {
        "name": name,
        "kind": "recorded",
        "scale": study.scale,
        "seeds": study.seeds,
        "description": f"The measurements of {study.name}: {study.description}",
        "sha256": sha256_of_file(path),
    }
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in about.items()]
    file = folder / f"{name}.toml"
    comment = "# Written by `indicators publish`; the measurements are in the netCDF file beside this one.\n"
    write_atomically(file, (comment + "".join(lines)).encode())
    return file


def _write(path: Path, measured: Measurements) -> None:
    root = xr.Dataset(attrs=_about(measured.study) | {"layers": json.dumps(measured.layers)})
    root.to_netcdf(path, engine=ENGINE)
    measured.networks().to_netcdf(path, mode="a", group="networks", engine=ENGINE)
    for group, values in _everything(measured):
        values.to_dataset().to_netcdf(path, mode="a", group=group, engine=ENGINE, encoding={values.name: PACKED})


def _everything(measured: Measurements) -> Iterator[tuple[str, xr.DataArray]]:
    """Every measurement and the group it goes to; those of neurons with the dimension `neuron`."""
    for row in CATALOG:
        try:
            yield f"{GROUPS['train']}/{row.name}", measured.by_neuron(row.name)
        except NotApplicable:
            continue
        if row.held_out:
            yield f"{GROUPS['test']}/{row.name}", measured.by_neuron(row.name, images="test")
        if row.untrained:
            yield f"{GROUPS['stored']}/{row.name}", measured.untrained_by_neuron(row.name)
        if row.untrained and row.needs in ("layer", "neuron"):
            values = measured.untrained_by_neuron(row.name, statistics="estimated")
            yield f"{GROUPS['estimated']}/{row.name}", values


def _about(study: StudySpec) -> dict[str, str]:
    return {
        "title": f"Measurements of the study {study.name}",
        "source": "trained and measured by generalization-indicators",
        "study": study.model_dump_json(exclude_defaults=True),
        "measured_with": json.dumps(provenance()),
        "references": "Novak and Van Hoof (2019), UCLouvain",
        "Conventions": "CF-1.11",
    }


class PublishedStudy:
    """A published study as a source of measurements; arrays are read when they are asked for."""

    def __init__(self, spec: RecordedSpec) -> None:
        self._path = spec.file
        if not self._path.is_file():
            raise InputError(f"{self._path.name} is missing beside the study's file; fetch it again")
        if spec.sha256 is not None and sha256_of_file(self._path) != spec.sha256:
            raise InputError(f"{self._path.name} is not the file that the study was published with; fetch it again")
        self.name, self.scale = spec.name, spec.scale
        self.seeds = tuple(range(spec.seeds))
        self._cache: dict[str, xr.DataArray] = {}

    @cached_property
    def attrs(self) -> dict[str, Any]:
        """What the file says of itself."""
        with xr.open_dataset(self._path, engine=ENGINE) as root:
            return dict(root.attrs)

    @cached_property
    def layers(self) -> tuple[str, ...]:
        """Names of all layers with kernels, in the order of the network."""
        return tuple(json.loads(self.attrs["layers"]))

    def networks(self) -> xr.Dataset:
        """How each network was trained: epochs, whether it reached its target, seconds, learning rate."""
        return xr.load_dataset(self._path, group="networks", engine=ENGINE)

    def measurement(self, name: str, *, images: Images = "train") -> xr.DataArray:
        """One measurement of all trained networks, on training or on test images."""
        return over_neurons(self._read(GROUPS[images], name))

    def by_neuron(self, name: str) -> xr.DataArray:
        """The same, with the dimension `neuron` where the indicator is one of neurons."""
        return self._read(GROUPS["train"], name)

    def untrained(self, name: str, *, statistics: Statistics = "stored") -> xr.DataArray:
        """One measurement of the untrained network of every seed."""
        group = GROUPS[statistics] if (GROUPS[statistics], name) in self._groups else GROUPS["stored"]
        return over_neurons(self._read(group, name))

    @cached_property
    def _groups(self) -> set[tuple[str, str]]:
        import h5netcdf

        with h5netcdf.File(self._path) as file:
            return {(group, name) for group in file.groups for name in file[group].groups}

    def _read(self, group: str, name: str) -> xr.DataArray:
        if (group, name) not in self._groups:
            known = sorted(other for where, other in self._groups if where == group)
            raise NotApplicable(f"{self.name} does not record {name!r} ({group}); it records {', '.join(known)}")
        key = f"{group}/{name}"
        if key not in self._cache:
            self._cache[key] = xr.load_dataset(self._path, group=key, engine=ENGINE)[name]
        return self._cache[key]
