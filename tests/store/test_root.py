"""Where the store is, and a disk that refuses it."""

import errno
import os

import pytest

from indicators.errors import InputError
from indicators.store import Store, default_root
from tests.fixtures.folders import names_in


def test_the_environment_names_the_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("INDICATORS_STORE", str(tmp_path / "mine"))

    assert Store().root == tmp_path / "mine"
    assert Store(tmp_path / "other").root == tmp_path / "other"


def test_an_empty_environment_means_the_data_folder_of_the_user(monkeypatch):
    monkeypatch.setenv("INDICATORS_STORE", "")

    assert default_root().name == "generalization-indicators"


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
    assert names_in(entry.folder) == ["history.json", "manifest.json", "spec.json"]
