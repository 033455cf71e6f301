"""How the benchmarks take their figures: interleaved timings, processes of their own, tables.

A machine's speed drifts. So what is compared is timed in turn, within one run, and a figure is
the median over the repeats.
"""

import multiprocessing
import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from posewarp.errors import UsageError

Function = Callable[[], Any]
"""It returns when its work is done."""


def seconds(function: Function) -> float:
    """How long a call takes."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def medians(functions: Mapping[str, Function], repeats: int) -> dict[str, float]:
    """Median seconds of functions, timed in turn after one call each that does not count."""
    for function in functions.values():
        function()
    rounds = [list(map(seconds, functions.values())) for _ in range(repeats)]
    return dict(zip(functions, map(statistics.median, zip(*rounds, strict=True)), strict=True))


def table(rows: Sequence[Sequence[str]], header: Sequence[str]) -> str:
    """A Markdown table, padded so that it can also be read as it is; numbers to the right."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    # All columns but the first are numbers.
    aligned = [str.ljust] + [str.rjust] * (len(header) - 1)
    rules = ["-" * widths[0]] + ["-" * (width - 1) + ":" for width in widths[1:]]

    def line(cells):
        padded = (pad(*cell) for pad, *cell in zip(aligned, cells, widths, strict=True))
        return f"| {' | '.join(padded)} |"

    return "\n".join(map(line, (header, rules, *rows)))


def new_folder(run_dir: str) -> Path:
    """The folder that a program is to make.

    Raises:
        UsageError: It is there.
    """
    folder = Path(run_dir)
    if folder.exists():
        raise UsageError(f"{folder}: exists; choose another --run_dir, or remove it")
    return folder


def peak_memory() -> int:
    """The most memory in bytes that this process has had at once.

    Read from Linux's /proc: the `ru_maxrss` of a new process starts at its parent's.
    """
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise OSError("/proc/self/status: no line VmHWM")


def all_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0))


def in_own_process(function: Callable, *arguments, cores: int | None = None):
    """Calls a function in a new process and returns what it gives.

    Args:
        function: A function of a module, with arguments and results that can be pickled.
        arguments: Its arguments.
        cores: int or None. On how many of this process's cores; all if None. Libraries make as
            many threads as there are cores when they start, hence the new process.
    """
    mine = os.sched_getaffinity(0)
    # A new process starts on the cores of the thread that makes it.
    os.sched_setaffinity(0, sorted(mine)[:cores])
    try:
        with _own_process() as process:
            return process.submit(function, *arguments).result()
    finally:
        os.sched_setaffinity(0, mine)


def _own_process():
    return ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))


class Timed:
    """A function in a process of its own, which keeps it between its calls.

    Args:
        make: A function of a module that makes it.
        arguments: Of `make`.

    `first` is the time in seconds to make it and to call it once, compilation included.
    """

    _function: Function
    """In the other process, what is timed."""

    def __init__(self, make: Callable[..., Function], *arguments):
        self._process = _own_process()
        self.first = self._process.submit(Timed._make, make, arguments).result()
        self.seconds: list[float] = []

    @staticmethod
    def _make(make, arguments):
        def first():
            Timed._function = staticmethod(make(*arguments))
            Timed._function()

        return seconds(first)

    @staticmethod
    def _call():
        return seconds(Timed._function)

    def call(self):
        """Times one call."""
        self.seconds.append(self._process.submit(Timed._call).result())

    def close(self, peak: Callable[[], int] = peak_memory) -> int:
        """Ends the process; gives its peak memory in bytes, as a function there finds it."""
        found = self._process.submit(peak).result()
        self._process.shutdown()
        return found

    @property
    def median(self) -> float:
        """Median time of a call in seconds."""
        return statistics.median(self.seconds)
