"""How often the rule errs, verb by verb: comparisons that are put to many simulated studies at once.

What a verb would judge is caught, and judged for every study by what `indicators.claims.intervals` asks of contrasts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
import xarray as xr

from indicators.claims import verbs
from indicators.claims.contrasts import TAIL, Contrast
from indicators.claims.intervals import Question, tail_of
from tests.worlds.patterns import DEPTHS, HIDDEN, LAYERS, PLACES, Pattern, along, deeper, high, levels, medium, sgd
from tests.worlds.plants import Plant, network, planted
from tests.worlds.world import USUAL, Noise, World

NAME = "entropy"
SGD, HIGH, SGD_HIGH = {"optimizer": "sgd"}, {"level": "high"}, {"optimizer": "sgd", "level": "high"}
SPREADS = {
    "alike": USUAL,
    "hundredfold by level": Noise(by_level=100.0),
    "hundredfold by lot": Noise(by_lot=100.0),
}
SHAPES: Mapping[str, Mapping[str, Any]] = {
    "normal": {},
    "tail upwards": {"skew": 1},
    "tail downwards": {"skew": -1},
    "machines": {"batch": 3, "together": 0.25},
}
"""Noise that is normal, exponential, or shared in part by three seeds in a row."""
AHEAD = 2.0
"""By how many standard deviations of one run an effect lies beyond what counts where it should be seen."""
LOOKS = (3, 5, 10, 20)
"""Seeds at which a growing study is judged."""

_AT_ONCE = 250
_PILOT = 40  # more seeds of a study, which tell how much its contrast differs from run to run

Values = xr.DataArray
Effects = np.ndarray  # one per study


class Judged(NamedTuple):
    """What a verb hands over to be judged, of the seeds of all studies."""

    total: Contrast
    steps: tuple[Contrast, ...]
    by: float
    band: bool

    def question(self, places: np.ndarray) -> Question:
        """What is asked of the studies whose seeds are at these places, study by seed."""
        asked = Question(self.total, self.steps, self.by, self.band, 1 + len(self.steps), TAIL)
        return asked.of(places)


def caught(compare: Callable[[], Any]) -> Judged:
    """What a verb hands over when this is called."""
    with mock.patch.object(verbs, "judge") as judge:
        compare()
    (total, steps), about = judge.call_args
    return Judged(total, tuple(steps), about["by"], about.get("band", False))


@dataclass(frozen=True, eq=False)
class Comparison:
    """A verb asked about simulated studies, in which an effect of 1 is planted by ``slope``."""

    name: str
    ask: Callable[..., Any]
    slope: Pattern
    plant: Plant = network(NAME)  # noqa: RUF009
    by: float = 1.0
    pilot: int = _PILOT
    decided: int = 0
    """What the effect is planted in: 0, the total, or the how many-th step."""

    def questions(self, world: World, effects: Effects, seeds: Sequence[int], size: int) -> list[Question]:
        """What is asked of the first so many seeds of each study; ``size``: how many there are of each."""
        judged = caught(lambda: self.ask(self._values(world, effects, size), self.by))
        return [judged.question(_places(world, size, count)) for count in seeds]

    def ahead(self, world: World, size: int) -> Effects:
        """The effect that should be seen: so many standard deviations of a run beyond what counts, in each study."""
        (asked,) = self.questions(world, np.zeros(len(world.seeds) // size), [size], size)
        planted_in = (asked.total, *asked.steps)[self.decided]
        spread = planted_in.per_seed[:, -self.pilot :].std(-1, ddof=1)
        return self.by + AHEAD * (-spread if asked.band else spread)

    def _values(self, world: World, effects: Effects, size: int) -> Values:
        values = world.measurement(NAME)
        return (values + xr.DataArray(effects.repeat(size), dims="seed") * self.slope).transpose(*values.dims)


class Coarse(Comparison):
    """Each number is off by up to half a step of the measurement, in all seeds of a study alike."""

    def _values(self, world: World, effects: Effects, size: int) -> Values:
        off = np.random.default_rng(0).uniform(-0.5, 0.5, (len(effects), 3, 3)) * STEP
        values = super()._values(world, effects, size)
        return values + xr.DataArray(off.repeat(size, 0), dims=("seed", "optimizer", "level"))


STEP = 0.65
"""Of a coarse measurement: a little less than a difference of two networks differs from run to run."""


class Tracks(Comparison):
    """Recipes that follow accuracy the more closely, the further their means lie apart."""

    def ahead(self, world: World, size: int) -> Effects:
        """As far beyond what counts on the scale of atanh."""
        effects = np.full(len(world.seeds) // size, self.by)
        (asked,) = self.questions(world, effects, [size], size)
        spread = np.arctanh(asked.total.per_seed[:, -self.pilot :].clip(-_MOST, _MOST)).std(-1, ddof=1)
        return np.tanh(np.arctanh(self.by) + AHEAD * spread)

    def questions(self, world: World, effects: Effects, seeds: Sequence[int], size: int) -> list[Question]:
        """Slopes are sought by halves at which the correlations of each study have the effect as their mean."""
        accuracy = world.measurement("accuracy").sel(split="test", drop=True)
        values, ranks = _by_study(world.measurement(NAME), size), _ranks(_by_study(accuracy, size))
        low, most = np.zeros(len(effects)), np.full(len(effects), 64.0)
        for _ in range(16):
            middle = (low + most) / 2
            planted_there = values + middle[:, None, None, None] * self.slope.to_numpy()
            found = (_ranks(planted_there) * ranks).sum((-2, -1))[:, -self.pilot :] / 60
            below = np.arctanh(found.clip(-_MOST, _MOST)).mean(-1) < np.arctanh(effects)
            low, most = np.where(below, [middle, most], [low, middle])
        judged = caught(lambda: self.ask(self._values(world, low, size), accuracy, self.by))
        return [judged.question(_places(world, size, count)) for count in seeds]


_MOST = 1 - 12 / (9**3 - 9) / 2


def _by_study(values: Values, size: int) -> np.ndarray:
    return values.transpose("seed", "optimizer", "level").to_numpy().reshape(-1, size, 3, 3)


def _ranks(tables: np.ndarray) -> np.ndarray:
    """Ranks less their mean of nine numbers, none of them equal, without the mean of each optimizer."""
    rest = (tables - tables.mean(-1, keepdims=True)).reshape(*tables.shape[:-2], 9)
    return (rest.argsort(-1).argsort(-1) - 4.0).reshape(tables.shape)


class TracksWithin(Comparison):
    """Networks of a recipe that follow their accuracy by a correlation."""

    def ahead(self, world: World, size: int) -> Effects:
        """Nearly one: two standard deviations of a run lead beyond it."""
        return np.full(len(world.seeds) // size, 0.9)

    def questions(self, world: World, effects: Effects, seeds: Sequence[int], size: int) -> list[Question]:
        """Study by study: what a seed contributes depends on the others."""
        known, other = (world.measurement(name) for name in (NAME, "history"))
        share = xr.DataArray(effects.repeat(size), dims="seed")
        found = share * known + (1 - share**2) ** 0.5 * other
        return [self._question(found, known, _places(world, size, count)) for count in seeds]

    def _question(self, x: Values, y: Values, places: np.ndarray) -> Question:
        x, y = (values.transpose("seed", "optimizer", "level").rename(NAME) for values in (x, y))
        with mock.patch.object(verbs, "judge") as judge:
            for some in places:
                self.ask(x[some], y[some], self.by)
        alone = [call.args[0] for call in judge.call_args_list]
        total = replace(alone[0], seed=places, per_seed=np.array([one.per_seed for one in alone]))
        return Question(total, (), self.by, band=False, ways=1, tail=TAIL)


def _places(world: World, size: int, count: int) -> np.ndarray:
    return np.arange(len(world.seeds)).reshape(-1, size)[:, :count]


def _profile(onsets: Values) -> Values:
    """Profiles over layers that pass 0 at these depths."""
    return along("layer", dict(zip(LAYERS, DEPTHS, strict=True))) - onsets.clip(DEPTHS[0], 0.999)


_HIDDEN = [LAYERS[k] for part in HIDDEN for k in PLACES[part]]
_ONSET = network(NAME, base=0.53, noise=0.02)
COMPARISONS = (
    Comparison("more, than a level", lambda v, by: verbs.more(v, SGD_HIGH, than={"level": "low"}, by=by), sgd * high),
    Comparison("less, than a level", lambda v, by: verbs.less(v, SGD_HIGH, than={"level": "low"}, by=by), -sgd * high),
    Comparison(
        "more, than an optimizer",
        lambda v, by: verbs.more(v, SGD_HIGH, than={"optimizer": "wdecay"}, by=by),
        sgd * high,
    ),
    Comparison("more, means of levels", lambda v, by: verbs.more(v, HIGH, than={"level": "low"}, by=by), high),
    Comparison(
        "more, of quiet levels",
        lambda v, by: verbs.more(v, {**SGD, "level": "medium"}, than={"level": "low"}, by=by),
        sgd * medium,
    ),
    Coarse(
        "more, of coarse numbers",
        lambda v, by: verbs.more(v, SGD_HIGH, than={"level": "low"}, by=by, resolution=STEP),
        sgd * high,
    ),
    Comparison("more, than a number", lambda v, by: verbs.more(v, SGD_HIGH, than=0.0, by=by), sgd * high),
    Comparison("less, than a number", lambda v, by: verbs.less(v, SGD_HIGH, than=0.0, by=by), -sgd * high),
    Comparison(
        "same, as a level",
        lambda v, by: verbs.same(v, SGD_HIGH, as_={"level": "low"}, within=by),
        sgd * high,
        by=100.0,  # so wide that a single edge counts: in a narrow band less is supported
    ),
    Comparison("rises, by level", lambda v, by: verbs.rises(v, "level", SGD, by=by), sgd * levels),
    Comparison("falls, by level", lambda v, by: verbs.falls(v, "level", SGD, by=by), -sgd * levels),
    Comparison("rises, steps beyond doubt", lambda v, by: verbs.rises(v, "level", SGD, by=by), sgd * levels, by=100.0),
    Comparison(
        "rises, total beyond doubt",
        lambda v, _: verbs.rises(v, "level", SGD, by=1.0),
        sgd * (medium + high),
        network(NAME, base=100.0 * high),
        by=0.0,
        decided=1,
    ),
    Comparison(
        "rises, by layer",
        lambda v, by: verbs.rises(v, "layer", {**SGD_HIGH, "layer": _HIDDEN}, by=by),
        sgd * high * deeper(*HIDDEN),
        planted(NAME),
    ),
    Comparison(
        "earlier, exact onsets",
        lambda v, by: verbs.earlier(_profile(v), SGD_HIGH, than={"level": "low"}, threshold=0.0, by=by, resolution=0.0),
        -sgd * high,
        _ONSET,
        by=0.02,
    ),
    Comparison(
        "earlier, by layers",
        lambda v, by: verbs.earlier(_profile(v), SGD_HIGH, than={"level": "low"}, threshold=0.0, by=by),
        -sgd * high,
        replace(_ONSET, noise=0.04),
        by=0.04,
    ),
    Tracks("tracks", lambda x, y, by: verbs.tracks(x, y, by=by), sgd * 0 + levels, by=0.3, pilot=200),
    TracksWithin(
        "tracks, within a recipe",
        lambda x, y, by: verbs.tracks(x, y, by=by, within="recipe"),
        levels,
        by=0.3,
        pilot=0,
    ),
)


class Rates(NamedTuple):
    """How often a comparison is decided, one for each number of seeds."""

    supported: list[float]
    """Where the effect is exactly what counts."""
    refuted: list[float]
    """There."""
    power: list[float]
    """How often it is supported where the effect lies well beyond what counts."""


def rates(asked: Comparison, noise: Noise, seeds: Sequence[int], repetitions: int, rng: np.random.Generator) -> Rates:
    """How often a comparison is decided in so many studies."""
    found = []
    for world, size in _worlds(asked, noise, max(seeds), repetitions, rng):
        edge = asked.questions(world, np.full(len(world.seeds) // size, asked.by), seeds, size)
        beyond = asked.questions(world, asked.ahead(world, size), seeds, size)
        found.append([[one.holds() for one in edge], [one.falls() for one in edge], [one.holds() for one in beyond]])
    return Rates(*np.concatenate(found, -1).mean(-1).tolist())


def _worlds(
    asked: Comparison, noise: Noise, seeds: int, repetitions: int, rng: np.random.Generator
) -> Iterator[tuple[World, int]]:
    """Worlds of many studies, and how many seeds each of these has."""
    plants = (asked.plant, network("history"))
    for start in range(0, repetitions, _AT_ONCE):
        copies, size = min(_AT_ONCE, repetitions - start), seeds + asked.pilot
        yield World(plants, 0.0, seeds=size, rng=rng, noise=noise, copies=copies), size


class Looks(NamedTuple):
    """How often a comparison is supported once, if it is judged at every look at a growing number of seeds."""

    last: float
    """Only at the last of them."""
    first_level: float
    """Until it is, at each look as at the first."""
    own_level: float
    """Until it is, at the level of each look."""
    again: float
    """With what was decided at the first look judged at the level of the others from the second on."""


def looks(asked: Comparison, noise: Noise, repetitions: int, rng: np.random.Generator) -> Looks:
    """How often a comparison is supported in studies that grow, where the effect is exactly what counts."""
    found = []
    for world, size in _worlds(asked, noise, LOOKS[-1], repetitions, rng):
        questions = asked.questions(world, np.full(len(world.seeds) // size, asked.by), LOOKS, size)
        usual = np.array([one.holds() for one in questions])
        own = np.array([replace(one, tail=tail_of(look)).holds() for look, one in enumerate(questions, 1)])
        found.append([usual[-1], usual.any(0), own.any(0), _judged_again(questions)])
    return Looks(*np.concatenate(found, -1).mean(-1).tolist())


def _judged_again(questions: Sequence[Question]) -> np.ndarray:
    """Whether it is supported in the end: a verdict is kept that holds at the level of all looks but the first."""
    supported = refuted = np.zeros(len(questions[0].total.per_seed), bool)
    for look, question in enumerate(questions, 1):
        asked = replace(question, tail=tail_of(max(look, 2)))
        supported = supported | (asked.holds() & ~refuted)
        refuted = refuted | (asked.falls() & ~supported)
    return supported


RECIPES: Mapping[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "means by chance": lambda rng, studies: rng.normal(size=(studies, 3, 3)),
    "means by learning rate, either way": lambda rng, studies: (
        rng.choice([-1.0, 1.0], (studies, 1, 1)) * np.broadcast_to([0.0, 0.5, 1.0], (studies, 3, 3))
    ),
}
"""Means of nine recipes that say nothing of the networks of one."""
_FAR = 20.0  # between recipes, in standard deviations of the networks of one


def of_recipes(means: str, seeds: Sequence[int], repetitions: int, rng: np.random.Generator) -> dict[str, list[float]]:
    """How often `tracks` supports that an indicator follows accuracy, over the recipes and within them."""
    over, within = COMPARISONS[-2:]
    found: dict[str, list[Any]] = {over.name: [], within.name: []}
    for world, size in _worlds(within, USUAL, max(seeds), repetitions, rng):
        accuracy = world.measurement("accuracy").sel(split="test", drop=True)
        apart = _FAR * USUAL.spread * RECIPES[means](rng, len(world.seeds) // size).repeat(size, 0)
        values = world.measurement(NAME) + xr.DataArray(apart, dims=("seed", "optimizer", "level"))
        judged = caught(lambda values=values, accuracy=accuracy: over.ask(values, accuracy, over.by))
        places = [_places(world, size, count) for count in seeds]
        found[over.name].append([judged.question(some).holds() for some in places])
        found[within.name].append([within._question(values, accuracy, some).holds() for some in places])
    return {name: np.concatenate(some, -1).mean(-1).tolist() for name, some in found.items()}
