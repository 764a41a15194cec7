"""The tables of the thesis, and the numbers beside a figure."""

from indicators.report.figures.filling import fill
from indicators.report.figures.panels import TableCell, Tabulated
from indicators.report.figures.tables import table_of
from tests.report.made_up import Study, row


def test_the_table_of_accuracies_has_the_nine_networks_of_the_thesis(thesis):
    found = fill(row("Table 6.1"), thesis)

    assert isinstance(found, Tabulated)
    assert found.columns == ("training, running", "validation", "test", "learning rate", "epochs")
    assert found.rows[-1] == (
        "layca high",
        (TableCell(0.9907), TableCell(0.8543), TableCell(0.8497), TableCell(0.03), TableCell(25.0)),
    )


def test_a_table_of_layers_ends_with_the_untrained_network(thesis):
    found = fill(row("Table 8.1"), thesis)

    assert (len(found.rows), found.rows[-1][0], len(found.columns)) == (10, "untrained", 15)


def test_the_layers_of_a_network_are_a_table_where_the_study_knows_their_shapes():
    study = Study()
    study.kernel_shapes = {"Conv1": (3, 3, 3, 64), "Dense1": (64, 10)}

    rows = fill(row("Table 6.2"), study).rows
    assert rows[0] == ("Conv1", (TableCell(64), TableCell(1728)))
    assert (rows[-1][0], rows[-1][1][1]) == ("all", TableCell(2368))


def test_the_layers_of_the_thesis_have_the_weights_that_it_counts(thesis):
    rows = dict(fill(row("Table 6.2"), thesis).rows)

    assert list(rows) == [*thesis.layers, "all"]
    # As many kernels and weights as the thesis's network has without its biases: 14 982 474 - 4 746.
    assert (rows["Dense2"], rows["all"][1]) == ((TableCell(10), TableCell(5120)), TableCell(14_977_728))


def test_the_numbers_beside_a_figure_are_those_of_its_lines(thesis):
    found = fill(row("8.4"), thesis)
    columns, rows = table_of(found)

    assert columns == thesis.layers
    assert rows[2] == ("sgd", "high", tuple(map(TableCell, found.panels[0].series[2].mean)))


def test_long_axes_have_few_columns(thesis):
    columns, _ = table_of(fill(row("7.12-7.14"), thesis))

    assert (columns[0], columns[-1], len(columns)) == ("0", "0.9", 9)
