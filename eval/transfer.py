"""Paints the person of a photo in another pose.

python -m eval.transfer --source=me.jpg --target_joints=pose.jpg --output=out.png

A pose model finds the joints of photos, and the network that ships for them paints; --model takes
another. In place of photos of poses, JSON files of joints (docs/transfer.md)
can be given with --source_joints and --target_joints, or frames of a data set as
`<video>:<frame number>`.
"""

from pathlib import Path

import numpy as np
from absl import flags

from data.augment import compose, transform_points
from data.drawing import check_image_name, transfer_figure, write_image
from data.files import check_outputs
from data.images import IMAGES, read_photo
from data.pairs import Example
from eval.inputs import AUTO, frame_of, read_inputs, read_joints, stretched_crop
from posewarp.crops import crop_photos, person_crop
from posewarp.errors import DataError
from posewarp.pixels import from_levels
from posewarp.program import run
from posewarp.retarget import fit_similarity, retarget
from posewarp.skeleton import Skeleton

FLAGS = flags.FLAGS
flags.DEFINE_string(
    "target_joints",
    None,
    "JSON file of the other pose, <video>:<frame number> of a data set, or a photo of someone in "
    "it.",
)
flags.DEFINE_string("output", None, "Image to write, of the photo's size.")
flags.DEFINE_string("figure", None, "PNG file to write besides: what went in and what came out.")


def main():
    """Writes the photo, and the figure if it is wanted."""
    outputs = [path for path in (FLAGS.output, FLAGS.figure) if path]
    inputs = (FLAGS.model, FLAGS.source, FLAGS.source_joints, FLAGS.target_joints)
    check_outputs(outputs, inputs)
    for path in outputs:
        check_image_name(path)
    model, photo, source, given, picture = read_inputs(read_target)
    skeleton, size = model.config.skeleton, model.config.image_size
    # What is found in another photo is in that photo's pixels, which mean nothing in this one.
    how = FLAGS.retarget or ("similarity" if _is_photo(FLAGS.target_joints) else "none")
    target = retarget(given[None], source, skeleton, how)[0]
    crop = stretched_crop(photo, size)
    if crop is None:
        crop = np.array(person_crop(source[None], target[None], skeleton, size))[0]
    made = model.transfer(photo, source, target, crop)
    if FLAGS.figure:
        if picture is not None:
            fit = np.eye(2, 3) if how == "none" else fit_similarity(given[None], target, skeleton)
            picture = _cut(picture, compose(crop, fit), size)
        poses = (transform_points(joints, crop) for joints in (source, target))
        example = Example(_cut(photo, crop, size), *poses, picture)
        generated = from_levels(made["crop"][None])
        write_image(FLAGS.figure, transfer_figure([example], generated, skeleton))
    write_image(FLAGS.output, made["photo"])
    height, width = photo.shape[:2]
    print(f"{FLAGS.output}: {width} x {height} pixels, the person painted at {size} x {size}")


def read_target(skeleton: Skeleton):
    """Reads the pose of --target_joints, as `eval.inputs.ReadPoses`.

    With it goes the picture of it, or None if there is none, or none is drawn.
    """
    path = FLAGS.target_joints
    if _is_photo(path):
        photo, person = read_photo(path), FLAGS.target_person
        return lambda finder: finder.in_photo(photo, path, person, "target_person"), photo
    if Path(path).is_file() and not path.endswith(".json"):
        raise DataError(
            f"--target_joints: {path}: expected a photo ({', '.join(IMAGES)}) or a .json file of "
            f"joints; the poses of a video are for eval.animate --driver"
        )
    frame = frame_of(path, skeleton)
    if frame is None:
        return read_joints(path, skeleton, FLAGS.model != AUTO), None
    return frame[1], read_photo(frame[0]) if FLAGS.figure else None


def _is_photo(path):
    return Path(path).suffix.lower() in IMAGES


def _cut(photo, crop, size):
    return from_levels(np.array(crop_photos(photo[None], crop[None], size))[0])


if __name__ == "__main__":
    run(main, "source", "target_joints", "output")
