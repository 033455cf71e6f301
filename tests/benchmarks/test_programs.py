"""The programs run, and print their tables; what they print is not judged here."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.browser import CHROMIUM

ROOT = Path(__file__).parents[2]
SMALL_STEP = "--image_sizes=64 --network_width=0.05 --repeats=1"


def output(command, **environment):
    done = subprocess.run(
        [sys.executable, "-m", *command.split()],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def table(command, **environment):
    return [line for line in output(command, **environment) if line.startswith("|")]


@pytest.mark.slow
def test_steps_are_timed_in_every_variant():
    lines = table(f"benchmarks.step --parts=gan {SMALL_STEP}")
    names = [line.split("|")[1].split(":")[-1].strip() for line in lines[2:]]
    assert names == ["baseline", "posewarp", "posewarp-xla", "matrix product, float32"]


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="jax is not installed")
def test_steps_are_timed_under_jax_without_tensorflow(tmp_path):
    (tmp_path / "tensorflow.py").write_text("raise ImportError('not here')")
    environment = {"KERAS_BACKEND": "jax", "PYTHONPATH": str(tmp_path)}
    lines = table(f"benchmarks.step --parts=pretrain {SMALL_STEP}", **environment)
    assert len(lines) == 4
    assert "pretrain, 64 px, batch 2, float32: posewarp-xla" in lines[2]


def test_layers_are_timed():
    flags = "--image_size=64 --batch_size=1 --channels=4 --limbs=2 --repeats=1"
    assert len(table(f"benchmarks.layers {flags}")) == 2 + 6


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")
def test_the_pytorch_port_gives_our_output_and_is_timed():
    assert len(table("benchmarks.peer_torch --size=64 --network_width=0.05 --repeats=1")) == 4


@pytest.mark.slow
def test_a_photo_an_animation_and_cold_starts_are_timed():
    flags = "--image_size=64 --width=0.05 --photo_size=128 --repeats=1 --cold_starts=1"
    assert len(table(f"benchmarks.transfer {flags}")) == 2 + 5


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_the_studio_is_timed():
    pytest.importorskip("playwright")
    (*_, line) = lines = table("benchmarks.studio --sizes=64 --widths=0.05 --moves=2 --tabs=2")
    assert len(lines) == 2 + 1
    assert float(line.split("|")[4]) > 0


@pytest.mark.slow
def test_a_soak_counts_its_kills_and_finds_no_difference(tmp_path):
    kills, *compared = output(f"benchmarks.soak --run_dir={tmp_path / 'new'} --kills=2")
    places = re.findall(r"(\d+) (?:in|before)", kills.removeprefix("2 kills:"))
    assert sum(map(int, places)) == 2
    assert compared == [
        "history.csv: 0 of 16 rows differ",
        "generator.keras: weights differ by 0 at most",
        "best.keras: weights differ by 0 at most",
    ]


@pytest.mark.slow
def test_guarantees_are_timed(tmp_path):
    flags = f"--run_dir={tmp_path / 'new'} --width=0.05 --rows=10000 --repeats=1"
    lines = output(f"benchmarks.reliability {flags}")
    assert len(lines) == 8
    figures = [float(re.search(r"(?:: |in )([\d.]+) (?:ms|s|times)\b", line)[1]) for line in lines]
    assert min(figures) > 0
