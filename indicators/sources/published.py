"""The measurements of a study without its networks: one netCDF file that describes itself, written and read here.

A published study is ``NAME.toml`` beside ``NAME.nc``. The file has a group for every way of measuring (`trained`,
`test_images`, `untrained`, `untrained_estimated`, and `networks` for how they were trained), in each a group per
measurement. Any reader of netCDF-4 opens it; ``xarray.open_dataset(file, group="trained/label_information")`` does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar

import xarray as xr

from indicators import plans
from indicators.errors import InputError, NotApplicable
from indicators.files import sha256_of_file
from indicators.images.dataset import checksums, classes_of
from indicators.measures.catalog import CATALOG
from indicators.measures.row import BY_IMAGES, BY_STATISTICS, TRAINED, UNTRAINED
from indicators.sources.stored import Measurements, over_neurons
from indicators.specs import ArchitectureSpec, Images, RecordedSpec, Statistics, StudySpec, load_study, write_table

ENGINE: Literal["h5netcdf"] = "h5netcdf"
PACKED = {"dtype": "float32", "zlib": True, "complevel": 9, "shuffle": True}


def publish(measured: Measurements, folder: Path, earlier: PublishedStudy | None = None) -> Path:
    """Writes everything measured of a study as `STUDY-recorded.nc`, and the study's file beside it; returns that.

    `earlier`: the same study published before, whose seeds come beside those measured here. Numbers are rounded to
    single precision. Raises InputError for what is not measured yet, and for an earlier one that was made otherwise or
    has some of the same seeds.
    """
    study = measured.study
    if earlier is not None:
        _require_alike(earlier, measured)
    before = earlier.seeds if earlier is not None else ()
    name = f"{study.name}-recorded"
    path = folder / f"{name}.nc"
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    try:
        _write(unfinished, measured, earlier)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    about = {
        "name": name,
        "kind": "recorded",
        "scale": study.scale,
        "seeds": len(before) + study.seeds,
        "description": f"The measurements of {study.name}: {study.description}",
        "sha256": sha256_of_file(path),
    }
    file = folder / f"{name}.toml"
    comment = "Written by `indicators publish`; the measurements are in the netCDF file beside this one."
    write_table(about, file, comment=comment)
    return file


def published_at(path: Path) -> PublishedStudy:
    """The published study of a study file; InputError for a file of another kind, or none."""
    if not path.is_file():
        raise InputError(f"{path} is no file; give the .toml that `indicators publish` wrote")
    spec = load_study(str(path))
    if not isinstance(spec, RecordedSpec) or not spec.file.is_file():
        raise InputError(f"{path} is no published study; give the .toml that `indicators publish` wrote")
    return PublishedStudy(spec)


def _write(path: Path, measured: Measurements, earlier: PublishedStudy | None) -> None:
    about = _about(measured, earlier)
    networks = measured.networks()
    if earlier is not None:
        networks = _beside(earlier.networks(), networks)
    groups, encoding = {"/": xr.Dataset(attrs=about), "/networks": networks}, {}
    for group, values in _everything(measured):
        if earlier is not None:
            values = _beside(earlier.stored(group), values)
        groups[f"/{group}"], encoding[f"/{group}"] = values.to_dataset(), {values.name: PACKED}
    xr.DataTree.from_dict(groups).to_netcdf(path, engine=ENGINE, encoding=encoding)


Of = TypeVar("Of", xr.DataArray, xr.Dataset)


def _beside(earlier: Of, here: Of) -> Of:
    """The seeds of both, in order; NaN for epochs that the networks of one did not train."""
    return xr.concat([earlier, here], "seed", join="outer", combine_attrs="override").sortby("seed")


def _require_alike(earlier: PublishedStudy, measured: Measurements) -> None:
    """Raises InputError where studies differ in what decides their numbers, or share seeds."""
    then, now = json.loads(earlier.attrs["study"]), _described(measured.study)
    for field in sorted((then.keys() | now.keys()) - {"seeds", "first_seed", "description", "targets"}):
        if then.get(field) != now.get(field):
            raise InputError(
                f"{earlier.name} was made with another {field}: {then.get(field)}, here {now.get(field)}; "
                "measure its seeds anew, or publish these apart"
            )
    if shared := sorted(set(earlier.seeds) & set(measured.seeds)):
        raise InputError(f"{earlier.name} has seed {shared[0]} already; choose others with --first-seed and --seeds")


def _everything(measured: Measurements) -> Iterator[tuple[str, xr.DataArray]]:
    """Every measurement and the group it goes to; those of neurons with the dimension `neuron`."""
    for row in CATALOG:
        for way in row.ways:
            # The recipe of a study may leave a row without numbers.
            with suppress(NotApplicable):
                yield f"{way.group}/{row.name}", measured.taken(row.name, way)


def _described(study: StudySpec) -> dict[str, Any]:
    described: dict[str, Any] = json.loads(study.model_dump_json(exclude_defaults=True))
    return described


def _about(measured: Measurements, earlier: PublishedStudy | None) -> dict[str, str]:
    study = measured.study
    described = _described(study) | {"seeds": study.seeds + len(earlier.seeds if earlier is not None else ())}
    described.pop("first_seed", None)
    # Networks are measured where they are trained.
    machines = [*(earlier.measured_with if earlier is not None else ()), *measured.trained_with]
    return {
        "title": f"Measurements of the study {study.name}",
        "source": "trained and measured by generalization-indicators",
        "study": json.dumps(described),
        "data_sha256": json.dumps(checksums(study.data)),
        "measured_with": json.dumps(machines),
        "kernel_shapes": json.dumps(measured.kernel_shapes),
        "poolings": json.dumps(measured.poolings),
        "classes": json.dumps(measured.classes),
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
        self._cache: dict[str, xr.DataArray] = {}

    @cached_property
    def seeds(self) -> tuple[int, ...]:
        """The seeds of its networks."""
        return tuple(self.networks()["seed"].values.tolist())

    @cached_property
    def attrs(self) -> dict[str, Any]:
        """What the file says of itself."""
        with xr.open_dataset(self._path, engine=ENGINE) as root:
            return dict(root.attrs)

    @cached_property
    def study(self) -> StudySpec:
        """What was published: how its networks were trained and measured."""
        return StudySpec.model_validate_json(self.attrs["study"])

    @property
    def measured_with(self) -> list[dict[str, Any]]:
        """The machines that its seeds were made on, and their versions."""
        said = json.loads(self.attrs["measured_with"])
        # The first files knew one machine.
        return [{"seeds": list(self.seeds), **said}] if isinstance(said, dict) else list(said)

    @cached_property
    def layers(self) -> tuple[str, ...]:
        """Names of all layers with kernels, in the order of the network."""
        return tuple(self.kernel_shapes)

    @cached_property
    def kernel_shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of the kernel of every layer, in the order of the network."""
        return {layer: tuple(shape) for layer, shape in json.loads(self.attrs["kernel_shapes"]).items()}

    @cached_property
    def poolings(self) -> dict[str, int]:
        """Number of poolings before every layer; empty for a user's architecture published before they were counted."""
        counted: dict[str, int] = json.loads(self.attrs.get("poolings", "{}"))
        architecture = json.loads(self.attrs["study"])["architecture"]
        return counted or plans.poolings(ArchitectureSpec.model_validate(architecture))

    @cached_property
    def classes(self) -> int | None:
        """Number of classes of the images; None for a user's published before they were counted."""
        counted: int | None = json.loads(self.attrs.get("classes", "null"))
        return counted or classes_of(json.loads(self.attrs["data_sha256"]))

    def networks(self) -> xr.Dataset:
        """How each network was trained: epochs, whether it reached its target, seconds, learning rate."""
        return xr.load_dataset(self._path, group="networks", engine=ENGINE)

    def names(self) -> list[str]:
        """Measurements of its trained networks."""
        return sorted(name for group, name in self._groups if group == TRAINED.group)

    def measurement(self, name: str, *, images: Images = "train") -> xr.DataArray:
        """One measurement of all trained networks, on training or on test images."""
        return over_neurons(self._read(BY_IMAGES[images].group, name))

    def by_neuron(self, name: str) -> xr.DataArray:
        """The same, with the dimension `neuron` where the indicator is one of neurons."""
        return self._read(TRAINED.group, name)

    def untrained(self, name: str, *, statistics: Statistics = "stored") -> xr.DataArray:
        """One measurement of the untrained network of every seed."""
        group = BY_STATISTICS[statistics].group
        return over_neurons(self._read(group if (group, name) in self._groups else UNTRAINED.group, name))

    @cached_property
    def _groups(self) -> set[tuple[str, str]]:
        import h5netcdf

        with h5netcdf.File(self._path) as file:
            return {(group, name) for group in file.groups for name in file[group].groups}

    def _read(self, group: str, name: str) -> xr.DataArray:
        if (group, name) not in self._groups:
            known = sorted(other for where, other in self._groups if where == group)
            raise NotApplicable(f"{self.name} does not record {name!r} ({group}); it records {', '.join(known)}")
        return self.stored(f"{group}/{name}")

    def stored(self, group: str) -> xr.DataArray:
        """A measurement by its place in the file; those of neurons with the dimension `neuron`."""
        if group not in self._cache:
            name = group.rpartition("/")[2]
            self._cache[group] = xr.load_dataset(self._path, group=group, engine=ENGINE)[name]
        return self._cache[group]
