"""The published layout: numbered frames and a `.mat` file for every full-body video."""

import functools
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import scipy.io

from data.annotated_video import FARTHEST, Video
from data.layouts.matlab import mark_missing, read_mat, real_numbers
from posewarp.errors import DataError, MissingSplitError, UsageError
from posewarp.skeleton import FULL_BODY

MAT_HEADER = b"MATLAB 5.0 MAT-file, written by posewarp"


def open_published(
    data_dir: Path, split: str, test_videos: Sequence[str] = ()
) -> list[Callable[[], Video]]:
    """Lists the videos of the published layout, as `data.videos.open_videos`.

    `<data_dir>/<split>/frames/<video>/<n>.jpg` (or `.png`), n from 1, and
    `<data_dir>/<split>/info/<video>.mat`, whose struct `data` has `X` (14, 2, N) and `bbox`
    (N, 4), in pixels counted from 1. Joints are missing as `mark_missing` says; a box without
    an area is missing too.
    """
    if test_videos:
        raise UsageError(
            "--test_videos: the published layout has its test videos in the folder test; expected "
            "this flag with the layouts youtube_pose and json only"
        )
    frames, info = (data_dir / split / part for part in ("frames", "info"))
    for folder in (frames, info):
        if not folder.is_dir():
            problem = DataError if folder.parent.is_dir() else MissingSplitError
            raise problem(
                f"{folder}: no such folder (expected the published layout: "
                f"frames/<video>/1.jpg and info/<video>.mat in <data_dir>/{split})"
            )
    folders = sorted(folder for folder in frames.iterdir() if folder.is_dir())
    if not folders:
        raise DataError(f"{frames}: expected one folder of frames per video, found none")
    return [
        functools.partial(_read_published_video, folder, info / f"{folder.name}.mat")
        for folder in folders
    ]


def annotation_file(joints: np.ndarray, boxes: np.ndarray | None = None) -> bytes:
    """A video's `.mat` file; the same bytes for the same values.

    Args:
        joints: Float array (N, 14, 2), FULL_BODY's in pixels counted from 0; NaN where missing.
        boxes: Array (N, 4): x, y counted from 0, width, height; the joints' extent by default.
    """
    if boxes is None:
        low, high = np.nanmin(joints, axis=1), np.nanmax(joints, axis=1)
        boxes = np.concatenate([low, high - low], axis=1)
    buffer = io.BytesIO()
    fields = {"X": np.moveaxis(joints, 0, 2) + 1, "bbox": boxes + (1, 1, 0, 0)}
    scipy.io.savemat(buffer, {"data": fields})
    # SciPy writes the date there.
    text_length = 116  # of the header, by MATLAB's file format
    return MAT_HEADER.ljust(text_length) + buffer.getvalue()[text_length:]


def _read_published_video(folder, annotation):
    joints, boxes = read_mat(
        annotation,
        "a struct data of numeric fields X, bbox",
        lambda found: [real_numbers(found["data"][0][field]) for field in ("X", "bbox")],
    )
    expected = len(FULL_BODY.joints)
    # A single frame's array may have lost its last axis.
    joints = joints[..., None] if joints.ndim == 2 else joints
    if joints.ndim != 3 or joints.shape[:2] != (expected, 2):
        raise DataError(
            f"{annotation}: data.X: expected shape ({expected}, 2, frames), got {joints.shape}"
        )
    count = joints.shape[2]
    if boxes.shape != (count, 4):
        raise DataError(f"{annotation}: data.bbox: expected ({count}, 4), got {boxes.shape}")
    if count == 0:
        raise DataError(f"{annotation}: data.X: expected at least one frame")
    has_area = (boxes[:, 2:] > 0).all(axis=1) & (np.abs(boxes) < FARTHEST).all(axis=1)
    return Video(
        name=folder.name,
        frames=tuple(_numbered_frame(folder, number + 1, annotation) for number in range(count)),
        joint_names=FULL_BODY.joints,
        joints=mark_missing(np.moveaxis(joints, 2, 0)) - 1,
        boxes=np.where(has_area[:, None], boxes, np.nan),
    )


def _numbered_frame(folder, number, annotation):
    for suffix in (".jpg", ".png"):
        path = folder / f"{number}{suffix}"
        if path.is_file():
            return path
    raise DataError(
        f"{folder / str(number)}.jpg: no such file (nor .png), but {annotation} annotates it"
    )
