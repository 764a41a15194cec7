"""Seeds published one after the other, each with what is measured of it by then."""

import shutil

import pytest
import xarray as xr

from indicators.errors import InputError, NotApplicable
from indicators.sources.published import published_at
from indicators.sources.publishing import left_out, publish, require_same_networks
from indicators.sources.stored import Measurements
from indicators.specs.files import load_study
from indicators.specs.variants import VariantSpec
from indicators.store import Store
from tests.fixtures.made import ROWS, know, lose, make, measure, numbers, train

RATE = VariantSpec(
    factor="rate", set="learning_rates", values=(2.0,), indicators=("entropy",),
    cells={"optimizer": ("layca",), "level": ("low",)},
)  # fmt: skip


@pytest.fixture(autouse=True)
def few_rows(monkeypatch):
    know(ROWS, monkeypatch)


@pytest.fixture(scope="module")
def study(make_study):
    return make_study(seeds=2)


@pytest.fixture(scope="module")
def made(study, tmp_path_factory):
    """A store that has all of the study."""
    with pytest.MonkeyPatch.context() as patch:
        know(ROWS, patch)
        make(study, store := Store(tmp_path_factory.mktemp("made")))
        return store


@pytest.fixture(scope="module")
def whole(study, made, tmp_path_factory):
    """All of it, published at once."""
    with pytest.MonkeyPatch.context() as patch:
        know(ROWS, patch)
        return publish(Measurements(study, made), tmp_path_factory.mktemp("whole"))


@pytest.fixture
def store(made, tmp_path):
    """A store of its own that has all of the study."""
    return Store(shutil.copytree(made.root, tmp_path / "store"))


def of_seed(study, seed):
    return study.changed(seeds=1, first_seed=seed)


# --- What is left out -------------------------------------------------------------------------------


def test_nothing_is_left_out_of_what_is_wholly_measured(study, made):
    assert left_out(Measurements(study, made)) == []


def test_what_one_network_lacks_is_left_out_of_all_and_named(study, store, tmp_path):
    lose("never_active.*", study.model("sgd", "low", 1), store)
    measured = Measurements(study, store)

    found = published_at(publish(measured, tmp_path / "out"))

    assert left_out(measured) == ["never_active"]
    for images, group in (("train", "trained"), ("test", "test_images")):
        with pytest.raises(NotApplicable, match=rf"^tiny-recorded does not record 'never_active' \({group}\); it rec"):
            found.measurement("never_active", images=images)
    assert found.names() == ["accuracy", "entropy", "hoyer_sparsity"]
    assert found.untrained("never_active").sizes == {"seed": 2, "layer": 2}


def test_numbers_with_the_statistics_of_initialization_do_not_stand_for_estimated_ones(study, store, tmp_path):
    lose("entropy.*.estimated.nc", study.model("sgd", "low", 0).untrained, store)

    found = published_at(publish(Measurements(study, store), tmp_path / "out"))

    assert found.untrained("entropy").notnull().all()
    with pytest.raises(NotApplicable, match=r"does not record 'entropy' \(untrained_estimated\)"):
        found.untrained("entropy", statistics="estimated")
    # What runs no images forward has one number for both.
    assert found.untrained("hoyer_sparsity", statistics="estimated").equals(found.untrained("hoyer_sparsity"))


def test_what_a_network_along_a_factor_lacks_is_left_out_there_alone_and_filled_in(study, store, tmp_path):
    varied = study.changed(seeds=1, variants=(RATE,))
    spec = varied.at("rate", 2.0)[0].model("layca", "low", 0)
    train(spec, store)

    partly = published_at(publish(Measurements(varied, store), tmp_path / "partly"))
    assert left_out(Measurements(varied, store)) == ["entropy along rate"]
    with pytest.raises(NotApplicable, match="does not record 'entropy'"):
        partly.at("rate", 2.0).measurement("entropy")
    for there in (partly, partly.at("rate", 1.0)):
        assert there.measurement("entropy").notnull().all()

    measure(spec, store, study.measuring, only=RATE.indicators)
    filled = publish(Measurements(varied, store), tmp_path / "filled", partly)
    assert left_out(Measurements(varied, store)) == []
    xr.testing.assert_identical(numbers(filled), numbers(publish(Measurements(varied, store), tmp_path / "whole")))


def test_a_study_with_a_network_that_is_not_trained_is_not_published(study, store, tmp_path):
    (store.entry(study.model("sgd", "low", 1)).folder / "history.json").unlink()

    with pytest.raises(InputError, match=r"sgd low, seed 1 is not made.*; run `indicators measure`"):
        publish(Measurements(study, store), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


# --- What is filled in ------------------------------------------------------------------------------


def test_what_is_measured_later_is_filled_in_as_if_it_had_been_there(whole, study, store, tmp_path):
    model = study.model("sgd", "low", 1)
    lose("never_active.*", model, store)
    lose("entropy.*", model, store)
    partly = publish(Measurements(study, store), tmp_path / "out")

    measure(model, store, study.measuring)
    filled = publish(Measurements(study, store), tmp_path / "out", published_at(partly))

    xr.testing.assert_identical(numbers(filled), numbers(whole))
    assert published_at(filled).attrs == published_at(whole).attrs


def test_a_seed_published_again_stays_as_it_is_and_is_listed_once(whole, study, made, tmp_path):
    again = publish(Measurements(of_seed(study, 1), made), tmp_path, published_at(whole))

    xr.testing.assert_identical(numbers(again), numbers(whole))
    found = published_at(again)
    assert (load_study(str(again)).seeds, found.seeds, found.study.seeds) == (2, (0, 1), 2)
    assert found.measured_with == [{"seeds": [0, 1], "numpy": "2.0"}]


def test_what_a_seed_lacks_is_not_applicable_and_says_of_which_seed_and_what_to_do(study, store, tmp_path):
    for spec in (study.model("sgd", "low", 1), study.model("sgd", "low", 1).untrained):
        lose("entropy.*", spec, store)
    first = publish(Measurements(of_seed(study, 0), store), tmp_path)

    both = published_at(publish(Measurements(of_seed(study, 1), store), tmp_path, published_at(first)))

    said = "of seed 1; `indicators publish --add-to` fills in what is measured"
    with pytest.raises(NotApplicable, match=rf"^tiny-recorded does not record 'entropy' \(trained\) {said}$"):
        both.measurement("entropy")
    with pytest.raises(NotApplicable, match=rf"'entropy' \(untrained\) {said}$"):
        both.untrained("entropy")
    assert both.measurement("never_active").seed.values.tolist() == [0, 1]


def test_what_was_published_is_kept_where_the_store_lacks_it_by_now(whole, study, store, tmp_path):
    lose("entropy.*", study.model("sgd", "low", 0), store)

    again = publish(Measurements(study, store), tmp_path / "out", published_at(whole))

    xr.testing.assert_identical(numbers(again), numbers(whole))


def test_a_file_of_an_older_catalog_is_added_to_and_filled_in(whole, study, made, tmp_path, monkeypatch):
    first, second = (Measurements(of_seed(study, seed), made) for seed in (0, 1))
    with monkeypatch.context() as older:
        know(tuple(row for row in ROWS if row.name != "never_active"), older)
        old = publish(first, tmp_path)

    added = publish(second, tmp_path, published_at(old))
    with pytest.raises(NotApplicable, match=r"'never_active' \(trained\) of seed 0; `indicators publish --add-to`"):
        published_at(added).measurement("never_active")

    filled = publish(first, tmp_path, published_at(added))
    xr.testing.assert_identical(numbers(filled), numbers(whole))


# --- Which seeds are of the same networks -----------------------------------------------------------


def test_a_seed_of_other_networks_is_refused(whole, study, store, tmp_path):
    for model in of_seed(study, 1).models():
        train(model, store, seconds=2.0)

    with pytest.raises(
        InputError, match="tiny-recorded has seed 1 already, of other networks; choose others with --first-seed"
    ):
        publish(Measurements(study, store), tmp_path / "out", published_at(whole))
    assert not (tmp_path / "out").exists()


def test_one_network_that_was_trained_again_makes_others_of_its_seed_alone(whole, study, store):
    train(study.model("sgd", "high", 1), store, seconds=1.0 + 1e-12)

    require_same_networks(published_at(whole), Measurements(of_seed(study, 0), store))
    with pytest.raises(InputError, match="has seed 1 already, of other networks"):
        require_same_networks(published_at(whole), Measurements(of_seed(study, 1), store))
