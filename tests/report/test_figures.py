import csv
import math
import xml.etree.ElementTree as ET

import numpy as np
import pytest
import xarray as xr

from indicators.claims.reading import read
from indicators.errors import InputError, NotApplicable
from indicators.report.figures import draw, export
from indicators.report.figures.catalog import FIGURES, Figure, numbers, shown
from indicators.report.figures.series import (
    Cell,
    Drawn,
    Missing,
    Tabulated,
    decimal_number,
    fill,
    fill_all,
    shown_number,
    table_of,
)
from indicators.sources.transcribed import load
from indicators.specs import LEVELS, OPTIMIZERS, STUDIES

LAYERS = ("Conv1", "Conv2", "Conv3", "Conv4", "Dense1", "Dense2")


class Study:
    """Three seeds; every number says where it stands, so that a wrong label shows."""

    name, scale, seeds, layers = "three", "mini", (0, 1, 2), LAYERS

    def __init__(self, **arrays):
        self.arrays, self.kernel_shapes = arrays, {}

    def measurement(self, name):
        if name not in self.arrays:
            raise NotApplicable(f"three does not record {name!r}; it records nothing")
        return self.arrays[name].rename(name)

    def untrained(self, name):
        return self.measurement(f"{name}.untrained")


def array(*, networks=True, **coords):
    cell = {"optimizer": list(OPTIMIZERS), "level": list(LEVELS)} if networks else {}
    coords = {"seed": [0, 1, 2]} | cell | coords
    shape = [len(labels) for labels in coords.values()]
    return xr.DataArray(np.arange(np.prod(shape), dtype=float).reshape(shape), coords)


def row(number, part=""):
    return next(figure for figure in FIGURES if figure.number == number and figure.part == part)


@pytest.fixture(scope="module")
def thesis():
    return load(STUDIES / "thesis-2019.toml")


def test_ranges_of_figures_name_each_of_them():
    assert numbers("7.12-7.14, Table 8.1, A.15-A.17") == {
        "7.12", "7.13", "7.14", "Table 8.1", "A.15", "A.16", "A.17",
    }  # fmt: skip


def test_every_figure_has_a_key_of_its_own():
    assert len({figure.key for figure in FIGURES}) == len(FIGURES)


def test_every_figure_that_a_claim_names_has_a_row_but_the_drawings():
    named = {number for claim in read() for number in numbers(claim.figures)}

    assert named - {number for figure in FIGURES for number in figure.numbers} <= {"7.11", "8.1"}


def test_a_claim_on_one_of_three_figures_leads_to_the_row_of_the_three():
    assert [figure.number for figure in shown("7.16-7.17", FIGURES)] == ["7.15-7.17"]


def test_a_line_is_the_mean_over_the_seeds_and_its_band_reaches_from_the_smallest_to_the_largest():
    values = array(layer=list(LAYERS))
    found = fill(row("8.2"), Study(pairwise_nmi=values))

    line = found.panels[1].series[2]
    expected = values.sel(optimizer="wdecay", level="high")
    assert (found.panels[1].title, line.label, line.labels["optimizer"]) == ("wdecay", "high", "wdecay")
    np.testing.assert_allclose(line.mean, expected.mean("seed"))
    np.testing.assert_allclose(line.low, expected.min("seed"))
    np.testing.assert_allclose(line.high, expected.max("seed"))
    assert found.panels[1].x == LAYERS


def test_a_single_seed_has_no_band(thesis):
    assert {series.low for panel in fill(row("8.2"), thesis).panels for series in panel.series} == {None}


def test_seeds_without_a_number_are_left_out_of_the_mean():
    values = array(layer=list(LAYERS))
    values[0, 0, 0, 0] = np.nan
    values[:, 0, 0, 1] = np.nan
    line = fill(row("8.2"), Study(pairwise_nmi=values)).panels[0].series[0]

    assert line.mean[0] == values[1:, 0, 0, 0].mean()
    assert np.isnan(line.mean[1])
    assert np.isnan(line.low[1])


def test_lines_over_epochs_end_where_the_first_of_the_seeds_does():
    values = array(epoch=[1, 2, 3], quantity=["learning_rate"])
    values[0, :, :, 2] = np.nan
    values[1, :, 1:, 1] = np.nan
    panels = fill(row("6.4", "learning rate"), Study(history=values)).panels

    # The axis ends where the longest line does.
    assert {panel.x for panel in panels} == {(1, 2)}
    np.testing.assert_array_equal(panels[0].series[0].mean, values[:, 0, 0, :2, 0].mean("seed"))
    np.testing.assert_array_equal(panels[1].series[0].mean, [values[:, 0, 1, 0, 0].mean("seed"), np.nan])


def test_axes_that_are_not_alike_or_logarithmic_are_pointed_out(thesis):
    said = {found.figure.key: " ".join(found.notes) for found in fill_all(thesis) if isinstance(found, Drawn)}

    assert "The vertical axis is logarithmic." in said["figure-6-4-learning-rate"]
    assert "Every panel has a vertical axis of its own." in said["figure-7-7-norms"]
    assert "axis" not in said["figure-8-5"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.5, "0.500"), (0.12345, "0.123"), (12.3, "12.3"), (123.4, "123"), (7, "7"), (2.0, "2"), (math.nan, "-"),
     (2e-5, "2e-5"), ("Conv1", "Conv1")],
)  # fmt: skip
def test_numbers_of_a_column_have_as_many_digits(value, shown):
    assert decimal_number(value) == shown


def test_mean_activations_are_the_histogram_that_their_quantiles_come_from():
    rng = np.random.default_rng(3)
    shares = np.linspace(0, 1, 101)
    means = {layer: np.maximum(rng.normal(k, 1, 2000), 0) for k, layer in enumerate(LAYERS[:-1])} | {
        LAYERS[-1]: np.zeros(9)
    }
    quantiles = np.stack([np.quantile(means[layer], shares) for layer in LAYERS])
    after = array(layer=list(LAYERS), share=shares.tolist())
    before = array(networks=False, layer=list(LAYERS), share=shares.tolist())
    study = Study(mean_activation_quantiles=after.copy(data=np.broadcast_to(quantiles, after.shape)))
    study.arrays["mean_activation_quantiles.untrained"] = before.copy(data=np.broadcast_to(quantiles / 2, before.shape))

    found = fill(row("A.1-A.10", "mean activation"), study)

    assert [panel.title for panel in found.panels] == list(LAYERS)
    for panel, layer in zip(found.panels, LAYERS, strict=True):
        trained, untrained = panel.series[0], panel.series[-1]
        edges = [*panel.x, panel.x[-1] + panel.x[1] - panel.x[0]]
        for line, values in ((trained, means[layer]), (untrained, means[layer] / 2)):
            expected = np.histogram(values, edges)[0] / len(values)
            # A hundredth of the neurons is what quantiles at hundredths tell, and the last lies beyond the axis.
            np.testing.assert_allclose(line.mean, expected, atol=0.011)
            assert 0.98 < sum(line.mean) < 1 + 1e-9
        assert (len(panel.x), panel.x[0], untrained.label) == (50, 0, "untrained")


def test_the_untrained_network_is_gray_where_it_is_measured():
    before = array(networks=False, layer=list(LAYERS))
    study = Study(**{"pairwise_nmi": array(layer=list(LAYERS)), "pairwise_nmi.untrained": before})
    panel = fill(row("8.2"), study).panels[0]

    assert panel.series[-1].label == "untrained"
    assert draw.color(panel.series[-1]) == draw.GRAY
    np.testing.assert_allclose(panel.series[-1].mean, before.mean("seed"))


def test_where_it_is_not_the_figure_says_so():
    found = fill(row("8.2"), Study(pairwise_nmi=array(layer=list(LAYERS))))

    assert any("untrained" in note for note in found.notes)


def test_draws_of_pruning_are_averaged_before_the_seeds():
    values = array(draw=[0, 1], fraction=[0.0, 0.5])
    found = fill(row("7.12-7.14"), Study(random_pruning=values))

    np.testing.assert_allclose(found.panels[0].series[0].mean, values[:, 0, 0].mean(("seed", "draw")))


def test_figures_of_a_third_of_the_layers_share_them_out():
    density = array(layer=list(LAYERS), place=[-1.0, 0.0, 1.0])
    study = Study(weight_change_density=density)
    titles = [[panel.title for panel in fill(row(number), study).panels] for number in ("7.1", "7.2", "7.3")]

    assert [title for third in titles for title in third] == [
        f"{layer} · {optimizer}" for layer in LAYERS for optimizer in OPTIMIZERS
    ]


def test_the_axis_of_a_density_ends_where_all_lines_of_the_panel_do():
    density = array(layer=list(LAYERS), place=[-9.0, -2.0, -1.0, 0.0, 1.0, 2.0, 9.0]) * 0
    density.loc[{"place": 0.0}] = 1.0
    panel = fill(row("7.1"), Study(weight_change_density=density)).panels[0]

    assert panel.x == (-1.0, 0.0, 1.0)
    assert panel.series[0].mean == (0.0, 1.0, 0.0)


def test_a_measurement_that_the_study_lacks_is_missing_with_the_reason():
    found = fill(row("8.2"), Study())

    assert isinstance(found, Missing)
    assert found.reason == "three does not record 'pairwise_nmi'"


def test_a_measurement_that_is_not_made_yet_is_missing_and_says_how_to_make_it():
    class Unmeasured(Study):
        def measurement(self, name):
            raise InputError(f"{name} is not measured in /home/me/store/x.nc; run `indicators measure --study three`")

    reason = fill(row("8.2"), Unmeasured()).reason
    assert reason == "pairwise_nmi is not measured in x.nc; run `indicators measure --study three`"


def test_a_measurement_without_any_number_is_missing_and_not_an_empty_picture():
    assert isinstance(fill(row("8.2"), Study(pairwise_nmi=array(layer=list(LAYERS)) * np.nan)), Missing)


def test_the_thesis_fills_what_it_recorded(thesis):
    filled = fill_all(thesis)

    assert [found.figure for found in filled] == list(FIGURES)
    assert {found.figure.number for found in filled if isinstance(found, Missing)} == {
        "A.1-A.10", "A.11-A.14", *(f"7.{n}" for n in (1, 2, 3, 4, 5, 6, 8, 9, 10)),
    }  # fmt: skip


def test_lines_of_the_thesis_are_its_recorded_numbers(thesis):
    high = fill(row("7.15-7.17"), thesis).panels[2].series[2]

    assert (high.labels["optimizer"], high.label) == ("layca", "high")
    assert high.mean[0] == 0.8497
    assert high.mean[-1] == thesis.measurement("magnitude_pruning").values[0, 2, 2, -1]


def test_dead_pairs_are_those_that_the_thesis_counted(thesis):
    panel = fill(row("8.3", "dead pairs"), thesis).panels[0]

    # Figure 8.3: of 10 000 pairs of the best network of plain sgd, in Conv11 to Conv13.
    np.testing.assert_allclose(panel.series[2].mean[10:13], [0.0918, 0.1177, 0.1168], atol=0.005)


def test_the_color_of_a_layer_goes_with_its_depth(thesis):
    series = fill(row("6.6", "rotation"), thesis).panels[2].series

    assert [(each.label, each.depth) for each in (series[0], series[-1])] == [("Conv1", 0.0), ("Dense2", 1.0)]
    assert [draw.color(series[0]), draw.color(series[-1])] == [draw.DEPTH[0], draw.DEPTH[-1]]


def test_histograms_show_no_spread_of_the_seeds():
    found = fill(row("A.11-A.14"), Study(pairwise_nmi_histogram=array(layer=list(LAYERS), nmi=[0.0, 0.5])))

    assert not found.banded
    assert draw.seeds_shown(found) == "mean of 3 seeds"


def test_a_logarithmic_axis_starts_above_zero():
    histogram = array(layer=list(LAYERS), nmi=[0.0, 0.5])

    assert fill(row("A.11-A.14"), Study(pairwise_nmi_histogram=histogram)).panels[0].y_range[0] > 0


def test_the_table_of_accuracies_has_the_nine_networks_of_the_thesis(thesis):
    found = fill(row("Table 6.1"), thesis)

    assert isinstance(found, Tabulated)
    assert found.columns == ("training, running", "validation", "test", "learning rate", "epochs")
    assert found.rows[-1] == ("layca high", (Cell(0.9907), Cell(0.8543), Cell(0.8497), Cell(0.03), Cell(25.0)))


def test_a_table_of_layers_ends_with_the_untrained_network(thesis):
    found = fill(row("Table 8.1"), thesis)

    assert (len(found.rows), found.rows[-1][0], len(found.columns)) == (10, "untrained", 15)


def test_the_layers_of_a_network_are_a_table_where_the_study_knows_their_shapes():
    study = Study()
    study.kernel_shapes = {"Conv1": (3, 3, 3, 64), "Dense1": (64, 10)}

    rows = fill(row("Table 6.2"), study).rows
    assert rows[0] == ("Conv1", (Cell(64), Cell(1728)))
    assert (rows[-1][0], rows[-1][1][1]) == ("all", Cell(2368))


def test_the_layers_of_the_thesis_have_the_weights_that_it_counts(thesis):
    rows = dict(fill(row("Table 6.2"), thesis).rows)

    assert list(rows) == [*thesis.layers, "all"]
    # As many kernels and weights as the thesis's network has without its biases: 14 982 474 - 4 746.
    assert (rows["Dense2"], rows["all"][1]) == ((Cell(10), Cell(5120)), Cell(14_977_728))


def test_the_numbers_beside_a_figure_are_those_of_its_lines(thesis):
    found = fill(row("8.4"), thesis)
    columns, rows = table_of(found)

    assert columns == thesis.layers
    assert rows[2] == ("sgd", "high", tuple(map(Cell, found.panels[0].series[2].mean)))


def test_long_axes_have_few_columns(thesis):
    columns, _ = table_of(fill(row("7.12-7.14"), thesis))

    assert (columns[0], columns[-1], len(columns)) == ("0", "0.9", 9)


@pytest.mark.parametrize(
    ("value", "text"), [(0.12345, "0.123"), (25.0, "25"), (float("nan"), "-"), (None, "-"), (1e-7, "1e-7")]
)
def test_numbers_have_three_digits(value, text):
    assert shown_number(value) == text


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


def test_all_numbers_of_figures_and_tables_are_one_csv(thesis):
    values = array(layer=list(LAYERS))
    rows = list(csv.DictReader(export.to_csv([fill(row("8.2"), Study(pairwise_nmi=values))]).splitlines()))
    table = list(csv.DictReader(export.to_csv([fill(row("Table 6.1"), thesis), fill(row("7.1"), thesis)]).splitlines()))

    (one,) = [each for each in rows if (each["panel"], each["line"], each["x"]) == ("wdecay", "high", "Conv3")]
    expected = values.sel(optimizer="wdecay", level="high", layer="Conv3")
    assert float(one["mean"]) == expected.mean()
    assert (float(one["smallest"]), float(one["largest"])) == (expected.min(), expected.max())
    assert len(rows) == 9 * len(LAYERS)
    assert len(table) == 9 * 5
    assert table[0]["smallest"] == ""
