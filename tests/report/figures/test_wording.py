"""Numbers as people read them."""

import math

import pytest

from indicators.report.figures.wording import decimal_number, shown_number


@pytest.mark.parametrize(
    ("value", "text"), [(0.12345, "0.123"), (25.0, "25"), (float("nan"), "-"), (None, "-"), (1e-7, "1e-7")]
)
def test_numbers_have_three_digits(value, text):
    assert shown_number(value) == text


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.5, "0.500"), (0.12345, "0.123"), (12.3, "12.3"), (123.4, "123"), (7, "7"), (2.0, "2"), (math.nan, "-"),
     (2e-5, "2e-5"), ("Conv1", "Conv1")],
)  # fmt: skip
def test_numbers_of_a_column_have_as_many_digits(value, shown):
    assert decimal_number(value) == shown
