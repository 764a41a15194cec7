"""The measurements of a study without its networks: one netCDF file that describes itself, written and read here.

A published study is ``NAME.toml`` beside ``NAME.nc``. The file has a group for every way of measuring (`trained`,
`test_images`, `untrained`, `untrained_estimated`, and `networks` for how they were trained), in each a group per
measurement. Any reader of netCDF-4 opens it; ``xarray.open_dataset(file, group="trained/label_information")`` does.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NoReturn, TypeVar

import xarray as xr

from indicators import plans
from indicators.errors import InputError, NotApplicable, NotMeasured
from indicators.files import put_in_place, sha256_of_file
from indicators.images.dataset import checksums, classes_of
from indicators.measures.catalog import CATALOG
from indicators.measures.row import BY_IMAGES, BY_STATISTICS, TRAINED, UNTRAINED, Way
from indicators.sources.stored import Measurements, fits, over_neurons
from indicators.specs import Images, RecordedSpec, Statistics, StudySpec
from indicators.specs.files import NEXT, load_study, read_toml, write_table
from indicators.specs.variants import Label

ENGINE: Literal["h5netcdf"] = "h5netcdf"
PACKED = {"dtype": "float32", "zlib": True, "complevel": 9, "shuffle": True}


def publish(measured: Measurements, folder: Path, earlier: PublishedStudy | None = None) -> Path:
    """Writes everything measured of a study as `STUDY-recorded.nc`, and the study's file beside it; returns that.

    `earlier`: the same study published before, whose seeds come beside those measured here; of networks that both have,
    what is measured by now is filled in. A measurement that one of the networks here lacks is left out for all of them,
    and one that a seed lacks is not applicable. Numbers are rounded to single precision. Raises InputError for networks
    that are not trained, and for an earlier study that was made otherwise or has other networks of the same seeds.
    """
    study = measured.study
    if earlier is not None:
        require_alike(earlier, measured)
    before = earlier.seeds if earlier is not None else ()
    name = f"{study.name}-recorded"
    path, file = folder / f"{name}.nc", folder / f"{name}.toml"
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    try:
        _write(unfinished, measured, earlier)
        about = {
            "name": name,
            "kind": "recorded",
            "scale": study.scale,
            "seeds": len({*before, *study.seed_numbers}),
            "description": f"The measurements of {study.name}: {study.description}",
            "sha256": sha256_of_file(unfinished),
        }
        _replace(path, unfinished, file, about)
    finally:
        unfinished.unlink(missing_ok=True)
    return file


def _replace(path: Path, finished: Path, file: Path, about: Mapping[str, Any]) -> None:
    """Puts a finished file, and what the study's file says of it, in the place of those before, both or neither.

    The study's file announces what is to come before it comes: whatever a crash leaves is one study or the other.
    """
    comment = "Written by `indicators publish`; the measurements are in the netCDF file beside this one."
    if path.is_file() and file.is_file():
        write_table({**read_toml(file), NEXT: dict(about)}, file, comment=comment)
    put_in_place(finished, path)
    write_table(about, file, comment=comment)


def published_at(path: Path) -> PublishedStudy:
    """The published study of a study file; InputError for a file of another kind, or none."""
    if not path.is_file():
        raise InputError(f"{path} is no file; give the .toml that `indicators publish` wrote")
    spec = load_study(str(path))
    if not isinstance(spec, RecordedSpec) or not spec.file.is_file():
        raise InputError(f"{path} is no published study; give the .toml that `indicators publish` wrote")
    return PublishedStudy(spec)


def _write(path: Path, measured: Measurements, earlier: PublishedStudy | None) -> None:
    groups, encoding = {"/": xr.Dataset(attrs=_about(measured, earlier))}, dict[str, Any]()
    _add(groups, encoding, "", measured, earlier)
    for variant in measured.study.variants:
        for number, label in enumerate(measured.factors[variant.factor]):
            place, part = _place(variant.factor, number), measured.at(variant.factor, label)
            groups[place] = xr.Dataset(attrs=_described_layers(part))
            before = earlier.at(variant.factor, label) if earlier is not None else None
            _add(groups, encoding, place, part, before, variant.indicators)
    xr.DataTree.from_dict(groups).to_netcdf(path, engine=ENGINE, encoding=encoding)


def _place(factor: str, number: int) -> str:
    """The group of the networks at the label of that number of a factor."""
    return f"/variants/{factor}/{number}"


def _add(
    groups: dict[str, xr.Dataset],
    encoding: dict[str, Any],
    place: str,
    measured: Measurements,
    earlier: PublishedStudy | None,
    only: Sequence[str] = (),
) -> None:
    """Everything measured of some networks, by its group below a place in the file."""
    networks = measured.networks()
    groups[f"{place}/networks"] = networks if earlier is None else _beside(earlier.networks(), networks)
    for group, values in _everything(measured, earlier, only):
        groups[f"{place}/{group}"], encoding[f"{place}/{group}"] = values.to_dataset(), {values.name: PACKED}


Of = TypeVar("Of", xr.DataArray, xr.Dataset)


def _beside(earlier: Of, here: Of) -> Of:
    """The seeds of both, in order; NaN for epochs that the networks of one did not train."""
    kept = earlier.sel(seed=~earlier["seed"].isin(here["seed"]))
    return xr.concat([kept, here], "seed", join="outer", combine_attrs="override").sortby("seed")


def require_alike(earlier: PublishedStudy, measured: Measurements) -> None:
    """Raises InputError where studies differ in what decides their numbers, or have other networks of the same seed."""
    then, now = json.loads(earlier.attrs["study"]), _described(measured.study)
    for field in sorted((then.keys() | now.keys()) - {"seeds", "first_seed", "description", "targets", "rotation"}):
        if then.get(field) != now.get(field):
            raise InputError(
                f"{earlier.name} was made with another {field}: {then.get(field)}, here {now.get(field)}; "
                "measure its seeds anew, or publish these apart"
            )
    shared = sorted(set(earlier.seeds) & set(measured.seeds))
    # Two trainings never take the same time to the last digit.
    if shared and not _networks_of(earlier, shared).equals(_networks_of(measured, shared)):
        raise InputError(
            f"{earlier.name} has seed {shared[0]} already, of other networks; "
            "choose others with --first-seed and --seeds"
        )


def _networks_of(source: PublishedStudy | Measurements, seeds: Sequence[int]) -> xr.Dataset:
    return source.networks().sel(seed=list(seeds))


def left_out(measured: Measurements) -> list[str]:
    """What `publish` leaves out because some of the networks lack it: names of measurements, and of what factor."""
    parts: list[tuple[str, Measurements, Sequence[str]]] = [("", measured, ())]
    for variant in measured.study.variants:
        of = f" along {variant.factor}"
        parts += [
            (of, measured.at(variant.factor, label), variant.indicators) for label in measured.factors[variant.factor]
        ]
    return list(dict.fromkeys(f"{name}{of}" for of, part, only in parts for name in _lacking(part, only)))


def _lacking(measured: Measurements, only: Sequence[str]) -> Iterator[str]:
    for row in CATALOG:
        for way in row.ways if row.name in (only or (row.name,)) else ():
            try:
                with suppress(NotApplicable):
                    measured.taken(row.name, way)
            except NotMeasured:
                yield row.name


def _everything(
    measured: Measurements, earlier: PublishedStudy | None, only: Sequence[str] = ()
) -> Iterator[tuple[str, xr.DataArray]]:
    """Every measurement of here and of before, and the group it goes to; those of neurons with the dimension `neuron`.

    `only`: names of those that were measured, beside what is kept while training; all and all ways, unless told.
    """
    for row in CATALOG:
        if only and row.name not in only and row.needs != "record":
            continue
        for way in row.ways:
            group = f"{way.group}/{row.name}"
            before = earlier.stored(group) if earlier is not None and earlier.has(way.group, row.name) else None
            here = _taken(measured, row.name, way)
            if before is not None and here is not None:
                yield group, _beside(before, here)
            elif (one := before if here is None else here) is not None:
                yield group, one


def _taken(measured: Measurements, name: str, way: Way) -> xr.DataArray | None:
    """A measurement of all networks; None where the study or one of its networks does not have it."""
    # The recipe of a study may leave a row without numbers, and of variants only trained networks are measured.
    with suppress(NotApplicable, NotMeasured):
        return measured.taken(name, way)
    return None


def _described(study: StudySpec) -> dict[str, Any]:
    described: dict[str, Any] = json.loads(study.model_dump_json(exclude_defaults=True))
    return described


def _about(measured: Measurements, earlier: PublishedStudy | None) -> dict[str, str]:
    study = measured.study
    before = earlier.seeds if earlier is not None else ()
    described = _described(study) | {"seeds": len({*before, *study.seed_numbers})}
    described.pop("first_seed", None)
    # Networks are measured where they are trained.
    machines = [*(earlier.measured_with if earlier is not None else ()), *_machines_of_others(measured, before)]
    return {
        "title": f"Measurements of the study {study.name}",
        "source": "trained and measured by generalization-indicators",
        "study": json.dumps(described),
        "data_sha256": json.dumps(checksums(study.data)),
        "measured_with": json.dumps(machines),
        **_described_layers(measured),
        "classes": json.dumps(measured.classes),
        "references": "Novak and Van Hoof (2019), UCLouvain",
        "Conventions": "CF-1.11",
    }


def _machines_of_others(measured: Measurements, seeds: Collection[int]) -> Iterator[dict[str, Any]]:
    """The machines that the networks of other seeds were made on."""
    for machine in measured.trained_with:
        if others := [seed for seed in machine["seeds"] if seed not in seeds]:
            yield machine | {"seeds": others}


def _described_layers(measured: Measurements) -> dict[str, str]:
    return {"kernel_shapes": json.dumps(measured.kernel_shapes), "poolings": json.dumps(measured.poolings)}


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
        self._place = ""
        self._parts: dict[tuple[str, Label], PublishedStudy] = {}

    @property
    def factors(self) -> dict[str, list[Label]]:
        """The labels of every factor that the study has variants over, the baseline among them."""
        return {variant.factor: self.study.labels_of(variant) for variant in self.study.variants}

    def at(self, factor: str, label: Label) -> PublishedStudy:
        """Those of the networks at one label of a factor, of the optimizers and levels that it has.

        Raises NotApplicable for a factor or a label that the study does not have.
        """
        if (factor, label) not in self._parts:
            self._parts[factor, label] = _OfVariant(self, factor, label)
        return self._parts[factor, label]

    @cached_property
    def seeds(self) -> tuple[int, ...]:
        """The seeds of its networks."""
        return tuple(self.networks()["seed"].values.tolist())

    @cached_property
    def attrs(self) -> dict[str, Any]:
        """What the file says of itself, and of the networks of this place in it."""
        with xr.open_dataset(self._path, group=self._place or None, engine=ENGINE) as root:
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
        return counted or plans.poolings(self.study.architecture)

    @cached_property
    def classes(self) -> int | None:
        """Number of classes of the images; None for a user's published before they were counted."""
        counted: int | None = json.loads(self.attrs.get("classes", "null"))
        return counted or classes_of(json.loads(self.attrs["data_sha256"]))

    def networks(self) -> xr.Dataset:
        """How each network was trained: epochs, whether it reached its target, seconds, learning rate."""
        return self._networks

    @cached_property
    def _networks(self) -> xr.Dataset:
        return xr.load_dataset(self._path, group=f"{self._place}/networks", engine=ENGINE)

    def fitted(self) -> xr.DataArray:
        """Whether each network fits its training images, (seed, optimizer, level)."""
        train = self.measurement("accuracy").sel(split="train", drop=True)
        fitted: xr.DataArray = fits(self.networks()["reached"], train, self.study)
        return fitted.rename("fitted")

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
            here = file[self._place] if self._place else file
            return {(group, name) for group in here.groups for name in here[group].groups}

    def _read(self, group: str, name: str) -> xr.DataArray:
        if not self.has(group, name):
            known = sorted(other for where, other in self._groups if where == group)
            raise NotApplicable(f"{self.name} does not record {name!r} ({group}); it records {', '.join(known)}")
        values = self.stored(f"{group}/{name}")
        if lacking := sorted({*self.seeds} - {*values["seed"].values.tolist()}):
            raise NotApplicable(
                f"{self.name} does not record {name!r} ({group}) of seed {', '.join(map(str, lacking))}; "
                "`indicators publish --add-to` fills in what is measured"
            )
        return values

    def has(self, group: str, name: str) -> bool:
        """Whether a measurement is in the file, of some seeds at least."""
        return (group, name) in self._groups

    def stored(self, group: str) -> xr.DataArray:
        """A measurement by its place in the file; those of neurons with the dimension `neuron`."""
        if group not in self._cache:
            name = group.rpartition("/")[2]
            self._cache[group] = xr.load_dataset(self._path, group=f"{self._place}/{group}", engine=ENGINE)[name]
        return self._cache[group]


class _OfVariant(PublishedStudy):
    """The published measurements at one label of a factor."""

    def __init__(self, whole: PublishedStudy, factor: str, label: Label) -> None:
        # The file was checked when the whole was opened.
        self._path, self._whole = whole._path, whole
        self.name, self.scale = whole.name, whole.scale
        self._cache = {}
        self._variant = whole.study.variant(factor)
        labels = whole.factors[factor]
        if label not in labels:
            raise NotApplicable(f"{self.name} has no networks of {factor} {label!r}, but of {labels}")
        self._label, self._place = label, _place(factor, labels.index(label))

    @cached_property
    def study(self) -> StudySpec:
        """How its networks were trained, at one of their learning rates."""
        return self._whole.study.at(self._variant.factor, self._label)[0]

    def untrained(self, name: str, *, statistics: Statistics = "stored") -> NoReturn:  # noqa: ARG002 - as of a source
        """Nothing: raises NotApplicable, since untrained networks are not measured along factors."""
        raise NotApplicable(f"untrained networks are not measured along the factors of {self.name}")

    @cached_property
    def classes(self) -> int | None:
        """As of the whole study."""
        return self._whole.classes
