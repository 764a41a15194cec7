"""How often the rule of the verdicts errs, and how often it sees what is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from scipy.stats import binomtest

from indicators.claims.evidence import overall
from indicators.sources.source import Source
from indicators.specs.variants import Label
from tests.worlds.claims import Answer, Claim, Permuted, judge, judge_studies
from tests.worlds.tables import row_of, world
from tests.worlds.world import USUAL, Noise

TOLERATED = 0.05
NUISANCES = {
    "plain": USUAL,
    "layers that go together": Noise(depth=0.95),
    "layers on their own": Noise(depth=0.0),
    "spreads that differ threefold": Noise(uneven=3.0),
    "spreads that differ hundredfold": Noise(by_lot=100.0),
    "spreads by level": Noise(by_level=100.0),
    "noise with a long tail upwards": Noise(skew=1),
    "noise with a long tail downwards": Noise(skew=-1),
    "effects of the initialization": Noise(shared=6.0),
    "seeds that fail the premise": Noise(failing=2),
}

Verdicts = list[list[str]]
"""One list per repetition, of one verdict per case."""


def repeat(
    claim: Claim,
    effect: float,
    *,
    seeds: int,
    repetitions: int,
    noise: Noise = USUAL,
    rng: np.random.Generator,
) -> Verdicts:
    """Verdicts of a test function in so many worlds, each of so many seeds that meet the premise.

    Seeds that fail it, where the noise has such, come beside them and point the other way: far above a small
    effect, far below the expected one.
    """
    away = 20 * claim.unit * (-1 if effect > claim.by or claim.verb == "same" else 1)
    if "premise" not in claim.about and noise.failing:
        noise = USUAL
    options = {"seeds": seeds + noise.failing, "noise": noise, "misleading": effect + away}
    found = []
    for start in range(0, repetitions, _AT_ONCE):
        found += _at_once(claim, effect, options | {"copies": min(_AT_ONCE, repetitions - start), "rng": rng})
    return found


_AT_ONCE = 100


def _at_once(claim: Claim, effect: float, options: dict[str, Any]) -> Verdicts:
    made = None
    by_case = []
    for case in claim.cases:
        if made is None or row_of(claim).by_case:
            made = world(claim, effect, case, **options)
        premised = not options["noise"].failing
        by_case.append(judge_studies(claim, case, made, size=options["seeds"], premised=premised))
    return [list(verdicts) for verdicts in zip(*by_case, strict=True)]


def true_effect(claim: Claim) -> float:
    """The effect expected if the claim is true; a difference well inside the band for a claim of sameness."""
    return min(abs(claim.expected), claim.by / 3) if claim.verb == "same" else claim.expected


def share(verdicts: Verdicts, verdict: str) -> float:
    """How often all cases together get this verdict."""
    return float(np.mean([overall(cases) == verdict for cases in verdicts]))


def worst_share(verdicts: Verdicts, verdict: str) -> float:
    """How often the case that gets this verdict most often gets it.

    A claim stands only if all of its cases do. If all but one are beyond doubt, it stands as often as that one.
    """
    return float((np.array(verdicts) == verdict).mean(0).max())


def surprise(rate: float, repetitions: int, tolerated: float = TOLERATED) -> float:
    """Probability of a rate this high if in truth it were what is tolerated."""
    return float(binomtest(round(rate * repetitions), repetitions, tolerated, alternative="greater").pvalue)


def contrasts_networks(claim: Claim, case: Mapping[str, Any], source: Source) -> bool:
    """Whether a claim compares networks with each other: it finds nothing where all networks of a seed are alike.

    What goes together over networks (``tracks``) does so in whatever order they are; what the study lacks, or leaves
    undecided before anything is compared, contrasts nothing.
    """
    if claim.verb in ("same", "tracks") or not effects_of(judge(claim, case, source)):
        return False
    found = effects_of(judge(claim, case, Alike(source)))
    return all(abs(effect) <= 1e-6 * claim.unit for effect in found)


def effects_of(answer: Answer) -> tuple[float, ...]:
    """The effect of every seed, in the last comparison of a case."""
    return answer.evidence[-1].values if answer.evidence else ()


def permuted(claim: Claim, source: Source, *, permutations: int, rng: np.random.Generator) -> list[list[Answer]]:
    """Answers of the cases that contrast networks, in the study with its networks exchanged within each seed."""
    cases = [case for case in claim.cases if contrasts_networks(claim, case, source)]
    studies = [Permuted(source, one) for one in rng.spawn(permutations)]
    return [[judge(claim, case, study) for case in cases] for study in studies] if cases else []


class Alike:
    """A study whose networks of one seed are all alike: each is their mean. Premises are judged as they were."""

    def __init__(self, original: Source) -> None:
        self.original = original
        self.name, self.scale, self.seeds, self.layers = original.name, original.scale, original.seeds, original.layers
        self.poolings, self.classes, self.factors = original.poolings, original.classes, original.factors

    def at(self, factor: str, label: Label) -> Alike:
        """The networks at one label of a factor, which are all alike too."""
        return Alike(self.original.at(factor, label))

    def fitted(self) -> xr.DataArray:
        """Whether each network fits its training images."""
        return self.original.fitted()

    def names(self) -> Sequence[str]:
        """Measurements that there may be."""
        return self.original.names()

    def measurement(self, name: str, **options: str) -> xr.DataArray:
        """A measurement of the trained networks."""
        return self._mean(self.original.measurement(name, **options))

    def by_neuron(self, name: str) -> xr.DataArray:
        """A measurement of single neurons."""
        return self._mean(self.original.by_neuron(name))

    def untrained(self, name: str, **options: str) -> xr.DataArray:
        """A measurement of the untrained networks, as it was."""
        return self.original.untrained(name, **options)

    def _mean(self, values: xr.DataArray) -> xr.DataArray:
        mean = values.mean(["optimizer", "level"], keep_attrs=True)
        return mean.broadcast_like(values).transpose(*values.dims).copy()


def run_to_run_spread(claim: Claim, source: Source) -> float:
    """The largest standard deviation over the seeds that the effect of a case has; NaN with fewer than two seeds."""
    found = [effects_of(judge(claim, case, source)) for case in claim.cases]
    return max((float(np.std(effects, ddof=1)) for effects in found if len(effects) > 1), default=float("nan"))
