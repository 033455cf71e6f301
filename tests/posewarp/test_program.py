import contextlib
import os
import subprocess
import sys

import pytest
from programs import ROOT

from posewarp.errors import DataError
from posewarp.program import quiet_stderr

PROGRAM = """
from absl import flags
from posewarp.errors import DataError
from posewarp.program import run

flags.DEFINE_string("photo", None, "The photo.")
flags.DEFINE_integer("steps", 7, "How often.")

def main():
    if flags.FLAGS.photo == "bug":
        raise ZeroDivisionError("a bug")
    with open(flags.FLAGS.photo):
        raise DataError(f"{flags.FLAGS.photo}: not\\n  a photo")

run(main, "photo")
"""


def run(*arguments):
    command = [sys.executable, "-c", PROGRAM, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


def test_what_a_user_can_mend_is_one_line_and_a_bug_keeps_its_traceback(assert_refused):
    for arguments, message in (
        (["--photo=setup.cfg"], "setup.cfg: not a photo"),
        (["--photo=absent.jpg"], "absent.jpg: No such file or directory"),
        ([], "--photo is required: The photo."),
    ):
        assert_refused(run(*arguments), f"^error: {message}\n$")
    done = run("--photo=bug")
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "ZeroDivisionError: a bug" in done.stderr


def test_help_lists_the_programs_own_flags_and_what_is_required_first():
    done = run("--help")
    assert done.returncode == 0 and not done.stderr
    required, own = done.stdout.split("Flags:")
    assert "--photo=\n      The photo." in required
    assert "--steps=7\n      How often." in own
    assert done.stdout.count("--photo") == 1
    assert "pdb" not in done.stdout
    assert "--pdb" in run("--helpfull").stdout
    assert "'step'. Did you mean: steps ?" in run("--step=2").stderr


@pytest.mark.parametrize(
    ("error", "written"), [(None, ""), (DataError, ""), (ValueError, "a message")]
)
def test_messages_of_libraries_come_out_only_with_a_bug(error, written, capfd):
    with contextlib.suppress(DataError, ValueError), quiet_stderr():
        os.write(2, b"a message")
        if error:
            raise error
    assert capfd.readouterr().err == written
