import numpy as np
import pytest
import xarray as xr

from indicators.claims import premises
from indicators.errors import InputError

THESIS = [[0.6461, 0.7540, 0.8429], [0.6755, 0.7546, 0.8706], [0.6513, 0.7396, 0.8558]]


def accuracy(*seeds):
    return xr.DataArray(
        np.array(seeds),
        dims=("seed", "optimizer", "level"),
        coords={
            "seed": range(len(seeds)),
            "optimizer": ["sgd", "wdecay", "layca"],
            "level": ["low", "medium", "high"],
        },
    )


def flat(low, medium, high):
    return [[low, medium, high]] * 3


def test_levels_five_points_apart_are_separated_though_binary_numbers_fall_short():
    assert 0.70 - 0.65 < 0.05

    separated = premises.separated_levels(accuracy(flat(0.65, 0.70, 0.75), flat(0.65, 0.699, 0.75)))

    assert separated.dims == ("seed",)
    assert separated.values.tolist() == [True, False]


@pytest.mark.parametrize(
    ("optimizer", "level", "lost"),
    [(0, 1, 0.08), (1, 2, 0.10), (2, 0, -0.09)],
    ids=["sgd at medium", "wdecay at high", "layca at low"],
)
def test_every_optimizer_and_step_must_be_separated(optimizer, level, lost):
    networks = np.array(THESIS)
    networks[optimizer, level] -= lost

    assert premises.separated_levels(accuracy(THESIS)).item()
    assert not premises.separated_levels(accuracy(networks)).item()


def test_separation_does_not_depend_on_the_order_of_the_levels():
    shuffled = accuracy(THESIS).isel(level=[2, 0, 1])

    assert premises.separated_levels(shuffled).item()


def test_accuracies_three_points_apart_are_equal_though_binary_numbers_exceed():
    assert 0.87 - 0.84 > 0.03
    three, more = flat(0.65, 0.75, 0.84), flat(0.65, 0.75, 0.84)
    three[1], more[1] = [0.65, 0.75, 0.87], [0.65, 0.75, 0.871]

    assert premises.equal_accuracy(accuracy(three, more), "high").values.tolist() == [True, False]


def test_equal_accuracy_looks_at_the_levels_it_is_asked_for():
    networks = flat(0.65, 0.75, 0.85)
    networks[2] = [0.65, 0.80, 0.85]

    assert premises.equal_accuracy(accuracy(networks), ["low", "high"]).item()
    assert not premises.equal_accuracy(accuracy(networks), "medium").item()
    assert not premises.equal_accuracy(accuracy(networks), ["low", "medium"]).item()


@pytest.mark.parametrize(
    ("name", "met"),
    [
        ("separated levels", True),
        ("equal accuracy at low", True),
        ("equal accuracy at medium", True),
        ("equal accuracy at high", True),
        ("equal accuracy at every level", True),
    ],
)
def test_the_nine_networks_of_the_thesis_meet_every_premise(name, met):
    premise = premises.parse(name)

    assert premise.name == name
    assert premise.words
    assert premise.holds(accuracy(THESIS)).item() is met
    assert premise.unmet(accuracy(THESIS)) == ""


@pytest.mark.parametrize("level", ["low", "medium", "high"])
def test_each_name_asks_for_its_own_level(level):
    networks = accuracy(THESIS)
    networks.loc[{"optimizer": "sgd", "level": level}] -= 0.04

    failing = [name for name in premises.PREMISES if "equal" in name and not premises.parse(name).holds(networks)]

    assert failing == [f"equal accuracy at {level}", "equal accuracy at every level"]


def test_an_unknown_premise_lists_the_known_ones():
    with pytest.raises(InputError, match=r"'equal accuracy'.*equal accuracy at high.*separated levels"):
        premises.parse("equal accuracy")


def test_unequal_accuracies_are_told_in_points():
    networks = flat(0.65, 0.75, 0.85)
    networks[0] = [0.65, 0.75, 0.798]

    text = premises.parse("equal accuracy at every level").unmet(accuracy(networks))

    assert text == "accuracies at high differ by 5.2 points (limit 3)"


def test_levels_that_do_not_separate_are_told_in_points_with_the_seeds():
    networks = flat(0.65, 0.75, 0.85)
    networks[1] = [0.65, 0.75, 0.762]

    text = premises.parse("separated levels").unmet(accuracy(flat(0.65, 0.75, 0.85), networks))

    assert text == "accuracy of wdecay rises by 1.2 points from medium to high (at least 5) in 1 of 2 seeds"


@pytest.mark.parametrize("name", sorted(premises.PREMISES))
@pytest.mark.parametrize("bad", [np.nan, np.inf, 65.0, -0.1])
def test_what_is_no_accuracy_is_an_error_and_not_a_premise_that_fails(name, bad):
    networks = accuracy(flat(bad, bad, bad))

    with pytest.raises(ValueError, match="outside"):
        premises.parse(name).holds(networks)


def test_accuracies_of_several_splits_must_be_selected_first():
    networks = accuracy(THESIS).expand_dims(split=["train", "test"])

    with pytest.raises(ValueError, match="select a split"):
        premises.separated_levels(networks)


def test_an_unknown_level_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"level=\['top'\].*'low', 'medium', 'high'"):
        premises.equal_accuracy(accuracy(THESIS), "top")
