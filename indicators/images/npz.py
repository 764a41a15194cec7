"""A user's own images: an ``.npz`` with the names that Keras uses, checked and turned into a data set."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from indicators.errors import InputError
from indicators.files import sha256_of_file
from indicators.images import arrayfolder
from indicators.images.arrayfolder import Array, Progress, Stream

_NAMES = ("x_train", "y_train", "x_test", "y_test")


def import_npz(path: Path, root: Path, *, progress: Progress | None = None) -> Path:
    """Turns a user's ``.npz`` into a data set below ``root``, and returns its folder.

    It holds x_train, y_train, x_test and y_test, as Keras names them. Images are (n, height, width,
    channels), unsigned bytes or finite floats (kept as float32); labels are the integers 0 to K - 1, (n,) or
    (n, 1), every one of them present in ``y_train``, K >= 2. The folder is named by the file's SHA-256, so a
    changed file is another data set. Raises InputError in one line.
    """
    if not path.is_file():
        raise InputError(f"{path} is not a file: expected an .npz with {', '.join(_NAMES)}")
    folder = root.absolute() / sha256_of_file(path)[:16]
    with arrayfolder.made_once(folder, folder.parent, verify=False) as wanted, _reading(path):
        if wanted:
            _import(path, folder, progress or arrayfolder.silent)
    return folder


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Names the file in every complaint about it, whatever a damaged one makes its decoder raise."""
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
        absent = [name for name in _NAMES if name not in getattr(npz, "files", ())]
        if absent:
            raise InputError(
                f"no array {', '.join(absent)}: "
                "expected what np.savez(path, x_train=..., y_train=..., x_test=..., y_test=...) writes"
            )
        with arrayfolder.workspace(folder.parent) as work:
            arrayfolder.write(folder, work, path.stem, _streams_of_npz(npz, progress), {})


def _streams_of_npz(npz: Mapping[str, Array], progress: Progress) -> Iterator[Stream]:
    """The four arrays, the labels first: they are small, and most mistakes are in them."""
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
    """Training and test images, of one form; only one of the two arrays is in memory at a time."""
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
    """A user's array that is in memory as a stream of finite numbers of another type."""
    converted = (_finite(name, block, np.dtype(dtype)) for block in arrayfolder.blocks(array))
    stored = f"{name[2:]}_{'images' if name.startswith('x') else 'labels'}"
    return Stream(stored, array.shape, np.dtype(dtype), arrayfolder.counted(converted, stored, len(array), progress))


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
    """The classes as text, the middle left out where they are many."""
    shown = [str(value) for value in classes.tolist()]
    return ", ".join(shown if len(shown) <= 12 else chain(shown[:6], ["..."], shown[-6:]))
