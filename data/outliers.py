"""Annotations that are probably wrong: swapped sides, joints far outside the image, jumps.

All of these can be true of a real person, so they are pointed out and never left out. What a pose
network finds frame by frame is mended where the frames before and after prove a mistake.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from posewarp.joints import is_inside
from posewarp.skeleton import FULL_BODY

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

ARMS, LEGS = (
    [index for index, name in enumerate(FULL_BODY.joints) if name.split("_")[-1] in parts]
    for parts in (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle"))
)
"""Joints whose sides a pose network swaps together."""
LIMB_JOINTS = 3
"""Joints of one arm or leg in `ARMS` and `LEGS`, from the trunk outwards."""
CONFUSED = 0.5
"""Undoing a mistake leaves at most this share of the distance."""
LEAST_SWAP = 0.05
"""Swapped joints move further than this share of the person's size, on average."""
LONGEST_SWAP = 3
"""Frames. A person who turns round stays so for longer."""
ASTRAY = 0.3
"""A joint to mend is so far from the frames before and after, as a share of the person's size."""
STRETCH = 1.5
"""A limb is too long that exceeds its usual maximum in the scene by this factor."""
USUAL = 90
"""Percentile of a limb's lengths that is its usual maximum: mistakes lie above."""
INNER_PARTS = {"elbow": "shoulder", "wrist": "elbow", "knee": "hip", "ankle": "knee"}
LIMB_START = {
    **{"head": "neck", "neck": "head", "right_hip": "left_hip", "left_hip": "right_hip"},
    **{"right_shoulder": "neck", "left_shoulder": "neck"},
    **{f"right_{end}": f"right_{start}" for end, start in INNER_PARTS.items()},
    **{f"left_{end}": f"left_{start}" for end, start in INNER_PARTS.items()},
}
"""By joint, the other end of the limb that is too long when the joint is misplaced."""


def swapped_frames(joint_names: Sequence[str], joints: np.ndarray) -> list[int]:
    """Frames where the shoulders and hips are the other way round than in most of a video.

    Args:
        joint_names: Names of the J joints.
        joints: Float array (N, J, 2); NaN where missing.

    Returns:
        Indices of frames. None if the person often turns round, or faces sideways.
    """
    x = dict(zip(joint_names, np.moveaxis(joints[..., 0], 1, 0), strict=True))
    agreed = np.zeros(len(joints))
    present, facing = [], []
    for part in SIDED:
        if {f"right_{part}", f"left_{part}"} <= set(x):
            difference = x[f"right_{part}"] - x[f"left_{part}"]
            there = np.isfinite(difference)
            usual = np.median(np.abs(difference[there])) if there.any() else 0
            present.append(there)
            facing.append(np.where(np.abs(difference) > PROFILE * usual, np.sign(difference), 0))
    if not facing:
        return []
    # Where shoulders and hips do not agree, the person is turning.
    for sign in (1, -1):
        alike = (np.array(facing) == sign) | ~np.array(present)
        agreed += sign * (alike.all(axis=0) & np.any(present, axis=0))
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
    away = np.zeros(joints.shape[1], bool)
    for index, move in enumerate(np.diff(joints, axis=0), start=1):
        count = np.isfinite(move).all(axis=1).sum()
        if count < 2:
            continue
        beyond = _beyond_others(move)
        jumped = beyond > JUMP * sizes[index - 1 : index + 1].max()
        # Where most joints jump it is the picture that changed, as at a cut.
        jumped &= 2 * jumped.sum() <= count
        for joint in np.flatnonzero(jumped & ~away):
            yield index, int(joint), float(beyond[joint])
        away = jumped & ~away


def repair(joints: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, int, int]:
    """Mends sides that are swapped for a few frames and joints that jump for one.

    Args:
        joints: Float array (N, 14, 2), FULL_BODY's; NaN where missing.
        sizes: Float array (N,): the person's size in pixels; NaN where unknown.

    Returns:
        The joints, mended; how many frames had swapped sides, and how many joints jumped.
    """
    joints = np.array(joints, "float64")
    if not np.isfinite(sizes).all():
        return joints, 0, 0
    swapped = _unswap(joints, sizes, ARMS) | _unswap(joints, sizes, LEGS)
    return joints, len(swapped), _unjump(joints, sizes)


def _beyond_others(moves):
    """How much further joints move than most do, (J,): the picture moves, or the person leaps."""
    return np.linalg.norm(moves - np.nanmedian(moves, axis=0), axis=1)


def _unswap(joints, sizes, part):
    """Swaps back in place; gives the frames that were."""
    mended, changes = set(), []
    mirrored = [FULL_BODY.mirrored[joint] for joint in part]
    for index in range(1, len(joints)):
        before, after = joints[index - 1 : index + 1]
        # Both ways to read the frame: as it is, and with left and right changed.
        ways = np.linalg.norm([after[part] - before[part], after[mirrored] - before[part]], axis=2)
        least = LEAST_SWAP * sizes[index - 1 : index + 1].max()
        if not _crossed(ways, least):
            continue
        # Legs cross in a stride, and arms may; shoulders and hips do when the person turns.
        sure = _crossed(ways[:, ::LIMB_JOINTS], least)
        if sure and changes and changes[-1][1] and index - changes[-1][0] <= LONGEST_SWAP:
            start, _ = changes.pop()
            joints[start:index, part] = joints[start:index, mirrored]
            mended.update(range(start, index))
        else:
            changes.append((index, sure))
    return mended


def _crossed(ways, least):
    """Whether joints are far from those before, and much nearer with left and right changed."""
    both = np.isfinite(ways).all(axis=0)
    if not both.any():
        return False
    kept, changed = ways[:, both].mean(axis=1)
    return bool(kept > least and changed < CONFUSED * kept)


def _unjump(joints, sizes):
    """Puts joints back in place; gives how many were."""
    starts = [FULL_BODY.joints.index(LIMB_START[name]) for name in FULL_BODY.joints]
    lengths = np.linalg.norm(joints - joints[:, starts], axis=2) / sizes[:, None]
    usual = [of_limb[np.isfinite(of_limb)] for of_limb in lengths.T]
    most = np.array([np.percentile(some, USUAL) if len(some) else np.inf for some in usual])
    # Judged by the joints as they were found: what is mended proves nothing.
    found, mended = joints.copy(), 0
    for index in range(1, len(joints) - 1):
        before, here, after = found[index - 1 : index + 2]
        middle = (before + after) / 2
        if np.isnan(here - middle).any(axis=1).all():
            continue
        away = _beyond_others(here - middle)
        apart = np.linalg.norm(after - before, axis=1) / 2
        astray = (away > ASTRAY * sizes[index]) & (apart < CONFUSED * away)
        astray &= lengths[index] > STRETCH * most
        joints[index, astray] = middle[astray]
        mended += int(astray.sum())
    return mended
