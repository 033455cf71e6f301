"""The model room runs on any Keras backend, and needs TensorFlow only where that is it."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WITHOUT_TENSORFLOW = "import sys; sys.modules['tensorflow'] = None; "


def run(code):
    return subprocess.run(
        [sys.executable, "-c", WITHOUT_TENSORFLOW + code],
        env={**os.environ, "KERAS_BACKEND": "jax", "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="jax is not installed")
def test_generator_and_pretraining_equal_the_published_ones_under_jax_without_tensorflow():
    tests = [
        "tests/posewarp/test_networks.py::"
        "test_generator_and_its_layers_equal_the_published_ones[upper_body-64]",
        "tests/posewarp/test_perceptual.py::"
        "test_six_pretraining_steps_have_the_published_losses[full_body-True]",
    ]
    done = run(f"import pytest; sys.exit(pytest.main({['-q', '-p', 'no:cacheprovider', *tests]}))")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
