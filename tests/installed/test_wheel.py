"""The wheel in a fresh environment, away from the checkout: `make test-wheel`; it installs packages."""

import json
import os
import re
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LARGEST = 400
"""Megabytes of an environment that judges recorded studies, without the bytecode that pip adds (a third again)."""
OTHERS = ("pytest-html", "allure-pytest", "pytest-cov", "pytest-randomly", "pytest-rerunfailures")
"""Plugins that people load beside ours."""
STUDY = "thesis-2019"
CLAIM = next(
    text
    for text in re.findall(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    if "pytest.mark.claim" in text
)


@dataclass(frozen=True)
class Environment:
    """A Python of its own, and what was done there."""

    folder: Path

    def run(self, cwd, *command):
        """Runs one of its programs in a folder."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHON"))}
        return subprocess.run(  # noqa: S603 - our own programs
            [self.folder / "bin" / command[0], *command[1:]],
            cwd=cwd,
            env=kept | {"INDICATORS_STORE": str(cwd / "store"), "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )

    def install(self, *what):
        """Installs packages, of the versions that are known to go together."""
        done = self.run(self.folder, "python", "-m", "pip", "install", "-q", "-c", str(ROOT / "constraints.txt"), *what)
        assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The wheel, and nothing that it does not ask for."""
    wheels, folder = tmp_path_factory.mktemp("wheels"), tmp_path_factory.mktemp("installed")
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(wheels), str(ROOT)]
    subprocess.run(build, check=True)  # noqa: S603 - our own package
    venv.create(folder, with_pip=True)
    environment = Environment(folder)
    environment.install(str(next(wheels.glob("*.whl"))))
    return environment


def repository(folder, *, claims="hypotheses"):
    """Somebody's repository, with README's claim and one line of ours."""
    (folder / claims).mkdir(parents=True)
    (folder / "conftest.py").write_text('pytest_plugins = ["indicators.plugin"]\n')
    if claims != "hypotheses":
        (folder / "pyproject.toml").write_text(f'[tool.pytest]\nclaims = ["{claims}"]\n')
    (folder / claims / "test_9_mine.py").write_text(CLAIM)
    return folder


def verdicts(report):
    """What a run found, without where it ran."""
    found = json.loads((report / "verdicts.json").read_text())
    return {name: of for name, of in found.items() if name != "machine"}


def test_a_base_environment_is_small_and_has_no_framework(installed):
    names = installed.run(installed.folder, "python", "-m", "pip", "list", "--format=freeze").stdout
    files = [path for path in installed.folder.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    size = sum(path.lstat().st_size for path in files) / 1e6

    assert not re.search(r"^(tensorflow|keras|jax|torch)==", names, re.MULTILINE)
    assert size <= LARGEST


@pytest.mark.parametrize(
    "command",
    [
        ("indicators", "judge", STUDY),
        ("pytest", "--pyargs", "indicators.hypotheses", "-p", "indicators.plugin", "--study", STUDY, "-n", "2"),
    ],
    ids=["indicators judge", "pytest --pyargs"],
)
def test_the_claims_are_judged_away_from_the_checkout(installed, tmp_path, command):
    expected = ROOT / "hypotheses" / f"{STUDY}.json"
    done = installed.run(tmp_path, *command, "--verdicts", str(expected))

    assert done.returncode == 0, done.stdout
    assert verdicts(tmp_path / "report")["complete"]
    assert (tmp_path / "report" / "index.html").is_file()
    found = {claim["id"]: claim["verdict"] for claim in verdicts(tmp_path / "report")["claims"]}
    assert found == json.loads(expected.read_text())["verdicts"]
    package = next(installed.folder.glob("lib/python*/site-packages/indicators"))
    assert not list(package.rglob(".pytest_cache"))


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "shared"])
@pytest.mark.parametrize("folder", ["hypotheses", "research/claims"])
def test_the_claim_of_readme_is_judged_in_a_repository_of_somebodys_own(installed, tmp_path, folder, workers):
    mine = repository(tmp_path / "mine", claims=folder)
    done = installed.run(mine, "pytest", folder, "--study", "cifar10-mini-recorded", *workers)

    assert done.returncode in (0, 1), done.stdout
    assert re.search(r"^claims: 1 (supported|refuted|inconclusive)$", done.stdout, re.MULTILINE), done.stdout
    (claim,) = verdicts(mine / "report")["claims"]
    assert claim["cases"][0]["test"].startswith(f"{folder}/test_9_mine.py::")
    assert verdicts(mine / "report")["complete"]


@pytest.mark.parametrize(
    ("command", "made"),
    [
        (("list", "claims"), ""),
        (("report", "--study", STUDY), "report/index.html"),
        (("figures", "--study", STUDY), "figures/figures.csv"),
        (("export", "--study", STUDY), "tables/trained/accuracy.csv"),
        (("--version",), ""),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_the_commands_work_away_from_the_checkout(installed, tmp_path, command, made):
    done = installed.run(tmp_path, "indicators", *command)

    assert done.returncode == 0, done.stdout
    assert done.stdout.strip()
    assert (tmp_path / made).exists()


@pytest.mark.parametrize(
    "command",
    [
        ("indicators", "train"),
        ("indicators", "measure", "--study", "cifar10-quarter"),
        ("indicators", "calibrate", "--targets", "0.1", "0.2", "0.3"),
        ("indicators", "doctor"),
        ("indicators", "judge", "cifar10-mini"),
    ],
    ids=" ".join,
)
def test_training_without_the_extra_is_one_line_that_names_it(installed, tmp_path, command):
    done = installed.run(tmp_path, *command)

    told = [line for line in done.stdout.splitlines() if "generalization-indicators[train]" in line]
    assert len(told) == 1, done.stdout
    assert "Traceback" not in done.stdout
    assert not list(tmp_path.glob("store/models/*"))
    assert not list(tmp_path.glob("store/data/*"))
    assert done.returncode in (2, 4)


def test_other_plugins_change_no_verdict(installed, tmp_path):
    """Run again after a failure, in another order, watched and reported elsewhere: the same verdicts, counted once."""
    alone, beside = tmp_path / "alone", tmp_path / "beside"
    alone.mkdir()
    beside.mkdir()
    assert installed.run(alone, "indicators", "judge", STUDY).returncode == 1
    installed.install(*OTHERS)

    done = installed.run(
        beside, "pytest", "--pyargs", "indicators.hypotheses", "-p", "indicators.plugin", "--study", STUDY,
        "--html", "all.html", "--alluredir", "allure", "--cov", "indicators", "--reruns", "1",
    )  # fmt: skip

    assert done.returncode == 1, done.stdout
    assert verdicts(beside / "report") == verdicts(alone / "report")
    assert "rerun" in done.stdout.splitlines()[-1]
    assert (beside / "all.html").is_file()
    assert any((beside / "allure").iterdir())
