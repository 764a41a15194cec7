import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicators.networks import schedule
from indicators.specs import Recipe
from indicators.specs.recipes import Phase

TENTH = Recipe(plateau_factor=0.1)


def epochs(*validation_accuracies):
    return [{"validation_accuracy": accuracy} for accuracy in validation_accuracies]


def trained(*train_accuracies):
    return [{"train_accuracy": accuracy} for accuracy in train_accuracies]


# The learning rate


@pytest.mark.parametrize(
    ("accuracies", "drops"),
    [
        pytest.param([], 0, id="before the first epoch"),
        pytest.param([0.5], 0, id="one epoch"),
        pytest.param([0.5, 0.6, 0.7, 0.8], 0, id="always better"),
        pytest.param([0.5, 0.5], 0, id="one epoch without gain"),
        pytest.param([0.5, 0.5, 0.5], 1, id="two epochs without gain"),
        pytest.param([0.5, 0.5, 0.5, 0.5], 1, id="waits anew after a drop"),
        pytest.param([0.5, 0.5, 0.5, 0.5, 0.5], 2, id="drops again"),
        pytest.param([0.5, 0.4, 0.6, 0.5, 0.7], 0, id="a gain in between starts the wait anew"),
        pytest.param([0.5, 0.6, 0.55, 0.58], 1, id="better than the last is not better than the best"),
        pytest.param([0.5, 0.4, 0.4, 0.5, 0.5], 2, id="the best is kept over a drop"),
        pytest.param([0.5, 0.50005, 0.5001], 1, id="gains of min_delta or less do not count"),
        pytest.param([0.5, 0.50011, 0.50022], 0, id="gains above min_delta count"),
        pytest.param([0.0, 0.0, 0.0], 1, id="never right"),
    ],
)
def test_the_rate_drops_at_the_second_epoch_without_improvement(accuracies, drops):
    rate = schedule.next_learning_rate(0.1, epochs(*accuracies), TENTH)

    assert rate == pytest.approx(0.1 * 0.1**drops)


def test_the_rate_never_drops_below_the_least_one():
    recipe = TENTH.model_copy(update={"min_learning_rate": 0.004})
    flat = epochs(*[0.5] * 9)

    rates = [schedule.next_learning_rate(0.1, flat[:length], recipe) for length in (1, 3, 5, 9)]

    assert rates == pytest.approx([0.1, 0.01, 0.004, 0.004])


def test_a_rate_that_begins_below_the_least_one_stays():
    recipe = TENTH.model_copy(update={"min_learning_rate": 0.004})

    assert schedule.next_learning_rate(0.001, epochs(*[0.5] * 9), recipe) == 0.001


def test_the_loss_is_watched_for_falling_where_the_recipe_says_so():
    recipe = TENTH.model_copy(update={"monitor": "validation_loss"})
    worse = [{"validation_accuracy": 0.5 + i / 10, "validation_loss": 1.0 + i} for i in range(3)]
    better = [{"validation_accuracy": 0.5 - i / 10, "validation_loss": 3.0 - i} for i in range(3)]

    assert schedule.next_learning_rate(1.0, worse, recipe) == pytest.approx(0.1)
    assert schedule.next_learning_rate(1.0, better, recipe) == 1.0
    assert schedule.next_learning_rate(1.0, worse, TENTH) == 1.0
    assert schedule.next_learning_rate(1.0, better, TENTH) == pytest.approx(0.1)


def one_at_a_time(initial, accuracies, recipe):
    """The same rule told the other way: how many epochs ago was the last gain, or the last drop?"""
    rate, since = initial, 0
    for now in range(len(accuracies)):
        records = [0]
        for epoch in range(1, now + 1):
            if accuracies[epoch] > accuracies[records[-1]] + recipe.plateau_min_delta:
                records.append(epoch)
        since = max(since, records[-1])
        if now - since == recipe.plateau_patience:
            since = now
            if rate > recipe.min_learning_rate:
                rate = max(rate * recipe.plateau_factor, recipe.min_learning_rate)
    return rate


@given(
    st.lists(st.integers(0, 12), max_size=25),
    st.floats(1e-4, 1),
    st.builds(
        Recipe,
        plateau_factor=st.sampled_from([0.1, 0.2, 0.5]),
        plateau_patience=st.integers(1, 4),
        plateau_min_delta=st.sampled_from([0.0, 1e-4, 0.06, 0.2]),
        min_learning_rate=st.sampled_from([0.0, 1e-3, 0.1]),
    ),
)
def test_the_rate_follows_an_independent_telling_of_the_rule(twelfths, initial, recipe):
    accuracies = [k / 12 for k in twelfths]

    rate = schedule.next_learning_rate(initial, epochs(*accuracies), recipe)

    assert rate == one_at_a_time(initial, accuracies, recipe)


# Phases

PHASED = Recipe(
    phases=(
        Phase(after=0.5, optimizer="layca", learning_rate=0.03),
        Phase(after=0.8, optimizer="wdecay", learning_rate=0.1),
    ),
    plateau_factor=0.1,
)


def both(*accuracies, validation=0.5):
    return [{"train_accuracy": accuracy, "validation_accuracy": validation} for accuracy in accuracies]


@pytest.mark.parametrize(
    ("accuracies", "number", "began"),
    [
        pytest.param([], 0, 0, id="not begun"),
        pytest.param([0.4, 0.49], 0, 0, id="not there"),
        pytest.param([0.4, 0.5], 1, 2, id="exactly there"),
        pytest.param([0.4, 0.6, 0.3, 0.2], 1, 2, id="no way back"),
        pytest.param([0.4, 0.6, 0.3, 0.6], 1, 2, id="reached again begins nothing"),
        pytest.param([0.4, 0.6, 0.7, 0.8, 0.7], 2, 4, id="both"),
        pytest.param([0.4, 0.9], 2, 2, id="one is skipped"),
        pytest.param([0.9], 2, 1, id="at once"),
    ],
)
def test_a_phase_begins_with_the_epoch_after_the_one_that_first_reached_its_accuracy(accuracies, number, began):
    assert schedule.phase(both(*accuracies), PHASED) == number
    assert schedule.phase_began(both(*accuracies), PHASED) == began


def test_a_recipe_without_phases_is_always_in_its_first():
    assert schedule.phase(both(0.1, 1.0), Recipe()) == schedule.phase_began(both(0.1, 1.0), Recipe()) == 0


def test_every_phase_starts_at_its_own_rate_and_waits_for_plateaus_of_its_own():
    flat = both(0.1, 0.2, 0.6, 0.6, 0.7, 0.8, 0.8, 0.8, 0.8, 0.8)

    rates = [schedule.next_learning_rate(1.0, flat[:length], PHASED) for length in range(len(flat) + 1)]

    assert rates == pytest.approx([1, 1, 1, 0.03, 0.03, 0.03, 0.1, 0.1, 0.1, 0.01, 0.01])


def test_the_best_of_an_earlier_phase_is_no_measure_for_a_later_one():
    history = both(0.6, validation=0.9) + [epoch for k in range(4) for epoch in both(0.6, validation=0.1 + k / 10)]

    assert schedule.next_learning_rate(1.0, history, PHASED) == 0.03


@given(st.lists(st.floats(0, 1), max_size=20))
def test_phases_never_go_back_and_begin_within_the_record(accuracies):
    history = both(*accuracies)
    numbers = [schedule.phase(history[:length], PHASED) for length in range(len(history) + 1)]

    assert numbers == sorted(numbers)
    began = schedule.phase_began(history, PHASED)
    assert numbers[began:] == [numbers[-1]] * (len(numbers) - began)
    assert began == 0 or numbers[began - 1] < numbers[-1]


# The end


@pytest.mark.parametrize(
    ("accuracies", "is_reached", "is_finished"),
    [
        pytest.param([], False, False, id="not begun"),
        pytest.param([0.5], False, False, id="on its way"),
        pytest.param([0.5, 0.99], True, True, id="exactly the target"),
        pytest.param([0.99, 0.5], False, True, id="the first epoch there ends it"),
        pytest.param([0.5, 0.5, 0.5], False, True, id="epochs used up"),
        pytest.param([0.5, 0.5, 0.995], True, True, id="both"),
    ],
)
def test_training_ends_at_the_target_or_with_the_epochs(accuracies, is_reached, is_finished):
    recipe = Recipe(target_accuracy=0.99, max_epochs=3)

    assert schedule.reached(trained(*accuracies), recipe) is is_reached
    assert schedule.finished(trained(*accuracies), recipe) is is_finished


@pytest.mark.parametrize(
    ("accuracies", "last", "is_finished"),
    [
        pytest.param([], None, False, id="not begun"),
        pytest.param([0.5, 0.6], None, False, id="on its way"),
        pytest.param([0.5, 0.99], 2, False, id="at its end, nothing beyond"),
        pytest.param([0.5, 0.99, 0.9], 2, False, id="one epoch beyond"),
        pytest.param([0.5, 0.99, 0.9, 1.0], 2, True, id="all epochs beyond"),
        pytest.param([0.5, 0.6, 0.7, 1.0], 3, False, id="beyond the epochs allowed"),
    ],
)
def test_epochs_beyond_the_end_are_trained_and_do_not_move_it(accuracies, last, is_finished):
    recipe = Recipe(target_accuracy=0.99, max_epochs=3, epochs_beyond=2)

    assert schedule.last_epoch(trained(*accuracies), recipe) == last
    assert schedule.finished(trained(*accuracies), recipe) is is_finished


def test_the_epochs_left_count_those_beyond_the_end():
    recipe = Recipe(target_accuracy=0.99, max_epochs=30, epochs_beyond=2)

    assert schedule.epochs_left(trained(0.84, 0.92), recipe) == pytest.approx(3 + 2)
    assert schedule.epochs_left(trained(0.84, 0.99, 0.98), recipe) == 1


@pytest.mark.parametrize(
    ("errors", "left"),
    [
        pytest.param([], None, id="not begun"),
        pytest.param([0.4], None, id="one epoch says nothing of speed"),
        pytest.param([0.4, 0.4], None, id="no progress"),
        pytest.param([0.4, 0.5], None, id="going backwards"),
        pytest.param([0.16, 0.08], 3, id="halving, from 8 to 1 percent"),
        pytest.param([0.9, 0.64, 0.32, 0.16, 0.08], 3, id="the last four count"),
        pytest.param([0.4, 0.01], 0, id="there"),
        pytest.param([0.4, 0.001], 0, id="beyond"),
        pytest.param([0.4, 0.0], 0, id="no error at all"),
        pytest.param([0.5, 0.4999], 28, id="no more than the recipe allows"),
    ],
)
def test_the_epochs_left_are_extrapolated_from_the_training_error(errors, left):
    guess = schedule.epochs_left(trained(*[1 - error for error in errors]), Recipe(target_accuracy=0.99, max_epochs=30))

    assert guess is None if left is None else math.isclose(guess, left, abs_tol=1e-9)


@given(st.lists(st.floats(0, 1), max_size=30), st.floats(0, 1), st.integers(30, 50))
def test_the_epochs_left_are_always_within_the_recipe(accuracies, target, most):
    left = schedule.epochs_left(trained(*accuracies), Recipe(target_accuracy=target, max_epochs=most))

    assert left is None or 0 <= left <= most - len(accuracies)
