"""What a run logs at every step: `history.csv`, and TensorBoard's files."""

import contextlib
import csv
import io
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import keras
import tensorflow as tf

from data.files import write_atomically
from train.run_directory import HISTORY_FILE, read_history, writing

FIRST = ("step", "seconds")
"""Columns before those of the logged values."""
Event = tf.compat.v1.Event


class History(keras.callbacks.Callback):
    """Keeps every step's losses, and the seconds since the run began to train, in `history.csv`.

    TensorBoard has the losses in `logs/`. The time between a run's end and its continuation does
    not count.

    The file of a run that was killed may be ahead of its checkpoint; it is cut back to the
    step from which the run continues.

    Args:
        names: Names of the values that a step may log, in the order of the columns.
        first_step: int. Steps done before this start.
    """

    def __init__(self, run_dir: Path, names: Sequence[str], first_step: int):
        super().__init__()
        self._path = run_dir / HISTORY_FILE
        rows = [row for row in read_history(self._path) if int(row["step"]) <= first_step]
        # A run that goes on without validation keeps what was validated.
        before = [name for row in rows[:1] for name in row if name not in FIRST]
        self._seconds = float(rows[-1].get("seconds") or 0) if rows else 0.0
        self._names = list(dict.fromkeys([*names, *before]))
        text = io.StringIO()
        writer = csv.DictWriter(text, [*FIRST, *self._names], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write_atomically(self._path, text.getvalue())

        self._summary = Summary(run_dir / "logs")
        self._summary.write(
            (int(row["step"]), {k: float(v) for k, v in row.items() if k not in FIRST and v})
            for row in rows
        )

    def on_train_begin(self, logs=None):
        self._begun = time.monotonic() - self._seconds
        with writing(self._path):
            self._file = open(self._path, "a", encoding="utf-8")  # noqa: SIM115

    def on_train_batch_end(self, batch, logs=None):
        values = [repr(logs[name]) if name in logs else "" for name in self._names]
        with writing(self._path):
            seconds = f"{time.monotonic() - self._begun:.2f}"
            self._file.write(",".join([str(batch + 1), seconds, *values]) + "\n")
            self._file.flush()
            # A checkpoint may outlive a power cut; the rows before it have to as well.
            os.fsync(self._file.fileno())
        self._summary.write([(batch + 1, logs)])

    def on_train_end(self, logs=None):
        with contextlib.suppress(OSError):  # of a row that could not be written
            self._file.close()
        self._summary.close()


class Summary:
    """A TensorBoard file that is begun anew.

    What a killed run wrote past its checkpoint cannot be cut off such a file, so at each start
    all is written again, from the history and the pictures. `tf.summary` would take minutes for
    the scalars of a long run.

    Args:
        folder: Path. Where the file is the only one.

    Raises:
        PosewarpError: The folder cannot be written.
    """

    def __init__(self, folder: Path):
        self._folder = folder
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            for stale in folder.glob("events.out.tfevents.*"):
                stale.unlink()
            self._file = tf.io.TFRecordWriter(str(folder / "events.out.tfevents.0"))
            self._file.write(Event(file_version="brain.Event:2").SerializeToString())

    def write(self, steps: Iterable[tuple[int, Mapping]]):
        """Writes values by their names: scalars, or `tf.compat.v1.Summary.Image`s.

        Raises:
            PosewarpError: The file cannot be written.
        """
        with writing(self._folder):
            for step, values in steps:
                event = Event(step=step, wall_time=time.time())
                for name, value in values.items():
                    kind = "simple_value" if isinstance(value, float) else "image"
                    event.summary.value.add(tag=name, **{kind: value})
                self._file.write(event.SerializeToString())
            self._file.flush()

    def close(self):
        """Closes the file."""
        with contextlib.suppress(tf.errors.OpError):  # of what could not be written
            self._file.close()
