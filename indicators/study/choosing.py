"""From what a user names (study, architecture, data, seeds) to a study that can be run."""

from __future__ import annotations

import importlib.util
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from indicators import DEFAULT_STUDY
from indicators.errors import InputError
from indicators.files import sha256_of_file
from indicators.images import arrayfolder
from indicators.images.cifar10 import CIFAR10, fetch_cifar10
from indicators.images.dataset import check_sizes, load_dataset
from indicators.images.npz import import_npz
from indicators.specs import MEASURED_SPLITS, ArchitectureSpec, DataSpec, RecordedSpec, StudySpec
from indicators.specs.files import load_study
from indicators.store import Store

OF_THE_ARCHITECTURE = ("architecture.", "recipe.rates_by_layer")
"""What the `set` of a factor that only one architecture knows begins with."""
SPLITS = {"train", "validation", "test"}
LEAST_TRAINING_IMAGES = 5
"""Of a user's own: a fifth of them is for validation."""


def choose_study(
    store: Store,
    name: str = DEFAULT_STUDY,
    *,
    architecture: str | None = None,
    arrays: Path | None = None,
    seeds: int | None = None,
) -> StudySpec | RecordedSpec:
    """The study of that name with the user's changes.

    What `indicators calibrate` left in the store for the same architecture and arrays is used. Another architecture
    needs it, for its learning rates. Raises InputError where there is none, or where a recorded study is asked to
    change.
    """
    named = load_study(name)
    study = uncalibrated(store, name, architecture=architecture, arrays=arrays, seeds=seeds)
    if isinstance(named, RecordedSpec) or isinstance(study, RecordedSpec) or study.name == named.name:
        return study
    found = _calibrated(study, store)
    if found is not None:
        return found if seeds is None else found.changed(seeds=seeds)
    if study.architecture.name != named.architecture.name:
        raise InputError(
            f"architecture={architecture!r} has no calibrated learning rates for study {name!r}; "
            f"find them with `indicators calibrate {options(name, architecture, arrays)}`"
        )
    return study


def uncalibrated(
    store: Store,
    name: str,
    *,
    architecture: str | None = None,
    arrays: Path | None = None,
    seeds: int | None = None,
) -> StudySpec | RecordedSpec:
    """The study with the user's changes and the learning rates of its own file: where calibration begins."""
    study = load_study(name)
    if isinstance(study, RecordedSpec):
        given = {"architecture": architecture, "data": arrays, "seeds": seeds}
        for option, value in given.items():
            if value is not None:
                raise InputError(
                    f"--{option}={value} cannot change {name!r}, which is recorded; choose a trained study"
                )
        return study
    if arrays is not None and not arrays.exists():
        raise InputError(f"--data {arrays} does not exist; name a folder that holds CIFAR-10, or a .npz of arrays")
    if arrays is not None and arrays.suffix == ".npz" and study.data.sha256 is None:
        # A study that was made for certain arrays keeps them: `fetch` refuses others.
        study = _on_arrays(study, arrays, store)
    if architecture is not None and architecture != study.architecture.name:
        study = study.changed(
            name=calibrated_name(study.name, architecture),
            architecture=ArchitectureSpec(name=architecture),
            # What is said of a VGG's parameters and layers says nothing of another network.
            variants=[variant for variant in study.variants if not variant.set.startswith(OF_THE_ARCHITECTURE)],
        )
    if study.data.name == "cifar10":
        available = (CIFAR10[name].shape[0] for name in ("train_labels", "test_labels"))
        check_sizes(*available, **study.data.model_dump(include=SPLITS))
    study = _with_source(study)
    return study if seeds is None else study.changed(seeds=seeds)


def options(study: str, architecture: str | None, arrays: Path | None) -> str:
    """What a user named, as options of a command."""
    given = {"--study": study, "--architecture": architecture, "--data": arrays}
    return shlex.join(text for option, value in given.items() if value is not None for text in (option, str(value)))


def calibrated_name(name: str, architecture: str) -> str:
    """Name of the study that calibration makes for an architecture."""
    return f"{name}-{_slug(architecture)}"


def fetch(
    study: StudySpec,
    store: Store,
    source: Path | None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Path:
    """The folder with the study's images, ready to be memory-mapped; fetched, verified and converted where needed.

    Raises InputError where there are fewer than the study asks for.
    """
    folder = _fetched(study, store, source, progress)
    for data in dict.fromkeys((study.data, *_varied_data(study))):
        load_dataset(folder, **data.model_dump(include=SPLITS))
    return folder


def _varied_data(study: StudySpec) -> Iterator[DataSpec]:
    for variant in study.variants:
        yield from (study.at(variant.factor, label)[0].data for label in study.labels_of(variant))


def _fetched(
    study: StudySpec, store: Store, source: Path | None, progress: Callable[[str, int, int], None] | None
) -> Path:
    if study.data.name == "arrays":
        if source is None:
            raise InputError(f"study={study.name!r} was made for arrays of yours; name them again with --data FILE.npz")
        folder = import_npz(source, store.root / "data")
        if sha256_of_file(source) != study.data.sha256:
            raise InputError(
                f"--data {source.name} differs from the arrays of study {study.name!r}; name the same file"
            )
        return folder
    return fetch_cifar10(store.data("cifar10"), source=source, progress=progress)


def _calibrated(study: StudySpec, store: Store) -> StudySpec | None:
    """What calibration left in the store for this architecture and these arrays, or None."""
    path = store.calibrated(study.name)
    if not path.is_file():
        return None
    found = load_study(str(path))
    if isinstance(found, RecordedSpec):
        raise InputError(f"{path} is not a calibrated study; delete it and calibrate again")
    same = (found.architecture.name, found.data.sha256) == (study.architecture.name, study.data.sha256)
    return _with_source(found) if same else None


def _with_source(study: StudySpec) -> StudySpec:
    """The study with the digest of the file that its network's function is in."""
    name = study.architecture.name
    sha256 = None if name == "vgg" else _source_digest(name)
    return study.changed(architecture=study.architecture.model_copy(update={"sha256": sha256}))


def _source_digest(architecture: str) -> str:
    """SHA-256 of the file of a user's module; other files that it imports do not count."""
    module, _, function = architecture.partition(":")
    if not (module and function):
        raise InputError(f"architecture={architecture!r} is not 'vgg' or 'module:function': try mypackage.nets:build")
    here = str(Path.cwd())
    sys.path.insert(0, here)  # where the workers, started by `python -m`, look first
    try:
        found = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        found = None
    finally:
        sys.path.remove(here)
    if found is not None and found.origin in ("built-in", "frozen"):
        raise InputError(f"architecture={architecture!r}: {module!r} is a part of Python; name a module of your own")
    if found is None or found.origin is None or not Path(found.origin).is_file():
        raise InputError(
            f"architecture={architecture!r}: module {module!r} is not found; "
            "install it, add its folder to PYTHONPATH, or run the command in its folder"
        )
    return sha256_of_file(Path(found.origin))


def _on_arrays(study: StudySpec, arrays: Path, store: Store) -> StudySpec:
    """The study's numbers of images where the user's arrays have them, else all, the last fifth for validation."""
    folder = import_npz(arrays, store.root / "data")
    train, test = (len(arrayfolder.open_array(folder, f"{split}_labels")) for split in ("train", "test"))
    if train < LEAST_TRAINING_IMAGES:
        raise InputError(f"{arrays}: {train} training images; give at least {LEAST_TRAINING_IMAGES} in x_train")
    fits = study.data.train + study.data.validation <= train
    validation = study.data.validation if fits else train // 5
    kept = study.data.train if fits else train - validation
    sizes = {"train": kept, "validation": validation, "test": min(study.data.test, test)}
    measuring = study.measuring.model_dump()
    measuring |= {name: min(measuring[name], sizes[split]) for name, split in MEASURED_SPLITS.items()}
    return study.changed(
        name=f"{study.name}-{_slug(arrays.stem)}",
        data=study.data.model_dump() | {"name": "arrays", "sha256": sha256_of_file(arrays), **sizes},
        measuring=measuring,
    )


def _slug(text: str) -> str:
    """The text with everything but letters and digits as single dashes."""
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")
