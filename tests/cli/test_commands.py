"""The command line as a whole: its help and version, what it refuses, and how it ends."""

import subprocess
import sys
from pathlib import Path

import pytest

import indicators
from indicators.cli import commands

TRAINING = ("fetch", "train", "measure", "calibrate", "publish")
COMMANDS = (*TRAINING, "report", "figures", "export")


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


def test_the_version_is_said_with_the_name(capsys):
    assert commands.main(["--version"]) == 0

    output, errors = capsys.readouterr()
    assert output == f"generalization-indicators {indicators.__version__}\n"
    assert errors == ""


def test_the_version_is_an_option_of_the_whole_not_of_a_command(capsys):
    assert commands.main(["train", "--version"]) == 2

    assert "No such option: --version" in capsys.readouterr().err


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """A home of its own, and shells that are named and not looked for."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    return tmp_path


@pytest.mark.usefixtures("shell")
def test_completion_is_shown_for_the_shell(capsys):
    assert commands.main(["--show-completion", "bash"]) == 0

    assert "_INDICATORS_COMPLETE=complete_bash" in capsys.readouterr().out


def test_completion_is_installed_for_the_shell(shell, capsys):
    assert commands.main(["--install-completion", "bash"]) == 0

    assert "bash completion installed in" in capsys.readouterr().out
    assert "indicators" in (shell / ".bashrc").read_text()


@pytest.mark.usefixtures("shell")
def test_a_shell_that_is_not_known_is_one_line_and_status_two(capsys):
    assert commands.main(["--show-completion", "shell-of-mine"]) == 2

    errors = capsys.readouterr().err
    assert "Invalid value for '--show-completion'" in errors
    assert len(errors.splitlines()) == 1


def test_words_are_completed(monkeypatch, capsys):
    monkeypatch.setenv("_INDICATORS_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "indicators ca")
    monkeypatch.setenv("COMP_CWORD", "1")

    assert commands.main([]) == 0

    assert capsys.readouterr().out.split() == ["calibrate"]


@pytest.mark.parametrize("name", ["no[red]study", "no[/]study", "no:100:study", "no\x1b[31mstudy"])
def test_what_a_message_names_stands_there_as_it_is(name, capsys):
    assert commands.main(["train", "--study", name]) == 2
    assert commands.main([name]) == 2

    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith(f"study={name!r} is neither one of")
    assert second.startswith(f"No such command '{name.replace(chr(27), chr(92) + 'x1b')}'")
