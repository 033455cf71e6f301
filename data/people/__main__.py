"""Makes a data set of rendered people in motion, to train and to test with no download.

python -m data.people --output=<folder> --videos=20 --test_videos=4 --framing=upper

Every video has another person in another place, with exact joints, in the layout of the
published data set, which `data.videos.read_videos` reads. The people of the train and of the
test split differ. An interrupted call is completed by the same command.
"""

import os

from absl import flags

from data.people.dataset import FRAMINGS, write_people
from posewarp.program import run

FLAGS = flags.FLAGS
MOST = 100_000
"""Of videos, and of frames of one: no data set has more."""


def define_flags():
    """Defines the program's flags; not at import, where others' `seed` and `output` live."""

    def integer(name, default, meaning, least, most=MOST):
        flags.DEFINE_integer(name, default, meaning, lower_bound=least, upper_bound=most)

    flags.DEFINE_string("output", None, "Folder to write; it is made, or completed.")
    integer("videos", 20, "Videos, hence people, to train with.", 1)
    integer("test_videos", 4, "Videos of other people, to test with.", 0)
    integer("frames", 60, "Frames of every video.", 2)
    integer("frame_step", 1, "Steps of the motion (25 a second) from frame to frame.", 1, 1000)
    integer("size", 256, "Height and width of the frames in pixels.", 32, 2048)
    integer("seed", 0, "Seed of people, places and motion.", 0, None)
    flags.DEFINE_enum(
        "framing", "mixed", FRAMINGS, "Whole people, people from the hips up, or both in turn."
    )


def main():
    """Writes the data set, or what is missing of it."""
    names = ("videos", "test_videos", "frames", "frame_step", "size", "seed", "framing")
    settings = {name: FLAGS[name].value for name in names}
    written = write_people(FLAGS.output, **settings, workers=os.cpu_count() or 1)
    total = FLAGS.videos + FLAGS.test_videos
    if written:
        print(f"{FLAGS.output}: {total} videos of {FLAGS.frames} frames, {written} of them new")
    else:
        print(f"{FLAGS.output}: nothing to do, all {total} videos are there")


if __name__ == "__main__":
    define_flags()
    run(main, "output")
