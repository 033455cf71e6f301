import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf

from data.pipeline import Pairs
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


class Steps(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.losses = {}

    def on_train_batch_end(self, batch, logs=None):
        self.losses[batch] = logs["loss"]


@pytest.fixture
def pairs(published_data):
    return Pairs(read_videos(published_data, "train"), CONFIG, augment=True)


def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_last_checkpoint(pairs, tmp_path):
    loop = TrainingLoop(Brightness(broken_from=10), pairs, 2, tmp_path, xla=False)
    with pytest.raises(ModelError, match="step 6: loss is nan; the last checkpoint, of step 4"):
        loop.run(10, checkpoint_every=2)
    assert TrainingLoop(Brightness(), pairs, 2, tmp_path, xla=False).steps_done == 4


def test_a_frame_that_disappears_costs_no_step(published_data, tmp_path):
    shutil.copytree(published_data, tmp_path / "data")
    frame, away = tmp_path / "data" / "train" / "frames" / "walk" / "2.jpg", tmp_path / "away.jpg"
    pairs = Pairs(read_videos(tmp_path / "data", "train"), CONFIG, augment=True)
    unbroken, broken = Steps(), Steps()
    loop = TrainingLoop(Brightness(), pairs, 2, tmp_path / "unbroken", xla=False)
    loop.run(STEPS, 100, [unbroken])

    class Thief(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 1:
                frame.rename(away)

    loop = TrainingLoop(Brightness(), pairs, 2, tmp_path / "broken", xla=False)
    with pytest.raises(DataError, match=r"walk/2\.jpg: cannot be read: No such file"):
        loop.run(STEPS, 100, [broken, Thief()])
    done = loop.steps_done
    assert sorted(broken.losses) == list(range(done))
    assert 2 <= done < STEPS

    away.rename(frame)
    loop = TrainingLoop(Brightness(), pairs, 2, tmp_path / "broken", xla=False)
    assert loop.steps_done == done
    loop.run(STEPS, 100, [broken])
    assert broken.losses == unbroken.losses


def test_a_kill_between_a_checkpoint_and_the_networks_file_is_mended(pairs, tmp_path):
    TrainingLoop(Brightness(), pairs, 2, tmp_path, xla=False).run(2, checkpoint_every=2)
    path = tmp_path / "generator.keras"
    expected = keras.saving.load_model(path, compile=False).get_weights()
    path.unlink()
    TrainingLoop(Brightness(), pairs, 2, tmp_path, xla=False)
    found = keras.saving.load_model(path, compile=False).get_weights()
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)
