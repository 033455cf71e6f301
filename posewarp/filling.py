"""Fills the place that the person leaves with the colours of the photo around it.

A small network paints over an old arm unevenly, and what shows is a ghost of it. Where the person
was and will not be, colours that spread from the photo's background (a pyramid of weighted means:
the pull-push of Gortler et al., "The Lumigraph", SIGGRAPH 1996) take the place of the network's.
"""

from keras import ops

from posewarp.detail import clear_background
from posewarp.layers import affine_warp
from posewarp.skeleton import Skeleton

SATURATION = 4.0
"""A pixel's own colour counts fully from one over this share of seen pixels on."""
NEAR, FAR = -10.0, -14.0
"""Logarithms of a limb's prior: 4.5 and 5.3 standard deviations from it. Beyond, what module A
takes for a limb is none."""
SHOULDERS, HIPS = (("right_shoulder", "left_shoulder"), ("right_hip", "left_hip"))
LEAST_BREADTH = 0.08
"""From the spine to a shoulder, as a share of the image's side: a person in profile has no less."""
SIDE, TOP, SOFT = 1.3, -0.35, 0.2
"""Of the torso: its side, its upper end and the width of its edge, in units of that breadth."""


def fill_background(made, inputs, source_joints, skeleton: Skeleton):
    """Fills the background of what the network made.

    Args:
        made: Dict of the generator's `output` (B, S, S, 3), RGB in [-1, 1], `mask_source`
            (B, S, S, L + 1) and `foreground_mask` (B, S, S, 1).
        inputs: What it was given, a dict as `posewarp.volumes.network_inputs` makes it.
        source_joints: Float tensor (B, J, 2) in pixels of its source image; NaN where missing.
        skeleton: Skeleton. If it has shoulders but no hips, no limb covers the torso, which is
            neither filled nor spread.

    Returns:
        `made`, its `output` filled.
    """
    clear, image, output = clear_background(made), inputs["source_image"], made["output"]
    beside = 1 - _torso(source_joints, skeleton, image.shape[1])
    left = (1 - clear) * (1 - _coverage(made["mask_source"], inputs["transforms"]))
    nearest = ops.max(inputs["mask_prior"][..., 1:], axis=-1, keepdims=True)
    near = ops.clip((nearest - FAR) / (NEAR - FAR), 0, 1)
    share = left * near * beside * (1 - made["foreground_mask"])
    return {**made, "output": output + share * (spread(image, clear * beside) - output)}


def spread(image, seen):
    """Spreads the colours of what is seen over what is not.

    Args:
        image: Float tensor (B, S, S, C).
        seen: Float tensor (B, S, S, 1) in [0, 1].

    Returns:
        Float tensor (B, S, S, C): the image where it is seen, elsewhere means of ever larger
        neighbourhoods; zero if nothing is seen.
    """
    # Colours times weights, and the weights: one operation for both, which are quicker to trace.
    levels = [ops.concatenate([image * seen, seen], axis=-1)]
    while levels[-1].shape[1] > 1:
        # Keras 3.15 gives the strides no default under JAX.
        levels.append(ops.average_pool(levels[-1], 2, strides=2, padding="same"))
    result = 0.0
    for level in reversed(levels):
        colours, weight = level[..., :-1], level[..., -1:]
        if level.shape[1] > 1:
            result = ops.image.resize(result, level.shape[1:3], "bilinear")
        own = ops.minimum(SATURATION * weight, 1)
        result = own * colours / ops.maximum(weight, 1e-6) + (1 - own) * result
    return result


def _coverage(mask, transforms):
    """How much of the person will be where, (B, S, S, 1): the sum of the warped limbs' masks."""
    limbs = range(1, mask.shape[-1])
    warped = (affine_warp(mask[..., limb : limb + 1], transforms[..., limb]) for limb in limbs)
    return ops.clip(sum(warped), 0, 1)


def _torso(joints, skeleton, size):
    """Where a torso is that no limb covers, float (B, S, S, 1): all, where it cannot be told."""
    names = skeleton.joints
    if not set(SHOULDERS) <= set(names) or set(HIPS) & set(names):
        return 0.0
    right, left = (joints[:, names.index(name), None, None] for name in SHOULDERS)
    across = left - right
    length = ops.sqrt(ops.sum(ops.square(across), axis=-1, keepdims=True))
    across = across / ops.maximum(length, 1e-3)
    x, y = across[..., :1], across[..., 1:]
    # Downwards in the image, from the front and from behind.
    down = ops.concatenate([-y, x], axis=-1) * ops.where(x < 0, -1.0, 1.0)
    grid = ops.arange(size, dtype="float32")
    pixels = ops.stack(ops.meshgrid(grid, grid), axis=-1)[None] - (right + left) / 2
    breadth = ops.maximum(length / 2, LEAST_BREADTH * size)
    beside, below = (
        ops.sum(pixels * axis, axis=-1, keepdims=True) / breadth for axis in (across, down)
    )
    inside = ops.clip((SIDE - ops.abs(beside)) / SOFT, 0, 1) * ops.clip((below - TOP) / SOFT, 0, 1)
    return ops.where(ops.isnan(inside), 1.0, inside)
