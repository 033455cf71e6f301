"""From joints to what the network reads: joint volumes, limb masks, mask prior, transforms.

Sections 3.1 and 3.2 of the CVPR 2018 paper, batched, so that they run inside an input pipeline
and inside an exported graph.

Joints are float tensors (B, J, 2): (x, y) in pixels, 0 at the centre of the first pixel. With
float64 joints, coordinates are computed in float64 and pixels in float32. A joint that is NaN
is missing: its volume channel is zero, and a limb that lacks any of its joints has a zero mask
and the identity as its transform.
"""

import numpy as np
from keras import ops

from posewarp.skeleton import Skeleton

# Named after what they are in the published model; lengths in pixels at 256 px.
JOINT_SIGMA = 7 / 4
"""Standard deviation of a joint's Gaussian, in pixels of the half-size grid."""
MIN_LENGTH_VARIANCE = 5.0
"""Least variance of a limb's mask along the limb, in square pixels."""
LENGTH_VARIANCE_FACTOR = 1 / 1.5
"""Variance of a limb's mask along the limb, as a share of its squared length."""
PRIOR_FLOOR = 1e-10
"""Added to masks before their logarithm is taken."""


def joint_volumes(joints, size: int, sigma: float = JOINT_SIGMA):
    """Draws one Gaussian per joint on a half-size grid.

    Args:
        joints: Float tensor (B, J, 2) in pixels of the full-size image.
        size: int. Height and width S of the full-size image.
        sigma: float. Standard deviation in pixels of the half-size grid.

    Returns:
        Float32 tensor (B, S/2, S/2, J) in [0, 1]. The channel of a joint that is missing, or
        that is on or beyond the grid's outermost pixels, is zero.
    """
    half = size // 2
    joints = ops.convert_to_tensor(joints) / 2
    # A NaN compares false on both sides, so a missing joint counts as outside.
    inside = ops.all(ops.logical_and(joints > 0, joints < half - 1), axis=-1)
    joints = ops.where(inside[..., None], joints, 0.0)
    grid = ops.arange(half, dtype=joints.dtype)
    # The Gaussian is separable: two profiles (B, S/2, 2, J) instead of S^2/4 exponentials.
    distance = grid[None, :, None, None] - ops.transpose(joints, (0, 2, 1))[:, None]
    distance = ops.cast(distance, "float32")
    profiles = ops.exp(-ops.square(distance) / (2 * sigma**2))
    across = profiles[:, None, :, 0] * ops.cast(inside, "float32")[:, None, None]
    return profiles[:, :, None, 1] * across


def mask_prior(joints, skeleton: Skeleton, size: int, scale: float = 1.0):
    """Makes the additive prior on the logits of module A.

    A limb's mask is an elongated Gaussian about where the limb is, divided by (its maximum over
    the image + 1e-6); the background's is one less the largest of them. The mask of a limb with a
    missing joint is zero.

    Args:
        joints: Float tensor (B, J, 2) in pixels.
        skeleton: Skeleton. Gives the limbs' end points and widths.
        size: int. Height and width S of the image.
        scale: float. Multiplies the skeleton's widths and the least length, which are
            quoted at 256 px; a smaller image wants `size / 256`.

    Returns:
        Float32 tensor (B, S, S, L + 1): logarithms of the masks (+ 1e-10), of the background's
        in channel 0.
    """
    depths = _limb_depths(ops.convert_to_tensor(joints), skeleton, size, scale)
    nearest = ops.min(depths, axis=-1, keepdims=True)  # the limb that covers most
    background = ops.log(PRIOR_FLOOR - ops.expm1(-nearest))
    return ops.concatenate([background, ops.log(ops.exp(-depths) + PRIOR_FLOOR)], axis=-1)


def _limb_depths(joints, skeleton, size, scale):
    """Negative logarithms of the limbs' masks, float32 (B, S, S, L); infinite without a limb.

    They are quadratics, written as what is added to the brightest pixel's, without cancellation:
    close to a limb's axis that is about 1e-6, and the network reads the background's logarithm.
    """
    complete = _complete(joints, skeleton)
    joints = ops.where(ops.isnan(joints), 0.0, joints)
    start, end = (
        ops.matmul(ops.cast(weights, joints.dtype), joints) for weights in skeleton.end_weights
    )
    middle, direction = (start + end) / 2, end - start
    squared_length = ops.sum(ops.square(direction), axis=-1)
    length = ops.sqrt(squared_length)
    pointlike = length < 1e-6  # has no direction: any will do, and x is the published choice
    safe_length = ops.where(pointlike, 1.0, length)
    cosine = ops.where(pointlike, 1.0, direction[..., 0] / safe_length)
    sine = direction[..., 1] / safe_length

    # Distances along and across the limb, in units that make the exponent their squares' sum.
    along_unit = ops.sqrt(
        2 * ops.maximum(MIN_LENGTH_VARIANCE * scale**2, squared_length * LENGTH_VARIANCE_FACTOR)
    )
    across_unit = ops.cast(skeleton.limb_widths * scale * 2**0.5, joints.dtype)
    along_x, along_y = cosine / along_unit, sine / along_unit
    across_x, across_y = -sine / across_unit, cosine / across_unit

    # In every row (B, S, L) the quadratic is least at the whole pixel nearest to its vertex.
    rows = ops.arange(size, dtype=joints.dtype)[:, None]
    dy = rows - middle[:, None, :, 1]
    slope = (along_x * along_y + across_x * across_y) / (along_x**2 + across_x**2)
    vertex = middle[:, None, :, 0] - slope[:, None] * dy
    columns = ops.clip(ops.round(vertex), 0, size - 1)
    dx = columns - middle[:, None, :, 0]
    along = along_x[:, None] * dx + along_y[:, None] * dy
    across = across_x[:, None] * dx + across_y[:, None] * dy
    exponent = ops.square(along) + ops.square(across)
    brightest = ops.argmin(exponent, axis=1, keepdims=True)
    columns, along, across, exponent = (
        ops.take_along_axis(values, brightest, axis=1)[:, 0]
        for values in (columns, along, across, exponent)
    )
    # Of the division by the maximum + 1e-6, which is what the mask lacks of 1 at that pixel.
    depth = ops.where(complete > 0, ops.log1p(1e-6 * ops.exp(exponent)), np.inf)

    # By (row, column, limb), from the brightest pixel on.
    column, row, along, across, along_x, along_y, across_x, across_y, depth = (
        ops.cast(values, "float32")[:, None, None]
        for values in (
            *(columns, brightest[:, 0], along, across),
            *(along_x, along_y, across_x, across_y, depth),
        )
    )
    pixel = ops.arange(size, dtype="float32")[:, None]
    dx, dy = pixel - column, pixel[:, None] - row
    to_along = along_x * dx + along_y * dy
    to_across = across_x * dx + across_y * dy
    added = to_along * (to_along + 2 * along) + to_across * (to_across + 2 * across)
    return ops.maximum(added, 0.0) + depth


def limb_transforms(source_joints, target_joints, skeleton: Skeleton):
    """Fits, for each limb, the similarity that looks up the source for a target pixel.

    The least-squares fit `[[a, -b, tx], [b, a, ty]]` over all joints of the limb takes
    target joints to source joints, because a warp pulls: an output pixel looks up where it
    came from. With joints as complex numbers about their mean, a + ib is the regression
    coefficient sum(conj(t) s) / sum(|t|^2).

    Args:
        source_joints, target_joints: Float tensors (B, J, 2) in pixels.

    Returns:
        Float32 tensor (B, 2, 3, L + 1); channel 0 is the identity, as is the channel of a
        limb that lacks a joint in either pose. Where a limb's target joints coincide, the
        fit is the translation between the means.
    """
    source = ops.convert_to_tensor(source_joints)
    target = ops.cast(target_joints, source.dtype)
    complete = _complete(source, skeleton) * _complete(target, skeleton)
    source = ops.where(ops.isnan(source), 0.0, source)
    target = ops.where(ops.isnan(target), 0.0, target)

    membership = ops.cast(skeleton.membership, source.dtype)
    averaging = membership / ops.sum(membership, axis=1, keepdims=True)
    source_mean = ops.matmul(averaging, source)  # (B, L, 2)
    target_mean = ops.matmul(averaging, target)
    # About the means, zero where a joint is not the limb's: (B, L, J, 2).
    members = membership[None, :, :, None]
    source = (source[:, None] - source_mean[:, :, None]) * members
    target = (target[:, None] - target_mean[:, :, None]) * members

    spread = ops.sum(ops.square(target), axis=(2, 3))
    pointlike = spread < 1e-6
    safe_spread = ops.where(pointlike, 1.0, spread)
    a = ops.where(pointlike, 1.0, ops.sum(target * source, axis=(2, 3)) / safe_spread)
    b = (
        ops.sum(target[..., 0] * source[..., 1] - target[..., 1] * source[..., 0], axis=2)
        / safe_spread
    )
    tx = source_mean[..., 0] - a * target_mean[..., 0] + b * target_mean[..., 1]
    ty = source_mean[..., 1] - b * target_mean[..., 0] - a * target_mean[..., 1]
    fitted = ops.stack([ops.stack([a, -b, tx], 1), ops.stack([b, a, ty], 1)], 1)
    fitted = ops.cast(fitted, "float32")

    identity = ops.eye(2, 3, dtype="float32")[None, :, :, None]
    transforms = ops.where(complete[:, None, None] > 0, fitted, identity)
    background = ops.broadcast_to(identity, (ops.shape(source)[0], 2, 3, 1))
    return ops.concatenate([background, transforms], axis=-1)


def _complete(joints, skeleton):
    """Float tensor (B, L): 1 where every joint of the limb is present."""
    missing = ops.cast(ops.any(ops.isnan(joints), axis=-1), "float32")
    missing_in_limb = ops.matmul(missing, ops.convert_to_tensor(skeleton.membership.T))
    return ops.cast(missing_in_limb < 0.5, "float32")


def network_inputs(source_image, source_joints, target_joints, skeleton: Skeleton, size: int):
    """Assembles the dict of tensors that the networks take.

    Args:
        source_image: Float tensor (B, S, S, 3), RGB in [-1, 1].
        source_joints, target_joints: Float tensors (B, J, 2) in pixels.
        size: int. The image size S. The sigmas, quoted at 256 px, scale with it.

    Returns:
        Dict of float32 tensors: `source_image` as given, `source_volume` and
        `target_volume` (B, S/2, S/2, J), `mask_prior` (B, S, S, L + 1) and `transforms`
        (B, 2, 3, L + 1).
    """
    scale = size / 256
    return {
        "source_image": source_image,
        "source_volume": joint_volumes(source_joints, size, JOINT_SIGMA * scale),
        "target_volume": joint_volumes(target_joints, size, JOINT_SIGMA * scale),
        "mask_prior": mask_prior(source_joints, skeleton, size, scale),
        "transforms": limb_transforms(source_joints, target_joints, skeleton),
    }
