"""How the shipped architecture is laid out, for those who build it and those who only have its measurements."""

from __future__ import annotations

from indicators.specs import ArchitectureSpec

VGG_PLANS = {
    5: (1, 1, 0, 0, 0),
    8: (1, 1, 1, 1, 1),
    11: (1, 1, 2, 2, 2),
    13: (2, 2, 2, 2, 2),
    16: (2, 2, 3, 3, 3),
    19: (2, 2, 4, 4, 4),
}
"""Convolutions of every block, by depth; each block ends in a pooling, one of no convolution too, and two dense layers
follow the last. Depths of less than 11 are not the original's."""
VGG_DEPTH = 16
"""Of a VGG that does not say."""


def poolings(architecture: ArchitectureSpec) -> dict[str, int]:
    """Number of poolings before every layer of a VGG, in the order of the network; empty for a user's function."""
    if architecture.name != "vgg":
        return {}
    plan = VGG_PLANS[int(architecture.parameters.get("depth", VGG_DEPTH))]
    before = [block for block, convolutions in enumerate(plan) for _ in range(convolutions)]
    convolutions = {f"Conv{place}": count for place, count in enumerate(before, start=1)}
    return convolutions | dict.fromkeys(("Dense1", "Dense2"), len(plan))
