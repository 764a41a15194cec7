"""Trainings that change on their way, or start without some weights: what they are, and that they go on bit by bit."""

from itertools import pairwise

import numpy as np
import pytest

from indicators.errors import InputError
from indicators.measures.pruning import magnitude_mask
from indicators.networks import schedule, training
from indicators.specs.recipes import Phase, Start
from indicators.store import Store
from tests.fixtures.entries import final_of, record_of, same

PHASES = (
    Phase(after=0.0, optimizer="layca", learning_rate=0.03),
    Phase(after=0.75, optimizer="wdecay", learning_rate=0.02),
)


def trained(spec, dataset, initial, store, *, interrupted=(), parent=None):
    """The entry of a training that was interrupted in these epochs and taken up each time."""
    entry = store.entry(spec)
    with entry.lock:
        for stop in (*interrupted, None):

            def interrupt(*, epoch, stop=stop, **_):
                if epoch == stop:
                    raise KeyboardInterrupt

            try:
                training.train(spec, entry, dataset, initial(spec), interrupt, parent)
            except KeyboardInterrupt:
                assert stop is not None
    return entry


@pytest.fixture(scope="module")
def phased(make_study):
    """Three phases: an epoch of descent, then Layca until three quarters are right, then weight decay."""
    return make_study(max_epochs=4, target_accuracy=1.0, phases=PHASES).model("sgd", "high", 0)


def test_a_training_in_phases_that_was_interrupted_ends_with_the_same_bits(phased, run, dataset, initial, tmp_path):
    whole = run(phased)
    taken_up = trained(phased, dataset, initial, Store(tmp_path / "taken up"), interrupted=(2, 4))

    assert same(final_of(whole), final_of(taken_up))
    assert same(*(entry.read_arrays("trajectory.safetensors")[0] for entry in (whole, taken_up)))


def test_every_phase_trains_as_its_optimizer_does_from_its_own_rate(phased, run):
    epochs = record_of(run(phased))["epochs"]

    phases = [schedule.phase(epochs[:length], phased.recipe) for length in range(4)]
    assert phases == [0, *sorted(phases[1:])]
    assert {0, 1, 2} == set(phases), [epoch["train_accuracy"] for epoch in epochs]
    expected = [phased.learning_rate, *(PHASES[number - 1].learning_rate for number in phases[1:])]
    assert [epoch["learning_rate"] for epoch in epochs] == pytest.approx(expected)
    for before, epoch in pairwise(epochs):
        if phases[epoch["epoch"] - 1] == 1:  # Layca keeps all norms
            assert epoch["layers"]["norm_ratio"] == pytest.approx(before["layers"]["norm_ratio"], rel=1e-5)
    assert epochs[0]["layers"]["norm_ratio"] != pytest.approx([1.0] * 3, rel=1e-5)


def test_a_phase_begins_with_an_optimizer_that_has_done_nothing_and_the_penalty_is_of_weight_decay_alone(
    phased, dataset, initial, tmp_path, monkeypatch
):
    seen = []
    plain = training._epoch

    def noted(runner, *arguments):
        optimizer = runner.model.optimizer
        moved = max(float(np.abs(momentum.numpy()).max()) for momentum in optimizer.momentums)
        seen.append((type(optimizer).__name__, int(optimizer.iterations), moved > 0, bool(runner.model.losses)))
        return plain(runner, *arguments)

    monkeypatch.setattr(training, "_epoch", noted)
    epochs = record_of(trained(phased, dataset, initial, Store(tmp_path / "watched")))["epochs"]

    phases = [schedule.phase(epochs[:length], phased.recipe) for length in range(4)]
    kinds = {0: ("SGD", False), 1: ("Layca", False), 2: ("SGD", True)}
    done = [sum(1 for other in phases[:k] if other == number) for k, number in enumerate(phases)]
    assert seen == [
        (kinds[number][0], 3 * count, count > 0, kinds[number][1]) for number, count in zip(phases, done, strict=True)
    ]


def test_a_wrong_number_of_rates_is_refused_before_training(make_study, dataset, initial, tmp_path):
    spec = make_study(rates_by_layer=(1.0, 0.5)).model("sgd", "high", 0)

    with pytest.raises(InputError, match=r"rates_by_layer=\(1.0, 0.5\) has 2 factors; expected 3, one for each of"):
        trained(spec, dataset, initial, Store(tmp_path))
    assert not Store(tmp_path).entry(spec).names()


# --- Starts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("optimizer", "mask"), [("sgd", "magnitude"), ("wdecay", "random"), ("layca", "magnitude")])
def test_removed_weights_are_zero_through_a_training_and_after_it_is_taken_up(
    make_study, dataset, initial, tmp_path, optimizer, mask
):
    study = make_study(max_epochs=2, keep_epochs=True, rates_by_layer=(1.0, 0.5, 2.0))
    plain = study.model(optimizer, "high", 0)
    spec = plain.model_copy(update={"start": Start(mask=mask, fraction=0.6)})
    store = Store(tmp_path / "store")
    parent = final_of(trained(plain, dataset, initial, store))

    entry = trained(spec, dataset, initial, store, interrupted=(2,), parent=parent)

    names = list(entry.read_arrays("final.safetensors")[1]["kernels"].values())
    start, end = initial(spec), final_of(entry)
    zeros = [end[name] == 0 for name in names]
    assert sum(zero.sum() for zero in zeros) == int(0.6 * sum(zero.size for zero in zeros))
    first = entry.read_arrays("epoch-0001.safetensors")[0]
    for name, zero in zip(names, zeros, strict=True):
        np.testing.assert_array_equal(first[name] == 0, zero)
        assert (end[name] != start[name])[~zero].mean() > 0.9
        if optimizer == "layca":
            assert np.linalg.norm(end[name]) == pytest.approx(np.linalg.norm(start[name][~zero]), rel=1e-5)
    if mask == "magnitude":
        expected = magnitude_mask([parent[name] for name in names], 0.6)
        assert all(np.array_equal(*pair) for pair in zip(zeros, expected, strict=True))


def test_a_pruned_start_repeats_and_goes_on_bit_by_bit_and_a_random_one_is_of_its_seed(
    make_study, dataset, initial, tmp_path
):
    study = make_study(max_epochs=2, seeds=2).changed(start={"mask": "random", "fraction": 0.5})
    specs = [study.model("sgd", "high", seed) for seed in (0, 1)]

    once, other = (trained(spec, dataset, initial, Store(tmp_path / "once")) for spec in specs)
    again = trained(specs[0], dataset, initial, Store(tmp_path / "again"), interrupted=(2,))

    assert same(final_of(once), final_of(again))
    kernel = next(iter(once.read_arrays("final.safetensors")[1]["kernels"].values()))
    assert not np.array_equal(final_of(once)[kernel] == 0, final_of(other)[kernel] == 0)


def test_a_start_by_magnitude_without_its_parent_says_what_to_train_first(make_study, dataset, initial, tmp_path):
    spec = make_study().changed(start={"mask": "magnitude", "fraction": 0.5}).model("sgd", "high", 0)

    with pytest.raises(InputError, match=r"^sgd high, seed 0: start.mask='magnitude' goes by the final weights of the"):
        trained(spec, dataset, initial, Store(tmp_path))
