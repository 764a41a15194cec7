"""From what a user names (study, architecture, data, seeds) to a study that can be run."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from indicators import data
from indicators.errors import InputError
from indicators.specs import DataSpec, RecordedSpec, StudySpec, load_study
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
        study = _calibrated(store, name, architecture)
    if arrays is not None and arrays.suffix == ".npz":
        study = study.model_copy(update={"data": _data_of(study.data, arrays)})
    if seeds is not None:
        study = study.model_copy(update={"seeds": seeds})
    return StudySpec.model_validate(study.model_dump())


def calibrated_name(name: str, architecture: str) -> str:
    """Name of the study that calibration makes for an architecture."""
    return f"{name}-{re.sub(r'[^A-Za-z0-9]+', '-', architecture).strip('-')}"


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
        if _sha256(source) != study.data.sha256:
            raise InputError(
                f"--data {source.name} differs from the arrays of study {study.name!r}; name the same file"
            )
        return folder
    return data.fetch_cifar10(store.data("cifar10"), source=source, progress=progress)


def _calibrated(store: Store, name: str, architecture: str) -> StudySpec:
    path = store.calibrated(calibrated_name(name, architecture))
    if not path.is_file():
        raise InputError(
            f"architecture={architecture!r} has no calibrated learning rates for study {name!r}; "
            f"find them with `indicators calibrate --study {name} --architecture {architecture}`"
        )
    study = load_study(str(path))
    if isinstance(study, RecordedSpec):
        raise InputError(f"{path} is not a calibrated study; delete it and calibrate again")
    return study


def _data_of(wanted: DataSpec, arrays: Path) -> DataSpec:
    """The study's numbers of images where the user's arrays have them, else all, the last fifth for validation."""
    if not arrays.is_file():
        raise InputError(
            f"--data {str(arrays)!r} does not exist; expected a .npz with x_train, y_train, x_test, y_test"
        )
    with np.load(arrays, allow_pickle=False) as file:
        if missing := {"x_train", "x_test"} - set(file.files):
            raise InputError(f"--data {arrays.name} lacks {sorted(missing)}; expected x_train, y_train, x_test, y_test")
        available, test = len(file["x_train"]), len(file["x_test"])
    fits = wanted.train + wanted.validation <= available
    validation = wanted.validation if fits else available // 5
    return DataSpec(
        name="arrays",
        train=wanted.train if fits else available - validation,
        validation=validation,
        test=min(wanted.test, test),
        sha256=_sha256(arrays),
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
