"""Reports, figures, tables and files to publish, and what is said where nothing is measured."""

import re

import pytest

from indicators.cli import commands
from indicators.specs.files import STUDIES


def test_a_study_that_is_not_trained_is_not_published(tmp_path, capsys):
    store = tmp_path / "store"

    assert commands.main(["publish", "--output", str(tmp_path / "out"), "--store", str(store)]) == 2

    said = capsys.readouterr().err
    assert f"10 of 10 networks of cifar10-mini are not trained in {store}, the first untrained, seed 0" in said
    assert not (tmp_path / "out").exists()


def test_publishing_says_what_was_written_and_what_next(tmp_path, capsys, monkeypatch):
    def publish(measured, folder, earlier):
        assert measured.name == "cifar10-mini"
        assert measured.seeds == (2, 3, 4)
        assert earlier.name == "cifar10-mini-recorded"
        (folder / "x-recorded.nc").write_bytes(b"0" * 2_300_000)
        return folder / "x-recorded.toml"

    monkeypatch.setattr("indicators.sources.publishing.publish", publish)
    monkeypatch.setattr("indicators.sources.publishing.left_out", lambda _: [])
    monkeypatch.setattr("indicators.study.agenda.Work.undone", lambda *_: [])
    seeds = ("--seeds", "3", "--first-seed", "2")
    others = ("--add-to", "indicators/studies/cifar10-mini-recorded.toml")

    assert commands.main(["publish", *seeds, *others, "--output", str(tmp_path)]) == 0
    file = tmp_path / "x-recorded.toml"
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        f"written: {file} and 2.3 MB beside it",
        f"next: pytest hypotheses/ --study {file}",
    ]
    assert said.err == ""


def test_a_report_without_verdicts_is_one_line(tmp_path, capsys):
    arguments = ["--study", "cifar10-mini", "--output", str(tmp_path), "--store", str(tmp_path / "store")]

    assert commands.main(["report", *arguments]) == 2
    assert "verdicts.json" in capsys.readouterr().err


def test_a_shipped_study_has_its_report_without_a_run(tmp_path, capsys):
    assert commands.main(["report", "--study", "thesis-2019", "--output", str(tmp_path)]) == 0
    assert "written: " in capsys.readouterr().out
    assert "thesis-2019" in (tmp_path / "report.md").read_text()


def test_a_study_of_somebodys_own_does_not_get_the_verdicts_of_a_shipped_one(tmp_path, capsys):
    """It may have the name of that one, and other numbers."""
    for name in ("thesis-2019.toml", "thesis-2019"):
        (tmp_path / name).symlink_to(STUDIES / name)
    arguments = ["--study", str(tmp_path / "thesis-2019.toml"), "--output", str(tmp_path / "report")]

    assert commands.main(["report", *arguments]) == 2
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
