"""Data sets as the rest of the package sees them: memory-mapped images and labels, split and normalized.

A data set is a folder of four ``.npy`` files and ``manifest.json``, which holds their sums, the mean and the
standard deviation of the training pixels, and a sum of its own. The manifest is written last: a folder with a
manifest is a whole data set.
"""

import hashlib
import json
import logging
import math
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from filelock import FileLock
from numpy.typing import DTypeLike, NDArray

from indicators import cifar10
from indicators.cifar10 import CIFAR10, Expected, Progress
from indicators.errors import InputError

log = logging.getLogger(__name__)

Array = NDArray[Any]

ARRAYS = tuple(CIFAR10)
MANIFEST = "manifest.json"
_FORMAT = 1
_WORK = ".partial-"
# Elements per block of a pass over the pixels: 8 MB in float64.
_BLOCK = 2**20


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
    manifest = _manifest_of_whole(folder)
    files = {name: _open(folder, name) for name in ARRAYS}
    _check_sizes(len(files["train_labels"]), len(files["test_labels"]), train, validation, test)
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
    files = _manifest_of_whole(folder)["files"]
    return _sum_of({name: [files[name][key] for key in ("shape", "dtype", "content")] for name in ARRAYS})


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
    with _made_once(root, root, verify) as wanted:
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
    folder = root.absolute() / _sum_of_file(path)[:16]
    with _made_once(folder, folder.parent, verify=False) as wanted, _reading(path):
        if wanted:
            _import(path, folder, progress or _silent)
    return folder


# --- A folder that is a data set ------------------------------------------------------------------


class _Stream(NamedTuple):
    """One array as it arrives: its final shape and type, and its rows in order, block by block."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    blocks: Iterator[Array]


def _silent(_what: str, _done: int, _total: int) -> None:
    """Report no progress."""


@contextmanager
def _made_once(folder: Path, home: Path, verify: bool) -> Iterator[bool]:
    """Hold the lock while a data set is made; give False at once, without a lock, when it is there.

    The lock lies in ``home`` and dies with its holder. What a killed holder left there is removed, and what
    is damaged is set aside.
    """
    if not _faults(folder, verify):
        yield False
        return
    home.mkdir(parents=True, exist_ok=True)
    with FileLock(home / ".lock"):
        faults = _faults(folder, verify)
        for path, fault in faults.items():
            _set_aside(path, fault)
        for leftover in home.glob(f"{_WORK}*"):
            shutil.rmtree(leftover, ignore_errors=True)
        yield bool(faults)


def _faults(folder: Path, verify: bool) -> dict[Path, str]:
    """Return what is wrong with each missing or damaged file of a data set: nothing, when it is whole."""
    try:
        files = _manifest(folder)["files"]
    except InputError as error:
        return {folder / MANIFEST: str(error)}
    faults = ((folder / f"{name}.npy", _fault(folder / f"{name}.npy", files[name], verify)) for name in ARRAYS)
    return {path: fault for path, fault in faults if fault}


def _manifest_of_whole(folder: Path) -> dict[str, Any]:
    for path, fault in _faults(folder, verify=False).items():
        raise InputError(f"{path} {fault}: fetch or import the data set again (`indicators fetch`)")
    return _manifest(folder)


def _fault(path: Path, entry: Mapping[str, Any], verify: bool) -> str:
    if not path.is_file():
        return "is missing"
    if path.stat().st_size != entry["bytes"]:
        return f"has {path.stat().st_size} bytes, expected {entry['bytes']}"
    if verify and _sum_of_file(path) != entry["sha256"]:
        return "has another SHA-256 than when it was written"
    return ""


def _set_aside(path: Path, fault: str) -> None:
    if path.exists():
        path.replace(path.with_name(f"{path.name}.corrupt"))
        log.warning("%s %s: set aside as %s.corrupt, and made again", path, fault, path.name)


def _manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a data set, whose own sum guards the numbers in it."""
    path = folder / MANIFEST
    try:
        manifest: dict[str, Any] = json.loads(path.read_bytes())
        seal = manifest.pop("sha256")
        if seal != _sum_of(manifest) or manifest["format"] != _FORMAT:
            raise ValueError(path)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError("is missing") from error
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        raise InputError("is damaged or of another version") from error
    return manifest


def _write(folder: Path, work: Path, name: str, streams: Iterable[_Stream], expected: Mapping[str, str]) -> None:
    """Write a data set into ``work``, on the same disk, and move it to ``folder`` once it is whole."""
    files = {}
    for stream in streams:
        files[stream.name] = entry = _write_array(work / f"{stream.name}.npy", stream)
        if entry["content"] != expected.get(stream.name, entry["content"]):
            raise InputError(
                f"{stream.name} has the SHA-256 {entry['content']}, expected {expected[stream.name]}: "
                "a damaged file, or other images"
            )
    mean, std = _moments(_open(work, "train_images"))
    if std == 0:
        raise InputError(f"x_train: every pixel is {mean:g}: expected images that differ")
    classes = int(_open(work, "train_labels").max()) + 1
    manifest = {"format": _FORMAT, "name": name, "classes": classes, "mean": mean, "std": std, "files": files}
    _publish(folder, work, manifest)


def _write_array(path: Path, stream: _Stream) -> dict[str, Any]:
    """Write one array as ``.npy``, holding one block of it at a time; return what the manifest says of it."""
    header = BytesIO()
    described = {
        "descr": np.lib.format.dtype_to_descr(stream.dtype),
        "fortran_order": False,
        "shape": stream.shape,
    }
    np.lib.format.write_array_header_1_0(header, described)
    whole, content = hashlib.sha256(header.getvalue()), hashlib.sha256()
    with path.open("wb") as file:
        file.write(header.getvalue())
        for block in _checked(stream):
            for consume in (file.write, whole.update, content.update):
                consume(block.data)
        file.flush()
        os.fsync(file.fileno())
    return {
        "shape": list(stream.shape),
        "dtype": stream.dtype.str,
        "bytes": path.stat().st_size,
        "sha256": whole.hexdigest(),
        "content": content.hexdigest(),
    }


def _checked(stream: _Stream) -> Iterator[Array]:
    for block in stream.blocks:
        if block.dtype != stream.dtype or block.shape[1:] != stream.shape[1:] or block.ndim == 0:
            raise InputError(
                f"{stream.name} has the form {block.dtype} {block.shape}, "
                f"expected {stream.dtype} {('n', *stream.shape[1:])}"
            )
        yield np.ascontiguousarray(block)


def _publish(folder: Path, work: Path, manifest: dict[str, Any]) -> None:
    """Move the written files to their final names, the manifest last: before it, there is no data set."""
    folder.mkdir(exist_ok=True)
    with (work / MANIFEST).open("w") as file:
        json.dump({**manifest, "sha256": _sum_of(manifest)}, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    for name in (*(f"{array}.npy" for array in ARRAYS), MANIFEST):
        (work / name).replace(folder / name)
        _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sum_of(value: object) -> str:
    """Return the SHA-256 of a value's canonical JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _sum_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _open(folder: Path, name: str) -> Array:
    array: Array = np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
    return array


def _split(files: Mapping[str, Array], name: str, rows: slice) -> Split:
    return Split(files[f"{name}_images"][rows], files[f"{name}_labels"][rows].astype(np.int64))


def _check_sizes(n_train: int, n_test: int, train: int, validation: int, test: int) -> None:
    sizes = {"train": (train, n_train), "validation": (validation, n_train), "test": (test, n_test)}
    for name, (size, available) in sizes.items():
        if not 1 <= size <= available:
            raise InputError(f"{name}={size}: expected between 1 and {available}, the images that there are")
    if train + validation > n_train:
        raise InputError(
            f"train={train} and validation={validation} overlap: there are {n_train} training images; lower one of them"
        )


# --- Mean and standard deviation ------------------------------------------------------------------


def _moments(images: Array) -> tuple[float, float]:
    """Return mean and standard deviation (of the population) of all pixels: exact for bytes, else float64."""
    return _moments_of_bytes(images) if images.dtype == np.uint8 else _moments_of_floats(images)


def _moments_of_bytes(images: Array) -> tuple[float, float]:
    counts = np.zeros(256, np.int64)
    for block in _blocks(images):
        counts += np.bincount(block.ravel(), minlength=256)
    # Python's integers have no largest one: the sums are exact, and nothing is lost where they nearly cancel.
    n, total, squares = (
        sum(value**power * count for value, count in enumerate(counts.tolist())) for power in (0, 1, 2)
    )
    return total / n, math.sqrt(n * squares - total * total) / n


def _moments_of_floats(images: Array) -> tuple[float, float]:
    mean = math.fsum(block.sum(dtype=np.float64) for block in _blocks(images)) / images.size
    squares = (np.square(block.astype(np.float64) - mean).sum() for block in _blocks(images))
    return mean, math.sqrt(math.fsum(squares) / images.size)


def _blocks(images: Array) -> Iterator[Array]:
    """Yield consecutive rows, a few megabytes at a time."""
    rows = max(1, _BLOCK // math.prod(images.shape[1:]))
    for start in range(0, len(images), rows):
        yield images[start : start + rows]


# --- CIFAR-10 -------------------------------------------------------------------------------------


def _fetch(
    root: Path, source: Path | None, progress: Progress, patience: float, expected: Mapping[str, Expected]
) -> None:
    """Write the first offer whose arrays are the expected ones, or say why each place did not serve."""
    sums = {name: array.sha256 for name, array in expected.items()}
    tried: list[str] = []
    with tempfile.TemporaryDirectory(prefix=_WORK, dir=root) as temporary:
        work = Path(temporary)
        for offer in cifar10.offers(root, work, source=source, tried=tried, progress=progress, patience=patience):
            try:
                _write(root, work, "cifar10", _streams_of(offer, progress, expected), sums)
                return
            except InputError as error:
                tried.append(f"{offer.place}: {error}")
    raise InputError(_how_to_help(root, source, tried))


def _streams_of(offer: cifar10.Offer, progress: Progress, expected: Mapping[str, Expected]) -> Iterator[_Stream]:
    for name, (shape, _) in expected.items():
        blocks = _counted(offer.read(name, shape), name, shape[0], progress)
        yield _Stream(name, shape, np.dtype(np.uint8), blocks)


def _counted(blocks: Iterator[Array], name: str, total: int, progress: Progress) -> Iterator[Array]:
    """Yield the blocks and report how many rows have been written."""
    done = 0
    for block in blocks:
        yield block
        done += len(block)
        progress(f"writing {name}", done, total)


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
        with tempfile.TemporaryDirectory(prefix=_WORK, dir=folder.parent) as work:
            _write(folder, Path(work), path.stem, _streams_of_npz(npz, progress), {})


def _streams_of_npz(npz: Mapping[str, Array], progress: Progress) -> Iterator[_Stream]:
    """Yield the four arrays, the labels first: they are small, and most mistakes are in them."""
    labels = {name: _labels(name, npz[name]) for name in ("y_train", "y_test")}
    found = np.unique(labels["y_train"])
    if len(found) < 2 or not np.array_equal(found, np.arange(len(found))):
        raise InputError(f"y_train has the classes {_some(found)}: expected every one of 0 to K - 1, K at least 2")
    if not np.isin(labels["y_test"], found).all():
        raise InputError(
            f"y_test has the classes {_some(np.unique(labels['y_test']))}: expected those of y_train, {_some(found)}"
        )
    yield from (
        _stream(f"{name[2:]}_labels", array, np.min_scalar_type(len(found) - 1), progress)
        for name, array in labels.items()
    )
    yield from _image_streams(npz, {name: len(array) for name, array in labels.items()}, progress)


def _image_streams(npz: Mapping[str, Array], lengths: Mapping[str, int], progress: Progress) -> Iterator[_Stream]:
    """Yield training and test images, of one form; only one of the two arrays is in memory at a time."""
    form: tuple[object, ...] = ()
    for name, labels in (("x_train", "y_train"), ("x_test", "y_test")):
        images = _images(name, npz[name])
        if len(images) != lengths[labels]:
            raise InputError(f"{name} has {len(images)} images and {labels} {lengths[labels]} labels: expected as many")
        form = form or (images.dtype.kind, images.shape[1:])
        if form != (images.dtype.kind, images.shape[1:]):
            raise InputError(f"x_test is {images.dtype} {images.shape[1:]} per image: expected the form of x_train")
        yield _stream(f"{name[2:]}_images", images, np.uint8 if images.dtype == np.uint8 else np.float32, progress)
        del images


def _stream(name: str, array: Array, dtype: DTypeLike, progress: Progress) -> _Stream:
    """Return an array that is in memory as a stream of finite numbers of another type."""
    converted = (_finite(name, block, np.dtype(dtype)) for block in _blocks(array))
    return _Stream(name, array.shape, np.dtype(dtype), _counted(converted, name, len(array), progress))


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
