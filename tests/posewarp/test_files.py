import os
import resource

import pytest

from posewarp.errors import PosewarpError
from posewarp.files import read_text, replacing
from posewarp.networks import Generator, ModelConfig
from posewarp.saving import load_network, save_network
from posewarp.skeleton import UPPER_BODY


@pytest.fixture
def limit_files():
    """Lets no file grow past a number of bytes."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_file_that_fails_half_way_leaves_the_one_before_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    with replacing(path) as partial:
        partial.write_text("before")
    message = r"a\.txt: cannot be written: No space left on device"
    with pytest.raises(PosewarpError, match=message), replacing(path) as partial:
        partial.write_text("after")
        raise OSError(28, "No space left on device")
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_only_files_are_read(tmp_path):
    (tmp_path / "a.txt").write_text("ä", encoding="utf-8")
    assert read_text(tmp_path / "a.txt") == "ä"
    os.mkfifo(tmp_path / "pipe")
    for name, reason in (("pipe", "not a file"), (".", "Is a directory"), ("b", "No such file")):
        with pytest.raises(OSError, match=reason):
            read_text(tmp_path / name)


def test_a_network_that_does_not_fit_leaves_the_one_before(limit_files, tmp_path):
    path = tmp_path / "generator.keras"
    network = Generator(ModelConfig(UPPER_BODY, 64, width=0.05))
    save_network(network, path)
    message = r"generator\.keras: cannot be written: File too large"
    for share in (0.01, 0.6, 0.999):
        limit_files(int(path.stat().st_size * share))
        with pytest.raises(PosewarpError, match=message):
            save_network(network, path)
    assert list(tmp_path.iterdir()) == [path]
    load_network(path)
