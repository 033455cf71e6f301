"""Trains a pretrained generator against a discriminator, the second stage of the paper.

python -m train.gan --flagfile=configs/full_body_gan.flags --data_dir=<data set>
--generator=<pretraining run, or .keras file> --run_dir=runs/<name>

Start the same command again to continue where a run stopped.
"""

from pathlib import Path

import keras
from absl import flags

from data.vgg_files import load_vgg
from posewarp.networks import Discriminator
from posewarp.program import run
from posewarp.saving import GENERATOR_FILE, load_network
from train import stage
from train.adversarial import PoseWarpGAN
from train.guide import vital_names
from train.loop import TrainingLoop, is_chief
from train.run_directory import check_continuation, prepare

FLAGS = flags.FLAGS
flags.DEFINE_string("generator", None, "Pretraining's run directory, or a .keras file.")
flags.DEFINE_float("adversarial_weight", 0.1, "Factor on the adversarial loss.", lower_bound=0)
flags.DEFINE_float(
    "discriminator_learning_rate",
    None,
    "Adam's learning rate for the discriminator; by default --learning_rate, as in the paper.",
    lower_bound=0,
)
flags.DEFINE_integer(
    "discriminator_warmup_steps",
    5,
    "Steps at the beginning that train the discriminator alone.",
    lower_bound=0,
)
flags.DEFINE_integer("steps", 10_000, "Steps of the whole run.", lower_bound=1)

LOGGED = [
    "loss",
    "perceptual_loss",
    "adversarial_loss",
    "discriminator_loss",
    "accuracy_real",
    "accuracy_generated",
]


def main():
    """Trains, or goes on training."""
    check_continuation(Path(FLAGS.run_dir))
    strategy = stage.distribution()
    stage.set_determinism()
    stage.set_precision()
    run_dir, pretrained = Path(FLAGS.run_dir), Path(FLAGS.generator)
    continued = (run_dir / GENERATOR_FILE).is_file()
    with strategy.scope():
        keras.utils.set_random_seed(FLAGS.seed)
        generator = load_network(run_dir if continued else pretrained)
        discriminator = Discriminator(generator.config)
    pairs = stage.training_pairs(generator.config)
    validation = stage.validation_pairs(generator.config)
    # The losses of both stages can be compared only under the same statistics.
    statistics = stage.stored_statistics(run_dir, pretrained)
    with strategy.scope():
        vgg = load_vgg(FLAGS.vgg_weights)
        prepare(run_dir, generator.config, is_chief(strategy))
        loss, copying = stage.load_perceptual_loss(vgg, statistics, pairs, run_dir)
        learner = PoseWarpGAN(
            generator,
            discriminator,
            loss,
            FLAGS.adversarial_weight,
            stage.learning_rate(),
            FLAGS.discriminator_learning_rate,
            FLAGS.discriminator_warmup_steps,
        )
    loop = TrainingLoop(learner, pairs, FLAGS.batch_size, run_dir, stage.xla(), strategy)
    stage.train(loop, [*LOGGED, *vital_names(generator)], validation, loss, copying)


if __name__ == "__main__":
    run(main, "data_dir", "run_dir", "generator")
