import keras
import numpy as np
import pytest
import tensorflow as tf

from data.pipeline import Pairs
from data.videos import read_published
from posewarp.errors import ModelError
from posewarp.networks import ModelConfig
from posewarp.skeleton import FULL_BODY
from train.loop import TrainingLoop, Update

CONFIG = ModelConfig(FULL_BODY, 64)


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
        return ("generator",)


class Steps(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.losses = {}

    def on_train_batch_end(self, batch, logs=None):
        self.losses[batch] = logs["loss"]


@pytest.fixture
def pairs(published_data):
    return Pairs(read_published(published_data, "train"), CONFIG, augment=True)


def test_a_continued_run_takes_the_steps_of_an_unbroken_one(pairs, tmp_path):
    unbroken, continued = Steps(), Steps()
    TrainingLoop(Brightness(), pairs, 2, tmp_path / "unbroken", xla=False).run(6, 100, [unbroken])
    for steps in (2, 6):
        loop = TrainingLoop(Brightness(), pairs, 2, tmp_path / "continued", xla=False)
        loop.run(steps, 100, [continued])
    assert continued.losses == unbroken.losses
    assert sorted(continued.losses) == list(range(6))


def test_the_two_latest_checkpoints_are_kept(pairs, tmp_path):
    TrainingLoop(Brightness(), pairs, 2, tmp_path, xla=False).run(7, checkpoint_every=2)
    kept = {path.stem for path in (tmp_path / "checkpoints").glob("*.index")}
    assert kept == {"ckpt-6", "ckpt-7"}


def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_last_checkpoint(pairs, tmp_path):
    loop = TrainingLoop(Brightness(broken_from=5), pairs, 2, tmp_path, xla=False)
    with pytest.raises(ModelError, match="step 6: loss is nan; the last checkpoint, of step 4"):
        loop.run(10, checkpoint_every=2)
    assert TrainingLoop(Brightness(), pairs, 2, tmp_path, xla=False).steps_done == 4
