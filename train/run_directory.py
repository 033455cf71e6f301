"""The folder of a run: begun with its flags and configuration, or continued; locked by one run."""

import contextlib
import csv
import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path

import tensorflow as tf
from absl import logging

from data.files import check_folder, write_atomically
from posewarp.errors import DataError, PosewarpError, UsageError
from posewarp.networks import ModelConfig
from posewarp.program import own_flags

HISTORY_FILE = "history.csv"
LOCK_FILE = ".lock"
WORDS = {"vgg_weights": ("imagenet", "random"), "start": ("identity", "random")}
"""What flags may be that else are the path of a file."""
MAY_CHANGE = {"steps", "cache_frames", "data_dir", "run_dir", "generator", "vgg_statistics"}
"""Flags that may change when a run is continued."""


def check_continuation(run_dir: Path):
    """Checks that a run directory, if it was begun, was begun with the flags of this start.

    Raises:
        DataError: Its history was damaged.
        UsageError: Flags other than `MAY_CHANGE` differ; the message lists them. Or there can be
            no such folder.
    """
    check_folder(run_dir)
    read_history(run_dir / HISTORY_FILE)
    path = run_dir / "flags.txt"
    if not path.is_file():
        return
    # Names of files may be of any bytes.
    lines = path.read_text("utf-8", "surrogateescape").splitlines()
    # A flag that did not exist yet when the run was begun had what is now its default.
    begun = program_flags("default") | dict(line[2:].split("=", 1) for line in lines if "=" in line)
    current = program_flags()
    differing = [
        f"--{name} was {begun.get(name, 'not set')}, is {current.get(name, 'not set')}"
        for name in sorted({*begun, *current} - MAY_CHANGE)
        if _without_path(name, begun) != _without_path(name, current)
    ]
    if differing:
        raise UsageError(
            f"{run_dir}: was begun with other flags ({'; '.join(differing)}); take the flags of "
            f"{path}, or another --run_dir"
        )


def read_history(path: Path) -> list[dict[str, str]]:
    """Reads `history.csv`; a last line that was cut off in writing is left out.

    Raises:
        DataError: Another line was damaged.
    """
    if not path.is_file():
        return []
    try:
        text = path.read_text(encoding="utf-8")
        lines = [line for line in text.splitlines(keepends=True) if line.endswith("\n")]
        rows = list(csv.DictReader(lines))
        for row in rows:
            int(row["step"])
            [float(value) for value in row.values() if value]
    except (csv.Error, KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"{path}: damaged: expected a step and its losses in each line ({error}); mend it, or "
            f"remove it: the run continues without what it tells"
        ) from error
    return rows


def prepare(run_dir: Path, config: ModelConfig, is_chief: bool):
    """Makes the run directory with `flags.txt` and `config.json`.

    Args:
        is_chief: bool. Whether this process is the one that writes; it locks the directory.

    Raises:
        UsageError: Another training is running in it, or has begun it with other flags.
        PosewarpError: It cannot be written.
    """
    with writing(run_dir):
        run_dir.mkdir(parents=True, exist_ok=True)
        if is_chief:
            lock(run_dir)
            for left in run_dir.glob(".*.partial.keras"):  # of a run that was killed in writing it
                left.unlink()
    check_continuation(run_dir)  # again: it may have been begun since
    lines = [f"--{name}={value}\n" for name, value in sorted(program_flags().items())]
    write_atomically(run_dir / "flags.txt", "".join(lines))
    write_atomically(
        run_dir / "config.json", json.dumps(config.to_dict(), indent=2, sort_keys=True) + "\n"
    )


def lock(run_dir: Path):
    """Makes this process the only one that trains in a directory, until it ends.

    Raises:
        UsageError: Another one does.
        OSError: The lock's file cannot be made.
    """
    # The descriptor stays open, so that the system gives the lock back when the process ends,
    # however it ends: what is left of a dead process never stands in the way.
    descriptor = os.open(run_dir / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UsageError(
            f"{run_dir}: another training is running in it; wait for its end, or take another "
            f"--run_dir"
        ) from None
    except OSError as error:  # some network file systems have no locks
        logging.warning("%s: cannot be locked: %s", run_dir, error.strerror)


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raises as an error of one line what keeps Python or TensorFlow from writing a file.

    Raises:
        PosewarpError: The disk is full, or the folder read-only or gone.
    """
    try:
        yield
    except (OSError, tf.errors.OpError) as error:
        if isinstance(error, OSError):
            reason = error.strerror
        else:  # "{{node}} <path>; No space left on device [Op:SaveV2]"
            reason = error.message.splitlines()[0].rpartition("; ")[2].partition(" [Op:")[0]
        raise PosewarpError(f"{path}: cannot be written: {reason}") from error


def _without_path(name, values):
    """The flag's value, or for weights in a file, which may have moved, that they are in one."""
    value = values.get(name)
    is_path = name in WORDS and value not in WORDS[name]
    return "a file" if is_path else value


def program_flags(which: str = "value") -> dict[str, str]:
    """Values of the flags of this project's programs, or each one's `"default"`, by name."""
    return {
        flag.name: str(getattr(flag, which)).lower() if flag.boolean else str(getattr(flag, which))
        for members in own_flags().values()
        for flag in members
        if getattr(flag, which) is not None
    }
