"""Runs on a disk that fills up, becomes read-only, or is wanted by two trainings."""

import re
import time

import pytest
from training_runs import history

from posewarp.saving import load_network


def assert_ended(done, message):
    """Checks that the last line says what was wrong; warnings and the bar may be before it."""
    *before, last = done.stderr.splitlines()
    assert re.match(f"error: .*{message}", last), (before, last)
    assert not any("Traceback" in line for line in before), before
    assert done.returncode == 1


@pytest.mark.slow
def test_a_full_or_read_only_disk_ends_the_run_in_one_line_and_it_continues(
    program, succeed, stages, small_disk
):
    run_dir = small_disk.folder / "run"
    flags = {**stages["train.pretrain"], "run_dir": run_dir, "validation_batches": 0}
    flags |= {"checkpoint_every": 1, "steps": 10_000}
    training = program("train.pretrain", **flags, background=True)
    while not (run_dir / "generator.keras").is_file() and training.is_alive():
        time.sleep(0.05)

    second = program("train.pretrain", **flags)
    assert_ended(second, "another training is running in it; wait for its end, or take another")
    load_network(run_dir)  # as eval/ does
    assert training.is_alive()

    small_disk.fill()
    assert_ended(training.wait(), "cannot be written: No space left on device")
    steps = len(history(run_dir))
    flags["steps"] = steps + 2
    small_disk.fill()  # with the space of the file that could not be finished
    full = program("train.pretrain", **flags)
    assert_ended(full, r"flags\.txt: cannot be written: No space left on device")

    small_disk.empty()
    small_disk.allow_writing(False)
    read_only = program("train.pretrain", **flags)
    assert_ended(read_only, "cannot be written: Read-only file system")
    small_disk.allow_writing(True)
    succeed("train.pretrain", **flags)
    assert [row[0] for row in history(run_dir)] == list(range(1, steps + 3))
