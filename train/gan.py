"""Trains a pretrained generator against a discriminator, the second stage of the paper.

python -m train.gan --flagfile=configs/full_body_gan.flags --data_dir=<data set>
--start=<pretraining run, or .keras file> --run_dir=runs/<name>

Start the same command again to continue where a run stopped.
"""

from pathlib import Path

from absl import flags

from posewarp.networks import Discriminator
from posewarp.program import run
from posewarp.saving import GENERATOR_FILE, load_network
from train import stage
from train.adversarial import PoseWarpGAN

FLAGS = flags.FLAGS
flags.DEFINE_string(
    "start", None, "What a new run begins with: pretraining's run directory, or a .keras file."
)
flags.DEFINE_alias("generator", "start")
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


def main():
    """Trains, or goes on training."""
    strategy = stage.begin()
    run_dir, pretrained = Path(FLAGS.run_dir), Path(FLAGS.start)
    continued = (run_dir / GENERATOR_FILE).is_file()
    with strategy.scope():
        generator = load_network(run_dir if continued else pretrained)
        discriminator = Discriminator(generator.config)

    def learner(loss):
        return PoseWarpGAN(
            generator,
            discriminator,
            loss,
            FLAGS.adversarial_weight,
            stage.learning_rate(),
            FLAGS.discriminator_learning_rate,
            FLAGS.discriminator_warmup_steps,
        )

    # The losses of both stages can be compared only under the same statistics.
    stage.train(strategy, generator.config, learner, pretrained)


if __name__ == "__main__":
    run(main, "data_dir", "run_dir", "start")
