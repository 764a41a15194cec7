import itertools

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from indicators.claims import premises
from indicators.errors import InputError, NotApplicable

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


def rotation(*seeds, layers=2):
    """Cosine distances that are the same in all layers."""
    distances = accuracy(*seeds)
    return distances.expand_dims(layer=layers, axis=-1)


def measured(**arrays):
    """What gives these measurements by their name, as a study does."""

    def measurement(name):
        if name not in arrays:
            raise NotApplicable(f"{name!r} is not recorded")
        return arrays[name]

    return measurement


def split(**splits):
    return xr.concat(list(splits.values()), "split").assign_coords(split=list(splits))


def holds(name, networks):
    """Whether each seed meets a premise, all of whose measurements are these numbers."""
    seen = measured(
        accuracy=networks.expand_dims(split=["train", "test"]), cosine_distance=networks.expand_dims(layer=2)
    )
    return premises.met(name, seen)[0]


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


@pytest.mark.parametrize("name", sorted(premises.PREMISES))
def test_the_nine_networks_of_the_thesis_meet_every_premise(name):
    (premise,) = premises.parse(name)
    turns = np.array([[0.004, 0.023, 0.46], [0.005, 0.021, 0.96], [0.003, 0.014, 0.98]])
    study = measured(
        accuracy=split(train_running=accuracy(flat(0.9937, 0.9911, 0.9894)), test=accuracy(THESIS)),
        cosine_distance=rotation(turns),
    )

    held, unmet = premises.met(name, study)

    assert premise.name == name
    assert premise.words
    assert held.item() is True
    assert unmet == ""


@pytest.mark.parametrize("level", ["low", "medium", "high"])
def test_each_name_asks_for_its_own_level(level):
    networks = accuracy(THESIS)
    networks.loc[{"optimizer": "sgd", "level": level}] -= 0.04

    failing = [name for name in premises.PREMISES if "equal accuracy" in name and not holds(name, networks)]

    assert failing == [f"equal accuracy at {level}", "equal accuracy at every level"]


def test_an_unknown_premise_lists_the_known_ones():
    for names in ("equal accuracy", "equal fit and equal accuracy", "separated levels and equal accuracy"):
        with pytest.raises(InputError, match=r"'equal accuracy' .*equal accuracy at high.*separated levels"):
            premises.parse(names)


# Weights that turned


def test_weights_turned_where_weight_decay_and_layca_turned_them_at_high():
    turned = rotation([[0, 0, 0], [0, 0, 0.8], [0, 0, 0.8]])
    under_one = [rotation([[1, 1, 1], [1, 1, 0.79], [1, 1, 1]]), rotation([[1, 1, 1], [1, 1, 1], [1, 1, 0.79]])]

    assert premises.weights_turned(turned).item()
    assert not any(premises.weights_turned(one).item() for one in under_one)


def test_weights_turn_in_the_mean_over_all_layers():
    turns = rotation(flat(0, 0, 1), layers=3)

    assert premises.weights_turned(turns - xr.DataArray([0.6, 0, 0], dims="layer")).item()
    assert not premises.weights_turned(turns - xr.DataArray([0.63, 0, 0], dims="layer")).item()


def test_weights_that_did_not_turn_are_told_with_the_optimizer_that_turned_them_least():
    turns = rotation([[0, 0, 0.3], [0, 0, 0.108], [0, 0, 0.14]], flat(0, 0, 0.95))

    text = premises.too_little_turned(turns)

    assert text == "weights of wdecay at high turned by 1 - cos = 0.11 in the mean (at least 0.8) in 1 of 2 seeds"
    assert premises.too_little_turned(turns[1:]) == ""


@pytest.mark.parametrize("bad", [np.nan, np.inf, 2.1, -0.1])
def test_what_is_no_cosine_distance_is_an_error_and_not_a_premise_that_fails(bad):
    for values in (rotation(flat(0, 0, bad)), rotation([[0, 0, 0], [0, 0, 0.9], [0, 0, bad]])):
        with pytest.raises(ValueError, match="outside"):
            premises.weights_turned(values)
    assert premises.weights_turned(rotation([[bad] * 3, [bad, bad, 1], [bad, bad, 1]])).item()


def test_rotations_are_of_networks_and_layers():
    with pytest.raises(ValueError, match="expected seed, optimizer, level and layer"):
        premises.weights_turned(accuracy(flat(0, 0, 1)))


# Equal fit


def test_fits_are_equal_within_one_point_over_all_nine_networks():
    assert 1.0 - 0.99 > 0.01
    networks, apart = accuracy(flat(1.0, 0.995, 0.99)), accuracy(flat(0.995, 0.995, 0.99))
    apart.loc[{"optimizer": "layca", "level": "low"}] = 1.0
    apart.loc[{"optimizer": "sgd", "level": "high"}] = 0.989

    assert premises.equal_fit(networks).item()
    assert premises.unequal_fit(networks) == ""
    assert not premises.equal_fit(apart).item()
    assert premises.unequal_fit(apart) == "training accuracies differ by 1.1 points (limit 1)"


def test_fit_is_evaluated_after_training_where_it_was():
    alike, apart = accuracy(flat(0.99, 0.99, 0.99)), accuracy(flat(0.99, 0.99, 0.97))
    test = accuracy(THESIS)

    def met(**splits):
        return premises.met("equal fit", measured(accuracy=split(**splits, test=test)))[0].item()

    assert met(train_running=apart, train=alike)
    assert not met(train_running=alike, train=apart)
    assert met(train_running=alike)
    assert not met(train_running=apart)


# Several at once

SEVERAL = [
    " and ".join(names)
    for count in (2, 3, len(premises.PREMISES))
    for names in itertools.islice(itertools.combinations(premises.PREMISES, count), 0, None, 3)
]
SEEDS = arrays(float, (4, 3, 3), elements=st.sampled_from([0.5, 0.64, 0.65, 0.7, 0.75, 0.8, 0.85, 0.99, 1.0]))


@settings(deadline=None, max_examples=50)
@given(networks=SEEDS, names=st.sampled_from(SEVERAL), good=st.sets(st.integers(0, 3)))
def test_premises_are_met_together_by_the_seeds_that_meet_each(networks, names, good):
    networks[list(good)] = THESIS
    study = accuracy(*networks)
    alone = [holds(name, study).values for name in names.split(" and ")]

    together = holds(names, study)

    assert together.values.tolist() == np.logical_and.reduce(alone).tolist()
    assert together["seed"].values.tolist() == [0, 1, 2, 3]


def test_no_name_of_a_premise_holds_what_joins_them():
    assert not any(premises.AND in name for name in premises.PREMISES)


def test_the_reason_names_those_that_are_not_met():
    alike = accuracy(THESIS)
    study = measured(accuracy=split(train=alike, test=alike), cosine_distance=rotation(flat(0, 0, 0.5)))

    _, one = premises.met("equal accuracy at high and weights turned", study)
    _, two = premises.met("weights turned and equal fit and separated levels", study)

    assert one == "weights of wdecay at high turned by 1 - cos = 0.5 in the mean (at least 0.8)"
    assert two == f"{one}; training accuracies differ by 22.5 points (limit 1)"


@pytest.mark.parametrize("names", ["weights turned", "separated levels and weights turned"])
def test_a_study_that_lacks_what_a_premise_looks_at_does_not_fail_it(names):
    study = measured(accuracy=split(train=accuracy(THESIS), test=accuracy(flat(0.5, 0.5, 0.5))))

    with pytest.raises(NotApplicable, match="'cosine_distance' is not recorded"):
        premises.met(names, study)


def test_unequal_accuracies_are_told_in_points():
    networks = flat(0.65, 0.75, 0.85)
    networks[0] = [0.65, 0.75, 0.798]

    text = premises.PREMISES["equal accuracy at every level"].unmet(accuracy(networks))

    assert text == "accuracies at high differ by 5.2 points (limit 3)"


def test_levels_that_do_not_separate_are_told_in_points_with_the_seeds():
    networks = flat(0.65, 0.75, 0.85)
    networks[1] = [0.65, 0.75, 0.762]

    text = premises.PREMISES["separated levels"].unmet(accuracy(flat(0.65, 0.75, 0.85), networks))

    assert text == "accuracy of wdecay rises by 1.2 points from medium to high (at least 5) in 1 of 2 seeds"


@pytest.mark.parametrize("name", sorted(set(premises.PREMISES) - {"weights turned"}))
@pytest.mark.parametrize("bad", [np.nan, np.inf, 65.0, -0.1])
def test_what_is_no_accuracy_is_an_error_and_not_a_premise_that_fails(name, bad):
    networks = accuracy(flat(bad, bad, bad))

    with pytest.raises(ValueError, match="outside"):
        premises.PREMISES[name].holds(networks)


def test_accuracies_of_several_splits_must_be_selected_first():
    networks = accuracy(THESIS).expand_dims(split=["train", "test"])

    with pytest.raises(ValueError, match="select a split"):
        premises.separated_levels(networks)


def test_an_unknown_level_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"level=\['top'\].*'low', 'medium', 'high'"):
        premises.equal_accuracy(accuracy(THESIS), "top")


@pytest.mark.parametrize("premise", ["equal fit", "separated levels"])
def test_accuracies_on_other_images_alone_cannot_meet_a_premise(premise):
    table = np.full((1, 3, 3, 1), 0.7)
    coords = {
        "seed": [0],
        "optimizer": ["sgd", "wdecay", "layca"],
        "level": ["low", "medium", "high"],
        "split": ["validation"],
    }
    accuracy = xr.DataArray(table, coords, tuple(coords))

    with pytest.raises(NotApplicable, match="known on validation, not on"):
        premises.met(premise, lambda _: accuracy)


def test_a_premise_that_is_named_twice_is_one():
    assert premises.parse("equal fit  and equal fit") == premises.parse("equal fit")
