"""Layouts of data sets on disk, a module with one reader each; here is what they share."""

import os
from collections.abc import Collection, Sequence
from pathlib import Path

from posewarp.errors import DataError, MissingSplitError

SPLITS = ("train", "test")


def names_of_split(
    names: Sequence[str],
    split: str,
    test_videos: Collection[str],
    default: Collection[str],
    where: Path,
) -> set[str]:
    """Picks the videos of a split.

    Args:
        names: Names of all videos.
        split: `"train"` or `"test"`.
        test_videos: Names of the test split's videos, or none to take the default.
        default: Names of the test split's videos by default.
        where: The data set, for messages.

    Raises:
        MissingSplitError: No video is in the split.
        DataError: A test video is not there.
    """
    absent = [name for name in test_videos if name not in names]
    if absent:
        raise DataError(
            f"{where}: test_videos: no video {absent[0]!r}; expected names of "
            f"{', '.join(names[:10])}{', ...' if len(names) > 10 else ''}"
        )
    test = set(test_videos or default)
    chosen = test if split == "test" else set(names) - test
    if not chosen:
        raise MissingSplitError(
            f"{where}: no video is in the {split} split; name the videos to test with "
            f"(test_videos), at least one and not all of {len(names)}"
        )
    return chosen


def path_within(data_dir: Path, *parts: str | Path) -> Path | None:
    """Joins the path that an annotation names, if it stays in the data set.

    Only the path's text counts: a folder of the data set may be a link to another disk.

    Args:
        data_dir: Folder of the data set.
        parts: Parts of the path, joined as `os.path.join` does, from `data_dir` on.

    Returns:
        The path, without `..`, or None where it leads out of `data_dir`.
    """
    root = os.path.abspath(data_dir)
    path = os.path.abspath(os.path.join(root, *parts))
    if os.path.commonpath([root, path]) != root:
        return None
    return Path(data_dir) / os.path.relpath(path, root)


def is_file(path: Path) -> bool:
    """Whether a path that an annotation names is a file; not so if no file can have that name."""
    try:
        return path.is_file()
    except OSError:
        return False
