"""Fetching, training, measuring and calibrating: what is asked of the workers, and how their failures end."""

import json
from pathlib import Path

import pytest

from indicators.cli import commands
from indicators.errors import InputError
from indicators.specs.files import STUDIES, load_study
from indicators.study import choosing, workers
from indicators.study.agenda import Work
from indicators.study.workers import WorkerError


def failing(error):
    def fail(*_):
        raise error

    return fail


def test_train_only_trains_and_measure_measures(made, capsys):
    assert commands.main(["train", "--seeds", "2"]) == 0
    assert commands.main(["measure"]) == 0

    train, measure = made
    assert {model.seed for model in train.models} == {0, 1}
    assert len(train.models) == 2 * 9
    assert train.measuring is None
    assert measure.measuring is not None
    output = capsys.readouterr().out
    assert "20 networks trained; store: " in output
    assert "networks trained and measured; store: " in output


def test_measure_takes_some_indicators_and_an_epoch(made):
    assert commands.main(["measure", "--only", "entropy", "--only", "sign_flips", "--epoch", "3"]) == 0

    assert [(work.only, work.epoch) for work in made] == [(("entropy", "sign_flips"), 3)]
    assert Work.model_validate_json(made[0].model_dump_json()) == made[0]


def test_some_factors_are_made_with_the_indicators_that_are_wanted_of_them(made, capsys):
    study = ["--study", "cifar10-mini-variants"]
    assert commands.main(["measure", *study, "--variants", "mark", "--only", "mark_information"]) == 0
    assert commands.main(["train", *study, "--variants", "mark", "--variants", "penalty"]) == 0
    assert commands.main(["measure", *study, "--epoch", "3"]) == 0

    marked, two, at_an_epoch = made
    assert marked.only == ("mark_information",)
    assert {of.only for of in marked.varied.values()} == {("mark_information",)}
    assert {of.label.split()[0] for of in two.varied.values()} == {"mark", "penalty"}
    assert at_an_epoch.varied == {}
    capsys.readouterr()
    assert commands.main(["train", *study, "--variants", "markk"]) == 2
    assert (
        "--variants markk: cifar10-mini-variants does not vary that; did you mean 'mark'? it varies learning_rate"
        in (capsys.readouterr().err)
    )
    assert commands.main(["train", "--variants", "mark"]) == 2
    assert "--variants mark: cifar10-mini does not vary that; it has no variants" in capsys.readouterr().err
    assert len(made) == 3


def test_an_indicator_that_does_not_exist_is_refused_before_anything_is_made(made, capsys):
    assert commands.main(["measure", "--only", "sharpness"]) == 2

    assert made == []
    assert "only='sharpness' is no indicator; `indicators list indicators` names them all" in capsys.readouterr().err
    assert commands.main(["measure", "--only", "hoyer_sparsty"]) == 2
    assert "; did you mean 'hoyer_sparsity'? `indicators list" in capsys.readouterr().err
    assert commands.main(["measure", "--only", "accuracy"]) == 2
    assert "only='accuracy' is kept while training: there is nothing to measure" in capsys.readouterr().err
    assert made == []


def test_more_images_than_cifar10_has_are_refused_before_anything_is_made(made, tmp_path, capsys):
    text = (STUDIES / "cifar10-mini.toml").read_text()
    assert "train = 6000" in text
    (tmp_path / "large.toml").write_text(text.replace("train = 6000", "train = 60000"))

    for command in ("doctor", "train"):
        assert commands.main([command, "--study", str(tmp_path / "large.toml")]) == 2
        assert "train=60000: expected between 1 and 50000, the images that there are" in capsys.readouterr().err
    assert made == []


def reached(accuracy):
    """Stands in for `workers.make`: every network is trained to this accuracy."""

    def make(work, store, _):
        assert work.trials
        for spec in work.models:
            record = {"accuracy": {"validation": accuracy}, "reached": True}
            store.entry(spec).write("history.json", json.dumps(record).encode())

    return make


@pytest.mark.parametrize(
    ("given", "recommended"),
    [
        ("", "--study {studies}/cifar10-mini.toml"),
        ("--architecture vgg", "--study {studies}/cifar10-mini.toml"),
        ("--architecture json:load", "--study cifar10-mini --architecture json:load"),
        ("--data folder", "--study {studies}/cifar10-mini.toml --data folder"),
        ("--architecture json:load --output own.toml", "--study own.toml"),
    ],
)
@pytest.mark.usefixtures("made")
def test_calibrate_recommends_what_finds_its_rates_again(given, recommended, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(workers, "make", reached(0.5))
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()

    assert commands.main(["calibrate", "--targets", "0.5", "0.5", "0.5", *given.split()]) == 0

    expected = recommended.format(studies=tmp_path / "store" / "studies")
    assert capsys.readouterr().out.splitlines()[-1] == f"next: pytest hypotheses/ {expected}"


@pytest.mark.usefixtures("made")
def test_calibrate_names_what_it_did_not_reach(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(workers, "make", reached(0.5))

    assert commands.main(["calibrate", "--targets", "0.5", "0.5", "0.9", "--rounds", "2", "--architecture", "vgg"]) == 0

    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("not within 0.01 of the target: sgd high, wdecay high, layca high; give more --rounds")
    path = tmp_path / "store" / "studies" / "cifar10-mini.toml"
    assert f"# {last}\n" in path.read_text()
    assert load_study(str(path)).architecture == load_study("cifar10-mini").architecture


def test_a_store_that_is_named_is_the_one_that_is_used(made, tmp_path, capsys):
    assert commands.main(["train", "--store", str(tmp_path / "elsewhere")]) == 0

    assert capsys.readouterr().out.rstrip().endswith(f"store: {tmp_path / 'elsewhere'}")
    assert made
    assert not (tmp_path / "store").exists()


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (WorkerError("a worker ended with status 1; its last words:\n[no] memory"), 1, "last words:\n[no] memory\n"),
        (InputError("the disk is full; free some space"), 2, "the disk is full; free some space\n"),
    ],
)
@pytest.mark.parametrize("command", ["train", "measure", "calibrate"])
def test_a_failure_is_told_without_a_traceback(command, error, status, message, monkeypatch, capsys):
    monkeypatch.setattr(workers, "make", failing(error))

    assert commands.main([command]) == status

    errors = capsys.readouterr().err
    assert errors.endswith(message)
    assert "Traceback" not in errors


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("command", ["train", "measure", "calibrate"])
def test_an_interruption_has_its_own_status(command, monkeypatch):
    monkeypatch.setattr(workers, "make", failing(KeyboardInterrupt))

    assert commands.main([command]) == 130


def test_a_fault_of_the_program_is_not_hidden(made, monkeypatch):
    monkeypatch.setattr(workers, "make", failing(ZeroDivisionError("a bug")))

    with pytest.raises(ZeroDivisionError):
        commands.main(["train"])

    assert made == []


@pytest.mark.parametrize(
    ("name", "seen"), [("run[red]x", "run[red]x"), ("r:100:[/old]", "r:100:[/old]"), ("a\x1bb", "a\\x1bb")]
)
def test_a_store_of_an_odd_name_stands_there_as_it_is_before_and_after(name, seen, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(choosing, "fetch", lambda *_: tmp_path)
    monkeypatch.setattr(workers, "prepare", lambda *_: None)

    assert commands.main(["train", "--store", str(tmp_path / name)]) == 0

    first, *_, last = filter(None, capsys.readouterr().out.splitlines())
    assert first.startswith("to train: 9 networks; at once: ")
    assert first.endswith(f"; store: {tmp_path / seen}")
    assert last == f"10 networks trained; store: {tmp_path / seen}"
