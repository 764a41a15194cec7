"""How the weights of a layer are distributed: rows of the catalog."""

import math

from indicators.measures import sparsity
from indicators.measures.distributions import distribution_distance, excess_kurtosis, quantiles
from indicators.measures.inputs import PLACES, SHARES, density, mean, near_zero
from indicators.measures.row import Indicator

ROWS: tuple[Indicator, ...] = (
    Indicator(
        "weight_quantiles", "quantiles of the weights of a layer",
        "at share 0 the smallest, at 1 the largest",
        needs="kernel", of=lambda kernel: quantiles(kernel.final, SHARES), untrained=True,
        unit="weight", bounds=(-math.inf, math.inf), section="7.2.4", axes={"share": SHARES}, invariant=("order",),
    ),
    Indicator(
        "weight_density", "density of the weights of a layer, in root mean squares of its initial ones",
        "0 no such weight; the area is 1",
        needs="kernel", of=lambda kernel: density(kernel.final, kernel.initial_scale), untrained=True,
        unit="density", bounds=(0, math.inf), section="7.2.4", axes={"place": PLACES},
        undefined="initial kernels of zeros, or weights that are all equal", invariant=("order", "scale"),
    ),
    Indicator(
        "initial_distribution_distance", "Kolmogorov distance between the final and the initial weights of a layer",
        "0 the same distribution, 1 no overlap",
        needs="kernel", of=lambda kernel: distribution_distance(kernel.final, kernel.initial),
        unit="probability", bounds=(0, 1), section="7.2.4", invariant=("order", "scale", "sign"),
    ),
    Indicator(
        "weight_kurtosis", "excess kurtosis of the weights of a layer",
        "-10.2 uniform, 0 Gaussian, large: few large weights among many small ones",
        needs="kernel", of=lambda kernel: excess_kurtosis(kernel.final), untrained=True,
        unit="kurtosis", bounds=(-2, math.inf), section="7.2.4", undefined="weights that are all equal",
        invariant=("order", "scale", "final scale", "sign"),
    ),
    Indicator(
        "near_zero_share", "share of the weights below a tenth of the root mean square of the layer's initial ones",
        "0 none, 1 all; a uniform distribution of unchanged width has 0.058",
        needs="kernel", of=lambda kernel: near_zero(kernel.final, kernel.initial_scale), untrained=True,
        unit="share", bounds=(0, 1), section="7.2.4", undefined="initial kernels of zeros",
        invariant=("order", "scale", "sign"),
    ),
    Indicator(
        "near_zero_share_relative", "share of the weights below a tenth of their own root mean square",
        "0 none, 1 all; uniform 0.058, Gaussian 0.080",
        needs="kernel", of=lambda kernel: near_zero(kernel.final, kernel.final_scale), untrained=True,
        unit="share", bounds=(0, 1), section="7.2.4", undefined="final kernels of zeros",
        invariant=("order", "scale", "final scale", "sign"),
    ),
    Indicator(
        "hoyer_sparsity", "how far the norm of a layer rests on few of its weights (Hoyer 2004)",
        "0 all of one magnitude, 1 a single one; uniform 0.13, Gaussian 0.20",
        needs="kernel", of=lambda kernel: sparsity.hoyer(kernel.final), untrained=True,
        unit="sparsity", bounds=(0, 1), section="7.2.4", undefined="kernels of zeros, or of a single weight",
        invariant=("order", "scale", "final scale", "sign"),
    ),
    Indicator(
        "outlier_share", "share of the weights beyond the quartiles by 1.5 times their distance",
        "0 none; uniform 0, Gaussian 0.007",
        needs="kernel", of=lambda kernel: sparsity.outliers(kernel.final).share, untrained=True,
        unit="share", bounds=(0, 1), section="7.2.4", invariant=("order", "scale", "final scale", "sign"),
    ),
    Indicator(
        "outlier_norm_share", "norm of those weights over that of all",
        "0 none, 1 all; uniform 0, Gaussian 0.25",
        needs="kernel", of=lambda kernel: sparsity.outliers(kernel.final).norm_share, untrained=True,
        unit="share", bounds=(0, 1), section="7.2.4", undefined="kernels of zeros",
        invariant=("order", "scale", "final scale", "sign"),
    ),
    Indicator(
        "participation_ratio", "share of its incoming weights that a neuron effectively uses, mean over the layer",
        "1 / fan-in a single one, 1 all alike; Gaussian 1/3, uniform 5/9",
        needs="kernel", of=lambda kernel: mean(sparsity.participation_ratio(kernel.final)), untrained=True,
        unit="share", bounds=(0, 1), section="7.2.4", undefined="kernels of zeros",
        invariant=("neurons", "scale", "final scale", "gain", "sign"),
    ),
)  # fmt: skip
