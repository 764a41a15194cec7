"""Claims on label information, put to data of other than ten classes."""

import numpy as np
import pytest

from indicators.measures.information import label_information
from tests.worlds.claims import claims, judge
from tests.worlds.tables import world
from tests.worlds.world import QUIET


class OfClasses:
    """A study of so many classes, whose neurons carry as much as in another of ten, told by what a detector carries."""

    def __init__(self, original, classes):
        self.original, self.classes = original, classes
        self.name, self.scale, self.seeds, self.layers = original.name, original.scale, original.seeds, original.layers
        self.poolings = original.poolings

    def measurement(self, name, **options):
        return self._scaled(self.original.measurement(name, **options))

    def untrained(self, name, **options):
        return self._scaled(self.original.untrained(name, **options))

    def _scaled(self, values):
        if not str(values.name).startswith("label_information"):
            return values
        return values * detector_information(self.classes) / detector_information(10)


def detector_information(classes):
    labels = np.repeat(np.arange(classes), 10)
    return label_information((labels == 0)[:, None], labels).item()


INFORMED = [claim for claim in claims("labels") if claim.id not in ("A33", "A33.test", "A33.recipe", "A34", "A32")]


@pytest.mark.parametrize("classes", [4, 100])
@pytest.mark.parametrize("claim", INFORMED, ids=str)
def test_label_information_counts_alike_whatever_the_number_of_classes(claim, classes):
    case = claim.cases[-1]
    of_ten = world(claim, claim.unit, case, seeds=3, rng=np.random.default_rng(0), noise=QUIET)

    found = judge(claim, case, OfClasses(of_ten, classes), premised=True)

    assert found.effect == pytest.approx(judge(claim, case, of_ten, premised=True).effect, rel=1e-6)
