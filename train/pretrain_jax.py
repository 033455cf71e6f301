"""Trains a network on, on a GPU that has JAX; TensorFlow need not be there.

KERAS_BACKEND=jax python -m train.pretrain_jax --flagfile=configs/pretrained_gpu.flags
--start=upper_body --skeleton=upper_body --data_dir=<data set> --run_dir=runs/<name>

The loss, the pairs and the optimizer are those of `train.pretrain`, but there is no guide, no
validation, and a run that is stopped begins anew: it is a matter of minutes.
"""

import collections
import itertools
import math
import multiprocessing
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
from absl import flags

from data.augment import normalized
from data.data_flags import log_left_out, read_split
from data.pairs import Pairs
from data.vgg_files import load_vgg, read_statistics
from posewarp.errors import ModelError, UsageError
from posewarp.networks import Generator, ModelConfig
from posewarp.perceptual import PerceptualLoss
from posewarp.program import run
from posewarp.saving import GENERATOR_FILE, load_network, save_network
from posewarp.skeleton import skeleton_from_name
from posewarp.volumes import network_inputs

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
"""Steps between two lines of what is printed, and between two writings of the network."""
PROCESSES, AHEAD = 7, 24
"""That make batches, and how many batches may wait ready."""


class Pretraining(keras.Model):
    """A generator and its perceptual loss, from what `Pairs.batch` gives.

    Args:
        generator: Generator.
        perceptual_loss: PerceptualLoss.
    """

    def __init__(self, generator: Generator, perceptual_loss: PerceptualLoss):
        super().__init__(dtype="float32")  # coordinates stay float32
        self.generator = generator
        self.vgg = perceptual_loss.vgg
        self.perceptual_loss = perceptual_loss

    def call(self, batch, training=False):
        """Adds the loss of a batch, a dict as of `make_batch`; returns what the generator made."""
        config = self.generator.config
        images = (batch["source_image"], batch["target_image"])
        brightness = batch["brightness"][:, None, None, None]
        source, target = (normalized(image, brightness) for image in images)
        joints = (batch["source_joints"], batch["target_joints"])
        inputs = network_inputs(source, *joints, config.skeleton, config.image_size)
        output = self.generator(inputs, training=training)
        self.add_loss(self.perceptual_loss.mean(target, output))
        return output


def make_batch(pairs: Pairs, batch_size: int, number: int) -> dict[str, np.ndarray]:
    """The batch of a number, as `Pairs.batch` makes it.

    Returns:
        Dict of `source_image` and `target_image`, uint8 (B, S, S, 3), RGB; `source_joints` and
        `target_joints`, float32 (B, J, 2), in pixels of the crop; `brightness`, float32 (B,).
    """
    images, joints, brightness = pairs.batch(number, batch_size)
    source_image, target_image = images[..., :3]
    source_joints, target_joints = joints.astype("float32")
    return {
        "source_image": source_image,
        "target_image": target_image,
        "source_joints": source_joints,
        "target_joints": target_joints,
        "brightness": brightness,
    }


def batches(pairs: Pairs, batch_size: int) -> Iterator[tuple[dict[str, np.ndarray]]]:
    """Endless batches in order, each in a tuple, as Keras takes a model's only argument.

    Processes make them, as Python's threads would take turns. They are forked at once: before
    JAX has threads of its own.
    """
    pool = multiprocessing.get_context("fork").Pool(PROCESSES, _hold, (pairs, batch_size))

    def ordered():
        waiting = collections.deque()
        for number in itertools.count():
            waiting.append(pool.apply_async(_held_batch, (number,)))
            if len(waiting) > AHEAD:
                yield (waiting.popleft().get(),)

    return ordered()


def _hold(*held):
    """Keeps in a process what its batches are made of."""
    global _held
    _held = held


def _held_batch(number):
    return make_batch(*_held, number)


def main():
    """Trains, and writes the network."""
    keras.config.set_dtype_policy("mixed_bfloat16")
    config = ModelConfig(skeleton_from_name(FLAGS.skeleton), FLAGS.image_size, FLAGS.width, 0.0)
    pairs = Pairs(
        read_split("train"), config, FLAGS.seed, augment=True, cache_mib=2**12, tones=FLAGS.tones
    )
    log_left_out(pairs.left_out, "train")
    if keras.backend.backend() != "jax":
        raise UsageError("KERAS_BACKEND: expected jax; with TensorFlow, take train.pretrain")
    examples = batches(pairs, FLAGS.batch_size)
    generator = Generator(config)
    generator.set_weights(load_network(FLAGS.start).get_weights())
    loss = PerceptualLoss(load_vgg(FLAGS.vgg_weights), read_statistics(FLAGS.vgg_statistics))
    model = Pretraining(generator, loss)
    rate = keras.optimizers.schedules.CosineDecay(
        FLAGS.learning_rate / max(1, FLAGS.warmup_steps),
        max(1, FLAGS.steps - FLAGS.warmup_steps),
        warmup_target=FLAGS.learning_rate,
        warmup_steps=FLAGS.warmup_steps,
    )
    model.compile(optimizer=keras.optimizers.Adam(rate))
    path = Path(FLAGS.run_dir) / GENERATOR_FILE
    path.parent.mkdir(parents=True, exist_ok=True)

    def keep(epoch, logs):
        if not math.isfinite(logs["loss"]):
            raise ModelError(f"loss is {logs['loss']}; a lower --learning_rate may help")
        save_network(generator, path)

    line = min(STEPS_A_LINE, FLAGS.steps)
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
