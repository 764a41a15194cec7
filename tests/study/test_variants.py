"""Networks that differ from the nine of a study in one factor: trained, measured, published and seen by claims."""

import pytest

from indicators.claims.view import View
from indicators.sources.published import publish, published_at
from indicators.sources.stored import Measurements
from indicators.specs.variants import VariantSpec
from indicators.store import Store
from indicators.study.agenda import work_of
from indicators.study.workers import prepare

BATCH_SIZE = VariantSpec(
    factor="batch_size",
    set="recipe.batch_size",
    values=(8,),
    cells={"optimizer": ("sgd",), "level": ("high",)},
    rates=(0.5, 1.0),
    indicators=("entropy",),
)
LEARNING_RATE = VariantSpec(factor="rate", set="learning_rates", values=(0.5, 1e30), cells={"level": ("high",)})


@pytest.fixture(scope="module")
def varied(make_study, folder, tmp_path_factory):
    """Two seeds of tiny networks, and their variants over batch size and learning rate, trained and measured."""
    study = make_study(max_epochs=2, seeds=2).changed(variants=(BATCH_SIZE, LEARNING_RATE))
    store = Store(tmp_path_factory.mktemp("varied") / "store")
    prepare(work_of(study, folder), store, lambda _: None)
    return Measurements(study, store)


@pytest.fixture(scope="module")
def published(varied, tmp_path_factory):
    return published_at(publish(varied, tmp_path_factory.mktemp("varied")))


def test_x(varied, published):
    print(varied.factors)
    print(varied.at("batch_size", 8)["entropy"] if 0 else varied.at("batch_size", 8).measurement("entropy").shape)
    print(varied.at("rate", 1e30).networks())
    print(View(varied).over("rate")["accuracy"])
    print(View(published).over("batch_size")["entropy"])
    print(published.factors)
