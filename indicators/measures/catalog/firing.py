"""How active neurons are: rows of the catalog."""

import math

from indicators.measures import activity, information
from indicators.measures.distributions import quantiles
from indicators.measures.inputs import BIN_EDGES, BINS, SHARES, mean
from indicators.measures.row import Indicator, image

ROWS: tuple[Indicator, ...] = (
    Indicator(
        "never_active", "share of neurons that are zero on every image",
        "0 none, 1 all",
        needs="layer", of=lambda layer: mean(activity.pathological(layer.activations)[0]),
        unit="share", bounds=(0, 1), section="8.3.5", resolution=image, untrained=True, held_out=True,
        invariant=("images", "neurons", "scale"),
    ),
    Indicator(
        "always_active", "share of neurons that are above zero on every image",
        "0 none, 1 all",
        needs="layer", of=lambda layer: mean(activity.pathological(layer.activations)[1]),
        unit="share", bounds=(0, 1), section="8.3.5", resolution=image, untrained=True,
        invariant=("images", "neurons", "scale"),
    ),
    Indicator(
        "never_active_channels", "share of channels that are zero at every place of every image",
        "0 none, 1 all",
        needs="layer", of=lambda layer: mean(activity.pathological_channels(layer.activations, layer.channels)[0]),
        unit="share", bounds=(0, 1), section="8.3.5", resolution=image, untrained=True, held_out=True,
        invariant=("images", "scale"),
    ),
    Indicator(
        "always_active_channels", "share of channels that are above zero at every place of every image",
        "0 none, 1 all",
        needs="layer", of=lambda layer: mean(activity.pathological_channels(layer.activations, layer.channels)[1]),
        unit="share", bounds=(0, 1), section="8.3.5", resolution=image, untrained=True, held_out=True,
        invariant=("images", "scale"),
    ),
    Indicator(
        "active_share", "share of the images on which a neuron is above zero, mean over the layer",
        "0 never, 1 always",
        needs="layer", of=lambda layer: mean(layer.active_shares),
        unit="share", bounds=(0, 1), section="8.3.5", resolution=image, untrained=True,
        invariant=("images", "neurons", "scale"),
    ),
    Indicator(
        "active_share_histogram", "share of a layer's neurons by the share of the images on which they are above zero",
        "0 no neuron, 1 all neurons in this hundredth of the scale",
        needs="layer", of=lambda layer: information.nmi_histogram(layer.active_shares, BINS) / len(layer.active_shares),
        unit="share", bounds=(0, 1), section="8.5", axes={"active": BIN_EDGES}, resolution=image, untrained=True,
        invariant=("images", "neurons", "scale"),
    ),
    Indicator(
        "activity_entropy", "mean entropy of a layer's neurons, above zero or not",
        "0 each never or always, 0.693 each on half of the images",
        needs="layer", of=lambda layer: mean(activity.activity_entropy(layer.activations)),
        unit="nats", bounds=(0, math.log(2)), section="8.3.6", resolution=image, untrained=True,
        invariant=("images", "neurons", "scale"),
    ),
    Indicator(
        "zero_ratio", "share of exact zeros among the activations of a layer",
        "0 none, 1 all",
        needs="layer", of=lambda layer: mean(activity.zero_ratio(layer.activations)),
        unit="share", bounds=(0, 1), section="8.3.6", resolution=image, untrained=True,
        invariant=("images", "neurons", "scale"),
    ),
    Indicator(
        "zero_ratio_binarized", "share of activations not above their neuron's mean",
        "1/2 symmetric, 1 none varies",
        needs="layer", of=lambda layer: mean(activity.zero_ratio(layer.activations, of="binarized")),
        unit="share", bounds=(0, 1), section="8.3.6", resolution=image, untrained=True,
        invariant=("images", "neurons", "scale"),
    ),
    Indicator(
        "mean_activation_quantiles", "quantiles over a layer's neurons of their mean activation",
        "at share 0 the least active neuron, at 1 the most active",
        needs="layer", of=lambda layer: quantiles(activity.mean_activations(layer.activations), SHARES),
        unit="activation", bounds=(-math.inf, math.inf), section="A", axes={"share": SHARES}, untrained=True,
        invariant=("neurons",),
    ),
)  # fmt: skip
