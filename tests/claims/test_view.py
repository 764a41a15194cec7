from dataclasses import dataclass, field

import numpy as np
import pytest
import xarray as xr

from indicators.claims.evidence import Undecided
from indicators.claims.judging import judging
from indicators.claims.verbs import more
from indicators.claims.view import (
    CENTRAL,
    FIRST,
    HIDDEN,
    LAST,
    OUTPUT,
    PARTS,
    View,
    after_pooling,
    at_labels,
    layer_at,
    layers_but,
    layers_in,
    layers_with_numbers,
    part_of,
)
from indicators.errors import InputError, NotApplicable
from indicators.sources.source import open_source
from indicators.specs import LEVELS, OPTIMIZERS
from indicators.specs.files import load_study
from tests.claims.arrays import standard_error

GOOD = [0.6, 0.7, 0.8]


def names(count):
    """Layers as networks have them: convolutions, then one or two dense ones."""
    dense = 1 if count < 4 else 2
    return tuple([f"Conv{i + 1}" for i in range(count - dense)] + [f"Dense{i + 1}" for i in range(dense)])


@dataclass
class Recorded:
    """A study of which accuracies and one measurement per layer are known."""

    accuracies: list = field(default_factory=lambda: [GOOD])
    layers: tuple = names(15)
    covered: tuple | None = None
    poolings: dict = field(default_factory=dict)
    classes: int | None = None
    name: str = "imagined"
    scale: str = "mini"

    @property
    def seeds(self):
        return tuple(10 * (i + 1) for i in range(len(self.accuracies)))

    def names(self):
        return ["accuracy", "norm_ratio"]

    def measurement(self, name, *, images="train"):
        if images == "test":
            return self.measurement(name) + 500
        cells = {"seed": list(self.seeds), "optimizer": list(OPTIMIZERS), "level": list(LEVELS)}
        if name == "accuracy":
            test = np.array(self.accuracies)[:, np.newaxis, :] * np.ones((1, 3, 1))
            labels = cells | {"split": ["validation", "test"]}
            return xr.DataArray(np.stack([0 * test, test], -1), labels, tuple(labels), name=name)
        if name != "norm_ratio":
            raise NotApplicable(f"{name!r} is not recorded")
        labels = cells | {"layer": list(self.covered or self.layers)}
        shape = [len(values) for values in labels.values()]
        return xr.DataArray(np.arange(np.prod(shape)).reshape(shape), labels, tuple(labels), name=name)

    def by_neuron(self, name):
        return self.measurement(name).expand_dims(neuron=2)

    def untrained(self, name, *, statistics="stored"):
        shift = 0 if statistics == "stored" else 1000
        return self.measurement(name).isel(optimizer=0, level=0, drop=True) + shift


def test_layers_without_a_number_in_any_network_are_left_out():
    values = View(Recorded())["norm_ratio"].where(lambda of: of["layer"].isin(["Conv3", "Conv5"]))
    of_one = values.where((values["layer"] != "Conv5") | (values["level"] == "low"))

    assert layers_with_numbers(of_one)["layer"].values.tolist() == ["Conv3", "Conv5"]
    with pytest.raises(NotApplicable, match="norm_ratio has no number in any layer"):
        layers_with_numbers(values.where(False))


def parts(count):
    values = View(Recorded(layers=names(count)))["norm_ratio"]
    return {str(part): values["layer"].values[values["part"] == part].tolist() for part in PARTS}


# Parts of a network


def test_the_parts_of_vgg_16_are_those_of_the_thesis():
    assert parts(15) == {
        "first": ["Conv1", "Conv2", "Conv3", "Conv4"],
        "central": ["Conv5", "Conv6", "Conv7", "Conv8", "Conv9"],
        "last": ["Conv10", "Conv11", "Conv12", "Conv13", "Dense1"],
        "output": ["Dense2"],
    }


def test_the_parts_of_vgg_11_have_three_layers_each():
    assert parts(10) == {
        "first": ["Conv1", "Conv2", "Conv3"],
        "central": ["Conv4", "Conv5", "Conv6"],
        "last": ["Conv7", "Conv8", "Dense1"],
        "output": ["Dense2"],
    }


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (1, [OUTPUT]),
        (2, [CENTRAL, OUTPUT]),
        (3, [FIRST, LAST, OUTPUT]),
        (4, [FIRST, CENTRAL, LAST, OUTPUT]),
        (8, [FIRST, FIRST, CENTRAL, CENTRAL, CENTRAL, LAST, LAST, OUTPUT]),
    ],
)
def test_the_parts_of_small_networks(count, expected):
    assert [part_of(place, count) for place in range(count)] == expected


@pytest.mark.parametrize("count", range(4, 60))
def test_every_part_of_a_deep_network_has_layers_in_order(count):
    found = [PARTS.index(part_of(place, count)) for place in range(count)]

    assert found == sorted(found)
    assert set(found) == {0, 1, 2, 3}
    assert found.count(3) == 1
    assert abs(found.count(0) - 4 / 14 * (count - 1)) <= 0.5 + 1e-9


def test_layers_are_chosen_by_part_and_keep_their_values():
    values = View(Recorded())["norm_ratio"]

    chosen = layers_in(values, LAST)

    assert chosen["layer"].values.tolist() == ["Conv10", "Conv11", "Conv12", "Conv13", "Dense1"]
    assert np.array_equal(chosen.values, values.values[..., 9:14])
    assert layers_in(values, *HIDDEN).sizes["layer"] == 14
    assert layers_in(values, *PARTS).sizes["layer"] == 15


def test_depth_runs_to_one_at_the_output():
    values = View(Recorded(layers=names(10)))["norm_ratio"]

    assert values["depth"].values.tolist() == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])


def test_parts_and_depth_are_those_of_the_network_where_only_some_layers_were_recorded():
    values = View(Recorded(covered=("Conv5", "Conv12")))["norm_ratio"]

    assert values["part"].values.tolist() == [CENTRAL, LAST]
    assert values["depth"].values.tolist() == pytest.approx([5 / 15, 12 / 15])


def test_a_part_without_layers_makes_a_claim_inapplicable():
    values = View(Recorded(covered=("Conv5", "Conv12")))["norm_ratio"]

    with pytest.raises(NotApplicable, match=r"^norm_ratio has no layer in \('first', 'output'\)$"):
        layers_in(values, FIRST, OUTPUT)


def test_a_part_that_no_network_has_is_an_error():
    with pytest.raises(
        InputError, match=r"^part 'LAST' does not exist; choose from \('first', 'central', 'last', 'out"
    ):
        layers_in(View(Recorded())["norm_ratio"], FIRST, "LAST")


def test_a_measurement_without_layers_passes_as_it_is():
    view = View(Recorded())

    assert "part" not in view["accuracy"].coords
    assert view["accuracy"].dims == ("seed", "optimizer", "level", "split")


# Seeds and premises


def test_without_a_premise_every_seed_counts():
    view = View(Recorded(accuracies=[GOOD, [0.5, 0.5, 0.5]]))

    assert view.seeds == [10, 20]
    assert (view.name, view.scale) == ("imagined", "mini")


def test_seeds_that_miss_the_premise_are_left_out_whole():
    source = Recorded(accuracies=[GOOD, [0.6, 0.61, 0.8], GOOD, GOOD])
    view = View(source, "separated levels")

    assert view.seeds == [10, 30, 40]
    assert view["norm_ratio"]["seed"].values.tolist() == [10, 30, 40]
    assert view["accuracy"]["seed"].values.tolist() == [10, 30, 40]
    assert view.untrained("norm_ratio")["seed"].values.tolist() == [10, 30, 40]
    assert np.array_equal(view["norm_ratio"].values, source.measurement("norm_ratio").values[[0, 2, 3]])


@pytest.mark.parametrize(
    ("accuracies", "kept"),
    [
        pytest.param([[0.6, 0.61, 0.8]], 0, id="the only seed"),
        pytest.param([GOOD, [0.6, 0.61, 0.8]], 1, id="one of two"),
        pytest.param([GOOD, [0.6, 0.61, 0.8], GOOD], 2, id="one of three"),
        pytest.param([GOOD, [0.6, 0.61, 0.8], [0.6, 0.61, 0.8], GOOD, [0.6, 0.61, 0.8]], 2, id="three of five"),
    ],
)
def test_too_few_seeds_that_meet_the_premise_leave_a_claim_undecided(accuracies, kept):
    view = View(Recorded(accuracies=accuracies), "separated levels")

    for look in (view.__getitem__, view.untrained):
        with pytest.raises(
            Undecided, match=r"^inconclusive: premise not met: accuracy of \w+ rises by 1 points"
        ) as caught:
            look("norm_ratio")
    assert caught.value.evidence.verdict == "inconclusive"
    assert caught.value.evidence.seeds == kept
    assert caught.value.evidence.as_dict()["effect"] is None


def test_the_premise_looks_at_test_accuracy():
    # Validation accuracies of the imagined study are all zero.
    assert View(Recorded(), "separated levels").seeds == [10]
    assert View(Recorded(), "equal accuracy at every level").seeds == [10]


def test_seeds_have_to_meet_every_premise_of_a_claim():
    source = Recorded(accuracies=[GOOD, [0.6, 0.61, 0.8], GOOD, GOOD])

    assert View(source, "equal accuracy at high and separated levels").seeds == [10, 30, 40]
    with pytest.raises(NotApplicable, match="'cosine_distance' is not recorded"):
        View(source, "separated levels and weights turned")["norm_ratio"]


def test_an_unknown_premise_is_an_error():
    with pytest.raises(InputError, match="does not exist: choose from"):
        View(Recorded(), "happy levels")["norm_ratio"]


@pytest.mark.parametrize("premise", [None, "separated levels"])
def test_what_the_study_lacks_makes_a_claim_inapplicable_whatever_its_premise(premise):
    view = View(Recorded(accuracies=[[0.5, 0.5, 0.5]]), premise)

    for look in (view.__getitem__, view.untrained):
        with pytest.raises(NotApplicable, match="'silhouette_cosine' is not recorded"):
            look("silhouette_cosine")


def test_a_name_that_nobody_knows_is_an_error_unless_the_claim_says_what_it_needs():
    for name, meant in (("norm_ration", "norm_ratio"), ("silhouette_cosin", "silhouette_cosine")):
        with pytest.raises(
            InputError, match=rf"^'{name}' is no measurement; did you mean '{meant}'\? `indicators list"
        ):
            View(Recorded())[name]
        with pytest.raises(NotApplicable, match=f"'{name}' is not recorded"):
            View(Recorded(), foreseen=True).untrained(name)


# Sources


def test_a_recorded_study_is_opened_as_recorded(store):
    source = open_source(load_study("thesis-2019"), store)

    view = View(source, "separated levels")
    assert view.scale == "full"
    assert layers_in(view["norm_ratio"], OUTPUT)["layer"].values.tolist() == ["Dense2"]


def test_what_a_claim_sees_keeps_its_resolution_that_of_the_coarsest_cell(store):
    view = View(open_source(load_study("thesis-2019"), store))

    assert layers_in(view["cosine_distance"], OUTPUT).attrs["resolution"] == 1e-7
    assert view["norm_ratio"].attrs["resolution"] == 0.11  # weight decay at high; 0.005 elsewhere


def test_a_trained_study_is_opened_as_measured(store):
    source = open_source(load_study("cifar10-mini").changed(seeds=2), store)

    assert (source.name, source.scale, tuple(source.seeds)) == ("cifar10-mini", "mini", (0, 1))
    with pytest.raises(InputError, match="indicators"):
        View(source)["norm_ratio"]
    with pytest.raises(NotApplicable, match="'silhouettes' is not in the catalog"):
        View(source, foreseen=True)["silhouettes"]


def test_untrained_networks_are_seen_with_the_statistics_asked_for():
    view = View(Recorded())

    stored, estimated = (view.untrained("norm_ratio", statistics=name) for name in ("stored", "estimated"))
    assert (estimated - stored).values.tolist() == [[1000.0] * 15]
    assert estimated["part"].values[0] == FIRST


# Other ways to look


def test_measurements_on_test_images_and_of_neurons_have_parts_too():
    view = View(Recorded())

    assert (view.on_test_images("norm_ratio") == view["norm_ratio"] + 500).all()
    assert view.by_neuron("norm_ratio").sizes["neuron"] == 2
    for values in (view.on_test_images("norm_ratio"), view.by_neuron("norm_ratio")):
        assert values["part"].values.tolist() == view["norm_ratio"]["part"].values.tolist()


@pytest.mark.parametrize(("place", "name"), [(0, "Conv1"), (2, "Conv3"), (-1, "Dense2"), (-2, "Dense1")])
def test_a_layer_is_found_by_its_place_from_either_end(place, name):
    assert layer_at(View(Recorded())["norm_ratio"], place)["layer"].values.tolist() == [name]


def test_places_are_those_of_the_network_and_not_of_what_was_recorded():
    values = View(Recorded(covered=("Conv2", "Conv3")))["norm_ratio"]

    assert layer_at(values, 1)["layer"].values.tolist() == ["Conv2"]
    for place in (0, -1, 15):
        with pytest.raises(NotApplicable, match=f"norm_ratio has no layer at place {place}"):
            layer_at(values, place)


def test_all_layers_but_one_are_those_of_the_network_and_one_at_least():
    values = View(Recorded(layers=names(4), covered=("Conv2", "Dense2")))["norm_ratio"]

    assert layers_but(values, 0)["layer"].values.tolist() == ["Conv2", "Dense2"]
    assert layers_but(values, -1)["layer"].values.tolist() == ["Conv2"]
    with pytest.raises(NotApplicable, match="norm_ratio has no layer but that at place -1"):
        layers_but(layers_but(values, 1), -1)


def test_labels_that_a_study_does_not_tell_apart_make_a_claim_inapplicable():
    values = View(Recorded())["accuracy"]

    assert at_labels(values, "split", ["test"])["split"].values.tolist() == ["test"]
    with pytest.raises(NotApplicable, match=r"^accuracy does not tell apart the split \['train'\]$"):
        at_labels(values, "split", ["test", "train"])


POOLED = dict(zip(names(6), (0, 1, 1, 3, 3, 3), strict=True))


@pytest.mark.parametrize(("count", "layer"), [(0, "Conv1"), (1, "Conv2"), (3, "Conv4")])
def test_a_layer_is_found_by_the_poolings_before_it(count, layer):
    values = View(Recorded(layers=names(6), poolings=POOLED))["norm_ratio"]

    found = after_pooling(values, count)

    assert values["poolings"].values.tolist() == [0, 1, 1, 3, 3, 3]
    assert found["layer"].values.tolist() == [layer]
    assert found.identical(values.sel(layer=[layer]))


@pytest.mark.parametrize("count", [2, 4], ids=["between two in a row", "after more than there are"])
def test_poolings_without_a_layer_after_them_make_a_claim_inapplicable(count):
    values = View(Recorded(layers=names(6), poolings=POOLED))["norm_ratio"]

    with pytest.raises(NotApplicable, match=f"^norm_ratio has no first layer after {count} poolings$"):
        after_pooling(values, count)


def test_the_first_layer_after_a_pooling_is_that_of_the_network_and_not_of_what_was_recorded():
    values = View(Recorded(layers=names(6), poolings=POOLED, covered=("Conv3", "Conv4")))["norm_ratio"]

    assert after_pooling(values, 3)["layer"].values.tolist() == ["Conv4"]
    with pytest.raises(NotApplicable, match="norm_ratio has no first layer after 1 poolings"):
        after_pooling(values, 1)


def test_unknown_poolings_make_a_claim_inapplicable():
    values = View(Recorded())["norm_ratio"]

    assert "poolings" not in values.coords
    with pytest.raises(NotApplicable, match="norm_ratio does not say where its network pools"):
        after_pooling(values, 0)


def test_a_difference_of_measurements_knows_the_poolings_too():
    view = View(Recorded(layers=names(6), poolings=POOLED))

    gap = view["norm_ratio"] - view.untrained("norm_ratio")

    assert after_pooling(gap, 1)["layer"].values.tolist() == ["Conv2"]


def test_a_study_says_how_many_classes_its_images_have_or_a_claim_is_not_applicable():
    assert View(Recorded(classes=7)).classes == 7
    with pytest.raises(NotApplicable, match="imagined does not say how many classes its images have"):
        _ = View(Recorded()).classes


# What arithmetic forgets


@dataclass
class Two:
    """Two measurements of three seeds that say different things of themselves."""

    about: dict
    scale: str = "mini"
    name: str = "two"
    seeds: tuple = (0, 1, 2)
    layers: tuple = names(3)
    poolings: dict = field(default_factory=dict)

    def measurement(self, name):
        labels = {"seed": [0, 1, 2], "optimizer": list(OPTIMIZERS), "level": list(LEVELS), "layer": list(self.layers)}
        values = xr.DataArray(np.ones((3, 3, 3, 3)), labels, tuple(labels), name=name, attrs=self.about[name])
        return values.where(values["layer"] != "Conv1") if name == "holey" else values


def test_a_difference_of_measurements_is_no_finer_than_the_coarser_of_them():
    study = Two({"fine": {"resolution": 0.001}, "coarse": {"resolution": 0.04}})

    with xr.set_options(keep_attrs=True), judging():
        view = View(study)
        found = more(view["fine"] - view["coarse"] + 1, {}, than=0, by=0.1)
    alone = more(study.measurement("fine") - study.measurement("coarse") + 1, {}, than=0, by=0.1)

    assert standard_error(found) == pytest.approx(0.04 / np.sqrt(12))
    assert alone.spread < 0.001


def test_what_may_be_undefined_stays_so_in_a_difference():
    study = Two({"whole": {"undefined": ""}, "holey": {"undefined": "dead layers"}})

    with xr.set_options(keep_attrs=True), judging():
        view = View(study)
        gap = view["whole"] - view["holey"]
        with pytest.raises(Undecided, match=r"do not exist \(dead layers\)"):
            more(gap, {}, than=0, by=0.1)
