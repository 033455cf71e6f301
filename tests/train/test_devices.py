"""Runs that are spread over devices and workers, or compute in half precision."""

import json
import random
import socket
import time

import numpy as np
import pytest
from programs import end_together
from training_runs import history


def is_free(port):
    with socket.socket() as listener:
        try:
            listener.bind(("localhost", port))
        except OSError:
            return False
    return True


def start_workers(program, flags):
    # Below those that the system gives to other programs meanwhile.
    candidates = iter(random.sample(range(20_000, 32_000), 100))
    ports = [next(filter(is_free, candidates)) for _ in range(2)]
    cluster = {"worker": [f"localhost:{port}" for port in ports]}
    flags = {**flags, "strategy": "multi_worker", "background": True}

    def start(index):
        role = {"cluster": cluster, "task": {"type": "worker", "index": index}}
        return program("train.pretrain", **flags, environment={"TF_CONFIG": json.dumps(role)})

    return [start(index) for index in range(2)]


@pytest.mark.slow
def test_replicas_and_workers_have_the_losses_of_one_device(program, succeed, stages, tmp_path):
    flags = {**stages["train.pretrain"], "batch_size": 4, "steps": 5, "background_noise": 0}
    flags |= {"validate_every": 5, "validation_batches": 1}
    succeed("train.pretrain", **flags, run_dir=tmp_path / "one")
    mirrored = {**flags, "strategy": "mirrored", "xla": True, "run_dir": tmp_path / "mirrored"}
    succeed("two_devices", **mirrored)
    flags |= {"run_dir": tmp_path / "multi_worker"}
    workers = start_workers(program, flags)
    end_together(workers)

    expected = np.array(history(tmp_path / "one"))
    assert expected.shape == (5, 10)
    for strategy in ("mirrored", "multi_worker"):
        np.testing.assert_allclose(history(tmp_path / strategy), expected, rtol=1e-4)

    # A signal to one worker stops both, after the same step.
    workers = start_workers(program, {**flags, "steps": 10_000})
    while len(history(flags["run_dir"])) < 8 and workers[0].is_alive():
        time.sleep(0.05)
    workers[1].terminate()
    errors = [worker.wait().stderr for worker in workers]
    steps = len(history(flags["run_dir"]))
    for error, sender in zip(errors, ("a signal to another worker", "SIGTERM"), strict=True):
        assert f"stopped by {sender} after step {steps} of 10000; the state is saved" in error
    assert (flags["run_dir"] / "checkpoints" / f"ckpt-{steps}.index").is_file()


@pytest.mark.slow
def test_noise_is_drawn_on_replicas(succeed, stages, tmp_path):
    flags = {**stages["train.pretrain"], "strategy": "mirrored", "steps": 1, "run_dir": tmp_path}
    succeed("two_devices", **flags)
    assert [row[0] for row in history(tmp_path)] == [1]


def test_workers_without_a_cluster_are_refused(program, assert_refused, stages, tmp_path):
    flags = {**stages["train.pretrain"], "run_dir": tmp_path, "strategy": "multi_worker"}
    done = program("train.pretrain", **flags)
    assert_refused(done, "--strategy=multi_worker: expected the environment variable TF_CONFIG")


@pytest.mark.slow
def test_half_precision_trains_as_float32_does(succeed, stages, tmp_path):
    flags = {**stages["train.pretrain"], "width": 0.125, "steps": 30, "background_noise": 0}
    flags |= {"xla": True, "validation_batches": 0}
    losses = {}
    for name in ("none", "bfloat16", "float16"):
        succeed("train.pretrain", **flags, run_dir=tmp_path / name, mixed_precision=name)
        losses[name] = np.array(history(tmp_path / name))[:, 1]
    for name in ("bfloat16", "float16"):
        np.testing.assert_allclose(losses[name], losses["none"], rtol=0.1)
