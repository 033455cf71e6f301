"""Trains a network on, on a GPU that has JAX; TensorFlow need not be there.

KERAS_BACKEND=jax python -m train.pretrain_jax --flagfile=configs/pretrained_gpu.flags
--start=upper_body --skeleton=upper_body --data_dir=<data set> --run_dir=runs/<name>

The loss, the pairs and the optimizer are those of `train.pretrain`, but there is no guide, no
validation, and a run that is stopped begins anew: it is a matter of minutes.
"""

import math
from pathlib import Path

import keras
from absl import flags

from data.data_flags import log_left_out, read_split
from data.files import check_output
from data.pairs import Pairs
from data.vgg_files import load_vgg, read_statistics
from posewarp.errors import ModelError, UsageError
from posewarp.networks import Generator, ModelConfig
from posewarp.perceptual import PerceptualLoss
from posewarp.program import run
from posewarp.saving import GENERATOR_FILE, load_network, save_network
from posewarp.skeleton import skeleton_from_name
from train.fit import Pretraining, batches

FLAGS = flags.FLAGS
flags.DEFINE_string("start", None, "Network to train on, of any image size.")
flags.DEFINE_string("skeleton", "full_body", "full_body, upper_body, or a skeleton's JSON file.")
flags.DEFINE_integer("image_size", 256, "Height and width of the images, a multiple of 32.")
flags.DEFINE_float("width", 0.5, "Factor on the number of filters.")
flags.DEFINE_string("run_dir", None, "Folder that gets the network.")
flags.DEFINE_string("vgg_weights", "imagenet", "imagenet, random, or the path of an .h5 file.")
flags.DEFINE_string("vgg_statistics", None, "Activation statistics, .npz or .mat.")
flags.DEFINE_integer("batch_size", 16, "Examples a batch.", lower_bound=1)
flags.DEFINE_integer("steps", 5000, "Steps of the run.", lower_bound=1)
flags.DEFINE_integer("warmup_steps", 200, "First steps, in which the learning rate rises.", 0)
flags.DEFINE_float("learning_rate", 5e-4, "Adam's largest; it falls along half a cosine.", 0)
flags.DEFINE_bool("tones", False, "Also darken, brighten and tint at random.")
flags.DEFINE_integer("seed", 0, "Seed of examples.", lower_bound=0)

STEPS_A_LINE = 100
"""Most steps between two lines of what is printed, and between two writings of the network."""
CACHE_MIB = 4096
"""For decoded frames, of each of the processes that make batches."""


def main():
    """Trains, and writes the network."""
    path = Path(FLAGS.run_dir) / GENERATOR_FILE
    check_output(path)
    if path.exists():
        raise UsageError(f"{path}: is there already; give another --run_dir")
    keras.config.set_dtype_policy("mixed_bfloat16")
    config = ModelConfig(skeleton_from_name(FLAGS.skeleton), FLAGS.image_size, FLAGS.width, 0.0)
    videos = read_split("train")
    pairs = Pairs(videos, config, FLAGS.seed, True, FLAGS.fit, CACHE_MIB, FLAGS.tones)
    log_left_out(pairs.left_out, "train")
    if keras.backend.backend() != "jax":
        raise UsageError("KERAS_BACKEND: expected jax; with TensorFlow, take train.pretrain")
    examples = batches(pairs, FLAGS.batch_size)
    start = load_network(FLAGS.start)
    if not isinstance(start, Generator):
        raise UsageError(f"--start={FLAGS.start}: is the baseline: expected a modular network")
    if (start.config.skeleton, start.config.width) != (config.skeleton, config.width):
        raise UsageError(
            f"--start={FLAGS.start}: is of --skeleton={start.config.skeleton.name} "
            f"--width={start.config.width:g}: give these flags, or another network"
        )
    generator = Generator(config)
    generator.set_weights(start.get_weights())
    loss = PerceptualLoss(load_vgg(FLAGS.vgg_weights), read_statistics(FLAGS.vgg_statistics))
    model = Pretraining(generator, loss)
    rate = keras.optimizers.schedules.CosineDecay(
        FLAGS.learning_rate / max(1, FLAGS.warmup_steps),
        max(1, FLAGS.steps - FLAGS.warmup_steps),
        warmup_target=FLAGS.learning_rate,
        warmup_steps=FLAGS.warmup_steps,
    )
    model.compile(optimizer=keras.optimizers.Adam(rate))

    def keep(epoch, logs):
        if not math.isfinite(logs["loss"]):
            raise ModelError(f"loss is {logs['loss']}; a lower --learning_rate may help")
        save_network(generator, path)

    path.parent.mkdir(parents=True, exist_ok=True)
    line = math.gcd(STEPS_A_LINE, FLAGS.steps)
    model.fit(
        examples,
        steps_per_epoch=line,
        epochs=FLAGS.steps // line,
        shuffle=False,
        verbose=2,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=keep)],
    )
    print(f"{path}: {FLAGS.steps} steps of {FLAGS.batch_size} examples")


if __name__ == "__main__":
    run(main, "start", "data_dir", "run_dir", "vgg_statistics")
