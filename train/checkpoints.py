"""Checkpoints that outlive kills, full disks, damaged files and clocks that are set back."""

import re
import shutil
import tempfile
from pathlib import Path

import tensorflow as tf
from absl import logging

from posewarp.errors import ModelError, PosewarpError
from train.run_directory import writing

KEPT = 2


class Checkpoints:
    """The latest states of a run, in files that are named after their steps.

    The name alone says which is the latest. `tf.train.CheckpointManager` keeps a list with times
    instead, and drops from it what is younger than a clock that was set back.

    Args:
        folder: Path. The run's checkpoints.
        is_chief: bool. Of several workers every one has to take part in saving, but only the
            chief's files are kept.
        **state: What a checkpoint holds, as `tf.train.Checkpoint` takes it.
    """

    def __init__(self, folder: Path, is_chief: bool, **state):
        self._folder = folder
        self._written = folder if is_chief else Path(tempfile.mkdtemp())
        self._checkpoint = tf.train.Checkpoint(**state)

    def save(self, step: int):
        """Writes the state after a step, then removes all but the latest states up to it.

        Raises:
            PosewarpError: The files cannot be written; those from before are kept.
        """
        path = self._written / f"ckpt-{step}"
        before = steps_saved(self._written)
        try:
            with writing(path):
                # A killed run's half-written files would take the space of these.
                _remove_all_but(before, self._written)
                self._checkpoint.write(str(path))
                kept = [found for found in steps_saved(self._written) if found <= step][-KEPT:]
                _remove_all_but(kept, self._written)
        except PosewarpError as error:
            kept = f"the checkpoint of step {before[-1]} is kept" if before else "it is the first"
            raise PosewarpError(f"{error}; {kept}; the same command continues") from error

    def restore(self):
        """Restores the latest state that is whole, if any was saved.

        Raises:
            ModelError: There are checkpoints, but all are damaged.
        """
        steps = steps_saved(self._folder)
        for step in reversed(steps):
            path = self._folder / f"ckpt-{step}"
            try:
                status = self._checkpoint.read(str(path)).expect_partial()
                status.assert_existing_objects_matched()
                return
            except (tf.errors.OpError, AssertionError, ValueError) as error:
                logging.warning(
                    "%s: damaged, falling back to the one before: %s",
                    path,
                    str(error).splitlines()[0],
                )
        if steps:
            raise ModelError(
                f"{self._folder}: no checkpoint can be restored; start a new run directory"
            )


def steps_saved(folder: Path) -> list[int]:
    """Steps of the whole checkpoints of a folder, rising."""
    # The index is what is written last.
    names = (re.fullmatch(r"ckpt-(\d+)\.index", path.name) for path in folder.glob("ckpt-*"))
    return sorted(int(name[1]) for name in names if name)


def _remove_all_but(steps, folder):
    """Removes checkpoints of other steps, and what was written of one that never became whole."""
    for path in sorted(folder.glob("ckpt-*"), reverse=True):  # an index before its data
        name = re.fullmatch(r"ckpt-(\d+)(\.index|\.data-\d+-of-\d+|_temp)", path.name)
        if name and path.is_dir():
            shutil.rmtree(path)
        elif name and int(name[1]) not in steps:
            path.unlink()
