"""How the images that a neuron answers to are grouped in what it receives: rows of the catalog."""

import numpy as np

from indicators.measures import clustering
from indicators.measures.inputs import SIDES
from indicators.measures.row import Indicator, clustering_image

SIZES = tuple(clustering.SIZES.tolist())
REASONS = tuple(clustering.Ignored)

ROWS: tuple[Indicator, ...] = (
    Indicator(
        "silhouette_cosine", "silhouette of active against inactive images around a neuron's central active ones",
        "0 mixed, 1 two tight groups; below 0 closer to the other group",
        needs="neuron", of=lambda neuron: neuron.silhouettes["cosine"].value, undefined="neurons that are ignored",
        unit="silhouette", bounds=(-1, 1), section="8.4", resolution=clustering_image, untrained=True,
        invariant=("images", "scale"),
    ),
    Indicator(
        "silhouette_euclidean", "the same by Euclidean distance",
        "0 mixed, 1 two tight groups; below 0 closer to the other group",
        needs="neuron", of=lambda neuron: neuron.silhouettes["euclidean"].value, undefined="neurons that are ignored",
        unit="silhouette", bounds=(-1, 1), section="8.4", resolution=clustering_image, untrained=True,
        invariant=("images", "scale"),
    ),
    Indicator(
        "silhouette_cosine_2019", "silhouette of a window of the layer's own outputs before normalization, unweighted",
        "0 mixed, 1 two tight groups; below 0 closer to the other group",
        needs="neuron", of=lambda neuron: neuron.silhouette_2019("cosine"),
        undefined="neurons that are ignored, dense layers, maps of one row or column",
        unit="silhouette", bounds=(-1, 1), section="8.4", resolution=clustering_image, untrained=True,
        invariant=("images", "scale"),
    ),
    Indicator(
        "silhouette_by_pooling", "silhouette of what the pooling before a layer read and of what it gave (cosine)",
        "0 mixed, 1 two tight groups; below 0 closer to the other group",
        needs="neuron", of=lambda neuron: neuron.silhouette_by_pooling("cosine"),
        undefined="layers that do not follow a pooling of maps directly, neurons that are ignored on either side",
        unit="silhouette", bounds=(-1, 1), section="8.4.6", axes={"side": SIDES}, resolution=clustering_image,
        invariant=("images", "scale"),
    ),
    Indicator(
        "silhouette_ignored", "share of the sampled neurons that have no silhouette (cosine), by the reason",
        "0 none, 1 all for this reason",
        needs="neuron",
        of=lambda neuron: np.array([neuron.silhouettes["cosine"].ignored is reason for reason in REASONS], float),
        unit="share", bounds=(0, 1), section="8.4.6", axes={"reason": REASONS}, untrained=True,
        resolution=lambda study: 1.0 / study.measuring.neurons, invariant=("images", "scale"),
    ),
    Indicator(
        "active_neighbors_cosine", "share of active images among the nearest of a neuron's central active ones",
        "the share of active images no grouping, 1 only active ones around",
        needs="neuron", of=lambda neuron: neuron.active_neighbors("cosine"),
        undefined="neurons active on fewer than twenty images",
        unit="share", bounds=(0, 1), section="8.4.7", resolution=clustering_image, untrained=True,
        invariant=("images", "scale"),
    ),
    Indicator(
        "active_neighbors_euclidean", "the same by Euclidean distance",
        "the share of active images no grouping, 1 only active ones around",
        needs="neuron", of=lambda neuron: neuron.active_neighbors("euclidean"),
        undefined="neurons active on fewer than twenty images",
        unit="share", bounds=(0, 1), section="8.4.7", resolution=clustering_image, untrained=True,
        invariant=("images", "scale"),
    ),
    Indicator(
        "neighborhood_curve", "silhouette by the share of the images that a neighborhood holds",
        "0 mixed, 1 two tight groups; below 0 closer to the other group",
        needs="neuron", of=lambda neuron: np.array([neuron.curve(metric) for metric in clustering.METRICS]),
        undefined="neurons that are ignored, sizes of fewer than three images",
        unit="silhouette", bounds=(-1, 1), section="8.4.8", resolution=clustering_image, untrained=True,
        axes={"distance": clustering.METRICS, "size": SIZES}, invariant=("images", "scale"),
    ),
)  # fmt: skip
