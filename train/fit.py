"""A generator with its loss as `keras.Model.fit` takes it, on any backend, and batches for it."""

import collections
import itertools
import multiprocessing
from collections.abc import Iterator

import keras
import numpy as np

from data.augment import normalized
from data.pairs import Pairs
from posewarp.networks import Generator
from posewarp.perceptual import PerceptualLoss
from posewarp.volumes import network_inputs

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
