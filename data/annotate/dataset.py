"""Writes the joints of a photo, or the data set of a video: its scenes with one person's joints.

An interrupted call is completed by the next.
"""

import contextlib
import dataclasses
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from absl import logging
from tqdm import tqdm

from data.annotate.pose_landmarks import FindPeople
from data.annotate.progress import Progress
from data.annotate.scenes import SceneCounter
from data.annotate.tracks import NO_ONE_HELP, Track, require_person, track_person
from data.drawing import draw_pose
from data.files import claim_folder, read_json_file, write_atomically, write_json
from data.footage import ImageFolder, VideoReader
from data.images import read_photo
from data.layouts import SPLITS
from data.layouts.published import annotation_file
from posewarp.errors import DataError
from posewarp.skeleton import FULL_BODY

SETTINGS_FILE = "annotate.json"
PROGRESS_FILE = ".partial-people.jsonl"
"""Found people, one line a frame, until the data set is complete."""
FRAMES = "frames"
SUMMARY = "summary"
"""Key of the settings' file. It is there once the data set is complete."""
SHORTEST_SCENE = 4
"""Scenes with fewer frames of the person are left out, as they hardly make pairs."""
TEST_SHARE, FEWEST_TEST_FRAMES = 0.1, 2
"""The test split has this share of the frames, and no fewer than so many."""
SHORT_READ = 0.9
"""A video file only estimates its number of frames: below this share a warning is due."""
LONGEST_NAME = 50
"""File names have at most 255 bytes, and a character has up to four."""
DECIMALS = 2


def annotate_photo(
    source: Path, output: Path, find_people: FindPeople, choice: str, overwrite: bool = False
) -> np.ndarray:
    """Writes the joints of the person of a photo.

    Args:
        source: The photo.
        output: The `.json` file to write: [x, y] or null by joint name.
        find_people: As `PoseLandmarker.people`.
        choice: str. As `data.annotate.tracks.choose` takes it.
        overwrite: bool. Whether other joints in `output` are replaced.

    Returns:
        Byte array (H, W, 3), RGB: the photo with the joints drawn on it.

    Raises:
        DataError: The person is not in the photo, or `output` holds other joints.
        OSError: It cannot be written.
    """
    image = read_photo(source)
    person = require_person(find_people(image), choice, source)
    joints = _by_name(person.joints)
    if output.exists() and not overwrite and read_json_file(output) != joints:
        raise DataError(
            f"{output}: holds other joints, which a person may have corrected; --overwrite "
            "replaces them, another --output keeps them"
        )
    output.parent.mkdir(parents=True, exist_ok=True)
    write_json(output, joints)
    return draw_pose(image, person.joints, FULL_BODY)


def write_annotation(
    footage: ImageFolder | VideoReader,
    output: Path,
    find_people: FindPeople,
    settings: dict,
    overwrite: bool = False,
) -> tuple[str, bool]:
    """Writes the data set, or what an interrupted call has left out.

    Args:
        footage: The frames.
        output: Folder to write. It may be absent, empty, or hold an annotation of the same
            settings.
        find_people: As `PoseLandmarker.people`.
        settings: `dataset`, `every` and `person`, and whatever else the annotation depends on.
        overwrite: bool. Whether a complete annotation, or one of other settings, is made anew.

    Returns:
        What was used, left out and mended, in a line, and whether anything was written.

    Raises:
        UsageError: `output` holds an annotation of other settings.
        DataError: No person is in the frames, too few frames remain, or a file cannot be read.
        OSError, PosewarpError: A file cannot be written.
    """
    path = output / SETTINGS_FILE
    # That of an annotation that is not complete holds the settings alone.
    if overwrite and path.is_file() and read_json_file(path) != settings:
        _remove(output)
        write_json(path, settings)
    found = claim_folder(output, SETTINGS_FILE, settings, "an annotation")
    if SUMMARY in found:
        (output / PROGRESS_FILE).unlink(missing_ok=True)
        return found[SUMMARY], False
    for folder in (FRAMES, *SPLITS):
        (output / folder).mkdir(exist_ok=True)
    with Progress(output / PROGRESS_FILE) as progress:
        scenes = _find(footage, output, find_people, settings["every"], progress)
    tracks = [
        track_person(scene, [progress.entries[n][1] for n in scene], settings["person"])
        for scene in scenes
    ]
    try:
        videos = split_videos(footage.path, tracks)
    except DataError:
        _remove(output)
        path.unlink()
        with contextlib.suppress(OSError):  # something else is in it
            output.rmdir()
        raise
    files = {number: file for number, (file, _) in progress.entries.items()}
    LAYOUTS[settings["dataset"]](output, videos, files)
    summary = _summary(videos, tracks)
    write_json(path, {**settings, SUMMARY: summary})
    (output / PROGRESS_FILE).unlink()
    return summary, True


@dataclasses.dataclass(frozen=True)
class Part:
    """A video of the data set: its split, its name, its frames' numbers and their joints."""

    split: str
    name: str
    numbers: list[int]
    joints: np.ndarray


def split_videos(source: Path, tracks: Sequence[Track]) -> list[Part]:
    """Makes each scene a video, and holds some out to test with.

    Several scenes hold the shortest out, up to a tenth of the frames but at least one scene; a
    single one holds its last tenth out.

    Args:
        source: The video or folder, for names and messages.
        tracks: Of all scenes. Those of fewer than `SHORTEST_SCENE` frames are passed over.

    Raises:
        DataError: No scene is left.
    """
    used = sum(len(track.numbers) for track in tracks)
    tracks = [track for track in tracks if len(track.numbers) >= SHORTEST_SCENE]
    if not tracks:
        raise DataError(
            f"{source}: expected a person in {SHORTEST_SCENE} frames or more of one scene, found "
            + (f"one in {used} frames of all" if used else f"none in any frame: {NO_ONE_HELP}")
        )
    name = source.resolve().stem[:LONGEST_NAME]
    if len(tracks) == 1:
        (track,) = tracks
        held = max(FEWEST_TEST_FRAMES, round(TEST_SHARE * len(track.numbers)))
        return [
            Part("train", f"{name}_1", track.numbers[:-held], track.joints[:-held]),
            Part("test", f"{name}_1_end", track.numbers[-held:], track.joints[-held:]),
        ]
    lengths = np.array([len(track.numbers) for track in tracks])
    shortest = np.argsort(lengths, kind="stable")
    fit = int((np.cumsum(lengths[shortest]) <= TEST_SHARE * lengths.sum()).sum())
    test = set(shortest[: max(1, fit)].tolist())
    digits = len(str(len(tracks)))
    return [
        Part(SPLITS[index in test], f"{name}_{index + 1:0{digits}d}", track.numbers, track.joints)
        for index, track in enumerate(tracks)
    ]


def _remove(output):
    """Removes an annotation, whole or not, but for its settings."""
    (output / PROGRESS_FILE).unlink(missing_ok=True)
    for folder in (FRAMES, *SPLITS):
        shutil.rmtree(output / folder, ignore_errors=True)


def _find(footage, output, find_people, every, progress):
    """Finds people in the frames that are new; gives the frames' numbers, scene by scene."""
    scenes, counter = [], SceneCounter()
    total = -(-footage.count // every)
    with tqdm(footage.frames(every), total=total, unit="frame", disable=None) as frames:
        for frame in frames:
            if counter.number(frame.image) == len(scenes):
                scenes.append([])
            scenes[-1].append(frame.number)
            if frame.number not in progress.entries:
                people, name = find_people(frame.image), None
                if people:
                    data, suffix = frame.encoded()
                    name = f"{frame.number:06d}{suffix}"
                    write_atomically(output / FRAMES / name, data)
                progress.add(frame.number, name, people)
    read = sum(map(len, scenes))
    if read < SHORT_READ * total:
        logging.warning("%s: only %d of about %d frames can be read", footage.path, read, total)
    return scenes


def _write_json(output, videos, files):
    """Writes the annotation, and removes the frames that are not in it."""
    for video in videos:
        frames = [
            {"image": f"../{FRAMES}/{files[number]}", "joints": _by_name(joints)}
            for number, joints in zip(video.numbers, video.joints, strict=True)
        ]
        content = {"joints": list(FULL_BODY.joints), "frames": frames}
        write_json(output / video.split / f"{video.name}.json", content)
    used = {files[number] for video in videos for number in video.numbers}
    for path in (output / FRAMES).iterdir():
        if path.name not in used:
            path.unlink()


def _write_published(output, videos, files):
    """Moves the frames to where that layout has them; those that are there were moved before."""
    for video in videos:
        info, folder = (output / video.split / part for part in ("info", f"frames/{video.name}"))
        info.mkdir(exist_ok=True)
        folder.mkdir(parents=True, exist_ok=True)
        for index, number in enumerate(video.numbers, start=1):
            frame = output / FRAMES / files[number]
            if frame.exists():
                os.replace(frame, folder / f"{index}{frame.suffix}")
        write_atomically(info / f"{video.name}.mat", annotation_file(video.joints))
    shutil.rmtree(output / FRAMES)


LAYOUTS = {"json": _write_json, "published": _write_published}
"""What writes a data set, by its layout's name."""


def _by_name(joints):
    """Names the joints (14, 2) of FULL_BODY; those that are missing are None."""
    return {
        name: None if np.isnan(joint).any() else np.round(joint, DECIMALS).tolist()
        for name, joint in zip(FULL_BODY.joints, joints, strict=True)
    }


def _summary(videos, tracks):
    splits = [video.split for video in videos]
    short = [t.numbers for t in tracks if t.numbers and len(t.numbers) < SHORTEST_SCENE]
    missing = sum(np.isnan(video.joints[..., 0]).sum(axis=0) for video in videos)
    counts = {
        "left out": {
            "no person": sum(track.empty for track in tracks),
            "other people only": sum(track.lost for track in tracks),
            "too little of the person": sum(track.partial for track in tracks),
            f"in {len(short)} too short scenes": sum(map(len, short)),
        },
        "mended": {
            "swapped sides": sum(track.swaps for track in tracks),
            "jumping joints": sum(track.jumps for track in tracks),
        },
        "outliers": {"joints or frames": sum(track.outliers for track in tracks)},
        "missing": dict(zip(FULL_BODY.joints, missing.tolist(), strict=True)),
    }
    total = sum(len(video.numbers) for video in videos)
    parts = [
        f"{total} frames in {splits.count('train')} train and {splits.count('test')} test videos",
    ]
    for heading, counted in counts.items():
        shown = ", ".join(f"{what} {count}" for what, count in counted.items() if count)
        parts.append(f"{heading}: {shown or 'none'}")
    return "; ".join(parts)
