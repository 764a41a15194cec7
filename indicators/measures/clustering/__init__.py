"""How well the images a neuron answers to are grouped in what the neuron receives: arrays in, numbers out."""

from indicators.measures.clustering.answers import ActiveNeighbors, Curve, Ignored, Silhouette
from indicators.measures.clustering.neighborhoods import KINDS, METRICS, SIZES, WEIGHTINGS, NeuronInputs
from indicators.measures.clustering.questions import active_neighbors, neighborhood_curve, neighborhood_silhouette

__all__ = [
    "KINDS",
    "METRICS",
    "SIZES",
    "WEIGHTINGS",
    "ActiveNeighbors",
    "Curve",
    "Ignored",
    "NeuronInputs",
    "Silhouette",
    "active_neighbors",
    "neighborhood_curve",
    "neighborhood_silhouette",
]
