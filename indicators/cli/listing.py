"""What there is: claims, indicators, studies, networks, each as a row for people and as everything known of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from indicators import specs
from indicators.claims import reading
from indicators.files import folder_size
from indicators.specs.files import load_study, studies

if TYPE_CHECKING:
    from indicators.store import Entry, Store


@dataclass(frozen=True)
class Row:
    """One thing that is listed."""

    cells: tuple[str, ...]
    about: dict[str, Any]
    """As JSON can hold it."""


def of_claims() -> list[Row]:
    """Every claim, in the order of the thesis."""
    return [
        Row((claim.id, claim.tier, claim.theme, claim.section, claim.sentence), claim.as_dict())
        for claim in reading.read()
    ]


def of_indicators() -> list[Row]:
    """Every row of the catalog."""
    from indicators.measures.catalog import CATALOG

    rows = []
    for row in CATALOG:
        about = {name: getattr(row, name) for name in ("name", "summary", "ends", "needs", "unit", "section", "cost")}
        about |= {"untrained": row.untrained, "held_out": row.held_out, "undefined": row.undefined}
        about |= {"axes": {axis: list(labels) for axis, labels in row.axes.items()}, "version": row.version}
        rows.append(Row((row.name, row.needs, row.unit, row.section, row.summary), about))
    return rows


def of_studies() -> list[Row]:
    """Every shipped study."""
    rows = []
    for name in studies():
        study = load_study(name)
        kind = "trained" if isinstance(study, specs.StudySpec) else "recorded"
        about = {"name": name, "kind": kind, "scale": study.scale, "seeds": study.seeds}
        about["description"] = study.description
        rows.append(Row((name, kind, study.scale, str(study.seeds), study.description), about))
    return rows


def of_networks(store: Store) -> list[Row]:
    """Every network of a store, by seed: trained, in training or before it."""
    found = []
    for folder, table in store.specs():
        about = _network(folder, table, store)
        architecture, data = table["architecture"], table["data"]
        parameters = " ".join(f"{name}={value}" for name, value in architecture["parameters"].items())
        accuracy = about["accuracy"].get("validation")
        cells = (
            about["network"], f"{architecture['name']} {parameters}".strip(), f"{data['name']} {data['train']}",
            f"{table['learning_rate']:g}" if "learning_rate" in table else "", about["state"],
            "" if accuracy is None else f"{accuracy:.3f}", f"{about['bytes'] / 1e6:.1f}",
        )  # fmt: skip
        found.append(Row(cells, about))
    return sorted(found, key=lambda row: (row.cells[1:3], row.about["spec"]["seed"], row.cells[0]))


def _network(folder: Path, table: dict[str, Any], store: Store) -> dict[str, Any]:
    """All that a store knows of one network."""
    about: dict[str, Any] = {"accuracy": {}, "bytes": folder_size(folder), "folder": str(folder), "spec": table}
    try:
        spec = (specs.ModelSpec if "optimizer" in table else specs.UntrainedSpec).model_validate(table)
    except ValidationError:
        spec = None
    if spec is None or spec.fingerprint != folder.name:
        label = " ".join(str(table[name]) for name in ("optimizer", "level") if name in table) or "untrained"
        return about | {"network": f"{label}, seed {table['seed']}", "state": "of another version, not used any more"}
    entry = store.entry(spec)
    return about | {"network": spec.label, **_state(entry)}


def _state(entry: Entry) -> dict[str, Any]:
    """How far a network is, and its accuracies where it is trained."""
    record = json.loads(entry.read("history.json") or b"{}")
    if record.get("diverged"):
        return {"state": "diverged"}
    if entry.has("final.safetensors"):
        state = f"trained, {len(record['epochs'])} epochs" + ("" if record["reached"] else ", target not reached")
        return {"state": state, "accuracy": record["accuracy"]}
    checkpoints = [name for name in entry.names() if name.startswith("checkpoint-")]
    if checkpoints:
        return {"state": f"in training, {int(checkpoints[-1][11:15])} epochs"}
    return {"state": "initial weights" if entry.has("initial.safetensors") else "begun"}


ROWS: dict[str, Callable[[], list[Row]]] = {
    "claims": of_claims,
    "indicators": of_indicators,
    "studies": of_studies,
}
COLUMNS = {
    "claims": ("claim", "tier", "theme", "section", "sentence"),
    "indicators": ("name", "of", "unit", "section", "what it is"),
    "studies": ("name", "kind", "scale", "seeds", "what it is"),
    "networks": ("network", "architecture", "images", "learning rate", "state", "validation", "MB"),
}
