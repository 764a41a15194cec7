"""Worlds for the claims of `hypotheses/test_1_training.py`: how to write a row stands in `tables`."""

import numpy as np
import xarray as xr

from tests.worlds.patterns import along, levels, sgd
from tests.worlds.plants import PREMISED, Row, accuracies, at_labels, bent, decades, network, on


def falling_rate(before, best, smaller=0.02):
    """A record of four epochs whose learning rate falls before the third, with these accuracies of the first two.

    What is planted is by how much the third is better than the epoch before, or than the best one.
    """
    rates = along("epoch", {1: 0.1, 2: 0.1, 3: smaller, 4: smaller})
    accuracy = along("epoch", {1: before[0], 2: before[1], 3: max(before) if best else before[1], 4: 0.5})

    def record(jump, _):
        risen = accuracy + jump * along("epoch", {1: 0, 2: 0, 3: 1, 4: 0})
        rate, validation = (
            along("quantity", {name: name == one for name in ("validation_accuracy", "learning_rate")})
            for one in ("learning_rate", "validation_accuracy")
        )
        return rates * rate + risen * validation

    return record


def lasting(slope=0.0, **options):
    """A record of so many epochs, by doublings of 64; the exactness is that of half an epoch of forty."""

    def record(doublings, _):
        trained = (2**doublings).round()
        epochs = xr.DataArray(np.arange(1, trained.max().item() + 1), dims="epoch")
        history = (0.5 * (epochs <= trained)).where(epochs <= trained).expand_dims(quantity=["train_accuracy"])
        return history.assign_coords(epoch=epochs.to_numpy())

    return network("history", slope, 6.0, function=record, exact=0.02, **options)


def tuned(slope=0.0):
    """Accuracies that are best on validation images at twice the learning rate, where this is planted."""
    others = accuracies(-slope, at=("learning_rate", 4)), accuracies(-slope, at=("learning_rate", 0.25))
    best = accuracies(slope, PREMISED + 0.1 * on("validation"), at=("learning_rate", 2))
    return accuracies(), accuracies(at=("learning_rate", 0.5)), *others, best


FITTED = PREMISED + 0.01 + 0.1 * on("train")
"""Accuracies a point above those at the end of the training, and nothing left to fit for any noise."""


ROWS = (
    Row("test_the_learning_rate_alone_sets_the_level", accuracies(2 * levels * on("test"), base=0.5)),
    Row("test_validation_images_tell_what_test_images_tell", accuracies(on("validation"))),
    Row(
        "test_training_beyond_99_percent_gains_nothing",
        network("accuracy_beyond", -on("validation"), base=FITTED),
        accuracies(),
    ),
    Row(
        "test_training_beyond_99_percent_gains_nothing_on_test_images",
        network("accuracy_beyond", -on("test"), base=FITTED),
        accuracies(),
    ),
    Row(
        "test_training_stagnates_past_99_percent",
        *at_labels(lasting, "target_accuracy", {0.999: 1}),
    ),
    Row(
        "test_larger_batches_generalize_less",
        *at_labels(accuracies, "batch_size", {256: -on("test"), 512: -on("test")}),
    ),
    Row(
        "test_batches_of_128_images_need_fewer_epochs",
        *at_labels(lasting, "batch_size", {256: 1, 512: 1}),
    ),
    Row(
        "test_batch_normalization_speeds_training",
        *at_labels(lasting, "normalization", {False: 1}),
    ),
    Row(
        "test_a_reduction_of_the_learning_rate_helps_at_once",
        bent(network("history", 1), falling_rate((0.7, 0.6), best=False)),
    ),
    Row(
        "test_a_reduction_of_the_learning_rate_beats_the_best_epoch_so_far",
        bent(network("history", 1), falling_rate((0.7, 0.6), best=True)),
    ),
    Row(
        "test_a_reduction_of_the_learning_rate_beats_the_same_epochs_without_it",
        bent(network("history", 1), falling_rate((0.7, 0.6), best=False)),
        bent(network("history", at=("schedule", "constant")), falling_rate((0.7, 0.6), best=False, smaller=0.1)),
    ),
    Row("test_sgd_alone_saturates_below_the_others", *tuned(-sgd * on("test"))),
    Row(
        "test_sgd_gains_by_smaller_batches",
        *at_labels(accuracies, "batch_size", {64: on("test"), 256: -on("test")}),
    ),
    Row("test_the_norm_changes_more_at_larger_learning_rates", decades("norm_ratio", -levels, base=-1)),
    Row(
        "test_the_norm_changes_more_at_larger_learning_rates_under_weight_decay",
        decades("norm_ratio", -levels, base=-1),
    ),
)
