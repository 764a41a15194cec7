"""What a study consists of: frozen, validated, hashed. What decides a bit of a trained network is a field here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from indicators.errors import NotApplicable
from indicators.machine import resolve_precision
from indicators.specs.complaints import CORRECT, first_complaint, validated
from indicators.specs.frozen import LATER, Count, Frozen, Positive, Share
from indicators.specs.recipes import LEVELS as LEVELS
from indicators.specs.recipes import OPTIMIZERS as OPTIMIZERS
from indicators.specs.recipes import Optimizer, Recipe, Start
from indicators.specs.variants import Label, VariantSpec

PAIRS_OF_OPTIMIZERS = (("wdecay", "sgd"), ("layca", "sgd"), ("layca", "wdecay"))
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
    rotation: Annotated[Share, LATER] = 0.0
    """Cosine distance, mean over the layers, that calibration turns the weights of wdecay and layca by at high."""
    variants: Annotated[tuple[VariantSpec, ...], LATER] = ()
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
        baseline = self.baseline_of(variant)
        known = {self.changed(variants=())._any_model: baseline}
        for label, study in changed.items():
            if study._any_model in known:
                same = known[study._any_model]
                raise ValueError(f"variants.{variant.factor}={label!r} is the same as {same!r}; leave one out")
            known[study._any_model] = label
        if baseline in variant.named:
            raise ValueError(f"variants.{variant.factor}: baseline={baseline!r} is a value too; call it otherwise")
        if len({_kind_of(label) for label in (baseline, *variant.named)}) > 1:
            raise ValueError(
                f"variants.{variant.factor}: {[baseline, *variant.named]} are of several kinds; "
                "expected labels that are all numbers, all words, or true and false"
            )

    @property
    def _any_model(self) -> ModelSpec:
        """One of its networks: whatever makes that another makes all of them others."""
        return self.model("wdecay", "high", self.first_seed)

    def _made(self, variant: VariantSpec, label: Label) -> StudySpec:
        """The study with one value of a factor; ValueError where there is no such study."""
        try:
            return self._with(variant, variant.named[label])
        except ValidationError as error:
            said = first_complaint(error).removesuffix(CORRECT)
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
        if label not in (labels := self.labels_of(variant)):
            raise NotApplicable(f"{self.name} has no networks of {factor} {label!r}, but of {labels}")
        own = label == self.baseline_of(variant)
        changed = self.changed(variants=()) if own else self._with(variant, variant.named[label])
        return tuple(changed._with_rates_times(rate) for rate in variant.rates or (1.0,))

    @property
    def seed_numbers(self) -> tuple[int, ...]:
        """The seeds of the study."""
        return tuple(range(self.first_seed, self.first_seed + self.seeds))

    def changed(self, **fields: Any) -> StudySpec:
        """The study with other values of some fields, validated as those of a file are."""
        return validated(StudySpec, self.model_dump() | fields, self.name)

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


def _kind_of(label: Label) -> str:
    if isinstance(label, bool):
        return "switch"
    return "number" if isinstance(label, int | float) else "word"


def _require_keys(name: str, table: dict[str, Any], expected: tuple[str, ...]) -> None:
    for key in table:
        if key not in expected:
            raise ValueError(f"{name}: {key!r} is not one of {expected}")
    for key in expected:
        if key not in table:
            raise ValueError(f"{name}: {key!r} is missing")


def _one_form(value: float | int | str | bool) -> float | int | str | bool:
    """A parameter of an architecture as all numbers that equal it are written.

    Whole numbers are integers, but -1, 0 and 1 have a decimal point: the shipped studies have `depth = 11` and
    `width = 1.0`, and their networks keep their names. True and False are no numbers: a function may tell them from
    1 and 0.
    """
    if isinstance(value, str | bool) or value % 1:
        return value
    return int(value) if abs(value) >= 2 else float(value) + 0.0
