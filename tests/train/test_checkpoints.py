import os
import time

import pytest
import tensorflow as tf

from posewarp.errors import ModelError, PosewarpError
from train.checkpoints import Checkpoints, steps_saved


class Counter:
    """A state of one number, and its checkpoints."""

    def __init__(self, folder):
        self.value = tf.Variable(0)
        self.folder = folder / "checkpoints"
        self._checkpoints = Checkpoints(self.folder, is_chief=True, value=self.value)

    def save(self, step):
        self.value.assign(step)
        self._checkpoints.save(step)

    def restored(self):
        self._checkpoints.restore()
        return int(self.value)


def damage(folder, step):
    path = folder / f"ckpt-{step}.data-00000-of-00001"
    path.write_bytes(bytes(path.stat().st_size))


def test_the_latest_whole_state_of_the_two_that_are_kept_is_restored(tmp_path):
    folder = Counter(tmp_path).folder
    assert Counter(tmp_path).restored() == 0
    for step in (2, 4, 10):
        Counter(tmp_path).save(step)
    assert steps_saved(folder) == [4, 10]
    assert Counter(tmp_path).restored() == 10
    damage(folder, 10)
    assert Counter(tmp_path).restored() == 4
    # What is damaged does not take the place of a whole one.
    Counter(tmp_path).save(6)
    assert steps_saved(folder) == [4, 6]
    damage(folder, 4)
    damage(folder, 6)
    with pytest.raises(ModelError, match="no checkpoint can be restored; start a new run"):
        Counter(tmp_path).restored()


def test_what_kills_left_half_written_is_not_restored_and_goes_with_the_next_checkpoint(tmp_path):
    counter = Counter(tmp_path)
    counter.save(2)
    (counter.folder / "ckpt-4_temp").mkdir()
    (counter.folder / "ckpt-4_temp" / "part-00000-of-00001.data.tempstate1").write_bytes(b"half")
    (counter.folder / "ckpt-3.data-00000-of-00001").write_bytes(b"no index")
    assert Counter(tmp_path).restored() == 2
    Counter(tmp_path).save(4)
    assert {path.name.split(".")[0] for path in counter.folder.iterdir()} == {"ckpt-2", "ckpt-4"}


def test_a_clock_that_is_set_back_changes_nothing(tmp_path, monkeypatch):
    day, now = 86_400, time.time()
    folder = Counter(tmp_path).folder
    for step in (2, 4, 6, 8):
        monkeypatch.setattr(time, "time", lambda step=step: now - step * day)
        assert Counter(tmp_path).restored() == step - 2
        Counter(tmp_path).save(step)
        for path in folder.iterdir():
            os.utime(path, (now - step * day,) * 2)
    assert steps_saved(folder) == [6, 8]
    damage(folder, 8)
    assert Counter(tmp_path).restored() == 6


def test_a_full_or_read_only_disk_keeps_the_checkpoint_before(small_disk):
    counter = Counter(small_disk.folder)
    small_disk.fill()
    with pytest.raises(PosewarpError, match=r"ckpt-2: .*No space left on device; it is the first"):
        counter.save(2)
    small_disk.empty()
    counter.save(2)
    small_disk.fill()
    kept = "the checkpoint of step 2 is kept; the same command continues"
    with pytest.raises(PosewarpError, match=f"ckpt-4: cannot be written: No space left.*; {kept}"):
        counter.save(4)
    small_disk.empty()
    small_disk.allow_writing(False)
    with pytest.raises(PosewarpError, match=f"ckpt-4: .* Read-only file system; {kept}"):
        counter.save(4)
    assert Counter(small_disk.folder).restored() == 2
    small_disk.allow_writing(True)
    counter.save(4)
    assert Counter(small_disk.folder).restored() == 4
