"""The command line, called as a function: its commands are real, the work behind them is put in their place."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import indicators
from indicators.cli import commands
from indicators.errors import InputError
from indicators.measures.catalog import INDICATORS
from indicators.specs import STUDIES, load_study
from indicators.store import Store
from indicators.study import choosing, workers
from indicators.study.work import Work
from indicators.study.workers import WorkerError

TRAINING = ("fetch", "train", "measure", "calibrate", "publish")
COMMANDS = (*TRAINING, "report", "figures", "export")


@pytest.fixture(autouse=True)
def plain(tmp_path, monkeypatch):
    """A store of its own, and output without colors or the width of somebody's terminal."""
    monkeypatch.setenv("INDICATORS_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("COLUMNS", "200")
    for name in ("FORCE_COLOR", "PY_COLORS", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def made(tmp_path, monkeypatch):
    """The works that commands asked for, instead of trained networks."""
    works = []
    monkeypatch.setattr(choosing, "fetch", lambda *_: tmp_path)
    monkeypatch.setattr(workers, "make", lambda work, *_: works.append(work))
    return works


def failing(error):
    def fail(*_):
        raise error

    return fail


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_and_its_options(command, capsys):
    assert commands.main([command, "--help"]) == 0

    output, errors = capsys.readouterr()
    assert f"{command} [OPTIONS]" in output
    assert "--study" in output
    assert errors == ""


@pytest.mark.parametrize("arguments", [["--help"], []], ids=["asked for", "no arguments"])
def test_help_lists_every_command(arguments, capsys):
    assert commands.main(arguments) == 0

    output = capsys.readouterr().out
    assert all(command in output for command in COMMANDS)
    assert "pytest hypotheses/" in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tarin"], "No such command 'tarin'. Did you mean 'train'?"),
        (["train", "--bogus"], "No such option: --bogus"),
        (["train", "--seeds", "0"], "Invalid value for '--seeds': Input should be greater than or equal to 1"),
        (["train", "--seeds", "two"], "Invalid value for '--seeds'"),
        (["calibrate", "--targets", "0.5", "0.6"], "Option '--targets' requires 3 arguments."),
        (["calibrate", "--targets", "0.5", "0.6", "7"], "targets.high=7.0: input should be less than or equal to 1"),
        (["fetch", "cifar10"], "Got unexpected extra argument"),
        (["train", "--study", "nope"], "study='nope' is neither one of ('cifar10-mini', "),
        (["train", "--architecture", "json:load"], "architecture='json:load' has no calibrated learning rates"),
        (["calibrate", "--architecture", "resnet"], "architecture='resnet' is not 'vgg' or 'module:function'"),
        (["fetch", "--data", "/no/such"], "--data /no/such does not exist; name a folder"),
        (["measure", "--data", "none.npz"], "none.npz"),
        *(
            ([command, "--study", "thesis-2019"], "study='thesis-2019' is recorded: there is nothing to train")
            for command in TRAINING
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_unusable_input_is_one_line_and_status_two(arguments, message, capsys):
    assert commands.main(arguments) == 2

    output, errors = capsys.readouterr()
    assert message in errors
    assert len(errors.splitlines()) == 1
    assert output == ""


@pytest.mark.parametrize("command", COMMANDS)
def test_a_store_that_cannot_be_written_is_one_line_and_status_two(command, tmp_path, capsys):
    (tmp_path / "file").touch()

    assert commands.main([command, "--store", str(tmp_path / "file" / "store")]) == 2

    errors = capsys.readouterr().err
    assert "file/store' cannot be written (Not a directory); name a folder of yours with --store" in errors
    assert len(errors.splitlines()) == 1


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


def test_the_module_is_the_command():
    run = subprocess.run(
        [sys.executable, "-m", "indicators", "tarin"],
        cwd=Path(indicators.__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == "No such command 'tarin'. Did you mean 'train'?\n"


# Listing


def test_claims_are_listed_as_a_table_and_as_json(capsys):
    assert commands.main(["list", "claims"]) == 0
    table = capsys.readouterr().out
    assert commands.main(["list", "claims", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)

    assert all(f"\n{claim['id']} " in table for claim in found)
    (known,) = [claim for claim in found if claim["id"] == "A26"]
    assert (known["tier"], known["section"], known["figures"]) == ("core", "8.3.7", "8.5")
    assert known["sentence"].startswith("In the last layers, neurons")
    (comparison,) = known["comparisons"]
    assert (comparison["by"], comparison["verb"], comparison["layers"]) == (0.01, "rises", ["LAST"])
    assert comparison["quantities"] == ["label_information"]
    assert comparison["expected"] > comparison["by"]


@pytest.mark.parametrize(
    ("what", "name"), [("indicators", "label_information"), ("studies", "cifar10-mini"), ("studies", "thesis-2019")]
)
def test_other_things_are_listed_too(what, name, capsys):
    assert commands.main(["list", what]) == 0
    assert re.search(rf"^{name} ", capsys.readouterr().out, re.MULTILINE)
    assert commands.main(["list", what, "--json"]) == 0
    assert name in [row["name"] for row in json.loads(capsys.readouterr().out)]


def test_networks_are_listed_with_how_far_they_are(tmp_path, capsys):
    study, store = load_study("cifar10-mini"), Store(tmp_path)
    record = {"epochs": [{}] * 12, "reached": True, "accuracy": {"validation": 0.5125, "test": 0.5}}
    trained, training, diverged = (store.entry(study.model("sgd", level, 0)) for level in ("high", "medium", "low"))
    store.entry(trained.spec.untrained).write("initial.safetensors", b"0" * 2_000_000)
    trained.write("history.json", json.dumps(record).encode())
    trained.write("final.safetensors", b"")
    training.write("checkpoint-0007.safetensors", b"")
    diverged.write("history.json", json.dumps({"diverged": True, "accuracy": {"validation": 0.1}}).encode())
    older = tmp_path / "models" / "0123" / "spec.json"
    older.parent.mkdir()
    older.write_text(trained.spec.model_dump_json())

    assert commands.main(["list", "networks", "--store", str(tmp_path), "--json"]) == 0

    found = json.loads(capsys.readouterr().out)
    states = {(row["network"], row["state"]) for row in found}
    assert states == {
        ("untrained, seed 0", "initial weights"),
        ("sgd high, seed 0", "trained, 12 epochs"),
        ("sgd high, seed 0", "of another version, not used any more"),
        ("sgd medium, seed 0", "in training, 7 epochs"),
        ("sgd low, seed 0", "diverged"),
    }
    (first,) = (row for row in found if row["network"].startswith("untrained"))
    assert (Path(first["folder"]).parent, first["bytes"] > 2_000_000) == (tmp_path / "models", True)
    assert commands.main(["list", "networks", "--store", str(tmp_path)]) == 0
    assert "0.512" in capsys.readouterr().out


def test_an_empty_store_says_how_it_is_filled(tmp_path, capsys):
    assert commands.main(["list", "networks", "--store", str(tmp_path)]) == 0
    assert f"no network in {tmp_path}; `indicators train`" in capsys.readouterr().out
    assert commands.main(["list", "networks", "--store", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_a_store_that_does_not_exist_is_not_made_by_looking_into_it(tmp_path, capsys):
    assert commands.main(["list", "networks", "--store", str(tmp_path / "stroe")]) == 2

    assert "stroe does not exist; name the folder" in capsys.readouterr().err
    assert not (tmp_path / "stroe").exists()


def test_a_list_for_another_program_has_whole_rows_and_a_narrow_terminal_whole_names(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    assert commands.main(["list", "indicators"]) == 0
    lines = capsys.readouterr().out.splitlines()
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert commands.main(["list", "indicators"]) == 0
    narrow = capsys.readouterr().out

    assert len(lines) == 1 + len(INDICATORS)
    assert all(len(line.split()[0]) == len(name) for line, name in zip(lines[1:], INDICATORS, strict=True))
    assert all(name in narrow for name in INDICATORS)


def test_claims_are_listed_without_a_test_runner_or_numbers():
    code = "import sys; from indicators import cli; cli.main(['list', 'claims']); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603

    assert not {"pytest", "numpy", "xarray", "tensorflow"} & set(done.stderr.split())


def test_what_cannot_be_listed_is_one_line(capsys):
    assert commands.main(["list", "models"]) == 2
    assert "'models' is not one of" in capsys.readouterr().err


# Publishing


def test_a_study_that_is_not_measured_is_not_published(tmp_path, capsys):
    store = tmp_path / "store"

    assert commands.main(["publish", "--output", str(tmp_path / "out"), "--store", str(store)]) == 2

    said = capsys.readouterr().err
    assert f"10 of 10 networks of cifar10-mini are not wholly measured in {store}, the first untrained, seed 0" in said
    assert not (tmp_path / "out").exists()


def test_publishing_says_what_was_written_and_what_next(tmp_path, capsys, monkeypatch):
    def publish(measured, folder, earlier):
        assert measured.name == "cifar10-mini"
        assert measured.seeds == (2, 3, 4)
        assert earlier.name == "cifar10-mini-recorded"
        (folder / "x-recorded.nc").write_bytes(b"0" * 2_300_000)
        return folder / "x-recorded.toml"

    monkeypatch.setattr("indicators.sources.published.publish", publish)
    monkeypatch.setattr("indicators.study.work.Work.undone", lambda *_: [])
    seeds = ("--seeds", "3", "--first-seed", "2")
    others = ("--add-to", "indicators/studies/cifar10-mini-recorded.toml")

    assert commands.main(["publish", *seeds, *others, "--output", str(tmp_path)]) == 0
    file = tmp_path / "x-recorded.toml"
    assert capsys.readouterr().out.splitlines() == [
        f"written: {file} and 2.3 MB beside it",
        f"next: pytest hypotheses/ --study {file}",
    ]


# Report and figures


def test_a_report_without_verdicts_is_one_line(tmp_path, capsys):
    assert commands.main(["report", "--study", "thesis-2019", "--output", str(tmp_path)]) == 2
    assert "verdicts.json" in capsys.readouterr().err


def test_a_study_that_is_not_measured_has_no_figures(tmp_path, capsys):
    store = tmp_path / "store"

    assert commands.main(["figures", "--output", str(tmp_path / "figures"), "--store", str(store)]) == 2

    assert f"nothing of cifar10-mini is measured in {store}; run `indicators measure" in capsys.readouterr().err
    assert not (tmp_path / "figures").exists()


def test_a_study_that_is_not_measured_has_no_tables(tmp_path, capsys):
    store = tmp_path / "store"

    assert commands.main(["export", "--output", str(tmp_path / "tables"), "--store", str(store)]) == 2

    assert f"nothing of cifar10-mini is measured in {store}; run `indicators measure" in capsys.readouterr().err
    assert not (tmp_path / "tables").exists()


def test_tables_are_written_and_what_is_missing_is_said(tmp_path, capsys):
    assert commands.main(["export", "--study", "thesis-2019", "--output", str(tmp_path)]) == 0

    *missing, last = capsys.readouterr().out.splitlines()
    tables = list(tmp_path.glob("*/*.csv"))
    assert len(tables) > 10
    assert last == f"written: {len(tables)} tables in {tmp_path}"
    assert all(re.match(r"missing: \w+/\w+: .*thesis-2019", line) for line in missing)


@pytest.mark.parametrize("command", ["figures", "export"])
def test_an_output_that_cannot_be_written_is_one_line(command, tmp_path, capsys):
    (tmp_path / "file").touch()

    assert commands.main([command, "--study", "thesis-2019", "--output", str(tmp_path / "file")]) == 2
    errors = capsys.readouterr().err
    assert re.search(r"^'.*file/.*' cannot be written \(.*\); name another folder\n$", errors)


def test_figures_are_drawn_with_their_numbers_and_what_is_missing_is_said(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("indicators.report.figures.draw.to_svg", lambda _: b"<svg/>")

    assert commands.main(["figures", "--study", "thesis-2019", "--output", str(tmp_path)]) == 0

    lines = capsys.readouterr().out.splitlines()
    drawn = list(tmp_path.glob("*.svg"))
    assert len(drawn) > 10
    assert lines[-1] == f"written: {len(drawn)} figures and figures.csv in {tmp_path}"
    assert all(re.match(r"missing: \S.*: .*thesis-2019 does not record|missing: ", line) for line in lines[:-1])
    assert (tmp_path / "figures.csv").read_text().count("\n") > 1000
