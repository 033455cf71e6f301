"""Runs that can be trusted: killed, stopped, damaged."""

import random
import signal
import time

import keras
import numpy as np
import pytest
from training_runs import history

from train.checkpoints import steps_saved


def assert_equal(run, unbroken):
    """Checks that two runs have the same losses and weights, bit by bit."""
    np.testing.assert_array_equal(history(run), history(unbroken))
    for name in ("generator.keras", "best.keras"):
        ours, theirs = (keras.saving.load_model(folder / name) for folder in (run, unbroken))
        np.testing.assert_equal(ours.get_weights(), theirs.get_weights())


def test_a_run_that_is_stopped_killed_and_damaged_equals_an_unbroken_one(
    program, succeed, stages, tmp_path
):
    run_dir, unbroken = tmp_path / "run", tmp_path / "unbroken"
    flags = {**stages["train.pretrain"], "deterministic": True, "checkpoint_every": 4}
    flags |= {"validate_every": 4, "validation_batches": 1}

    def start(rows):
        process = program("train.pretrain", **flags, run_dir=run_dir, steps=10_000, background=True)
        while len(history(run_dir)) < rows and process.is_alive():
            time.sleep(0.02)
        return process

    stopped = start(rows=3)
    stopped.terminate()
    assert stopped.wait().returncode == 1
    steps = len(history(run_dir))
    assert f"stopped by SIGTERM after step {steps} of 10000" in stopped.stderr
    assert (run_dir / "checkpoints" / f"ckpt-{steps}.index").is_file()

    killed = start(rows=steps + 6)  # past another checkpoint
    killed.kill()
    assert killed.wait().returncode == -signal.SIGKILL, killed.stderr
    assert f"Continuing after step {steps}" in killed.stderr

    # The newest checkpoint is damaged, and the one before takes its place.
    newest = run_dir / "checkpoints" / f"ckpt-{steps_saved(run_dir / 'checkpoints')[-1]}"
    data = newest.with_suffix(".data-00000-of-00001")
    data.write_bytes(data.read_bytes()[:-100] + bytes(100))
    flags["steps"] = len(history(run_dir)) + 2
    reference = program("train.pretrain", **flags, run_dir=unbroken, background=True)
    continued = succeed("train.pretrain", **flags, run_dir=run_dir)
    assert reference.wait().returncode == 0, reference.stderr
    assert "damaged, falling back to the one before" in continued.stderr
    assert_equal(run_dir, unbroken)
    assert [row[0] for row in history(run_dir)] == list(range(1, flags["steps"] + 1))


@pytest.mark.slow
def test_a_run_killed_at_random_moments_equals_an_unbroken_one(program, succeed, stages, tmp_path):
    stage, steps = "train.gan", 40  # which has all that pretraining has to restore, and more
    flags = {**stages[stage], "steps": steps, "checkpoint_every": 4, "sample_every": 20}
    flags |= {"validate_every": 10, "validation_batches": 1, "deterministic": True}
    unbroken, broken = tmp_path / "unbroken", tmp_path / "broken"
    reference = program(stage, **flags, run_dir=unbroken, background=True)
    moments = random.Random(7)
    for _ in range(4):
        process = program(stage, **flags, run_dir=broken, background=True)
        # Seven steps at most, of which the kills leave some, whatever this computer's speed.
        reach = len(history(broken)) + moments.randint(1, 5)
        while len(history(broken)) < reach and process.is_alive():
            time.sleep(0.01)
        end = time.monotonic() + moments.uniform(0, 0.3)
        while len(history(broken)) < reach + 2 and time.monotonic() < end:
            time.sleep(0.001)
        process.kill()
        assert process.wait().returncode == -signal.SIGKILL, process.stderr
    assert len(history(broken)) < steps
    succeed(stage, **flags, run_dir=broken)
    assert reference.wait().returncode == 0, reference.stderr
    assert_equal(broken, unbroken)
    assert [row[0] for row in history(broken)] == list(range(1, steps + 1))
    again = succeed(stage, **flags, run_dir=broken)
    assert f"finished, {steps} of {steps} steps are done" in again.stdout
