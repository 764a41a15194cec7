"""What a study consists of: frozen, validated, hashed. What decides a bit of a trained network is a field here."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from indicators.errors import InputError, NotApplicable, did_you_mean
from indicators.files import sha256_of_file, sha256_of_json, write_atomically
from indicators.machine import resolve_precision

OPTIMIZERS = ("sgd", "wdecay", "layca")
PAIRS_OF_OPTIMIZERS = (("wdecay", "sgd"), ("layca", "sgd"), ("layca", "wdecay"))
LEVELS = ("low", "medium", "high")
STUDIES = Path(__file__).parent / "studies"
DIMENSIONS = frozenset(
    ("seed", "optimizer", "level", "layer", "neuron", "epoch", "split", "quantity", "draw", "fraction", "part", "depth",
     "from_start", "from_end", "poolings", "first_of_block", "threshold", "active", "distance", "final_size",
     "half_size", "information", "nmi", "pixels", "place", "reason", "share", "size", "stage", "side", "difficulty")
)  # fmt: skip
"""What measurements and claims call their dimensions and coordinates: no factor of a study can be called so."""
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

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(gt=0)]
Label = bool | int | float | str
"""Of a value that a factor takes."""
_LATER = ("decay", "decay_by_rate")
"""Fields of a recipe that the first networks did not have: 0 is as if there were none."""


class Frozen(BaseModel):
    """A validated value that cannot change and whose every field counts."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (32 hexadecimal digits) of the canonical JSON of every field; equal numbers give the same."""
        return sha256_of_json(self._canonical())[:32]

    def _canonical(self) -> dict[str, Any]:
        """Every field as JSON holds it, in the one form that all equal values have."""
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        nested = {name: value._canonical() for name, value in fields.items() if isinstance(value, Frozen)}
        unsigned: dict[str, Any] = _without_negative_zero(self.model_dump(mode="json"))
        return unsigned | nested

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """The value with some fields changed, and a fingerprint of its own."""
        copy = super().model_copy(update=update, deep=deep)
        copy.__dict__.pop("fingerprint", None)
        return copy

    def __eq__(self, other: object) -> bool:
        # Not field by field: to Python a switch that is on equals the number 1.
        return isinstance(other, Frozen) and type(self) is type(other) and self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        return hash(self.fingerprint)


class DataSpec(Frozen):
    """Which images: the first `train` and last `validation` of the training set, the first `test` of the test set."""

    name: Literal["cifar10", "arrays"] = "cifar10"
    train: Count = 40_000
    validation: Count = 10_000
    test: Count = 10_000
    sha256: str | None = None
    """Digest of a user's own arrays; CIFAR-10 has one content only."""


class ArchitectureSpec(Frozen):
    """A function `(input_shape, classes, **parameters) -> keras.Model`: `vgg`, or a user's `module:function`."""

    name: str = "vgg"
    parameters: dict[str, float | int | str | bool] = {}
    sha256: str | None = None
    """Digest of the file of a user's module, so that an edited network is another one; no study file holds it."""

    def _canonical(self) -> dict[str, Any]:
        parameters = {name: _one_form(value) for name, value in self.parameters.items()}
        return super()._canonical() | {"parameters": parameters}


class Recipe(Frozen):
    """How a network is trained (thesis 6.3.3): constant batch, rate divided on plateaus, stop at 99 %."""

    batch_size: Count = 128
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    l2: NotNegative = 0.001
    """Penalty on the kernels in the loss of `wdecay`; its gradient is `2 * l2 * w`."""
    decay: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of its kernels that every update of `wdecay` takes away, apart from the loss (equations 4.13 and 7.2)."""
    decay_by_rate: NotNegative = 0.0
    """The same, per learning rate."""
    monitor: Literal["validation_accuracy", "validation_loss"] = "validation_accuracy"
    plateau_factor: Annotated[float, Field(gt=0, lt=1)] = 0.2
    plateau_patience: Count = 2
    plateau_min_delta: NotNegative = 1e-4
    min_learning_rate: NotNegative = 0.0
    """A plateau does not lower the rate below this; a rate that starts lower stays."""
    target_accuracy: Share = 0.99
    max_epochs: Count = 50
    epochs_beyond: Annotated[int, Field(ge=0)] = 0
    """How many more epochs follow the last, to see what they would bring; the network is the one before them."""
    precision: Literal["float32", "bfloat16", "auto"] = "float32"
    """Of the arithmetic; weights are always float32. `auto`: bfloat16 where the processor computes in it."""
    keep_epochs: bool = False
    """Whether the weights of every epoch are kept, not only the initial and the final ones."""
    version: Literal[2] = 2
    """Raised when the same fields come to mean another training, or another log of it."""

    def _canonical(self) -> dict[str, Any]:
        # Networks that were trained before there were such fields keep their names.
        return {name: value for name, value in super()._canonical().items() if name not in _LATER or value}


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
    optimizer: Literal["sgd", "wdecay", "layca"]
    level: Literal["low", "medium", "high"]
    learning_rate: Positive

    @property
    def untrained(self) -> UntrainedSpec:
        """The network that this one starts from."""
        return UntrainedSpec(architecture=self.architecture, data=self.data, seed=self.seed)

    @property
    def label(self) -> str:
        """How people call it."""
        return f"{self.optimizer} {self.level}, seed {self.seed}"


class VariantSpec(Frozen):
    """A factor of a study: what it changes of which networks, and to what; the study's own value is the baseline."""

    factor: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    """Name of the dimension that it becomes."""
    set: str
    """The field of the study that it changes, such as `recipe.batch_size`; `learning_rates` are multiplied."""
    values: tuple[Label, ...] | dict[str, Any]
    """Those beside the baseline; or by name, where they are tables or lists."""
    baseline: Label | None = None
    """What the study's own value is called, where the study's file has none or a table."""
    cells: dict[Literal["optimizer", "level"], tuple[str, ...]] = {}
    """Of which of the nine networks there are variants; all, unless told."""
    rates: tuple[Positive, ...] = ()
    """Multiples of a cell's learning rate, with each of which variants and baseline are trained.

    Per seed the one that does best on validation images, of those that fitted their training images, stands for all.
    """
    indicators: tuple[str, ...] = ()
    """Names of the measurements that are taken of its networks; all, unless told."""

    @property
    def optimizers(self) -> tuple[str, ...]:
        """The optimizers of its networks, in their order."""
        return tuple(name for name in OPTIMIZERS if name in self.cells.get("optimizer", OPTIMIZERS))

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels of its networks, in their order."""
        return tuple(name for name in LEVELS if name in self.cells.get("level", LEVELS))

    @property
    def named(self) -> dict[Label, Any]:
        """Its values by their labels."""
        named = self.values.items() if isinstance(self.values, dict) else ((value, value) for value in self.values)
        return dict(named)

    @field_validator("factor")
    @classmethod
    def _free(cls, factor: str) -> str:
        if factor in DIMENSIONS:
            raise ValueError(f"factor={factor!r} is a dimension already: choose another name")
        return factor

    @field_validator("values")
    @classmethod
    def _some(cls, values: tuple[Label, ...] | dict[str, Any]) -> tuple[Label, ...] | dict[str, Any]:
        if not values:
            raise ValueError("values is empty: name at least one beside the baseline")
        if twice := [value for place, value in enumerate(values) if value in tuple(values)[:place]]:
            raise ValueError(f"values has {twice[0]!r} twice; leave one out")
        return values

    @field_validator("cells")
    @classmethod
    def _known_cells(cls, cells: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for name, known in {"optimizer": OPTIMIZERS, "level": LEVELS}.items():
            for chosen in cells.get(name, known) or (None,):
                if chosen not in known:
                    raise ValueError(f"cells.{name}={chosen!r} is not one of {known}")
        return cells


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
    measuring: MeasuringSpec = MeasuringSpec()
    learning_rates: dict[str, dict[str, Positive]]
    targets: dict[str, Share] = {}
    """Validation accuracy that calibration aims at, by level."""
    variants: tuple[VariantSpec, ...] = ()
    """Factors that some of its networks are varied by, one at a time."""

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

    @model_validator(mode="after")
    def _sound_variants(self) -> Self:
        for name in ("factor", "set"):
            given = [getattr(variant, name) for variant in self.variants]
            if twice := [value for value in given if given.count(value) > 1]:
                raise ValueError(f"variants: two have {name}={twice[0]!r}; give each what no other one has")
        for variant in self.variants:
            self._require_different(variant)
        return self

    def _require_different(self, variant: VariantSpec) -> None:
        """Raises ValueError for variants that cannot be made, or are the same as the baseline or as each other."""
        changed = {label: self._made(variant, label) for label in variant.named}
        known = {self.changed(variants=()): self.baseline_of(variant)}
        for label, study in changed.items():
            if study in known:
                raise ValueError(f"variants.{variant.factor}={label!r} is the same as {known[study]!r}; leave one out")
            known[study] = label

    def _made(self, variant: VariantSpec, label: Label) -> StudySpec:
        """The study with one value of a factor; ValueError where there is no such study."""
        try:
            return self._with(variant, variant.named[label])
        except ValidationError as error:
            said = _first(error).removesuffix(CORRECT)
            raise ValueError(f"variants.{variant.factor}={label!r}: {said}") from None

    def _with(self, variant: VariantSpec, value: Any) -> StudySpec:
        """The study, without variants, with another value of what a factor sets."""
        if variant.set == "learning_rates":
            return self._with_rates_times(value)
        table = self.model_dump(exclude={"variants"})
        *path, last = variant.set.split(".")
        place: Any = table
        for name in path:
            place = place.get(name)
            if not isinstance(place, dict):
                raise ValueError(f"set={variant.set!r} is no field of a study; try recipe.batch_size")
        place[last] = value
        return StudySpec.model_validate(table)

    def _with_rates_times(self, factor: float) -> StudySpec:
        cells = self.learning_rates.items()
        rates = {optimizer: {level: rate * factor for level, rate in of.items()} for optimizer, of in cells}
        return self.changed(variants=(), learning_rates=rates)

    def baseline_of(self, variant: VariantSpec) -> Label:
        """What the study's own value of a factor is called."""
        if variant.baseline is not None:
            return variant.baseline
        if variant.set == "learning_rates":
            return 1.0
        own: Any = self.model_dump(exclude={"variants"})
        for name in variant.set.split("."):
            own = own.get(name) if isinstance(own, dict) else None
        if not isinstance(own, Label):
            raise ValueError(
                f"variants.{variant.factor}: the study has no {variant.set} to name its own networks by; "
                "say what they are called with baseline ="
            )
        return own

    def labels_of(self, variant: VariantSpec) -> list[Label]:
        """The labels of a factor, the baseline among them: numbers in their order, others as they are written."""
        labels = [self.baseline_of(variant), *variant.named]
        numbers = all(isinstance(label, int | float) and not isinstance(label, bool) for label in labels)
        return sorted(labels) if numbers else labels

    def variant(self, factor: str) -> VariantSpec:
        """The variants over a factor; NotApplicable where the study has none."""
        for variant in self.variants:
            if variant.factor == factor:
                return variant
        raise NotApplicable(f"{self.name} has no variants over {factor!r}")

    def at(self, factor: str, label: Label) -> tuple[StudySpec, ...]:
        """The study at one label of a factor, with every rate that its networks are trained with."""
        variant = self.variant(factor)
        own = label == self.baseline_of(variant)
        changed = self.changed(variants=()) if own else self._with(variant, variant.named[label])
        return tuple(changed._with_rates_times(rate) for rate in variant.rates or (1.0,))

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
                "seed": seed,
            }
        )

    def models(self) -> Iterator[ModelSpec]:
        """Every model, seed by seed; the slowest to train (the highest rates) first, so that workers end together."""
        for seed in self.seed_numbers:
            for level in reversed(LEVELS):
                for optimizer in OPTIMIZERS:
                    yield self.model(optimizer, level, seed)

    def of_variants(self, variant: VariantSpec, seed: int) -> Iterator[tuple[Label, ModelSpec]]:
        """Every network of one seed that a factor takes, baselines at other rates among them, with its label."""
        for label in self.labels_of(variant):
            for study in self.at(variant.factor, label):
                for level in reversed(variant.levels):
                    for optimizer in variant.optimizers:
                        yield label, study.model(optimizer, level, seed)

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
NEXT = "next"
"""In the file of a published study: what it will say once its measurements are replaced."""
CORRECT = "; correct this value"
"""What a complaint about a study's file ends with."""


def studies() -> list[str]:
    """Names of the shipped studies."""
    return sorted(path.stem for path in STUDIES.glob("*.toml"))


def load_study(name: str) -> StudySpec | RecordedSpec:
    """The shipped study of that name, or the one in the TOML file at that path."""
    path = _find(name)
    table = read_toml(path)
    if table.get("kind") == "recorded":
        table = _as_published(table, path.with_suffix(".nc"))
        known = {name: table[name] for name in ("name", "scale", "seeds", "description", "sha256") if name in table}
        table = known | {"folder": path.with_suffix(""), "file": path.with_suffix(".nc")}
        return _validated(RecordedSpec, table, path.name)
    return _validated(StudySpec, table, path.name)


def _as_published(table: dict[str, Any], file: Path) -> dict[str, Any]:
    """What a study's file says of the measurements beside it: that they are to be replaced may have come true."""
    following: dict[str, Any] = table.get(NEXT, {})
    arrived = following and file.is_file() and sha256_of_file(file) == following.get("sha256")
    return following if arrived else table


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


def read_toml(path: Path) -> dict[str, Any]:
    """The table of a TOML file; InputError where it is none."""
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
        return f"{details['ctx']['error']}{CORRECT}"
    message = details["msg"]
    value = details["input"]
    shown = f"={value!r}" if isinstance(value, str | int | float | bool) else ""
    return f"{field}{shown}: {message[0].lower()}{message[1:]}{CORRECT}"


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


def _without_negative_zero(value: Any) -> Any:
    """The same value with 0.0 wherever it holds -0.0, which equals it."""
    if isinstance(value, dict):
        return {name: _without_negative_zero(inner) for name, inner in value.items()}
    return value + 0.0 if isinstance(value, float) else value


def _one_form(value: float | int | str | bool) -> float | int | str | bool:
    """A parameter of an architecture as all numbers that equal it are written.

    Whole numbers are integers, but -1, 0 and 1 have a decimal point: the shipped studies have `depth = 11` and
    `width = 1.0`, and their networks keep their names. True and False are no numbers: a function may tell them from
    1 and 0.
    """
    if isinstance(value, str | bool) or value % 1:
        return value
    return int(value) if abs(value) >= 2 else float(value) + 0.0
