"""What of the initial weights of a seed is removed before a network is trained from the rest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from indicators.errors import InputError
from indicators.measures import pruning
from indicators.specs import ModelSpec
from indicators.store import Arrays

_SEED = 8


def removed(spec: ModelSpec, initial: Arrays, kernels: Sequence[str], parent: Arrays | None) -> pruning.Masks:
    """Masks of the weights that a network starts without, True = removed; no masks where it starts with all.

    Of all kernels together exactly floor(fraction N): the smallest of the final weights of `parent`, which is the same
    network trained with all (Frankle & Carbin 2019), or, by a generator of the seed, any. `kernels`: names of the
    arrays that are kernels. InputError where `parent` is needed and is None.
    """
    if spec.start is None:
        return []
    if spec.start.mask == "random":
        rng = np.random.default_rng([_SEED, spec.seed])
        return pruning.random_mask([initial[name] for name in kernels], spec.start.fraction, rng=rng)
    if parent is None:
        raise InputError(
            f"{spec.label}: start.mask='magnitude' goes by the final weights of the same network without `start`, "
            "which is not trained; train that one first"
        )
    return pruning.magnitude_mask([parent[name] for name in kernels], spec.start.fraction)


def without(arrays: Arrays, kernels: Sequence[str], masks: pruning.Masks) -> Arrays:
    """The arrays with zeros where kernels are masked."""
    return arrays | {
        name: np.where(mask, np.float32(0), arrays[name])
        for name, mask in zip(kernels if masks else (), masks, strict=True)
    }
