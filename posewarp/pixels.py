"""Pixels as files have them, from 0 to 255, and as networks take them, from -1 to 1."""

import numpy as np


def from_levels(levels):
    """Takes levels in [0, 255] to [-1, 1].

    Args:
        levels: Array or float tensor of any shape.
    """
    return levels / 127.5 - 1


def to_levels(image):
    """Takes numbers in [-1, 1] to levels in [0, 255]; undoes `from_levels`."""
    return (image + 1) * 127.5


def to_bytes(image: np.ndarray) -> np.ndarray:
    """Takes numbers in [-1, 1] to bytes; those beyond are clipped."""
    return np.clip(np.rint(to_levels(np.asarray(image))), 0, 255).astype("uint8")
