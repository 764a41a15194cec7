"""The measurements of a study without its networks: one netCDF file that describes itself, read here.

A published study is ``NAME.toml`` beside ``NAME.nc``. The file has a group for every way of measuring (`trained`,
`test_images`, `untrained`, `untrained_estimated`, and `networks` for how they were trained), in each a group per
measurement. Any reader of netCDF-4 opens it; ``xarray.open_dataset(file, group="trained/label_information")`` does.
"""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NoReturn

import xarray as xr

from indicators import plans
from indicators.errors import InputError, NotApplicable
from indicators.files import sha256_of_file
from indicators.images.dataset import classes_of
from indicators.measures.catalog import INDICATORS
from indicators.measures.row import BY_IMAGES, BY_STATISTICS, TRAINED, UNTRAINED
from indicators.sources.stored import fits, over_neurons
from indicators.specs import Images, RecordedSpec, Statistics, StudySpec
from indicators.specs.files import load_study
from indicators.specs.variants import Label

ENGINE: Literal["h5netcdf"] = "h5netcdf"


def published_at(path: Path) -> PublishedStudy:
    """The published study of a study file; InputError for a file of another kind, or none."""
    if not path.is_file():
        raise InputError(f"{path} is no file; give the .toml that `indicators publish` wrote")
    spec = load_study(str(path))
    if not isinstance(spec, RecordedSpec) or not spec.file.is_file():
        raise InputError(f"{path} is no published study; give the .toml that `indicators publish` wrote")
    return PublishedStudy(spec)


def place_of(factor: str, number: int) -> str:
    """The group of the networks at the label of that number of a factor."""
    return f"/variants/{factor}/{number}"


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
        way = BY_STATISTICS[statistics]
        # What runs no images forward is the same with both; of anything else, one does not stand for the other.
        same = name in INDICATORS and way not in INDICATORS[name].ways
        return over_neurons(self._read((UNTRAINED if same else way).group, name))

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
        self._label, self._place = label, place_of(factor, labels.index(label))

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
