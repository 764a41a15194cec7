"""How often a study was judged with ever more seeds: to add seeds until a claim holds finds what is not so."""

from __future__ import annotations

from pathlib import Path

import pytest

from indicators.claims.contrasts import SEEDS_NEEDED
from indicators.errors import InputError
from indicators.plugin.options import study_and_store

looks_key = pytest.StashKey[list[int]]()


def look_of(config: pytest.Config) -> int:
    """The how many-th look at a growing number of seeds this run is."""
    study, _ = study_and_store(config)
    return max(sum(seeds <= study.seeds for seeds in looks_of(config)), 1)


def looks_of(config: pytest.Config) -> list[int]:
    """With how many seeds the study was judged, this run included, as its verdicts say; too few seeds are no look."""
    if looks_key not in config.stash:
        from indicators.report.overview import shipped

        study, _ = study_and_store(config)
        folder: Path = config.getoption("report")
        files = (folder / "verdicts.json", folder / "verdicts.partial.json", shipped(study.name))
        looks = {study.seeds, *(look for file in files for look in _written(file, study.name))}
        config.stash[looks_key] = sorted(look for look in looks if look >= SEEDS_NEEDED)
    return config.stash[looks_key]


def _written(file: Path, study: str) -> list[int]:
    """The looks at a study that a file of verdicts tells of; none where it is not there, or of another study.

    Raises InputError for a file that cannot be read: without it, later looks would pass for the first.
    """
    from indicators.report.overview import read_document

    try:
        judged = read_document(file)["study"] if file.is_file() else None
    except InputError:
        raise InputError(
            f"{file} holds no verdicts, so that it cannot tell how often the study was judged; "
            "remove it, or name another folder with --report"
        ) from None
    if judged is None or judged["name"] != study:
        return []
    return judged.get("looks", [judged["seeds"]])
