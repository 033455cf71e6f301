"""Flags of the photo, the poses and the model.

And reading as they say, for `eval.transfer` and `eval.animate`.

A photo is an image file, or `<video>:<frame number>` of a data set (`data.data_flags`), which
also tells its joints. docs/transfer.md describes the JSON files, and what a pose model finds.
"""

import contextlib
import dataclasses
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
from absl import flags, logging

from data.annotate.tracks import LARGEST, check_choice
from data.augment import stretch_affine
from data.data_flags import open_split
from data.files import read_json_file
from data.images import read_photo
from data.layouts import SPLITS
from data.videos import Video
from eval.pose_finder import PoseFinder
from posewarp.errors import DataError, MissingSplitError
from posewarp.joints import joints_from_names, usable_joints
from posewarp.program import require_flags
from posewarp.retarget import RETARGETS
from posewarp.skeleton import FULL_BODY, UPPER_BODY, Skeleton
from posewarp.transfer import PoseTransfer

FLAGS = flags.FLAGS
AUTO = "auto"
LEGS = [FULL_BODY.joints.index(f"{side}_knee") for side in ("right", "left")]
"""Joints that the network of the full body is for."""

flags.DEFINE_string(
    "model",
    AUTO,
    "upper_body or full_body, which ship; auto: whichever of them the joints allow; a run "
    "directory; or a .keras file.",
)
flags.DEFINE_bool("sharp", True, "Add the photo's own detail to what the network made.")
flags.DEFINE_string("source", None, "Photo, or <video>:<frame number> of a data set.")
flags.DEFINE_string(
    "source_joints", None, "JSON file of the photo's joints; the pose model finds them by default."
)
flags.DEFINE_string(
    "pose_model",
    None,
    "MediaPipe's pose_landmarker .task file, which finds the joints of photos and videos; the "
    "published one by default.",
)
flags.DEFINE_string(
    "person",
    LARGEST,
    "Who of several people in the photo: largest, left, right, or a number from the left.",
)
flags.DEFINE_string(
    "target_person", LARGEST, "The same for the photo of the other pose, or the driving video."
)
flags.DEFINE_enum(
    "retarget",
    None,
    RETARGETS,
    "How poses of another person are fitted: not, by a similarity to the source's size and place, "
    "or with the source's limb lengths, too.",
)


ReadPoses = Callable[[Skeleton], tuple[np.ndarray | Callable[[PoseFinder], np.ndarray], object]]
"""Reads poses (..., J, 2), or opens that in which a PoseFinder finds them; and gives more of it."""


def read_inputs(
    read_poses: ReadPoses,
) -> tuple[PoseTransfer, np.ndarray, np.ndarray, np.ndarray, object]:
    """Loads the model, and reads the photo, its joints and the other poses.

    The pose model is asked last, when all files have been looked at.

    Returns:
        The model; the photo, uint8 (H, W, 3), RGB; its joints, float (J, 2); the poses, float
        (..., J, 2); and what else `read_poses` gives.

    Raises:
        ModelError, DataError, UsageError: Something is missing or cannot be used.
    """
    for flag in ("person", "target_person"):
        check_choice(FLAGS[flag].value, flag)
    model = None if FLAGS.model == AUTO else PoseTransfer.load(FLAGS.model, FLAGS.sharp)
    skeleton = model.config.skeleton if model else FULL_BODY
    finder = PoseFinder(FLAGS.pose_model, skeleton)
    photo, source = _read_source(skeleton)
    poses, more = read_poses(skeleton)
    if source is None:
        source = finder.in_photo(photo, FLAGS.source, FLAGS.person)
    usable_joints(source, skeleton, photo.shape[:2], "--source_joints")
    if callable(poses):
        poses = poses(finder)
    if model is None:
        model, source, poses = choose_model(source, poses, FLAGS.sharp)
    return model, photo, source, poses, more


def choose_model(
    source: np.ndarray, poses: np.ndarray, sharp: bool = True
) -> tuple[PoseTransfer, np.ndarray, np.ndarray]:
    """Loads the network that ships for the joints which are there.

    That is `full_body` if the photo and at least half of the poses show both knees, and else
    `upper_body`.

    Args:
        source: Float array (14, 2), FULL_BODY's joints in the photo; NaN where missing.
        poses: Float array (..., 14, 2).
        sharp: bool. As of PoseTransfer.

    Returns:
        The model, and source and poses with its skeleton's joints.
    """
    legs = [np.isfinite(joints[..., LEGS, :]).all(axis=(-2, -1)) for joints in (source, poses)]
    name = "full_body" if all(there.mean() >= 0.5 for there in legs) else "upper_body"
    logging.info("--model=%s, as the joints allow", name)
    model = PoseTransfer.load(name, sharp)
    columns = [FULL_BODY.joints.index(joint) for joint in model.config.skeleton.joints]
    return model, source[columns], poses[..., columns, :]


def _read_source(skeleton):
    """The photo of --source and its joints, None if they are to be found."""
    frame = None if Path(FLAGS.source).is_file() else frame_of(FLAGS.source, skeleton)
    path, joints = frame or (FLAGS.source, None)
    photo = read_photo(path, "expected a photo, or <video>:<frame number> of a data set")
    if FLAGS.source_joints:
        joints = read_joints(FLAGS.source_joints, skeleton, FLAGS.model != AUTO)
    return photo, joints


def read_joints(path: str | Path, skeleton: Skeleton, legs: bool = True) -> np.ndarray:
    """Reads a pose from a JSON file; arguments and errors are those of `joints_of`."""
    return joints_of(read_json_file(path), skeleton, str(path), legs)


def joints_of(given, skeleton: Skeleton, where: str, legs: bool = True) -> np.ndarray:
    """Makes a pose, float array (J, 2), of the values of a JSON file: [x, y] or null by joint name.

    Joints that the skeleton does not have are passed over with a line in the log; they cannot be
    misspelt ones of its own, all of which have to be there.

    Args:
        given: The values. DataError says which of them is of another form.
        skeleton: Skeleton.
        where: str. What messages begin with.
        legs: bool. Whether joints that UPPER_BODY lacks have to be there, too; else they are
            missing.
    """
    if not isinstance(given, dict):
        raise DataError(f"{where}: expected an object of [x, y] or null by joint name")
    if not legs and set(UPPER_BODY.joints) <= set(given):
        given = {**dict.fromkeys(skeleton.joints), **given}
    try:
        joints = joints_from_names(given, skeleton)
    except DataError as error:
        raise DataError(f"{where}: {error}") from error
    further = ", ".join(name for name in given if name not in skeleton.joints)
    if further:
        message = "%s: not used, as skeleton %s does not have them: %s"
        logging.log_first_n(logging.INFO, message, 1, where, skeleton.name, further)
    return joints


def find_video(name: str, skeleton: Skeleton) -> Video:
    """Finds a video of the data set, in whichever split it is, and selects a skeleton's joints.

    Where the joints choose the model, it may lack the legs. DataError says that there is no such
    video, or one in each split, or that it lacks a joint.
    """
    require_flags("data_dir")
    videos = []
    for split in SPLITS:
        with contextlib.suppress(MissingSplitError):
            videos += [read() for read in open_split(split)]
    found = [video for video in videos if video.name == name]
    if not found:
        names = ", ".join(video.name for video in videos[:10]) + ", ..." * (len(videos) > 10)
        raise DataError(f"{name}: no such video: {FLAGS.data_dir} has {names}")
    if len(found) > 1:
        raise DataError(f"{name}: both splits have a video of this name; rename one of them")
    (video,) = found
    absent = tuple(name for name in skeleton.joints if name not in video.joint_names)
    if FLAGS.model == AUTO and not set(absent) & set(UPPER_BODY.joints):
        missing = np.full((len(video.frames), len(absent), 2), np.nan)
        joints = np.concatenate([video.joints, missing], axis=1)
        names = video.joint_names + absent
        video = dataclasses.replace(video, joint_names=names, joints=joints)
    return video.select(skeleton)


def frame_of(text: str, skeleton: Skeleton) -> tuple[Path, np.ndarray] | None:
    """Finds the path and joints (J, 2) of `<video>:<frame number>`, counted from 1.

    None if the text is of another form; DataError if there is no such frame.
    """
    match = re.fullmatch(r"(.+):([0-9]{1,9})", text)
    if match is None:
        return None
    video, number = find_video(match[1], skeleton), int(match[2])
    if not 1 <= number <= len(video.frames):
        raise DataError(f"{text}: expected a frame number from 1 to {len(video.frames)}")
    return video.frames[number - 1], video.joints[number - 1]


def stretched_crop(photo: np.ndarray, size: int) -> np.ndarray | None:
    """The crop that --fit=stretch means, or None where it is to be about the person."""
    return stretch_affine(photo.shape[:2], size) if FLAGS.fit == "stretch" else None
