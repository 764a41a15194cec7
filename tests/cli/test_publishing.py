"""What is published of a study on its way: every seed once it is whole, and what there is of one that is not."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import xarray as xr

from indicators.cli import commands
from indicators.cli.publishing import Publishing
from indicators.sources.published import published_at
from indicators.specs.files import write_study
from indicators.study import choosing, workers
from tests.fixtures.made import ROWS, know, lose, make, measure, numbers, train


def making(until=None):
    """Stands in for `workers.prepare`: makes one network after the other, until it is interrupted at one of a label."""

    def prepare(work, store, show):
        show(undone := work.undone(store))
        for number, spec in enumerate(undone, start=1):
            if spec.label == until:
                raise KeyboardInterrupt
            train(spec, store)
            measure(spec, store, work.measuring)
            show(undone[number:])

    return prepare


@pytest.fixture
def file(make_study, tmp_path, monkeypatch):
    """The file of a study of two seeds, whose networks are made without training."""
    know(ROWS, monkeypatch)
    monkeypatch.setattr(choosing, "fetch", lambda *_: tmp_path)
    monkeypatch.setattr(workers, "prepare", making())
    write_study(make_study(seeds=2), path := tmp_path / "tiny.toml")
    return path


@pytest.fixture
def study(file, store):
    return choosing.choose_study(store, str(file))


@pytest.fixture
def output(tmp_path):
    """The file that is published."""
    return tmp_path / "out" / "tiny-recorded.toml"


@pytest.fixture
def measuring(file, output):
    """A function that measures and publishes the study, with more options, and returns the status."""
    return lambda *options: commands.main(["measure", "--study", str(file), "--publish", str(output.parent), *options])


@pytest.mark.parametrize(("until", "seeds"), [("layca high, seed 0", ()), ("layca high, seed 1", (0,))])
def test_an_interrupted_run_has_published_its_whole_seeds_and_goes_on_to_the_same_numbers(
    measuring, output, tmp_path, monkeypatch, until, seeds
):
    monkeypatch.setattr(workers, "prepare", making(until))
    assert measuring() == 130
    assert (published_at(output).seeds if output.is_file() else ()) == seeds

    monkeypatch.setattr(workers, "prepare", making())
    assert measuring() == 0
    assert measuring("--publish", str(tmp_path)) == 0
    whole = tmp_path / output.name
    assert published_at(output).seeds == (0, 1)
    assert published_at(output).attrs == published_at(whole).attrs
    xr.testing.assert_identical(numbers(output), numbers(whole))


def test_every_seed_is_said_to_be_published_also_where_all_is_made(measuring, output, capsys):
    for _ in range(2):
        assert measuring() == 0
        lines = capsys.readouterr().out.splitlines()
        assert [line for line in lines if line.startswith("published")] == [
            f"published: seed {seed} of tiny in {output}" for seed in (0, 1)
        ]

    assert not any(line.startswith("to train") for line in lines)
    assert published_at(output).seeds == (0, 1)


@pytest.mark.parametrize("options", [("--only", "entropy"), ("--epoch", "1"), ("--variants", "rate")], ids=" ".join)
def test_parts_of_seeds_are_not_published(measuring, output, store, options, capsys):
    assert measuring(*options) == 2

    said = "--publish takes whole seeds; expected none of --only, --epoch and --variants beside it"
    assert said in capsys.readouterr().err
    assert list(store.specs()) == []
    assert not output.parent.exists()


# --- What is beside them ----------------------------------------------------------------------------


@pytest.fixture
def from_elsewhere(measuring, output, tmp_path):
    """What is published of the first seed, from another store."""
    assert measuring("--seeds", "1", "--store", str(tmp_path / "elsewhere")) == 0
    return output.with_suffix(".nc").read_bytes()


@pytest.mark.usefixtures("from_elsewhere")
def test_seeds_come_beside_those_from_elsewhere(measuring, output):
    assert measuring("--first-seed", "1", "--seeds", "1") == 0

    found = published_at(output)
    assert found.seeds == (0, 1)
    assert [machine["seeds"] for machine in found.measured_with] == [[0], [1]]


def test_a_seed_whose_networks_are_elsewhere_is_refused_before_anything_is_made(
    from_elsewhere, measuring, output, store, capsys
):
    assert measuring() == 2

    assert (
        f"{output} has seed 0 already, whose networks are not all in {store.root}; "
        "choose others with --first-seed and --seeds, or another folder"
    ) in capsys.readouterr().err
    assert list(store.specs()) == []
    assert output.with_suffix(".nc").read_bytes() == from_elsewhere


def test_a_seed_of_other_networks_is_refused_before_anything_is_measured(
    from_elsewhere, measuring, output, study, store, capsys
):
    for spec in (*study.models(), *study.untrained()):
        train(spec, store, seconds=2.0)

    assert measuring() == 2

    assert "tiny-recorded has seed 0 already, of other networks; " in capsys.readouterr().err
    assert not any(name.endswith(".nc") for spec in study.models() for name in store.entry(spec).names())
    assert output.with_suffix(".nc").read_bytes() == from_elsewhere


def test_seeds_made_otherwise_are_refused_before_anything_is_made(
    from_elsewhere, measuring, output, study, file, store, capsys
):
    write_study(study.changed(recipe=study.recipe.model_dump() | {"momentum": 0.5}), file)

    assert measuring("--first-seed", "1", "--seeds", "1") == 2

    assert "tiny-recorded was made with another recipe: " in capsys.readouterr().err
    assert list(store.specs()) == []
    assert output.with_suffix(".nc").read_bytes() == from_elsewhere


# --- What there is ----------------------------------------------------------------------------------


def test_publish_says_what_it_leaves_out_and_fills_it_in_once_it_is_measured(study, file, store, output, capsys):
    make(study, store)
    spec = study.model("sgd", "low", 1)
    lose("entropy.*", spec, store)
    publish = ["publish", "--study", str(file), "--output", str(output.parent)]

    assert commands.main(publish) == 0
    assert capsys.readouterr().err == (
        "left out: entropy, which some networks lack, so that claims on them are not applicable; `indicators measure` "
        f"with the same options measures them, and `indicators publish --add-to {output} --output {output.parent}` "
        "fills them in\n"
    )
    assert "entropy" not in published_at(output).names()

    measure(spec, store, study.measuring)
    assert commands.main([*publish, "--add-to", str(output)]) == 0
    assert capsys.readouterr().err == ""
    assert published_at(output).measurement("entropy").notnull().all()


def test_publish_refuses_a_study_with_a_network_that_is_not_trained(study, file, store, output, capsys):
    make(study, store)
    (store.entry(study.model("layca", "high", 1)).folder / "final.safetensors").unlink()

    assert commands.main(["publish", "--study", str(file), "--output", str(output.parent)]) == 2

    assert (
        f"1 of 20 networks of tiny are not trained in {store.root}, the first layca high, seed 1; run `indicators meas"
    ) in capsys.readouterr().err
    assert not output.parent.exists()


def test_what_is_published_in_a_folder_is_not_lost_to_what_lacks_its_seeds(study, file, store, output, capsys):
    make(study, store)
    publish = ["publish", "--study", str(file), "--output", str(output.parent)]
    assert commands.main(publish) == 0
    arrays = output.with_suffix(".nc").read_bytes()

    assert commands.main([*publish, "--seeds", "1"]) == 2
    assert f"has seed 1, which would be lost; keep it with --add-to {output}" in capsys.readouterr().err
    output.unlink()
    assert commands.main(publish) == 2
    assert "has no tiny-recorded.toml beside it that says what it is; move it" in capsys.readouterr().err
    assert output.with_suffix(".nc").read_bytes() == arrays


def test_who_publishes_in_a_folder_is_alone_in_it(study, store, output):
    """Else one of two would read what the other is about to replace, and a seed were lost."""
    make(study, store)
    publishing = Publishing(study, store, output.parent)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(publishing, (0, 1)))

    assert published_at(output).seeds == (0, 1)


def test_what_cannot_be_written_is_one_line_and_leaves_what_was_there(study, file, store, output, capsys, monkeypatch):
    make(study, store)
    Publishing(study, store, output.parent)(0)
    arrays = output.with_suffix(".nc").read_bytes()

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(xr.DataTree, "to_netcdf", full)
    publish = ["publish", "--study", str(file), "--output", str(output.parent), "--add-to", str(output)]
    assert commands.main(publish) == 2
    assert "cannot be written ([Errno 28] No space left on device); what was there" in capsys.readouterr().err
    assert output.with_suffix(".nc").read_bytes() == arrays
    assert not list(output.parent.glob("*.part"))
