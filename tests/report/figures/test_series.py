"""The lines of the figures: means over the seeds, panels and axes."""

import numpy as np

from indicators.report.figures.filling import fill, fill_all
from indicators.report.figures.panels import Drawn
from indicators.specs import OPTIMIZERS
from tests.report.made_up import LAYERS, Study, array, row


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


def test_lines_of_the_thesis_are_its_recorded_numbers(thesis):
    high = fill(row("7.15-7.17"), thesis).panels[2].series[2]

    assert (high.labels["optimizer"], high.label) == ("layca", "high")
    assert high.mean[0] == 0.8497
    assert high.mean[-1] == thesis.measurement("magnitude_pruning").values[0, 2, 2, -1]


def test_dead_pairs_are_those_that_the_thesis_counted(thesis):
    panel = fill(row("8.3", "dead pairs"), thesis).panels[0]

    # Figure 8.3: of 10 000 pairs of the best network of plain sgd, in Conv11 to Conv13.
    np.testing.assert_allclose(panel.series[2].mean[10:13], [0.0918, 0.1177, 0.1168], atol=0.005)


def test_a_logarithmic_axis_starts_above_zero():
    histogram = array(layer=list(LAYERS), nmi=[0.0, 0.5])

    assert fill(row("A.11-A.14"), Study(pairwise_nmi_histogram=histogram)).panels[0].y_range[0] > 0
