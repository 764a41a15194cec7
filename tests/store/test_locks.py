"""One process makes a network, and no more are at work than there are cores."""

import signal
import threading
import time
from contextlib import suppress

import pytest
from filelock import Timeout

import indicators.store
from indicators import machine
from indicators.store import Store
from tests.fixtures.processes import HOLDING, OTHER, SPEC, process


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


def test_no_more_networks_are_at_work_than_there_are_cores(store):
    working = """
import indicators.store
indicators.store.cores = lambda: 2
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
    monkeypatch.setattr(indicators.store, "cores", lambda: 1)
    holding = """
import indicators.store
indicators.store.cores = lambda: 1
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
    monkeypatch.setattr(indicators.store, "cores", lambda: 3)
    with store.slot(), store.slot(), store.slot():
        pass

    assert {path.name for path in (store.root / "locks").glob("slot-*")} <= {f"slot-{i}.lock" for i in range(3)}
    assert indicators.store.cores is not machine.cores
