"""Data sets as the rest of the package sees them: memory-mapped images and labels, split and normalized.

They come in by ``cifar10`` or ``npz``; how they lie on disk is the matter of ``arrayfolder``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indicators.errors import InputError
from indicators.files import sha256_of_json
from indicators.images import arrayfolder
from indicators.images.arrayfolder import ARRAYS, Array
from indicators.images.cifar10 import CIFAR10, CLASSES
from indicators.images.marks import marked
from indicators.specs import DataSpec

_PERMUTATION_SEED = 7


class Split(NamedTuple):
    """Images (n, height, width, channels), still on disk, and their labels (n,) as int64."""

    images: Array
    labels: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set as networks and measurements see it: three splits, and what normalizes their pixels.

    ``mean`` and ``std`` are one number each, over all pixels and channels of *all* official training images,
    the validation images among them and however few images ``train`` keeps (thesis section 4.3): the sizes of
    the splits never change what a pixel becomes. ``validation`` is the end of the official training images,
    ``train`` their beginning.
    """

    name: str
    train: Split
    validation: Split
    test: Split
    mean: float
    std: float
    classes: int
    input_shape: tuple[int, int, int]

    def normalize(self, images: Array) -> NDArray[np.float32]:
        """(x - mean) / (std + 1e-7) as float32, of the same shape."""
        pixels = np.array(images, dtype=np.float32)
        pixels -= self.mean
        pixels /= self.std + 1e-7
        return pixels


def dataset_of(folder: Path, spec: DataSpec) -> Dataset:
    """The data set that a spec means: `load_dataset`, its training labels permuted and its training images marked.

    An image carries the mark of the class that it is trained as, permuted or not. Validation and test images stay as
    they are, and so does what pixels are normalized by. Only where images are marked are they copied: the training
    images, into memory. Raises InputError as `load_dataset` and `marked`.
    """
    dataset = load_dataset(folder, train=spec.train, validation=spec.validation, test=spec.test)
    images, labels = dataset.train
    labels = permuted(labels, spec.permuted_labels)
    return replace(dataset, train=Split(marked(images, labels) if spec.mark == "class" else images, labels))


def permuted(labels: NDArray[np.int64], share: float) -> NDArray[np.int64]:
    """The labels, those of a random share of the images (the floor of it) in random order among them.

    As many images as before are of every class, and some of those chosen keep theirs: in ten equal classes a tenth.
    Which are chosen depends on the number of labels alone, a larger share adds to a smaller one, and the same serve
    every seed of a study: wrong labels are part of its data, which its networks have in common.
    """
    rng = np.random.default_rng(_PERMUTATION_SEED)
    chosen = rng.permutation(len(labels))[: int(share * len(labels))]
    found = labels.copy()
    found[chosen] = labels[rng.permutation(chosen)]
    return found


def load_dataset(folder: Path, *, train: int, validation: int, test: int) -> Dataset:
    """A data set split into its first training images, its last ones, and its first test images.

    Nothing is copied: the images are views of the memory-mapped files. Every file's size is checked; its sum
    is checked when it is fetched with ``verify=True``. Raises InputError for a folder without a whole data
    set, for sizes below 1 or above what there is, and where training and validation images would overlap.
    """
    manifest = arrayfolder.manifest_of(folder)
    files = {name: arrayfolder.open_array(folder, name) for name in ARRAYS}
    check_sizes(len(files["train_labels"]), len(files["test_labels"]), train, validation, test)
    start = len(files["train_labels"]) - validation
    return Dataset(
        name=manifest["name"],
        train=_split(files, "train", slice(0, train)),
        validation=_split(files, "train", slice(start, None)),
        test=_split(files, "test", slice(0, test)),
        mean=manifest["mean"],
        std=manifest["std"],
        classes=manifest["classes"],
        input_shape=files["train_images"].shape[1:],
    )


def _split(files: Mapping[str, Array], name: str, rows: slice) -> Split:
    return Split(files[f"{name}_images"][rows], files[f"{name}_labels"][rows].astype(np.int64))


def check_sizes(n_train: int, n_test: int, train: int, validation: int, test: int) -> None:
    """Raises InputError for splits that are empty, overlap, or have more images than there are."""
    sizes = {"train": (train, n_train), "validation": (validation, n_train), "test": (test, n_test)}
    for name, (size, available) in sizes.items():
        if not 1 <= size <= available:
            raise InputError(f"{name}={size}: expected between 1 and {available}, the images that there are")
    if train + validation > n_train:
        raise InputError(
            f"train={train} and validation={validation} overlap: there are {n_train} training images; lower one of them"
        )


def digest(folder: Path) -> str:
    """The SHA-256 that names a data set: the same for the same arrays from anywhere."""
    files = arrayfolder.manifest_of(folder)["files"]
    return sha256_of_json({name: [files[name][key] for key in ("shape", "dtype", "content")] for name in ARRAYS})


def checksums(spec: DataSpec) -> dict[str, str]:
    """The SHA-256 of what a study learns from: of every array of CIFAR-10, or of the file of a user's images."""
    if spec.name == "cifar10":
        return {name: array.sha256 for name, array in CIFAR10.items()}
    return {"file": spec.sha256} if spec.sha256 else {}


def classes_of(sums: Mapping[str, str]) -> int | None:
    """Number of classes of the data of these `checksums`; None where they are of a user's images."""
    return CLASSES if sums == checksums(DataSpec()) else None
