"""The rows of the thesis's figures, and the figures that a text names."""

from indicators.claims.reading import read
from indicators.report.figures.thesis import FIGURES, each_of, named_in


def test_ranges_of_figures_name_each_of_them():
    assert each_of("7.12-7.14, Table 8.1, A.15-A.17") == {
        "7.12", "7.13", "7.14", "Table 8.1", "A.15", "A.16", "A.17",
    }  # fmt: skip


def test_every_figure_has_a_key_of_its_own():
    assert len({figure.key for figure in FIGURES}) == len(FIGURES)


def test_every_figure_that_a_claim_names_has_a_row_but_the_drawings_and_the_appendix():
    named = {number for claim in read() for number in each_of(claim.figures)}

    assert named - {number for figure in FIGURES for number in figure.stands_for} <= {"7.11", "8.1", "A.11 to A.14"}


def test_a_claim_on_one_of_three_figures_leads_to_the_row_of_the_three():
    assert [figure.number for figure in named_in("7.16-7.17", FIGURES)] == ["7.15-7.17"]
