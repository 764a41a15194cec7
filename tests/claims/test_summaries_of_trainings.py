"""Numbers that claims take from the records of trainings, epoch by epoch."""

import numpy as np
import pytest
import xarray as xr

from indicators.claims.summaries import epochs_trained, jump_at_reductions, lead_of_the_first_reduction


def record(rates, accuracies, **attrs):
    return xr.DataArray(
        np.array([rates, accuracies], float),
        {"quantity": ["learning_rate", "validation_accuracy"], "epoch": np.arange(1, len(rates) + 1)},
        ["quantity", "epoch"],
        attrs=attrs,
    )


@pytest.mark.parametrize(
    ("rates", "accuracies", "over_last", "over_best"),
    [
        pytest.param([1, 1, 1, 0.2], [0.1, 0.5, 0.4, 0.7], 0.3, 0.2, id="one reduction"),
        pytest.param([1, 0.2, 0.2, 0.04], [0.1, 0.5, 0.4, 0.6], (0.4 + 0.2) / 2, (0.4 + 0.1) / 2, id="mean of two"),
        pytest.param([1, 1, 0.2, np.nan], [0.3, 0.4, 0.2, np.nan], -0.2, -0.2, id="a fall, then no more epochs"),
        pytest.param([1, 1, 1, 1], [0.1, 0.5, 0.4, 0.7], np.nan, np.nan, id="none"),
        pytest.param([1, 2, 2, 2], [0.1, 0.5, 0.4, 0.7], np.nan, np.nan, id="a rising learning rate"),
    ],
)
def test_jump_at_reductions_by_hand(rates, accuracies, over_last, over_best):
    history = record(rates, accuracies)

    assert jump_at_reductions(history).item() == pytest.approx(over_last, nan_ok=True)
    assert jump_at_reductions(history, over="best").item() == pytest.approx(over_best, nan_ok=True)


def test_jump_at_reductions_says_where_it_does_not_exist():
    history = record([1, 1], [0.1, 0.5], resolution=0.001, undefined="epochs after the end of the training")

    found = jump_at_reductions(xr.concat([history, history], xr.Variable("seed", [0, 1])))

    assert found.dims == ("seed",)
    assert found.attrs == {"resolution": 0.001, "undefined": "trainings whose learning rate never falls"}


@pytest.mark.parametrize(
    ("rates", "reduced", "constant", "lead"),
    [
        pytest.param([1, 1, 0.2, 0.2], [0.1, 0.5, 0.7, 0.8], [0.1, 0.5, 0.4, 0.1], 0.3, id="one reduction"),
        pytest.param([1, 0.2, 0.2, 0.04], [0.1, 0.5, 0.4, 0.9], [0.1, 0.6, 0.4, 0.2], -0.1, id="the first of two"),
        pytest.param([1, 0.2, np.nan], [0.1, 0.5, np.nan], [0.1, 0.4, 0.9], 0.1, id="a fall, then no more epochs"),
        pytest.param([1, 1, 0.2], [0.1, 0.5, 0.7], [0.1, 0.5, np.nan], np.nan, id="the constant one ended before"),
        pytest.param([1, 1, 1], [0.1, 0.5, 0.7], [0.1, 0.5, 0.4], np.nan, id="none"),
        pytest.param([1, 2, 1], [0.1, 0.5, 0.7], [0.1, 0.5, 0.4], np.nan, id="a rate that rises and falls back"),
        pytest.param([np.nan] * 3, [np.nan] * 3, [0.1, 0.5, 0.4], np.nan, id="a training that diverged"),
    ],
)
def test_the_lead_of_the_first_reduction_by_hand(rates, reduced, constant, lead):
    found = lead_of_the_first_reduction(record(rates, reduced), record([1] * len(rates), constant))

    assert found.item() == pytest.approx(lead, nan_ok=True)


def test_the_lead_of_the_first_reduction_is_of_epochs_that_both_have_and_says_where_there_is_none():
    reduced = record([1, 1, 0.2], [0.1, 0.5, 0.7], resolution=0.001, undefined="networks that do not fit")

    found = lead_of_the_first_reduction(reduced, record([1] * 5, [0.1, 0.5, 0.6, 0.7, 0.8]))

    assert found.item() == pytest.approx(0.1)
    assert found.attrs == {
        "resolution": 0.001,
        "undefined": "networks that do not fit, trainings whose learning rate never falls",
    }
    assert np.isnan(lead_of_the_first_reduction(reduced, record([1, 1], [0.1, 0.5])))


def test_epochs_trained_are_those_on_record():
    record = np.full((1, 2, 4, 2), np.nan)
    record[0, 0, :3], record[0, 1, :4] = 0.5, 0.5
    history = xr.DataArray(
        record,
        {"quantity": ["train_accuracy", "learning_rate"]},
        ("seed", "level", "epoch", "quantity"),
        name="history",
    )

    assert epochs_trained(history).values.tolist() == [[3, 4]]


def test_networks_without_a_record_were_trained_for_no_number_of_epochs():
    trained = np.array([[0.5, 0.7, np.nan], [np.nan, np.nan, np.nan]])
    history = xr.DataArray(trained, {"level": ["low", "high"]}, ("level", "epoch"), attrs={"undefined": "unfit"})

    found = epochs_trained(history.expand_dims(quantity=["train_accuracy"]))

    assert found.values.tolist() == pytest.approx([2, np.nan], nan_ok=True)
    assert found.attrs == {"undefined": "unfit"}
