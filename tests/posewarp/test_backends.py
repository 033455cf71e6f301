"""The model room runs on any Keras backend, and needs TensorFlow only where that is it."""

import importlib.util
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from programs import ROOT
from published_layout import standing_person

from posewarp.networks import Generator, ModelConfig
from posewarp.saving import save_network
from posewarp.transfer import PoseTransfer

CODE = """
import sys
sys.modules["tensorflow"] = None
import numpy as np
import pytest
from posewarp.transfer import PoseTransfer

folder, *tests = sys.argv[1:]
made = PoseTransfer.load(folder).transfer(**np.load(folder + "/pair.npz"))
np.savez(folder + "/made.npz", **made)
sys.exit(pytest.main(["-q", "-m", "", "-p", "no:cacheprovider", *tests]))
"""
TESTS = (
    "test_networks.py::test_networks_and_loss_equal_the_published_ones[upper_body-64]",
    "test_perceptual.py::test_six_pretraining_steps_have_the_published_losses[full_body-True]",
)


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="jax is not installed")
def test_networks_pretraining_and_transfer_are_the_same_under_jax_without_tensorflow(tmp_path):
    keras.utils.set_random_seed(0)
    model = PoseTransfer(Generator(ModelConfig(image_size=64, width=0.1)))
    save_network(model.generator, tmp_path / "generator.keras")
    rows, columns = np.mgrid[:300, :320]
    photo = np.stack([rows * 0.8, columns * 0.8, (rows + columns) * 0.4], -1).astype("uint8")
    source, target = standing_person(2) + [[[0, 0]], [[20, 0]]]
    pair = {"photo": photo, "source_joints": source, "target_joints": target}
    np.savez(tmp_path / "pair.npz", **pair)
    command = [sys.executable, "-c", CODE, tmp_path, *(f"tests/posewarp/{test}" for test in TESTS)]
    environment = {**os.environ, "KERAS_BACKEND": "jax", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
    made, expected = np.load(tmp_path / "made.npz"), model.transfer(**pair)
    for name in ("crop", "photo"):
        assert np.abs(made[name].astype(int) - expected[name]).max() <= 2, name
