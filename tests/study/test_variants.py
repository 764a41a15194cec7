"""Networks that differ from the nine of a study in one factor: listed, trained, measured and seen by claims."""

import json

import numpy as np
import pytest

from indicators.claims.evidence import Undecided
from indicators.claims.verbs import more
from indicators.claims.view import NOT_FITTED, View
from indicators.errors import InputError, NotApplicable, NotMeasured
from indicators.sources.stored import Measurements
from indicators.specs import ModelSpec
from indicators.specs.recipes import Start
from indicators.specs.variants import VariantSpec
from indicators.store import Store
from indicators.study.agenda import Work, work_of
from indicators.study.workers import prepare

CELL = {"optimizer": ("sgd",), "level": ("high",)}
BATCH_SIZE = VariantSpec(
    factor="batch_size", set="recipe.batch_size", values=(8,), cells=CELL, rates=(0.5, 1.0), indicators=("entropy",)
)
RATE = VariantSpec(factor="rate", set="learning_rates", values=(0.5, 1e30), cells=CELL, indicators=("hoyer_sparsity",))


@pytest.fixture(scope="module")
def study(make_study):
    return make_study(target_accuracy=0.5).changed(variants=(BATCH_SIZE, RATE))


@pytest.fixture(scope="module")
def varied(study, folder, tmp_path_factory):
    """The tiny networks of one cell and their variants, trained and measured."""
    store = Store(tmp_path_factory.mktemp("varied") / "store")
    work = work_of(study, folder, only=("entropy", "hoyer_sparsity"))
    in_cell = [model for model in work.models if (model.optimizer, model.level) == ("sgd", "high")]
    prepare(work.model_copy(update={"models": tuple(in_cell)}), store, lambda _: None)
    return Measurements(study, store)


def log_of(measured, model):
    return json.loads(measured._store.entry(model).read("history.json"))


def test_the_work_holds_the_nine_and_every_network_of_every_factor_once(study, folder):
    work = work_of(study.changed(seeds=2), folder)

    assert len(work.models) == len({model.fingerprint for model in work.models}) == 2 * (9 + 3 + 1)
    assert [model.seed for model in work.models] == [0] * 13 + [1] * 13
    assert {of.label for of in work.varied.values()} == {"batch_size 8", "batch_size 16", "rate 1e+30"}


def test_chosen_factors_are_the_only_ones(study, folder):
    assert len(work_of(study, folder, variants={}).models) == 9
    assert len(work_of(study, folder, variants={"rate": None}).models) == 9 + 2
    with pytest.raises(NotApplicable, match="tiny has no variants over 'width'"):
        work_of(study, folder, variants={"width": None})


def test_what_two_factors_share_is_measured_for_both(study, folder):
    work = work_of(study, folder)
    (half,) = [
        m
        for m in work.models
        if m.recipe.batch_size == 16 and m.learning_rate == study.model("sgd", "high", 0).learning_rate / 2
    ]

    assert set(work.only_of(half)) == {"entropy", "hoyer_sparsity"}
    assert work.only_of(study.model("sgd", "high", 0)) is None
    assert work.label(half) == "sgd high, seed 0, batch_size 16"


def test_work_survives_the_way_to_a_worker(study, folder):
    work = work_of(study, folder)

    again = Work.model_validate_json(work.model_dump_json())

    assert again == work
    assert [again.only_of(spec) for spec in again.networks()] == [work.only_of(spec) for spec in work.networks()]


def test_the_networks_that_starts_go_by_are_trained_first_and_not_measured(make_study, folder, tmp_path):
    start = Start(mask="magnitude", fraction=0.5)
    pruned = make_study().changed(start=start).model("sgd", "low", 0)
    work, store = Work(models=(pruned,), measuring=None, folder=folder), Store(tmp_path)
    training = work.model_copy(update={"training_only": True})

    assert work.networks() == [pruned.untrained, pruned.parent, pruned]
    assert work.only_of(pruned.parent) == ()
    assert training.ready(pruned.parent, store)
    assert not training.ready(pruned, store)
    assert not work.ready(pruned, store)


def test_a_start_goes_the_way_of_a_network_that_diverged(make_study, folder, tmp_path):
    """What would be pruned is not there: that is an answer too, and no error that every run ends in."""
    pruned = make_study().changed(start=Start(mask="magnitude", fraction=0.5)).model("sgd", "low", 0)
    pruned = pruned.model_copy(update={"learning_rate": 1e30})
    store, work = Store(tmp_path), Work(models=(pruned,), measuring=None, folder=folder, trials=True)

    prepare(work, store, lambda _: None)

    logs = [json.loads(store.entry(spec).read("history.json")) for spec in (pruned.parent, pruned)]
    assert [log["diverged"] for log in logs] == [True, True]
    assert work.may_diverge(pruned.parent)


def test_networks_that_do_not_fit_meet_no_premise(varied):
    view = View(varied, "equal accuracy at high").at("rate", 1e30)

    with pytest.raises(Undecided, match=f"premise not met: {NOT_FITTED}"):
        view["accuracy"]


def test_untrained_networks_are_not_measured_along_a_factor(varied):
    with pytest.raises(NotApplicable, match="untrained networks are not measured along the factors of tiny"):
        View(varied).at("rate", 0.5).untrained("entropy")


def test_a_training_that_diverges_is_an_answer_of_a_variant_only(varied, study):
    diverged = study.at("rate", 1e30)[0].model("sgd", "high", 0)

    assert log_of(varied, diverged)["diverged"]
    assert np.isnan(View(varied).at("rate", 1e30)["accuracy"]).all()
    work = work_of(study, varied._store.root)
    assert work.may_diverge(diverged)
    assert not work.may_diverge(study.model("sgd", "high", 0))


def test_of_several_rates_the_best_on_validation_images_stands_for_all(varied, study):
    models = [at.model("sgd", "high", 0) for at in study.at("batch_size", 8)]
    logs = [log_of(varied, model) for model in models]
    best = max(logs, key=lambda log: (log["reached"] or log["accuracy"]["train"] >= 0.5, log["accuracy"]["validation"]))

    found = varied.at("batch_size", 8)

    assert found.measurement("accuracy").sel(split="test").item() == best["accuracy"]["test"]
    assert found.networks()["learning_rate"].item() in [model.learning_rate for model in models]


def test_a_factor_is_a_dimension_with_the_baseline_among_its_labels(varied):
    values = View(varied).over("batch_size")["entropy"]

    assert values["batch_size"].values.tolist() == [8, 16]
    assert values.sizes["optimizer"] == values.sizes["level"] == 1
    assert more(values, {"batch_size": 8}, than={"batch_size": 16}, by=0).seeds == 1


def test_networks_that_do_not_fit_decide_nothing(varied):
    view = View(varied).over("rate")["hoyer_sparsity"]

    assert view.attrs["undefined"].endswith(NOT_FITTED)
    with pytest.raises(Undecided, match=NOT_FITTED):
        more(view, {"rate": 1e30}, than={"rate": 1.0}, by=0)


def test_what_a_factor_or_a_label_lacks_is_not_applicable(varied):
    view = View(varied)

    with pytest.raises(NotApplicable, match="tiny has no variants over 'width'"):
        view.over("width")
    with pytest.raises(NotApplicable, match=r"tiny has no networks of batch_size 4, but of \[8, 16\]"):
        view.at("batch_size", 4)
    with pytest.raises(NotApplicable, match=r"no networks of batch_size \[4\]"):
        more(view.over("batch_size")["entropy"], {"batch_size": 4}, than={"batch_size": 16}, by=0)
    with pytest.raises(NotApplicable, match="has no optimizer"):
        more(view.over("batch_size")["entropy"], {"optimizer": "layca"}, than=0, by=0)


def test_what_is_not_measured_of_a_factor_says_by_which_command_it_is(varied):
    with pytest.raises(NotMeasured, match="indicators measure --study tiny"):
        View(varied).over("batch_size")["effective_rank"]


def test_a_premise_is_judged_on_the_networks_of_the_label(varied):
    with pytest.raises(NotApplicable, match="no networks of level low for the premise"):
        View(varied, "separated levels").at("batch_size", 8)["entropy"]


def test_names_of_indicators_are_checked_before_anything_is_trained(study, folder):
    wrong = BATCH_SIZE.model_copy(update={"indicators": ("entropi",)})

    with pytest.raises(
        InputError, match=r"variants.batch_size.indicators='entropi' is no indicator; did you mean 'entropy'"
    ):
        work_of(study.changed(variants=(wrong,)), folder)


def test_labels_say_what_a_network_is(study, folder):
    work = work_of(study, folder)

    assert all(isinstance(spec, ModelSpec) for spec in work.models)
    assert work.label(study.model("sgd", "low", 0)) == "sgd low, seed 0"
