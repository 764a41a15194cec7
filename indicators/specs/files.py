"""The files of studies: found by name, read, written."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import tomli_w

from indicators.errors import InputError
from indicators.files import sha256_of_file, write_atomically
from indicators.specs import RecordedSpec, StudySpec
from indicators.specs.complaints import validated

STUDIES = Path(__file__).parents[1] / "studies"
NEXT = "next"
"""In the file of a published study: what it will say once its measurements are replaced."""


def studies() -> list[str]:
    """Names of the shipped studies."""
    return sorted(path.stem for path in STUDIES.glob("*.toml"))


def load_study(name: str) -> StudySpec | RecordedSpec:
    """The shipped study of that name, or the one in the TOML file at that path."""
    path = _find(name)
    table = read_toml(path)
    if table.get("kind") == "recorded":
        table = _as_published(table, path.with_suffix(".nc"))
        known = {name: table[name] for name in ("name", "scale", "seeds", "description", "sha256") if name in table}
        table = known | {"folder": path.with_suffix(""), "file": path.with_suffix(".nc")}
        return validated(RecordedSpec, table, path.name)
    return validated(StudySpec, table, path.name)


def _as_published(table: dict[str, Any], file: Path) -> dict[str, Any]:
    """What a study's file says of the measurements beside it: that they are to be replaced may have come true."""
    following: dict[str, Any] = table.get(NEXT, {})
    arrived = following and file.is_file() and sha256_of_file(file) == following.get("sha256")
    return following if arrived else table


def write_study(study: StudySpec, path: Path, *, comment: str = "") -> None:
    """Writes a study file that `load_study` reads back as the same study, with whatever source its network has then."""
    table = study.model_dump(mode="json", exclude_defaults=True, exclude={"architecture": {"sha256"}})
    write_table(table, path, comment=comment)


def write_table(table: Mapping[str, Any], path: Path, *, comment: str = "") -> None:
    """Writes a TOML file of scalars and tables; InputError, and no file, for a number that no study file can hold."""
    for number in _numbers(table):
        if not math.isfinite(number):
            raise InputError(f"{number} cannot stand in a study file; expected a finite number")
    lines = "".join(f"# {line}\n" for line in comment.splitlines())
    write_atomically(path, (lines + tomli_w.dumps(table)).encode())


def _find(name: str) -> Path:
    if (STUDIES / f"{name}.toml").is_file() and "/" not in name:
        return STUDIES / f"{name}.toml"
    if Path(name).is_file():
        return Path(name)
    raise InputError(f"study={name!r} is neither one of {tuple(studies())} nor the path of a TOML file")


def read_toml(path: Path) -> dict[str, Any]:
    """The table of a TOML file; InputError where it is none."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"study file {path.name} is not valid TOML: {error}") from None


def _numbers(table: Mapping[str, Any]) -> Iterator[float]:
    for value in table.values():
        if isinstance(value, Mapping):
            yield from _numbers(value)
        elif isinstance(value, float):
            yield value
