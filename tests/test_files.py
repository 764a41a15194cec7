"""Folders that options name, and files that cannot be written."""

import os

import pytest

from indicators.errors import InputError
from indicators.files import make_folder, write_atomically


def test_a_folder_is_made_with_its_parents(tmp_path):
    make_folder(tmp_path / "a" / "b", "--report")
    make_folder(tmp_path / "a" / "b", "--report")

    assert (tmp_path / "a" / "b").is_dir()


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(InputError, match=r"^--report '.*file/b' is no folder to write in \(Not a directory\); name"):
        make_folder(tmp_path / "file" / "b", "--report")


def test_a_folder_without_permission_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere

    with pytest.raises(InputError, match=r"is no folder to write in \(Permission denied\)"):
        make_folder(tmp_path, "--output")


def test_a_file_that_cannot_be_written_leaves_nothing_and_says_so(tmp_path):
    (tmp_path / "folder").mkdir()

    with pytest.raises(InputError, match=r"folder' cannot be written \(Is a directory\); name another"):
        write_atomically(tmp_path / "folder", b"1")
    assert list(tmp_path.iterdir()) == [tmp_path / "folder"]
