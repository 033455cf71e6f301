"""Runs many command lines in one process that has imported TensorFlow, a fork for each.

As `python -m <module> <arguments>` in a folder, but without the seconds that its imports take:
this process imports what all programs share, and nothing that defines flags or computes. Each
line of stdin is a JSON object of `module`, `arguments` and `folder`; each line of stdout is one
of `returncode`, `stdout` and `stderr`.
"""

import contextlib
import importlib
import json
import os
import resource
import runpy
import signal
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path
from types import SimpleNamespace

ROOT = Path(__file__).resolve().parents[1]
SHARED = ("data.pipeline", "data.vgg_files", "posewarp.transfer", "posewarp.weights", "av")
"""What is imported once, the rest of it by these."""
LONGEST, LONGEST_COMPUTING = 600, 60
"""Seconds after which a program is ended, in all and of one processor's time."""
LARGEST = 2**30
"""Bytes of data that a program may allocate beyond what its imports have."""


class ForkedPrograms:
    """The process, as a context manager; called, it runs a program as `subprocess.run` would."""

    def __enter__(self) -> "ForkedPrograms":
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
        )
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()

    def __call__(self, module: str, arguments: list[str], folder: Path) -> SimpleNamespace:
        request = {"module": module, "arguments": arguments, "folder": str(folder)}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return SimpleNamespace(**json.loads(self._process.stdout.readline()))


def serve():
    """Answers the requests of stdin."""
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        answers.write(json.dumps(run(**json.loads(line))) + "\n")
        answers.flush()


def run(module, arguments, folder):
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        child = os.fork()
        if not child:
            os.dup2(stdout.fileno(), 1)
            os.dup2(stderr.fileno(), 2)
            limit()
            os.chdir(folder)
            with contextlib.suppress(BaseException):
                execute(module, arguments)
            os._exit(70)
        _, status = os.waitpid(child, 0)
        return {
            "returncode": os.waitstatus_to_exitcode(status),
            "stdout": content(stdout),
            "stderr": content(stderr),
        }


def limit():
    """Ends this process where it does not end, and refuses memory where it asks for too much."""
    limit_memory(LARGEST)
    signal.alarm(LONGEST)
    resource.setrlimit(resource.RLIMIT_CPU, (LONGEST_COMPUTING, LONGEST_COMPUTING))


def limit_memory(more):
    """Refuses this process more bytes of data than it has and `more`."""
    pages = int(Path("/proc/self/statm").read_text().split()[5])
    largest = pages * resource.getpagesize() + more
    resource.setrlimit(resource.RLIMIT_DATA, (largest, largest))


def execute(module, arguments):
    """Ends this process as the interpreter would end with the program."""
    status = 0
    try:
        sys.argv = [module, *arguments]
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def content(file):
    file.seek(0)
    return file.read().decode("utf-8", "surrogateescape").replace("\r\n", "\n")


if __name__ == "__main__":
    # Modules are found in the project, and not in the folder that a program runs in.
    sys.path[0] = str(ROOT)
    from posewarp.program import import_keras_quietly

    import_keras_quietly()
    for name in SHARED:
        importlib.import_module(name)
    serve()
