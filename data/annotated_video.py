"""An annotated video of one person, as plain arrays, and what can be measured of it."""

import dataclasses
from pathlib import Path

import numpy as np

from posewarp.errors import DataError
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
        columns = [self.joint_names.index(name) for name in skeleton.joints]
        return dataclasses.replace(
            self, joint_names=skeleton.joints, joints=self.joints[:, columns]
        )

    def person_sizes(self, skeleton: Skeleton) -> np.ndarray:
        """The person's size in every frame, by the skeleton's measures.

        Returns:
            Float array (N,) in pixels, about the person's height. A frame that lacks the
            joints of every measure has the median of the video's other frames; all are NaN
            where no frame can be measured.
        """
        column = {name: index for index, name in enumerate(self.joint_names)}
        measures = []
        for measure in skeleton.size:
            start, end = (
                self.joints[:, [column[segment[end]] for segment in measure.segments]]
                for end in (0, 1)
            )
            if measure.along == "y":
                lengths = start[..., 1] - end[..., 1]
            else:
                lengths = np.linalg.norm(start - end, axis=-1)
            sizes = measure.factor * _mean_of_present(lengths, axis=1)
            if measure.over == "video":
                present = sizes[np.isfinite(sizes)]
                sizes = np.full_like(sizes, np.median(present) if len(present) else np.nan)
            measures.append(sizes)
        # fmax passes over the NaN of a measure that a frame lacks.
        sizes = np.fmax.reduce(measures)
        # A height is below zero where the person hangs head down.
        measured = sizes > 0
        fallback = np.median(sizes[measured]) if measured.any() else np.nan
        return np.where(measured, sizes, fallback)

    def person_centers(self) -> np.ndarray:
        """The person's centre in every frame: of the box if there is one, or of the joints' extent.

        Returns:
            Float array (N, 2) in pixels; NaN where there is neither box nor joint. The published
            code subtracts no 1 from its boxes, though it does from its joints, and neither do we.
        """
        present = np.isfinite(self.joints)
        low = np.where(present, self.joints, np.inf).min(axis=1)
        high = np.where(present, self.joints, -np.inf).max(axis=1)
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
        missing = ~np.isfinite(video.joints).all(axis=2)
        complete = missing @ skeleton.membership.T == 0
        centers = np.isfinite(video.person_centers()).all(axis=1)
        usable = complete.any(axis=1) & (video.person_sizes(skeleton) > 0) & centers
        return usable & (usable.sum() > 1)

    def take(self, frames: np.ndarray) -> "Video":
        """The same video with some of its frames.

        Args:
            frames: Bool array (N,): which frames to keep.
        """
        return dataclasses.replace(
            self,
            frames=tuple(path for path, kept in zip(self.frames, frames, strict=True) if kept),
            joints=self.joints[frames],
            boxes=None if self.boxes is None else self.boxes[frames],
        )


def without_outside(joints: np.ndarray, height: int, width: int) -> np.ndarray:
    """Makes joints that lie outside their frame missing.

    Args:
        joints: Float array (..., 2) in pixels.
        height, width: Size of the frame.

    Returns:
        Float array (..., 2), NaN where outside.
    """
    return np.where(is_inside(joints, height, width)[..., None], joints, np.nan)


def is_inside(joints: np.ndarray, height: int, width: int, margin: float = 0.0) -> np.ndarray:
    """Whether joints (..., 2) are there and in their frame, or within a margin about it.

    Args:
        joints: Float array (..., 2) in pixels; NaN where missing.
        height, width: Size of the frame.
        margin: float. Share of the frame's size.
    """
    size = np.array([width, height])
    low, high = -0.5 - margin * size, (1 + margin) * size - 0.5
    return ((joints >= low) & (joints <= high)).all(axis=-1)


def _mean_of_present(values, axis):
    present = np.isfinite(values)
    count = present.sum(axis)
    total = np.where(present, values, 0).sum(axis)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
