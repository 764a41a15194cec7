"""Nothing finished is lost and nothing half-written is read, whoever dies when."""

import errno
import hashlib
import itertools
import json
import os
import random
import signal
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest
from filelock import Timeout
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import indicators
from indicators import machine
from indicators import store as stores
from indicators.errors import InputError
from indicators.specs import ArchitectureSpec, DataSpec, UntrainedSpec
from indicators.store import Store

SPEC = UntrainedSpec(architecture=ArchitectureSpec(), data=DataSpec(), seed=0)
OTHER = SPEC.model_copy(update={"seed": 1})

PRELUDE = """
import os, sys, time
from pathlib import Path
from indicators.specs import ArchitectureSpec, DataSpec, UntrainedSpec
from indicators.store import Store
store = Store(Path(sys.argv[1]))
spec = UntrainedSpec(architecture=ArchitectureSpec(), data=DataSpec(), seed=int(sys.argv[2]))
entry = store.entry(spec)
def say(word): print(word, flush=True)
"""


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def entry(store):
    return store.entry(SPEC)


@contextmanager
def process(store, script, seed=0):
    """Another process at work on the same store; the script begins where `store`, `spec` and `entry` are known."""
    environment = {**os.environ, "PYTHONPATH": str(Path(indicators.__file__).parents[1]), "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(  # noqa: S603 - our own interpreter and script
        [sys.executable, "-c", PRELUDE + script, str(store.root), str(seed)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
    ) as other:
        try:
            yield other
        finally:
            other.kill()


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def flip(path, position, bit=0):
    data = bytearray(path.read_bytes())
    data[position] ^= 1 << bit
    path.write_bytes(data)


# What is written is read


def test_what_was_written_is_read_by_any_store_on_the_folder(store, entry):
    entry.write("history.json", b"one")

    again = Store(store.root).entry(SPEC)
    assert again.read("history.json") == b"one"
    assert again.has("history.json")
    assert again.names() == ["history.json"]


def test_an_entry_says_what_it_is_of(entry):
    entry.write("history.json", b"one")

    assert UntrainedSpec.model_validate_json((entry.folder / "spec.json").read_bytes()) == SPEC
    assert entry.folder.name == SPEC.fingerprint


def test_what_was_never_written_is_none(entry):
    assert entry.read("history.json") is None
    assert entry.read_arrays("final.safetensors") is None
    assert not entry.has("history.json")
    assert entry.names() == []
    assert not entry.folder.exists()


def test_specs_do_not_share_files(store, entry):
    entry.write("history.json", b"one")

    assert store.entry(OTHER).read("history.json") is None


def test_a_new_content_replaces_the_old_one(entry):
    entry.write("history.json", b"one")
    entry.write("history.json", b"two")

    assert entry.read("history.json") == b"two"
    assert files(entry.folder) == ["history.json", "manifest.json", "spec.json"]


def test_a_file_replaces_another_in_one_stroke(entry):
    entry.write("checkpoint-1", b"one")
    entry.write("checkpoint-2", b"two", replacing="checkpoint-1")

    assert entry.names() == ["checkpoint-2"]
    assert files(entry.folder) == ["checkpoint-2", "manifest.json", "spec.json"]


@pytest.mark.parametrize("replacing", ["never-there", "same"])
def test_replacing_what_is_not_there_or_itself_loses_nothing(entry, replacing):
    entry.write("same", b"one")
    entry.write("same", b"two", replacing=replacing)

    assert entry.read("same") == b"two"


def test_a_file_that_the_manifest_does_not_list_does_not_count(entry):
    entry.write("history.json", b"one")
    (entry.folder / "final.safetensors").write_bytes(b"left by a crash")

    assert entry.read("final.safetensors") is None
    assert not entry.has("final.safetensors")
    assert (entry.folder / "final.safetensors").exists()


def test_a_listed_file_that_is_gone_does_not_count(entry):
    entry.write("history.json", b"one")
    (entry.folder / "history.json").unlink()

    assert entry.read("history.json") is None
    assert not entry.has("history.json")


# Damage


@pytest.mark.parametrize("position", [0, 2, -1])
def test_a_flipped_bit_sets_the_file_aside(entry, position):
    entry.write("history.json", b"some content")
    flip(entry.folder / "history.json", position)

    assert entry.read("history.json") is None
    assert files(entry.folder) == ["history.json.corrupt", "manifest.json", "spec.json"]
    assert not entry.has("history.json")

    entry.write("history.json", b"made again")
    assert entry.read("history.json") == b"made again"


@pytest.mark.parametrize("damaged", [b"", b"some con", b"some content and more"], ids=["empty", "short", "long"])
def test_a_file_of_another_length_is_set_aside(entry, damaged):
    entry.write("history.json", b"some content")
    (entry.folder / "history.json").write_bytes(damaged)

    assert entry.read("history.json") is None
    assert (entry.folder / "history.json.corrupt").read_bytes() == damaged


@pytest.mark.parametrize("bit", [0, 1, 5, 7], ids=lambda bit: f"bit {bit}")
def test_any_bit_of_a_manifest_may_flip_without_a_wrong_answer(entry, bit):
    entry.write("final", b"one")
    manifest, final = entry.folder / "manifest.json", entry.folder / "final"
    sound = manifest.read_bytes()

    for position in range(len(sound)):
        flip(manifest, position, bit)
        assert entry.read("final") in (b"one", None)
        manifest.write_bytes(sound)
        if not final.exists():
            final.write_bytes(b"one")


@pytest.mark.parametrize("damaged", [b"{", b"\xff\xfe{}", b"\0" * 64], ids=["torn", "no text", "zeros"])
def test_a_damaged_manifest_is_set_aside_and_nothing_of_it_trusted(entry, damaged):
    entry.write("history.json", b"one")
    (entry.folder / "manifest.json").write_bytes(damaged)

    assert entry.read("history.json") is None
    assert entry.names() == []
    assert (entry.folder / "manifest.json.corrupt").read_bytes() == damaged

    entry.write("history.json", b"again")
    assert entry.read("history.json") == b"again"


def at_once(*functions):
    """What the functions return when threads call them at the same instant."""
    barrier = threading.Barrier(len(functions), timeout=10)

    def call(function):
        barrier.wait()
        return function()

    with ThreadPoolExecutor(len(functions)) as pool:
        return list(pool.map(call, functions))


def test_readers_of_one_damaged_file_do_not_disturb_each_other(store, entry):
    entry.write("history.json", b"one")
    readers = [Store(store.root).entry(SPEC) for _ in range(8)]

    for _ in range(5):
        entry.write("history.json", b"one")
        flip(entry.folder / "history.json", 0)
        assert at_once(*[lambda reader=reader: reader.read("history.json") for reader in readers]) == [None] * 8


def test_a_store_may_be_opened_many_times_at_once(tmp_path):
    for _ in range(20):
        assert len(at_once(*[lambda: Store(tmp_path)] * 8)) == 8


def test_a_reader_that_is_overtaken_by_a_writer_does_not_set_its_file_aside(entry, monkeypatch):
    entry.write("history.json", b"old")
    honest = stores._bytes

    def overtaken(path):
        # The manifest has been read; before the file is, another content is written.
        if path.name == "history.json":
            monkeypatch.setattr(stores, "_bytes", honest)
            entry.write("history.json", b"new")
        return honest(path)

    monkeypatch.setattr(stores, "_bytes", overtaken)

    assert entry.read("history.json") == b"new"
    assert "history.json.corrupt" not in files(entry.folder)


# Death at any instant


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


# Arrays

DTYPES = ("bool", "int8", "uint8", "int16", "int32", "int64", "uint64", "float16", "float32", "float64", ">f4")


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.text(max_size=8).filter(lambda name: name != "__metadata__"),
        st.sampled_from(DTYPES).flatmap(lambda kind: arrays(kind, array_shapes(min_dims=0, min_side=0, max_side=3))),
        max_size=4,
    ),
    st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=8) | st.lists(st.booleans(), max_size=2)),
)
def test_arrays_come_back_with_shape_type_bits_and_metadata(tmp_path_factory, named, metadata):
    entry = Store(tmp_path_factory.getbasetemp() / "arrays").entry(SPEC)

    entry.write_arrays("final.safetensors", named, metadata)

    read, described = entry.read_arrays("final.safetensors")
    assert described == metadata
    assert read.keys() == named.keys()
    for name, array in named.items():
        assert read[name].shape == array.shape
        assert read[name].dtype == array.dtype.newbyteorder("=")
        assert read[name].tobytes() == array.astype(read[name].dtype).tobytes()


def test_arrays_in_any_order_of_memory_come_back_the_same(entry):
    array = np.arange(24.0).reshape(2, 3, 4)
    named = {"transposed": array.T, "strided": array[:, ::2, ::-1], "fortran": np.asfortranarray(array)}

    entry.write_arrays("final.safetensors", named, {})

    read, _ = entry.read_arrays("final.safetensors")
    assert all(np.array_equal(read[name], named[name]) for name in named)


def test_a_number_without_dimensions_stays_one(entry):
    entry.write_arrays("final.safetensors", {"iteration": np.int64(7)}, {})

    read, _ = entry.read_arrays("final.safetensors")
    assert read["iteration"].shape == ()
    assert read["iteration"] == 7


def test_damaged_arrays_count_as_none(entry):
    entry.write_arrays("final.safetensors", {"kernel": np.ones(9)}, {})
    flip(entry.folder / "final.safetensors", -1, bit=6)

    assert entry.read_arrays("final.safetensors") is None


def test_what_is_listed_but_no_weights_file_says_what_to_delete(entry):
    entry.write("final.safetensors", b"no weights")

    with pytest.raises(InputError, match=r"^final.safetensors of .* is not a weights file .*; delete /") as caught:
        entry.read_arrays("final.safetensors")

    assert "\n" not in str(caught.value)


# Locks

HOLDING = """
with entry.lock:
    say("held")
    sys.stdin.read()
say("free")
"""


def test_a_second_process_cannot_take_a_lock_until_it_is_free(store, entry):
    with process(store, HOLDING) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(Timeout):
            entry.lock.acquire(blocking=False)
        with store.entry(OTHER).lock.acquire(blocking=False):
            pass

        holder.stdin.close()
        assert holder.stdout.readline() == "free\n"
        with entry.lock.acquire(timeout=5):
            assert entry.lock.is_locked


def test_a_lock_dies_with_its_holder(store, entry):
    with process(store, HOLDING) as holder:
        assert holder.stdout.readline() == "held\n"
        holder.send_signal(signal.SIGKILL)
        holder.wait()

        with entry.lock.acquire(timeout=5):
            assert entry.lock.is_locked


def test_a_holder_may_take_its_lock_again(store, entry):
    with entry.lock:
        with Store(store.root).entry(SPEC).lock.acquire(blocking=False):
            pass
        assert entry.lock.is_locked
    assert not entry.lock.is_locked


def test_a_damaged_file_is_left_alone_while_somebody_is_at_work_on_it(store, entry):
    entry.write("history.json", b"one")
    flip(entry.folder / "history.json", 0)

    with process(store, HOLDING) as holder:
        assert holder.stdout.readline() == "held\n"
        assert entry.read("history.json") is None
        assert (entry.folder / "history.json").exists()

    assert entry.read("history.json") is None
    assert (entry.folder / "history.json.corrupt").exists()


# Slots


def test_no_more_networks_are_at_work_than_there_are_cores(store):
    working = """
from indicators import store as stores
stores.cores = lambda: 2
say("ready")
sys.stdin.readline()
for _ in range(3):
    with store.slot():
        mark = store.root / "logs" / str(os.getpid())
        mark.touch()
        say(len(list((store.root / "logs").iterdir())))
        time.sleep(0.02)
        mark.unlink()
"""
    with process(store, working) as a, process(store, working) as b, process(store, working) as c:
        workers = (a, b, c)
        assert [worker.stdout.readline() for worker in workers] == ["ready\n"] * 3
        for worker in workers:
            worker.stdin.write("go\n")
            worker.stdin.flush()
        at_once = [int(word) for worker in workers for word in worker.stdout.read().split()]

    assert len(at_once) == 9
    assert max(at_once) <= 2


def test_a_slot_waits_for_one_to_become_free_and_gives_it_back_after_an_error(store, monkeypatch):
    monkeypatch.setattr(stores, "cores", lambda: 1)
    holding = """
from indicators import store as stores
stores.cores = lambda: 1
with store.slot():
    say("held")
    sys.stdin.read()
"""
    with process(store, holding) as holder:
        assert holder.stdout.readline() == "held\n"
        begun = time.monotonic()
        freed = threading.Timer(0.3, holder.stdin.close)
        freed.start()
        with suppress(ZeroDivisionError), store.slot():
            waited = time.monotonic() - begun
            _ = 1 / 0
        with store.slot():
            freed.join()
    assert waited >= 0.25


def test_there_are_as_many_slots_as_cores(store, monkeypatch):
    monkeypatch.setattr(stores, "cores", lambda: 3)
    with store.slot(), store.slot(), store.slot():
        pass

    assert {path.name for path in (store.root / "locks").glob("slot-*")} <= {f"slot-{i}.lock" for i in range(3)}
    assert stores.cores is not machine.cores


# Progress


def test_a_note_of_progress_is_read_until_it_is_cleared(store):
    assert store.progress(SPEC) is None

    store.note_progress(SPEC, phase="training", epoch=3)
    note = store.progress(SPEC)
    assert (note["phase"], note["epoch"]) == ("training", 3)
    assert abs(note["updated"] - time.time()) < 60
    assert store.progress(OTHER) is None

    store.clear_progress(SPEC)
    store.clear_progress(SPEC)
    assert store.progress(SPEC) is None


def test_the_note_of_a_killed_worker_is_forgotten(store, monkeypatch):
    store.note_progress(SPEC, phase="training")
    now = time.time()

    monkeypatch.setattr(time, "time", lambda: now + 100)
    assert store.progress(SPEC)["phase"] == "training"
    monkeypatch.setattr(time, "time", lambda: now + 200)
    assert store.progress(SPEC) is None


def test_a_note_of_progress_is_never_half_read(store):
    noting = """
say("ready")
for i in range(1_000_000):
    store.note_progress(spec, phase="x" * (i % 5000), size=i % 5000)
"""
    with process(store, noting) as writer:
        assert writer.stdout.readline() == "ready\n"
        end, sizes = time.monotonic() + 10, set()
        while len(sizes) < 100 and time.monotonic() < end:
            note = store.progress(SPEC) or {"phase": "", "size": 0}
            assert len(note["phase"]) == note["size"]
            sizes.add(note["size"])

    assert len(sizes) == 100


# Where it is


def test_the_environment_names_the_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("INDICATORS_STORE", str(tmp_path / "mine"))

    assert Store().root == tmp_path / "mine"
    assert Store(tmp_path / "other").root == tmp_path / "other"


def test_an_empty_environment_means_the_data_folder_of_the_user(monkeypatch):
    monkeypatch.setenv("INDICATORS_STORE", "")

    assert stores.default_root().name == "generalization-indicators"


@pytest.mark.parametrize("place", ["/dev/null/store", "file", "file/store"])
def test_a_store_that_cannot_be_written_is_said_in_one_line(tmp_path, place):
    (tmp_path / "file").touch()

    with pytest.raises(InputError) as caught:
        Store(tmp_path / place)

    message = str(caught.value)
    assert message.startswith(f"store={str(tmp_path / place)!r} cannot be written (")
    assert message.endswith("name a folder of yours with --store or INDICATORS_STORE")
    assert "\n" not in message


def test_a_disk_that_refuses_is_said_in_one_line_and_keeps_what_it_has(entry, monkeypatch):
    entry.write("history.json", b"one")

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(InputError, match=r"cannot be written \(No space left on device\); free some space or name"):
        entry.write("history.json", b"two")

    assert entry.read("history.json") == b"one"
    assert files(entry.folder) == ["history.json", "manifest.json", "spec.json"]
