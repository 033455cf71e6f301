"""What the guarantees of docs/reliability.md cost in time.

python -m benchmarks.reliability --run_dir=<new folder>

Times one computer's disk and processor: --run_dir should be where runs are.
"""

import contextlib
import functools
import os

import cv2
import keras
import numpy as np
import tensorflow as tf
from absl import flags
from tensorflow.python.framework import config as tensorflow_config

from benchmarks.measuring import medians, new_folder, seconds
from benchmarks.training_step import constant_loss
from data.images import decode_image
from data.pairs import Pairs
from data.people.dataset import Settings, write_people
from data.pipeline import make_dataset
from data.videos import read_videos
from posewarp.networks import Discriminator, Generator, ModelConfig
from posewarp.program import run
from posewarp.saving import load_network, save_network
from posewarp.skeleton import FULL_BODY
from train.adversarial import PoseWarpGAN
from train.history import History
from train.loop import TrainingLoop, compile_update
from train.run_directory import lock

FLAGS = flags.FLAGS
flags.DEFINE_string("run_dir", None, "Folder to make.")
flags.DEFINE_float("width", 1.0, "Of the networks; 1 is the published one.")
flags.DEFINE_integer("rows", 200_000, "Steps of the history that is read; pretraining has as many.")
flags.DEFINE_integer("repeats", 5, "How often each thing is timed; steps four times as often.", 1)

NAMES = ["loss", "perceptual_loss", "adversarial_loss", "discriminator_loss", "accuracy_real"]


def main():
    """Prints one line for each guarantee."""
    folder = new_folder(FLAGS.run_dir)
    settings = Settings(2, 0, frames=6, frame_step=8, framing="full")
    write_people(folder / "data", settings, workers=2)
    videos = read_videos(folder / "data", "train")
    reading(folder, videos[0])
    history_rows(folder)
    history_at_start(folder)
    locking(folder)
    checkpoints(folder, Pairs(videos, ModelConfig(width=FLAGS.width)))
    narrow = ModelConfig(FULL_BODY, 64, width=0.5 * FLAGS.width)
    determinism(Pairs(videos, narrow, augment=True))


def reading(folder, video):
    """What is read with checks, over the same without."""
    frame, network = video.frames[0], folder / "generator.keras"
    data = frame.read_bytes()
    save_network(Generator(ModelConfig(width=FLAGS.width)), network)
    pairs = {
        f"a frame, {len(data) >> 10} KiB": (
            lambda: decode_image(data, frame, "a frame"),
            lambda: cv2.imdecode(np.frombuffer(data, "uint8"), cv2.IMREAD_COLOR),
        ),
        f"a network of width {FLAGS.width:g}": (
            lambda: load_network(network),
            lambda: keras.saving.load_model(network, compile=False),
        ),
    }
    for name, (checked, plain) in pairs.items():
        found = medians({"checked": checked, "plain": plain}, FLAGS.repeats)
        checked, plain = (1e3 * median for median in found.values())
        print(f"{name}: read in {checked:.2f} ms, {plain:.2f} without checks", flush=True)


def history_rows(folder):
    """A step's row in history.csv and in TensorBoard's file."""
    history = History(folder, NAMES, 0)
    history.on_train_begin()
    logs = dict.fromkeys(NAMES, 0.123456789)
    with open(folder / "row", "a") as file:

        def synced():
            file.write("0.123456789\n")
            file.flush()
            os.fsync(file.fileno())

        both = {"row": lambda: history.on_train_batch_end(0, logs), "fsync": synced}
        row, fsync = medians(both, 200).values()
    history.on_train_end()
    print(f"history of a step: {1e3 * row:.2f} ms, of which fsync {1e3 * fsync:.2f} ms", flush=True)


def history_at_start(folder):
    """Writing TensorBoard's files again at the start of a long run."""
    row = ",".join(["0.123456789"] * len(NAMES))
    rows = "".join(f"{step},{row}\n" for step in range(1, FLAGS.rows + 1))
    (folder / "history.csv").write_text(",".join(["step", *NAMES]) + "\n" + rows)
    taken = seconds(lambda: History(folder, NAMES, FLAGS.rows))
    print(f"start after {FLAGS.rows} steps of {len(NAMES)} values: {taken:.1f} s", flush=True)


def locking(folder):
    """The lock of a run directory."""
    print(f"lock: {1e3 * seconds(lambda: lock(folder)):.2f} ms a start", flush=True)


def checkpoints(folder, pairs):
    """A checkpoint of both networks and optimizers, and generator.keras."""
    loop = TrainingLoop(learner(pairs.config), pairs, 4, folder)
    (taken,) = medians({"checkpoint": loop.save}, FLAGS.repeats).values()
    size = sum(path.stat().st_size for path in (folder / "checkpoints").iterdir()) / 1e6
    print(f"checkpoint of train.gan at 256 px: {taken:.2f} s, {size:.0f} MB", flush=True)


def determinism(pairs):
    """Steps and batches with --deterministic, over those without, in turns."""
    gan, strategy = learner(pairs.config), tf.distribute.get_strategy()
    batch = next(iter(make_dataset(pairs, 4)))
    updates = {
        chosen: [compile_update(update, strategy, xla=False) for update in gan.updates.values()]
        for chosen in (False, True)
    }

    def step(chosen):
        for update in updates[chosen]:
            update(*batch)

    def batches(_):
        list(make_dataset(pairs, 4, batches=40))

    of_step, of_batches = ratio(step, 4 * FLAGS.repeats), ratio(batches, FLAGS.repeats)
    print(f"--deterministic: {of_step:.2f} times a step's time")
    print(f"--deterministic: {of_batches:.2f} times the time to make batches", flush=True)


def ratio(call, repeats):
    """A call's median time with op determinism over that without."""

    def call_in_mode(chosen):
        with deterministic(chosen):
            call(chosen)

    modes = {"plain": False, "deterministic": True}
    functions = {name: functools.partial(call_in_mode, mode) for name, mode in modes.items()}
    found = medians(functions, repeats)
    return found["deterministic"] / found["plain"]


def learner(model_config):
    """Both networks, as `train.gan` trains them."""
    return PoseWarpGAN(Generator(model_config), Discriminator(model_config), constant_loss())


@contextlib.contextmanager
def deterministic(chosen):
    """What `--deterministic` does, and its opposite."""
    if chosen:
        tf.config.experimental.enable_op_determinism()
        tf.random.set_seed(0)
    try:
        yield
    finally:
        tensorflow_config.disable_op_determinism()


if __name__ == "__main__":
    run(main, "run_dir")
