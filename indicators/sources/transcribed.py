"""Measurements transcribed from print, read from a study's folder and shaped like measurements of one's own.

A transcribed study is ``NAME.toml`` (what was printed, where, how exact it is) beside a folder ``NAME`` with one
table per measurement: columns of labels, then ``value``. No network is trained or run.
"""

import copy
import csv
import itertools
import math
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

import numpy as np
import xarray as xr
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from indicators.errors import InputError, NotApplicable
from indicators.specs import LEVELS, OPTIMIZERS, DataSpec, Images, Statistics
from indicators.specs.frozen import Positive
from indicators.specs.recipes import Recipe

DIMENSIONS = (
    "seed",
    "optimizer",
    "level",
    "layer",
    "draw",
    "fraction",
    "split",
    "epoch",
    "quantity",
    "distance",
    "size",
    "reason",
)

CELL = ("seed", "optimizer", "level")
"""The dimensions that say which network was measured."""

_WORDS: Mapping[str, tuple[str, ...]] = {
    "optimizer": OPTIMIZERS,
    "level": LEVELS,
    "split": ("train_running", "train", "validation", "test"),
    "quantity": ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "learning_rate"),
    "distance": ("cosine", "euclidean"),
    "reason": ("not told",),
}
_COUNTS = {"seed": 0, "draw": 0, "epoch": 1}  # and the smallest that each can be

Label = str | int | float
Key = tuple[Label, ...]


@dataclass(frozen=True)
class TranscribedStudy:
    """A study transcribed from print: named measurements with their provenance, and no network behind them."""

    name: str
    scale: str
    seeds: tuple[int, ...]
    layers: tuple[str, ...]
    kernel_shapes: Mapping[str, tuple[int, ...]]
    """By layer, in the order of the network; empty where the study's file does not say."""
    poolings: Mapping[str, int]
    """Number of poolings before every layer; empty where the study's file does not say."""
    classes: int | None
    """Of its images; None where the study's file does not say."""

    recipe: Recipe | None
    """How its networks were trained; None where the study's file does not say."""
    data: DataSpec | None
    """What on; None where the study's file does not say."""
    folder: Path
    tables: Mapping[str, Mapping[str, Any]]
    """What the study's file says of each measurement: source, quality, resolution, variant, unit, note."""

    def names(self) -> tuple[str, ...]:
        """Measurements of the trained networks, in the order of the study's file."""
        return tuple(self.tables)

    def untrained_names(self) -> tuple[str, ...]:
        """Measurements of the untrained network."""
        return tuple(name for name, about in self.tables.items() if "untrained" in about)

    def measurement(self, name: str, *, images: Images = "train") -> xr.DataArray:
        """The measurement ``name`` of every trained network.

        Dimensions: seed, optimizer, level, then what else applies, in the order of DIMENSIONS; layers in
        network order, numbers ascending. ``attrs`` says where the numbers come from, and as ``resolution`` that
        of the coarsest cell; NaN stands only where ``attrs["gaps"]`` says why. Raises NotApplicable where the study
        does not have it, InputError where its file is missing or damaged.
        """
        if images != "train":
            raise NotApplicable(f"{self.name} records measurements on training images only")
        self._require(name, self.names(), "")
        about = {key: value for key, value in self.tables[name].items() if key != "untrained"}
        return self._array(name, self._file(name), about, CELL)

    def by_neuron(self, name: str) -> xr.DataArray:
        """Nothing: raises NotApplicable, since single neurons were not printed."""
        raise NotApplicable(f"{self.name} records means over neurons only, of {name!r} as of all others")

    def untrained(self, name: str, *, statistics: Statistics = "stored") -> xr.DataArray:
        """The measurement ``name`` before training: as ``measurement``, without optimizer and level.

        Raises NotApplicable for statistics of batch normalization other than those that it starts with.
        """
        if statistics != "stored":
            raise NotApplicable(f"{self.name} records untrained networks with stored statistics only")
        self._require(name, self.untrained_names(), " of the untrained network")
        about = {key: value for key, value in self.tables[name].items() if key not in ("untrained", "rows")}
        about |= self.tables[name].get("untrained", {})
        return self._array(name, self._file(f"{name}.untrained"), about, ("seed",))

    @property
    def factors(self) -> dict[str, list[Any]]:
        """None: nothing is varied but optimizer and level."""
        return {}

    def at(self, factor: str, label: Any) -> NoReturn:  # noqa: ARG002 - that of a source
        """Nothing: raises NotApplicable, since nothing was varied but optimizer and level."""
        raise NotApplicable(f"{self.name} has no variants over {factor!r}")

    def _require(self, name: str, known: Sequence[str], what: str) -> None:
        if name not in known:
            raise NotApplicable(f"{self.name} does not record {name!r}{what}; it records {', '.join(known)}")

    def _file(self, stem: str) -> Path:
        return self.folder / f"{stem}.csv"

    def _array(self, name: str, path: Path, about: Mapping[str, Any], cell: tuple[str, ...]) -> xr.DataArray:
        table = _with_seed(_read(path, self.layers), self.seeds)
        _require_columns(table, cell)
        everything = {"seed": self.seeds, "optimizer": OPTIMIZERS, "level": LEVELS, "layer": self.layers}
        covers = everything | about.get("covers", {})
        coords = {dim: _labels(table, dim, covers.get(dim)) for dim in DIMENSIONS if dim in table.dims}
        _require_whole(table, coords, about)
        values = np.array([table.values.get(key, math.nan) for key in _keys(table, coords)])
        shape = [len(labels) for labels in coords.values()]
        attrs = copy.deepcopy(dict(about)) | {"resolution": _coarsest(about)}
        return xr.DataArray(values.reshape(shape), coords, name=name, attrs=attrs)


def load(path: Path) -> TranscribedStudy:
    """The transcribed study of a folder, or of the TOML file beside it.

    Every table of the file must have its CSV and every CSV its table; what is in them is read when asked for.
    Raises InputError naming the file and what it should hold.
    """
    folder = path.with_suffix("") if path.suffix == ".toml" else path
    file = folder.with_name(f"{folder.name}.toml")
    tables = _toml(file)
    document = _validated(file, tables)
    _require_files(folder, file, document.measurements)
    return TranscribedStudy(
        name=document.name,
        scale=document.scale,
        seeds=tuple(range(document.seeds)),
        layers=document.layers,
        kernel_shapes=document.kernel_shapes,
        poolings=document.poolings,
        classes=document.classes,
        recipe=document.recipe,
        data=document.data,
        folder=folder,
        tables=tables["measurements"],
    )


# --- the study's file ---


class _About(BaseModel):
    """What a study's file may say of one measurement."""

    model_config = ConfigDict(extra="forbid", strict=True)

    source: str
    unit: str
    quality: Literal["exact", "digitized", "derived"]
    resolution: Positive
    coarser: dict[str, dict[str, Positive]] = {}
    variant: dict[str, Any] = {}
    covers: dict[str, list[Label]] = {}
    gaps: str = ""
    rows: int = 1
    note: str = ""
    untrained: dict[str, Any] | None = None

    def files(self, name: str) -> tuple[str, ...]:
        return (name,) if self.untrained is None else (name, f"{name}.untrained")


class _Document(BaseModel):
    """What a study's file must say; the rest of it is provenance for its readers."""

    kind: Literal["recorded"]
    name: str
    scale: str
    seeds: Annotated[int, Field(gt=0)]
    layers: tuple[str, ...]
    kernel_shapes: dict[str, tuple[Annotated[int, Field(gt=0)], ...]] = {}
    poolings: dict[str, Annotated[int, Field(ge=0)]] = {}
    classes: Annotated[int, Field(gt=1)] | None = None

    recipe: Recipe | None = None
    data: DataSpec | None = None
    measurements: Annotated[dict[str, _About], Field(min_length=1)]


def _toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}; expected the TOML file of a transcribed study") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: not valid TOML: {error}; correct it there") from None


def _validated(file: Path, tables: dict[str, Any]) -> _Document:
    try:
        return _Document.model_validate(tables)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        value = "" if first["type"] == "missing" else f"={first['input']!r}"
        raise InputError(f"{file}: {field}{value}: {first['msg']}; compare with the shipped studies") from None


def _require_files(folder: Path, file: Path, measurements: Mapping[str, _About]) -> None:
    announced = [stem for name, about in measurements.items() for stem in about.files(name)]
    for stem in announced:
        if not (folder / f"{stem}.csv").is_file():
            raise InputError(f"{folder / stem}.csv: no such file, but {file.name} announces it; fetch it again")
    for path in sorted(folder.glob("*.csv")):
        if path.stem not in announced:
            raise InputError(f"{path}: expected [measurements.{path.stem}] in {file.name}; add it there")


# --- one table ---


@dataclass(frozen=True)
class _Table:
    path: Path
    dims: tuple[str, ...]
    values: Mapping[Key, float]
    layers: tuple[str, ...]


def _read(path: Path, layers: tuple[str, ...]) -> _Table:
    """The rows of a CSV file: every label known, every value finite, no combination of labels twice."""
    header, *rows = _rows(path) or [[""]]
    dims = _dims(path, header)
    values: dict[Key, float] = {}
    for row, cells in enumerate(rows, start=2):
        where = f"{path}: row {row}"
        if len(cells) != len(header):
            raise InputError(f"{where} has {len(cells)} columns, expected {len(header)} ({','.join(header)})")
        key = tuple(_label(where, dim, cell, layers) for dim, cell in zip(dims, cells, strict=False))
        if key in values:
            raise InputError(f"{where} repeats {_spell(dims, key)}, expected it once; remove one of the two")
        values[key] = _value(where, cells[-1])
    return _Table(path, dims, values, layers)


def _rows(path: Path) -> list[list[str]]:
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            return list(csv.reader(lines, strict=True))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; expected the table of a transcribed study") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: expected a CSV file in UTF-8, found {error}; fetch it again") from None


def _dims(path: Path, header: Sequence[str]) -> tuple[str, ...]:
    *dims, last = header or [""]
    if last != "value" or len(set(dims)) < len(dims) or not set(dims) <= set(DIMENSIONS):
        shown = ",".join(header)
        raise InputError(f"{path}: row 1 is {shown!r}, expected columns out of {DIMENSIONS}, then 'value'")
    return tuple(dims)


def _label(where: str, dim: str, text: str, layers: tuple[str, ...]) -> Label:
    words = layers if dim == "layer" else _WORDS.get(dim)
    if words is not None:
        return _word(where, dim, text, words)
    if dim in _COUNTS:
        return _count(where, dim, text)
    number = _number(text)
    if not 0 <= number <= 1:
        raise InputError(f"{where}: {dim}={text!r}, expected a number from 0 to 1")
    return number


def _word(where: str, dim: str, text: str, words: tuple[str, ...]) -> str:
    if text not in words:
        raise InputError(f"{where}: {dim}={text!r} is not one of {words}")
    return text


def _count(where: str, dim: str, text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) < _COUNTS[dim]:
        raise InputError(f"{where}: {dim}={text!r}, expected a whole number from {_COUNTS[dim]}")
    return int(text)


def _value(where: str, text: str) -> float:
    number = _number(text)
    if not math.isfinite(number):
        raise InputError(f"{where}: value={text!r}, expected a finite number; restore it")
    return number


def _number(text: str) -> float:
    """The number that a text spells, NaN where it spells none."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def _with_seed(table: _Table, seeds: tuple[int, ...]) -> _Table:
    """The table with a column ``seed``, which a study of one seed may leave out."""
    if "seed" in table.dims or len(seeds) > 1:
        return table
    values = {(*seeds, *key): value for key, value in table.values.items()}
    return replace(table, dims=("seed", *table.dims), values=values)


def _require_columns(table: _Table, cell: tuple[str, ...]) -> None:
    found = tuple(dim for dim in CELL if dim in table.dims)
    if found != cell:
        raise InputError(f"{table.path}: row 1 names {found}, expected exactly {cell} out of {CELL}; correct it")


def _labels(table: _Table, dim: str, expected: Sequence[Label] | None) -> list[Label]:
    """The labels of one dimension in their order: exactly the expected ones, else those found."""
    place = table.dims.index(dim)
    found = {key[place] for key in table.values}
    if expected is not None and found != set(expected):
        wrong = "no row for" if set(expected) - found else "rows for"
        odd = sorted((set(expected) - found) or (found - set(expected)), key=str)
        raise InputError(f"{table.path}: {wrong} {dim} {odd}, expected exactly {tuple(expected)}; fetch it again")
    order = table.layers if dim == "layer" else _WORDS.get(dim)
    return sorted(found) if order is None else [label for label in order if label in found]


def _require_whole(table: _Table, coords: Mapping[str, Sequence[Label]], about: Mapping[str, Any]) -> None:
    rows = len(table.values)
    if rows != about.get("rows", rows):
        raise InputError(f"{table.path}: {rows} rows, expected {about['rows']}; fetch it again")
    if "gaps" in about:
        return
    for key in _keys(table, coords):
        if key not in table.values:
            missing = _spell(table.dims, key)
            raise InputError(f"{table.path}: no row for {missing}, expected every combination; fetch it again")


def _coarsest(about: Mapping[str, Any]) -> float:
    """The resolution of the cell that has the worst."""
    coarser = (value for levels in about.get("coarser", {}).values() for value in levels.values())
    return float(max([about["resolution"], *coarser]))


def _keys(table: _Table, coords: Mapping[str, Sequence[Label]]) -> Iterator[Key]:
    """Every combination of labels in the array's order, its labels in the order of the table's columns."""
    places = [list(coords).index(dim) for dim in table.dims]
    for labels in itertools.product(*coords.values()):
        yield tuple(labels[place] for place in places)


def _spell(dims: Sequence[str], key: Key) -> str:
    return ", ".join(f"{dim}={label!r}" for dim, label in zip(dims, key, strict=True))
