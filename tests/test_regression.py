"""Every number of the catalog for one committed network, compared with the committed numbers."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from indicators.measures.catalog import CATALOG, INDICATORS

FIXTURES = Path(__file__).parent / "fixtures"
tiny = runpy.run_path(str(FIXTURES / "tiny.py"))

TOLERANCES = {"kernel": 1e-9, "kernels": 1e-9, "trajectory": 1e-9, "layer": 1e-5, "pruning": 1e-9}
TOLERANCES |= dict.fromkeys(("layers", "followed", "marked", "neuron"), 1e-5)
"""Absolute and relative. What runs images forward differs by the last bits of the processor's arithmetic."""
NETWORKS = list(tiny["expected"]())


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    return tiny["values"](tmp_path_factory.mktemp("store"))


def test_the_fixture_is_small_and_holds_every_indicator():
    held = set.union(*(set(rows) for rows in tiny["expected"]().values()))

    assert held == {row.name for row in CATALOG if row.needs != "record"}
    assert sum(path.stat().st_size for path in FIXTURES.glob("tiny.*safetensors")) < 90_000
    assert sum(path.stat().st_size for path in FIXTURES.iterdir() if path.is_file()) < 400_000


@pytest.mark.parametrize("network", NETWORKS)
def test_every_number_is_what_it_was(measured, network):
    expected = tiny["expected"]()[network]

    assert list(measured[network]) == list(expected)
    for name, numbers in measured[network].items():
        tolerance = TOLERANCES[INDICATORS[name].needs]
        np.testing.assert_allclose(numbers, expected[name], rtol=tolerance, atol=tolerance, err_msg=name)


def test_the_numbers_vary_so_that_a_change_shows():
    trained = tiny["expected"]()["sgd high, seed 0, train images, stored statistics"]

    constant = [name for name, numbers in trained.items() if np.nanstd(np.asarray(numbers, float)) == 0]
    # Normalization without an offset lets no channel die.
    assert constant == ["never_active_channels"]
