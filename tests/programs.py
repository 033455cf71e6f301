"""Command-line programs as users start them, without the seconds that their imports take.

A fork server (`multiprocessing`) imports once what the programs share, and every program is a
fork of it, with an output, a folder and an environment of its own.
"""

import contextlib
import multiprocessing
import os
import resource
import runpy
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LONGEST = 600
"""Seconds after which a program that does not end is killed."""

context = multiprocessing.get_context("forkserver")
# Modules that define no flags and compute nothing. `train` keeps TensorFlow quiet.
SHARED = ["train.loop", "posewarp.transfer", "posewarp.retarget", "posewarp.weights"]
SHARED += [f"data.{name}" for name in ("drawing", "footage", "vgg_files", "videos")]
context.set_forkserver_preload(SHARED)


class Program(context.Process):
    """`python -m <module> <arguments>` as a process.

    Args:
        module: str. As after `python -m`.
        arguments: list. Of the command line.
        folder: Path. Where it runs.
        environment: dict. Added to the environment.
        most: (seconds of a processor, bytes beyond those of the imports), or None. What it may
            take; more of it ends the program.
    """

    def __init__(self, module, arguments, folder=ROOT, environment=None, most=None):
        super().__init__()
        self.module, self.arguments = module, [str(argument) for argument in arguments]
        self.folder, self.environment, self.most = folder, environment or {}, most
        self.output = Path(tempfile.mkdtemp(prefix="posewarp-test-"))

    def run(self):
        """Is the program, in the forked process."""
        for standard, name in ((1, "stdout"), (2, "stderr")):
            os.dup2(os.open(self.output / name, os.O_WRONLY | os.O_CREAT), standard)
        if self.most:
            seconds, memory = self.most
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
            limit_memory(memory)
        os.environ.update(self.environment)
        os.chdir(self.folder)
        sys.argv = [self.module, *self.arguments]
        runpy.run_module(self.module, run_name="__main__", alter_sys=True)

    returncode = property(lambda self: self.exitcode)
    stdout = property(lambda self: self._read("stdout"))
    stderr = property(lambda self: self._read("stderr"))

    def _read(self, name):
        with contextlib.suppress(FileNotFoundError):  # not yet there
            data = (self.output / name).read_bytes()
            return data.decode("utf-8", "surrogateescape").replace("\r\n", "\n")
        return ""

    def first_line(self):
        """Waits for the first line of stdout; it is shorter where the program ends before."""
        while "\n" not in self.stdout and self.is_alive():
            time.sleep(0.02)
        return self.stdout.partition("\n")[0]

    def wait(self):
        """Waits for its end, and gives the program itself."""
        self.join(LONGEST)
        if self.is_alive():
            self.kill()
            raise subprocess.TimeoutExpired(self.module, LONGEST, self.stdout, self.stderr)
        return self

    def __del__(self):
        if self._parent_pid == os.getpid():  # and not the fork's copy of it
            shutil.rmtree(self.output, ignore_errors=True)


def end_together(runs):
    """Waits for programs that wait for each other; shows what all said where one fails."""
    end = time.monotonic() + LONGEST
    while (
        any(run.is_alive() for run in runs)
        and not any(run.returncode for run in runs)
        and time.monotonic() < end
    ):
        time.sleep(0.1)
    codes = [run.returncode for run in runs]
    for run in runs:
        run.kill()
        run.join()
    assert codes == [0] * len(runs), "\n\n".join(f"{run}\n{run.stderr}" for run in runs)


def limit_memory(more):
    """Refuses this process more bytes of data than it has and `more`."""
    pages = int(Path("/proc/self/statm").read_text().split()[5])
    largest = pages * resource.getpagesize() + more
    resource.setrlimit(resource.RLIMIT_DATA, (largest, largest))
