from pathlib import Path

from data.layouts.paths import path_within


def test_paths_are_taken_from_the_data_set_on(tmp_path):
    for root in ("set", "/data/set", "."):
        assert path_within(Path(root), "a", "../b/./1.jpg") == Path(root) / "b" / "1.jpg"
    assert path_within(tmp_path, str(tmp_path / "a" / "1.jpg")) == tmp_path / "a" / "1.jpg"


def test_paths_out_of_the_data_set_are_not_followed():
    for path in ("..", "a/../../x.jpg", "/etc/passwd", "../set2/x"):
        assert path_within(Path("set"), path) is None, path
