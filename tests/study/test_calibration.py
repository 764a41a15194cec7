import json
import math
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.errors import InputError
from indicators.specs import LEVELS, OPTIMIZERS
from indicators.specs.files import load_study
from indicators.study.calibration import STEP, CellSearch, Trial, calibrate, missed, next_rate

TARGETS = {"low": 0.4, "medium": 0.5, "high": 0.6}
STUDY = load_study("cifar10-mini").changed(targets=TARGETS)


class World:
    """A store whose accuracies rise by `slope` per decade of the rate, from 0.5 at `middle`.

    Above `ceiling` training images are not fitted.
    """

    def __init__(self, *, slope=0.15, middle=0.01, ceiling=math.inf):
        self.slope, self.middle, self.ceiling = slope, middle, ceiling
        self.rounds, self.logs = [], {}

    def accuracy(self, rate):
        return min(max(0.5 + self.slope * math.log10(rate / self.middle), 0.1), 1.0)

    def turned(self, spec):  # noqa: ARG002 - in a world where it matters
        return 0.0

    def train(self, models):
        self.rounds.append(list(models))
        for spec in models:
            fitted = spec.learning_rate <= self.ceiling
            accuracy = self.accuracy(spec.learning_rate) if fitted else 0.1
            epochs = [{"layers": {"cosine_distance": [0.0]}}, {"layers": {"cosine_distance": 2 * [self.turned(spec)]}}]
            log = {"accuracy": {"validation": accuracy}, "reached": fitted, "epochs": epochs}
            self.logs[spec.fingerprint] = json.dumps(log).encode()

    def entry(self, spec):
        return Entry(self.logs.get(spec.fingerprint))


@dataclass
class Entry:
    log: bytes | None

    def read(self, name):
        assert name == "history.json"
        return self.log


def started_at(rates):
    return STUDY.changed(learning_rates={optimizer: dict(zip(LEVELS, rates, strict=True)) for optimizer in OPTIMIZERS})


def cells_of(study):
    return [(optimizer, level, study.learning_rates[optimizer][level]) for optimizer in OPTIMIZERS for level in LEVELS]


# The next rate


@pytest.mark.parametrize(
    ("trials", "rate"),
    [
        pytest.param([], 0.02, id="begins where it was told to"),
        pytest.param([(0.02, 0.4, True)], 0.02 * STEP, id="too low"),
        pytest.param([(0.02, 0.6, True)], 0.02 / STEP, id="too high"),
        pytest.param([(0.02, 0.5, True)], 0.02 / STEP, id="exactly on the target counts as above"),
        pytest.param([(0.02, 0.1, False)], 0.02 / STEP, id="not fitted counts as above, whatever its accuracy"),
        pytest.param([(0.02, 0.4, True), (0.08, 0.45, True)], 0.08 * STEP, id="beyond the higher of two"),
        pytest.param([(0.08, 0.9, True), (0.02, 0.6, True)], 0.02 / STEP, id="below the lower of two"),
        pytest.param([(0.02, 0.4, True), (0.08, 0.6, True)], 0.04, id="between, on the logarithm"),
        pytest.param([(0.01, 0.3, True), (0.02, 0.4, True), (0.08, 0.6, True), (0.3, 0.7, True)], 0.04, id="closest"),
        pytest.param([(0.02, 0.4, True), (0.08, 0.2, False)], 0.04, id="between fitted and not fitted"),
    ],
)
def test_the_next_rate_by_hand(trials, rate):
    cell = CellSearch("sgd", "medium", target=0.5, start=0.02, trials=tuple(Trial(*trial) for trial in trials))

    assert next_rate(cell) == pytest.approx(rate)


@pytest.mark.parametrize(
    ("trials", "best", "solved"),
    [
        pytest.param([(0.1, 0.45, True), (0.2, 0.48, True)], 0.2, False, id="the closest"),
        pytest.param([(0.1, 0.3, True), (0.2, 0.5, False)], 0.1, False, id="one that fitted, however far"),
        pytest.param([(0.1, 0.4, False), (0.2, 0.5, False)], 0.2, False, id="none fitted"),
        pytest.param([(0.1, 0.45, True), (0.2, 0.509, True)], 0.2, True, id="within the tolerance"),
    ],
)
def test_the_best_trial_is_the_closest_that_fitted(trials, best, solved):
    cell = CellSearch("sgd", "medium", target=0.5, start=0.02, trials=tuple(Trial(*trial) for trial in trials))

    assert cell.best[0] == best
    assert cell.solved(0.01) is solved


def test_a_cell_without_trials_is_not_solved():
    assert not CellSearch("sgd", "low", target=0.5, start=0.1).solved(1.0)


def test_the_cells_that_came_not_close_enough_are_named_with_a_way_out():
    cells = [
        CellSearch("sgd", "low", 0.4, 0.1, trials=(Trial(0.1, 0.405, True),)),
        CellSearch("sgd", "high", 0.6, 0.1, trials=(Trial(0.1, 0.55, True),)),
        CellSearch("layca", "low", 0.4, 0.1, trials=(Trial(0.1, 0.4, False),)),
    ]

    assert missed(cells, 0.01) == (
        "not within 0.01 of the target: sgd high, layca low; give more --rounds or other --targets"
    )
    assert missed(cells[:1], 0.01) == ""


# Weights that shall turn


class Turning(World):
    """A store in which weight decay and layca are best at 0.02, and turn their weights the further the rate is up."""

    def accuracy(self, rate):
        return 0.65 - 0.2 * abs(math.log10(rate / 0.02))

    def turned(self, spec):
        return spec.learning_rate / (spec.learning_rate + 0.01)


@pytest.mark.parametrize(
    ("trial", "too_high"),
    [
        pytest.param((0.02, 0.7, True, 0.5), False, id="not turned, whatever the accuracy"),
        pytest.param((0.02, 0.1, True, 0.5), False, id="not turned and bad"),
        pytest.param((0.02, 0.7, True, 0.9), False, id="turned and still too good"),
        pytest.param((0.02, 0.5, True, 0.9), True, id="turned and beyond"),
        pytest.param((0.02, 0.7, False, 0.9), True, id="not fitted"),
    ],
)
def test_beyond_the_best_rate_accuracy_falls(trial, too_high):
    cell = CellSearch("layca", "high", target=0.6, start=0.02, rotation=0.8)

    assert cell.too_high(Trial(*trial)) is too_high


def test_a_trial_that_did_not_turn_its_weights_solves_nothing():
    trials = (Trial(0.02, 0.6, True, 0.5), Trial(0.2, 0.55, True, 0.9))
    cell = CellSearch("layca", "high", target=0.6, start=0.02, trials=trials, rotation=0.8)

    assert cell.best.rate == 0.2
    assert not cell.solved(0.01)
    assert cell.solved(0.06)


def test_rates_are_found_at_which_weights_are_turned_at_the_accuracy_of_sgd():
    world = Turning()
    study = started_at([0.001, 0.003, 0.02]).changed(rotation=0.8, targets={"low": 0.4, "medium": 0.5, "high": 0.55})

    found = calibrate(study, world, world.train, within=0.005, rounds=12)

    for optimizer, level, rate in cells_of(found):
        assert world.accuracy(rate) == pytest.approx(study.targets[level], abs=0.006)
        assert (rate > 0.04) == (level == "high" and optimizer != "sgd")


def test_several_seeds_count_by_their_mean():
    world = World()
    study = STUDY.changed(seeds=3, first_seed=100)

    calibrate(study, world, world.train, within=0.01, rounds=1)

    assert {spec.seed for spec in world.rounds[0]} == {100, 101, 102}
    assert len(world.rounds[0]) == 27


# A simulated world


@settings(max_examples=30)
@given(st.floats(0.08, 0.25), st.floats(-3, -1), st.tuples(*[st.floats(-1, 1)] * 3))
def test_every_level_is_found_where_accuracy_rises_with_the_rate(slope, middle, away):
    world = World(slope=slope, middle=10**middle)
    solution = [10 ** (middle + (target - 0.5) / slope) for target in TARGETS.values()]
    study = started_at([rate * 10**decades for rate, decades in zip(solution, away, strict=True)])

    found = calibrate(study, world, world.train, within=0.015, rounds=9)

    for _, level, rate in cells_of(found):
        assert world.accuracy(rate) == pytest.approx(TARGETS[level], abs=0.015)
    assert found == study.changed(learning_rates=found.learning_rates)


def test_only_cells_that_are_not_solved_are_tried_again():
    world = World()
    at_once = [float(f"{0.01 * 10 ** ((target - 0.5) / 0.15):.2g}") for target in TARGETS.values()]
    study = started_at([at_once[0], at_once[1], at_once[2] / 3])

    calibrate(study, world, world.train, within=0.01, rounds=9)

    assert [len(models) for models in world.rounds][:2] == [9, 3]
    assert {spec.level for models in world.rounds[1:] for spec in models} == {"high"}
    assert all(spec.seed == 0 for models in world.rounds for spec in models)


def test_a_study_that_is_calibrated_is_trained_once_and_stays():
    world = World()
    study = started_at([0.0022, 0.01, 0.046])

    found = calibrate(study, world, world.train, within=0.01, rounds=9)

    assert found == study
    assert len(world.rounds) == 1


def test_rates_that_cannot_be_trained_are_stayed_below():
    world = World(ceiling=0.03)

    found = calibrate(started_at([0.0022, 0.01, 0.2]), world, world.train, within=0.01, rounds=8)

    for optimizer in OPTIMIZERS:
        # 0.046 would reach the target: the highest rate that trains comes closest.
        assert 0.027 <= found.learning_rates[optimizer]["high"] <= 0.03


def test_after_the_last_round_the_closest_rate_is_taken():
    world = World()

    found = calibrate(started_at([0.0022, 0.01, 0.001]), world, world.train, within=0.01, rounds=3)

    assert len(world.rounds) == 3
    assert all(rate == pytest.approx(0.001 * STEP**2) for _, level, rate in cells_of(found) if level == "high")


def test_rates_have_three_digits_and_every_round_is_told():
    world, told = World(), []

    calibrate(started_at([0.0022, 0.012345, 0.1]), world, world.train, within=0.002, rounds=4, say=told.append)

    tried = [spec.learning_rate for models in world.rounds for spec in models]
    assert all(rate == float(f"{rate:.3g}") for rate in tried)
    assert len(told) == len(world.rounds) == 4
    assert [len(cell.trials) for cell in told[1]] == [1 if cell.level == "low" else 2 for cell in told[1]]


@pytest.mark.parametrize("targets", [{}, {"low": 0.4, "high": 0.6}])
def test_a_study_without_targets_says_how_to_give_them(targets):
    with pytest.raises(InputError) as caught:
        calibrate(STUDY.changed(targets=targets), World(), pytest.fail, within=0.01, rounds=3)

    message = str(caught.value)
    assert message.startswith(f"study 'cifar10-mini' has targets for {sorted(targets)}; calibration needs {LEVELS}")
    assert message.endswith("or give --targets")
    assert "\n" not in message


def test_a_log_that_was_damaged_is_said_to_be():
    with pytest.raises(InputError, match=r"^the log of sgd low, seed 0 was damaged and set aside; run again$"):
        calibrate(STUDY, World(), train=list, within=0.01, rounds=1)
