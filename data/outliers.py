"""Annotations that are probably wrong: swapped sides, joints far outside the image, jumps.

All of these can be true of a real person, so they are pointed out and never left out.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from data.annotated_video import is_inside

SIDED = ("shoulder", "hip")
"""Pairs whose order from left to right tells which way a person faces."""
CLEAR_MAJORITY = 2 / 3
"""Share of the frames that face one way where the others count as swapped."""
PROFILE = 0.25
"""In profile, a pair is closer than this share of its median distance in the video."""
FAR_OUTSIDE = 0.1
"""An annotator marks no joint so far outside, as a share of the frame's size."""
JUMP = 0.5
"""A joint hardly moves so far alone from frame to frame, as a share of the person's size."""


def swapped_frames(joint_names: Sequence[str], joints: np.ndarray) -> list[int]:
    """Frames where the shoulders and hips are the other way round than in most of a video.

    Args:
        joint_names: Names of the J joints.
        joints: Float array (N, J, 2); NaN where missing.

    Returns:
        Indices of frames. None if the person often turns round, or faces sideways.
    """
    joint_names = list(joint_names)
    differences = [
        joints[:, joint_names.index(f"right_{part}"), 0]
        - joints[:, joint_names.index(f"left_{part}"), 0]
        for part in SIDED
        if f"right_{part}" in joint_names and f"left_{part}" in joint_names
    ]
    if not differences:
        return []
    differences = np.stack(differences, axis=1)
    widths = np.abs(differences)
    usual = np.array(
        [np.median(w[np.isfinite(w)]) if np.isfinite(w).any() else 0 for w in widths.T]
    )
    signs = np.where(widths > PROFILE * usual, np.sign(differences), 0)
    # Where shoulders and hips do not agree, the person is turning.
    absent = ~np.isfinite(differences)
    rightward, leftward = (
        ((signs == sign) | absent).all(axis=1) & ~absent.all(axis=1) for sign in (1, -1)
    )
    agreed = rightward.astype(int) - leftward
    majority = np.sign(agreed.sum())
    if majority == 0 or (agreed == majority).sum() < CLEAR_MAJORITY * (agreed != 0).sum():
        return []
    return np.flatnonzero(agreed == -majority).tolist()


def far_outside(joints: np.ndarray, height: int, width: int) -> list[int]:
    """Joints of one frame that are far outside it.

    Args:
        joints: Float array (J, 2) in pixels; NaN where missing.
        height, width: Size of the frame.

    Returns:
        Indices of joints.
    """
    present = np.isfinite(joints).all(axis=1)
    return np.flatnonzero(present & ~is_inside(joints, height, width, FAR_OUTSIDE)).tolist()


def jumps(joints: np.ndarray, sizes: np.ndarray) -> Iterator[tuple[int, int, float]]:
    """Joints that move far between two frames while the others do not.

    Args:
        joints: Float array (N, J, 2) in pixels; NaN where missing.
        sizes: Float array (N,): the person's size in pixels; NaN where unknown.

    Yields:
        Index of the frame where a joint is out of place, index of the joint, and by how many
        pixels more than the others it moved to there. A joint that jumps to a place and back
        is out of place once.
    """
    moves = np.diff(joints, axis=0)
    present = np.isfinite(moves).all(axis=2)
    away = np.zeros(joints.shape[1], bool)
    for index, move in enumerate(moves):
        if present[index].sum() < 2:
            continue
        beyond = np.linalg.norm(move - np.median(move[present[index]], axis=0), axis=1)
        jumped = present[index] & (beyond > JUMP * sizes[index : index + 2].max())
        # Where most joints jump it is the picture that changed, as at a cut.
        if 2 * jumped.sum() > present[index].sum():
            jumped[:] = False
        for joint in np.flatnonzero(jumped & ~away):
            yield index + 1, int(joint), float(beyond[joint])
        away = jumped & ~away
