"""What a study costs, and what is likely to go wrong with it."""

import subprocess
import sys

import pytest

from indicators.cli import diagnosis
from indicators.specs.files import load_study
from indicators.study.agenda import Work
from indicators.study.workers import prepare


def test_what_is_done_costs_nothing_more(make_study, folder, store, monkeypatch):
    study = make_study()
    one = study.model("sgd", "low", 0)
    prepare(Work(models=(one,), measuring=study.measuring, folder=folder), store, lambda _: None)

    monkeypatch.setattr(diagnosis, "_speed", lambda *_: 100.0)
    left = diagnosis.cost(study, store, None)

    assert (left.networks, left.to_train, left.to_measure) == (10, 8, 8)
    assert left.epochs == 2  # no more than the recipe allows
    works = [(spec, Work(models=(spec,), measuring=study.measuring, folder=folder)) for spec in study.models()]
    images = sum(work.images(spec) for spec, work in works if spec != one)
    at_once = min(diagnosis.cores(), 8)
    assert left.seconds == pytest.approx((8 * 2 * 48 / 100 + images / 300) / at_once)


def test_epochs_are_those_of_the_published_study_where_there_is_one(store, monkeypatch):
    study = load_study("cifar10-mini")
    monkeypatch.setattr(diagnosis, "_speed", lambda *_: 1000.0)

    left = diagnosis.cost(study, store, None)

    assert left.epochs_from == "the mean of cifar10-mini-recorded"
    assert 9 < left.epochs < 13
    assert (left.networks, left.to_train) == (10, 9)


def test_a_card_left_idle_is_pointed_out(store, monkeypatch):
    monkeypatch.setattr(diagnosis, "accelerator", lambda: "Some Card 80GB")
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    assert "Some Card 80GB is used best through JAX: KERAS_BACKEND=jax" in diagnosis.warnings(store)
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert not any("Some Card" in warning for warning in diagnosis.warnings(store))


@pytest.mark.parametrize(("name", "warned"), [("cifar10-quarter", True), ("cifar10-mini", False)])
def test_a_precision_that_is_slow_here_is_pointed_out(store, monkeypatch, name, warned):
    monkeypatch.setattr(diagnosis, "slow_precision", lambda precision: "slow" if precision == "bfloat16" else "")

    assert ("slow" in diagnosis.warnings(store, load_study(name))) == warned


def test_rates_that_do_not_rise_and_few_images_are_pointed_out(store):
    study = load_study("cifar10-mini")
    assert diagnosis.warnings(store, study) == diagnosis.warnings(store)
    rates = study.learning_rates | {"layca": {"low": 0.1, "medium": 0.01, "high": 0.02}}
    odd = study.changed(learning_rates=rates, measuring={"images": 100, "clustering_images": 100, "curve_images": 100})

    of_rates, of_images = diagnosis.warnings(store, odd)[len(diagnosis.warnings(store)) :]
    assert "rates of layca do not rise (low 0.1, medium 0.01, high 0.02)" in of_rates
    assert "on 100 images only" in of_images


def test_libraries_are_loaded_without_a_word_and_complaints_are_still_heard():
    load = "from indicators.cli.diagnosis import _loading"
    code = f"import os; {load}\nwith _loading(): os.write(2, b'1')\nos.write(2, b'words')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603

    assert done.stderr == "words"
