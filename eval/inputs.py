"""Flags of the photo, the pose or many, and the model of transfer and animate; and how they fit.

A photo is an image file, or `<video>:<frame number>` of a data set (`data.data_flags`), which
also tells its joints. docs/transfer.md describes the JSON files, and what a pose model finds.
"""

import dataclasses
import re
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
from posewarp.joints import joints_from_names
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


def open_model() -> PoseTransfer | None:
    """Loads the network that --model names, or gives None: `choose_model` is to choose.

    Raises:
        ModelError: It cannot be loaded.
        UsageError: A flag of `data.annotate.tracks.check_choice` is none of its values.
    """
    for flag in ("person", "target_person"):
        check_choice(FLAGS[flag].value, flag)
    return None if FLAGS.model == AUTO else PoseTransfer.load(FLAGS.model, FLAGS.sharp)


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


def read_source(skeleton: Skeleton, finder: PoseFinder) -> tuple[np.ndarray, np.ndarray]:
    """Reads the photo and its joints, as --source and --source_joints say.

    Args:
        skeleton: Skeleton.
        finder: PoseFinder. Finds the joints where neither a file nor a data set tells them.

    Returns:
        Uint8 array (H, W, 3), RGB, and float array (J, 2) in its pixels.

    Raises:
        DataError, UsageError: Something is missing or does not fit.
    """
    frame = _frame_of_source(skeleton)
    if frame is None:
        photo = read_photo(
            FLAGS.source, "expected a photo, or <video>:<frame number> of a data set"
        )
        if FLAGS.source_joints:
            return photo, read_joints(FLAGS.source_joints, skeleton, FLAGS.model != AUTO)
        return photo, finder.in_photo(photo, FLAGS.source, FLAGS.person)
    path, joints = frame
    if FLAGS.source_joints:
        joints = read_joints(FLAGS.source_joints, skeleton, FLAGS.model != AUTO)
    return read_photo(path), joints


def _frame_of_source(skeleton):
    return None if Path(FLAGS.source).is_file() else frame_of(FLAGS.source, skeleton)


def read_joints(path: str | Path, skeleton: Skeleton, legs: bool = True) -> np.ndarray:
    """Reads a pose, float array (J, 2), from a JSON file of [x, y] or null by joint name.

    Args:
        path: The file.
        skeleton: Skeleton.
        legs: bool. As of `joints_of`.

    Raises:
        DataError: The file cannot be used; the message names it and the joint.
    """
    return joints_of(read_json_file(path), skeleton, str(path), legs)


def joints_of(given, skeleton: Skeleton, where: str, legs: bool = True) -> np.ndarray:
    """Makes a pose, float array (J, 2), of the values of a JSON file.

    Joints that the skeleton does not have are passed over with a line in the log; they cannot be
    misspelt ones of its own, all of which have to be there.

    Args:
        given: The values.
        skeleton: Skeleton.
        where: str. What messages begin with.
        legs: bool. Whether joints that UPPER_BODY lacks have to be there, too; else they are
            missing.

    Raises:
        DataError: The values are of another form.
    """
    if not isinstance(given, dict):
        raise DataError(f"{where}: expected an object of [x, y] or null by joint name")
    if not legs and set(UPPER_BODY.joints) <= set(given):
        given = {**dict.fromkeys(skeleton.joints), **given}
    try:
        joints = joints_from_names(given, skeleton)
    except DataError as error:
        raise DataError(f"{where}: {error}") from error
    further = [name for name in given if name not in skeleton.joints]
    if further:
        logging.log_first_n(
            logging.INFO,
            "%s: not used, as skeleton %s does not have them: %s",
            1,
            where,
            skeleton.name,
            ", ".join(further),
        )
    return joints


def find_video(name: str) -> Video:
    """Finds a video of the data set, in whichever split it is.

    Raises:
        DataError, UsageError: There is none, or one in each; or as in `data.videos.open_videos`.
    """
    require_flags("data_dir")
    found, names = [], []
    for split in SPLITS:
        try:
            videos = [read() for read in open_split(split)]
        except MissingSplitError:
            continue
        names += [video.name for video in videos]
        found += [video for video in videos if video.name == name]
    if not found:
        raise DataError(
            f"{name}: no such video: {FLAGS.data_dir} has {', '.join(names[:10])}"
            f"{', ...' if len(names) > 10 else ''}"
        )
    if len(found) > 1:
        raise DataError(f"{name}: both splits have a video of this name; rename one of them")
    return found[0]


def select(video: Video, skeleton: Skeleton) -> Video:
    """The video with a skeleton's joints; for `choose_model`, the legs may lack.

    Raises:
        DataError: As `Video.select`.
    """
    absent = [name for name in skeleton.joints if name not in video.joint_names]
    if FLAGS.model == AUTO and not set(absent) & set(UPPER_BODY.joints):
        missing = np.full((len(video.frames), len(absent), 2), np.nan)
        names = (*video.joint_names, *absent)
        joints = np.concatenate([video.joints, missing], axis=1)
        video = dataclasses.replace(video, joint_names=names, joints=joints)
    return video.select(skeleton)


def frame_of(text: str, skeleton: Skeleton) -> tuple[Path, np.ndarray] | None:
    """Finds `<video>:<frame number>`, counted from 1, in the data set.

    Returns:
        The frame's path and joints (J, 2), or None if the text is of another form.

    Raises:
        DataError, UsageError: There is no such frame, or as in `find_video`.
    """
    match = re.fullmatch(r"(.+):([0-9]{1,9})", text)
    if match is None:
        return None
    video, number = select(find_video(match[1]), skeleton), int(match[2])
    if not 1 <= number <= len(video.frames):
        raise DataError(f"{text}: expected a frame number from 1 to {len(video.frames)}")
    return video.frames[number - 1], video.joints[number - 1]


def stretched_crop(photo: np.ndarray, size: int) -> np.ndarray | None:
    """The crop that --fit=stretch means, or None where the model finds its own."""
    return stretch_affine(photo.shape[:2], size) if FLAGS.fit == "stretch" else None
