"""What is shown while networks are made: a line now and then, or a live table."""

from io import StringIO

import pytest
from rich.console import Console

from indicators.study import progress
from indicators.study.progress import Display, Fetching, duration


class Clock:
    """Seconds that pass when the test says so."""

    now = 1000.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    monkeypatch.setattr(progress, "cores", lambda: 2)
    return clock


@pytest.fixture
def specs(make_study):
    return list(make_study().models())


@pytest.fixture
def training(store, specs):
    """Notes of two networks at work; they will take 100 s each, of which 40 s and 60 s are left."""
    for spec, elapsed, left in ((specs[0], 60, 40), (specs[1], 40, 60)):
        state = {"epoch": 7, "share": 0.25, "train_accuracy": 0.912, "validation_accuracy": 0.4567}
        store.note_progress(spec, label=spec.label, phase="training", elapsed=elapsed, seconds_left=left, **state)


def shown(store, *, terminal, total=9):
    console = Console(file=StringIO(), force_terminal=terminal, width=100, color_system=None)
    return Display(console, store, total), console.file


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (45, "45 s"), (89.4, "89 s"), (90, "2 min"), (420, "7 min"), (5399, "90 min"), (5400, "1.5 h"),
     (11_520, "3.2 h")],
)  # fmt: skip
def test_duration_is_in_seconds_minutes_or_hours(seconds, words):
    assert duration(seconds) == words


@pytest.mark.usefixtures("training")
def test_a_line_says_what_is_done_what_is_left_and_how_far_each_network_is(store, specs, clock):
    display, output = shown(store, terminal=False)

    with display:
        clock.now += 30
        display(specs[:6])

    # Six networks of 100 s each, less the 100 s done, by two at once.
    assert output.getvalue() == (
        "3/9 networks, 30 s, about 4 min left · sgd high, seed 0: epoch 7 25% (91.2% / 45.7%)"
        " · wdecay high, seed 0: epoch 7 25% (91.2% / 45.7%)\n"
    )


def test_lines_come_every_twenty_seconds_and_when_all_is_done(store, specs, clock):
    display, output = shown(store, terminal=False)

    with display:
        for _ in range(100):
            clock.now += 0.5
            display(specs)
        display([])

    assert output.getvalue().splitlines() == ["0/9 networks, 20 s", "0/9 networks, 40 s", "9/9 networks, 50 s"]


def test_measuring_is_shown_by_the_name_of_the_indicator(store, specs, clock):
    store.note_progress(
        specs[0], label=specs[0].label, phase="measuring", indicator="random_pruning", share=0.5, elapsed=1
    )
    store.note_progress(specs[1], label=specs[1].label, phase="starting", elapsed=1)
    display, output = shown(store, terminal=False)

    clock.now += 20
    display(specs[:2])

    assert output.getvalue() == (
        "7/9 networks, 20 s · sgd high, seed 0: random_pruning 50% · wdecay high, seed 0: starting 0%\n"
    )


@pytest.mark.usefixtures("training")
def test_time_left_counts_what_waits_by_the_mean_of_what_was_seen(store, specs, clock):
    display, output = shown(store, terminal=False)
    display(specs)
    for spec in specs[:2]:
        store.clear_progress(spec)

    clock.now += 20
    display(specs[2:])

    assert "2/9 networks, 20 s, about 6 min left" in output.getvalue()  # seven of 100 s, by two at once


@pytest.mark.usefixtures("training", "clock")
def test_a_terminal_shows_a_table_of_the_networks_at_work(store, specs):
    display, output = shown(store, terminal=True)

    with display:
        display(specs[:6])

    text = output.getvalue()
    for column in ("network", "training", "validation", "left"):
        assert column in text
    row = next(line for line in text.splitlines() if "wdecay high, seed 0" in line)
    for value in ("epoch 7", "91.2%", "45.7%", "60 s"):
        assert value in row
    assert "3/9 networks" in text


@pytest.mark.usefixtures("clock")
def test_a_terminal_gets_its_cursor_back_when_the_work_fails(store, specs):
    display, output = shown(store, terminal=True)

    with pytest.raises(KeyboardInterrupt), display:
        _interrupted(display, specs)

    assert output.getvalue().rindex("\x1b[?25h") > output.getvalue().rindex("\x1b[?25l")


def _interrupted(display, specs):
    display(specs)
    raise KeyboardInterrupt


def test_fetching_names_each_step_once_where_no_bar_can_be_drawn():
    console = Console(file=StringIO(), force_terminal=False, width=80)

    with Fetching(console) as fetching:
        for done in range(5):
            fetching("cifar-10.tar.gz", done, 0)
        fetching("writing train_images", 1, 5)

    assert console.file.getvalue().splitlines()[:2] == ["cifar-10.tar.gz", "writing train_images"]


@pytest.mark.usefixtures("training")
def test_networks_that_are_trained_are_counted_and_wait_for_their_measuring_alone(store, specs, clock):
    for spec in specs[2:4]:
        store.entry(spec).write("final.safetensors", b"weights")
    for spec in specs[:2]:
        note = store.progress(spec)
        store.note_progress(spec, **note | {"then": 30})
    display, output = shown(store, terminal=False)

    clock.now += 20
    display(specs)

    # At work 40 + 60 s, five more trainings of 100 s, and nine measurings of 30 s, by two at once.
    assert "0/9 networks and 2 trained, 20 s, about 7 min left" in output.getvalue()


@pytest.mark.parametrize("terminal", [False, True])
def test_names_with_markup_and_escapes_are_shown_as_they_are(store, specs, clock, terminal):
    store.note_progress(
        specs[0], label="sgd[bold] [/] :100:", phase="measuring", indicator="x\x1b[31m[/old]", share=0.5, elapsed=1
    )
    display, output = shown(store, terminal=terminal)

    with display:
        clock.now += 20
        display(specs[:1])

    assert "sgd[bold] [/] :100:" in output.getvalue()
    assert "x\\x1b[31m[/old]" in output.getvalue()
    assert "\x1b[31m" not in output.getvalue()


@pytest.mark.parametrize("terminal", [False, True])
def test_what_is_fetched_is_shown_as_it_is(terminal):
    console = Console(file=StringIO(), force_terminal=terminal, width=100, color_system=None)

    with Fetching(console) as fetching:
        fetching("reading [bold]x[/] :100: \x1b[31m[/old]", 1, 5)

    assert "reading [bold]x[/] :100: \\x1b[31m[/old]" in console.file.getvalue()
