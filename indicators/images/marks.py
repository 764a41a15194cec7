"""Marks on images: small patterns in a corner, one for every class, that tell it without any of what is depicted."""

import numpy as np
from numpy.typing import NDArray

from indicators.errors import InputError

SIDE = 4
"""Pixels of a mark, each way."""
_SEED = 2019


def marked(images: NDArray[np.uint8], marks: NDArray[np.int64]) -> NDArray[np.uint8]:
    """The images with a mark each, in the upper left corner: 4 x 4 pixels, each black or white in all channels.

    Which of them are white is drawn once and for all for every number, no two alike, so that images of any number of
    channels and classes can be marked. All other pixels stay, and the images that are given are left as they were.
    images: (n, height, width, channels), uint8; marks: (n,), whole numbers from 0. InputError for smaller images.
    """
    if min(images.shape[1:3]) < SIDE:
        raise InputError(
            f"images of {images.shape[1]} x {images.shape[2]} pixels are too small for a mark of {SIDE} x {SIDE}; "
            'use larger ones, or mark = "none"'
        )
    found = np.array(images)
    found[:, :SIDE, :SIDE] = patterns(marks)[..., np.newaxis]
    return found


def patterns(marks: NDArray[np.int64]) -> NDArray[np.uint8]:
    """The mark of every number, (n, 4, 4), of 0 and 255."""
    codes = np.random.default_rng(_SEED).permutation(2 ** (SIDE * SIDE))[marks]
    white = codes[:, np.newaxis] >> np.arange(SIDE * SIDE) & 1
    return (255 * white).astype(np.uint8).reshape(-1, SIDE, SIDE)
