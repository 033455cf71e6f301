import contextlib
import os
import signal
import time

import pytest

from posewarp.errors import PosewarpError, UsageError
from posewarp.networks import ModelConfig
from train.run_directory import prepare


def test_a_second_training_in_a_directory_is_refused_while_the_first_lives(tmp_path):
    ready, write = os.pipe()
    first = os.fork()
    if not first:
        with contextlib.suppress(BaseException):
            prepare(tmp_path, ModelConfig(), is_chief=True)
            os.write(write, b"1")
            time.sleep(600)
        os._exit(1)
    os.close(write)
    assert os.read(ready, 1)
    with pytest.raises(UsageError, match="another training is running in it; wait for its end"):
        prepare(tmp_path, ModelConfig(), is_chief=True)
    prepare(tmp_path, ModelConfig(), is_chief=False)  # another worker of the same run
    os.kill(first, signal.SIGKILL)
    os.waitpid(first, 0)
    prepare(tmp_path, ModelConfig(), is_chief=True)
    (tmp_path / "file").write_text("")
    with pytest.raises(PosewarpError, match="file/run: cannot be written: Not a directory"):
        prepare(tmp_path / "file" / "run", ModelConfig(), is_chief=True)
