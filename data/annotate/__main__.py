"""Finds a person's joints in a video, in a folder of images or of videos, or in a photo.

python -m data.annotate --input=<video or folder> --output=<data set>
python -m data.annotate --input=<photo> --output=<joints.json>

A video becomes a data set to train on: frames, and the 14 joints of `full_body` in each. Its
layout is `--dataset=json` or `published`. Nothing leaves the computer. The next call completes an
interrupted one.
"""

from pathlib import Path

from absl import flags

from data.annotate.dataset import LAYOUTS, annotate_photo, write_annotation
from data.annotate.pose_landmarks import PoseLandmarker, published_model
from data.annotate.tracks import LARGEST, check_choice
from data.drawing import check_image_name, draw_sheet, write_image
from data.files import check_outputs
from data.footage import open_footage
from data.images import IMAGES
from data.layouts import SPLITS
from data.videos import read_videos
from posewarp.errors import UsageError
from posewarp.program import run
from posewarp.skeleton import FULL_BODY

FLAGS = flags.FLAGS
VERSION = 1
"""Raise it when the same arguments come to give other files."""


def define_flags():
    """Defines the program's flags; not at import, where others' `input` and `output` live."""
    flags.DEFINE_string("input", None, "Video file, folder of images or of videos, or photo.")
    flags.DEFINE_string("output", None, "Folder of the data set, or a photo's .json file.")
    flags.DEFINE_string(
        "pose_model", None, "MediaPipe's pose_landmarker .task file; the published one by default."
    )
    flags.DEFINE_enum("dataset", "json", list(LAYOUTS), "Layout of the data set.")
    flags.DEFINE_integer("every", 1, "Take every n-th frame.", lower_bound=1)
    flags.DEFINE_string(
        "person", LARGEST, "Of several people: largest, left, right, or a number from the left."
    )
    flags.DEFINE_string("figure", None, "PNG file to write: frames with their joints.")
    flags.DEFINE_boolean(
        "overwrite", False, "Replace a photo's joints, or a data set that is complete."
    )


def main():
    """Writes the data set, or what is missing of it, or a photo's joints."""
    check_choice(FLAGS.person)
    source, output = Path(FLAGS.input), Path(FLAGS.output)
    if FLAGS.figure:
        check_image_name(FLAGS.figure)
        check_outputs([FLAGS.figure, output], [source])
    is_photo = source.suffix.lower() in IMAGES and not source.is_dir()
    if is_photo != (output.suffix.lower() == ".json"):
        photo, other = "a .json file for a photo", f"a folder for what is no {', '.join(IMAGES)}"
        raise UsageError(f"--output: expected {photo if is_photo else other}, got {FLAGS.output}")
    if is_photo:
        find_people = PoseLandmarker(FLAGS.pose_model).people
        picture = annotate_photo(source, output, find_people, FLAGS.person, FLAGS.overwrite)
        print(f"{output}: joints")
        if FLAGS.figure:
            write_image(FLAGS.figure, picture)
        return
    footage = open_footage(source)
    pose_model = Path(FLAGS.pose_model or published_model())
    settings = {
        "version": VERSION,
        "input": source.resolve().name,
        "input_bytes": footage.bytes,
        "pose_model_bytes": pose_model.stat().st_size,
        "dataset": FLAGS.dataset,
        "every": FLAGS.every,
        "person": FLAGS.person,
    }
    find_people = PoseLandmarker(pose_model).people
    summary, is_new = write_annotation(footage, output, find_people, settings, FLAGS.overwrite)
    print(f"{output}: {summary}" if is_new else f"{output}: nothing to do: {summary}")
    if FLAGS.figure:
        videos = [(split, video) for split in SPLITS for video in read_videos(output, split)]
        write_image(FLAGS.figure, draw_sheet(videos, FULL_BODY))
        print(f"{FLAGS.figure}: contact sheet")


if __name__ == "__main__":
    define_flags()
    run(main, "input", "output")
