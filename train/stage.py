"""Flags of training.

And what both stages have in common: devices, data, loss, callbacks.
"""

import os
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from absl import flags, logging
from tqdm import tqdm

from data.data_flags import log_left_out, read_split
from data.files import write_atomically
from data.pairs import Pairs
from data.pipeline import errors_raised, make_dataset
from data.vgg_files import STATISTICS_FILE, load_vgg, read_statistics
from posewarp.errors import MissingSplitError, UsageError
from posewarp.networks import ModelConfig
from posewarp.perceptual import ActivationStatistics, PerceptualLoss, activation_statistics
from posewarp.saving import GENERATOR_FILE
from train.callbacks import BEST_FILE, ProgressBar, Samples, Validation
from train.health import Health
from train.history import History
from train.loop import Learner, TrainingLoop
from train.run_directory import HISTORY_FILE, check_continuation, prepare, read_history

FLAGS = flags.FLAGS
LARGEST_SEED = 2**32 - 1
"""That NumPy's global generator takes, which Keras seeds with it."""
LARGEST_BATCH, MOST_VALIDATION_BATCHES = 4096, 10_000
"""More is a mistake."""
flags.DEFINE_string("run_dir", None, "Folder to train in; it is made, or continued.")
flags.DEFINE_bool("augment", True, "Flip, scale, shift, rotate and brighten at random.")
flags.DEFINE_bool(
    "tones", False, "With --augment, also darken, brighten and tint at random, beyond the paper."
)
flags.DEFINE_integer("batch_size", 4, "Examples a batch.", 1, LARGEST_BATCH)
flags.DEFINE_integer(
    "cache_frames", 1024, "Room for decoded frames in MiB; 0 decodes them each time.", lower_bound=0
)
flags.DEFINE_float("learning_rate", 1e-4, "Adam's learning rate.", lower_bound=0)
flags.DEFINE_enum(
    "learning_rate_decay",
    "none",
    ["none", "cosine"],
    "Keep the learning rate, or lower it to zero over --steps along half a cosine.",
)
flags.DEFINE_string("vgg_weights", "imagenet", "imagenet, random, or the path of an .h5 file.")
flags.DEFINE_string(
    "vgg_statistics", None, "Activation statistics, .npz or .mat; estimated if not given."
)
flags.DEFINE_bool(
    "xla",
    None,
    "Compile the steps with XLA; if not given, on GPUs alone, and not if --deterministic; on CPUs, "
    "TensorFlow's own convolutions are faster.",
)
flags.DEFINE_integer("seed", 0, "Seed of weights, examples and noise.", 0, LARGEST_SEED)
flags.DEFINE_bool(
    "deterministic", False, "Only operations whose results are the same bits from run to run."
)
flags.DEFINE_integer("sample_every", 500, "Steps between sample pictures.", lower_bound=1)
flags.DEFINE_integer("checkpoint_every", 500, "Steps between checkpoints.", lower_bound=1)

flags.DEFINE_integer("validate_every", 500, "Steps between validations.", lower_bound=1)
flags.DEFINE_integer(
    "validation_batches",
    8,
    "Batches of 4 fixed pairs of the test split; 0 for no validation.",
    0,
    MOST_VALIDATION_BATCHES,
)
flags.DEFINE_enum(
    "mixed_precision",
    "none",
    ["none", "bfloat16", "float16"],
    "Compute convolutions in this format; weights, losses and coordinates stay float32.",
)
flags.DEFINE_enum(
    "strategy",
    "none",
    ["none", "mirrored", "multi_worker"],
    "tf.distribute: one device, all local devices, or the workers of TF_CONFIG.",
)

ESTIMATION_BATCHES, ESTIMATION_BATCH_SIZE = 16, 4
YARDSTICK_FILE = "copying.txt"
"""Where a run directory has the perceptual loss of copying the source."""
SAMPLE_ROWS = 4


def begin() -> tf.distribute.Strategy:
    """Checks the run directory and sets TensorFlow up, before anything else touches it.

    Returns:
        The strategy under whose scope the networks are to be made.

    Raises:
        DataError, UsageError: As of `check_continuation`; or flags contradict each other, or
            TF_CONFIG does not name the workers.
    """
    check_continuation(Path(FLAGS.run_dir))
    if FLAGS.deterministic and FLAGS.xla:
        raise UsageError(
            "--deterministic: XLA has no such gradient of max pooling; leave --xla out"
        )
    if FLAGS.strategy == "multi_worker" and not os.environ.get("TF_CONFIG"):
        raise UsageError(
            "--strategy=multi_worker: expected the environment variable TF_CONFIG, as "
            "TensorFlow's guide to multi-worker training describes it"
        )
    strategy = {
        "none": tf.distribute.get_strategy,
        "mirrored": tf.distribute.MirroredStrategy,
        "multi_worker": tf.distribute.MultiWorkerMirroredStrategy,
    }[FLAGS.strategy]()
    if FLAGS.deterministic:
        tf.config.experimental.enable_op_determinism()
    set_precision()
    keras.utils.set_random_seed(FLAGS.seed)
    return strategy


def set_precision():
    """Makes the flag's format the one that new layers compute in."""
    if FLAGS.mixed_precision != "none":
        keras.config.set_dtype_policy(f"mixed_{FLAGS.mixed_precision}")


def xla() -> bool:
    """Whether steps are compiled by XLA: as the flag says, or else if there is a GPU."""
    if FLAGS.xla is None and not FLAGS.deterministic:
        return bool(tf.config.list_physical_devices("GPU"))
    return bool(FLAGS.xla)


def learning_rate(
    warmup_steps: int = 0,
) -> float | keras.optimizers.schedules.LearningRateSchedule:
    """Adam's learning rate, as the flags say, after a rise over the first steps."""
    rate, cosine = FLAGS.learning_rate, FLAGS.learning_rate_decay == "cosine"
    if not warmup_steps and not cosine:
        return rate
    return keras.optimizers.schedules.CosineDecay(
        rate / max(1, warmup_steps),
        max(1, FLAGS.steps - warmup_steps),
        alpha=0.0 if cosine else 1.0,
        warmup_target=rate if warmup_steps else None,
        warmup_steps=warmup_steps,
    )


def training_pairs(config: ModelConfig) -> Pairs:
    """The training split, as the flags say."""
    videos = read_split("train")
    pairs = Pairs(
        videos, config, FLAGS.seed, FLAGS.augment, FLAGS.fit, FLAGS.cache_frames, FLAGS.tones
    )
    log_left_out(pairs.left_out, "train")
    return pairs


def validation_pairs(config: ModelConfig) -> Pairs | None:
    """Fixed pairs of the test split, if the data set has one and the flags want it."""
    if not FLAGS.validation_batches:
        return None
    try:
        videos = read_split("test")
    except MissingSplitError:
        return None
    pairs = Pairs(videos, config, fit=FLAGS.fit)
    log_left_out(pairs.left_out, "test")
    return pairs


def train(
    strategy: tf.distribute.Strategy,
    config: ModelConfig,
    make_learner: Callable[[PerceptualLoss], Learner],
    pretrained: Path | None = None,
):
    """Trains to the end of the run, with everything that a user watches, and says where it is.

    Args:
        strategy: tf.distribute.Strategy. As `begin` gave it.
        config: ModelConfig. That of the networks.
        make_learner: Makes the learner, given the perceptual loss.
        pretrained: Path or None. The run whose VGG statistics are taken, if it has some.
    """
    run_dir = Path(FLAGS.run_dir)
    pairs, validation = training_pairs(config), validation_pairs(config)
    statistics = _stored_statistics([run_dir, pretrained] if pretrained else [run_dir])
    with strategy.scope():
        vgg = load_vgg(FLAGS.vgg_weights)
        prepare(run_dir, config, strategy.extended.should_checkpoint)
        loss, copying = _perceptual_loss(vgg, statistics, pairs, run_dir)
        learner = make_learner(loss)
    loop = TrainingLoop(learner, pairs, FLAGS.batch_size, run_dir, xla(), strategy)
    if validation is None and FLAGS.validation_batches:
        logging.warning("%s has no test split: there will be no validation", FLAGS.data_dir)
    first_step = loop.steps_done
    if first_step:
        logging.info("Continuing after step %d", first_step)
    names, callbacks = list(learner.logged), []
    if loop.is_chief:
        if validation:
            measured = (validation, loss, FLAGS.validation_batches, FLAGS.validate_every)
            callbacks.append(Validation(run_dir, *measured, first_step))
            names += Validation.NAMES
        shown = validation or Pairs(pairs.videos, config, fit=FLAGS.fit)
        examples = [shown.example(index) for index in range(SAMPLE_ROWS)]
        callbacks += [
            Health(copying),
            ProgressBar(first_step),
            History(run_dir, [*names, Health.NAME], first_step),
            Samples(run_dir, examples, config, FLAGS.sample_every, first_step),
        ]
    # Also if no step is left: a kill at the end may have cut off what TensorBoard is to show.
    loop.run(FLAGS.steps, FLAGS.checkpoint_every, callbacks)
    if first_step >= FLAGS.steps:
        print(f"{run_dir}: finished, {first_step} of {FLAGS.steps} steps are done")
    elif loop.is_chief:
        last = read_history(run_dir / HISTORY_FILE)[-1]
        losses = ", ".join(f"{name} {float(last[name]):.4f}" for name in names if last[name])
        print(
            f"{run_dir}: {loop.steps_done} steps done ({losses}); network {GENERATOR_FILE}"
            f"{f', best {BEST_FILE}' if validation else ''}, history history.csv, pictures "
            f"samples/, TensorBoard logs/"
        )


def _stored_statistics(run_dirs):
    """The VGG statistics of the first of some runs that has them, or else those of the flag."""
    for run_dir in run_dirs:
        if (run_dir / STATISTICS_FILE).is_file():
            return ActivationStatistics.load(run_dir / STATISTICS_FILE)
    return read_statistics(FLAGS.vgg_statistics) if FLAGS.vgg_statistics else None


def _perceptual_loss(vgg, statistics, pairs, run_dir):
    """The perceptual loss, and what it is of copying the source: what a generator has to beat.

    What is lacking at a run's beginning is measured on training examples and stored.
    """
    path, yardstick = run_dir / STATISTICS_FILE, run_dir / YARDSTICK_FILE
    # Another worker may have written the files since this one looked.
    if yardstick.is_file() and path.is_file() and statistics is not None:
        return PerceptualLoss(vgg, statistics), float(yardstick.read_text())
    with errors_raised(pairs):
        batches = list(make_dataset(pairs, ESTIMATION_BATCH_SIZE, batches=ESTIMATION_BATCHES))
    if statistics is None:
        images = (target for _, target in tqdm(batches, "VGG statistics", unit="batch"))
        statistics = activation_statistics(vgg, images)
    loss = PerceptualLoss(vgg, statistics)
    losses = [float(loss.mean(target, inputs["source_image"])) for inputs, target in batches]
    copying = float(np.mean(losses))
    logging.info("Yardstick: copying the source image has a perceptual loss of %.4f", copying)
    statistics.save(path)
    write_atomically(yardstick, f"{copying!r}\n")
    return loss, copying
