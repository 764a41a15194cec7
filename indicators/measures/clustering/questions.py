"""What is asked of a neuron: how well the images it answers to are grouped in what it receives.

`receptive` makes the inputs and the weights that these functions take.
"""

from numpy.typing import ArrayLike

from indicators.measures.clustering.answers import ActiveNeighbors, Curve, Silhouette
from indicators.measures.clustering.neighborhoods import SIZES, NeuronInputs


def neighborhood_silhouette(
    inputs: ArrayLike,
    weights: ArrayLike,
    active: ArrayLike,
    *,
    metric: str = "cosine",
    closest: float = 0.1,
    neighborhood: float = 0.2,
    weighting: str = "components",
    of: str = "neighborhood",
) -> Silhouette:
    """Silhouette of active against inactive images around a neuron's central active ones, in [-1, 1].

    Mean of (b - a) / max(a, b) over the members of a neighborhood, then over neighborhoods; a, b: mean
    distance to the other members of the own class, and to the other class. 1: two tight groups; 0: mixed;
    below: closer to the other class. Distances are between inputs times |w| (`weighting="sum"`: between
    inputs, |w| inside each sum). Looked at: floor(closest * active) active images of smallest summed
    distance to the active ones; around each floor(neighborhood * images), itself first; ties by lowest
    index. `of="point"`: the silhouette of that image alone. Neighborhoods of one class or of fewer than 3
    are skipped.

    inputs: (images, d); weights: (d,); active: (images,) bool. ValueError for other shapes or options, NaN,
    infinity, shares outside (0, 1]; TypeError for other dtypes. Thesis section 8.4.
    """
    received = NeuronInputs(inputs, weights, active, metric, weighting)
    return received.silhouette(closest=closest, neighborhood=neighborhood, of=of)


def active_neighbors(
    inputs: ArrayLike,
    weights: ArrayLike,
    active: ArrayLike,
    *,
    metric: str = "cosine",
    closest: float = 0.1,
    neighborhood: float = 0.2,
    weighting: str = "components",
) -> ActiveNeighbors:
    """Share of active images in the neighborhoods of a neuron's central active images, in [0, 1].

    The mean over the neighborhoods that `neighborhood_silhouette` looks at, those of one class and of any
    number of members included. 1: only active images around; the share of active images among all: no
    grouping. The image itself counts, so 0 is never reached.

    Arguments and errors are those of `neighborhood_silhouette`. Thesis section 8.4.7.
    """
    received = NeuronInputs(inputs, weights, active, metric, weighting)
    return received.active_neighbors(closest=closest, neighborhood=neighborhood)


def neighborhood_curve(
    inputs: ArrayLike,
    weights: ArrayLike,
    active: ArrayLike,
    *,
    sizes: ArrayLike = SIZES,
    closest: float = 0.2,
    metric: str = "cosine",
    weighting: str = "components",
    of: str = "neighborhood",
) -> Curve:
    """Silhouette of `neighborhood_silhouette` for every size of the neighborhoods, each in [-1, 1].

    Equal to asking for one size after the other, at little more than the cost of the largest.

    sizes: (n,) increasing shares of the images in (0, 1], the 18 of the thesis unless told; the other
    arguments and errors are those of `neighborhood_silhouette`. Thesis section 8.4.8.
    """
    return NeuronInputs(inputs, weights, active, metric, weighting).curve(sizes=sizes, closest=closest, of=of)
