"""Follows one person through a scene: who is asked for, and in which frames the person is."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from data.annotate.pose_landmarks import Person
from data.annotated_video import Video
from data.outliers import jumps, repair, swapped_frames
from posewarp.errors import DataError, UsageError
from posewarp.skeleton import FULL_BODY, UPPER_BODY

LARGEST = "largest"
NO_ONE_HELP = (
    "half a body is enough; a person is found best who is upright, larger than about a fifth of "
    "the picture, and well lit"
)
MOST_MOVED = 1.0
"""A person moves at most so many sides of the region per frame, and grows at most e-fold."""


@dataclasses.dataclass
class Track:
    """The person in a scene.

    Args:
        numbers: Of the frames that can be used.
        joints: Float array (frames, 14, 2), FULL_BODY's in pixels; NaN where missing.
        swaps: int. Frames with sides that were swapped back.
        jumps: int. Joints that were put back.
        outliers: int. Swapped frames and jumping joints that are left.
        empty, lost, partial: int. Frames left out: with no person, with others only, and with
            too little of the person.
    """

    numbers: list[int]
    joints: np.ndarray
    swaps: int = 0
    jumps: int = 0
    outliers: int = 0
    empty: int = 0
    lost: int = 0
    partial: int = 0


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
    if choice == LARGEST:
        return max(people, key=lambda person: person.region.side, default=None)
    ordered = sorted(people, key=lambda person: person.region.x)
    if choice in ("left", "right"):
        return ordered[0 if choice == "left" else -1] if ordered else None
    return ordered[int(choice) - 1] if int(choice) <= len(ordered) else None


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
    track = follow(people, choice)
    found = [(number, p.joints) for number, p in zip(numbers, track, strict=True) if p is not None]
    empty = sum(not of_frame for of_frame in people)
    lost = len(numbers) - empty - len(found)
    if not found:
        return Track([], np.zeros((0, len(FULL_BODY.joints), 2)), empty=empty, lost=lost)
    used, joints = map(np.array, zip(*found, strict=True))
    sizes = _measured(Video.person_sizes, joints)
    joints, swaps, mended = repair(joints, sizes)
    kept = _measured(Video.usable, joints)
    used, joints = used[kept].tolist(), joints[kept]
    outliers = len(swapped_frames(FULL_BODY.joints, joints)) + len([*jumps(joints, sizes[kept])])
    return Track(used, joints, swaps, mended, outliers, empty, lost, len(found) - len(used))


def _measured(measure, joints):
    """What a method of Video makes of a scene as a full body, and else as an upper body."""
    video = Video("", (), FULL_BODY.joints, joints)
    full, upper = (measure(video, skeleton) for skeleton in (FULL_BODY, UPPER_BODY))
    return np.where(full > 0, full, upper)


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
