"""From pairs to batches of what the networks take: a tf.data pipeline that draws the volumes."""

import contextlib
import functools
from collections.abc import Iterator, Sequence

import tensorflow as tf

from data.augment import normalized
from data.frames import CHANNELS
from data.pairs import Example, Pairs
from posewarp.networks import ModelConfig
from posewarp.volumes import network_inputs

AHEAD = 2
"""Batches that wait ready for the networks."""


def make_dataset(
    pairs: Pairs, batch_size: int, first_batch: int = 0, batches: int | None = None
) -> tf.data.Dataset:
    """Makes the data set of batches that the networks train on.

    Args:
        pairs: Pairs.
        batch_size: int. Examples a batch, B.
        first_batch: int. Number of batches to leave out at the beginning, at no cost.
        batches: int or None. Number of batches; endless if None.

    Returns:
        tf.data.Dataset of (inputs, target image): `network_inputs`'s dict, and a float32
        tensor (B, S, S, 3), RGB in [-1, 1]. Delete an iterator over it before the interpreter
        ends: TensorFlow then waits for its threads, and these for the interpreter.
    """
    size, skeleton = pairs.config.image_size, pairs.config.skeleton
    shapes = (
        (2, batch_size, size, size, CHANNELS),
        (2, batch_size, len(skeleton.joints), 2),
        (batch_size,),
    )
    dtypes = (tf.uint8, tf.float64, tf.float32)

    def views(number):
        arrays = tf.numpy_function(lambda number: pairs.batch(number, batch_size), [number], dtypes)
        return tuple(map(tf.ensure_shape, arrays, shapes))

    last = tf.int64.max if batches is None else first_batch + batches
    dataset = tf.data.Dataset.range(first_batch, last)
    dataset = dataset.map(views, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    dataset = dataset.map(
        _to_networks(skeleton, size), num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
    )
    return dataset.prefetch(AHEAD)


@functools.cache
def _to_networks(skeleton, size):
    """The function from `Pairs.batch` to what the networks take; one for all, as XLA needs seconds.

    Compiled, the volumes take a fifth of the time.
    """

    @tf.function(jit_compile=True, autograph=False)
    def to_networks(images, joints, brightness):
        images = normalized(images[..., :3], brightness[:, None, None, None])
        return network_inputs(images[0], joints[0], joints[1], skeleton, size), images[1]

    return to_networks


def collate(examples: Sequence[Example], config: ModelConfig) -> dict[str, tf.Tensor]:
    """Makes the networks' inputs of a few examples, as `make_dataset` does of many."""
    source_image, source_joints, target_joints = (
        tf.stack([getattr(example, field) for example in examples])
        for field in ("source_image", "source_joints", "target_joints")
    )
    return network_inputs(
        source_image, source_joints, target_joints, config.skeleton, config.image_size
    )


@contextlib.contextmanager
def errors_raised(pairs: Pairs) -> Iterator[None]:
    """Raises the DataError of an example in place of what TensorFlow makes of it."""
    try:
        yield
    except tf.errors.OpError as error:
        if pairs.error is not None:
            raise pairs.error from error
        raise
