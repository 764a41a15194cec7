"""The figures as pictures."""

import xml.etree.ElementTree as ET

import numpy as np

from indicators.report.figures import draw
from indicators.report.figures.filling import fill
from indicators.report.figures.panels import Drawn
from indicators.report.figures.thesis import FIGURES, Figure
from indicators.specs import LEVELS, OPTIMIZERS
from tests.report.made_up import LAYERS, Study, array, row


def test_a_picture_is_svg_with_its_names_as_text(thesis, tmp_path):
    (path,) = draw.save_all([fill(row("8.4"), thesis), fill(row("7.1"), thesis)], tmp_path)

    text = "".join(ET.parse(path).getroot().itertext())  # noqa: S314 - our own file
    assert path.name == "figure-8-4.svg"
    for word in ("Conv13", "untrained", "thesis-2019, scale full, 1 seed", "share of the neurons"):
        assert word in text


def test_the_same_numbers_give_the_same_picture():
    drawn = fill(row("8.2"), Study(pairwise_nmi=array(layer=list(LAYERS))))

    assert isinstance(drawn, Drawn)
    assert draw.to_svg(drawn) == draw.to_svg(drawn)


def test_optimizers_and_levels_are_told_apart():
    assert len(set(draw.COLORS.values())) == len(OPTIMIZERS) == len(draw.COLORS)
    assert set(draw.DASHES) == set(LEVELS)
    assert all(isinstance(figure.panels, tuple) for figure in FIGURES if isinstance(figure, Figure))


def test_the_color_of_a_layer_goes_with_its_depth(thesis):
    series = fill(row("6.6", "rotation"), thesis).panels[2].series

    assert [(each.label, each.depth) for each in (series[0], series[-1])] == [("Conv1", 0.0), ("Dense2", 1.0)]
    assert [draw.color(series[0]), draw.color(series[-1])] == [draw.DEPTH[0], draw.DEPTH[-1]]


def test_histograms_show_no_spread_of_the_seeds():
    found = fill(row("A.11-A.14"), Study(pairwise_nmi_histogram=array(layer=list(LAYERS), nmi=[0.0, 0.5])))

    assert not found.banded
    assert draw.seeds_shown(found) == "mean of 3 seeds"


def test_the_untrained_network_is_gray_where_it_is_measured():
    before = array(networks=False, layer=list(LAYERS))
    study = Study(**{"pairwise_nmi": array(layer=list(LAYERS)), "pairwise_nmi.untrained": before})
    panel = fill(row("8.2"), study).panels[0]

    assert panel.series[-1].label == "untrained"
    assert draw.color(panel.series[-1]) == draw.GRAY
    np.testing.assert_allclose(panel.series[-1].mean, before.mean("seed"))
