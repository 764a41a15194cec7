"""What a user gives wrongly is one line and status four."""

import json
from pathlib import Path

import pytest

from tests.plugin.suites import QUICK, make_suite, run


def verdicts_on(study):
    """What a run writes that judged nothing."""
    about = {"name": study, "scale": "full", "seeds": 1}
    return json.dumps({"format": 1, "study": about, "complete": True, "machine": {}, "claims": []})


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    """A suite without heavy imports, and files that are not what they should be."""
    folder = make_suite(tmp_path_factory.mktemp("quick"), QUICK)
    (folder / "other.json").write_text('{"study": "another", "verdicts": {}}')
    (folder / "torn.json").write_text('{"study": "thesis-2019", "verd')
    (folder / "file").touch()
    (folder / "judged").mkdir()
    (folder / "judged" / "verdicts.json").write_text(verdicts_on("thesis-2019"))
    (folder / "earlier").mkdir()
    (folder / "earlier" / "verdicts.json").write_text(verdicts_on("another"))
    (folder / "bare.toml").write_text('kind = "recorded"\nname = "bare"\nscale = "toy"\nseeds = 1\n')
    return folder


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--study", "nope", "-n", "1"], "study='nope' is neither one of ('cifar10-mini', "),
        (["--study", "bare.toml"], "bare.toml: layers: Field required; compare with the shipped studies"),
        (["--study", "bare.toml", "-n", "1"], "bare.toml: layers: Field required; compare with the shipped studies"),
        (["--study", "thesis-2019", "--seeds", "3"], "--seeds=3 cannot change 'thesis-2019', which is recorded"),
        (["--seeds", "0"], "seeds=0: input should be greater than 0"),
        (["--architecture", "unknown"], "architecture='unknown' is not 'vgg' or 'module:function'"),
        (["--study", "thesis-2019", "--store", "file/store"], "file/store' cannot be written (Not a directory)"),
        (["--study", "thesis-2019", "--report", "file"], "--report 'file' is no folder to write in (File exists)"),
        (
            ["--study", "thesis-2019", "--verdicts", "other.json"],
            "--verdicts other.json is of study 'another', not 'thesis-2019'",
        ),
        (
            ["--study", "thesis-2019", "--report", "earlier", "--again", "refuted"],
            "verdicts.json has the verdicts of study 'another', not of 'thesis-2019'; run all of hypotheses/",
        ),
        (
            ["--study", "thesis-2019", "--verdicts", "torn.json"],
            "--verdicts torn.json cannot be read as verdicts (JSONDecodeError)",
        ),
        (["--study", "thesis-2019", "--again", "refuted"], "verdicts.json cannot be read (FileNotFoundError); run all"),
        (["--update-verdicts"], "--update-verdicts needs the file: --verdicts FILE"),
        (
            ["--study", "thesis-2019", "--verdicts", "other.json", "--update-verdicts"],
            "--update-verdicts would replace it, but --verdicts other.json is of study 'another', not 'thesis-2019'",
        ),
        (
            ["--study", "thesis-2019", "--verdicts", "bare.toml", "--update-verdicts"],
            "--update-verdicts would replace it, but --verdicts bare.toml cannot be read as verdicts (JSONDecodeError)",
        ),
        (
            ["--study", "thesis-2019", "--report", "judged", "--again", "refuted"],
            "--again refuted: no claim has this verdict in judged/verdicts.json",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_input_is_one_line_and_status_four(arguments, message, quick, tmp_path):
    done = run(tmp_path, *arguments, suite=quick)

    errors = [line for line in done.output.splitlines() if line.startswith("ERROR: ")]
    assert len(errors) == 1
    assert message in errors[0]
    assert "Traceback" not in done.output
    assert "INTERNALERROR" not in done.output
    assert done.status == 4
    assert not list((tmp_path / "report").glob("*.json"))


@pytest.mark.parametrize(
    ("file", "mark", "message"),
    [
        (
            "hypotheses/test_2_own.py",
            '"X1", section="0"',
            '::test_own: expected a mark such as claim("A1", tier="core"',
        ),
        (
            "hypotheses/test_2_own.py",
            '"X1", tier="core"',
            '::test_own: expected a mark such as claim("A1", tier="core"',
        ),
        ("hypotheses/test_2_own.py", 'tier="core", section="0"', '::test_own: expected a mark such as claim("A1", '),
        (
            "hypotheses/test_2_own.py",
            '"X 1", tier="core", section="0"',
            "::test_own: 'X 1' is no identifier such as M2",
        ),
        (
            "hypotheses/test_2_own.py",
            '"X2", tier="core", section="0", expected="much"',
            "::test_own: expected='much' is not a number",
        ),
        ("hypotheses/test_2_own.py", '"X2", tier="core", section=8.3', "::test_own: section=8.3 is no text"),
        ("hypotheses/test_2_own.py", '"X1", tier="primary", section="0"', "::test_own: tier='primary' is not one of ("),
        ("mine/test_own.py", '"X1", tier="core", section="0"', "::test_own: expected claims in hypotheses/test_*.py; "),
        ("hypotheses/own_test.py", '"X1", tier="core", section="0"', ": claims are in files such as test_6_speed.py; "),
    ],
)
@pytest.mark.parametrize("workers", [[], ["-n", "1"]], ids=["alone", "shared"])
def test_a_claim_that_no_report_could_name_is_one_line_and_status_four(file, mark, message, workers, tmp_path):
    suite = make_suite(tmp_path / "suite", QUICK)
    (suite / file).parent.mkdir(exist_ok=True)
    (suite / file).write_text(f"import pytest\n\n@pytest.mark.claim({mark})\ndef test_own(): pass\n")
    done = run(tmp_path, "--study", "trial.toml", "hypotheses", Path(file).parent, *workers, suite=suite)

    errors = [line for line in done.output.splitlines() if line.startswith("ERROR: ")]
    assert len(errors) == 1
    assert errors[0].startswith(f"ERROR: {Path(file).name if file.endswith('own_test.py') else file}{message}")
    assert "INTERNALERROR" not in done.output
    assert done.status == 4


@pytest.mark.parametrize(
    ("test", "message"),
    [
        (QUICK, "claim 'X1' is in test_1_trials.py and in test_2_own.py; give one of them an identifier of its own"),
        ("def test_own(): pass", "hypotheses/test_2_own.py::test_own: no claim; expected a mark such as claim("),
    ],
)
def test_a_test_that_is_no_claim_or_anothers_is_one_line_and_status_four(test, message, tmp_path):
    suite = make_suite(tmp_path / "suite", QUICK)
    (suite / "hypotheses" / "test_2_own.py").write_text(test)
    for chosen in ("hypotheses", "hypotheses/test_2_own.py"):
        done = run(tmp_path, "--study", "trial.toml", chosen, suite=suite)

        errors = [line for line in done.output.splitlines() if line.startswith("ERROR: ")]
        assert len(errors) == 1
        assert message in errors[0]
        assert done.status == 4


def test_a_mark_that_no_text_shows_is_seen_too(tmp_path):
    """Marks may be applied by helpers."""
    suite = make_suite(tmp_path / "suite", QUICK)
    helped = QUICK.replace("@pytest.mark.claim", "mark = pytest.mark.claim\n\n@mark")
    (suite / "hypotheses" / "test_2_own.py").write_text(helped)
    done = run(tmp_path, "--study", "trial.toml", suite=suite)

    assert "claim 'X1' is in test_1_trials.py and in test_2_own.py; give one of them" in done.output
    assert done.status == 4


@pytest.mark.parametrize("where", [".", ".."])
def test_a_repository_without_settings_has_its_claims_in_hypotheses(tmp_path, where):
    """Pytest's root is then where the values of options happen to be."""
    suite = make_suite(tmp_path / "suite", QUICK)
    (suite / "pyproject.toml").unlink()
    (tmp_path / "store").mkdir()
    options = ("--study", suite / "trial.toml", "--store", tmp_path / "store")
    done = run(tmp_path, suite / "hypotheses", *options, suite=suite / where)

    assert set(done.verdicts.values()) == {"error"}  # it compares nothing
    assert done.report["complete"] is True


def test_python_without_assertions_is_refused(quick, tmp_path):
    done = run(tmp_path, "-W", "ignore::pytest.PytestConfigWarning", suite=quick, python=["-O"])

    assert "ERROR: python -O removes the assertions that claims are made of; run without -O" in done.output
    assert "Traceback" not in done.output
    assert done.status == 4


def test_a_selection_of_nothing_ends_with_status_five_and_creates_nothing(quick, tmp_path):
    done = run(tmp_path, "-k", "no_such_claim", suite=quick)

    assert done.status == 5
    assert list(tmp_path.iterdir()) == []
