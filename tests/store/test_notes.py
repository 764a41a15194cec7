"""What is being done with a network, said in a note."""

import time

from tests.fixtures.processes import OTHER, SPEC, process


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
