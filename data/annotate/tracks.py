"""Tracks one person through a scene, and repairs swapped sides and jumping joints.

Frames are annotated one by one, so most mistakes last for a frame or two. Those that the frames
before and after prove are mended; others are counted as outliers.
"""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from data.annotate.pose_landmarks import Person
from data.annotated_video import Video
from data.outliers import jumps, swapped_frames
from posewarp.errors import DataError, UsageError
from posewarp.skeleton import FULL_BODY

LARGEST = "largest"
NO_ONE_HELP = (
    "half a body is enough; a person is found best who is upright, larger than about a fifth of "
    "the picture, and well lit"
)
MOST_MOVED = 1.0
"""A person moves at most so many sides of the region per frame, and grows at most e-fold."""

ARMS, LEGS = (
    [index for index, name in enumerate(FULL_BODY.joints) if name.split("_")[-1] in parts]
    for parts in (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle"))
)
"""Joints whose sides the networks swap together."""
LIMB_JOINTS = 3
"""Joints of one arm or leg in `ARMS` and `LEGS`, from the trunk outwards."""
CONFUSED = 0.5
"""Undoing a mistake leaves at most this share of the distance."""
LEAST_SWAP = 0.05
"""Swapped joints move further than this share of the person's size, on average."""
LONGEST_SWAP = 3
"""Frames. A person who turns round stays so for longer."""
JUMP = 0.3
"""A jump leads this share of the person's size away from the frames before and after."""
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


@dataclasses.dataclass
class Track:
    """The person in a scene.

    Args:
        numbers: Of the frames that can be used.
        joints: Float array (frames, 14, 2), FULL_BODY's in pixels; NaN where missing.
        swaps: int. Frames with sides that were swapped back.
        jumps: int. Joints that were put back.
        outliers: int. Swapped frames and jumping joints of `data.outliers` that are left.
        empty, lost, partial: int. Frames left out: with no person, with others only, and with
            too little of the person.
    """

    numbers: list[int]
    joints: np.ndarray
    swaps: int
    jumps: int
    outliers: int
    empty: int
    lost: int
    partial: int


def check_choice(choice: str, flag: str = "person"):
    """Checks who of several people is asked for.

    Args:
        choice: str. As `choose` takes it.
        flag: str. The flag that says so, for the message.

    Raises:
        UsageError: The choice is none.
    """
    if choice not in (LARGEST, "left", "right") and not (choice.isdecimal() and int(choice) > 0):
        raise UsageError(
            f"--{flag}: expected {LARGEST}, left, right, or a number from the left from 1 on, "
            f"got {choice!r}"
        )


def choose(people: Sequence[Person], choice: str) -> Person | None:
    """The person of one frame that is asked for.

    Args:
        people: The frame's people.
        choice: str. `"largest"`, `"left"`, `"right"`, or a number counted from the left from 1.

    Returns:
        Person, or None if there are not as many.
    """
    if not people:
        return None
    if choice == LARGEST:
        return max(people, key=lambda person: person.region.side)
    ordered = sorted(people, key=lambda person: person.region.x)
    index = {"left": 0, "right": -1}.get(choice)
    index = int(choice) - 1 if index is None else index
    return ordered[index] if index < len(ordered) else None


def require_person(people: Sequence[Person], choice: str, photo: str | Path) -> Person:
    """The person of a photo that is asked for.

    Args:
        people: The photo's people.
        choice: str. As `choose` takes it.
        photo: What the message calls the photo.

    Raises:
        DataError: There are not as many.
    """
    person = choose(people, choice)
    if person is None:
        found = f"{len(people)} people" if len(people) > 1 else "one person" if people else "no one"
        hint = "" if people else f": {NO_ONE_HELP}"
        raise DataError(f"{photo}: person {choice}: {found} found{hint}")
    return person


def track_person(numbers: Sequence[int], people: Sequence[list[Person]], choice: str) -> Track:
    """Follows the person through a scene, mends the joints and leaves out what shows too little.

    Args:
        numbers: Of the scene's frames.
        people: Of each frame.
        choice: str. As `choose` takes it.
    """
    found = [
        (number, person)
        for number, person in zip(numbers, follow(people, choice), strict=True)
        if person is not None
    ]
    empty = sum(not of_frame for of_frame in people)
    lost = len(numbers) - empty - len(found)
    if not found:
        return Track([], np.zeros((0, len(FULL_BODY.joints), 2)), 0, 0, 0, empty, lost, 0)
    frames = tuple(Path(str(number)) for number, _ in found)
    joints = np.stack([person.joints for _, person in found])
    video = Video("", frames, FULL_BODY.joints, joints)
    sizes = video.person_sizes(FULL_BODY)
    joints, swaps, mended = repair(joints, sizes)
    video = dataclasses.replace(video, joints=joints)
    kept = video.usable(FULL_BODY)
    used = [number for (number, _), keep in zip(found, kept, strict=True) if keep]
    joints, sizes = joints[kept], sizes[kept]
    outliers = len(swapped_frames(FULL_BODY.joints, joints)) + len(list(jumps(joints, sizes)))
    return Track(used, joints, swaps, mended, outliers, empty, lost, len(found) - len(used))


def follow(frames: Sequence[Sequence[Person]], choice: str) -> list[Person | None]:
    """Follows one person through a scene.

    The person is chosen in the frame that shows most people, or the first of these; from there
    on it is, in either direction, whoever is nearest in place and size.

    Args:
        frames: The people of each frame.
        choice: str. As `choose` takes it.

    Returns:
        The person in each frame; None where no one, or no one near enough, is.
    """
    track: list[Person | None] = [None] * len(frames)
    start = max(range(len(frames)), key=lambda index: len(frames[index]), default=None)
    if start is None or (chosen := choose(frames[start], choice)) is None:
        return track
    track[start] = chosen
    for steps in (range(start + 1, len(frames)), range(start - 1, -1, -1)):
        last, last_index = chosen, start
        for index in steps:
            near = [(_distance(last, person), person) for person in frames[index]]
            distance, person = min(near, key=lambda pair: pair[0], default=(np.inf, None))
            if distance <= MOST_MOVED * abs(index - last_index):
                track[index], last, last_index = person, person, index
    return track


def _distance(person, other):
    grown = abs(np.log(person.region.side / other.region.side))
    return max(person.region.distance(other.region), grown)


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


def _unswap(joints, sizes, part):
    """Swaps back in place; gives the frames that were."""
    mended, changes = set(), []
    for index in range(1, len(joints)):
        pair, size = joints[index - 1 : index + 1], sizes[index - 1 : index + 1].max()
        if not _crossed(*pair, part, size):
            continue
        # Legs cross in a stride, and arms may; shoulders and hips do when the person turns.
        sure = _crossed(*pair, part[::LIMB_JOINTS], size)
        if sure and changes and changes[-1][1] and index - changes[-1][0] <= LONGEST_SWAP:
            start, _ = changes.pop()
            mirrored = [FULL_BODY.mirrored[joint] for joint in part]
            joints[start:index, part] = joints[start:index, mirrored]
            mended.update(range(start, index))
        else:
            changes.append((index, sure))
    return mended


def _crossed(before, after, part, size):
    """Whether joints are much nearer to those before when left and right change places."""
    mirrored = [FULL_BODY.mirrored[joint] for joint in part]
    ways = np.stack([after[part], after[mirrored]]) - before[part]
    ways = np.linalg.norm(ways, axis=2)
    both = np.isfinite(ways).all(axis=0)
    if not both.any():
        return False
    kept, changed = ways[:, both].mean(axis=1)
    return bool(kept > LEAST_SWAP * size and changed < CONFUSED * kept)


def _unjump(joints, sizes):
    """Puts joints back in place; gives how many were."""
    mended = 0
    lengths = _limb_lengths(joints) / sizes[:, None]
    most = np.array([_usual_most(of_limb) for of_limb in lengths.T])
    # Judged by the joints as they were found: what is mended proves nothing.
    found = joints.copy()
    for index in range(1, len(joints) - 1):
        before, here, after = found[index - 1 : index + 2]
        middle = (before + after) / 2
        away = here - middle
        if not np.isfinite(away).all(axis=1).any():
            continue
        # Less what all joints do: the picture moves, or the person leaps.
        away = np.linalg.norm(away - np.nanmedian(away, axis=0), axis=1)
        apart = np.linalg.norm(after - before, axis=1) / 2
        for joint in np.flatnonzero((away > JUMP * sizes[index]) & (apart < CONFUSED * away)):
            if lengths[index, joint] > STRETCH * most[joint]:
                joints[index, joint] = middle[joint]
                mended += 1
    return mended


def _limb_lengths(joints):
    starts = [FULL_BODY.joints.index(LIMB_START[name]) for name in FULL_BODY.joints]
    return np.linalg.norm(joints - joints[:, starts], axis=2)


def _usual_most(values):
    values = values[np.isfinite(values)]
    return np.percentile(values, USUAL) if len(values) else np.inf
