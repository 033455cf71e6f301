"""Frames of a photo's person in one pose after another, all through one crop."""

from collections.abc import Iterator

import numpy as np

from data.annotated_video import Video
from data.augment import crop_affine
from posewarp.errors import DataError
from posewarp.skeleton import PERSON_HEIGHT, Skeleton
from posewarp.transfer import PoseTransfer

LARGEST = 0.9
"""Of the crop's side, at most this share is covered by where joints ever are."""


def sequence_crop(
    source: np.ndarray, poses: np.ndarray, skeleton: Skeleton, size: int
) -> np.ndarray:
    """One crop for all frames: the largest person's, in the middle of where joints ever are.

    It is wider where the person would leave it otherwise.

    Args:
        source: Float array (J, 2) in pixels of the photo.
        poses: Float array (N, J, 2) in pixels of the photo.
        skeleton: Skeleton.
        size: int. S.

    Returns:
        Float array (2, 3), from the photo to the S x S crop.

    Raises:
        DataError: The person's size cannot be measured in any of them.
    """
    joints = np.concatenate([source[None], poses])
    person = Video("animation", (), skeleton.joints, joints).person_sizes(skeleton).max()
    if not np.isfinite(person):
        raise DataError(
            f"the person's size cannot be measured in any pose: "
            f"expected joints of a measure of skeleton {skeleton.name}"
        )
    low, high = np.nanmin(joints, axis=(0, 1)), np.nanmax(joints, axis=(0, 1))
    covering = (high - low).max() * PERSON_HEIGHT / (LARGEST * 256)
    return crop_affine(max(person, covering), (low + high) / 2, size)


def animate(
    model: PoseTransfer,
    photo: np.ndarray,
    source: np.ndarray,
    poses: np.ndarray,
    crop: np.ndarray,
    batch_size: int,
) -> Iterator[np.ndarray]:
    """Makes the frames one after the other, uint8 (H, W, 3)."""
    same = {"photo": photo, "source_joints": source, "crop": crop}
    same = {name: np.stack([array] * batch_size) for name, array in same.items()}
    for start in range(0, len(poses), batch_size):
        batch = poses[start : start + batch_size]
        # The last batch is filled up: one of another size is rounded differently, here and there.
        full = np.pad(batch, ((0, batch_size - len(batch)), (0, 0), (0, 0)), "edge")
        yield from model.predict_on_batch({**same, "target_joints": full})["photo"][: len(batch)]
