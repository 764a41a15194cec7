"""The contract of indicators, put to functions that keep it and to functions that break one part of it each."""

import numpy as np
import pytest

from indicators.errors import InputError
from indicators.measures import contract
from indicators.measures.catalog import CATALOG
from indicators.measures.contract import ContractError, check_indicator

SYMMETRIC = ("images", "neurons", "scale")


def shares(activations):
    """Share of the images on which each neuron is above zero, refusing what is none."""
    values = np.asarray(activations)
    if values.ndim != 2 or values.size == 0 or values.dtype.kind != "f" or not np.isfinite(values).all():
        raise ValueError("expected activations (images, neurons)")
    return (values > 0).mean(axis=0, dtype=np.float64)


def mean_share(layer):
    return shares(layer.activations).mean()


def test_an_indicator_of_ones_own_passes():
    check_indicator(mean_share, bounds=(0, 1), invariant=SYMMETRIC)


def test_an_indicator_with_an_axis_of_its_own_passes():
    def extremes(layer):
        found = shares(layer.activations)
        return [found.min(), found.max()]

    check_indicator(extremes, bounds=(0, 1), axes={"end": ("least", "most")}, invariant=SYMMETRIC)


def test_an_indicator_of_weights_passes():
    def growth(kernel):
        if kernel.initial.size == 0 or np.iscomplexobj(kernel.final):
            raise ValueError("no real weights")
        norms = [np.linalg.norm(np.asarray(values, np.float64)) for values in (kernel.initial, kernel.final)]
        if not np.isfinite(norms).all():
            raise ValueError("not finite")
        return norms[1] / norms[0] if norms[0] else np.nan

    declared = {"bounds": (0, np.inf), "undefined": "initial weights of zeros", "invariant": ("order", "scale", "sign")}
    check_indicator(growth, needs="kernel", **declared)


def first_image(layer):
    return (shares(layer.activations) * (layer.activations[0] > 0)).mean()


def first_neuron(layer):
    return shares(layer.activations)[0]


def mean_value(layer):
    shares(layer.activations)
    return np.tanh(np.abs(layer.activations).mean(dtype=np.float64))


def sorting(layer):
    found = mean_share(layer)
    layer.activations.sort(axis=0)
    return found


def drawing(layer):
    return min(mean_share(layer) + 1e-3 * np.random.default_rng().random(), 1)


def averaging_in_float32(layer):
    shares(layer.activations)
    return float(np.mean(layer.activations / 3.0, dtype=layer.activations.dtype) * 1e4 % 1)


def silent(layer):
    return shares(np.nan_to_num(layer.activations)).mean()


def percent(layer):
    return 100 * mean_share(layer)


def relative(layer):
    found = shares(layer.activations)
    return (found / found.max()).mean() if found.max() else float("nan")


def crashing(layer):
    return np.corrcoef(shares(layer.activations))[0, 1]


@pytest.mark.parametrize(
    ("function", "complaint"),
    [
        (first_image, "under another images"),
        (first_neuron, "under another neurons"),
        (mean_value, "under another scale"),
        (sorting, "changes the arrays"),
        (drawing, "asked twice"),
        (averaging_in_float32, "float32 gives"),
        (silent, "for NaN it answers .*; expected a ValueError"),
        (percent, r"outside \(0, 1\)"),
        (relative, "for neurons that are never active it answers NaN: say where"),
        (crashing, "for an ordinary world it raises IndexError"),
    ],
)
def test_what_breaks_the_contract_is_told_so(function, complaint):
    with pytest.raises(ContractError, match=rf"{function.__name__}: .*{complaint}"):
        check_indicator(function, bounds=(0, 1), invariant=SYMMETRIC)


def test_an_answer_of_another_shape_is_told_so():
    with pytest.raises(ContractError, match=r"answers with shape \(\d+,\); expected \(\)"):
        check_indicator(lambda layer: shares(layer.activations), bounds=(0, 1))


@pytest.mark.parametrize(
    ("masks", "complaint"),
    [
        (lambda kernels, shares, _: ([np.ones(k.shape, bool) for k in kernels] for _ in shares), "it removes"),
        (lambda _, shares, __: ([np.ones(3, bool)] for _ in shares), "not of the kernels' shapes"),
    ],
    ids=["all at once", "other shapes"],
)
def test_masks_that_are_none_are_told_so(masks, complaint):
    with pytest.raises(ContractError, match=complaint):
        check_indicator(masks, needs="pruning")


@pytest.mark.parametrize(
    ("declared", "complaint"),
    [
        ({"bonds": (0, 1)}, "'bonds' is not declared of an indicator; choose from .*bounds"),
        ({"needs": "images"}, r"needs='images' is not one of \('kernel'"),
        ({"invariant": ("gain",)}, "invariant='gain' means nothing for needs='layer'; it has 'images'"),
    ],
)
def test_what_cannot_be_declared_is_refused(declared, complaint):
    with pytest.raises(InputError, match=complaint):
        check_indicator(mean_share, **declared)


def test_a_row_of_the_catalog_is_checked_as_it_is():
    row = next(row for row in CATALOG if row.name == "label_nmi")

    check_indicator(row, worlds=2)
    with pytest.raises(ContractError, match=r"label_nmi: for an ordinary world it answers .*, outside"):
        check_indicator(type(row)(**vars(row) | {"bounds": (0.9, 1)}), worlds=2)


def test_every_kind_of_row_but_the_record_has_checks():
    assert {bool(contract.checks(row)) for row in CATALOG if row.needs != "record"} == {True}
    assert contract.checks(CATALOG[0]) == []
