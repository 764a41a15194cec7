"""Whatever is damaged is set aside, and never read."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import indicators.store
from indicators.store import Store
from tests.fixtures.folders import names_in
from tests.fixtures.processes import HOLDING, SPEC, flip, process


@pytest.mark.parametrize("position", [0, 2, -1])
def test_a_flipped_bit_sets_the_file_aside(entry, position):
    entry.write("history.json", b"some content")
    flip(entry.folder / "history.json", position)

    assert entry.read("history.json") is None
    assert names_in(entry.folder) == ["history.json.corrupt", "manifest.json", "spec.json"]
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
    honest = indicators.store._bytes

    def overtaken(path):
        # The manifest has been read; before the file is, another content is written.
        if path.name == "history.json":
            monkeypatch.setattr(indicators.store, "_bytes", honest)
            entry.write("history.json", b"new")
        return honest(path)

    monkeypatch.setattr(indicators.store, "_bytes", overtaken)

    assert entry.read("history.json") == b"new"
    assert "history.json.corrupt" not in names_in(entry.folder)


def test_a_damaged_file_is_left_alone_while_somebody_is_at_work_on_it(store, entry):
    entry.write("history.json", b"one")
    flip(entry.folder / "history.json", 0)

    with process(store, HOLDING) as holder:
        assert holder.stdout.readline() == "held\n"
        assert entry.read("history.json") is None
        assert (entry.folder / "history.json").exists()

    assert entry.read("history.json") is None
    assert (entry.folder / "history.json.corrupt").exists()
