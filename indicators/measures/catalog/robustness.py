"""What is lost when weights go, and from which layers they go: rows of the catalog."""

from typing import Any

from indicators.measures import pruning
from indicators.measures.row import Indicator, Sweep, pruning_image, variant_image

FRACTIONS = Sweep().fractions
FEW_FRACTIONS = [FRACTIONS[place] for place in (0, 1, 4, 8, 12, 16, 20, 25)]
FEW = Sweep(FEW_FRACTIONS, "variant_images")


def _magnitude(kernels: Any, fractions: Any, _: Any, **options: str) -> Any:
    return pruning.magnitude_masks(kernels, fractions, **options)


def _random(kernels: Any, fractions: Any, rng: Any) -> Any:
    return (pruning.random_mask(kernels, share, rng=rng) for share in fractions)


ROWS: tuple[Indicator, ...] = (
    Indicator(
        "magnitude_pruning", "test accuracy with a fraction of all weights, the smallest, set to zero",
        "the unpruned accuracy nothing lost, 1 / classes all",
        needs="pruning", of=_magnitude, unit="accuracy", bounds=(0, 1), section="7.3.2", resolution=pruning_image,
    ),
    Indicator(
        "random_pruning", "test accuracy with a random fraction of all weights set to zero",
        "the unpruned accuracy nothing lost, 1 / classes all",
        needs="pruning", of=_random, sweep=Sweep(draws=True),
        unit="accuracy", bounds=(0, 1), section="7.3.1", resolution=pruning_image,
    ),
    Indicator(
        "layerwise_magnitude_pruning", "test accuracy with a fraction of each layer's weights, the smallest, zero",
        "the unpruned accuracy nothing lost, 1 / classes all",
        needs="pruning", of=lambda *args: _magnitude(*args, scope="layer"), sweep=FEW,
        unit="accuracy", bounds=(0, 1), section="7.3.2", resolution=variant_image,
    ),
    Indicator(
        "largest_pruning", "test accuracy with a fraction of all weights, the largest, set to zero",
        "the unpruned accuracy nothing lost, 1 / classes all",
        needs="pruning", of=lambda *args: _magnitude(*args, order="largest"),
        sweep=FEW,
        unit="accuracy", bounds=(0, 1), section="7.3.2", resolution=variant_image,
    ),
    Indicator(
        "magnitude_pruning_reestimated", "the accuracy of magnitude pruning with batch statistics estimated after it",
        "the unpruned accuracy nothing lost, 1 / classes all",
        needs="pruning", of=_magnitude, sweep=Sweep(FEW_FRACTIONS, "variant_images", statistics="estimated"),
        unit="accuracy", bounds=(0, 1), section="7.3.2", resolution=variant_image,
    ),
    Indicator(
        "random_pruning_reestimated", "the accuracy of random pruning with batch statistics estimated after it",
        "the unpruned accuracy nothing lost, 1 / classes all",
        needs="pruning", of=_random, sweep=Sweep(FEW_FRACTIONS, "variant_images", statistics="estimated"),
        unit="accuracy", bounds=(0, 1), section="7.3.1", resolution=variant_image,
    ),
    Indicator(
        "weights_removed_per_layer", "share of each layer's weights among the smallest of all weights",
        "0 none of the layer, 1 all of it",
        needs="kernels", of=lambda kernels: pruning.removed_curves(kernels, pruning.FRACTIONS).T,
        unit="share", bounds=(0, 1), section="7.3.2", axes={"fraction": FRACTIONS}, invariant=("scale", "sign"),
    ),
)  # fmt: skip
