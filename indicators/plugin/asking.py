"""What the chosen claims will ask of the study, found out by asking them on made-up numbers.

That is done by a pytest in a process of its own, so that nothing of it can be left in the run that judges. A
measurement that `parametrize`, a constant, a helper or a fixture names is found as one that a claim names itself, and
what cannot be right on any network, such as a misspelled measurement, is known before anything is trained.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from indicators.errors import InputError
from indicators.plugin.collecting import claim_of
from indicators.plugin.options import study_and_store

ANSWERS = "INDICATORS_CLAIMS_ASKED"
"""Of the environment: the file that the process which asks writes into; where it is set, this is that process."""
stand_in_key = pytest.StashKey[Any]()
"""What answers in the place of the study."""
faults_key = pytest.StashKey[Any]()


class Asked(NamedTuple):
    """What claims ask for."""

    names: Sequence[str]
    """Of measurements."""
    varied: Mapping[str, Sequence[str]] = {}
    """Of measurements of the networks along each factor that is asked for."""
    faults: Sequence[str] = ()
    """What of the claims is wrong on any network, in a line each."""


def ask(config: pytest.Config, ids: Sequence[str]) -> Asked:
    """What tests ask for, by their names; nothing where the process that asks them came to a bad end."""
    with tempfile.TemporaryDirectory(prefix="claims-") as folder:
        answers, chosen = Path(folder, "asked.json"), Path(folder, "chosen.txt")
        chosen.write_text("".join(f"{_with_folder(config, name)}\n" for name in ids), encoding="utf-8")
        subprocess.run(  # noqa: S603 - our own interpreter
            [sys.executable, "-m", "pytest", *_settings(config), f"@{chosen}"],
            cwd=config.invocation_params.dir,
            env=os.environ | {ANSWERS: str(answers)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        return Asked(**json.loads(answers.read_text())) if answers.is_file() else Asked(())


def is_asking() -> bool:
    """Whether this process asks claims, and judges none."""
    return ANSWERS in os.environ


def stand_in(config: pytest.Config) -> Any:
    """What answers in the place of the study; None where claims are judged."""
    return config.stash.get(stand_in_key, None)


def pytest_configure(config: pytest.Config) -> None:
    if is_asking():
        from indicators.claims.stand_in import StandIn

        config.stash[stand_in_key], config.stash[faults_key] = StandIn(_factors(config)), []


def _factors(config: pytest.Config) -> dict[str, list[Any]]:
    """The labels of every factor of the study; none of one that cannot be read, which the run itself says."""
    from indicators.specs import StudySpec

    with suppress(InputError):
        study, _ = study_and_store(config)
        if isinstance(study, StudySpec):
            return {variant.factor: study.labels_of(variant) for variant in study.variants}
    return {}


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    # Made-up numbers prove nothing else.
    if is_asking() and claim_of(item) and call.excinfo is not None and isinstance(call.excinfo.value, InputError):
        item.config.stash[faults_key].append(f"{item.nodeid}: {call.excinfo.value}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    if is_asking():
        stash = session.config.stash
        asked = stash[stand_in_key]
        varied = {factor: list(of.asked) for factor, of in asked.varied.items() if of.asked}
        found = Asked(list(asked.asked), varied, stash[faults_key])
        Path(os.environ[ANSWERS]).write_text(json.dumps(found._asdict()))


def _with_folder(config: pytest.Config, name: str) -> str:
    """A test by the absolute path of its file: some files are not below the root."""
    file, found, test = name.partition("::")
    return f"{Path(config.rootpath, file).resolve()}{found}{test}"


def _settings(config: pytest.Config) -> list[str]:
    """Options by which tests are found and set up as in this run, and nothing is reported or remembered."""
    given = [("--rootdir", config.rootpath), ("--import-mode", config.getoption("importmode"))]
    given += [("-c", config.inipath)] if config.inipath else []
    given += [("-o", setting) for setting in (*(config.getoption("override_ini") or ()), "addopts=")]
    given += [("-p", name) for name in (*config.getoption("plugins"), "no:cacheprovider")]
    options = ("study", "architecture", "data", "seeds", "store")
    given += [(f"--{name}", value) for name in options if (value := config.getoption(name)) is not None]
    alone = ["--noconftest"] if config.getoption("noconftest") else []
    workers = ["-n", "0"] if config.pluginmanager.hasplugin("xdist") else []
    return [*(f"{part}" for pair in given for part in pair), *alone, *workers, "-W", "ignore"]
