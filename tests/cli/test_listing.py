"""Lists of claims, indicators, studies and networks, for people and for other programs."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from indicators.cli import commands
from indicators.measures.catalog import INDICATORS
from indicators.specs import files
from indicators.specs.files import STUDIES, load_study
from indicators.store import Store


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
    code = (
        "import sys; from indicators.cli.commands import main; main(['list', 'claims']); "
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603

    assert not {"pytest", "numpy", "xarray", "tensorflow"} & set(done.stderr.split())


def test_what_cannot_be_listed_is_one_line(capsys):
    assert commands.main(["list", "models"]) == 2
    assert "'models' is not one of" in capsys.readouterr().err


ODD = "[bold]half[/] \\x1b[31m[/old]:100:"


@pytest.fixture
def odd_study(tmp_path, monkeypatch):
    """A shipped study whose scale and description hold markup and an escape."""
    text = (STUDIES / "thesis-2019.toml").read_text(encoding="utf-8")
    for key in ("scale", "description"):
        text = re.sub(rf"^{key} = .*$", lambda _, key=key: f'{key} = "{ODD.replace("x1b", "u001b")}"', text, flags=re.M)
    (tmp_path / "odd.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(files, "STUDIES", tmp_path)


@pytest.mark.usefixtures("odd_study")
@pytest.mark.parametrize("terminal", [False, True])
def test_what_a_study_says_of_itself_is_listed_as_it_is(terminal, monkeypatch, capsys):
    if terminal:
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("NO_COLOR", "1")

    assert commands.main(["list", "studies"]) == 0

    output = capsys.readouterr().out
    assert output.count(ODD) == 2
    assert "\x1b[31m" not in output


@pytest.mark.usefixtures("odd_study")
def test_what_a_study_says_of_itself_is_json_as_it_is(capsys):
    assert commands.main(["list", "studies", "--json"]) == 0

    (row,) = json.loads(capsys.readouterr().out)
    assert row["scale"] == ODD.replace("\\x1b", "\x1b")


def test_a_network_with_an_odd_architecture_is_listed_as_it_is(tmp_path, capsys):
    spec = load_study("cifar10-mini").model("sgd", "high", 0)
    architecture = {"name": "nets[red]:build", "parameters": {"kind": "[/]\x1b[2J"}}
    folder = tmp_path / "models" / "0123"
    folder.mkdir(parents=True)
    (folder / "spec.json").write_text(json.dumps(spec.model_dump(mode="json") | {"architecture": architecture}))

    assert commands.main(["list", "networks", "--store", str(tmp_path)]) == 0

    assert "nets[red]:build kind=[/]\\x1b[2J " in capsys.readouterr().out
