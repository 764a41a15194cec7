"""From what a user names (study, architecture, data, seeds) to a study that can be run."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from indicators import data, imagefolder
from indicators.errors import InputError
from indicators.files import sha256_of_file
from indicators.specs import RecordedSpec, StudySpec, load_study
from indicators.store import Store

DEFAULT_STUDY = "cifar10-mini"


def choose_study(
    store: Store,
    name: str = DEFAULT_STUDY,
    *,
    architecture: str | None = None,
    arrays: Path | None = None,
    seeds: int | None = None,
) -> StudySpec | RecordedSpec:
    """The study of that name with the user's changes.

    Another architecture needs learning rates of its own: they are taken from the study that `indicators calibrate`
    left in the store. Raises InputError where there is none, or where a recorded study is asked to change.
    """
    study = load_study(name)
    if isinstance(study, RecordedSpec):
        given = {"architecture": architecture, "data": arrays, "seeds": seeds}
        for option, value in given.items():
            if value is not None:
                raise InputError(
                    f"--{option}={value} cannot change {name!r}, which is recorded; choose a trained study"
                )
        return study
    if architecture is not None and architecture != study.architecture.name:
        study = _calibrated(store.calibrated(calibrated_name(study.name, architecture)), name, architecture)
    if arrays is not None and arrays.suffix == ".npz" and study.data.sha256 is None:
        # A study that was made for certain arrays keeps them: `fetch` refuses others.
        study = _on_arrays(study, arrays, store)
    return study if seeds is None else study.changed(seeds=seeds)


def calibrated_name(name: str, architecture: str) -> str:
    """Name of the study that calibration makes for an architecture."""
    return f"{name}-{_slug(architecture)}"


def fetch(
    study: StudySpec,
    store: Store,
    source: Path | None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Path:
    """The folder with the study's images, ready to be memory-mapped; fetched, verified and converted where needed."""
    if study.data.name == "arrays":
        if source is None:
            raise InputError(f"study={study.name!r} was made for arrays of yours; name them again with --data FILE.npz")
        folder = data.import_npz(source, store.root / "data")
        if sha256_of_file(source) != study.data.sha256:
            raise InputError(
                f"--data {source.name} differs from the arrays of study {study.name!r}; name the same file"
            )
        return folder
    return data.fetch_cifar10(store.data("cifar10"), source=source, progress=progress)


def _calibrated(path: Path, name: str, architecture: str) -> StudySpec:
    if not path.is_file():
        raise InputError(
            f"architecture={architecture!r} has no calibrated learning rates for study {name!r}; "
            f"find them with `indicators calibrate --study {name} --architecture {architecture}`"
        )
    study = load_study(str(path))
    if isinstance(study, RecordedSpec):
        raise InputError(f"{path} is not a calibrated study; delete it and calibrate again")
    return study


def _on_arrays(study: StudySpec, arrays: Path, store: Store) -> StudySpec:
    """The study's numbers of images where the user's arrays have them, else all, the last fifth for validation."""
    folder = data.import_npz(arrays, store.root / "data")
    train, test = (len(imagefolder.open_array(folder, f"{split}_labels")) for split in ("train", "test"))
    fits = study.data.train + study.data.validation <= train
    validation = study.data.validation if fits else train // 5
    kept = study.data.train if fits else train - validation
    tested = min(study.data.test, test)
    measuring = study.measuring.model_dump() | {
        "images": min(study.measuring.images, kept),
        "pruning_images": min(study.measuring.pruning_images, tested),
    }
    sizes = {"train": kept, "validation": validation, "test": tested}
    return study.changed(
        name=f"{study.name}-{_slug(arrays.stem)}",
        data={"name": "arrays", "sha256": sha256_of_file(arrays), **sizes},
        measuring=measuring,
    )


def _slug(text: str) -> str:
    """The text with everything but letters and digits as single dashes."""
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")
