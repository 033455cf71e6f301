"""Runs that can be trusted: killed, stopped, damaged, spread over devices, in half precision."""

import csv
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest
from published_layout import write_video
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from posewarp.networks import Generator, ModelConfig
from posewarp.skeleton import FULL_BODY

ROOT = Path(__file__).parents[2]
SMALL = {"batch_size": 2, "vgg_weights": "random", "xla": False}
WIDTH = 0.05
MODEL = {"image_size": 64, "width": WIDTH}


def history(run_dir):
    """Rows of the history: step and logged values, NaN where a value is not logged."""
    path = run_dir / "history.csv"
    if not path.is_file():
        return []
    with open(path) as file:
        return [[float(value or "nan") for value in row.values()] for row in csv.DictReader(file)]


def finished(process):
    output, errors = process.communicate(timeout=600)
    assert process.returncode == 0, errors
    return output


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    for split in ("train", "test"):
        write_video(root, "walk", frames=4, split=split)
    return root


@pytest.fixture(scope="module")
def stages(tmp_path_factory, data):
    """Flags of both training programs on the small data set."""
    generator = tmp_path_factory.mktemp("generator") / "generator.keras"
    Generator(ModelConfig(FULL_BODY, 64, WIDTH)).save(generator)
    return {
        "train.pretrain": {**SMALL, **MODEL, "data_dir": data},
        "train.gan": {**SMALL, "data_dir": data, "generator": generator},
    }


def tensorboard_steps(run_dir, tag):
    events = EventAccumulator(str(run_dir / "logs"), size_guidance={"tensors": 0})
    events.Reload()
    return [event.step for event in events.Tensors(tag)]


@pytest.mark.slow
def test_a_run_killed_at_random_moments_equals_an_unbroken_one(program, stages, tmp_path):
    stage = "train.gan"  # which has all that pretraining has to restore, and more
    flags = {
        **stages[stage],
        **{"steps": 40, "checkpoint_every": 4, "sample_every": 20},
        **{"validate_every": 10, "validation_batches": 1},
    }
    unbroken, broken = tmp_path / "unbroken", tmp_path / "broken"
    reference = program(stage, **flags, run_dir=unbroken, background=True)
    moments = random.Random(7)
    for _ in range(5):
        process = program(stage, **flags, run_dir=broken, background=True)
        reach = len(history(broken)) + moments.randint(1, 7)
        while len(history(broken)) < reach and process.poll() is None:
            time.sleep(0.02)
        time.sleep(moments.uniform(0, 0.3))
        process.send_signal(signal.SIGKILL)
        _, errors = process.communicate()
        assert process.returncode == -signal.SIGKILL, errors
    assert len(history(broken)) < 40
    finished(program(stage, **flags, run_dir=broken, background=True))
    finished(reference)

    np.testing.assert_allclose(history(broken), history(unbroken), rtol=1e-5)
    assert [row[0] for row in history(broken)] == list(range(1, 41))
    for name in ("generator.keras", "best.keras"):
        ours, theirs = (
            keras.saving.load_model(run / name).get_weights() for run in (broken, unbroken)
        )
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(a, b, atol=1e-5)
    warmup = 5
    assert tensorboard_steps(broken, "loss") == list(range(1 + warmup, 41))
    assert tensorboard_steps(broken, "validation_ssim") == [10, 20, 30, 40]
    again = program(stage, **flags, run_dir=broken)
    assert again.returncode == 0
    assert "finished, 40 of 40 steps are done" in again.stdout


def test_sigterm_saves_and_the_next_start_continues(program, assert_refused, stages, tmp_path):
    flags = {**stages["train.pretrain"], "run_dir": tmp_path, "steps": 10_000}
    process = program("train.pretrain", **flags, background=True)
    while len(history(tmp_path)) < 3 and process.poll() is None:
        time.sleep(0.05)
    process.terminate()
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    steps = len(history(tmp_path))
    assert f"stopped by SIGTERM after step {steps} of 10000" in errors
    assert (tmp_path / "checkpoints" / f"ckpt-{steps}.index").is_file()
    done = program("train.pretrain", **{**flags, "steps": steps + 1})
    assert done.returncode == 0, done.stderr
    assert f"Continuing after step {steps}" in done.stderr

    # The newest checkpoint is damaged, and the one before takes its place.
    newest = tmp_path / "checkpoints" / f"ckpt-{steps + 1}.data-00000-of-00001"
    newest.write_bytes(newest.read_bytes()[:-100] + bytes(100))
    done = program("train.pretrain", **{**flags, "steps": steps + 2})
    assert done.returncode == 0, done.stderr
    assert "damaged, falling back to the one before" in done.stderr
    assert [row[0] for row in history(tmp_path)] == list(range(1, steps + 3))

    # Other flags are another run.
    done = program("train.pretrain", **{**flags, "seed": 1, "learning_rate": 0.1})
    assert_refused(done, r"--learning_rate was 0\.0001, is 0\.1; --seed was 0, is 1")


def test_a_data_set_without_a_test_split_trains_without_validation(program, stages, tmp_path):
    write_video(tmp_path / "data")
    flags = {**stages["train.pretrain"], "data_dir": tmp_path / "data", "validate_every": 1}
    done = program("train.pretrain", **flags, run_dir=tmp_path / "run", steps=1)
    assert done.returncode == 0, done.stderr
    assert "has no test split: there will be no validation" in done.stderr
    assert not (tmp_path / "run" / "best.keras").exists()


TWO_DEVICES = """
import runpy, sys
import train
import tensorflow as tf
(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
sys.argv[0] = "train/pretrain.py"
runpy.run_module("train.pretrain", run_name="__main__")
"""


@pytest.mark.slow
def test_replicas_and_workers_have_the_losses_of_one_device(program, stages, tmp_path):
    flags = {**stages["train.pretrain"], "batch_size": 4, "steps": 5, "background_noise": 0}
    flags |= {"validate_every": 5, "validation_batches": 1}
    done = program("train.pretrain", **flags, run_dir=tmp_path / "one")
    assert done.returncode == 0, done.stderr

    def start(code, strategy, xla, **environment):
        given = {**flags, "strategy": strategy, "xla": xla, "run_dir": tmp_path / strategy}
        return subprocess.Popen(
            [sys.executable, *code, *(f"--{name}={value}" for name, value in given.items())],
            env={**os.environ, **environment},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    finished(start(["-c", TWO_DEVICES], "mirrored", xla=True))
    ports = []
    for _ in range(2):
        with socket.socket() as free:
            free.bind(("localhost", 0))
            ports.append(free.getsockname()[1])
    cluster = {"worker": [f"localhost:{port}" for port in ports]}
    workers = [
        start(
            ["-m", "train.pretrain"],
            "multi_worker",
            xla=False,
            TF_CONFIG=json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}}),
        )
        for index in range(2)
    ]
    for worker in workers:
        finished(worker)

    expected = np.array(history(tmp_path / "one"))
    assert expected.shape == (5, 6)
    for strategy in ("mirrored", "multi_worker"):
        np.testing.assert_allclose(history(tmp_path / strategy), expected, rtol=1e-4)


def test_noise_and_checkpoints_work_on_replicas(stages, tmp_path):
    flags = {**stages["train.pretrain"], "strategy": "mirrored", "run_dir": tmp_path}
    for steps in (1, 2):
        given = {**flags, "steps": steps}
        done = subprocess.run(
            [sys.executable, "-c", TWO_DEVICES, *(f"--{k}={v}" for k, v in given.items())],
            check=False, capture_output=True, text=True, cwd=ROOT,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert [row[0] for row in history(tmp_path)] == [1, 2]


def test_workers_without_a_cluster_are_refused(program, assert_refused, stages, tmp_path):
    done = program(
        "train.pretrain", **stages["train.pretrain"], run_dir=tmp_path, strategy="multi_worker"
    )
    assert_refused(done, "--strategy=multi_worker: expected the environment variable TF_CONFIG")


@pytest.mark.slow
def test_half_precision_trains_as_float32_does(program, stages, tmp_path):
    flags = {**stages["train.pretrain"], "width": 0.125, "steps": 50, "background_noise": 0}
    flags |= {"xla": True, "validation_batches": 0}
    losses = {}
    for name in ("none", "bfloat16", "float16"):
        done = program("train.pretrain", **flags, run_dir=tmp_path / name, mixed_precision=name)
        assert done.returncode == 0, done.stderr
        losses[name] = np.array(history(tmp_path / name))[:, 1]
    np.testing.assert_allclose(losses["bfloat16"], losses["none"], rtol=0.1)
    np.testing.assert_allclose(losses["float16"], losses["none"], rtol=0.1)
