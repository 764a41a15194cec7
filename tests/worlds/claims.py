"""The claims of `hypotheses/`, put to any source of measurements without a run of pytest."""

from __future__ import annotations

import functools
import importlib.util
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
import xarray as xr

from indicators.claims import intervals, reading, verbs
from indicators.claims.contrasts import Contrast
from indicators.claims.evidence import Evidence, Undecided, overall, stands
from indicators.claims.judging import VARIANT, Record, judged, judging
from indicators.claims.view import View, _Varied
from indicators.errors import NotApplicable
from indicators.sources.source import Source
from indicators.specs.variants import Label
from tests.worlds.patterns import CELLS

_read = functools.cache(reading.read)


@dataclass(frozen=True)
class Claim:
    """One test function of a claim, with all its cases."""

    theme: str
    test: str
    function: Callable[..., Any]
    id: str
    about: Mapping[str, Any]
    """What its mark says."""
    cases: tuple[Mapping[str, Any], ...]
    siblings: int
    """How many cases the claim has in all its test functions."""
    verb: str
    by: float
    within_recipe: bool
    """Whether what a seed contributes depends on the other seeds."""

    @property
    def expected(self) -> float:
        """The effect if the thesis is right."""
        return float(self.about.get("expected", 3 * self.by))

    @property
    def unit(self) -> float:
        """The smallest effect that counts; a third of the expected one where any counts."""
        return self.by or abs(self.expected) / 3

    @property
    def needs_row(self) -> bool:
        """Whether a world can make it true: not what no study measures, nor what holds by construction."""
        measured = all(need.startswith(VARIANT) for need in self.needs)
        return measured and self.about["tier"] != "identity"

    @property
    def needs(self) -> list[str]:
        """What its mark says that it needs of a study."""
        return self.about["needs"].split(", ") if "needs" in self.about else []

    def __str__(self) -> str:
        return f"{self.theme}:{self.test}"


class Answer(NamedTuple):
    """The verdict of one case and the comparisons behind it."""

    verdict: str
    reason: str
    evidence: Sequence[Evidence]

    @property
    def effect(self) -> float:
        """The effect of its first comparison."""
        return self.evidence[0].effect


@functools.cache
def claims(theme: str = "") -> tuple[Claim, ...]:
    """Every test function in `hypotheses/` that is marked as a claim, or those of one theme."""
    paths = {reading.theme(path.name): path for path in sorted(reading.FOLDER.glob("test_*.py"))}
    return tuple(claim for name, path in paths.items() if theme in ("", name) for claim in _claims_of(name, path))


def judge(claim: Claim, case: Mapping[str, Any], source: Source, *, premised: bool = False) -> Answer:
    """The answer to one case of a claim, put to a study as pytest would. Raises what the claim raises of itself.

    ``premised`` where the premise is known to hold in all seeds: to judge it takes longer than to judge a case.
    """
    view = _Premised(source, None if premised else premise_of(claim, case), foreseen="needs" in claim.about)
    with xr.set_options(keep_attrs=True), judging(Record(claim.siblings)) as record:
        outcome = None
        try:
            claim.function(view, **case)
        except (Undecided, NotApplicable, AssertionError) as raised:
            outcome = raised
    return Answer(*judged(outcome, record))


def verdict_of(claim: Claim, source: Source) -> str:
    """The verdict of all cases of a test function together."""
    return overall([judge(claim, case, source).verdict for case in claim.cases])


def premise_of(claim: Claim, case: Mapping[str, Any]) -> str | None:
    """What the mark of a claim names as its premise, for one case; None where it names none."""
    premise = claim.about.get("premise")
    return premise.format(**case) if premise else None


class _Premised(View):
    """A view whose premise is judged on the study as it was before anything was exchanged in it."""

    @functools.cached_property
    def seeds(self) -> list[int]:
        """The seeds that meet every premise."""
        return _seeds(self._before, self._premise)

    def at(self, factor: str, label: Label) -> View:
        """The networks at one label of a factor, for the seeds in which they as they were meet the premise."""
        source = self._source.at(factor, label)
        return _Varied(source, foreseen=self._foreseen, seeds=_seeds(self._before.at(factor, label), self._premise))

    @functools.cached_property
    def _before(self) -> Source:
        source = self._source
        while hasattr(source, "original"):
            source = source.original
        return source


def _seeds(source: Source, premise: str | None) -> list[int]:
    """The seeds that meet the premise; those of the last study are kept, for all that is asked of it in a row."""
    if _KEPT.get("source") is not source:
        _KEPT.clear()
        _KEPT["source"] = source
    if premise not in _KEPT:
        _KEPT[premise] = View(source, premise).seeds
    return _KEPT[premise]


_KEPT: dict[str | None, Any] = {}


def judge_studies(claim: Claim, case: Mapping[str, Any], source: Source, *, size: int, premised: bool) -> list[str]:
    """Verdicts of a case in studies of so many seeds each that one source holds one after the other.

    What `judge` would say of each. The claim is computed once for all: that is ten times as fast. Not so where what
    a seed contributes depends on the others.
    """
    if claim.within_recipe:
        parts = [Part(source, source.seeds[start : start + size]) for start in range(0, len(source.seeds), size)]
        return [judge(claim, case, part, premised=premised).verdict for part in parts]
    view = _Premised(source, None if premised else premise_of(claim, case))
    studies = _Studies(np.array(view.seeds), size, len(source.seeds) // size)
    with xr.set_options(keep_attrs=True), judging(Record(claim.siblings)), studies.instead():
        claim.function(view, **case)
    return studies.verdicts()


class Part:
    """Some seeds of a study."""

    def __init__(self, whole: Source, seeds: Sequence[int]) -> None:
        self.name, self.scale, self.layers, self.seeds = whole.name, whole.scale, whole.layers, tuple(seeds)
        self.poolings, self.classes, self.factors = whole.poolings, whole.classes, whole.factors
        for read in ("measurement", "untrained", "by_neuron", "fitted"):
            setattr(self, read, self._of(getattr(whole, read, None)))
        self.at = lambda factor, label: Part(whole.at(factor, label), seeds)

    def _of(self, read: Callable[..., xr.DataArray]) -> Callable[..., xr.DataArray]:
        return lambda *name, **options: read(*name, **options).sel(seed=list(self.seeds))


class _Studies:
    """Takes the place of what judges one study, and judges many: a rule is for one study at a time."""

    def __init__(self, seeds: np.ndarray, size: int, count: int) -> None:
        self._size, self._count = size, count
        self._present = np.bincount(seeds // size, minlength=count)
        self._found: list[list[Evidence]] = []

    def instead(self) -> Any:
        """Within it, comparisons are judged study by study."""
        return mock.patch.object(verbs, "judge", self._judge)

    def verdicts(self) -> list[str]:
        """Of each study, the first of its comparisons that does not hold, as asserted one after the other."""
        verdicts = [[evidence.verdict for evidence in found] for found in zip(*self._found, strict=True)]
        return [next((word for word in words if not stands(word)), words[-1]) for words in verdicts]

    def _judge(self, total: Contrast, steps: Sequence[Contrast] = (), *, silent: int = 0, **rest: Any) -> bool:  # noqa: ARG002
        found = []
        for study in range(self._count):
            first, *others = (self._of(study, contrast) for contrast in (total, *steps))
            found.append(intervals.judge(first, others, silent=self._present[study] - first.seeds, **rest))
        self._found.append(found)
        return True

    def _of(self, study: int, contrast: Contrast) -> Contrast:
        return contrast.of(np.flatnonzero(contrast.seed // self._size == study))


class Permuted:
    """A study whose nine networks are exchanged within each seed, alike in every measurement.

    Premises are judged on the accuracies as they were: which seeds are left does not depend on the permutation.
    """

    def __init__(
        self,
        original: Source,
        rng: np.random.Generator | None = None,
        *,
        orders: Mapping[int, np.ndarray] | None = None,
    ) -> None:
        self.original = original
        self.name, self.scale, self.seeds, self.layers = original.name, original.scale, original.seeds, original.layers
        self.poolings, self.classes, self.factors = original.poolings, original.classes, original.factors
        self._orders = orders or {seed: rng.permutation(9) for seed in original.seeds}

    def at(self, factor: str, label: Label) -> Permuted:
        """The networks at one label of a factor, exchanged as those of the study are."""
        return Permuted(self.original.at(factor, label), orders=self._orders)

    def fitted(self) -> xr.DataArray:
        """Whether each network fits its training images, in other cells."""
        return self._exchange(self.original.fitted())

    def names(self) -> Sequence[str]:
        """Measurements that there may be."""
        return self.original.names()

    def measurement(self, name: str, **options: Any) -> xr.DataArray:
        """A measurement of the trained networks, in other cells."""
        return self._exchange(self.original.measurement(name, **options))

    def by_neuron(self, name: str) -> xr.DataArray:
        """A measurement of single neurons, in other cells."""
        return self._exchange(self.original.by_neuron(name))

    def untrained(self, name: str, **options: Any) -> xr.DataArray:
        """A measurement of the untrained networks, as it was."""
        return self.original.untrained(name, **options)

    def _exchange(self, values: xr.DataArray) -> xr.DataArray:
        cells = values.transpose("seed", "optimizer", "level", ...)
        data = cells.to_numpy()
        flat = data.reshape(len(data), -1, *data.shape[3:])
        optimizers, levels = (np.isin(known, cells[dim].to_numpy()) for dim, known in CELLS.items())
        present = np.outer(optimizers, levels).ravel()
        orders = [self._orders[seed] for seed in cells["seed"].to_numpy().tolist()]
        # Of fewer than nine networks, the order that they have among the nine.
        ranks = [order[present].argsort().argsort() for order in orders]
        moved = np.stack([networks[order] for networks, order in zip(flat, ranks, strict=True)])
        return cells.copy(data=moved.reshape(data.shape))


def _claims_of(theme: str, path: Path) -> list[Claim]:
    read = {test.test: test for claim in _read() if claim.file == path.name for test in claim.comparisons}
    tests = {name: test for name, test in vars(_module(path)).items() if hasattr(test, "pytestmark")}
    marked = {name: {mark.name: mark for mark in test.pytestmark} for name, test in tests.items()}
    marked = {name: marks for name, marks in marked.items() if "claim" in marks}
    cases = {name: _cases(tests[name]) for name in marked}
    count = {
        name: sum(len(cases[other]) for other in marked if marked[other]["claim"].args == marks["claim"].args)
        for name, marks in marked.items()
    }
    return [
        Claim(
            theme,
            name,
            tests[name],
            marks["claim"].args[0],
            marks["claim"].kwargs,
            cases[name],
            count[name],
            read[name].verb,
            read[name].by,
            any("within='recipe'" in comparison for comparison in read[name].compared),
        )
        for name, marks in marked.items()
    ]


def _module(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"hypotheses_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _cases(test: Callable[..., Any]) -> tuple[dict[str, Any], ...]:
    """The parameters of every case."""
    axes = []
    for mark in test.pytestmark:
        if mark.name == "parametrize":
            names, values = mark.args
            names = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
            axes.append([dict(zip(names, _values(value, len(names)), strict=True)) for value in values])
    return tuple(functools.reduce(dict.__or__, combination, {}) for combination in itertools.product(*axes))


def _values(value: Any, count: int) -> tuple[Any, ...]:
    if type(value).__name__ == "ParameterSet":  # pytest.param
        return tuple(value.values)
    return tuple(value) if count > 1 else (value,)
