import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from posewarp.errors import DataError
from posewarp.program import quiet_stderr

PROGRAM = """
from absl import flags
from posewarp.errors import DataError
from posewarp.program import require_flags, run

flags.DEFINE_string("photo", None, "The photo.")
flags.DEFINE_integer("size", 1, "The size.")

def main():
    require_flags("photo")
    if flags.FLAGS.photo == "bug":
        raise ZeroDivisionError("a bug")
    raise DataError(f"{flags.FLAGS.photo}: not\\n  a photo")

run(main)
"""


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )


def test_a_users_mistake_is_one_line_and_status_1(assert_refused):
    assert_refused(run("--photo=a.jpg"), "error: a.jpg: not a photo\n")


def test_a_required_flag_is_named_with_its_meaning(assert_refused):
    assert_refused(run(), "--photo is required: The photo.")


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("--foto=a.jpg", "foto"),
        ("--size=large", "--size=large"),
        ("a.jpg", "unexpected argument 'a.jpg'"),
        ("--flagfile=absent.flags", "absent.flags"),
    ],
)
def test_an_unreadable_command_line_is_one_line_and_status_2(argument, message, assert_refused):
    assert_refused(run(argument), message, status=2)


def test_a_bug_keeps_its_traceback():
    done = run("--photo=bug")
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "ZeroDivisionError: a bug" in done.stderr


@pytest.mark.parametrize(
    ("error", "written"), [(None, ""), (DataError, ""), (ValueError, "a message")]
)
def test_messages_of_libraries_come_out_only_with_a_bug(error, written, capfd):
    with contextlib.suppress(DataError, ValueError), quiet_stderr():
        os.write(2, b"a message")
        if error:
            raise error
    assert capfd.readouterr().err == written
