"""The only room that knows file names: what was trained and measured, found again by fingerprint.

    <root>/models/<fingerprint>/     one network: spec.json, weights, history, measurements, manifest.json
    <root>/locks/                    one lock per network, one slot per processor core
    <root>/progress/                 what is being worked on right now
    <root>/data/  studies/  logs/    data sets, calibrated studies, the last words of workers

A file counts once its network's manifest lists it with its SHA-256; anything else in the folder is unfinished work.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from platformdirs import user_data_path
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from indicators.errors import InputError
from indicators.files import write_atomically
from indicators.machine import cores
from indicators.specs.frozen import Frozen

NOTE_LASTS = 180.0
"""Seconds that a note of progress is believed."""

Arrays = dict[str, np.ndarray[Any, Any]]


def default_root() -> Path:
    """`INDICATORS_STORE`, else this user's data folder."""
    return Path(os.environ.get("INDICATORS_STORE") or user_data_path("generalization-indicators"))


class Store:
    """A folder of trained networks and their measurements, shared safely by any number of processes."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = (root or default_root()).absolute()
        try:
            for folder in ("models", "locks", "progress", "data", "studies", "logs"):
                (self.root / folder).mkdir(parents=True, exist_ok=True)
            probe = self.root / "locks" / f".writable-{os.getpid()}"
            probe.touch()
            probe.unlink(missing_ok=True)
        except OSError as error:
            raise InputError(
                f"store={str(self.root)!r} cannot be written ({error.strerror}); "
                "name a folder of yours with --store or INDICATORS_STORE"
            ) from None

    def entry(self, spec: Frozen) -> Entry:
        """The files of one network, whether or not there are any yet."""
        return Entry(self, spec)

    def specs(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        """The folder and the spec, as it was written, of every network that has begun to be made."""
        for path in sorted((self.root / "models").glob("*/spec.json")):
            # It is written whole before anything else of its network.
            yield path.parent, json.loads(path.read_text())

    def data(self, name: str) -> Path:
        """The folder of a data set."""
        return self.root / "data" / name

    @property
    def compiled(self) -> Path:
        """The folder of compiled programs, which a library keeps for itself."""
        return self.root / "compiled"

    def log(self, name: str) -> Path:
        """The file for the messages of one worker."""
        return self.root / "logs" / f"{name}.log"

    def calibrated(self, name: str) -> Path:
        """The file of a study that was calibrated here."""
        return self.root / "studies" / f"{name}.toml"

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Waits until fewer networks are at work on this machine than it has cores."""
        while True:
            with self._one_of("slot", cores()) as held:
                if held:
                    yield
                    return
            time.sleep(0.2)

    def place_on_card(self, places: int) -> AbstractContextManager[bool]:
        """Whether fewer than so many networks were training on this machine's graphics card: then one more may."""
        return self._one_of("card", places)

    @contextmanager
    def _one_of(self, name: str, count: int) -> Iterator[bool]:
        """Holds one of `count` locks; False where none is free."""
        for number in range(count):
            lock = FileLock(self.root / "locks" / f"{name}-{number}.lock")
            try:
                lock.acquire(blocking=False)
            except Timeout:
                continue
            try:
                yield True
            finally:
                lock.release()
            return
        yield False

    def note_progress(self, spec: Frozen, **state: Any) -> None:
        """Says what is being done with a network; a reader may miss a note, never read half of one."""
        path = self._progress(spec)
        temporary = path.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(json.dumps({**state, "updated": time.time()}))
        temporary.replace(path)

    def clear_progress(self, spec: Frozen) -> None:
        """Says that nothing is being done with a network any more."""
        self._progress(spec).unlink(missing_ok=True)

    def progress(self, spec: Frozen) -> dict[str, Any] | None:
        """The last note about a network, or None where nobody is at work on it.

        A worker that was killed leaves its note: one that has long not been renewed counts as none.
        """
        try:
            note: dict[str, Any] = json.loads(self._progress(spec).read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return None
        return note if time.time() - note["updated"] < NOTE_LASTS else None

    def at_work(self) -> set[str]:
        """Fingerprints of the networks that there is a note about, however old."""
        return {path.stem for path in (self.root / "progress").glob("*.json")}

    def _progress(self, spec: Frozen) -> Path:
        return self.root / "progress" / f"{spec.fingerprint}.json"


class Entry:
    """The files of one network. Writers hold `lock`; readers need none."""

    def __init__(self, store: Store, spec: Frozen) -> None:
        self.spec = spec
        self.folder = store.root / "models" / spec.fingerprint
        self._locks = store.root / "locks"

    @cached_property
    def lock(self) -> FileLock:
        """The lock of whoever makes the network; one object per process: a worker that holds it may take it again."""
        return FileLock(self._locks / f"{self.spec.fingerprint}.lock", is_singleton=True)

    def has(self, name: str) -> bool:
        """Whether the manifest lists the file and the file is there."""
        return name in self._manifest() and (self.folder / name).is_file()

    def names(self) -> list[str]:
        """The names of all listed files, sorted."""
        return sorted(self._manifest())

    def read(self, name: str) -> bytes | None:
        """The file's bytes, or None; a damaged file is set aside as `*.corrupt` and counts as none."""
        while (listed := self._manifest().get(name)) is not None:
            data = _bytes(self.folder / name)
            if data is not None and _sha256(data) in (listed.get("sha256"), *listed.get("next", ())):
                return data
            # A writer may have come in between: only what is still listed the same way is damaged or gone.
            if self._manifest().get(name) == listed:
                self._set_aside(name, data)
                return None
        return None

    def write(self, name: str, data: bytes, *, replacing: str | None = None) -> None:
        """Stores a file, whole or not at all; `replacing` names one that goes away in the same stroke."""
        manifest, sha256 = self._manifest(), _sha256(data)
        if not manifest:
            write_atomically(self.folder / "spec.json", self.spec.model_dump_json(indent=1).encode())
        for leftover in self.folder.glob(".*.tmp"):  # of a writer that was killed: the lock is ours
            leftover.unlink(missing_ok=True)
        if name in manifest:
            # What is there and what comes both count until it has come: a crash in between loses neither.
            announced = [*manifest[name].get("next", ()), sha256]
            self._list({**manifest, name: {**manifest[name], "next": announced}})
        write_atomically(self.folder / name, data)
        manifest[name] = {"sha256": sha256, "bytes": len(data)}
        if replacing not in (None, name):
            manifest.pop(replacing, None)
        self._list(manifest)
        if replacing not in (None, name):
            (self.folder / replacing).unlink(missing_ok=True)

    def read_arrays(self, name: str) -> tuple[Arrays, dict[str, Any]] | None:
        """The arrays and the metadata of a safetensors file, or None where there is none."""
        data = self.read(name)
        if data is None:
            return None
        try:
            return load_tensors(data), _metadata(data)
        except SafetensorError as error:
            raise InputError(
                f"{name} of {self.spec.fingerprint} is not a weights file ({error}); delete {self.folder}"
            ) from None

    def write_arrays(
        self, name: str, arrays: Arrays, metadata: dict[str, Any], *, replacing: str | None = None
    ) -> None:
        """Stores arrays and JSON metadata in one safetensors file."""
        contiguous = {key: np.asarray(value, order="C") for key, value in arrays.items()}
        self.write(name, save_tensors(contiguous, {"json": json.dumps(metadata)}), replacing=replacing)

    def _manifest(self) -> dict[str, dict[str, Any]]:
        data = _bytes(self.folder / "manifest.json")
        try:
            manifest: dict[str, dict[str, Any]] = json.loads(data or b"{}")
        except ValueError:
            # Only a fault of the disk leaves half a manifest: without it nothing in the folder can be trusted.
            self._set_aside("manifest.json", data)
            return {}
        return manifest

    def _list(self, manifest: dict[str, dict[str, Any]]) -> None:
        write_atomically(self.folder / "manifest.json", json.dumps(manifest, indent=1, sort_keys=True).encode())

    def _set_aside(self, name: str, damaged: bytes | None) -> None:
        """Renames a damaged file, unless a writer is at work here or has made it anew."""
        path = self.folder / name
        with suppress(Timeout), self.lock.acquire(blocking=False):
            if damaged is not None and _bytes(path) == damaged:
                path.replace(path.with_name(f"{name}.corrupt"))


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _metadata(data: bytes) -> dict[str, Any]:
    """The JSON that `write_arrays` put into the header (8 bytes of length, then the header)."""
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    metadata: dict[str, Any] = json.loads(header.get("__metadata__", {}).get("json", "{}"))
    return metadata
