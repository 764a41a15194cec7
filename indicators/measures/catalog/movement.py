"""How far and where training moved the weights: rows of the catalog."""

import math

from indicators.measures import weights
from indicators.measures.distributions import excess_kurtosis, quantiles, uniform_distance, value_range
from indicators.measures.inputs import PLACES, SHARES, density
from indicators.measures.row import Indicator

ROWS: tuple[Indicator, ...] = (
    Indicator(
        "cosine_distance", "1 - cosine of the angle between initial and final kernel",
        "0 unmoved, 1 orthogonal, 2 opposite",
        needs="kernel", of=lambda kernel: weights.cosine_distance(kernel.initial, kernel.final),
        unit="1 - cos", bounds=(0, 2), section="7.1", undefined="kernels of zeros",
        invariant=("order", "scale", "final scale", "sign"),
    ),
    Indicator(
        "norm_ratio", "norm of the initial over norm of the final kernel",
        "below 1 the weights grew, above 1 they shrank",
        needs="kernel", of=lambda kernel: weights.norm_ratio(kernel.initial, kernel.final),
        unit="ratio", bounds=(0, math.inf), section="7.2.3", undefined="final kernels of zeros",
        invariant=("order", "scale", "sign"),
    ),
    Indicator(
        "alignment", "component of the weight change along the initial direction, over the final norm",
        "below 0 against the initial weights, above 0 along them; 1 - norm ratio - cosine distance",
        needs="kernel", of=lambda kernel: weights.alignment(kernel.initial, kernel.final),
        unit="ratio", bounds=(-math.inf, 1), section="7.2.3", undefined="kernels of zeros",
        invariant=("order", "scale", "sign"),
    ),
    Indicator(
        "weight_change_std", "standard deviation of the weight changes of a layer",
        "0 all moved alike",
        needs="kernel", of=lambda kernel: weights.weight_change_std(kernel.initial, kernel.final),
        unit="weight", bounds=(0, math.inf), section="7.2.1", invariant=("order", "sign"),
    ),
    Indicator(
        "normalized_weight_change_std", "standard deviation of the weight changes of a layer, over its final norm",
        "0 all moved alike",
        needs="kernel", of=lambda kernel: weights.weight_change_std(kernel.initial, kernel.final, normalized=True),
        unit="final norm", bounds=(0, math.inf), section="7.2.2", undefined="final kernels of zeros",
        invariant=("order", "scale", "sign"),
    ),
    Indicator(
        "weight_change_range", "difference between the largest and the smallest weight change of a layer",
        "0 all moved alike",
        needs="kernel", of=lambda kernel: value_range(kernel.change),
        unit="weight", bounds=(0, math.inf), section="7.2.2", invariant=("order", "sign"),
    ),
    Indicator(
        "weight_change_quantiles", "quantiles of the weight changes of a layer",
        "at share 0 the smallest, at 1 the largest",
        needs="kernel", of=lambda kernel: quantiles(kernel.change, SHARES),
        unit="weight", bounds=(-math.inf, math.inf), section="7.2.1", axes={"share": SHARES}, invariant=("order",),
    ),
    Indicator(
        "weight_change_density", "density of the weight changes, in root mean squares of a layer's initial weights",
        "0 no such change; the area is 1",
        needs="kernel", of=lambda kernel: density(kernel.change, kernel.initial_scale),
        unit="density", bounds=(0, math.inf), section="7.2.1", axes={"place": PLACES},
        undefined="initial kernels of zeros, or changes that are all equal", invariant=("order", "scale"),
    ),
    Indicator(
        "normalized_weight_change_density",
        "density of the weight changes of a layer, in root mean squares of its final weights",
        "0 no such change; the area is 1",
        needs="kernel", of=lambda kernel: density(kernel.change, kernel.final_scale),
        unit="density", bounds=(0, math.inf), section="7.2.2", axes={"place": PLACES},
        undefined="final kernels of zeros, or changes that are all equal", invariant=("order", "scale"),
    ),
    Indicator(
        "weight_change_kurtosis", "excess kurtosis of the weight changes of a layer",
        "-10.2 uniform, 0 Gaussian, large: few weights changed much",
        needs="kernel", of=lambda kernel: excess_kurtosis(kernel.change),
        unit="kurtosis", bounds=(-2, math.inf), section="7.2.1", undefined="changes that are all equal",
        invariant=("order", "scale", "sign"),
    ),
    Indicator(
        "weight_change_uniform_distance", "Kolmogorov distance of the weight changes to a uniform distribution",
        "0 uniform, 1 nearly all at one end",
        needs="kernel", of=lambda kernel: uniform_distance(kernel.change),
        unit="probability", bounds=(0, 1), section="7.2.1", undefined="changes that are all equal",
        invariant=("order", "scale", "sign"),
    ),
    Indicator(
        "opposed_share", "share of the weights that moved against their initial sign",
        "0 none, 1 all",
        needs="kernel", of=lambda kernel: weights.opposed_share(kernel.initial, kernel.final),
        unit="share", bounds=(0, 1), section="7.2.3", invariant=("order", "scale", "sign"),
    ),
    Indicator(
        "opposed_share_by_chance", "that share if initial and final weights were unrelated",
        "1/2 final weights much larger, 3/4 equally large, 1 much smaller",
        needs="kernel", of=lambda kernel: weights.opposed_share_by_chance(kernel.initial, kernel.final),
        unit="share", bounds=(0, 1), section="7.2.3", invariant=("order", "scale", "sign"),
    ),
    Indicator(
        "sign_flips", "share of the weights whose sign changed",
        "0 none, 1/2 as unrelated weights, 1 all",
        needs="kernel", of=lambda kernel: weights.sign_flips(kernel.initial, kernel.final),
        unit="share", bounds=(0, 1), section="7.2.4", invariant=("order", "scale", "final scale", "sign"),
    ),
)  # fmt: skip
