"""Finds where a video cuts to another background: both frames of a pair need the same one."""

import cv2
import numpy as np

SIDE, BLOCKS = 64, 8
"""Pixels and blocks of the small image that frames are compared by."""
BACKGROUND = 30
"""Percentile of the blocks' changes that stands for the background: a person who walks may
change the other 70 %."""
LEAST_CHANGE = 10.0
"""Grey levels (of 255) of another scene. The tennis video of the tests, filmed by hand, changes
by up to 4; 95 % of rendered people's places differ by 14 and more."""


class SceneCounter:
    """Numbers the scenes of a video as its frames go by.

    Every frame is compared with the first of its scene, so that a camera that turns slowly ends
    a scene, too.
    """

    def __init__(self):
        self._number, self._first = -1, None

    def number(self, image: np.ndarray) -> int:
        """The scene, from 0, of the next frame, a byte array (H, W, 3)."""
        current = _fingerprint(image)
        if self._first is None or _change(self._first, current) > LEAST_CHANGE:
            self._number += 1
            self._first = current
        return self._number


def _fingerprint(image):
    """The sorted values of each block of a frame, float array (blocks, channels, pixels).

    They change little when a block's content moves, as with a camera in the hand.
    """
    small = cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    side = SIDE // BLOCKS
    blocks = small.reshape(BLOCKS, side, BLOCKS, side, 3).transpose(0, 2, 4, 1, 3)
    return np.sort(blocks.reshape(BLOCKS**2, 3, side**2), axis=2).astype("float32")


def _change(one, other):
    """How much the backgrounds of two fingerprints differ, in grey levels."""
    return np.percentile(np.abs(one - other).mean(axis=(1, 2)), BACKGROUND)
