"""A study published without its networks says the same as the study it was made of."""

import json
import shutil
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from indicators.errors import InputError, NotApplicable
from indicators.images.dataset import checksums
from indicators.measures.catalog import CATALOG, INDICATORS
from indicators.sources import publishing
from indicators.sources.published import published_at
from indicators.sources.publishing import publish
from indicators.sources.source import open_source
from indicators.sources.stored import Measurements
from indicators.specs.files import STUDIES, load_study
from indicators.specs.variants import VariantSpec
from indicators.store import Store
from indicators.study.agenda import work_of
from indicators.study.workers import prepare

RATE = VariantSpec(
    factor="rate", set="learning_rates", values=(2.0,), indicators=("entropy",),
    cells={"optimizer": ("layca",), "level": ("low",)},
)  # fmt: skip


@pytest.fixture(scope="module")
def trained(make_study, folder, tmp_path_factory):
    """Two seeds of tiny networks and one variant of each, trained and measured."""
    study = make_study(max_epochs=2, epochs_beyond=1, seeds=2).changed(variants=(RATE,))
    store = Store(tmp_path_factory.mktemp("published") / "store")
    prepare(work_of(study, folder), store, lambda _: None)
    return Measurements(study, store)


@pytest.fixture(scope="module")
def file(trained, tmp_path_factory):
    return publish(trained, tmp_path_factory.mktemp("published"))


@pytest.fixture
def source(file, store):
    return open_source(load_study(str(file)), store)


def same(found, expected):
    assert found.dims == expected.dims
    for dim in expected.dims:
        assert found[dim].values.tolist() == expected[dim].values.tolist()
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-30)
    for name in ("resolution", "undefined", "unit"):
        assert found.attrs.get(name) == expected.attrs.get(name)


@pytest.mark.parametrize("row", CATALOG, ids=lambda row: row.name)
def test_every_measurement_is_what_it_was_to_single_precision(source, trained, row):
    same(source.measurement(row.name), trained.measurement(row.name))
    same(source.by_neuron(row.name), trained.by_neuron(row.name))
    if row.held_out:
        same(source.measurement(row.name, images="test"), trained.measurement(row.name, images="test"))
    if row.untrained:
        for statistics in ("stored", "estimated"):
            same(source.untrained(row.name, statistics=statistics), trained.untrained(row.name, statistics=statistics))


def test_groups_stand_in_the_order_of_the_catalog_and_of_the_ways_of_each_row(trained):
    groups = [group for group, _ in publishing._everything(trained, None)]

    assert groups == [f"{way.group}/{row.name}" for row in CATALOG for way in row.ways]
    assert [group for group in groups if group.endswith("/never_active")] == [
        f"{way}/never_active" for way in ("trained", "test_images", "untrained", "untrained_estimated")
    ]


def test_a_published_study_says_what_it_is(source, trained, file):
    spec = load_study(str(file))

    assert file.read_text() == (
        "# Written by `indicators publish`; the measurements are in the netCDF file beside this one.\n"
        'name = "tiny-recorded"\nkind = "recorded"\nscale = "tiny"\nseeds = 2\n'
        f'description = "The measurements of tiny: "\nsha256 = "{spec.sha256}"\n'
    )
    assert (spec.name, spec.scale, spec.seeds) == ("tiny-recorded", "tiny", 2)
    assert (source.name, source.scale, source.seeds) == ("tiny-recorded", "tiny", (0, 1))
    assert source.layers == trained.layers
    assert source.kernel_shapes == trained.kernel_shapes
    assert source.poolings == trained.poolings == {"Conv1": 0, "Conv2": 1, "Dense1": 2}
    assert source.classes == trained.classes == 3
    assert json.loads(source.attrs["data_sha256"]) == checksums(trained.study.data)
    assert json.loads(source.attrs["study"])["seeds"] == 2
    assert source.measured_with == trained.trained_with
    assert source.measured_with[0]["threads"] == 1
    xr.testing.assert_allclose(source.networks(), trained.networks())
    assert (source.networks()["epochs"] == 2).all()


@pytest.mark.parametrize(
    ("name", "poolings"),
    [
        ("cifar10-mini-recorded", [0, 1, 2, 2, 3, 3, 4, 4, 5, 5]),
        ("cifar10-quarter-recorded", [0, 0, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5]),
    ],
)
def test_a_study_published_before_poolings_were_counted_is_known_by_its_architecture(name, poolings, store):
    source = open_source(load_study(name), store)

    assert dict(source.poolings) == dict(zip(source.layers, poolings, strict=True))
    assert source.classes == 10


def test_what_an_older_file_does_not_say_of_a_users_network_and_images_is_unknown(source):
    source.attrs.pop("poolings")
    source.attrs.pop("classes")

    assert source.poolings == {}
    assert source.classes is None


def test_the_file_opens_without_the_package(file, trained):
    values = xr.load_dataset(file.with_suffix(".nc"), group="trained/cosine_distance", engine="h5netcdf")

    assert values["cosine_distance"].sizes == trained.measurement("cosine_distance").sizes
    assert values["cosine_distance"].attrs["unit"] == INDICATORS["cosine_distance"].unit


def test_what_is_not_published_is_not_applicable(source):
    with pytest.raises(NotApplicable, match=r"tiny-recorded does not record 'heights' .*; it records accuracy, "):
        source.measurement("heights")
    with pytest.raises(NotApplicable, match=r"does not record 'norm_ratio' \(test_images\)"):
        source.measurement("norm_ratio", images="test")
    with pytest.raises(NotApplicable, match=r"does not record 'norm_ratio' \(untrained\)"):
        source.untrained("norm_ratio")


def test_a_damaged_or_missing_file_is_named(file, store, tmp_path):
    for path in (file, file.with_suffix(".nc")):
        shutil.copy(path, tmp_path)
    copy = tmp_path / file.name
    arrays = copy.with_suffix(".nc")
    arrays.write_bytes(arrays.read_bytes()[:-1] + b"x")

    with pytest.raises(InputError, match=r"tiny-recorded.nc is not the file that .*; fetch it again"):
        open_source(load_study(str(copy)), store)
    arrays.unlink()
    with pytest.raises(InputError, match=r"tiny-recorded.nc is missing beside the study's file; fetch it again"):
        open_source(load_study(str(copy)), store)


def test_a_study_that_is_not_trained_cannot_be_published(make_study, store, tmp_path):
    with pytest.raises(InputError, match="run `indicators measure`"):
        publish(Measurements(make_study(), store), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


# --- Variants ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("label", [1.0, 2.0])
def test_variants_are_published_as_they_were_measured(source, trained, label):
    assert source.factors == trained.factors == {"rate": [1.0, 2.0]}
    found, expected = source.at("rate", label), trained.at("rate", label)

    for name in ("entropy", "accuracy", "history"):
        same(found.measurement(name), expected.measurement(name))
    xr.testing.assert_equal(found.fitted(), expected.fitted())
    xr.testing.assert_allclose(found.networks(), expected.networks())
    assert found.layers == expected.layers
    assert dict(found.poolings) == dict(expected.poolings)
    assert found.classes == source.classes


def test_of_variants_only_what_their_factor_names_is_published(source):
    with pytest.raises(NotApplicable, match=r"tiny-recorded does not record 'hoyer_sparsity' \(trained\); it records "):
        source.at("rate", 2.0).measurement("hoyer_sparsity")
    with pytest.raises(NotApplicable, match=r"tiny-recorded has no networks of rate 3.0, but of \[1.0, 2.0\]"):
        source.at("rate", 3.0)
    with pytest.raises(NotApplicable, match="has no variants over 'width'"):
        source.at("width", 1)


# --- Seeds measured here and elsewhere ---------------------------------------------------------------


@pytest.fixture(scope="module")
def halves(trained, tmp_path_factory):
    """The same study published from its second seed, beside its first that was published before."""
    study, store = trained.study, trained._store
    root = tmp_path_factory.mktemp("halves")
    first = publish(Measurements(study.changed(seeds=1), store), root / "first")
    second = Measurements(study.changed(seeds=1, first_seed=1), store)
    return publish(second, root / "both", published_at(first)), first, second


def test_seeds_published_one_after_the_other_are_those_published_together(halves, source, store):
    both = open_source(load_study(str(halves[0])), store)

    for row in CATALOG:
        xr.testing.assert_identical(both.by_neuron(row.name), source.by_neuron(row.name))
        if row.untrained:
            xr.testing.assert_identical(both.untrained(row.name), source.untrained(row.name))
    for label in (1.0, 2.0):
        xr.testing.assert_identical(
            both.at("rate", label).measurement("entropy"), source.at("rate", label).measurement("entropy")
        )


def test_seeds_from_two_machines_say_where_each_was_made(halves, store, trained):
    both = open_source(load_study(str(halves[0])), store)

    assert load_study(str(halves[0])).seeds == 2
    assert both.seeds == (0, 1)
    assert [machine["seeds"] for machine in both.measured_with] == [[0], [1]]
    assert all("numpy" in machine for machine in both.measured_with)
    described = json.loads(both.attrs["study"])
    assert described["seeds"] == 2
    assert "first_seed" not in described
    xr.testing.assert_allclose(both.networks(), trained.networks())


def test_seeds_that_were_made_otherwise_are_refused(halves, trained, tmp_path):
    study = trained.study
    other = study.changed(recipe=study.recipe.model_dump() | {"momentum": 0.5}, first_seed=1, seeds=1)

    with pytest.raises(
        InputError, match=r"tiny-recorded was made with another recipe: .*0\.5.*; measure its seeds anew"
    ):
        publish(Measurements(other, trained._store), tmp_path, published_at(halves[1]))


@pytest.mark.parametrize("moved", [False, True], ids=["before a file is moved", "after it"])
def test_a_crash_while_seeds_are_added_leaves_the_study_before_or_the_one_after(halves, tmp_path, monkeypatch, moved):
    both, first, second = halves
    arrays = both.with_suffix(".nc").read_bytes()
    monkeypatch.setattr(publishing, "_write", lambda path, *_: path.write_bytes(arrays))
    replace, left, found = Path.replace, [0], []

    def until_the_crash(path, target):
        left[0] -= 1
        if left[0] >= 0 or moved:
            replace(path, target)
        if left[0] < 0:
            raise KeyboardInterrupt

    for moves in range(4):
        folder = tmp_path / str(moves)
        shutil.copytree(first.parent, folder)
        left[0] = moves
        with monkeypatch.context() as patch, suppress(KeyboardInterrupt):
            patch.setattr(Path, "replace", until_the_crash)
            publish(second, folder, published_at(folder / first.name))
        left_there = load_study(str(folder / first.name))
        assert open_source(left_there, None).seeds == tuple(range(left_there.seeds))
        found.append(left_there.seeds)

    assert found == sorted(found)
    assert {1, 2} == {*found}


def test_only_a_published_study_can_be_added_to():
    with pytest.raises(InputError, match=r"thesis-2019.toml is no published study; give the .toml"):
        published_at(STUDIES / "thesis-2019.toml")
    with pytest.raises(InputError, match=r"elsewhere.toml is no file; give the .toml that `indicators publish` wrote"):
        published_at(Path("elsewhere.toml"))
