"""Reads the annotated videos of a data set, whatever its layout on disk.

Every layout has a module with one reader; all of them give `Video`s.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from data.annotated_video import Video
from data.json_videos import open_json, read_json
from data.published import open_published, read_published
from data.youtube_pose import open_youtube_pose, read_youtube_pose
from posewarp.errors import UsageError

DATASETS = ("published", "youtube_pose", "json")

__all__ = [
    "DATASETS",
    "Video",
    "open_videos",
    "read_json",
    "read_published",
    "read_videos",
    "read_youtube_pose",
]


def open_videos(
    dataset: str, data_dir: str | Path, split: str, test_videos: Sequence[str] = ()
) -> list[Callable[[], Video]]:
    """Lists the videos of a split; calling one reads it.

    Args:
        dataset: Layout of the data set, one of `DATASETS`.
        data_dir: Folder of the data set.
        split: `"train"` or `"test"`.
        test_videos: Names of the test split's videos, for layouts that do not have them in a
            folder of their own.

    Returns:
        Functions that read one video each, and raise DataError where they cannot.

    Raises:
        MissingSplitError: No video is in the split.
        DataError: The data set cannot be used.
        UsageError: The layout is unknown, or has its own test videos.
    """
    if dataset == "youtube_pose":
        return open_youtube_pose(data_dir, split, test_videos)
    if dataset == "json":
        return open_json(data_dir, split, test_videos)
    if dataset != "published":
        raise UsageError(f"dataset {dataset!r}: expected one of {', '.join(DATASETS)}")
    if test_videos:
        raise UsageError(
            "--test_videos: the published layout has its test videos in the folder test; expected "
            "this flag with --dataset=youtube_pose or json only"
        )
    return open_published(data_dir, split)


def read_videos(
    dataset: str, data_dir: str | Path, split: str, test_videos: Sequence[str] = ()
) -> list[Video]:
    """Reads the videos of a split; arguments and errors are those of `open_videos`.

    Raises:
        DataError: A video cannot be used; the message names its file.
    """
    return [read() for read in open_videos(dataset, data_dir, split, test_videos)]
