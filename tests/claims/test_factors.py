"""What a claim sees of the networks along a factor of a study."""

import ast
import inspect
import re
from dataclasses import dataclass, field

import numpy as np
import pytest
import xarray as xr

from indicators.claims.evidence import Undecided
from indicators.claims.judging import VARIANT, judging
from indicators.claims.selections import positions
from indicators.claims.verbs import less, more, rises
from indicators.claims.view import View, layers_in
from indicators.errors import InputError, NotApplicable
from indicators.specs import LEVELS, OPTIMIZERS
from tests.worlds.claims import claims, judge
from tests.worlds.tables import world
from tests.worlds.world import QUIET

ACCURACY = {"low": 0.6, "medium": 0.7, "high": 0.8}
LAYERS = tuple(f"Conv{k}" for k in range(1, 5))


@dataclass
class Networks:
    """Four seeds at one width: accuracies and a measurement per layer, both higher by what the width adds."""

    gain: float = 0.0
    layers: tuple = LAYERS
    unfit: list = field(default_factory=list)
    """Seeds whose networks at high do not fit their training images."""
    reversed: list = field(default_factory=list)
    """Seeds whose networks are worse at high than at low."""
    factors: dict = field(default_factory=dict)
    name: str = "imagined"
    scale: str = "mini"
    seeds: tuple = (0, 1, 2, 3)
    poolings: dict = field(default_factory=dict)

    def at(self, factor, label):
        if factor not in self.factors:
            raise NotApplicable(f"{self.name} has no variants over {factor!r}")
        return self.factors[factor][label]

    def measurement(self, name):
        level = xr.DataArray(list(ACCURACY.values()), {"level": list(LEVELS)}) + self.gain
        cells = level.expand_dims(seed=list(self.seeds), optimizer=list(OPTIMIZERS))
        cells = cells.where(~cells["seed"].isin(self.reversed), 1 - cells)
        values = cells.expand_dims(split=["test"], axis=-1) if name == "accuracy" else self._of_layers(cells)
        return values.rename(name).assign_attrs(resolution=0.001, undefined="")

    def untrained(self, name, *, statistics):  # noqa: ARG002 - the same with any
        return self.measurement(name).isel(optimizer=0, level=0, drop=True)

    def fitted(self):
        cells = self.measurement("accuracy").isel(split=0, drop=True)
        return ~(cells["seed"].isin(self.unfit) & (cells["level"] == "high") & (cells > -1))

    def _of_layers(self, cells):
        return cells.expand_dims(layer=list(self.layers), axis=-1)


def varied(*, gain=0.1, layers=LAYERS, **options):
    """A study of two widths."""
    return Networks(factors={"width": {1: Networks(), 2: Networks(gain, layers, **options)}})


# The networks at one label


def test_the_networks_at_a_label_are_seen_as_a_study_of_their_own():
    there = View(varied(layers=LAYERS[:2])).at("width", 2)

    assert there["accuracy"].sel(level="high", split="test").values == pytest.approx(0.9)
    assert there["entropy"]["part"].values.tolist() == ["central", "output"]
    assert there.seeds == [0, 1, 2, 3]


def test_the_premise_at_a_label_is_that_of_its_own_networks():
    view = View(varied(reversed=[1]), "separated levels")

    assert view.seeds == [0, 1, 2, 3]
    assert view.at("width", 2)["accuracy"]["seed"].values.tolist() == [0, 2, 3]
    with pytest.raises(Undecided, match="premise not met"):
        View(varied(reversed=[1, 2]), "separated levels").at("width", 2)["accuracy"]


def test_networks_that_do_not_fit_their_training_images_have_no_number():
    there = View(varied(unfit=[2])).at("width", 2)
    accuracy = there["accuracy"]

    assert accuracy.isnull().sum() == 3
    assert accuracy.sel(seed=2, level="high").isnull().all()
    assert accuracy.attrs["undefined"] == "networks that do not fit their training images"
    assert there.untrained("entropy").notnull().all()


def test_a_factor_that_a_study_lacks_makes_a_claim_inapplicable():
    for look in (lambda view: view.over("depth"), lambda view: view.at("depth", 5)):
        with pytest.raises(NotApplicable, match="imagined has no variants over 'depth'"):
            look(View(varied()))


# Along a factor


def test_the_networks_along_a_factor_stand_side_by_side():
    accuracy = View(varied()).over("width")["accuracy"]

    assert accuracy.dims == ("width", "seed", "optimizer", "level", "split")
    assert accuracy["width"].values.tolist() == [1, 2]
    with judging():
        assert more(accuracy, {"level": "high", "width": 2}, than={"width": 1}, by=0).effect == pytest.approx(0.1)


def test_along_a_factor_the_premise_is_that_of_the_study_as_it_stands():
    study = varied(reversed=[1])
    study.reversed = [3]

    seen = View(study, "separated levels").over("width")["accuracy"]

    assert seen["seed"].values.tolist() == [0, 1, 2]


def test_networks_that_do_not_fit_leave_a_comparison_undecided_and_say_why():
    accuracy = View(varied(unfit=[2])).over("width")["accuracy"]

    with judging(), pytest.raises(Undecided, match=r"\(networks that do not fit their training images\)") as caught:
        more(accuracy, {"level": "high", "width": 2}, than={"width": 1}, by=0)
    assert caught.value.evidence.verdict == "inconclusive"
    with judging():
        assert less(accuracy, {"level": "low", "width": 1}, than={"width": 2}, by=0).verdict == "supported"


def test_layers_that_differ_along_a_factor_cannot_stand_side_by_side():
    widths = View(varied(layers=LAYERS[:2])).over("width")

    with pytest.raises(InputError, match=r'of several width differ in their layers; .* study.over\("width"\).each'):
        widths["entropy"]


def test_of_layers_that_differ_along_a_factor_some_can_be_chosen_at_each_label():
    widths = View(varied(layers=LAYERS[:2])).over("width")

    entropy = widths.each(lambda one: layers_in(one["entropy"], "central").mean("layer"))

    assert entropy.dims == ("width", "seed", "optimizer", "level")
    assert (entropy.sel(width=2) - entropy.sel(width=1)).values == pytest.approx(0.1)


def test_records_of_several_lengths_end_with_nan():
    longer = {1: range(1, 3), 2: range(1, 4)}
    widths = View(varied()).over("width")
    lengths = iter(longer.values())

    records = widths.each(lambda one: one["accuracy"].isel(split=0, drop=True).expand_dims(epoch=list(next(lengths))))

    assert records.notnull().any(("seed", "optimizer", "level")).values.tolist() == [[True, True, False], [True] * 3]


# What a comparison may name


def test_a_label_that_a_factor_lacks_makes_a_claim_inapplicable_and_another_label_is_misspelled():
    accuracy = View(varied()).over("width")["accuracy"]

    assert positions(accuracy, {"width": 2})["width"] == [1]
    for changed in (accuracy, np.log2(accuracy), accuracy - 0.5, accuracy.sel(split="test") - accuracy.max("split")):
        with xr.set_options(keep_attrs=True), pytest.raises(NotApplicable, match=r"no networks of width \[4\], but of"):
            positions(changed, {"width": 4})
    with pytest.raises(ValueError, match=r"split=\['tset'\] does not exist: choose from \['test'\]"):
        positions(accuracy, {"width": 2, "split": "tset"})


def test_a_rise_along_a_factor_of_two_labels_is_not_applicable():
    accuracy = View(varied()).over("width")["accuracy"]

    with pytest.raises(NotApplicable, match=r"width=\[1, 2\]: a rise or fall takes at least three"):
        rises(accuracy, "width", {"level": "high"}, by=0)


# The claims of the suite


OVER = [claim for claim in claims() if claim.needs]
BESIDE = [claim for claim in OVER if not re.search(r"study\.at\(|at_largest", inspect.getsource(claim.function))]
"""Those that compare labels with each other."""


def factors_named(claim):
    """What the source of a claim names in `study.over` and `study.at`."""
    calls = [node for node in ast.walk(ast.parse(inspect.getsource(claim.function))) if isinstance(node, ast.Call)]
    for call in calls:
        if ast.unparse(call.func) in ("study.over", "study.at"):
            name = call.args[0]
            yield from {name.value} if isinstance(name, ast.Constant) else {case[name.id] for case in claim.cases}


@pytest.mark.parametrize("claim", claims(), ids=str)
def test_a_claim_says_which_factors_it_needs(claim):
    assert set(claim.needs) == {f"{VARIANT}{factor}" for factor in factors_named(claim)}


@pytest.mark.parametrize("claim", OVER, ids=str)
def test_the_shipped_study_of_variants_has_every_factor_and_label_that_a_claim_names(claim):
    for case in claim.cases:
        # Whose factors and labels are those of the shipped study.
        study = world(claim, claim.expected, case, seeds=3, rng=np.random.default_rng(0), noise=QUIET)

        assert judge(claim, case, study, premised=True).verdict == "supported"


@pytest.mark.parametrize("claim", BESIDE, ids=str)
def test_a_claim_over_a_factor_is_not_applicable_to_a_study_of_other_labels(claim):
    for case in claim.cases:
        study = world(claim, claim.expected, case, seeds=3, rng=np.random.default_rng(0), noise=QUIET)
        study.factors = {factor: labels[:1] for factor, labels in study.factors.items()}

        assert judge(claim, case, study, premised=True).verdict == "not applicable"
