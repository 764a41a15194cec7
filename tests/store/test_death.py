"""Nothing finished is lost and nothing half-written is read, whoever dies when."""

import hashlib
import itertools
import json
import os
import random
import signal
import stat
import time
from pathlib import Path

import pytest

from tests.fixtures.processes import SPEC, process


class Killed(BaseException):
    """Nothing that is meant for errors may catch it, as nothing can catch SIGKILL."""


STEPS = ((os, "fsync"), (Path, "replace"), (Path, "unlink"), (Path, "open"), (Path, "mkdir"))


def dies(entry, steps, *arguments, **named):
    """Writes, but dies just before the file operation after so many; tells whether it came to that."""
    left = itertools.count(steps - 1, -1)

    def dying(function):
        def step(*arguments, **named):
            if next(left) < 0:
                raise Killed
            return function(*arguments, **named)

        return step

    with pytest.MonkeyPatch.context() as patch:
        for owner, name in STEPS:
            patch.setattr(owner, name, dying(getattr(owner, name)))
        try:
            entry.write(*arguments, **named)
        except Killed:
            return True
    return False


def test_a_write_that_dies_at_any_step_leaves_the_old_content_or_the_new(store):
    seen, steps, died = [], 0, True
    while died:
        entry = store.entry(SPEC.model_copy(update={"seed": steps}))
        entry.write("history.json", b"old")

        died = dies(entry, steps, "history.json", b"new")

        seen.append(entry.read("history.json"))
        assert not list(entry.folder.glob("*.corrupt"))
        steps += 1
    assert set(seen) == {b"old", b"new"}
    assert seen == sorted(seen, reverse=True)
    assert steps > 12


def test_a_write_that_dies_twice_leaves_what_was_there_or_the_new_content(store):
    for first, second in itertools.product(range(22), range(0, 22, 3)):
        entry = store.entry(SPEC.model_copy(update={"seed": 100 * first + second}))
        entry.write("history.json", b"old")
        dies(entry, first, "history.json", b"new")
        before = entry.read("history.json")
        dies(entry, second, "history.json", b"newest")

        assert entry.read("history.json") in (before, b"newest")


def test_a_replacement_that_dies_at_any_step_leaves_one_of_the_two_files(store):
    seen, steps, died = set(), 0, True
    while died:
        entry = store.entry(SPEC.model_copy(update={"seed": steps}))
        entry.write("checkpoint-1", b"one")

        died = dies(entry, steps, "checkpoint-2", b"two", replacing="checkpoint-1")

        (name,) = entry.names()
        seen.add(name)
        assert entry.read(name) == {"checkpoint-1": b"one", "checkpoint-2": b"two"}[name]
        entry.write("checkpoint-3", b"three", replacing=name)
        assert entry.names() == ["checkpoint-3"]
        assert not list(entry.folder.glob(".*")), "what a dead writer leaves is removed by the next"
        steps += 1
    assert seen == {"checkpoint-1", "checkpoint-2"}


def test_a_first_write_that_dies_leaves_nothing_or_all(store):
    seen, steps, died = [], 0, True
    while died:
        entry = store.entry(SPEC.model_copy(update={"seed": steps}))
        died = dies(entry, steps, "history.json", b"one")
        seen.append(entry.read("history.json"))
        steps += 1

    assert set(seen) == {None, b"one"}
    assert seen[-1] == b"one"


def test_bytes_are_on_the_disk_before_their_name_is(entry, monkeypatch):
    order = []
    rename = Path.replace

    def replace(path, target):
        order.append("renamed")
        return rename(path, target)

    monkeypatch.setattr(
        os, "fsync", lambda handle: order.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "bytes")
    )
    monkeypatch.setattr(Path, "replace", replace)

    entry.write("history.json", b"one")

    assert order == ["bytes", "renamed", "folder"] * 3, "of spec.json, history.json and manifest.json"


def test_what_a_killed_process_had_listed_always_verifies(store, entry):
    writing = """
data = os.urandom(300_000)
for i in range(10_000):
    with entry.lock:
        entry.write("history.json", data[i:])
        entry.write(f"checkpoint-{i}", data[:-i or None], replacing=f"checkpoint-{i - 1}")
    if i == 0: say("ready")
"""
    draw = random.Random(0)  # noqa: S311 - the instant of a death is no secret
    for _ in range(3):
        with process(store, writing) as writer:
            assert writer.stdout.readline() == "ready\n"
            time.sleep(draw.uniform(0, 0.1))
            writer.send_signal(signal.SIGKILL)
            writer.wait()

        manifest = json.loads((entry.folder / "manifest.json").read_bytes())
        assert manifest
        for name, listed in manifest.items():
            data = (entry.folder / name).read_bytes()
            assert hashlib.sha256(data).hexdigest() in (listed["sha256"], *listed.get("next", ()))
            assert entry.read(name) == data
    assert not list(entry.folder.glob("*.corrupt"))


def test_a_reader_beside_a_writer_sees_whole_contents_only(store, entry):
    entry.write("history.json", b"\0" * 100_000)
    writing = """
with entry.lock:
    say("ready")
    for i in range(100_000):
        entry.write("history.json", bytes([i % 256]) * 100_000)
"""
    with process(store, writing, seed=0) as writer:
        assert writer.stdout.readline() == "ready\n"
        end, contents = time.monotonic() + 60, set()  # a busy machine takes long
        while len(contents) < 30 and time.monotonic() < end:
            contents.add(entry.read("history.json"))

    assert len(contents) == 30
    assert all(data is not None and len(data) == 100_000 and len(set(data)) == 1 for data in contents)
    assert not list(entry.folder.glob("*.corrupt"))


def test_writers_of_different_networks_do_not_meet(store):
    writing = """
for i in range(30):
    with entry.lock:
        entry.write(f"file-{i}", str(spec.seed * 1000 + i).encode())
say("done")
"""
    with process(store, writing, seed=1) as first, process(store, writing, seed=2) as second:
        assert [other.stdout.readline() for other in (first, second)] == ["done\n", "done\n"]

    for seed in (1, 2):
        entry = store.entry(SPEC.model_copy(update={"seed": seed}))
        assert [entry.read(f"file-{i}") for i in range(30)] == [str(seed * 1000 + i).encode() for i in range(30)]
