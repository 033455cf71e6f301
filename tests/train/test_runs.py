"""Runs that can be trusted: killed, stopped, damaged."""

import random
import signal
import time

import keras
import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from training_runs import finished, history


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
        **{"validate_every": 10, "validation_batches": 1, "deterministic": True},
    }
    unbroken, broken = tmp_path / "unbroken", tmp_path / "broken"
    reference = program(stage, **flags, run_dir=unbroken, background=True)
    moments = random.Random(7)
    for _ in range(5):
        process = program(stage, **flags, run_dir=broken, background=True)
        # Seven steps at most, of which five starts leave some, whatever this computer's speed.
        reach = len(history(broken)) + moments.randint(1, 5)
        while len(history(broken)) < reach and process.poll() is None:
            time.sleep(0.01)
        end = time.monotonic() + moments.uniform(0, 0.3)
        while len(history(broken)) < reach + 2 and time.monotonic() < end:
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        _, errors = process.communicate()
        assert process.returncode == -signal.SIGKILL, errors
    assert len(history(broken)) < 40
    finished(program(stage, **flags, run_dir=broken, background=True))
    finished(reference)

    np.testing.assert_array_equal(history(broken), history(unbroken))
    assert [row[0] for row in history(broken)] == list(range(1, 41))
    for name in ("generator.keras", "best.keras"):
        ours, theirs = (
            keras.saving.load_model(run / name).get_weights() for run in (broken, unbroken)
        )
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(a, b)
    warmup = 5
    assert tensorboard_steps(broken, "loss") == list(range(1 + warmup, 41))
    assert tensorboard_steps(broken, "validation_ssim") == [10, 20, 30, 40]
    again = program(stage, **flags, run_dir=broken)
    assert again.returncode == 0
    assert "finished, 40 of 40 steps are done" in again.stdout


@pytest.mark.slow
def test_sigterm_saves_and_the_next_start_continues(program, assert_refused, stages, tmp_path):
    flags = {**stages["train.pretrain"], "run_dir": tmp_path, "steps": 10_000}
    process = program("train.pretrain", **flags, background=True)
    while len(history(tmp_path)) < 3 and process.poll() is None:
        time.sleep(0.05)
    process.terminate()
    _, errors = process.communicate()
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
