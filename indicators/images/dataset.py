"""Data sets as the rest of the package sees them: memory-mapped images and labels, split and normalized.

Where they come from: CIFAR-10, fetched, or a user's own arrays, imported. How they lie on disk is the matter of
``imagefolder``.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from indicators.errors import InputError
from indicators.files import sha256_of_file, sha256_of_json
from indicators.images import arrayfolder, cifar10
from indicators.images.arrayfolder import ARRAYS, Array, Stream
from indicators.images.cifar10 import CIFAR10, Expected, Progress
from indicators.specs import DataSpec


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
        """Return (x - mean) / (std + 1e-7) as float32, of the same shape."""
        pixels = np.array(images, dtype=np.float32)
        pixels -= self.mean
        pixels /= self.std + 1e-7
        return pixels


def load(folder: Path, *, train: int, validation: int, test: int) -> Dataset:
    """Return a data set split into its first training images, its last ones, and its first test images.

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


def digest(folder: Path) -> str:
    """Return the SHA-256 that names a data set: the same for the same arrays from anywhere."""
    files = arrayfolder.manifest_of(folder)["files"]
    return sha256_of_json({name: [files[name][key] for key in ("shape", "dtype", "content")] for name in ARRAYS})


def checksums(spec: DataSpec) -> dict[str, str]:
    """Return the SHA-256 of what a study learns from: of every array of CIFAR-10, or of the file of a user's images."""
    if spec.name == "cifar10":
        return {name: array.sha256 for name, array in CIFAR10.items()}
    return {"file": spec.sha256} if spec.sha256 else {}


def fetch_cifar10(
    root: Path,
    *,
    source: Path | None = None,
    progress: Progress | None = None,
    verify: bool = False,
    patience: float = 20,
    expected: Mapping[str, Expected] = CIFAR10,
) -> Path:
    """Make sure that ``root`` holds CIFAR-10, and return it.

    What is there is checked by size, and by SHA-256 with ``verify``; a bad file is set aside as
    ``*.corrupt``, logged and made again. What is missing comes from the named ``source`` (a folder or an
    archive) or else from the places that ``cifar10.offers`` lists, and must have the sums of ``expected``.
    However many processes ask, one fetches. ``patience`` is the seconds without a byte after which a download
    is given up. Raises InputError that says what to put where.
    """
    root, progress = root.absolute(), progress or _silent
    with arrayfolder.made_once(root, root, verify) as wanted:
        if wanted:
            _fetch(root, source, progress, patience, expected)
    return root


def import_npz(path: Path, root: Path, *, progress: Progress | None = None) -> Path:
    """Turn a user's ``.npz`` into a data set below ``root``, and return its folder.

    It holds x_train, y_train, x_test and y_test, as Keras names them. Images are (n, height, width,
    channels), unsigned bytes or finite floats (kept as float32); labels are the integers 0 to K - 1, (n,) or
    (n, 1), every one of them present in ``y_train``, K >= 2. The folder is named by the file's SHA-256, so a
    changed file is another data set. Raises InputError in one line.
    """
    if not path.is_file():
        raise InputError(f"{path} is not a file: expected an .npz with {', '.join(_NPZ)}")
    folder = root.absolute() / sha256_of_file(path)[:16]
    with arrayfolder.made_once(folder, folder.parent, verify=False) as wanted, _reading(path):
        if wanted:
            _import(path, folder, progress or _silent)
    return folder


# --- Splits ---------------------------------------------------------------------------------------


def _split(files: Mapping[str, Array], name: str, rows: slice) -> Split:
    return Split(files[f"{name}_images"][rows], files[f"{name}_labels"][rows].astype(np.int64))


def check_sizes(n_train: int, n_test: int, train: int, validation: int, test: int) -> None:
    """Raise InputError for splits that are empty, overlap, or have more images than there are."""
    sizes = {"train": (train, n_train), "validation": (validation, n_train), "test": (test, n_test)}
    for name, (size, available) in sizes.items():
        if not 1 <= size <= available:
            raise InputError(f"{name}={size}: expected between 1 and {available}, the images that there are")
    if train + validation > n_train:
        raise InputError(
            f"train={train} and validation={validation} overlap: there are {n_train} training images; lower one of them"
        )


# --- CIFAR-10 -------------------------------------------------------------------------------------


def _fetch(
    root: Path, source: Path | None, progress: Progress, patience: float, expected: Mapping[str, Expected]
) -> None:
    """Write the first offer whose arrays are the expected ones, or say why each place did not serve."""
    sums = {name: array.sha256 for name, array in expected.items()}
    tried: list[str] = []
    with arrayfolder.workspace(root) as work:
        for offer in cifar10.offers(root, work, source=source, tried=tried, progress=progress, patience=patience):
            try:
                arrayfolder.write(root, work, "cifar10", _streams_of(offer, progress, expected), sums)
                return
            except InputError as error:
                tried.append(f"{offer.place}: {error}")
    raise InputError(_how_to_help(root, source, tried))


def _streams_of(offer: cifar10.Offer, progress: Progress, expected: Mapping[str, Expected]) -> Iterator[Stream]:
    for name, (shape, _) in expected.items():
        blocks = _counted(offer.read(name, shape), name, shape[0], progress)
        yield Stream(name, shape, np.dtype(np.uint8), blocks)


def _counted(blocks: Iterator[Array], name: str, total: int, progress: Progress) -> Iterator[Array]:
    """Yield the blocks and report how many rows have been written."""
    done = 0
    for block in blocks:
        yield block
        done += len(block)
        progress(f"writing {name}", done, total)


def _silent(_what: str, _done: int, _total: int) -> None:
    """Report no progress."""


def _how_to_help(root: Path, source: Path | None, tried: list[str]) -> str:
    first, second, *_ = cifar10.ARCHIVES
    subject = f"{source} does not hold CIFAR-10" if source else f"CIFAR-10 could not be fetched into {root}"
    advice = (
        f"put {first} or {second} into {root}, or name a folder that holds one of them with `--data FOLDER`; "
        "`--study thesis-2019` needs no images. Tried:"
    )
    return "\n  ".join([f"{subject}: {advice}", *tried])


# --- A user's own arrays --------------------------------------------------------------------------

_NPZ = ("x_train", "y_train", "x_test", "y_test")


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Name the file in every complaint about it, whatever a damaged one makes its decoder raise."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    except OSError:
        raise
    except Exception as error:
        raise InputError(
            f"{path} cannot be read ({type(error).__name__}: {error}): "
            "expected what np.savez(path, x_train=..., y_train=..., x_test=..., y_test=...) writes"
        ) from error


def _import(path: Path, folder: Path, progress: Progress) -> None:
    # Opened here: np.load leaves its own file open when the archive is torn.
    with path.open("rb") as file:
        npz = np.load(file, allow_pickle=False)
        absent = [name for name in _NPZ if name not in getattr(npz, "files", ())]
        if absent:
            raise InputError(
                f"no array {', '.join(absent)}: "
                "expected what np.savez(path, x_train=..., y_train=..., x_test=..., y_test=...) writes"
            )
        with arrayfolder.workspace(folder.parent) as work:
            arrayfolder.write(folder, work, path.stem, _streams_of_npz(npz, progress), {})


def _streams_of_npz(npz: Mapping[str, Array], progress: Progress) -> Iterator[Stream]:
    """Yield the four arrays, the labels first: they are small, and most mistakes are in them."""
    labels = {name: _labels(name, npz[name]) for name in ("y_train", "y_test")}
    found = np.unique(labels["y_train"])
    if len(found) < 2 or not np.array_equal(found, np.arange(len(found))):
        raise InputError(f"y_train has the classes {_some(found)}: expected every one of 0 to K - 1, K at least 2")
    if not np.isin(labels["y_test"], found).all():
        raise InputError(
            f"y_test has the classes {_some(np.unique(labels['y_test']))}: expected those of y_train, {_some(found)}"
        )
    yield from (_stream(name, array, np.min_scalar_type(len(found) - 1), progress) for name, array in labels.items())
    yield from _image_streams(npz, {name: len(array) for name, array in labels.items()}, progress)


def _image_streams(npz: Mapping[str, Array], lengths: Mapping[str, int], progress: Progress) -> Iterator[Stream]:
    """Yield training and test images, of one form; only one of the two arrays is in memory at a time."""
    form: tuple[object, ...] = ()
    for name, labels in (("x_train", "y_train"), ("x_test", "y_test")):
        images = _images(name, npz[name])
        if len(images) != lengths[labels]:
            raise InputError(f"{name} has {len(images)} images and {labels} {lengths[labels]} labels: expected as many")
        form = form or (images.dtype.kind, images.shape[1:])
        if form != (images.dtype.kind, images.shape[1:]):
            raise InputError(f"x_test is {images.dtype} {images.shape[1:]} per image: expected the form of x_train")
        yield _stream(name, images, np.uint8 if images.dtype == np.uint8 else np.float32, progress)
        del images


def _stream(name: str, array: Array, dtype: DTypeLike, progress: Progress) -> Stream:
    """Return a user's array that is in memory as a stream of finite numbers of another type."""
    converted = (_finite(name, block, np.dtype(dtype)) for block in arrayfolder.blocks(array))
    stored = f"{name[2:]}_{'images' if name.startswith('x') else 'labels'}"
    return Stream(stored, array.shape, np.dtype(dtype), _counted(converted, stored, len(array), progress))


def _finite(name: str, block: Array, dtype: np.dtype[Any]) -> Array:
    with np.errstate(over="ignore"):
        converted = block.astype(dtype)
    if not np.isfinite(converted).all():
        raise InputError(f"{name} holds NaN, infinity or more than {dtype} can hold: expected finite numbers")
    return converted


def _images(name: str, images: Array) -> Array:
    if images.ndim != 4 or 0 in images.shape:
        raise InputError(
            f"{name}.shape={images.shape}: expected (images, height, width, channels), none of them 0; "
            f"gray images get their channel by {name}[..., None]"
        )
    if images.dtype != np.uint8 and images.dtype.kind != "f":
        raise InputError(
            f"{name}.dtype={images.dtype}: expected uint8 or a float; convert with {name}.astype('float32')"
        )
    return images


def _labels(name: str, labels: Array) -> Array:
    if labels.shape not in {(labels.size,), (labels.size, 1)} or labels.size == 0:
        raise InputError(
            f"{name}.shape={labels.shape}: expected (images,) or (images, 1), at least one; "
            f"one-hot labels become integers by {name}.argmax(axis=1)"
        )
    if labels.dtype.kind not in "iu":
        raise InputError(f"{name}.dtype={labels.dtype}: expected integers; convert with {name}.astype('int64')")
    return labels.ravel()


def _some(classes: Array) -> str:
    """Return the classes as text, the middle left out where they are many."""
    shown = [str(value) for value in classes.tolist()]
    return ", ".join(shown if len(shown) <= 12 else chain(shown[:6], ["..."], shown[-6:]))
