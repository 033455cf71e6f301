from pathlib import Path

import pytest

from data.paths import path_within


@pytest.mark.parametrize("root", ["set", "/data/set", "."])
def test_paths_are_taken_from_the_data_set_on(root):
    assert path_within(Path(root), "a", "../b/./1.jpg") == Path(root) / "b" / "1.jpg"


@pytest.mark.parametrize("path", ["..", "../x.jpg", "a/../../x.jpg", "/etc/passwd", "../set2/x"])
def test_paths_out_of_the_data_set_are_not_followed(path):
    assert path_within(Path("set"), path) is None


def test_an_absolute_path_into_the_data_set_is_one_of_its_paths(tmp_path):
    assert path_within(tmp_path, str(tmp_path / "a" / "1.jpg")) == tmp_path / "a" / "1.jpg"
