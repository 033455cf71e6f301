import importlib.util
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from programs import ROOT
from published_layout import write_video

from data.pairs import Pairs
from data.pipeline import make_dataset
from data.videos import read_videos
from posewarp.networks import Generator, ModelConfig
from posewarp.perceptual import CHANNELS, ActivationStatistics, PerceptualLoss, vgg19
from posewarp.saving import load_network
from train.fit import Pretraining, make_batch

STATISTICS = ActivationStatistics(*[tuple(np.full(channels, 50.0) for channels in CHANNELS)] * 2)


def test_the_loss_is_that_of_the_same_batch_of_the_pipeline(tmp_path):
    write_video(tmp_path, "walk", frames=4, split="train")
    generator = Generator(ModelConfig(image_size=64, width=0.1))
    loss = PerceptualLoss(vgg19("random"), STATISTICS)
    pairs = Pairs(read_videos(tmp_path, "train"), generator.config, augment=True, tones=True)
    model = Pretraining(generator, loss)
    model(make_batch(pairs, 3, number=1))
    ((inputs, target),) = make_dataset(pairs, 3, first_batch=1, batches=1)
    expected = loss.mean(target, generator(inputs))
    np.testing.assert_allclose(model.losses[0], expected, rtol=1e-4)


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="jax is not installed")
def test_a_run_needs_no_tensorflow_and_changes_the_network(tmp_path):
    write_video(tmp_path / "data", "walk", frames=4, split="train")
    keras.utils.set_random_seed(0)
    start = Generator(ModelConfig(image_size=64, width=0.1))
    start.save(tmp_path / "start.keras")
    STATISTICS.save(tmp_path / "statistics.npz")
    code = "import runpy, sys; sys.modules['tensorflow'] = None; "
    code += "runpy.run_module('train.pretrain_jax', run_name='__main__', alter_sys=True)"
    flags = {
        **{"start": tmp_path / "start.keras", "data_dir": tmp_path / "data"},
        **{"image_size": 64, "width": 0.1},
        **{"vgg_weights": "random", "vgg_statistics": tmp_path / "statistics.npz"},
        **{"run_dir": tmp_path / "run", "batch_size": 2, "steps": 3},
    }
    command = [sys.executable, "-c", code, *(f"--{name}={value}" for name, value in flags.items())]
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "3 steps of 2 examples" in done.stdout
    trained = load_network(tmp_path / "run").get_weights()
    changes = [np.abs(a - b).max() for a, b in zip(trained, start.get_weights(), strict=True)]
    assert 0 < max(changes) < 0.01
