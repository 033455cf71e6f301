import os
import subprocess

import pytest
from training_runs import small_stages


@pytest.fixture(scope="session")
def stages(tmp_path_factory):
    """Flags of both training programs, on a small data set."""
    return small_stages(tmp_path_factory.mktemp("stages"))


class SmallDisk:
    """A file system of its own, of a few megabytes, that can be filled and made read-only."""

    def __init__(self, folder):
        self.folder = folder
        self._filling = folder / "filling"

    def fill(self):
        """Takes all the space that is left."""
        with open(self._filling, "ab", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass

    def empty(self):
        """Gives the space back."""
        self._filling.unlink()

    def allow_writing(self, allowed):
        """Mounts it anew, read-only or not."""
        how = "remount,rw" if allowed else "remount,ro"
        subprocess.run(["mount", "-o", how, self.folder], check=True)


@pytest.fixture
def small_disk(tmp_path):
    """A SmallDisk; the test is skipped where none can be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("mounting a small file system needs root")
    yield SmallDisk(folder)
    subprocess.run(["umount", "--lazy", folder], check=True)
