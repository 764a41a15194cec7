"""What a report says of how a study was made: its settings, and a card for every trained network."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from indicators.errors import InputError, NotApplicable
from indicators.images.dataset import checksums
from indicators.report.figures.wording import shown_number, word
from indicators.sources.published import PublishedStudy
from indicators.sources.source import Source
from indicators.sources.stored import Measurements
from indicators.specs import LEVELS, OPTIMIZERS, RecordedSpec, StudySpec


@dataclass(frozen=True)
class Settings:
    """What is known of how a study was made, as pairs of a name and a value."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class NetworkCard:
    """The card of one trained network."""

    optimizer: str
    level: str
    seed: int
    learning_rate: str
    epochs: str
    seconds: str
    accuracies: tuple[tuple[str, str], ...]


def settings(study: StudySpec | RecordedSpec | None, source: Source | None = None) -> Settings | None:
    """How a study was made: its settings, the sums of its data, and the machines that trained or measured it.

    Of a published study, what its file says of all this.
    """
    if isinstance(source, PublishedStudy):
        said = {
            "study": json.loads(source.attrs["study"]),
            "data_sha256": json.loads(source.attrs["data_sha256"]),
            "measured_with": _numbered(source.measured_with),
        }
        return Settings(tuple(_flat(said)))
    if study is None:
        return None
    if isinstance(study, RecordedSpec):
        return Settings((("description", study.description),))
    said = {
        "study": study.model_dump(mode="json", exclude={"name", "scale", "seeds", "kind"}),
        "data_sha256": checksums(study.data),
    }
    if isinstance(source, Measurements):
        said["trained_with"] = _numbered(source.trained_with)
    return Settings(tuple(_flat(said)))


def _numbered(machines: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One machine as it is, several by their number."""
    return machines[0] if len(machines) == 1 else {str(n): machine for n, machine in enumerate(machines, 1)}


def networks(source: Source) -> list[NetworkCard]:
    """A card for every trained network, with what the study knows of it; none where it knows no accuracy."""
    try:
        accuracy = source.measurement("accuracy")
    except (NotApplicable, InputError):
        return []
    trained = _training(source)
    return [
        _card({"seed": seed, "optimizer": optimizer, "level": level}, accuracy, trained)
        for seed in source.seeds
        for optimizer in OPTIMIZERS
        for level in LEVELS
    ]


def _card(where: dict[str, Any], accuracy: Any, trained: Mapping[str, Any]) -> NetworkCard:
    known = accuracy.sel(where)
    rate, epochs, seconds = (
        shown_number(float(trained[name].sel(where))) if name in trained else ""
        for name in ("learning_rate", "epochs", "seconds")
    )
    return NetworkCard(
        **where,
        learning_rate=rate,
        epochs=epochs,
        seconds=seconds,
        accuracies=tuple((word(split), shown_number(float(known.sel(split=split)))) for split in known["split"].values),
    )


def _training(source: Source) -> Mapping[str, Any]:
    """Rates, epochs and seconds of all networks, by name: those that the study knows."""
    if isinstance(source, Measurements | PublishedStudy):
        found = source.networks()
        return {str(name): found[name] for name in found.data_vars}
    try:
        rates = source.measurement("history").sel(quantity="learning_rate", drop=True)
    except (NotApplicable, InputError):
        return {}
    return {"learning_rate": rates.isel(epoch=0), "epochs": rates.notnull().sum("epoch")}


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        elif value not in (None, ""):
            yield f"{prefix}{name}".replace("_", " "), str(value)
