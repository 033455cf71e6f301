"""Makes a data set of rendered people in motion, to train and to test with no download.

python -m data.people --output=<folder> --videos=20 --test_videos=4 --framing=upper

Every video has another person in another place, with exact joints, in the layout of the
published data set, which `data.videos.read_videos` reads. The people of the train and of the
test split differ. An interrupted call is completed by the same command.
"""

import os

from absl import flags

from data.people.dataset import FRAMINGS, Settings, write_people
from posewarp.program import run

FLAGS = flags.FLAGS
MOST = 100_000  # of videos, and of frames of one: no data set has more
NUMBERS = {
    "videos": (1, MOST, "Videos, hence people, to train with."),
    "test_videos": (0, MOST, "Videos of other people, to test with."),
    "frames": (2, MOST, "Frames of every video."),
    "frame_step": (1, 1000, "Steps of the motion (25 a second) from frame to frame."),
    "size": (32, 2048, "Height and width of the frames in pixels."),
    "seed": (0, None, "Seed of people, places and motion."),
}
"""The least, the most and the meaning of the flags that are numbers."""


def define_flags():
    """Defines the program's flags; not at import, where others' `seed` and `output` live."""
    flags.DEFINE_string("output", None, "Folder to write; it is made, or completed.")
    for name, (least, most, meaning) in NUMBERS.items():
        flags.DEFINE_integer(name, Settings._field_defaults[name], meaning, least, most)
    meaning = "Whole people, people from the hips up, or both in turn."
    flags.DEFINE_enum("framing", "mixed", FRAMINGS, meaning)


def main():
    """Writes the data set, or what is missing of it."""
    settings = Settings(*(FLAGS[name].value for name in Settings._fields))
    written = write_people(FLAGS.output, settings, workers=os.cpu_count() or 1)
    total = settings.videos + settings.test_videos
    if written:
        print(f"{FLAGS.output}: {total} videos of {settings.frames} frames, {written} of them new")
    else:
        print(f"{FLAGS.output}: nothing to do, all {total} videos are there")


if __name__ == "__main__":
    define_flags()
    run(main, "output")
