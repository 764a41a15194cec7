"""Shows which networks are at work, how far they are and what is left: live on a terminal, else lines now and then."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from rich import box
from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TimeRemainingColumn
from rich.progress_bar import ProgressBar

from indicators.console import TextTable, say, shown, together
from indicators.machine import cores
from indicators.specs import ModelSpec, UntrainedSpec
from indicators.store import Store

if TYPE_CHECKING:
    from rich.text import Text

Note = dict[str, Any]
"""What `Store.progress` knows of a network at work."""

SECONDS_BETWEEN_LINES = 20


class Display:
    """Shows the work on `total` networks; call it with those that are not finished."""

    def __init__(self, console: Console, store: Store, total: int) -> None:
        self._console, self._store, self._total = console, store, total
        self._live = Live(console=console, auto_refresh=False, transient=True) if console.is_terminal else None
        self._begun = self._said = time.monotonic()
        self._seen: dict[str, dict[str, float]] = {"training": {}, "measuring": {}}
        self._forecast: dict[str, float] = {}
        self._trained: set[UntrainedSpec] = set()

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def __call__(self, undone: Sequence[UntrainedSpec]) -> None:
        """Shows what is known of the networks that are not finished; may be called as often as one likes."""
        noted = {spec: self._store.progress(spec) for spec in undone}
        notes = [note for note in noted.values() if note]
        summary = self._summary(noted)
        if self._live:
            self._live.update(together(shown(summary, "bold"), _table(notes)), refresh=True)
        elif time.monotonic() - self._said >= SECONDS_BETWEEN_LINES or not undone:
            self._said = time.monotonic()
            say(self._console, " · ".join([summary, *map(_line, notes)]))

    def _summary(self, undone: Mapping[UntrainedSpec, Note | None]) -> str:
        done, trained = self._total - len(undone), sum(self._is_trained(spec) for spec in undone)
        left = self._seconds_left(undone)
        text = f"{done}/{self._total} networks" + (f" and {trained} trained" if trained else "")
        text += f", {duration(time.monotonic() - self._begun)}"
        return text + (f", about {duration(left)} left" if left and undone else "")

    def _seconds_left(self, undone: Mapping[UntrainedSpec, Note | None]) -> float | None:
        """What is left of those at work, and for the rest of each the mean of what was seen so far."""
        for note in filter(None, undone.values()):
            if note.get("seconds_left") is not None:
                self._seen[note["phase"]][note["label"]] = note["elapsed"] + note["seconds_left"]
            if "then" in note:
                self._forecast[note["label"]] = note["then"]
        training, measuring = (_mean(self._seen[phase]) for phase in ("training", "measuring"))
        if training is None and measuring is None:
            return None
        measuring = _mean(self._forecast) if measuring is None else measuring
        left = sum(self._left_of(spec, note, training or 0.0, measuring or 0.0) for spec, note in undone.items())
        return left / min(cores(), max(len(undone), 1))

    def _left_of(self, spec: UntrainedSpec, note: Note | None, training: float, measuring: float) -> float:
        phase, left = (note["phase"], note.get("seconds_left")) if note else ("", None)
        if phase == "measuring" or self._is_trained(spec):
            return measuring if left is None else float(left)
        return (training if left is None else float(left)) + measuring

    def _is_trained(self, spec: UntrainedSpec) -> bool:
        # What is trained stays so: it is not looked up again, several times a second, of a thousand networks.
        if spec not in self._trained and isinstance(spec, ModelSpec):
            self._trained |= {spec} if self._store.entry(spec).has("final.safetensors") else set()
        return spec in self._trained


class Fetching:
    """Shows how far a download or conversion is; called with what, how much is done, and of how much (0: unknown)."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar = Progress(
            _What(),
            BarColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bar.stop()

    def __call__(self, what: str, done: int, total: int) -> None:
        """Shows one step of it."""
        if what not in self._tasks:
            self._tasks[what] = self._bar.add_task(what, total=None)
            if not self._console.is_terminal:
                say(self._console, what)
        self._bar.update(self._tasks[what], completed=done, total=total or None)


class _What(ProgressColumn):
    """What a bar is of, as it is: the column of texts that Rich has takes them for markup."""

    def render(self, task: Task) -> Text:
        return shown(task.description)


def _mean(values: Mapping[str, float]) -> float | None:
    return sum(values.values()) / len(values) if values else None


def duration(seconds: float) -> str:
    """`45 s`, `7 min`, `3.2 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _table(notes: Sequence[Note]) -> TextTable:
    table = TextTable(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in ("network", "doing", "", "training", "validation", "left"):
        table.add_column(name, no_wrap=True)
    for note in notes:
        left = note.get("seconds_left")
        table.add_row(
            note["label"],
            _doing(note),
            ProgressBar(total=1.0, completed=note.get("share", 0.0), width=16),
            _percent(note.get("train_accuracy")),
            _percent(note.get("validation_accuracy")),
            "" if left is None else duration(left),
        )
    return table


def _line(note: Note) -> str:
    accuracies = [_percent(note.get(name)) for name in ("train_accuracy", "validation_accuracy")]
    shown = f" ({' / '.join(accuracies)})" if all(accuracies) else ""
    return f"{note['label']}: {_doing(note)} {note.get('share', 0):.0%}{shown}"


def _doing(note: Note) -> str:
    if note["phase"] == "training":
        return f"epoch {note['epoch']}"
    return str(note.get("indicator", note["phase"]))


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"
