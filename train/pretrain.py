"""Trains a generator on the perceptual loss alone, the first stage of the paper.

python -m train.pretrain --flagfile=configs/full_body_pretrain.flags --data_dir=<data set>
--run_dir=runs/<name>

`--model=unet` trains the paper's baseline, a plain U-Net, in the same way.

Start the same command again to continue where a run stopped.
"""

from pathlib import Path

import keras
from absl import flags
from keras import ops

from data.vgg_files import load_vgg
from posewarp.networks import Generator, ModelConfig, PlainUNet
from posewarp.perceptual import PerceptualLoss
from posewarp.program import require_flags, run
from posewarp.skeleton import skeleton_from_name
from train import recipe
from train.loop import TrainingLoop, Update, is_chief
from train.run_directory import check_continuation, prepare

MODELS = {"generator": Generator, "unet": PlainUNet}

FLAGS = flags.FLAGS
flags.DEFINE_enum("model", "generator", MODELS, "The modular network, or the baseline.")
flags.DEFINE_string("skeleton", "full_body", "full_body, upper_body, or a skeleton's JSON file.")
flags.DEFINE_integer("image_size", 256, "Height and width of the images, a multiple of 32.")
flags.DEFINE_float("width", 1.0, "Factor on the number of filters; 1 is the published network.")
flags.DEFINE_float("background_noise", 0.5, "Sigma of training's noise in the person's place.")
flags.DEFINE_integer("steps", 200_000, "Steps of the whole run.", lower_bound=1)


class Pretraining:
    """The generator learns from the perceptual loss.

    Args:
        generator: keras.Model.
        perceptual_loss: PerceptualLoss.
        learning_rate: float or keras.optimizers.schedules.LearningRateSchedule. Adam's.
    """

    def __init__(
        self, generator: keras.Model, perceptual_loss: PerceptualLoss, learning_rate: float
    ):
        def loss(inputs, target):
            # Not `perceptual_loss(...)`: Keras would divide by the number of replicas, as the
            # loop does.
            value = ops.mean(perceptual_loss.call(target, generator(inputs, training=True)))
            return value, {"loss": value}

        self.networks = {"generator": generator}
        self.updates = {"generator": Update.by_adam(generator, learning_rate, loss)}

    def schedule(self, step: int) -> tuple[str, ...]:
        """Every step is one update of the generator."""
        return ("generator",)


def main():
    """Trains, or goes on training."""
    require_flags("data_dir", "run_dir")
    check_continuation(Path(FLAGS.run_dir))
    strategy = recipe.distribution()
    recipe.set_determinism()
    config = ModelConfig(
        skeleton_from_name(FLAGS.skeleton), FLAGS.image_size, FLAGS.width, FLAGS.background_noise
    )
    pairs = recipe.training_pairs(config)
    validation = recipe.validation_pairs(config)
    run_dir = Path(FLAGS.run_dir)
    statistics = recipe.stored_statistics(run_dir)
    recipe.set_precision()
    with strategy.scope():
        vgg = load_vgg(FLAGS.vgg_weights)
        prepare(run_dir, config, is_chief(strategy))
        loss = recipe.load_perceptual_loss(vgg, statistics, pairs, run_dir)
        keras.utils.set_random_seed(FLAGS.seed)
        learner = Pretraining(MODELS[FLAGS.model](config), loss, recipe.learning_rate())
    loop = TrainingLoop(learner, pairs, FLAGS.batch_size, run_dir, recipe.xla(), strategy)
    recipe.train(loop, ["loss"], validation, loss)


if __name__ == "__main__":
    run(main)
