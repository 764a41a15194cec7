"""Publishes the seeds of a study one after the other, as they become whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from indicators.console import say
from indicators.errors import InputError
from indicators.files import make_folder

if TYPE_CHECKING:
    from indicators.sources.published import PublishedStudy
    from indicators.specs import StudySpec
    from indicators.store import Store


class Publishing:
    """Adds a seed to what a folder holds of its study, when it is called with the seed's number.

    Raises InputError when it is made, before any seed is, where the folder holds the study made otherwise, or other
    networks of the same seeds.
    """

    def __init__(self, study: StudySpec, store: Store, folder: Path) -> None:
        self._study, self._store, self._folder = study, store, folder
        make_folder(folder, "--publish")
        self._file = folder / f"{study.name}-recorded.toml"
        if (earlier := self._earlier()) is not None:
            self._require_room(earlier)

    def __call__(self, seed: int) -> None:
        """Writes the measurements of that seed beside those of the others, and says so."""
        from indicators.sources.publishing import alone, publish
        from indicators.sources.stored import Measurements

        with alone(self._folder):
            file = publish(Measurements(self._of(seed), self._store), self._folder, self._earlier())
        say(Console(), f"published: seed {seed} of {self._study.name} in {file}")

    def _of(self, seed: int) -> StudySpec:
        return self._study.changed(seeds=1, first_seed=seed)

    def _earlier(self) -> PublishedStudy | None:
        from indicators.sources.published import published_at

        return published_at(self._file) if self._file.is_file() else None

    def _require_room(self, earlier: PublishedStudy) -> None:
        from indicators.sources.publishing import require_alike, require_same_networks
        from indicators.sources.stored import Measurements
        from indicators.study.agenda import work_of

        require_alike(earlier, self._study)
        for seed in sorted({*self._study.seed_numbers} & {*earlier.seeds}):
            study = self._of(seed)
            if work_of(study, self._store.root, measuring=False).undone(self._store):
                raise InputError(
                    f"{self._file} has seed {seed} already, whose networks are not all in {self._store.root}; "
                    "choose others with --first-seed and --seeds, or another folder"
                )
            require_same_networks(earlier, Measurements(study, self._store))
