"""Flags of the data set.

And reading as they say.
"""

from collections.abc import Callable
from pathlib import Path

from absl import flags, logging

from data.augment import FITS
from data.videos import AUTO, LAYOUTS, Video, open_videos
from posewarp.errors import UsageError

FLAGS = flags.FLAGS
flags.DEFINE_string(
    "data_dir",
    None,
    "Folder of the data set; several, separated by commas, are sampled equally often.",
)
flags.DEFINE_enum(
    "dataset",
    AUTO,
    (AUTO, *LAYOUTS),
    "Layout of the data set (docs/data.md); auto finds it by looking into the folder.",
)
flags.DEFINE_string(
    "test_videos",
    None,
    "Names of the test split's videos, separated by commas, or a file with a name a line; for "
    "youtube_pose and json.",
)
flags.DEFINE_enum("fit", "person", FITS, "Crop around the person, or stretch the whole frame.")


def open_split(split: str) -> list[Callable[[], Video]]:
    """Lists the videos of a split, as the flags say; calling one reads it.

    Raises:
        DataError, UsageError: As in `data.videos.open_videos`.
    """
    return [video for videos in _open_data_sets(split) for video in videos]


def read_split(split: str) -> list[Video]:
    """Reads the videos of a split, as the flags say.

    Examples are drawn from all videos alike. So that several data sets are drawn from equally
    often, the train split repeats the videos of those that have few.

    Raises:
        DataError, UsageError: As in `data.videos.read_videos`.
    """
    data_sets = [[read() for read in videos] for videos in _open_data_sets(split)]
    most = max(map(len, data_sets)) if split == "train" else 0
    return [video for videos in data_sets for video in videos * max(1, round(most / len(videos)))]


def _open_data_sets(split):
    folders, names = FLAGS.data_dir.split(","), test_video_names()
    return [open_videos(folder, split, names, FLAGS.dataset) for folder in folders]


def test_video_names() -> list[str]:
    """The names that --test_videos gives, or none if it is not set.

    Raises:
        UsageError: The flag is set but names nothing, or its file cannot be read.
    """
    value = FLAGS.test_videos
    if not value:
        return []
    names = value.split(",")
    try:
        if Path(value).is_file():
            names = Path(value).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise UsageError(f"--test_videos: {value}: cannot be read: {error}") from error
    names = [name.strip() for name in names if name.strip()]
    if not names:
        raise UsageError(f"--test_videos: {value}: expected names of videos, found none")
    return names


def log_left_out(left_out: int, split: str):
    """Says in one line how many frames show too little of the person to learn from, if any."""
    if left_out:
        logging.info(
            "%d of the %s split's frames are left out: too few joints for a limb, or for the "
            "person's size (python -m data.check says where)",
            left_out,
            split,
        )
