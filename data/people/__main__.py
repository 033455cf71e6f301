"""Makes a data set of rendered people in motion, to train and to test with no download.

python -m data.people --output=<folder> --videos=20 --test_videos=4 --framing=upper

Every video has another person in another place, with exact joints, in the layout of the
published data set, which `data.videos.read_published` reads. The people of the train and of the
test split differ.
"""

import os

from absl import flags

from data.people.dataset import FRAMINGS, Settings, write_people
from posewarp.program import require_flags, run

FLAGS = flags.FLAGS


def define_flags():
    """Defines the program's flags; not at import, where others' `seed` and `output` live."""
    flags.DEFINE_string("output", None, "Folder to write; it is made, or completed.")
    flags.DEFINE_integer("videos", 20, "Videos, hence people, to train with.")
    flags.DEFINE_integer("test_videos", 4, "Videos of other people, to test with.")
    flags.DEFINE_integer("frames", 60, "Frames of every video.")
    flags.DEFINE_integer(
        "frame_step", 1, "Steps of the motion from one frame to the next; more is further apart."
    )
    flags.DEFINE_integer("size", 256, "Height and width of the frames in pixels.")
    flags.DEFINE_integer("seed", 0, "Seed of people, places and motion.")
    flags.DEFINE_enum(
        "framing", "mixed", FRAMINGS, "Whole people, people from the hips up, or both in turn."
    )


def main():
    """Writes the data set, or what is missing of it."""
    require_flags("output")
    settings = Settings(
        videos=FLAGS.videos,
        test_videos=FLAGS.test_videos,
        frames=FLAGS.frames,
        frame_step=FLAGS.frame_step,
        size=FLAGS.size,
        seed=FLAGS.seed,
        framing=FLAGS.framing,
    )
    written = write_people(FLAGS.output, settings, workers=os.cpu_count() or 1)
    total = settings.videos + settings.test_videos
    if written:
        print(f"{FLAGS.output}: {total} videos of {settings.frames} frames, {written} of them new")
    else:
        print(f"{FLAGS.output}: nothing to do, all {total} videos are there")


if __name__ == "__main__":
    define_flags()
    run(main)
