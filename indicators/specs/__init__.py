"""What a study consists of: frozen, validated, hashed. What decides a bit of a trained network is a field here."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

import tomli_w
from pydantic import Field, ValidationError, field_validator, model_validator

from indicators.errors import InputError, did_you_mean
from indicators.files import write_atomically
from indicators.machine import resolve_precision
from indicators.specs.frozen import LATER, Count, Frozen, Positive, Share
from indicators.specs.recipes import Optimizer, Recipe, Start

OPTIMIZERS = ("sgd", "wdecay", "layca")
PAIRS_OF_OPTIMIZERS = (("wdecay", "sgd"), ("layca", "sgd"), ("layca", "wdecay"))
LEVELS = ("low", "medium", "high")
STUDIES = Path(__file__).parents[1] / "studies"
MEASURED_SPLITS = {
    "images": "train",
    "clustering_images": "train",
    "curve_images": "train",
    "pruning_images": "test",
    "variant_images": "test",
}
"""From which images those of `MeasuringSpec` are."""

Statistics = Literal["stored", "estimated"]
"""Of batch normalization: its moving averages, or what it has on the sampled images."""

Images = Literal["train", "test"]
"""Which images activations are sampled on."""


class DataSpec(Frozen):
    """Which images: the first `train` and last `validation` of the training set, the first `test` of the test set."""

    name: Literal["cifar10", "arrays"] = "cifar10"
    train: Count = 40_000
    validation: Count = 10_000
    test: Count = 10_000
    sha256: str | None = None
    """Digest of a user's own arrays; CIFAR-10 has one content only."""
    permuted_labels: Annotated[Share, LATER] = 0.0
    """Share of the training images whose labels are put in random order among them, the same for every seed."""
    mark: Annotated[Literal["none", "class"], LATER] = "none"
    """Whether every training image carries the mark of its class; validation and test images never do."""


class ArchitectureSpec(Frozen):
    """A function `(input_shape, classes, **parameters) -> keras.Model`: `vgg`, or a user's `module:function`."""

    name: str = "vgg"
    parameters: dict[str, float | int | str | bool] = {}  # noqa: RUF012 - pydantic copies it
    sha256: str | None = None
    """Digest of the file of a user's module, so that an edited network is another one; no study file holds it."""

    def _canonical(self) -> dict[str, Any]:
        parameters = {name: _one_form(value) for name, value in self.parameters.items()}
        return super()._canonical() | {"parameters": parameters}


class MeasuringSpec(Frozen):
    """How many images, pairs and draws the indicators are measured with."""

    images: Count = 1000
    """Training images that activations are sampled on."""
    pairs: Count = 10_000
    """Pairs of neurons per layer."""
    label_draws: Count = 10
    """Random orders of the labels, for what chance gives."""
    neurons: Count = 20
    """Neurons per layer whose inputs are looked at."""
    clustering_images: Count = 1000
    """Training images that their silhouettes are taken of."""
    curve_images: Count = 2000
    """The same images and more, for the silhouettes at every size of the neighborhoods."""
    pruning_images: Count = 10_000
    """Test images of the two main pruning curves."""
    variant_images: Count = 2000
    """Test images of the other pruning curves."""
    pruning_draws: Count = 3

    @model_validator(mode="after")
    def _silhouettes_within_curves(self) -> Self:
        if self.clustering_images > self.curve_images:
            raise ValueError(f"clustering_images={self.clustering_images} exceeds curve_images={self.curve_images}")
        return self


class UntrainedSpec(Frozen):
    """The network of a seed before training: what the nine models of that seed start from."""

    architecture: ArchitectureSpec
    data: DataSpec
    seed: Annotated[int, Field(ge=0)]

    @property
    def label(self) -> str:
        """How people call it."""
        return f"untrained, seed {self.seed}"


class ModelSpec(UntrainedSpec):
    """One trained network, to the last bit."""

    recipe: Recipe
    optimizer: Optimizer
    level: Literal["low", "medium", "high"]
    learning_rate: Positive
    start: Annotated[Start | None, LATER] = None
    """What is removed of the initial weights before the training; None: nothing."""

    @property
    def untrained(self) -> UntrainedSpec:
        """The network that this one starts from."""
        return UntrainedSpec(architecture=self.architecture, data=self.data, seed=self.seed)

    @property
    def parent(self) -> ModelSpec:
        """The same network trained from all of its initial weights: what a start by magnitude goes by."""
        return self.model_copy(update={"start": None})

    @property
    def label(self) -> str:
        """How people call it."""
        return f"{self.optimizer} {self.level}, seed {self.seed}"


class StudySpec(Frozen):
    """Three optimizers times three levels times the seeds, on one architecture and one data set."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    scale: str
    """The word that stands beside every verdict: `mini`, `quarter`, `full`."""
    description: str = ""
    kind: Literal["trained"] = "trained"
    seeds: Count = 1
    """How many."""
    first_seed: Annotated[int, Field(ge=0)] = 0
    """The number of the first: others may be at work on those before it elsewhere."""
    data: DataSpec
    architecture: ArchitectureSpec
    recipe: Recipe = Recipe()
    start: Annotated[Start | None, LATER] = None
    measuring: MeasuringSpec = MeasuringSpec()
    learning_rates: dict[str, dict[str, Positive]]
    targets: dict[str, Share] = {}  # noqa: RUF012 - pydantic copies it
    """Validation accuracy that calibration aims at, by level."""

    @field_validator("learning_rates")
    @classmethod
    def _nine_rates(cls, rates: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
        _require_keys("learning_rates", rates, OPTIMIZERS)
        for optimizer, by_level in rates.items():
            _require_keys(f"learning_rates.{optimizer}", by_level, LEVELS)
        return rates

    @model_validator(mode="after")
    def _enough_images(self) -> Self:
        for name, split in MEASURED_SPLITS.items():
            count, available = getattr(self.measuring, name), getattr(self.data, split)
            if count > available:
                raise ValueError(f"measuring.{name}={count} exceeds data.{split}={available}")
        return self

    @property
    def seed_numbers(self) -> tuple[int, ...]:
        """The seeds of the study."""
        return tuple(range(self.first_seed, self.first_seed + self.seeds))

    def changed(self, **fields: Any) -> StudySpec:
        """The study with other values of some fields, validated as those of a file are."""
        return _validated(StudySpec, self.model_dump() | fields, self.name)

    def model(self, optimizer: str, level: str, seed: int) -> ModelSpec:
        """The model of one cell and seed."""
        rate = self.learning_rates[optimizer][level]
        return ModelSpec.model_validate(
            {
                "architecture": self.architecture,
                "data": self.data,
                "recipe": self.recipe.model_copy(update={"precision": resolve_precision(self.recipe.precision)}),
                "optimizer": optimizer,
                "level": level,
                "learning_rate": rate,
                "start": self.start,
                "seed": seed,
            }
        )

    def models(self) -> Iterator[ModelSpec]:
        """Every model, seed by seed; the slowest to train (the highest rates) first, so that workers end together."""
        for seed in self.seed_numbers:
            for level in reversed(LEVELS):
                for optimizer in OPTIMIZERS:
                    yield self.model(optimizer, level, seed)

    def untrained(self) -> Iterator[UntrainedSpec]:
        """The untrained network of every seed."""
        for seed in self.seed_numbers:
            yield self.model("sgd", "low", seed).untrained


class RecordedSpec(Frozen):
    """A study of `kind = "recorded"`: measurements without networks, published or transcribed from print."""

    name: str
    scale: str
    seeds: Count
    folder: Path
    """Of its tables, where it is transcribed."""
    file: Path
    """Of its arrays, where it is published."""
    sha256: str | None = None
    """Of that file."""
    description: str = ""


Spec = TypeVar("Spec", bound=Frozen)


def studies() -> list[str]:
    """Names of the shipped studies."""
    return sorted(path.stem for path in STUDIES.glob("*.toml"))


def load_study(name: str) -> StudySpec | RecordedSpec:
    """The shipped study of that name, or the one in the TOML file at that path."""
    path = _find(name)
    table = _read_toml(path)
    if table.get("kind") == "recorded":
        known = {name: table[name] for name in ("name", "scale", "seeds", "description", "sha256") if name in table}
        table = known | {"folder": path.with_suffix(""), "file": path.with_suffix(".nc")}
        return _validated(RecordedSpec, table, path.name)
    return _validated(StudySpec, table, path.name)


def _validated(kind: type[Spec], table: dict[str, Any], name: str) -> Spec:
    try:
        return kind.model_validate(table)
    except ValidationError as error:
        raise InputError(f"study {name}: {_first(error)}") from None


def write_study(study: StudySpec, path: Path, *, comment: str = "") -> None:
    """Writes a study file that `load_study` reads back as the same study, with whatever source its network has then."""
    table = study.model_dump(mode="json", exclude_defaults=True, exclude={"architecture": {"sha256"}})
    write_table(table, path, comment=comment)


def write_table(table: Mapping[str, Any], path: Path, *, comment: str = "") -> None:
    """Writes a TOML file of scalars and tables; InputError, and no file, for a number that no study file can hold."""
    for number in _numbers(table):
        if not math.isfinite(number):
            raise InputError(f"{number} cannot stand in a study file; expected a finite number")
    lines = "".join(f"# {line}\n" for line in comment.splitlines())
    write_atomically(path, (lines + tomli_w.dumps(table)).encode())


def _find(name: str) -> Path:
    if (STUDIES / f"{name}.toml").is_file() and "/" not in name:
        return STUDIES / f"{name}.toml"
    if Path(name).is_file():
        return Path(name)
    raise InputError(f"study={name!r} is neither one of {tuple(studies())} nor the path of a TOML file")


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"study file {path.name} is not valid TOML: {error}") from None


def _first(error: ValidationError) -> str:
    """The first complaint in one line: field, value, expectation."""
    details = error.errors(include_url=False)[0]
    place = details["loc"]
    if "parameters" in place:
        # What follows the name is one of the types that a parameter may have.
        place = place[: place.index("parameters") + 2]
    field = ".".join(str(part) for part in place) or "study"
    if details["type"] == "missing":
        return f"{field} is missing; see the shipped studies for a complete file"
    if details["type"] == "extra_forbidden":
        known = {name for kind in Frozen.__subclasses__() for name in kind.model_fields}
        near = did_you_mean(str(details["loc"][-1]), known)
        return f"{field} is not a known field; {near}compare with the shipped studies"
    if details["type"] == "value_error":
        return f"{details['ctx']['error']}; correct this value"
    message = details["msg"]
    value = details["input"]
    shown = f"={value!r}" if isinstance(value, str | int | float | bool) else ""
    return f"{field}{shown}: {message[0].lower()}{message[1:]}; correct this value"


def _require_keys(name: str, table: dict[str, Any], expected: tuple[str, ...]) -> None:
    for key in table:
        if key not in expected:
            raise ValueError(f"{name}: {key!r} is not one of {expected}")
    for key in expected:
        if key not in table:
            raise ValueError(f"{name}: {key!r} is missing")


def _numbers(table: Mapping[str, Any]) -> Iterator[float]:
    for value in table.values():
        if isinstance(value, Mapping):
            yield from _numbers(value)
        elif isinstance(value, float):
            yield value


def _one_form(value: float | int | str | bool) -> float | int | str | bool:
    """A parameter of an architecture as all numbers that equal it are written.

    Whole numbers are integers, but -1, 0 and 1 have a decimal point: the shipped studies have `depth = 11` and
    `width = 1.0`, and their networks keep their names. True and False are no numbers: a function may tell them from
    1 and 0.
    """
    if isinstance(value, str | bool) or value % 1:
        return value
    return int(value) if abs(value) >= 2 else float(value) + 0.0
