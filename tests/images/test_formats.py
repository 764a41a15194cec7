"""Every format of CIFAR-10 gives the same arrays, and nothing else is let in."""

import os
import pickle
import tarfile
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from indicators.errors import InputError
from indicators.images.cifar10 import fetch_cifar10
from indicators.images.formats import unpack
from tests.fixtures.cifar10 import (
    PUBLICATIONS,
    STEMS,
    assert_holds,
    batches_folder,
    folder_with_python_archive,
    pack,
    random_arrays,
    refusal,
    sheets_folder,
    the_archive_itself,
    write_batches,
)
from tests.fixtures.folders import names_in


@pytest.fixture
def arrays():
    return random_arrays()


@pytest.mark.parametrize("publish", PUBLICATIONS)
def test_every_publication_gives_the_same_arrays(publish, arrays, expected, tmp_path):
    source = publish(tmp_path / "source", arrays)

    root = fetch_cifar10(tmp_path / "root", source=source, expected=expected)

    assert_holds(root, arrays)


@pytest.mark.parametrize("publish", PUBLICATIONS[:-1])
def test_what_a_user_puts_into_the_store_is_found(publish, arrays, expected, tmp_path):
    root = publish(tmp_path / "root", arrays)

    fetch_cifar10(root, expected=expected)

    assert_holds(root, arrays)


def test_a_torn_folder_does_not_hide_a_good_archive_beside_it(arrays, expected, tmp_path):
    source = folder_with_python_archive(tmp_path / "source", arrays)
    write_batches(source / "cifar-10-batches-py", arrays)
    torn = source / "cifar-10-batches-py" / "data_batch_3"
    torn.write_bytes(torn.read_bytes()[:100])

    root = fetch_cifar10(tmp_path / "root", source=source, expected=expected)

    assert_holds(root, arrays)


def test_an_incomplete_folder_is_told_what_it_lacks(arrays, expected, tmp_path):
    source = batches_folder(tmp_path / "source", arrays)
    (source / "data_batch_2").unlink()

    assert f"{source} lacks data_batch_2" in refusal(source, expected, tmp_path)


def test_a_torn_archive_is_named(arrays, expected, tmp_path):
    source = the_archive_itself(tmp_path / "source", arrays)
    source.write_bytes(source.read_bytes()[:-500])

    assert f"{source} cannot be read" in refusal(source, expected, tmp_path)


def test_an_archive_of_something_else_is_refused(expected, tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "readme").write_text("nothing")
    pack(tmp_path / "x", tmp_path / "other.tgz", "x")

    said = refusal(tmp_path / "other.tgz", expected, tmp_path)

    assert "is an archive without the files of CIFAR-10" in said


@pytest.mark.parametrize(
    ("sheet", "message"),
    [
        pytest.param(np.zeros((10, 25, 3), np.uint8), "a RGB picture of 25 x 10 pixels, expected", id="size"),
        pytest.param(np.zeros((10, 24), np.uint8), "a L picture of 24 x 10 pixels, expected RGB", id="gray"),
        pytest.param(np.zeros((9, 24, 3), np.uint8), "a RGB picture of 24 x 9 pixels, expected", id="rows"),
    ],
)
def test_a_wrong_sheet_is_refused_with_its_form(arrays, expected, tmp_path, sheet, message):
    source = sheets_folder(tmp_path / "source", arrays)
    Image.fromarray(sheet).save(source / "data_batch_4.png")

    said = refusal(source, expected, tmp_path)

    assert f"{source / 'data_batch_4.png'} is {message}" in said


@pytest.mark.parametrize(
    ("file", "content"),
    [
        pytest.param("data_batch_1.png", b"\x89PNG\r\n\x1a\n and no more", id="torn-sheet"),
        pytest.param("train_lables.json", b"[1, 2", id="torn-labels"),
        pytest.param("train_lables.json", b"[1, 2, 300]", id="labels-beyond-a-byte"),
        pytest.param("train_lables.json", b'["cat"]', id="labels-in-words"),
    ],
)
def test_a_damaged_file_of_the_package_is_named(arrays, expected, tmp_path, file, content):
    source = sheets_folder(tmp_path / "source", arrays)
    (source / file).write_bytes(content)

    assert f"{source / file} cannot be read" in refusal(source, expected, tmp_path)


class Trap:
    """Runs a command when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_a_batch_that_would_run_something_runs_nothing(arrays, expected, tmp_path):
    source = batches_folder(tmp_path / "source", arrays)
    (source / "data_batch_1").write_bytes(pickle.dumps({b"data": Trap(tmp_path / "trapped"), b"labels": []}))

    said = refusal(source, expected, tmp_path)

    assert "mkdir, which no batch of CIFAR-10 contains" in said
    assert not (tmp_path / "trapped").exists()


@pytest.mark.parametrize(
    ("pixels", "message"),
    [
        pytest.param(np.zeros((10, 72)), "an array of 'f8' instead of unsigned bytes", id="another-type"),
        pytest.param(np.zeros((72, 10), np.uint8).T, "'u1' instead of .* row-major", id="column-major"),
        pytest.param(np.zeros((10, 71), np.uint8), "cannot be read .*reshape", id="another-size"),
        pytest.param([[0] * 72] * 10, "cannot be read .*list", id="lists"),
    ],
)
def test_a_batch_with_anything_but_rows_of_bytes_is_refused(arrays, expected, tmp_path, pixels, message):
    source = batches_folder(tmp_path / "source", arrays)
    (source / "data_batch_1").write_bytes(pickle.dumps({b"data": pixels, b"labels": [0] * 10}))

    with pytest.raises(InputError, match=message):
        fetch_cifar10(tmp_path / "root", source=source, expected=expected)


def test_a_batch_too_large_to_be_one_is_not_read(arrays, expected, tmp_path):
    source = batches_folder(tmp_path / "source", arrays)
    with (source / "data_batch_1").open("wb") as file:
        file.truncate(65 * 2**20)

    assert "no batch of CIFAR-10 is that large" in refusal(source, expected, tmp_path)


def test_nothing_in_an_archive_is_written_outside_or_followed(arrays, tmp_path):
    source = batches_folder(tmp_path / "source", arrays)
    with tarfile.open(tmp_path / "evil.tgz", "w:gz") as tar:
        for stem in STEMS[1:]:
            tar.add(source / stem, f"../../../{stem}")
        link = tarfile.TarInfo("data_batch_1")
        link.type, link.linkname = tarfile.SYMTYPE, str(source / "data_batch_1")
        tar.addfile(link)
        tar.addfile(tarfile.TarInfo("/outside"), BytesIO())
    work = tmp_path / "work" / "deep" / "deeper"

    unpacked = unpack(tmp_path / "evil.tgz", work / "unpacked")

    assert names_in(unpacked) == STEMS[1:]
    assert names_in(tmp_path) == ["evil.tgz", "source", "work"]
    assert names_in(work) == ["unpacked"]
