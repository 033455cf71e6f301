"""What share of its time a training run waits for data.

python -m benchmarks.waiting --data_dir=<data set> --image_size=256 --batch_size=2

takes the steps of `train.pretrain`, of its pipeline's batches, and times both.
"""

import time

import tensorflow as tf
from absl import flags

from benchmarks.measuring import table
from benchmarks.training_step import constant_loss
from data.data_flags import read_split
from data.pairs import Pairs
from data.pipeline import make_dataset
from posewarp.networks import Generator, ModelConfig
from posewarp.program import run
from train import stage
from train.loop import compile_update
from train.pretrain import Pretraining

FLAGS = flags.FLAGS
FIRST = 2
"""Steps that do not count: compilation, and a pipeline that was filled meanwhile."""


def main():
    """Prints the table."""
    config = ModelConfig(image_size=FLAGS.image_size, width=FLAGS.width)
    stage.set_precision()
    learner = Pretraining(Generator(config), constant_loss(), FLAGS.learning_rate)
    update = compile_update(learner.updates["generator"], tf.distribute.get_strategy(), stage.xla())
    pairs = Pairs(read_split("train"), config, FLAGS.seed, FLAGS.augment, FLAGS.fit)
    batches = iter(make_dataset(pairs, FLAGS.batch_size))
    waited = stepped = 0.0
    for step in range(-FIRST, FLAGS.steps):
        start = time.perf_counter()
        inputs, target = next(batches)
        ready = time.perf_counter()
        float(update(inputs, target)["loss"])
        if step >= 0:
            waited += ready - start
            stepped += time.perf_counter() - ready
    row = [
        f"{FLAGS.image_size} px, batch {FLAGS.batch_size}, {FLAGS.steps} steps",
        f"{stepped / FLAGS.steps:.3f}",
        f"{1000 * waited / FLAGS.steps:.1f}",
        f"{100 * waited / (waited + stepped):.2f} %",
    ]
    print(table([row], ["training", "s a step", "ms of waiting a step", "waiting"]))


if __name__ == "__main__":
    run(main, "data_dir")
