"""Mean and standard deviation of every VGG19 channel over training images, in one pass.

python -m train.statistics --data_dir=<data set> --output=statistics.npz

The trainers estimate these from a few pairs at the start of a run unless --vgg_statistics names
such a file, or one of the published form, which --output=<name>.mat writes.
"""

import numpy as np
from absl import flags
from tqdm import tqdm

from data.augment import Augmentation
from data.data_flags import log_left_out, read_split
from data.pairs import Pairs
from data.vgg_files import check_ending, write_statistics
from posewarp.networks import ModelConfig
from posewarp.perceptual import activation_statistics, vgg19
from posewarp.program import run
from posewarp.skeleton import skeleton_from_name

FLAGS = flags.FLAGS
flags.DEFINE_string("output", None, "File to write, .npz or .mat.")
flags.DEFINE_string("skeleton", "full_body", "full_body, upper_body, or a skeleton's JSON file.")
flags.DEFINE_integer("image_size", 256, "Height and width of the images, a multiple of 32.")
flags.DEFINE_string("vgg_weights", "imagenet", "imagenet, random, or the path of an .h5 file.")
flags.DEFINE_integer(
    "max_images", 10_000, "Take this many frames, evenly spread, of a larger data set.", 1
)


def main():
    """Writes the statistics of the training split's frames."""
    check_ending(FLAGS.output)
    config = ModelConfig(skeleton_from_name(FLAGS.skeleton), FLAGS.image_size)
    pairs = Pairs(read_split("train"), config, fit=FLAGS.fit)
    log_left_out(pairs.left_out, "train")
    frames = [
        (video, frame)
        for video, annotated in enumerate(pairs.videos)
        for frame in range(len(annotated.frames))
    ]
    chosen = np.linspace(0, len(frames) - 1, min(len(frames), FLAGS.max_images)).round()
    vgg = vgg19(FLAGS.vgg_weights)
    images = (
        pairs.make(video, frame, frame, Augmentation()).source_image[None]
        for video, frame in tqdm(
            [frames[int(index)] for index in chosen], unit="frame", disable=None
        )
    )
    write_statistics(activation_statistics(vgg, images), FLAGS.output)
    print(f"{FLAGS.output}: statistics of {len(chosen)} of {len(frames)} frames")


if __name__ == "__main__":
    run(main, "data_dir", "output")
