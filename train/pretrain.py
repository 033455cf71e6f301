"""Trains a generator on the perceptual loss alone, the first stage of the paper.

python -m train.pretrain --flagfile=configs/full_body_pretrain.flags --data_dir=<data set>
--run_dir=runs/<name>

`--model=unet` trains the paper's baseline, a plain U-Net, in the same way.

Start the same command again to continue where a run stopped.
"""

from pathlib import Path

import keras
from absl import flags

from posewarp.errors import UsageError
from posewarp.networks import Generator, ModelConfig, PlainUNet, with_masks
from posewarp.perceptual import PerceptualLoss
from posewarp.program import run
from posewarp.saving import GENERATOR_FILE, load_network
from posewarp.skeleton import skeleton_from_name
from train import stage
from train.guide import MaskGuide, vital_names, vital_signs
from train.loop import Update

MODELS = {"generator": Generator, "unet": PlainUNet}

FLAGS = flags.FLAGS
flags.DEFINE_enum("model", "generator", MODELS, "The modular network, or the baseline.")
flags.DEFINE_string("skeleton", "full_body", "full_body, upper_body, or a skeleton's JSON file.")
flags.DEFINE_integer("image_size", 256, "Height and width of the images, a multiple of 32.")
flags.DEFINE_float("width", 1.0, "Factor on the number of filters; 1 is the published network.")
flags.DEFINE_float("background_noise", 0.5, "Sigma of training's noise in the person's place.")
flags.DEFINE_integer("steps", 200_000, "Steps of the whole run.", lower_bound=1)
flags.DEFINE_string(
    "start",
    "identity",
    "What a new run begins with: identity, the composite of the warped limbs; random, as in the "
    "paper; or a network to fine-tune, a run directory or .keras file of any image size.",
)
flags.DEFINE_integer(
    "guide_steps",
    200,
    "First steps, in which a guide pulls the masks towards the poses; 0 is the paper.",
    0,
)
flags.DEFINE_integer(
    "warmup_steps", 40, "First steps, in which the learning rate rises; 0 is the paper.", 0
)


class Pretraining:
    """The generator learns from the perceptual loss, and at first from a guide of its masks."""

    def __init__(
        self,
        generator: keras.Model,
        perceptual_loss: PerceptualLoss,
        learning_rate: float,
        guide: MaskGuide | None = None,
    ):
        self._perceptual_loss = perceptual_loss
        self._guide = guide
        self._network = with_masks(generator)
        self.logged = ["loss", *vital_names(generator)]
        self.networks = {"generator": generator}
        self.updates = {"generator": Update.by_adam(generator, learning_rate, self.loss)}

    def schedule(self, step: int) -> tuple[str, ...]:
        """Every step is one update of the generator."""
        return ("generator",)

    def loss(self, inputs, target):
        """The perceptual loss and the guide's, an `Update.loss`."""
        made = self._network(inputs, training=True)
        loss = perceptual = self._perceptual_loss.mean(target, made["output"])
        if self._guide:
            step = self.updates["generator"].optimizer.iterations
            loss = perceptual + self._guide.loss(inputs, made, step)
        return loss, {"loss": perceptual, **vital_signs(inputs, made, target)}


def first_network(config: ModelConfig) -> keras.Model:
    """The network that a new run begins with, as the flags say.

    Raises:
        ModelError, UsageError: That of `--start` cannot be loaded, or does not fit the other flags.
    """
    if FLAGS.start in ("identity", "random"):
        if FLAGS.model == "unet":
            return PlainUNet(config)
        return Generator(config, start=FLAGS.start)
    begun = load_network(FLAGS.start)
    kind = {Generator: "generator", PlainUNet: "unet"}[type(begun)]
    found = (kind, begun.config.skeleton, begun.config.width)
    if found != (FLAGS.model, config.skeleton, config.width):
        raise UsageError(
            f"--start={FLAGS.start}: is of --model={kind} --skeleton={begun.config.skeleton.name} "
            f"--width={begun.config.width:g}: give these flags, too, or another network"
        )
    network = MODELS[FLAGS.model](config)
    network.set_weights(begun.get_weights())
    return network


def main():
    """Trains, or goes on training."""
    strategy = stage.begin()
    config = ModelConfig(
        skeleton_from_name(FLAGS.skeleton), FLAGS.image_size, FLAGS.width, FLAGS.background_noise
    )
    continued = (Path(FLAGS.run_dir) / GENERATOR_FILE).is_file()
    with strategy.scope():
        generator = MODELS[FLAGS.model](config) if continued else first_network(config)

    def learner(loss):
        guided = FLAGS.guide_steps and FLAGS.model == "generator"
        guide = MaskGuide(FLAGS.guide_steps) if guided else None
        return Pretraining(generator, loss, stage.learning_rate(FLAGS.warmup_steps), guide)

    stage.train(strategy, config, learner)


if __name__ == "__main__":
    run(main, "data_dir", "run_dir")
