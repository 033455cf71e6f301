"""What ships with the project: real people who sign, with their joints.

`signing/` is signing_office: 19 clips of American Sign Language by five people, 640 x 480, from
intel-iot-devkit/sample-videos, added by Evgeny Izutov (Intel), CC BY 4.0. `joints.json` has the
joints that `data.annotate` found in every second frame.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from data.files import claim_folder, read_json_file, write_atomically
from data.footage import Frame, open_footage
from data.layouts.published import annotation_file

SIGNING = Path(__file__).with_name("signing")
CLIPS = {
    "A": ("again", "brother", "help", "no", "student", "yes"),
    "B": ("bird", "milk", "please", "sorry", "thanks"),
    "C": ("book", "learn", "school", "walk"),
    "D": ("eat", "night", "sister"),
    "E": ("want",),
}
"""Every person's clips."""
SPLITS = {"train": ("A", "B", "C"), "test": ("D", "E")}
EVERY = 2
"""Frames from one annotated frame to the next."""


def signing_frames(person: str) -> Iterator[tuple[Frame, np.ndarray]]:
    """The annotated frames of a person, clip by clip.

    Args:
        person: str. One of CLIPS.

    Yields:
        `(frame, joints)`: Frame of 640 x 480 pixels; float array (14, 2) of FULL_BODY in pixels,
        NaN where a joint is missing, as most are below the hips.
    """
    annotated = read_json_file(SIGNING / "joints.json")
    for clip in CLIPS[person]:
        for frame in open_footage(SIGNING / f"{clip}.mkv").frames(EVERY):
            if str(frame.number) in annotated[clip]:
                yield frame, np.array(annotated[clip][str(frame.number)], float)


def write_signing(output: str | Path) -> int:
    """Writes the sample in the published layout: A, B and C to train with, D and E to test with.

    Args:
        output: Folder. It may be absent, empty, or hold the sample.

    Returns:
        How many frames there are.

    Raises:
        DataError: `output` holds something else.
        OSError: It cannot be written.
    """
    output, count = Path(output), 0
    claim_folder(output, "samples.json", {"sample": "signing"}, "the sample")
    for split, people in SPLITS.items():
        (output / split / "info").mkdir(parents=True, exist_ok=True)
        for person in people:
            folder, poses = output / split / "frames" / person, []
            folder.mkdir(parents=True, exist_ok=True)
            for frame, joints in signing_frames(person):
                poses.append(joints)
                data, suffix = frame.encoded()
                write_atomically(folder / f"{len(poses)}{suffix}", data)
            annotation = annotation_file(np.stack(poses))
            write_atomically(output / split / "info" / f"{person}.mat", annotation)
            count += len(poses)
    return count
