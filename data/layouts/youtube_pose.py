"""YouTube Pose as VGG distributes it: 50 upper-body videos of 100 frames in one `.mat` file.

Charles, Pfister, Magee, Hogg and Zisserman, "Personalizing Human Video Pose Estimation" (CVPR
2016).
"""

import functools
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from data.annotated_video import Video
from data.layouts import is_file, names_of_split, path_within
from data.layouts.matlab import mark_missing, read_mat, real_numbers
from posewarp.errors import DataError
from posewarp.skeleton import UPPER_BODY

ANNOTATION = "YouTube_Pose_dataset.mat"
FRAMES = "GT_frames"
TEST_EVERY = 10
"""Where the data set names no test videos, every tenth one is."""


def open_youtube_pose(
    data_dir: Path, split: str, test_videos: Sequence[str] = ()
) -> list[Callable[[], Video]]:
    """Lists the videos of YouTube Pose, as `data.videos.open_videos`.

    `<data_dir>/YouTube_Pose_dataset.mat` has a struct array `data` with, per video,
    `videoname`, `locs` (2, 7, N: x and y of UPPER_BODY's joints, in pixels of the frames counted
    from 1), `frameids` (1, N) and, optionally, `imgPath` (N paths) and `isYouTubeSubset`. A
    frame is the file of `imgPath` where that is in `data_dir`, or else
    `GT_frames/<videoname>/frame_<six digits>.jpg`, or else `GT_frames/<videoname>/<id>.jpg`.

    By default, the test split's videos are those with `isYouTubeSubset`, or every tenth where no
    video has that field.
    """
    path = data_dir / ANNOTATION
    expected = "a struct array data with a video's fields each"
    records = read_mat(path, expected, lambda found: found["data"])
    are_records = isinstance(records, list) and all(isinstance(record, dict) for record in records)
    if not are_records or not records:
        raise DataError(f"{path}: data: expected a struct array with a video's fields each")
    names = [record.get("videoname") for record in records]
    names = [name.strip() if isinstance(name, str) else "" for name in names]
    for index, name in enumerate(names):
        if not name:
            raise DataError(f"{path}: data({index + 1}).videoname: expected the video's name")
        if names.index(name) < index:
            raise DataError(f"{path}: data({index + 1}).videoname: {name!r} is there twice")
    readers = {
        name: functools.partial(_read_video, data_dir, f"{path}: data({index + 1})", record, name)
        for index, (record, name) in enumerate(zip(records, names, strict=True))
    }
    chosen = names_of_split(names, split, test_videos, _test_videos(path, records, names), path)
    return [readers[name] for name in names if name in chosen]


def _test_videos(path, records, names):
    """Names of the test split's videos by default."""
    if "isYouTubeSubset" not in records[0]:
        return names[TEST_EVERY - 1 :: TEST_EVERY]
    chosen = []
    for index, (record, name) in enumerate(zip(records, names, strict=True)):
        where = f"{path}: data({index + 1})"
        values = _numbers(record, "isYouTubeSubset", where)
        if values.size > 1:
            raise DataError(
                f"{where}.isYouTubeSubset: expected 0 or 1, got an array {values.shape}"
            )
        # MATLAB fills a field that was never set with an empty array.
        if values.any():
            chosen.append(name)
    return chosen


def _read_video(data_dir, where, record, name):
    locs = _numbers(record, "locs", where)
    expected = len(UPPER_BODY.joints)
    # A single frame's array may have lost its last axis.
    locs = locs[..., None] if locs.ndim == 2 else locs
    if locs.ndim != 3 or locs.shape[:2] != (2, expected):
        raise DataError(
            f"{where}.locs: expected shape (2, {expected}, frames), got {locs.shape} (video "
            f"{name!r})"
        )
    count = locs.shape[2]
    ids = _numbers(record, "frameids", where).ravel()
    if len(ids) != count or count == 0:
        raise DataError(
            f"{where}.frameids: expected one number for each of the {count} frames of locs, got "
            f"{len(ids)} (video {name!r})"
        )
    if not (np.isfinite(ids).all() and (ids >= 0).all() and (ids == np.round(ids)).all()):
        raise DataError(f"{where}.frameids: expected whole numbers from 0 (video {name!r})")
    paths = _image_paths(record, count, where)
    if path_within(data_dir / FRAMES, name, "0.jpg") is None:
        raise DataError(f"{where}.videoname: {name!r} leads out of {data_dir / FRAMES}")
    return Video(
        name=name,
        frames=tuple(
            _frame(data_dir, name, int(number), image, f"{where}.frameids")
            for number, image in zip(ids, paths, strict=True)
        ),
        joint_names=UPPER_BODY.joints,
        joints=mark_missing(np.transpose(locs, (2, 1, 0))) - 1,
    )


def _frame(data_dir, name, number, image, where):
    folder = data_dir / FRAMES / name
    usual = [folder / f"frame_{number:06d}.jpg", folder / f"{number}.jpg"]
    # A path of the machine where the data set was made leads nowhere on this one.
    named = path_within(data_dir, image) if image else None
    for path in ([named] if named else []) + usual:
        if is_file(path):
            return path
    raise DataError(
        f"{usual[0]}: no such file (nor {usual[1].name}"
        f"{f', nor imgPath {image!r} in {data_dir}' if image else ''}), but {where} names it"
    )


def _image_paths(record, count, where):
    paths = record.get("imgPath")
    if paths is None or len(paths) == 0:
        return [""] * count
    paths = [paths] if isinstance(paths, str) else paths
    if len(paths) != count or not all(isinstance(path, str) for path in paths):
        raise DataError(f"{where}.imgPath: expected a cell of {count} paths, one for each frame")
    return [path.strip().replace("\\", "/").replace("\0", "") for path in paths]


def _numbers(record, name, where):
    if name not in record:
        raise DataError(f"{where}.{name}: the field is missing; expected numbers")
    try:
        return real_numbers(record[name])
    except (TypeError, ValueError) as error:
        raise DataError(f"{where}.{name}: {error}") from error
