"""Removes the grain of few light paths, as cameras do, but keeps what surfaces look like.

The light that falls on a surface is smoothed among neighbours that face the same way; what the
surface makes of it, its colour, stays sharp.
"""

import numpy as np

REACH = 2
"""Pixels on each side that a pixel's light is averaged with."""
FACING, COLOUR, BRIGHTNESS = 0.35, 0.5, 1.2
"""How different normals, logarithmic colours and logarithmic light of two neighbours may be."""
DARKEST = 0.03


def smooth_light(light: np.ndarray, albedo: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """Denoises a picture.

    Args:
        light: Float array (H, W, 3), linear.
        albedo: Float array (H, W, 3), the surfaces' colours.
        normals: Float array (H, W, 3), their shading normals.

    Returns:
        Float array (H, W, 3).
    """
    height, width = light.shape[:2]
    base = albedo + DARKEST
    falling = light / base
    level = np.log(falling.mean(axis=2, keepdims=True) + 1e-3)
    guides = np.concatenate(
        [normals / FACING, np.log(base) / COLOUR, level / BRIGHTNESS], axis=2
    ).astype("float32")
    total, weights = np.zeros_like(light), np.zeros((height, width, 1), "float32")
    for down in range(-REACH, REACH + 1):
        for right in range(-REACH, REACH + 1):
            here, there = _overlap(height, down), _overlap(height, -down)
            columns, others = _overlap(width, right), _overlap(width, -right)
            difference = guides[here, columns] - guides[there, others]
            distance = (difference**2).sum(axis=2, keepdims=True) + 0.18 * (down**2 + right**2)
            weight = np.exp(-distance)
            total[here, columns] += weight * falling[there, others]
            weights[here, columns] += weight
    return base * total / weights


def _overlap(size, shift):
    """The part of an axis whose neighbours at a shift are within it."""
    return slice(max(0, -shift), size - max(0, shift))
