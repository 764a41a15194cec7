import math

import mpmath
import numpy as np
import pytest

from indicators.measures import information
from tests.measures.information.cases import exact_nmi


def test_entropy_by_hand():
    active = np.zeros((8, 4), dtype=bool)
    active[:2, 1], active[:4, 2], active[:, 3] = True, True, True

    np.testing.assert_allclose(
        information.entropy(active), [0, math.log(4) - 0.75 * math.log(3), math.log(2), 0], rtol=1e-15, atol=0
    )


@pytest.mark.parametrize("images", [1, 2, 7, 1000, 5003])
def test_entropy_has_all_its_digits(images):
    counts = np.unique(np.linspace(0, images, 101).astype(int))
    active = np.arange(images)[:, np.newaxis] < counts

    for value, count in zip(information.entropy(active), counts, strict=True):
        expected = (
            exact_nmi(np.array([[count], [images - count]]), "max" if 0 < count < images else "arithmetic")[1]
            if 0 < count < images
            else mpmath.mpf(0)
        )
        assert abs(value - expected) <= 1e-15 * expected
