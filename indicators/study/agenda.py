"""What is to be done for a study: which networks, how they are measured, and what of that is not done yet."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from indicators.specs import MeasuringSpec, ModelSpec, UntrainedSpec
from indicators.store import Store
from indicators.study.measuring import forward_images, missing


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
    only: tuple[str, ...] | None = None
    """Names of the indicators that are measured; None: all of the catalog."""
    epoch: int | None = None
    """After which epoch they are measured; None: at the end."""
    training_only: bool = False
    """Whether the measuring is left for later."""

    def networks(self) -> list[UntrainedSpec]:
        """The models, and the untrained networks that they start from."""
        return [*dict.fromkeys(model.untrained for model in self.models), *self.models]

    def undone(self, store: Store) -> list[UntrainedSpec]:
        """The networks that are not trained, or not wholly measured."""
        return [spec for spec in self.networks() if not self.done(spec, store)]

    def done(self, spec: UntrainedSpec, store: Store) -> bool:
        """Whether nothing is left to do for a network."""
        entry = store.entry(spec)
        if isinstance(spec, ModelSpec):
            log = entry.read("history.json")
            made = log is not None and (entry.has("final.safetensors") or (self.trials and _diverged(log)))
        else:
            made = entry.has("initial.safetensors")
        return made and self._measured(spec, store)

    def _measured(self, spec: UntrainedSpec, store: Store) -> bool:
        if self.measuring is None or self.training_only:
            return True
        return not any(missing(spec, store.entry(spec), self.measuring, only=self.only, epoch=self.epoch))

    def images(self, spec: UntrainedSpec) -> int:
        """How many images a network is run on to be measured."""
        return forward_images(spec, self.measuring, only=self.only, epoch=self.epoch) if self.measuring else 0


def _diverged(log: bytes) -> bool:
    return bool(json.loads(log).get("diverged"))
