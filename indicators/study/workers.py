"""Trains and measures whatever a study lacks: as many worker processes as there are cores, one network each at a time.

`prepare` is the parent: it forecasts, starts the workers, shows their progress, and reports their failures. A worker
(`python -m indicators.study.workers`) takes the next network that nobody holds, until none is left. Locks on files are
the only coordination, so several runs on one store share the work, and a killed one leaves it to the others.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple

from filelock import Timeout
from rich.console import Console

from indicators.console import say
from indicators.errors import InputError
from indicators.images.dataset import dataset_of
from indicators.machine import ONE_THREAD, accelerator, cores, require_training, slow_precision, tensorflow_defaults
from indicators.specs import ModelSpec, StudySpec, UntrainedSpec
from indicators.store import Store
from indicators.study import choosing
from indicators.study.agenda import Names, Work, diverged, parent_of, work_of
from indicators.study.measuring import measure
from indicators.study.progress import Display, Fetching

UNUSABLE_INPUT = 2
AT_ONCE_ON_CARD = 9
"""Networks that train on a graphics card together: while one stores an epoch, others keep the card busy."""
SHARE_THAT_TELLS = 0.05
"""Of the measuring done, before which its speed says nothing."""
MESSAGE = "unusable input: "
"""What the line of a worker begins with that says why; libraries print lines of their own."""


class WorkerError(RuntimeError):
    """A worker failed for a reason that is not the user's input; the message ends with its last words."""


def prepare(work: Work, store: Store, show: Callable[[Sequence[UntrainedSpec]], None], *, pause: float = 0.5) -> None:
    """Returns when every network of the work is trained and measured, calling `show(undone)` every `pause` seconds.

    Raises InputError or WorkerError with a worker's message where one fails; what is finished stays, and the next call
    goes on from there.
    """
    undone = work.undone(store)
    workers = [_Worker(work, store, number) for number in range(min(cores(), len(undone)))]
    at_work: set[str] = set()
    try:
        while undone:
            show(undone)
            time.sleep(pause)
            for worker in workers:
                worker.check()
            ended = all(worker.ended for worker in workers)
            before, at_work = at_work, store.at_work()
            # Of a thousand networks, only those may be finished now that somebody was at a moment ago.
            looked_at = None if ended else before | at_work
            undone = [spec for spec in undone if not _is_done(spec, work, store, looked_at)]
            if undone and ended:
                raise WorkerError(f"{work.label(undone[0])} was left unfinished by every worker; run again")
        show(undone)
    finally:
        for worker in workers:
            worker.stop()


def _is_done(spec: UntrainedSpec, work: Work, store: Store, looked_at: Collection[str] | None) -> bool:
    """Whether nothing is left to do for a network; False without a look at it where it is not to be looked at."""
    return (looked_at is None or spec.fingerprint in looked_at) and work.done(spec, store)


def make_study(
    study: StudySpec,
    store: Store,
    source: Path | None,
    console: Console,
    *,
    measuring: bool = True,
    only: tuple[str, ...] | None = None,
    epoch: int | None = None,
    variants: Mapping[str, Names] | None = None,
    on_seed: Callable[[int], None] = lambda _: None,
) -> Work:
    """Fetches the images of a study, trains and measures what it lacks, shows the progress; returns what was wanted.

    `only`: names of the indicators that are wanted, all of the catalog unless told; `epoch` and `variants` as for
    `work_of`; `on_seed` is called with every seed as soon as all of it is made. Raises InputError, before anything is
    fetched, where something has to be made and what trains networks is not installed.
    """
    if epoch is not None and variants is None:
        variants = {}  # they end after other numbers of epochs
    work = work_of(study, store.root, measuring=measuring, only=only, epoch=epoch, variants=variants)
    try:
        require_training()
    except InputError:
        if work.undone(store):
            raise
        _Seeds(work, on_seed)([])
        return work
    with Fetching(console) as fetching:
        work = work.model_copy(update={"folder": choosing.fetch(study, store, source, fetching)})
    make(work, store, console, on_seed)
    return work


class _Seeds:
    """Calls `on_seed` with every seed of some work once, when nothing of it is undone any more."""

    def __init__(self, work: Work, on_seed: Callable[[int], None]) -> None:
        self._left, self._on_seed = dict.fromkeys(spec.seed for spec in work.networks()), on_seed

    def __call__(self, undone: Sequence[UntrainedSpec]) -> None:
        unfinished = {spec.seed for spec in undone}
        for seed in [seed for seed in self._left if seed not in unfinished]:
            del self._left[seed]
            self._on_seed(seed)


def make(work: Work, store: Store, console: Console, on_seed: Callable[[int], None] = lambda _: None) -> None:
    """Trains and measures what is missing of some work, after saying how much that is."""
    undone, seeds = work.undone(store), _Seeds(work, on_seed)
    seeds(undone)
    if not undone:
        return
    say(console, *_forecast(work, undone, store))
    try:
        with Display(console, store, len(work.networks())) as show:

            def note(left: Sequence[UntrainedSpec]) -> None:
                show(left)
                seeds(left)

            prepare(work, store, note)
    except KeyboardInterrupt:
        say(console, "interrupted: whole epochs and measurements are kept; the same command goes on from there")
        raise


def _forecast(work: Work, undone: Sequence[UntrainedSpec], store: Store) -> list[str]:
    """What there is to do, before it is begun, in lines."""
    training = [
        spec for spec in undone if isinstance(spec, ModelSpec) and not store.entry(spec).has("final.safetensors")
    ]
    text = f"to train: {len(training)} networks"
    if work.measuring is not None:
        images = sum(map(work.images, undone))
        text += f"; to measure: {len(undone)} networks, {images / 1e6:.1f} million images forward"
    text += f"; at once: {min(cores(), len(undone))}; store: {store.root}"
    slow = slow_precision(training[0].recipe.precision) if training else ""
    return [text, f"warning: {slow}"] if slow else [text]


class _Worker:
    """One worker process with one thread per core it may use."""

    def __init__(self, work: Work, store: Store, number: int) -> None:
        self._log = store.log(f"worker-{os.getpid()}-{number}")
        self._stopped = False
        # Many share a card: none may take its memory at once, and what one has compiled serves all.
        jax = {
            "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
            "JAX_COMPILATION_CACHE_DIR": str(store.compiled),
            # The many small programs of a measuring too: together they take longer than the large ones.
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        }
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-m", "indicators.study.workers", str(store.root)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env={"KERAS_BACKEND": "tensorflow", **tensorflow_defaults(), **jax, **os.environ, **ONE_THREAD},
                start_new_session=True,
            )
        stdin = self._process.stdin
        if stdin is not None:
            stdin.write(work.model_dump_json().encode() + b"\n")
            stdin.flush()

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def check(self) -> None:
        """Raises what went wrong in the worker, if anything."""
        if self._process.poll() in (None, 0):
            return
        lines = [line for line in self._log.read_text(errors="replace").splitlines() if line.strip()]
        for line in lines:
            if self._process.returncode == UNUSABLE_INPUT and line.startswith(MESSAGE):
                raise InputError(json.loads(line.removeprefix(MESSAGE)))
        last = "\n".join(lines[-15:]) or "it left no message"
        raise WorkerError(f"a worker {self._end()}; its last words ({self._log}):\n{last}")

    def _end(self) -> str:
        if self._process.returncode == -signal.SIGKILL:
            return (
                "was killed, probably for lack of memory: end other programs or allow fewer cores "
                "(`taskset --cpu-list 0 ...`), and run again; what is finished stays"
            )
        return f"ended with status {self._process.returncode}"

    def stop(self) -> None:
        """Ends the worker at once; what it had finished is stored, and its locks are free."""
        if not self.ended:
            self._stopped = True
            self._process.kill()
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()
        if self._stopped or self._process.returncode == 0:
            self._log.unlink(missing_ok=True)


def run_worker(work: Work, store: Store) -> None:
    """Makes networks until none of the work is left, waiting for those that others hold.

    Seed after seed, so that whatever ends the work leaves whole ones; of a seed all are trained before the first is
    measured, and who finds nothing to do there begins with the next seed. On a graphics card a few train at once, and
    the others measure what is trained: indicators are the processor's matter.
    """
    jobs = [
        Jobs(part, deque(networks))
        for networks in _by_seed(work.networks())
        for part in (work.model_copy(update={"training_only": True}), work)
    ]
    while jobs := [part for part in jobs if part.left]:
        if not any(_next(part, store) for part in jobs):
            time.sleep(0.5)


def _by_seed(networks: Sequence[UntrainedSpec]) -> list[list[UntrainedSpec]]:
    """The networks of every seed, in the order in which seeds first appear."""
    seeds = dict.fromkeys(spec.seed for spec in networks)
    return [[spec for spec in networks if spec.seed == seed] for seed in seeds]


class Jobs(NamedTuple):
    """Networks that a part of the work is not known to be done of."""

    part: Work
    left: deque[UntrainedSpec]


def _next(jobs: Jobs, store: Store) -> bool:
    """Makes the next network, or finds that it is made; False where none is ready that nobody else is at.

    What is made is never looked at again: the cost of a thousand networks is a thousand times that of one.
    """
    for _ in range(len(jobs.left)):
        spec = jobs.left.popleft()
        if jobs.part.done(spec, store) or (jobs.part.ready(spec, store) and _try(spec, jobs.part, store)):
            return True
        jobs.left.append(spec)
    return False


def _try(spec: UntrainedSpec, work: Work, store: Store) -> bool:
    """Makes one network, or returns False where another process is at it."""
    entry = store.entry(spec)
    # First the slot: who waited for one with a network in hand would block those in a slot who wait for that network.
    with store.slot(), _place(work, store) as may:
        if not may:
            return False
        try:
            entry.lock.acquire(blocking=False)
        except Timeout:
            return False
        try:
            if not work.done(spec, store):
                _make(spec, work, store)
        finally:
            store.clear_progress(spec)
            entry.lock.release()
    return True


def _place(work: Work, store: Store) -> AbstractContextManager[bool]:
    """Whether the work may begin, and for training its place on the card where there is one."""
    return store.place_on_card(AT_ONCE_ON_CARD) if work.training_only and accelerator() else nullcontext(True)


def _make(spec: UntrainedSpec, work: Work, store: Store) -> None:
    from indicators.networks import training
    from indicators.networks.architectures import contract

    progress = _Notes(spec, work, store)
    entry = store.entry(spec)
    dataset = dataset_of(work.folder, spec.data)
    progress(phase="starting")
    if not entry.has("final.safetensors"):
        # All that will be trained, before the first is: what is refused has cost nothing.
        contract.require_trainable(work.networks(), work.folder)
    start = spec.untrained if isinstance(spec, ModelSpec) else spec
    training.prepare_untrained(start, store.entry(start), dataset)
    if isinstance(spec, ModelSpec) and None in (entry.read("final.safetensors"), entry.read("history.json")):
        if lost := _diverged_before(spec, work, store):
            entry.write("history.json", lost)
            return
        initial = store.entry(start).read_arrays("initial.safetensors")
        if initial is None:
            raise InputError(f"the initial weights of {start.label} were damaged and set aside; run again")
        try:
            parent = store.entry(spec.parent).read_arrays("final.safetensors") if spec.start else None
            training.train(spec, entry, dataset, initial[0], progress, parent and parent[0])
        except training.DivergenceError:
            if not work.may_diverge(spec):
                raise
            return
    if work.measuring is not None and not work.training_only:
        measure(spec, store, dataset, work.measuring, progress, only=work.only_of(spec), epoch=work.epoch)


def _diverged_before(spec: ModelSpec, work: Work, store: Store) -> bytes | None:
    """The record of the network whose weights a start goes by, where that diverged and this counts as an answer."""
    first = parent_of(spec)
    log = store.entry(first).read("history.json") if first is not None and work.may_diverge(spec) else None
    return log if log is not None and diverged(log) else None


class _Notes:
    """Notes the progress of one network, with the time that this will still take, and then its measuring."""

    def __init__(self, spec: UntrainedSpec, work: Work, store: Store) -> None:
        self._spec, self._store, self._label = spec, store, work.label(spec)
        self._to_measure = work.images(spec)
        self._begun = self._measuring_since = time.monotonic()

    def __call__(self, *, phase: str, **state: Any) -> None:
        now = time.monotonic()
        if phase == "training":
            self._measuring_since = now
            # A training step costs about three passes forward.
            state["then"] = self._to_measure / (3 * state["images_per_second"])
        elif state.get("share", 0) >= SHARE_THAT_TELLS:
            state["seconds_left"] = (now - self._measuring_since) * (1 - state["share"]) / state["share"]
        self._store.note_progress(self._spec, label=self._label, phase=phase, elapsed=now - self._begun, **state)


def _end_with_parent() -> None:
    """Ends this process when its parent closes the pipe, even by being killed: no training outlives its run."""

    def watch() -> None:
        # Not through sys.stdin: a thread in the middle of a buffered read aborts the interpreter when the worker ends.
        while os.read(sys.stdin.fileno(), 1):
            pass
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def main() -> int:
    """A worker's process: work on standard input, folder of the store as argument."""
    work = Work.model_validate_json(sys.stdin.buffer.readline())
    _end_with_parent()
    try:
        run_worker(work, Store(Path(sys.argv[1])))
    except InputError as error:
        sys.stderr.write(f"\n{MESSAGE}{json.dumps(str(error))}\n")
        return UNUSABLE_INPUT
    return 0


if __name__ == "__main__":
    sys.exit(main())
