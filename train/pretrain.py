"""Trains a generator on the perceptual loss alone, the first stage of the paper.

python -m train.pretrain --flagfile=configs/full_body_pretrain.flags --data_dir=<data set> \
    --run_dir=runs/<name>

Start the same command again to continue where a run stopped.
"""

from pathlib import Path

import keras
from absl import flags, logging

from posewarp.networks import GENERATOR_FILE, Generator, ModelConfig
from posewarp.perceptual import PerceptualLoss
from posewarp.program import require_flags, run
from posewarp.skeleton import skeleton_from_name
from train import recipe
from train.loop import TrainingLoop, Update
from train.run_directory import prepare

FLAGS = flags.FLAGS
flags.DEFINE_string("skeleton", "full_body", "full_body, upper_body, or a skeleton's JSON file.")
flags.DEFINE_integer("image_size", 256, "Height and width of the images, a multiple of 32.")
flags.DEFINE_float("width", 1.0, "Factor on the number of filters; 1 is the published network.")
flags.DEFINE_float("background_noise", 0.5, "Sigma of the noise in the hidden person's place.")
flags.DEFINE_integer("steps", 200_000, "Steps of the whole run.", lower_bound=1)


class Pretraining:
    """The generator learns from the perceptual loss.

    Args:
        generator: keras.Model.
        perceptual_loss: PerceptualLoss.
        learning_rate: float. Adam's.
    """

    def __init__(
        self, generator: keras.Model, perceptual_loss: PerceptualLoss, learning_rate: float
    ):
        def loss(inputs, target):
            value = perceptual_loss(target, generator(inputs, training=True))
            return value, {"loss": value}

        optimizer = keras.optimizers.Adam(learning_rate)
        optimizer.build(generator.trainable_variables)
        self.networks = {"generator": generator}
        self.updates = {"generator": Update(generator.trainable_variables, optimizer, loss)}

    def schedule(self, step):
        """Every step is one update of the generator."""
        return ("generator",)


def main():
    """Trains, or goes on training."""
    require_flags("data_dir", "run_dir")
    config = ModelConfig(
        skeleton_from_name(FLAGS.skeleton),
        FLAGS.image_size,
        FLAGS.width,
        FLAGS.background_noise,
    )
    pairs = recipe.training_pairs(config)
    run_dir = Path(FLAGS.run_dir)
    statistics = recipe.stored_statistics(run_dir)
    vgg = recipe.load_vgg()
    prepare(run_dir, config)

    keras.utils.set_random_seed(FLAGS.seed)
    generator = Generator(config)
    perceptual_loss = recipe.load_perceptual_loss(vgg, statistics, pairs, run_dir)
    learner = Pretraining(generator, perceptual_loss, FLAGS.learning_rate)
    loop = TrainingLoop(learner, pairs, FLAGS.batch_size, run_dir, FLAGS.xla)
    if loop.steps_done:
        logging.info("Continuing after step %d", loop.steps_done)
    callbacks = recipe.callbacks(run_dir, ["loss"], pairs, loop.steps_done)
    loop.run(FLAGS.steps, FLAGS.checkpoint_every, callbacks)
    print(f"{run_dir}: {loop.steps_done} steps done; the network is in {run_dir / GENERATOR_FILE}")


if __name__ == "__main__":
    run(main)
