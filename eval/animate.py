"""Animates the person of a photo with the poses of a video or of a JSON file.

python -m eval.animate --source=me.jpg --driver=dance.mp4 --output=out.mp4

python -m eval.animate --source=me.jpg --data_dir=<data set> --driver=<video> --output=out.mp4

Writes one frame per pose, of the photo's size; `--output=out.mp4,out.gif` writes both. One crop
serves all frames, so the background holds still.
"""

import contextlib
from pathlib import Path

import numpy as np
from absl import flags, logging
from scipy.ndimage import gaussian_filter1d
from tqdm import tqdm

from data.annotated_video import without_outside
from data.drawing import DARK, draw_pose
from data.files import check_outputs, read_json_file
from data.footage import open_footage
from eval.animation import animate, sequence_crop
from eval.inputs import AUTO, find_video, joints_of, read_inputs, stretched_crop
from eval.video_file import check_video_name, video_file
from posewarp.errors import DataError, UsageError
from posewarp.program import run
from posewarp.retarget import retarget
from posewarp.skeleton import Skeleton

FLAGS = flags.FLAGS
FPS, LEAST_FPS, MOST_FPS = 25.0, 0.1, 1000.0
LARGEST_BATCH = 256
flags.DEFINE_string("driver", None, "Video file, video of a data set, or a .json file of poses.")
flags.DEFINE_list("output", None, "File to write, .mp4 or .gif; several, separated by commas.")
flags.DEFINE_float("smooth", 0.0, "Sigma in frames of a Gaussian over the poses.", lower_bound=0)
flags.DEFINE_bool("side_by_side", False, "Put the photo and the driving pose beside each frame.")
flags.DEFINE_float(
    "fps",
    None,
    f"Frames a second; by default those of the driving video file, else {FPS:g}.",
    lower_bound=LEAST_FPS,
    upper_bound=MOST_FPS,
)
flags.DEFINE_integer("batch_size", 4, "Frames that are made at once.", 1, LARGEST_BATCH)


def read_driver(skeleton: Skeleton):
    """Reads the poses of --driver, as `eval.inputs.ReadPoses`, with their frames a second."""
    path = FLAGS.driver
    if path.endswith(".json"):
        return read_poses(path, skeleton), FPS
    if Path(path).is_file():
        video = open_footage(Path(path))
        fps = video.fps if LEAST_FPS <= video.fps <= MOST_FPS else FPS
        return lambda finder: finder.in_video(video, FLAGS.target_person), fps
    if not FLAGS.data_dir:
        raise UsageError(
            f"--driver: {path}: expected a video file, a .json file of poses, or, with "
            "--data_dir, a video of the data set"
        )
    return find_video(path, skeleton).joints, FPS


def read_poses(path: str, skeleton: Skeleton) -> np.ndarray:
    """Reads poses, float array (N, J, 2): a list of poses, or a video of a JSON data set.

    In the latter, a joint may be absent as it may be null. Raises DataError for other files.
    """
    given = read_json_file(path)
    if isinstance(given, dict) and isinstance(given.get("frames"), list):
        names = given.get("joints")
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise DataError(f"{path}: joints: expected a list of joint names")
        poses = [frame.get("joints") if isinstance(frame, dict) else 0 for frame in given["frames"]]
        absent = dict.fromkeys(names)
        given = [{**absent, **pose} if isinstance(pose, dict) else pose for pose in poses]
    if not isinstance(given, list) or not given:
        raise DataError(
            f"{path}: expected a list of poses, each an object of [x, y] or null by joint name"
        )
    return np.array(
        [
            joints_of(pose, skeleton, f"{path}: pose {number}", FLAGS.model != AUTO)
            for number, pose in enumerate(given, 1)
        ]
    )


def smoothed(poses: np.ndarray, sigma: float) -> np.ndarray:
    """Averages joints (N, J, 2) over time with a Gaussian of a sigma in frames.

    A missing joint stays missing and counts nothing.
    """
    if sigma == 0:
        return poses
    present = np.isfinite(poses)
    total, weight = (
        gaussian_filter1d(values.astype("float64"), sigma, axis=0, mode="constant")
        for values in (np.where(present, poses, 0), present)
    )
    return np.where(present, total / np.where(present, weight, 1), np.nan)


def main():
    """Writes the animation."""
    outputs = FLAGS.output
    check_outputs(outputs, (FLAGS.model, FLAGS.source, FLAGS.source_joints, FLAGS.driver))
    for path in outputs:
        check_video_name(path)
    model, photo, source, poses, fps = read_inputs(read_driver)
    skeleton, size = model.config.skeleton, model.config.image_size
    poses = smoothed(poses, FLAGS.smooth)
    poses = retarget(poses, source, skeleton, FLAGS.retarget or "similarity")
    poses = without_outside(poses, *photo.shape[:2]).astype("float32")
    if not np.isfinite(poses).any():
        raise DataError("--driver: no joint of any pose is within the photo; see --retarget")
    incomplete = np.isnan(poses).any(axis=(1, 2)).sum()
    if incomplete:
        logging.info(
            "%d of %d poses lack joints or leave the photo with some; limbs are missing there",
            incomplete,
            len(poses),
        )
    crop = stretched_crop(photo, size)
    if crop is None:
        crop = sequence_crop(source, poses, skeleton, size)
    with contextlib.ExitStack() as files:
        writers = [files.enter_context(video_file(path, FLAGS.fps or fps)) for path in outputs]
        frames = animate(model, photo, source, poses, crop, FLAGS.batch_size)
        frames = tqdm(frames, total=len(poses), unit="frame", disable=None)
        for pose, frame in zip(poses, frames, strict=True):
            if FLAGS.side_by_side:
                panel = draw_pose(np.full_like(photo, DARK), pose, skeleton)
                frame = np.concatenate([photo, panel, frame], axis=1)
            for write in writers:
                write(frame)
    print(f"{', '.join(outputs)}: {len(poses)} frames")


if __name__ == "__main__":
    run(main, "source", "driver", "output")
