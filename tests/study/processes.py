"""What tests of workers have in common: runs and workers in processes of their own, and networks that look made."""

import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from indicators.sources.layout import file_name
from indicators.specs import ModelSpec
from indicators.study.measuring import missing

# Whoever may use one core has one worker, and shares one slot with all others of one core, whichever core it is.
ONE_CORE = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0), key=lambda core: core ^ os.getpid())})\n"

# A run as a user starts it.
RUN = (
    ONE_CORE
    + """
import sys
from pathlib import Path
from indicators.study import workers
from indicators.store import Store
from indicators.study.agenda import Work
work = Work.model_validate_json(sys.stdin.readline())
workers.prepare(work, Store(Path(sys.argv[1])), lambda undone: None, pause=0.1)
print("keras" in sys.modules or "tensorflow" in sys.modules)
"""
)

# A worker whose networks take a tenth of a second and leave a note of when.
HANDS = (
    ONE_CORE
    + """
import sys, time
from pathlib import Path
from indicators.study import workers
from indicators.specs import ModelSpec
from indicators.store import Store
from indicators.study.agenda import Work

def make(spec, work, store):
    begun, entry = time.monotonic(), store.entry(spec)
    if isinstance(spec, ModelSpec):
        with store.entry(spec.untrained).lock:
            time.sleep(0.1)
        entry.write("history.json", b"{}")
    entry.write("final.safetensors" if isinstance(spec, ModelSpec) else "initial.safetensors", b"weights")
    with open(sys.argv[2], "a") as file:
        file.write(f"{spec.fingerprint} {begun} {time.monotonic()}\\n")

workers._make = make
workers.run_worker(Work.model_validate_json(sys.stdin.readline()), Store(Path(sys.argv[1])))
"""
)


def pretend(work, store):
    """Stores everything that the work asks for, as if it had been made."""
    for spec in work.networks():
        entry = store.entry(spec)
        if isinstance(spec, ModelSpec):
            entry.write("history.json", b"{}")
        entry.write("final.safetensors" if isinstance(spec, ModelSpec) else "initial.safetensors", b"weights")
        for state, row in missing(spec, entry, work.measuring) if work.measuring else ():
            entry.write(file_name(row, work.measuring, state), b"numbers")


@contextmanager
def started(code, work, *arguments):
    """A process of ours that has its work; it ends with the test."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, **pipes, text=True) as process:  # noqa: S603  # our own code
        process.stdin.write(work.model_dump_json() + "\n")
        process.stdin.flush()
        try:
            yield process
        finally:
            process.kill()


def wait_for(condition, *, seconds=90):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def ended(pid):
    """Whether a process is gone, or was killed and waits to be reaped."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True
