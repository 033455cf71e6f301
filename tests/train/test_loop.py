import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf

from data.pairs import Pairs
from data.videos import read_videos
from posewarp.errors import DataError, ModelError
from posewarp.networks import ModelConfig
from posewarp.skeleton import FULL_BODY
from train.loop import TrainingLoop, Update

CONFIG = ModelConfig(FULL_BODY, 64)
STEPS = 150
"""More than are read ahead, which is two batches a processor and a few."""


class Brightness:
    """Learns the targets' mean brightness; its loss is NaN from a given step on."""

    def __init__(self, broken_from=10**9):
        inputs = keras.Input((1,))
        model = keras.Model(inputs, keras.layers.Dense(1, kernel_initializer="zeros")(inputs))
        count = tf.Variable(0)

        def loss(inputs, target):
            brightness = tf.reduce_mean(target, axis=(1, 2, 3))[:, None]
            value = tf.reduce_mean(tf.square(model(tf.ones_like(brightness)) - brightness))
            broken = count.assign_add(1) > broken_from
            return value, {"loss": tf.where(broken, np.nan, value)}

        self.networks = {"generator": model}
        self.updates = {"generator": Update.by_adam(model, 0.1, loss)}

    def schedule(self, step):
        return ("generator", "generator")  # two batches a step, as the adversarial stage


def on_step(act):
    return keras.callbacks.LambdaCallback(on_train_batch_end=act)


def begin(data, run_dir, **task):
    """A loop on a data set, which continues the run if there is one."""
    pairs = Pairs(read_videos(data, "train"), CONFIG, augment=True)
    return TrainingLoop(Brightness(**task), pairs, 2, run_dir, xla=False)


def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_last_checkpoint(
    published_data, tmp_path
):
    loop = begin(published_data, tmp_path, broken_from=10)
    with pytest.raises(ModelError, match="step 6: loss is nan; the last checkpoint, of step 4"):
        loop.run(10, checkpoint_every=2)
    assert begin(published_data, tmp_path).steps_done == 4


def test_a_frame_that_disappears_costs_no_step(published_data, tmp_path):
    data = shutil.copytree(published_data, tmp_path / "data")
    frame, away = data / "train" / "frames" / "walk" / "2.jpg", tmp_path / "away.jpg"
    unbroken, broken = {}, {}

    def keep(losses):
        return on_step(lambda step, logs: losses.update({step: logs["loss"]}))

    begin(data, tmp_path / "unbroken").run(STEPS, 100, [keep(unbroken)])

    def steal(step, logs):
        if step == 1:
            frame.rename(away)

    loop = begin(data, tmp_path / "broken")
    with pytest.raises(DataError, match=r"walk/2\.jpg: cannot be read: No such file"):
        loop.run(STEPS, 100, [keep(broken), on_step(steal)])
    done = loop.steps_done
    assert sorted(broken) == list(range(done))
    assert 2 <= done < STEPS

    away.rename(frame)
    loop = begin(data, tmp_path / "broken")
    assert loop.steps_done == done
    loop.run(STEPS, 100, [keep(broken)])
    assert broken == unbroken


def test_a_kill_between_a_checkpoint_and_the_networks_file_is_mended(published_data, tmp_path):
    begin(published_data, tmp_path).run(2, checkpoint_every=2)
    path = tmp_path / "generator.keras"
    expected = keras.saving.load_model(path, compile=False)
    path.unlink()
    begin(published_data, tmp_path)
    found = keras.saving.load_model(path, compile=False)
    np.testing.assert_equal(found.get_weights(), expected.get_weights())
