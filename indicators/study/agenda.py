"""What is to be done for a study: which networks, how they are measured, and what of that is not done yet."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from indicators.specs import MeasuringSpec, ModelSpec, StudySpec, UntrainedSpec
from indicators.store import Store
from indicators.study.measuring import forward_images, missing, require_names

Names = tuple[str, ...] | None
"""Of the indicators that are measured; None: all of the catalog."""


class Varied(BaseModel):
    """What sets a network apart from the nine of its study."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str
    """The factor and what it is there."""
    only: Names = None


class Work(BaseModel):
    """Networks to be made, and how they are to be measured; a worker reads it as one line of JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    models: tuple[ModelSpec, ...]
    measuring: MeasuringSpec | None
    """None: they are only trained."""
    folder: Path
    """Of the data set, fetched and verified."""
    trials: bool = False
    """Whether a training that diverges is an answer, as in a calibration, and not an error."""
    only: Names = None
    epoch: int | None = None
    """After which epoch they are measured; None: at the end."""
    training_only: bool = False
    """Whether the measuring is left for later."""
    varied: dict[str, Varied] = {}
    """Those that a factor of the study made, by their fingerprints; that such a training diverges is an answer."""

    def networks(self) -> list[UntrainedSpec]:
        """The models, and what has to be there before: untrained networks, and those whose weights starts go by."""
        return [*dict.fromkeys(model.untrained for model in self.models), *self._parents, *self.models]

    def undone(self, store: Store) -> list[UntrainedSpec]:
        """The networks that are not trained, or not wholly measured."""
        return [spec for spec in self.networks() if not self.done(spec, store)]

    def done(self, spec: UntrainedSpec, store: Store) -> bool:
        """Whether nothing is left to do for a network."""
        entry = store.entry(spec)
        if not isinstance(spec, ModelSpec):
            return entry.has("initial.safetensors") and self._measured(spec, store)
        log = entry.read("history.json")
        if log is not None and self.may_diverge(spec) and diverged(log):
            return True
        return log is not None and entry.has("final.safetensors") and self._measured(spec, store)

    def ready(self, spec: UntrainedSpec, store: Store) -> bool:
        """Whether a network may be worked on now: what has to be trained before it is trained."""
        if not self.training_only:
            return self._training.done(spec, store)
        first = parent_of(spec)
        return first is None or self.done(first, store)

    def may_diverge(self, spec: ModelSpec) -> bool:
        """Whether it is an answer that the training of a network diverges."""
        return self.trials or spec.fingerprint in self.varied or spec in self._parents

    def label(self, spec: UntrainedSpec) -> str:
        """How people call a network."""
        of = self.varied.get(spec.fingerprint)
        return spec.label if of is None else f"{spec.label}, {of.label}"

    def only_of(self, spec: UntrainedSpec) -> Names:
        """Names of the indicators that are measured of a network."""
        if spec.fingerprint in self.varied:
            return self.varied[spec.fingerprint].only
        return self.only if spec in self._whole else ()

    def images(self, spec: UntrainedSpec) -> int:
        """How many images a network is run on to be measured."""
        return forward_images(spec, self.measuring, only=self.only_of(spec), epoch=self.epoch) if self.measuring else 0

    def _measured(self, spec: UntrainedSpec, store: Store) -> bool:
        if self.measuring is None or self.training_only:
            return True
        return not any(missing(spec, store.entry(spec), self.measuring, only=self.only_of(spec), epoch=self.epoch))

    @cached_property
    def _whole(self) -> frozenset[UntrainedSpec]:
        """The networks that are no variants, and the untrained ones that these start from."""
        models = [model for model in self.models if model.fingerprint not in self.varied]
        return frozenset((*models, *(model.untrained for model in models)))

    @cached_property
    def _parents(self) -> list[ModelSpec]:
        """Networks that starts go by and that are not among the models: trained, and not measured."""
        parents, models = dict.fromkeys(filter(None, map(parent_of, self.models))), {*self.models}
        return [parent for parent in parents if parent not in models]

    @cached_property
    def _training(self) -> Work:
        """The same work without the measuring."""
        return self.model_copy(update={"training_only": True})


def parent_of(spec: UntrainedSpec) -> ModelSpec | None:
    """The network that has to be trained before another can be: whose smallest weights this one starts without."""
    if isinstance(spec, ModelSpec) and spec.start is not None and spec.start.mask == "magnitude":
        return spec.parent
    return None


def work_of(
    study: StudySpec,
    folder: Path,
    *,
    measuring: bool = True,
    only: Names = None,
    epoch: int | None = None,
    variants: Mapping[str, Names] | None = None,
) -> Work:
    """All that is to be done for a study, seed by seed: the nine networks, and those of its factors.

    `variants`: the factors that are wanted, and which indicators of each; all of them, and of each those that the study
    names, unless told.
    """
    models: dict[str, ModelSpec] = {}
    varied: dict[str, Varied] = {}
    wanted = of_factors(study, only) if variants is None else variants
    for seed in study.seed_numbers:
        models |= {model.fingerprint: model for model in study.models() if model.seed == seed}
        for fingerprint, model, of in _varied(study, wanted, seed):
            if fingerprint not in models or fingerprint in varied:
                before = varied.get(fingerprint, Varied(label=of.label, only=()))
                models[fingerprint] = model
                varied[fingerprint] = Varied(label=before.label, only=_together(before.only, of.only))
    return Work(
        models=tuple(models.values()),
        measuring=study.measuring if measuring else None,
        folder=folder,
        only=_together(only, *wanted.values()),
        epoch=epoch,
        varied=varied,
    )


def of_factors(study: StudySpec, only: Names) -> dict[str, Names]:
    """Of every factor of a study the indicators that it names, of those that are wanted at all."""
    for variant in study.variants:
        require_names(variant.indicators, f"variants.{variant.factor}.indicators")
    named = {variant.factor: variant.indicators or None for variant in study.variants}
    if only is None:
        return named
    return {factor: tuple(name for name in only if of is None or name in of) for factor, of in named.items()}


def _varied(study: StudySpec, wanted: Mapping[str, Names], seed: int) -> Iterator[tuple[str, ModelSpec, Varied]]:
    for factor, only in wanted.items():
        variant = study.variant(factor)
        for label, model in study.of_variants(variant, seed):
            yield model.fingerprint, model, Varied(label=f"{factor} {label}", only=only)


def _together(*several: Names) -> Names:
    """What any of several asks for."""
    return None if None in several else tuple(dict.fromkeys(name for names in several for name in names or ()))


def diverged(log: bytes) -> bool:
    """Whether the record of a training says that its loss stopped being finite."""
    return bool(json.loads(log).get("diverged"))
