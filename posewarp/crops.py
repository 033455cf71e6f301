"""The crop of a photo that the networks were trained on: about the person, at a common scale."""

import numpy as np
from keras import ops

from posewarp.joints import is_inside, mean_of_present, measured_sizes
from posewarp.resampling import resample
from posewarp.skeleton import PERSON_HEIGHT, Skeleton


def person_crop(source_joints, target_joints, skeleton: Skeleton, size: int):
    """The map from a photo to the S x S crop in which the networks expect two poses.

    What `data.annotated_video` and `data.augment.crop_affine` make of a video of two frames.

    Args:
        source_joints: Float tensor (B, J, 2) in pixels; NaN where missing.
        target_joints: Float tensor (B, J, 2) in pixels of the same photo.
        skeleton: Skeleton. Says how a person's size is measured.
        size: int. S.

    Returns:
        Float32 tensor (B, 2, 3): a scale and a shift. NaN where neither pose has the joints
        of a measure, or one has no joint at all.
    """
    joints = ops.stack(
        [ops.convert_to_tensor(joints, "float32") for joints in (source_joints, target_joints)], 1
    )
    person = _person_size(joints, skeleton)
    scale = PERSON_HEIGHT * size / 256 / ops.where(person > 0, person, np.nan)
    missing = ops.isnan(joints)
    # inf - inf is NaN, which is right for a pose without joints.
    low = ops.min(ops.where(missing, np.inf, joints), axis=2)
    high = ops.max(ops.where(missing, -np.inf, joints), axis=2)
    center = ops.mean((low + high) / 2, axis=1)
    shift = (size - 1) / 2 - scale[:, None] * center
    return ops.concatenate([scale[:, None, None] * ops.eye(2), shift[..., None]], axis=-1)


def crop_photos(photos, crops, size: int):
    """Cuts crops out of photos as the training pipeline does; beyond a photo, its edge repeats.

    Args:
        photos: Tensor (B, H, W, 3).
        crops: Float tensor (B, 2, 3), the maps from photo to crop: a scale and a shift per axis.
        size: int. Height and width S of the crops.

    Returns:
        Float32 tensor (B, S, S, 3) on the scale of the photos.
    """
    crops = ops.convert_to_tensor(crops, "float32")
    scale = ops.stack([crops[:, 0, 0], crops[:, 1, 1]], axis=1)
    return resample(ops.cast(photos, "float32"), scale, crops[..., 2], size, size)


def _person_size(joints, skeleton):
    """The larger person's size (B,) in joints (B, 2, J, 2); 0 where it cannot be measured."""
    sizes = measured_sizes(joints, skeleton, ops)
    for index, measure in enumerate(skeleton.size):
        if measure.over == "video":  # the median of two is their mean
            sizes[index] = mean_of_present(sizes[index], ops)[:, None]
    sizes = ops.concatenate(sizes, axis=1)
    return ops.max(ops.where(ops.isnan(sizes), 0.0, sizes), axis=1)


def without_outside(joints, height, width):
    """Makes joints that lie outside their photo missing, tensor (B, J, 2)."""
    inside = is_inside(joints, ops.cast(height, "float32"), ops.cast(width, "float32"))
    return ops.where(inside[..., None], joints, np.nan)
