"""An image data set on disk: written whole or not at all, checked, and memory-mapped.

It is a folder of four ``.npy`` files and ``manifest.json``, which holds their sums, the mean and the standard
deviation of the training pixels, and a sum of its own. The manifest is written last: a folder with a manifest
is a whole data set.
"""

import hashlib
import json
import logging
import math
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from indicators.errors import InputError
from indicators.files import sha256_of_file, sha256_of_json, sync_folder

log = logging.getLogger(__name__)

Array = NDArray[Any]
Progress = Callable[[str, int, int], None]
"""Is told what is being done, how much of it is done, and how much there is (0: not known)."""

ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")
MANIFEST = "manifest.json"
_FORMAT = 1
_WORK = ".partial-"
# Elements per block of a pass over the pixels: 8 MB in float64.
_BLOCK = 2**20


class Stream(NamedTuple):
    """One array as it arrives: its final shape and type, and its rows in order, block by block."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    blocks: Iterator[Array]


@contextmanager
def made_once(folder: Path, home: Path, verify: bool) -> Iterator[bool]:
    """Holds the lock while a data set is made; gives False at once, without a lock, when it is there.

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


@contextmanager
def workspace(home: Path) -> Iterator[Path]:
    """A folder for unfinished work on the same disk; ``made_once`` removes what a killed holder left of it."""
    with tempfile.TemporaryDirectory(prefix=_WORK, dir=home) as folder:
        yield Path(folder)


def write(folder: Path, work: Path, name: str, streams: Iterable[Stream], expected: Mapping[str, str]) -> None:
    """Writes a data set into ``work``, on the same disk, and moves it to ``folder`` once it is whole.

    One block of one array is in memory at a time. ``expected`` holds the SHA-256 that the bytes of an array must
    have, for those that it names. Raises InputError for other bytes, for blocks of another form than their
    stream's, and for training images without any contrast.
    """
    files = {}
    for stream in streams:
        files[stream.name] = entry = _write_array(work / f"{stream.name}.npy", stream)
        if entry["content"] != expected.get(stream.name, entry["content"]):
            raise InputError(
                f"{stream.name} has the SHA-256 {entry['content']}, expected {expected[stream.name]}: "
                "a damaged file, or other images"
            )
    mean, std = moments(open_array(work, "train_images"))
    if std == 0:
        raise InputError(f"train_images: every pixel is {mean:g}: expected images that differ")
    classes = int(open_array(work, "train_labels").max()) + 1
    manifest = {"format": _FORMAT, "name": name, "classes": classes, "mean": mean, "std": std, "files": files}
    _publish(folder, work, manifest)


def manifest_of(folder: Path) -> dict[str, Any]:
    """The manifest of a data set; InputError names the first file that is missing or of another size."""
    for path, fault in _faults(folder, verify=False).items():
        raise InputError(f"{path} {fault}: fetch or import the data set again (`indicators fetch`)")
    return _manifest(folder)


def open_array(folder: Path, name: str) -> Array:
    """One of ``ARRAYS``, memory-mapped and read-only."""
    array: Array = np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
    return array


# --- Checking -------------------------------------------------------------------------------------


def _faults(folder: Path, verify: bool) -> dict[Path, str]:
    """What is wrong with each missing or damaged file of a data set: nothing, when it is whole."""
    try:
        files = _manifest(folder)["files"]
    except InputError as error:
        return {folder / MANIFEST: str(error)}
    faults = ((folder / f"{name}.npy", _fault(folder / f"{name}.npy", files[name], verify)) for name in ARRAYS)
    return {path: fault for path, fault in faults if fault}


def _fault(path: Path, entry: Mapping[str, Any], verify: bool) -> str:
    if not path.is_file():
        return "is missing"
    if path.stat().st_size != entry["bytes"]:
        return f"has {path.stat().st_size} bytes, expected {entry['bytes']}"
    if verify and sha256_of_file(path) != entry["sha256"]:
        return "has another SHA-256 than when it was written"
    return ""


def _set_aside(path: Path, fault: str) -> None:
    if path.exists():
        path.replace(path.with_name(f"{path.name}.corrupt"))
        log.warning("%s %s: set aside as %s.corrupt, and made again", path, fault, path.name)


def _manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a data set, whose own sum guards the numbers in it."""
    path = folder / MANIFEST
    try:
        manifest: dict[str, Any] = json.loads(path.read_bytes())
        seal = manifest.pop("sha256")
        if seal != sha256_of_json(manifest) or manifest["format"] != _FORMAT:
            raise ValueError(path)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError("is missing") from error
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        raise InputError("is damaged or of another version") from error
    return manifest


# --- Writing --------------------------------------------------------------------------------------


def _write_array(path: Path, stream: Stream) -> dict[str, Any]:
    """Writes one array as ``.npy``, holding one block of it at a time; returns what the manifest says of it."""
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


def _checked(stream: Stream) -> Iterator[Array]:
    for block in stream.blocks:
        if block.dtype != stream.dtype or block.shape[1:] != stream.shape[1:] or block.ndim == 0:
            raise InputError(
                f"{stream.name} has the form {block.dtype} {block.shape}, "
                f"expected {stream.dtype} {('n', *stream.shape[1:])}"
            )
        yield np.ascontiguousarray(block)


def _publish(folder: Path, work: Path, manifest: dict[str, Any]) -> None:
    """Moves the written files to their final names, the manifest last: before it, there is no data set."""
    folder.mkdir(exist_ok=True)
    with (work / MANIFEST).open("w") as file:
        json.dump({**manifest, "sha256": sha256_of_json(manifest)}, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    for name in (*(f"{array}.npy" for array in ARRAYS), MANIFEST):
        (work / name).replace(folder / name)
        sync_folder(folder)


# --- Mean and standard deviation ------------------------------------------------------------------


def moments(images: Array) -> tuple[float, float]:
    """Mean and standard deviation (of the population) of all pixels: exact for bytes, else float64."""
    return _moments_of_bytes(images) if images.dtype == np.uint8 else _moments_of_floats(images)


def _moments_of_bytes(images: Array) -> tuple[float, float]:
    counts = np.zeros(256, np.int64)
    for block in blocks(images):
        counts += np.bincount(block.ravel(), minlength=256)
    # Python's integers have no largest one: the sums are exact, and nothing is lost where they nearly cancel.
    n, total, squares = (
        sum(value**power * count for value, count in enumerate(counts.tolist())) for power in (0, 1, 2)
    )
    return total / n, math.sqrt(n * squares - total * total) / n


def _moments_of_floats(images: Array) -> tuple[float, float]:
    mean = math.fsum(block.sum(dtype=np.float64) for block in blocks(images)) / images.size
    squares = (np.square(block.astype(np.float64) - mean).sum() for block in blocks(images))
    return mean, math.sqrt(math.fsum(squares) / images.size)


def blocks(images: Array) -> Iterator[Array]:
    """Consecutive rows, a few megabytes at a time."""
    rows = max(1, _BLOCK // math.prod(images.shape[1:]))
    for start in range(0, len(images), rows):
        yield images[start : start + rows]


# --- Progress -------------------------------------------------------------------------------------


def counted(blocks: Iterator[Array], name: str, total: int, progress: Progress) -> Iterator[Array]:
    """The blocks of an array; ``progress`` is told how many of its ``total`` rows have been written."""
    done = 0
    for block in blocks:
        yield block
        done += len(block)
        progress(f"writing {name}", done, total)


def silent(_what: str, _done: int, _total: int) -> None:
    """Reports no progress."""
