"""What both training programs have in common: flags, data, the perceptual loss, callbacks."""

from pathlib import Path

import keras
import numpy as np
from absl import flags, logging
from tqdm import tqdm

from data.pipeline import FITS, Pairs, make_dataset
from data.videos import read_published
from posewarp.networks import ModelConfig
from posewarp.perceptual import (
    ActivationStatistics,
    PerceptualLoss,
    activation_statistics,
    vgg19,
)
from train.run_directory import History, ProgressBar, Samples
from train.statistics import read_statistics

FLAGS = flags.FLAGS
flags.DEFINE_string("data_dir", None, "Folder of the data set.")
flags.DEFINE_string("run_dir", None, "Folder to train in; it is made, or continued.")
flags.DEFINE_enum("fit", "person", FITS, "Crop around the person, or stretch the whole frame.")
flags.DEFINE_bool("augment", True, "Flip, scale, shift, rotate and brighten at random.")
flags.DEFINE_integer("batch_size", 4, "Examples a batch.", lower_bound=1)
flags.DEFINE_float("learning_rate", 1e-4, "Adam's learning rate.", lower_bound=0)
flags.DEFINE_string("vgg_weights", "imagenet", "imagenet, random, or the path of an .h5 file.")
flags.DEFINE_string(
    "vgg_statistics", None, "Activation statistics, .npz or .mat; estimated if not given."
)
flags.DEFINE_bool("xla", True, "Compile the steps with XLA.")
flags.DEFINE_integer("seed", 0, "Seed of weights, examples and noise.", lower_bound=0)
flags.DEFINE_integer("sample_every", 500, "Steps between sample pictures.", lower_bound=1)
flags.DEFINE_integer("checkpoint_every", 500, "Steps between checkpoints.", lower_bound=1)

STATISTICS_FILE = "vgg_statistics.npz"
ESTIMATION_EXAMPLES = 64
SAMPLE_ROWS = 4


def training_pairs(config: ModelConfig) -> Pairs:
    """The training split, as the flags say."""
    videos = read_published(FLAGS.data_dir, "train")
    return Pairs(videos, config, FLAGS.seed, FLAGS.augment, FLAGS.fit)


def load_vgg() -> keras.Model:
    """VGG19 with the weights of the flag; says so when they are random."""
    if FLAGS.vgg_weights == "random":
        logging.warning("VGG19 has random weights: good for trials and tests, not for results")
    return vgg19(FLAGS.vgg_weights)


def stored_statistics(run_dir: Path) -> ActivationStatistics | None:
    """The VGG statistics that the run began with, or else those of the flag, if there are any."""
    if (run_dir / STATISTICS_FILE).is_file():
        return ActivationStatistics.load(run_dir / STATISTICS_FILE)
    return read_statistics(FLAGS.vgg_statistics) if FLAGS.vgg_statistics else None


def load_perceptual_loss(
    vgg: keras.Model, statistics: ActivationStatistics | None, pairs: Pairs, run_dir: Path
) -> PerceptualLoss:
    """The perceptual loss; what it lacks at a run's beginning is estimated and stored."""
    path = run_dir / STATISTICS_FILE
    if path.is_file():
        return PerceptualLoss(vgg, statistics)
    batches = list(make_dataset(pairs, 1, batches=ESTIMATION_EXAMPLES))
    if statistics is None:
        images = (target for _, target in tqdm(batches, "VGG statistics", unit="image"))
        statistics = activation_statistics(vgg, images)
    loss = PerceptualLoss(vgg, statistics)
    # What a generator has to beat.
    copying = [float(loss(target, inputs["source_image"])) for inputs, target in batches]
    logging.info(
        "Yardstick: copying the source image has a perceptual loss of %.4f", np.mean(copying)
    )
    statistics.save(path)
    return loss


def callbacks(
    run_dir: Path, names: list[str], pairs: Pairs, first_step: int
) -> list[keras.callbacks.Callback]:
    """Progress bar, history and sample pictures."""
    fixed = Pairs(pairs.videos, pairs.config, FLAGS.seed, fit=FLAGS.fit)
    examples = [fixed.example(index) for index in range(SAMPLE_ROWS)]
    return [
        ProgressBar(first_step),
        History(run_dir, names, first_step),
        Samples(run_dir, examples, pairs.config, FLAGS.sample_every),
    ]
