"""Animates the person of a photo with the poses of a video or of a JSON file.

python -m eval.animate --model=runs/mine --source=photo.jpg --source_joints=photo.json \
    --dataset=json --data_dir=<data set> --driver=<video> --output=out.mp4

Writes one frame per pose, of the photo's size; `--output=out.mp4,out.gif` writes both. One crop
serves all frames, so the background holds still.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from absl import flags, logging
from scipy.ndimage import gaussian_filter1d
from tqdm import tqdm

from data.annotated_video import Video, without_outside
from data.augment import crop_affine
from data.drawing import DARK, draw_pose
from data.files import read_json_file
from eval.inputs import find_video, joints_of, read_source, stretched_crop
from eval.video_file import VideoFile, check_video_name
from posewarp.errors import DataError, UsageError
from posewarp.program import require_flags, run
from posewarp.retarget import retarget
from posewarp.skeleton import PERSON_HEIGHT, Skeleton
from posewarp.transfer import PoseTransfer, usable_joints

FLAGS = flags.FLAGS
flags.DEFINE_string("driver", None, "Video of a data set, or a .json file of poses.")
flags.DEFINE_list("output", None, "File to write, .mp4 or .gif; several, separated by commas.")
flags.DEFINE_float("smooth", 0.0, "Sigma in frames of a Gaussian over the poses.", lower_bound=0)
flags.DEFINE_bool("side_by_side", False, "Put the photo and the driving pose beside each frame.")
flags.DEFINE_float("fps", 25.0, "Frames a second.", lower_bound=0.1, upper_bound=1000)
flags.DEFINE_integer("batch_size", 4, "Frames that are made at once.", lower_bound=1)

LARGEST = 0.9
"""Of the crop's side, at most this share is covered by where joints ever are."""


def read_driver(skeleton: Skeleton) -> np.ndarray:
    """Reads the poses that --driver names.

    Returns:
        Float array (N, J, 2) in pixels, NaN where missing.

    Raises:
        DataError, UsageError: They cannot be used.
    """
    path = FLAGS.driver
    if not path.endswith(".json"):
        return find_video(path).select(skeleton).joints
    given = read_json_file(path)
    if isinstance(given, dict) and isinstance(given.get("frames"), list):
        given = _poses_of_video(given, path)
    if not isinstance(given, list) or not given:
        raise DataError(
            f"{path}: expected a list of poses, each an object of [x, y] or null by joint name"
        )
    return np.array(
        [joints_of(pose, skeleton, f"{path}: pose {i + 1}") for i, pose in enumerate(given)]
    )


def _poses_of_video(given, path):
    """The poses of a video of a JSON data set, where a joint may be absent as it may be null."""
    names = given.get("joints")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise DataError(f"{path}: joints: expected a list of joint names")
    poses = [frame.get("joints") if isinstance(frame, dict) else None for frame in given["frames"]]
    absent = dict.fromkeys(names)
    return [{**absent, **pose} if isinstance(pose, dict) else pose for pose in poses]


def smoothed(poses: np.ndarray, sigma: float) -> np.ndarray:
    """Averages joints over time with a Gaussian; a missing joint stays missing and counts nothing.

    Args:
        poses: Float array (N, J, 2), NaN where missing.
        sigma: float. Standard deviation in frames.
    """
    if sigma == 0:
        return poses
    present = np.isfinite(poses)
    total, weight = (
        gaussian_filter1d(values.astype("float64"), sigma, axis=0, mode="constant")
        for values in (np.where(present, poses, 0), present)
    )
    return np.where(present, total / np.where(present, weight, 1), np.nan)


def sequence_crop(
    source: np.ndarray, poses: np.ndarray, skeleton: Skeleton, size: int
) -> np.ndarray:
    """One crop for all frames: the largest person's, in the middle of where joints ever are.

    It is wider where the person would leave it otherwise.

    Args:
        source: Float array (J, 2) in pixels of the photo.
        poses: Float array (N, J, 2) in pixels of the photo.
        skeleton: Skeleton.
        size: int. S.

    Returns:
        Float array (2, 3), from the photo to the S x S crop.

    Raises:
        DataError: The person's size cannot be measured in any of them.
    """
    joints = np.concatenate([source[None], poses])
    person = Video("animation", (), skeleton.joints, joints).person_sizes(skeleton).max()
    if not np.isfinite(person):
        raise DataError(
            f"--source_joints, --driver: the person's size cannot be measured in any pose: "
            f"expected joints of a measure of skeleton {skeleton.name}"
        )
    low, high = np.nanmin(joints, axis=(0, 1)), np.nanmax(joints, axis=(0, 1))
    covering = (high - low).max() * PERSON_HEIGHT / (LARGEST * 256)
    return crop_affine(max(person, covering), (low + high) / 2, size)


def animate(
    model: PoseTransfer,
    photo: np.ndarray,
    source: np.ndarray,
    poses: np.ndarray,
    crop: np.ndarray,
    batch_size: int,
) -> Iterator[np.ndarray]:
    """Makes the frames one after the other, uint8 (H, W, 3)."""
    same = {"photo": photo, "source_joints": source, "crop": crop}
    same = {name: np.stack([array] * batch_size) for name, array in same.items()}
    for start in range(0, len(poses), batch_size):
        batch = poses[start : start + batch_size]
        # The last batch is filled up: one of another size is rounded differently, here and there.
        full = np.concatenate([batch, np.repeat(batch[-1:], batch_size - len(batch), axis=0)])
        yield from model.predict_on_batch({**same, "target_joints": full})["photo"][: len(batch)]


def main():
    """Writes the animation."""
    require_flags("model", "source", "driver")
    outputs = FLAGS.output or []
    if not outputs:
        require_flags("output")
    if len({Path(path).resolve() for path in outputs}) < len(outputs):
        raise UsageError(f"--output: expected different files, got {','.join(outputs)}")
    for path in outputs:
        check_video_name(path)
    model = PoseTransfer.load(FLAGS.model)
    skeleton, size = model.config.skeleton, model.config.image_size
    photo, source = read_source(skeleton)
    usable_joints(source, skeleton, photo.shape[:2], "--source_joints")
    poses = smoothed(read_driver(skeleton), FLAGS.smooth)
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
        videos = [files.enter_context(VideoFile(path, FLAGS.fps)) for path in outputs]
        frames = animate(model, photo, source, poses, crop, FLAGS.batch_size)
        for pose, frame in zip(poses, tqdm(frames, total=len(poses), unit="frame"), strict=True):
            if FLAGS.side_by_side:
                panel = draw_pose(np.full_like(photo, DARK), pose, skeleton)
                frame = np.concatenate([photo, panel, frame], axis=1)
            for video in videos:
                video.write(frame)
    print(f"{', '.join(outputs)}: {len(poses)} frames")


if __name__ == "__main__":
    run(main)
