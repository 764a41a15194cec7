"""What the store is tested with: one network's entry, on a disk that nobody waits for."""

import os

import pytest

from tests.fixtures.processes import SPEC


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def entry(store):
    return store.entry(SPEC)
