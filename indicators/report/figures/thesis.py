"""Every figure and table of the thesis's chapters 6 to 8 and annex that measurements can fill, one row each.

A row says what is on the axes, which measurement it shows, and how panels and lines divide it. `filling` fills it
from a study; `draw` and the page draw what comes out. The drawing 7.11 and figure A.21, which shows another work's
numbers, have no row.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Scale = Literal["linear", "log"]

ACCURACIES = ("train_accuracy", "validation_accuracy")
LAYERS = "layer"
NETWORKS = ("optimizer", "level")
THIRDS = ("first", "middle", "last")


@dataclass(frozen=True)
class Figure:
    """One figure: a measurement, divided into panels and lines, over one of its dimensions."""

    number: str
    """In the thesis: `6.4`, `7.12`, or a range where panels stand for several figures."""
    title: str
    measurement: str
    x: str
    """The dimension along the horizontal axis."""
    x_title: str
    y_title: str
    panels: tuple[str, ...]
    """Dimensions whose labels each have a panel."""
    lines: tuple[str, ...]
    """Dimensions whose labels each have a line in every panel."""
    part: str = ""
    """Sets figures of one number apart."""
    select: Mapping[str, Any] = field(default_factory=dict)
    """Labels of the dimensions that are neither."""
    power: int = 1
    """What numbers are raised to: 2 makes shares of pairs of independently drawn neurons of shares of neurons."""
    third: int | None = None
    """Which third of the layers; None: all of them."""
    untrained: bool = False
    """Whether the untrained network is shown where it is measured."""
    x_scale: Scale = "linear"
    y_scale: Scale = "linear"
    shared_y: bool = True
    """Whether all panels have the same vertical axis."""
    near_zero: float | None = None
    """Of a panel's largest value: the axis ends where no line is above it any more; None: it does not."""
    band: bool = True
    """Whether the spread of the seeds is shown: not of shares of a few pairs or neurons, most of which is noise."""
    steps: bool = False
    """Whether a value holds from its place to the next, as in histograms."""
    binned: bool = False
    """Whether the measurement is quantiles over `x`, shown as the histogram of what they are quantiles of."""
    note: str = ""

    @property
    def key(self) -> str:
        """Its name in files and addresses: letters, digits and hyphens."""
        name = f"{self.number} {self.part}" if self.part else self.number
        return "figure-" + re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")

    @property
    def stands_for(self) -> frozenset[str]:
        """All figures of the thesis that it stands for."""
        return each_of(self.number)


@dataclass(frozen=True)
class Table:
    """A table of the thesis: rows are networks, or layers."""

    number: str
    title: str
    measurement: str
    """`architecture`: the shapes of the kernels; else the name of a measurement."""
    part: str = ""
    note: str = ""

    @property
    def key(self) -> str:
        """Its name in files and addresses."""
        return self.number.lower().replace(" ", "-").replace(".", "-")

    @property
    def stands_for(self) -> frozenset[str]:
        """All tables of the thesis that it stands for."""
        return each_of(self.number)


def each_of(text: str) -> frozenset[str]:
    """The figures that a text such as `7.12-7.14, Table 8.1` names, each on its own."""
    found: set[str] = set()
    for word in filter(None, (part.strip() for part in text.split(","))):
        if matched := re.fullmatch(r"(\w+)\.(\d+)-\1\.(\d+)", word):
            chapter, first, last = matched.groups()
            found |= {f"{chapter}.{number}" for number in range(int(first), int(last) + 1)}
        else:
            found.add(word)
    return frozenset(found)


def named_in(text: str, figures: Sequence[Figure | Table]) -> list[Figure | Table]:
    """The figures that stand for any of those that a text names."""
    named = each_of(text)
    return [figure for figure in figures if figure.stands_for & named]


def _training(number: str, optimizer: str) -> tuple[Figure, Figure, Figure]:
    epoch: dict[str, Any] = {"x": "epoch", "x_title": "epoch", "panels": ("level",)}
    accuracies, rates = ({"optimizer": optimizer, "quantity": names} for names in (ACCURACIES, ("learning_rate",)))
    return (
        Figure(
            number, f"Accuracy by epoch: {optimizer}", "history", y_title="accuracy", lines=("quantity",),
            part="accuracy", select=accuracies, **epoch,
        ),
        Figure(
            number, f"Learning rate by epoch: {optimizer}", "history", y_title="learning rate", lines=("quantity",),
            part="learning rate", select=rates, y_scale="log", steps=True, **epoch,
        ),
        Figure(
            number, f"Rotation of the layers by epoch: {optimizer}", "cosine_distance_by_epoch",
            y_title="1 - cos to the initial weights", lines=(LAYERS,), part="rotation",
            select={"optimizer": optimizer}, shared_y=False, **epoch,
        ),
    )  # fmt: skip


def _distributions(numbers: Sequence[str], title: str, measurement: str, unit: str, **about: Any) -> list[Figure]:
    return [
        Figure(
            number, f"{title}: {third} third of the layers", measurement, x="place", x_title=unit, y_title="density",
            panels=(LAYERS, "optimizer"), lines=("level",), third=place, shared_y=False,
            near_zero=2e-3, **about,
        )
        for place, (number, third) in enumerate(zip(numbers, THIRDS, strict=True))
    ]  # fmt: skip


def _by_layer(number: str, title: str, measurement: str, y_title: str, **about: Any) -> Figure:
    return Figure(
        number, title, measurement, x=LAYERS, x_title="layer", y_title=y_title,
        panels=("optimizer",), lines=("level",), **about,
    )  # fmt: skip


def _by_fraction(number: str, title: str, measurement: str) -> Figure:
    return Figure(
        number, title, measurement, x="fraction", x_title="share of the weights removed", y_title="test accuracy",
        panels=("optimizer",), lines=("level",),
    )  # fmt: skip


FIGURES: tuple[Figure | Table, ...] = (
    # --- Chapter 6: training ---
    Table("Table 6.1", "Accuracies of the networks", "accuracy"),
    Table("Table 6.2", "Layers of the network", "architecture"),
    *_training("6.4", "sgd"),
    *_training("6.5", "wdecay"),
    *_training("6.6", "layca"),
    # --- Chapter 7: weights ---
    *_distributions(
        ("7.1", "7.2", "7.3"), "Change of the weights", "weight_change_density",
        "change, in root mean squares of the layer's initial weights",
    ),
    *_distributions(
        ("7.4", "7.5", "7.6"), "Change of the weights over the final norm", "normalized_weight_change_density",
        "change, in root mean squares of the layer's final weights",
    ),
    _by_layer(
        "7.7", "The two terms of the rotation: ratio of the norms", "norm_ratio", "initial over final norm",
        part="norms", shared_y=False,
    ),
    _by_layer(
        "7.7", "The two terms of the rotation: change along the initial weights", "alignment",
        "change along the initial weights over final norm", part="alignment", shared_y=False,
        note="Ratio of the norms, this term and the rotation sum to one, whatever the network.",
    ),
    *_distributions(
        ("7.8", "7.9", "7.10"), "Final weights", "weight_density",
        "weight, in root mean squares of the layer's initial weights", untrained=True,
    ),
    _by_fraction("7.12-7.14", "Accuracy after removing weights at random", "random_pruning"),
    _by_fraction("7.15-7.17", "Accuracy after removing the smallest weights", "magnitude_pruning"),
    # --- Chapter 8: activations ---
    _by_layer(
        "8.2", "Information shared by pairs of neurons", "pairwise_nmi", "normalized mutual information", untrained=True
    ),
    _by_layer(
        "8.3", "Pairs of neurons that are both zero on every image", "never_active", "share of the pairs",
        untrained=True, power=2, part="dead pairs",
        note="Computed as the square of the share of such neurons, which is what independently drawn pairs have.",
    ),
    _by_layer(
        "8.3", "Information shared by pairs of neurons that both vary", "pairwise_nmi_live",
        "normalized mutual information", untrained=True, part="living pairs",
        note="What is left of 8.2 without dead neurons; the thesis shows the dead pairs alone.",
    ),
    _by_layer("8.4", "Neurons that are zero on every image", "never_active", "share of the neurons", untrained=True),
    Table("Table 8.1", "Share of activations that are not above the mean of their neuron", "zero_ratio_binarized"),
    _by_layer(
        "8.5", "Information of single neurons on the labels", "label_information", "I / H(labels)", untrained=True
    ),
    _by_layer("8.8", "Silhouettes, Euclidean distance", "silhouette_euclidean", "silhouette", untrained=True),
    _by_layer("8.9", "Silhouettes, cosine distance", "silhouette_cosine", "silhouette", untrained=True),
    _by_layer(
        "8.10", "Active images among the neighbors, cosine distance", "active_neighbors_cosine", "share of the images",
        untrained=True,
    ),
    # --- Annex ---
    Figure(
        "A.1-A.10", "Mean activation of the neurons of a layer", "mean_activation_quantiles", x="share",
        x_title="mean activation", y_title="share of the neurons", panels=(LAYERS,), lines=NETWORKS,
        untrained=True, shared_y=False, y_scale="log", steps=True, band=False, binned=True, part="mean activation",
        note="From hundredths of the neurons: smaller shares are spread evenly between them. The axis of a layer ends "
        "where no network has more than a hundredth of its neurons beyond.",
    ),
    Figure(
        "A.1-A.10", "How often neurons are active", "active_share_histogram", x="active",
        x_title="share of the images on which a neuron is above zero", y_title="share of the neurons",
        panels=(LAYERS,), lines=NETWORKS, untrained=True, y_scale="log", steps=True, band=False, near_zero=0.0,
        part="active share",
    ),
    Figure(
        "A.11-A.14", "Information shared by pairs of neurons: distribution", "pairwise_nmi_histogram", x="nmi",
        x_title="normalized mutual information", y_title="share of the pairs", panels=(LAYERS,), lines=NETWORKS,
        untrained=True, y_scale="log", steps=True, band=False, near_zero=2e-4,
    ),
    Figure(
        "A.15-A.20", "Silhouette by the size of the neighborhood", "neighborhood_curve", x="size",
        x_title="neighborhood, as a share of the images", y_title="silhouette", panels=(LAYERS,), lines=NETWORKS,
        select={"distance": "cosine"}, untrained=True, x_scale="log",
    ),
)  # fmt: skip
