"""What the chosen claims will ask of the study, found out by asking them on made-up numbers.

A measurement that `parametrize`, a constant, a helper or a fixture names is found as one that a claim names itself, and
what cannot be right on any network, such as a misspelled measurement, is known before anything is trained.
"""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import tempfile
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from indicators.claims.judging import judging
from indicators.errors import InputError
from indicators.plugin.collecting import claims_among
from indicators.plugin.options import study_and_store

stand_in_key = pytest.StashKey[Any]()
"""What answers in the place of the study while claims are asked."""
folder_key = pytest.StashKey[Path]()
"""Where workers leave what they found out: xdist carries nothing from a worker before its first test."""


@dataclass(frozen=True)
class Asked:
    """What claims ask for."""

    claims: int
    """How many there are, asked or not."""
    names: tuple[str, ...] = ()
    """Of measurements."""
    faults: tuple[str, ...] = ()
    """What of them is wrong on any network, in a line each."""


def asked_here(session: pytest.Session) -> Asked:
    """What the claims of this process ask for."""
    claims = claims_among(session.items)
    return _asked(session.config, claims, len(claims))


def note_for_controller(session: pytest.Session) -> None:
    """Leaves what the share of the claims that is this worker's asks for: all workers hold the same claims."""
    claims, worker = claims_among(session.items), session.config.workerinput  # type: ignore[attr-defined]
    number, count = int(worker["workerid"].removeprefix("gw")), worker["workercount"]
    asked = _asked(session.config, claims[number % count :: count], len(claims))
    if (folder := Path(worker["claims_notes"])).is_dir():  # not on another machine: what is missing is made when asked
        (folder / worker["workerid"]).write_text(json.dumps(asdict(asked)))


def note_of_worker(node: Any) -> Asked:
    """What a worker left; nothing where it could not."""
    path = Path(node.workerinput["claims_notes"], node.workerinput["workerid"])
    if not path.is_file():
        return Asked(0)
    note = json.loads(path.read_text())
    return Asked(note["claims"], tuple(note["names"]), tuple(note["faults"]))


def together(notes: Iterable[Asked]) -> Asked:
    """What several processes found out, as one."""
    notes = list(notes)
    names, faults = (dict.fromkeys(one for note in notes for one in getattr(note, of)) for of in ("names", "faults"))
    return Asked(max(note.claims for note in notes), tuple(names), tuple(faults))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node) -> None:  # type: ignore[no-untyped-def]
    stash = node.config.stash
    if folder_key not in stash:
        stash[folder_key] = Path(tempfile.mkdtemp(prefix="claims-"))
    node.workerinput["claims_notes"] = str(stash[folder_key])


def pytest_unconfigure(config: pytest.Config) -> None:
    if folder := config.stash.get(folder_key, None):
        shutil.rmtree(folder, ignore_errors=True)


def _asked(config: pytest.Config, claims: Sequence[pytest.Item], count: int) -> Asked:
    if not claims:
        return Asked(count)
    from indicators.claims.stand_in import StandIn
    from indicators.specs import StudySpec

    try:
        study, _ = study_and_store(config)
    except pytest.UsageError:
        return Asked(count)  # which the process that prepares the study says
    if not isinstance(study, StudySpec):
        return Asked(count)
    stand_in = config.stash[stand_in_key] = StandIn()
    try:
        faults = [_fault(item, after) for item, after in zip(claims, [*claims[1:], None], strict=True)]
    finally:
        config.stash[stand_in_key] = None
    return Asked(count, tuple(stand_in.asked), tuple(filter(None, faults)))


def _fault(item: pytest.Item, after: pytest.Item | None) -> str:
    """Runs a claim and its fixtures on the stand-in, of which nothing is seen; returns what is wrong with it."""
    with contextlib.ExitStack() as quiet:
        quiet.enter_context(contextlib.redirect_stdout(io.StringIO()))
        quiet.enter_context(contextlib.redirect_stderr(io.StringIO()))
        quiet.enter_context(warnings.catch_warnings(action="ignore"))
        quiet.enter_context(judging())
        try:
            # Without pytest's hooks: what they tell other plugins would be counted as results.
            item.session._setupstate.setup(item)
            item.runtest()
        except InputError as error:
            return f"{item.nodeid}: {error}"
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException:  # noqa: S110 - made-up numbers prove nothing else
            pass
        finally:
            item.session._setupstate.teardown_exact(after)
            item._initrequest()  # type: ignore[attr-defined]
    return ""
