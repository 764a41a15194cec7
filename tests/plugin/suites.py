"""Runs of claims as a user runs them: pytest in a process of its own, on recorded numbers, so nothing is trained."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from indicators.specs import LEVELS, OPTIMIZERS

ROOT = Path(__file__).parents[2]
HEIGHTS = (4.5, 5.0, 5.5)  # mean 5, standard error 0.289


@dataclass(frozen=True)
class Run:
    status: int
    output: str
    folder: Path

    @property
    def report(self):
        """That of the file which the run names."""
        named = re.search(r"^evidence: (.+)$", self.output, re.MULTILINE)
        return json.loads(Path(named[1]).read_text())

    @property
    def cases(self):
        """Every judged case, by the name of its test."""
        found = [case for claim in self.report["claims"] for case in claim["cases"]]
        return {f"{case['test'].partition('::')[2]}[{case['parameters']}]".removesuffix("[]"): case for case in found}

    @property
    def verdicts(self):
        return {name: case["verdict"] for name, case in self.cases.items()}

    @property
    def counted(self):
        """What the last line counts: pytest says "2 errors"."""
        numbers = re.findall(r"(\d+) ([a-z ]+?)s?(?:,| in )", self.output.splitlines()[-1])
        return {word: int(number) for number, word in numbers}

    @property
    def table(self):
        """The lines between the headline of the table and the line that counts the claims."""
        lines = self.output.splitlines()
        start = next(k for k, line in enumerate(lines) if re.fullmatch("=+ verdicts =+", line))
        return lines[start + 1 : next(k for k, line in enumerate(lines) if line.startswith("claims: "))]


def run(folder, *arguments, suite=ROOT, python=(), **environment):
    """Runs the claims of a suite; the store and the report go into the folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    for name in ("COLUMNS", "FORCE_COLOR", "PY_COLORS", "INDICATORS_STORE"):
        kept.pop(name, None)
    found = {
        "INDICATORS_STORE": str(folder / "store"),
        "PYTHONPATH": os.pathsep.join((str(folder), str(ROOT))),
        "PYTHONIOENCODING": "utf-8",
    }
    if not any("hypotheses" in str(argument) for argument in arguments):
        arguments = ("hypotheses", *arguments)
    command = [sys.executable, *python, "-m", "pytest", "-p", "no:cacheprovider", "--report", folder / "report"]
    done = subprocess.run(  # noqa: S603 - our own program
        [*command, *arguments],
        cwd=suite,
        env=kept | found | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=600,
        check=False,
    )
    return Run(done.returncode, done.stdout, folder)


def make_suite(folder, claims):
    """A repository of somebody's own: the plugin, strict settings, made-up numbers, and one file of claims."""
    (folder / "hypotheses").mkdir(parents=True)
    for name in ("conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    (folder / "hypotheses" / "test_1_trials.py").write_text(claims)
    make_study(folder)
    return folder


def make_study(folder, seeds=HEIGHTS):
    """A recorded study `trial` whose levels have equal accuracies, with a `hole` where a height is missing."""
    about = 'source = "none"\nunit = "m"\nquality = "exact"\nresolution = 1e-6\n'
    head = f'kind = "recorded"\nname = "trial"\nscale = "toy"\nseeds = {len(seeds)}\nlayers = ["Conv1"]\n'
    names = ("accuracy", "height", "hole")
    tables = [f"\n[measurements.{name}]\n{about}" for name in names]
    (folder / "trial.toml").write_text(head + "".join(tables) + 'gaps = "Lost."\n')
    cells = [(seed, one, level) for seed in range(len(seeds)) for one in OPTIMIZERS for level in LEVELS]
    heights = [f"{seed},{one},{level},{seeds[seed]}\n" for seed, one, level in cells]
    accuracies = [f"{seed},{one},{level},test,0.7\n" for seed, one, level in cells]
    (folder / "trial").mkdir(exist_ok=True)
    (folder / "trial" / "accuracy.csv").write_text("seed,optimizer,level,split,value\n" + "".join(accuracies))
    (folder / "trial" / "height.csv").write_text("seed,optimizer,level,value\n" + "".join(heights))
    (folder / "trial" / "hole.csv").write_text("seed,optimizer,level,value\n" + "".join(heights[1:]))


QUICK = '''
import pytest

@pytest.mark.claim("X1", tier="core", section="0")
def test_it_is_never_run():
    """Nothing gets this far."""
'''
