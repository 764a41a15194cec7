"""Files written whole or not at all, and their sums."""

import errno
import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path

from indicators.errors import InputError


def write_atomically(path: Path, data: bytes) -> None:
    """Writes a file so that a reader, or the next process after a crash, sees all of it or the one before.

    The folder is made where it is missing. Raises InputError where the disk refuses, and then leaves no part of it.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        advice = "free some space or name" if error.errno == errno.ENOSPC else "name"
        raise InputError(f"{str(path)!r} cannot be written ({error.strerror}); {advice} another folder") from None
    sync_folder(path.parent)


def put_in_place(finished: Path, path: Path) -> None:
    """Gives a finished file the name of another in the same folder, which it replaces, so that it survives a crash."""
    with finished.open("rb+") as file:
        os.fsync(file.fileno())
    finished.replace(path)
    sync_folder(path.parent)


def make_folder(path: Path, option: str) -> None:
    """Makes a folder that an option names; InputError where that, or writing there, cannot be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        if not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise InputError(f"{option} {str(path)!r} is no folder to write in ({error.strerror}); name another") from None


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder survive a crash; only POSIX systems can be asked to, elsewhere this does nothing."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def folder_size(folder: Path) -> int:
    """The bytes of the files in a folder; those that another process takes away meanwhile count as nothing."""
    total = 0
    for path in folder.iterdir():
        with suppress(FileNotFoundError):
            total += path.stat().st_size
    return total


def sha256_of_file(path: Path) -> str:
    """The SHA-256 of a file's bytes: 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of_json(value: object) -> str:
    """The SHA-256 of a value's canonical JSON: keys sorted, no spaces, ASCII; 64 hexadecimal digits."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
