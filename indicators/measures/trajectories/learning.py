"""When a network learns which of its training images: some of them, asked about after every epoch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from indicators.measures.arrays import Array, Bools, Integers

ASKED = 1000
LEARNED_SEED = 7
DIFFICULTIES = ("easy", "hard")


@dataclass(frozen=True)
class Learning:
    """Some training images, the same for all networks of a seed, and which of them the network got right so far."""

    images: Array
    """(images,), their numbers among the training images, ascending."""
    right: Array
    """(epochs, images), 1 where the network is right after the epoch, in inference mode; uint8."""

    @classmethod
    def start(cls, available: int, seed: int, stored: dict[str, Array] | None = None) -> Learning:
        """Chooses images among those available; goes on from what is stored."""
        rng = np.random.default_rng([LEARNED_SEED, seed])
        images = np.sort(rng.choice(available, min(ASKED, available), replace=False)).astype(np.int64)
        return cls(images, stored["right"] if stored else np.empty((0, len(images)), np.uint8))

    def after(self, right: ArrayLike) -> Learning:
        """The same after one more epoch."""
        return Learning(self.images, np.concatenate([self.right, np.asarray(right, np.uint8)[None]]))

    @property
    def arrays(self) -> dict[str, Array]:
        """As they are stored."""
        return {"images": self.images, "right": self.right}


def learned_at(right: ArrayLike) -> Integers:
    """The first epoch, from 1, from which the network gets each image right to the end, (images,).

    1: from the first epoch on; epochs + 1: it is wrong at the end, whatever it was before. An image that is forgotten
    and learned again counts by the last time. right: (epochs, images), 0 or 1, at least one epoch. ValueError for
    other shapes or values. Thesis sections 5.2 and 8.5; Kishida and Nakayama 2019.
    """
    values = np.asarray(right)
    if values.ndim != 2 or values.size == 0 or not np.isin(values, (0, 1)).all():
        raise ValueError(f"right.shape={values.shape}: expected (epochs, images) of 0 and 1, one epoch at least")
    # Right from here to the end: once wrong, all epochs before are out.
    kept = np.logical_and.accumulate(values[::-1].astype(bool), axis=0).sum(axis=0)
    found: Integers = len(values) + 1 - kept.astype(np.int64)
    return found


def learned_early(epochs: ArrayLike) -> Bools:
    """Which images belong to the half that is learned first, (images,); ties go by the number of the image.

    Of an odd number the one in the middle is in the later half. epochs: (images,), as `learned_at` gives them.
    """
    order = np.argsort(np.asarray(epochs), kind="stable")
    early = np.zeros(len(order), np.bool_)
    early[order[: len(order) // 2]] = True
    return early
