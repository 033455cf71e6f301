import os

import numpy as np

from benchmarks import measuring


def test_functions_are_timed_in_turn_after_a_call_that_does_not_count(monkeypatch):
    calls = []
    monkeypatch.setattr(measuring.time, "perf_counter", lambda: len(calls) ** 2)
    functions = {name: lambda name=name: calls.append(name) for name in "ab"}
    # The n-th call takes 2 n - 1 seconds.
    assert measuring.medians(functions, 3) == {"a": 9, "b": 11}
    assert "".join(calls) == "ab" + "ab" * 3


def test_a_table_lines_up():
    assert measuring.table([["long name", "1.5"], ["x", "20.0"]], ["", "s"]).splitlines() == [
        "|           |    s |",
        "| --------- | ---: |",
        "| long name |  1.5 |",
        "| x         | 20.0 |",
    ]


def test_another_process_has_its_own_cores_and_memory():
    cores = os.sched_getaffinity(0)
    filled = np.ones(1 << 26)  # 512 MiB, here and not there
    assert measuring.in_own_process(measuring.all_cores, cores=1) == 1
    there = measuring.in_own_process(measuring.peak_memory)
    assert 0 < there < measuring.peak_memory() - filled.nbytes // 2
    assert os.sched_getaffinity(0) == cores
