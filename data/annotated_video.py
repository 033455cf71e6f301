"""An annotated video of one person, as plain arrays, and what can be measured of it."""

import dataclasses
from pathlib import Path

import numpy as np

from posewarp.errors import DataError
from posewarp.joints import is_inside, measured_sizes
from posewarp.skeleton import Skeleton

FARTHEST = 2**20
"""Pixels: readers take no coordinate beyond, of which squares would be infinite in the end."""


@dataclasses.dataclass(frozen=True)
class Video:
    """The frames of one person before one background, with joints.

    Args:
        name: str. Unique within a split.
        frames: Paths of the N image files.
        joint_names: Names of the J annotated joints.
        joints: Float array (N, J, 2): (x, y) in pixels of the frame, 0 at the centre of the
            first pixel; NaN where missing.
        boxes: Float array (N, 4) or None: x, y, width, height of the person, as annotated; NaN
            where a frame has none.
    """

    name: str
    frames: tuple[Path, ...]
    joint_names: tuple[str, ...]
    joints: np.ndarray
    boxes: np.ndarray | None = None

    def select(self, skeleton: Skeleton) -> "Video":
        """The same video with a skeleton's joints, in its order, matched by name.

        Raises:
            DataError: The annotation lacks a joint of the skeleton.
        """
        absent = [name for name in skeleton.joints if name not in self.joint_names]
        if absent:
            raise DataError(
                f"video {self.name!r}: skeleton {skeleton.name} needs joints that are not "
                f"annotated: {', '.join(absent)} (annotated: {', '.join(self.joint_names)})"
            )
        joints = self.joints[:, [self.joint_names.index(name) for name in skeleton.joints]]
        return dataclasses.replace(self, joint_names=skeleton.joints, joints=joints)

    def take(self, frames: np.ndarray) -> "Video":
        """The same video with the frames that a bool array (N,) marks."""
        return dataclasses.replace(
            self,
            frames=tuple(self.frames[index] for index in np.flatnonzero(frames)),
            joints=self.joints[frames],
            boxes=None if self.boxes is None else self.boxes[frames],
        )

    def person_sizes(self, skeleton: Skeleton) -> np.ndarray:
        """The person's size in every frame, by the skeleton's measures.

        Returns:
            Float array (N,) in pixels, about the person's height. A frame that lacks the
            joints of every measure has the median of the video's other frames; all are NaN
            where no frame can be measured.
        """
        sizes = measured_sizes(self.select(skeleton).joints, skeleton)
        for measure, of_frames in zip(skeleton.size, sizes, strict=True):
            if measure.over == "video":
                of_frames[:] = _median(of_frames[np.isfinite(of_frames)])
        # fmax passes over the NaN of a measure that a frame lacks.
        largest = np.fmax.reduce(sizes)
        # A height is below zero where the person hangs head down.
        return np.where(largest > 0, largest, _median(largest[largest > 0]))

    def person_centers(self) -> np.ndarray:
        """The person's centre in every frame: of the box if there is one, or of the joints' extent.

        Returns:
            Float array (N, 2) in pixels; NaN where there is neither box nor joint. The published
            code subtracts no 1 from its boxes, though it does from its joints, and neither do we.
        """
        missing = np.isnan(self.joints)
        low = np.where(missing, np.inf, self.joints).min(axis=1)
        high = np.where(missing, -np.inf, self.joints).max(axis=1)
        with np.errstate(invalid="ignore"):  # inf - inf, where a frame has no joint at all
            centers = (low + high) / 2
        if self.boxes is None:
            return centers
        of_boxes = self.boxes[:, :2] + self.boxes[:, 2:] / 2
        return np.where(np.isfinite(of_boxes).all(axis=1, keepdims=True), of_boxes, centers)

    def usable(self, skeleton: Skeleton) -> np.ndarray:
        """In which frames there is enough of the person to learn from.

        That is a limb with all its joints, a size and a centre to crop around. A single such
        frame is of no use, as a pair needs two.

        Returns:
            Bool array (N,).

        Raises:
            DataError: The annotation lacks a joint of the skeleton.
        """
        video = self.select(skeleton)
        missing = np.isnan(video.joints).any(axis=2)
        limbs = (missing @ skeleton.membership.T == 0).any(axis=1)
        centers = np.isfinite(video.person_centers()).all(axis=1)
        usable = limbs & centers & (video.person_sizes(skeleton) > 0)
        return usable & (usable.sum() > 1)


def without_outside(joints: np.ndarray, height: int, width: int) -> np.ndarray:
    """Makes joints (..., 2) that lie outside their frame of that size, in pixels, missing: NaN."""
    return np.where(is_inside(joints, height, width)[..., None], joints, np.nan)


def _median(values):
    return np.median(values) if len(values) else np.nan
