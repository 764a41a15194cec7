"""All rows, by theme and test function, and the worlds that they make: measurements made from numbers alone.

In a world the effect of a claim is known. A `World` is a `Source` (see `indicators.sources.source`) of as many seeds as
one likes. What it holds is planted by one row of a table, a file per theme in `rows`; no code of a claim, a comparison
or a summary makes a number here.


How to write a row
------------------
One row per test function, in the table of its theme and in the order of the claims::

    ROWS = (
        # distance of sgd below that of the others by e, in all layers and at all levels
        Row("test_sgd_turns_its_weights_less", planted("cosine_distance", -sgd, base=0.5)),
    )

A row plants every measurement that the claim asks for, so that **the effect of the claim, in its own unit and
direction, is e**. A plant holds ``base + e * slope``. Both are numbers or *patterns*: arrays with any of the
dimensions ``optimizer``, ``level``, ``layer`` and others that the measurement has; patterns are added, subtracted
and multiplied like any xarray. One world serves all parametrized cases: plant the same in every optimizer, part or
level that the cases name. Where that cannot be, give a function of the parameters instead of the plants::

    Row("test_both_ways", lambda optimizer: planted("active_share", WAYS[optimizer] * levels)),

Patterns, of `patterns` (1 where they hold, 0 elsewhere, unless said otherwise)
    ``sgd``, ``wdecay``, ``layca``, ``low``, ``medium``, ``high``   these networks; ``sgd * high`` is one network
    ``levels``                 0, 1/2, 1 from low to high: rises along level by 1
    ``part(FIRST, LAST)``      the layers of these parts;  ``place(0)`` the first layer, ``place(-1)`` the output layer
    ``deeper(*parts)``         rises along these layers by 1 (from the mean of their first third to that of their last)
    ``zigzag(*parts)``         up and down over these layers, with mean 0 and standard deviation 1
    ``along("stage", {"early": 0, "late": 1})``   these values along another dimension

Plants, of `plants`, `profiles`, `curves` and `correlations`: what is measured
    ``planted(name, slope, base=0)``       one number per network and layer: ``base + e * slope``
    ``network(name, slope, base=0)``       one number per network, without layers
    ``accuracies(slope, base)``            accuracy itself, where a claim is about it; else it is made to meet every
                                           premise (0.65, 0.75, 0.85 from low to high, trained to 0.992)
    ``decades(name, slope, base=0)``       as planted, 10 to that power: for claims on log10 of a measurement
    ``rise(name, slope, base, threshold=)``        a profile over layers that exceeds the threshold at the relative
                                           depth ``base + e * slope`` (keep it between 1/3 and 0.93)
    ``trough(name, slope, base, threshold=)``      a profile that lies below the threshold over this relative depth
    ``half_loss(name, slope, base)``       a pruning curve that has lost half at this fraction (`pruning_area`: with
                                           this area, from 0.01 to 0.9);  ``draws=3`` where the measurement has draws
    ``tracking(name, slope, other=)``      one number per network that goes together with the accuracy, or with
                                           another planted measurement, by a rank correlation of e
    ``*following(name, slope)``            one number per network that goes together with the accuracy over the seeds of
                                           each recipe (accuracies that differ there are planted too): ``tracks`` within
                                           a recipe
    ``ranked(name, slope, parts)``         layers in an order that has a rank correlation of e with the depth
    ``bent(plant, function)``              any other: what is planted is made into the measurement by a function, as
                                           with ``around`` and ``alternating`` for claims on the standard deviation over
                                           layers, or on the largest magnitude

Every plant takes ``of=UNTRAINED``, ``ON_TEST_IMAGES`` or ``BY_NEURON`` for what a claim reads through
``study.untrained`` (no optimizers and levels), ``study.on_test_images`` and ``study.by_neuron``, and ``noise``, the
spread of one number in units of the effect (1 unless said otherwise, 0 for what is to stay as it is). Noise comes
before a function is applied, so that a curve or a profile keeps its shape: an effect is then off by as much as a
network's number is.

For claims over a factor of a study, every plant takes ``at=("batch_size", 64)``: it then is what is measured of the
networks at that label. Factors, labels and the networks that are varied are those of the shipped study
cifar10-mini-variants (`factors`). Where nothing is planted at a label, its networks are as those of the study itself,
each with noise of its own; networks at the baseline are the study's own. ``at_labels(plant, factor, {label: slope})``
plants the same at several labels, and in the study without a slope; ``network("fitted", base=..., at=...)`` says which
networks fit their training images.

Examples::

    # falls along level, in the first layers of every optimizer (elsewhere it rises: the claim must not look there)
    Row("test_first_layers_share_less_in_better_networks", planted("pairwise_nmi", -levels, base=0.1)),
    # a ratio that rises over the hidden layers, in one network
    Row("test_weights_grow_less_with_depth_under_sgd", planted("norm_ratio", sgd * high * deeper(*HIDDEN), base=0.8)),
    # trained against untrained networks
    Row("test_training_lowers", planted("entropy", -1, base=0.6), planted("entropy", base=0.6, of=UNTRAINED)),
    # the effect of the claim is the fraction of wdecay and layca minus that of sgd
    Row("test_sgd_resists_random_pruning_less", half_loss("random_pruning", -sgd, base=0.4, draws=3)),
    # larger batches generalize less by e
    Row("test_larger_batches_generalize_less", *at_labels(accuracies, "batch_size", {256: -on("test")})),
    # earlier along level
    Row("test_sharing_rises_earlier", rise("pairwise_nmi", 0.5 - levels, base=0.63, threshold=0.02)),

A claim against a constant has as e the distance to it, in the direction of the claim. A claim of sameness
(``same``) has as e the difference itself: it is true at e = 0 and false far from it. A claim with ``by=0`` has no
unit of noise but a third of its ``expected``. Where a function of several numbers picks one (``max``, ``min``), or
takes a magnitude, let the base put one of them far ahead, or plant with ``alternating``: else noise moves the effect.
Run ``pytest tests/test_worlds_claims.py -k NAME`` after writing a row: without noise the claim must find e.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from tests.worlds.claims import Claim, claims
from tests.worlds.plants import Row
from tests.worlds.world import World

THEMES = ("training", "rotation", "weights", "pruning", "information", "labels", "activity", "clusters", "beyond")
ROWS: dict[tuple[str, str], Row] = {
    (theme, row.test): row for theme in THEMES for row in importlib.import_module(f"tests.worlds.rows.{theme}").ROWS
}


def claim_of(theme: str, test: str) -> Claim:
    """The claim that a row is for."""
    found = {claim.test: claim for claim in claims(theme)}
    if test not in found:
        raise LookupError(f"{test}: no such claim in hypotheses/test_*_{theme}.py; mend or remove its row")
    return found[test]


def row_of(claim: Claim) -> Row:
    """The row of a claim."""
    return ROWS[claim.theme, claim.test]


def world(claim: Claim, effect: float, case: Mapping[str, Any], **options: Any) -> World:
    """A world in which the effect of this case of the claim is this; options are those of `World`."""
    return World(row_of(claim).planted(case), effect, **{"unit": claim.unit} | options)
