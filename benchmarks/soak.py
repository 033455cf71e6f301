"""Kills a training again and again, and compares what it ends with to an unbroken run.

python -m benchmarks.soak --run_dir=<new folder> --kills=30

The adversarial stage is trained, which has all that pretraining has to restore, and more: on
people who are rendered first, at 64 px, with a checkpoint every other step. The kills
are SIGKILL, at moments drawn from --seed: while the program starts, in a step, while a checkpoint
is written, and while the network's file is. Where each one hit is told from what it left behind.
"""

import itertools
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
from absl import flags
from tqdm import tqdm

from benchmarks.measuring import new_folder
from posewarp.errors import PosewarpError
from posewarp.program import run
from posewarp.saving import load_network
from train.callbacks import BEST_FILE
from train.checkpoints import steps_saved
from train.run_directory import read_history

FLAGS = flags.FLAGS
flags.DEFINE_string("run_dir", None, "Folder to make: data, and the runs that are compared.")
flags.DEFINE_integer("kills", 30, "How often the run is killed.", lower_bound=1)
flags.DEFINE_integer("seed", 0, "Seed of the moments.")

STEPS_PER_KILL = 8
"""More than a start takes before it is killed."""
PEOPLE = {"videos": 4, "test_videos": 2, "frames": 6, "frame_step": 8, "size": 80}
TRIAL = {"batch_size": 2, "vgg_weights": "random", "xla": False}
OFTEN = {"checkpoint_every": 2, "sample_every": 20, "validate_every": 10, "validation_batches": 1}


def main():
    """Trains twice, kills one of the two, compares."""
    folder = new_folder(FLAGS.run_dir)
    finish(start("data.people", output=folder / "data", **PEOPLE))
    given = {**TRIAL, "data_dir": folder / "data"}
    small = {"run_dir": folder / "pretrained", "image_size": 64, "width": 0.05, "steps": 1}
    finish(start("train.pretrain", **given, **small))
    given |= {**OFTEN, "generator": folder / "pretrained", "steps": STEPS_PER_KILL * FLAGS.kills}

    begun = time.monotonic()
    unbroken = start("train.gan", **given, run_dir=folder / "unbroken")
    while not read_history(folder / "unbroken" / "history.csv") and unbroken.poll() is None:
        time.sleep(0.1)
    start_up = time.monotonic() - begun
    finish(unbroken)

    moments, places = random.Random(FLAGS.seed), Counter()
    for _ in tqdm(range(FLAGS.kills), "kills"):
        killer = Killer(folder / "killed", moments, start_up)
        killer.attack(start("train.gan", **given, run_dir=folder / "killed"))
        places[killer.place()] += 1
    finish(start("train.gan", **given, run_dir=folder / "killed"))

    print(f"{FLAGS.kills} kills:", ", ".join(f"{n} {place}" for place, n in places.most_common()))
    if not compare(folder / "unbroken", folder / "killed"):
        raise PosewarpError(f"{folder}: the killed run differs from the unbroken one")


class Killer:
    """Kills one start of a run at a moment of its own.

    Args:
        run_dir: Path.
        moments: random.Random.
        start_up: float. Seconds that a start takes to its first step.
    """

    def __init__(self, run_dir: Path, moments: random.Random, start_up: float):
        self._run_dir = run_dir
        self._first_step = max(steps_saved(run_dir / "checkpoints"), default=0)
        self._history_before = self._history_file()
        steps = moments.randint(1, 6)
        aims = {
            "start": (lambda: True, moments.uniform(0, start_up)),
            "step": (lambda: self._steps() >= steps, moments.uniform(0, 0.3)),
            "checkpoint": (self._writes_checkpoint, moments.uniform(0, 0.005)),
            "network": (self._writes_network, moments.uniform(0, 0.02)),
        }
        aim = moments.choices(list(aims), (1, 3, 4, 2))[0]
        self._moment, self._delay = aims[aim]
        # Not the first thing that is written, or the run would never get on.
        self._steps_first = moments.randint(1, 5) if aim in ("checkpoint", "network") else 0

    def attack(self, process: subprocess.Popen):
        """Waits for the moment and kills.

        Raises:
            PosewarpError: The program ended by itself.
        """
        self._pid = process.pid
        while process.poll() is None and self._steps() < self._steps_first:
            time.sleep(0.01)
        while process.poll() is None and not (self._moment() or self._is_late()):
            time.sleep(0.001)
        end = time.monotonic() + self._delay
        while time.monotonic() < end and not self._is_late():
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if process.returncode != -signal.SIGKILL:
            raise PosewarpError(
                f"{self._run_dir}: the training ended before it was killed, with status "
                f"{process.returncode}"
            )

    def place(self) -> str:
        """Where the kill hit, as the files show that are left."""
        if self._writes_checkpoint():
            return "in writing a checkpoint"
        if self._writes_network():
            return "in writing the network's file"
        after = "in a step or between two"
        return after if self._steps() > 0 else "before a start's first step"

    def _steps(self):
        """Steps of this start; it begins by writing the history anew, up to its checkpoint."""
        if self._history_file() == self._history_before:
            return 0
        return len(read_history(self._run_dir / "history.csv")) - self._first_step

    def _history_file(self):
        path = self._run_dir / "history.csv"
        return path.stat().st_ino if path.is_file() else None

    def _is_late(self):
        """Whether a fast computer is about to take all steps that are meant for a kill."""
        return self._steps() >= STEPS_PER_KILL - 1

    def _writes_checkpoint(self):
        return any(self._run_dir.glob("checkpoints/ckpt-*_temp"))

    def _writes_network(self):
        return any(self._run_dir.glob(f".generator.{self._pid}.partial.keras"))


def start(module: str, **given) -> subprocess.Popen:
    """Starts a program of this project."""
    command = [sys.executable, "-m", module, *(f"--{name}={v}" for name, v in given.items())]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen):
    """Waits for a program.

    Raises:
        PosewarpError: It failed.
    """
    _, errors = process.communicate()
    if process.returncode:
        raise PosewarpError(f"{' '.join(process.args[1:])} failed: {errors[-1000:]}")


def compare(unbroken: Path, killed: Path) -> bool:
    """Prints how far two runs are apart; says whether they are equal, bit by bit."""
    rows = [read_history(run_dir / "history.csv") for run_dir in (unbroken, killed)]
    pairs = itertools.zip_longest(*rows, fillvalue={})
    changed = sum({**ours, "seconds": 0} != {**theirs, "seconds": 0} for ours, theirs in pairs)
    print(f"history.csv: {changed} of {len(rows[0])} rows differ")
    differences = [changed]
    for name in ("generator.keras", BEST_FILE):
        weights = [load_network(run_dir / name).get_weights() for run_dir in (unbroken, killed)]
        furthest = max(np.abs(ours - theirs).max() for ours, theirs in zip(*weights, strict=True))
        differences.append(furthest)
        print(f"{name}: weights differ by {furthest:g} at most")
    return not any(differences)


if __name__ == "__main__":
    run(main, "run_dir")
