"""All numbers of the figures as one table."""

import csv

from indicators.report.figures import numbers
from indicators.report.figures.filling import fill
from tests.report.made_up import LAYERS, Study, array, row


def test_all_numbers_of_figures_and_tables_are_one_csv(thesis):
    values = array(layer=list(LAYERS))
    rows = list(csv.DictReader(numbers.to_csv([fill(row("8.2"), Study(pairwise_nmi=values))]).splitlines()))
    table = list(
        csv.DictReader(numbers.to_csv([fill(row("Table 6.1"), thesis), fill(row("7.1"), thesis)]).splitlines())
    )

    (one,) = [each for each in rows if (each["panel"], each["line"], each["x"]) == ("wdecay", "high", "Conv3")]
    expected = values.sel(optimizer="wdecay", level="high", layer="Conv3")
    assert float(one["mean"]) == expected.mean()
    assert (float(one["smallest"]), float(one["largest"])) == (expected.min(), expected.max())
    assert len(rows) == 9 * len(LAYERS)
    assert len(table) == 9 * 5
    assert table[0]["smallest"] == ""
