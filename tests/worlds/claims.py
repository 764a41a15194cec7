"""The claims of `hypotheses/`, put to any source of measurements without a run of pytest."""

from __future__ import annotations

import ast
import functools
import importlib.util
import inspect
import itertools
import re
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from indicators.evidence import Evidence, NotApplicable, Undecided, judging, overall
from indicators.view import Source, View

HYPOTHESES = Path(__file__).parents[2] / "hypotheses"
VERBS = ("more", "less", "same", "rises", "falls", "earlier", "tracks")


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
        return "needs" not in self.about and self.about["tier"] != "identity"

    def __str__(self) -> str:
        return f"{self.theme}:{self.test}"


@dataclass(frozen=True)
class Answer:
    """The verdict of one case and the comparisons behind it."""

    verdict: str
    evidence: tuple[Evidence, ...]
    reason: str

    @property
    def effect(self) -> float:
        """The effect of its first comparison."""
        return self.evidence[0].effect


@functools.cache
def claims(theme: str = "") -> tuple[Claim, ...]:
    """Every test function in `hypotheses/` that is marked as a claim, or those of one theme."""
    paths = {re.sub(r"test_(\d+_)?", "", path.stem): path for path in sorted(HYPOTHESES.glob("test_*.py"))}
    return tuple(claim for name, path in paths.items() if theme in ("", name) for claim in _claims_of(name, path))


def judge(claim: Claim, case: Mapping[str, Any], source: Source, *, premised: bool = False) -> Answer:
    """Put one case of a claim to a study, as pytest would. Raises what the claim raises of itself.

    ``premised`` where the premise is known to hold in all seeds: to judge it takes longer than to judge a case.
    """
    premise = None if premised else claim.about.get("premise")
    view = View(source)
    try:
        view.seeds = _seeds(getattr(source, "original", source), premise.format(**case) if premise else None)
    except Undecided as answer:
        return Answer("inconclusive", (answer.evidence,), str(answer))
    with xr.set_options(keep_attrs=True), judging(cases=claim.siblings) as record:
        try:
            claim.function(view, **case)
        except Undecided as answer:
            return Answer("inconclusive", tuple(record or [answer.evidence]), str(answer))
        except NotApplicable as answer:
            return Answer("not applicable", tuple(record), str(answer))
        except AssertionError:
            verdict = overall([found.verdict for found in record]) if record else "error"
            verdict = verdict if verdict in ("refuted", "contradicted") else "error"
        else:
            verdict = overall([found.verdict for found in record]) if record else "error"
            verdict = verdict if verdict in ("supported", "consistent") else "error"
    return Answer(verdict, tuple(record), record[-1].reason if record else "compared nothing")


def verdict_of(claim: Claim, source: Source) -> str:
    """The verdict of all cases of a test function together."""
    return overall([judge(claim, case, source).verdict for case in claim.cases])


def _seeds(source: Source, premise: str | None) -> list[int]:
    """The seeds that meet the premise; those of the last study are kept, for all that is asked of it in a row."""
    if _KEPT.get("source") is not source:
        _KEPT.clear()
        _KEPT["source"] = source
    if premise not in _KEPT:
        _KEPT[premise] = View(source, premise).seeds
    return _KEPT[premise]


_KEPT: dict[str | None, Any] = {}


class Permuted:
    """A study whose nine networks are exchanged within each seed, alike in every measurement.

    Premises are judged on the accuracies as they were: which seeds are left does not depend on the permutation.
    """

    def __init__(self, original: Source, rng: np.random.Generator) -> None:
        self.original = original
        self.name, self.scale, self.seeds, self.layers = original.name, original.scale, original.seeds, original.layers
        self._orders = {seed: rng.permutation(9) for seed in original.seeds}

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
        orders = [self._orders[seed] for seed in cells["seed"].to_numpy().tolist()]
        moved = np.stack([networks[order] for networks, order in zip(flat, orders, strict=True)])
        return cells.copy(data=moved.reshape(data.shape))


def _claims_of(theme: str, path: Path) -> list[Claim]:
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
            *_verb(tests[name]),
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


def _verb(test: Callable[..., Any]) -> tuple[str, float]:
    """The first verb of a claim, and the smallest effect that it says counts."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(test)))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        limits = [word.value for word in call.keywords if word.arg in ("by", "within")]
        if call.func.id in VERBS and limits:
            return call.func.id, float(ast.literal_eval(limits[0]))
    raise ValueError(f"{test.__name__}: expected a verb with a literal by= or within=")
