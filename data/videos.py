"""Reads the annotated videos of a data set, whatever its layout on disk.

Every layout has a module with one reader; all of them give `Video`s.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from data.annotated_video import Video
from data.layouts import SPLITS
from data.layouts.json_videos import open_json
from data.layouts.published import open_published
from data.layouts.youtube_pose import ANNOTATION, open_youtube_pose
from posewarp.errors import DataError

AUTO = "auto"
LAYOUTS = {"published": open_published, "youtube_pose": open_youtube_pose, "json": open_json}
"""Readers by the layout's name."""

__all__ = ["AUTO", "LAYOUTS", "Video", "find_layout", "open_videos", "read_videos"]


def find_layout(data_dir: Path, test_videos: bool = False) -> str:
    """Looks into a folder for what tells its layout.

    Args:
        data_dir: Folder of the data set.
        test_videos: bool. Whether `.json` files may lie in the folder itself.

    Returns:
        One of `LAYOUTS`.

    Raises:
        DataError: It has none of them; the message names a folder below it that has one.
    """
    if not data_dir.is_dir():
        raise DataError(f"{data_dir}: no such folder; expected that of a data set")
    layout = _layout(data_dir, test_videos)
    if layout:
        return layout
    below = (path for path in sorted(data_dir.glob("[!.]*")) if path.is_dir())
    right = next((path for path in below if _layout(path, False)), None)
    raise DataError(
        f"{data_dir}: no data set: looked for {ANNOTATION}, {' or '.join(SPLITS)} with .json "
        f"files, and {' or '.join(SPLITS)} with frames and info"
        + (f"; the folder below it, {right}, looks like one" if right else "")
    )


def _layout(folder, test_videos):
    splits = [folder / split for split in SPLITS]
    if (folder / ANNOTATION).exists():
        return "youtube_pose"
    # Beside its .json files, a split may well have its images in a folder `frames`.
    if any(any(split.glob("[!.]*.json")) for split in splits):
        return "json"
    if any((split / part).is_dir() for split in splits for part in ("frames", "info")):
        return "published"
    return "json" if test_videos and any(folder.glob("[!.]*.json")) else None


def open_videos(
    data_dir: str | Path, split: str, test_videos: Sequence[str] = (), layout: str = AUTO
) -> list[Callable[[], Video]]:
    """Lists the videos of a split; calling one reads it.

    Args:
        data_dir: Folder of the data set.
        split: `"train"` or `"test"`.
        test_videos: Names of the test split's videos, for layouts that do not have them in a
            folder of their own.
        layout: One of `LAYOUTS`, or `"auto"` to look into the folder.

    Returns:
        Functions that read one video each, and raise DataError where they cannot; the message
        names the file and the field.

    Raises:
        MissingSplitError: No video is in the split.
        DataError: The data set cannot be used.
        UsageError: The layout has its own test videos.
    """
    data_dir = Path(data_dir)
    if layout == AUTO:
        layout = find_layout(data_dir, bool(test_videos))
    return LAYOUTS[layout](data_dir, split, test_videos)


def read_videos(
    data_dir: str | Path, split: str, test_videos: Sequence[str] = (), layout: str = AUTO
) -> list[Video]:
    """Reads the videos of a split; arguments and errors are those of `open_videos`."""
    return [read() for read in open_videos(data_dir, split, test_videos, layout)]
