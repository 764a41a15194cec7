"""Numbers that claims take from several networks: of several optimizers, or at several labels of a factor."""

import numpy as np
import pytest
import xarray as xr

from indicators.claims.summaries import at_largest, half_loss_fraction, most_over_least, outlyingness, with_another


@pytest.mark.parametrize(
    ("sgd", "wdecay", "layca", "outlying"),
    [
        pytest.param([0, 0], [1, 2], [1, 2], 1.0, id="the others alike"),
        pytest.param([0, 0], [3, 3], [3, 5], (3.5615528 - 2**0.5) / (3.5615528 + 2**0.5), id="root mean squares"),
        pytest.param([0, 0], [1, -1], [-1, 1], -1 / 3, id="halfway between the others"),
        pytest.param([1, 1], [1, 1], [1, 1], np.nan, id="all alike"),
    ],
)
def test_outlyingness_by_hand(sgd, wdecay, layca, outlying):
    profiles = xr.DataArray(
        np.array([[sgd, wdecay, layca]], float),
        {"seed": [0], "optimizer": ["sgd", "wdecay", "layca"], "layer": ["a", "b"]},
    )

    found = outlyingness(profiles, "sgd", ("wdecay", "layca"))

    assert found.dims == ("seed",)
    assert found.item() == pytest.approx(outlying, nan_ok=True)
    assert found.attrs == {"undefined": "optimizers that are all alike"}


def by_optimizer(*rows, **attrs):
    labels = {"level": ["low", "high"], "optimizer": ["sgd", "wdecay", "layca"]}
    return xr.DataArray(np.array(rows, float), labels, tuple(labels), name="x", attrs=attrs)


def test_most_over_least_by_hand():
    values = by_optimizer([1, 2, 4], [1, 2, 4], resolution=0.1, undefined="never", unit="x")
    order = by_optimizer([0, 5, 9], [7, -1, 7])

    found = most_over_least(values, order.rename("y"), "optimizer")

    assert found.values.tolist() == [4 - 1, 1 - 2]
    assert set(found.coords) == set(found.dims) == {"level"}
    assert found.attrs == {"resolution": 0.1, "undefined": "never"}
    assert found.name == "x at the largest - smallest y"


def test_most_over_least_of_equals_is_zero():
    assert (
        most_over_least(by_optimizer([1, 2, 4], [1, 2, 4]), by_optimizer([3, 3, 3], [0, 0, 0]), "optimizer").sum() == 0
    )


def test_most_over_least_refuses_what_has_no_order():
    with pytest.raises(ValueError, match="y holds values that are not finite"):
        most_over_least(
            by_optimizer([1, 2, 4], [1, 2, 4]), by_optimizer([3, 3, np.nan], [0, 1, 2]).rename("y"), "optimizer"
        )


def test_the_value_at_the_largest_by_hand():
    values = by_optimizer([1, 2, 4], [1, 2, 4], resolution=0.1, undefined="never", unit="x")
    order = by_optimizer([0, 5, 9], [7, -1, 7]).rename("y")

    found = at_largest(values, order, "optimizer")

    assert found.values.tolist() == [4, 1]
    assert set(found.coords) == set(found.dims) == {"level"}
    assert found.attrs == {"resolution": 0.1, "undefined": "never"}
    assert found.name == "x at the largest y"


def test_what_has_no_number_in_the_order_does_not_take_part():
    values = by_optimizer([1, 2, 4], [1, 2, 4])
    order = by_optimizer([0, np.nan, -1], [np.nan, np.nan, np.nan])

    assert at_largest(values, order, "optimizer").values.tolist() == pytest.approx([1, np.nan], nan_ok=True)


def test_the_value_at_the_largest_may_not_exist_itself():
    values = by_optimizer([1, np.nan, 4], [1, 2, 4])

    found = at_largest(values, by_optimizer([0, 9, 5], [0, 9, 5]), "optimizer")

    assert found.values.tolist() == pytest.approx([np.nan, 2], nan_ok=True)


def test_another_label_stands_beside_those_of_a_dimension():
    values = by_optimizer([1, 2, 4], [3, 5, 7], resolution=0.1, undefined="never")
    other = by_optimizer([10, 0, 0], [20, 0, 0], undefined="unfit").sel(optimizer="sgd", level=["high"])

    both = with_another(values, "optimizer", other, "sgd with dropout")

    assert both["optimizer"].values.tolist() == ["sgd", "wdecay", "layca", "sgd with dropout"]
    assert both.transpose("level", "optimizer").values.tolist() == [[3, 5, 7, 20]]
    assert both.attrs == {"resolution": 0.1, "undefined": "never, unfit"}


def test_what_does_not_exist_of_another_label_is_told_by_what_is_made_of_both():
    labels = {"seed": [0], "optimizer": ["sgd", "wdecay"], "fraction": [0.0, 0.5, 0.9]}
    heights = [[[0.8, 0.6, 0.1], [0.8, 0.4, 0.1]]]
    curves = xr.DataArray(heights, labels, tuple(labels), name="x", attrs={"undefined": ""})
    other = (np.nan * curves.sel(optimizer="sgd")).assign_attrs(undefined="unfit")

    both = half_loss_fraction(with_another(curves, "optimizer", other, "dropout"))
    found = outlyingness(both, "sgd", ("wdecay", "dropout"))

    assert np.isnan(found.item())
    assert both.sel(optimizer="dropout").isnull().all()
    assert found.attrs["undefined"] == "unfit, optimizers that are all alike"
