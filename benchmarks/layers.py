"""How fast warp and upsampling are, forward and with their gradient, against four gathers a pixel.

python -m benchmarks.layers

The baseline is limb by limb and without XLA; ours is timed without and with it.
"""

import keras
import numpy as np
import tensorflow as tf
from absl import flags

from benchmarks.gathers import GatherUpsampling, GatherWarp
from benchmarks.measuring import medians, table
from posewarp.layers import AffineWarp, BilinearUpsampling
from posewarp.program import run

FLAGS = flags.FLAGS
flags.DEFINE_integer("image_size", 256, "Height and width of the images.", lower_bound=64)
flags.DEFINE_integer("batch_size", 2, "Examples.", lower_bound=1)
flags.DEFINE_integer("limbs", 10, "Limbs that are warped.", lower_bound=1)
flags.DEFINE_integer("channels", 128, "Channels that are upsampled.", lower_bound=1)
flags.DEFINE_integer("repeats", 15, "Timings of each.", lower_bound=1)


def similarities(batch: int, size: int, limbs: int) -> np.ndarray:
    """Random transforms of a person's limbs: turned, scaled and moved a little.

    Returns:
        Float32 array (B, 2, 3, L).
    """
    random = np.random.default_rng(0)
    angle = random.uniform(-0.8, 0.8, (batch, limbs))
    scale = random.uniform(0.8, 1.2, (batch, limbs))
    a, b = scale * np.cos(angle), scale * np.sin(angle)
    tx, ty = random.uniform(-0.1 * size, 0.1 * size, (2, batch, limbs))
    return np.stack([np.stack([a, -b, tx], 1), np.stack([b, a, ty], 1)], 1).astype("float32")


def compiled(layer: keras.layers.Layer, x, *rest, gradient: bool, xla: bool):
    """A function without arguments that calls a layer, and waits until it is done.

    Args:
        layer: keras.layers.Layer.
        x: Tensor. Its first argument.
        rest: The others.
        gradient: bool. Whether the gradient by x, of a random output's, is made as well.
        xla: bool. Whether XLA compiles both.
    """
    upstream = tf.random.normal(layer(x, *rest).shape)

    @tf.function(jit_compile=xla, autograph=False)
    def call(x, *rest):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, *rest)
        return (y, tape.gradient(y, x, upstream)) if gradient else (y,)

    def timed():
        call(x, *rest)
        tf.test.experimental.sync_devices()

    return timed


def main():
    """Prints the table."""
    batch, size = FLAGS.batch_size, FLAGS.image_size
    limbs = tf.random.normal((batch, size, size, 3 * FLAGS.limbs))
    transforms = tf.constant(similarities(batch, size, FLAGS.limbs))
    cases = {f"warp, {FLAGS.limbs} limbs": (GatherWarp(), AffineWarp(), limbs, transforms)}
    for half in (size // 2, size // 4):
        cases[f"upsampling {half} to {2 * half} px, {FLAGS.channels} channels"] = (
            GatherUpsampling(),
            BilinearUpsampling(),
            tf.random.normal((batch, half, half, FLAGS.channels)),
        )
    rows = []
    for name, (baseline, ours, *inputs) in cases.items():
        for gradient in (False, True):
            variants = {
                "baseline": compiled(baseline, *inputs, gradient=gradient, xla=False),
                "ours": compiled(ours, *inputs, gradient=gradient, xla=False),
                "ours, XLA": compiled(ours, *inputs, gradient=gradient, xla=True),
            }
            first, *rest = medians(variants, FLAGS.repeats).values()
            figures = [f"{1000 * median:.1f}" for median in (first, *rest)]
            figures += [f"{first / median:.1f}" for median in rest]
            rows.append([f"{name}, {'forward + gradient' if gradient else 'forward'}", *figures])
    print(table(rows, ["ms", *variants, "ratio", "ratio, XLA"]))


if __name__ == "__main__":
    run(main)
