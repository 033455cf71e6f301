from pathlib import Path

import pytest

from data.layouts import names_of_split, path_within
from posewarp.errors import DataError, MissingSplitError

WHERE = Path("a.mat")


def test_every_video_is_in_one_split():
    for given, default in (((), ("b",)), (("b",), ("c",))):
        assert names_of_split("abc", "test", given, default, WHERE) == {"b"}
        assert names_of_split("abc", "train", given, default, WHERE) == {"a", "c"}
    for split, given in (("train", "ab"), ("test", ())):
        with pytest.raises(MissingSplitError, match=rf"a\.mat: no video is in the {split} split"):
            names_of_split("ab", split, given, (), WHERE)
    message = r"a\.mat: test_videos: no video 'x'; expected names of a, b$"
    with pytest.raises(DataError, match=message):
        names_of_split("ab", "test", ("a", "x"), (), WHERE)


def test_paths_are_taken_from_the_data_set_on_and_none_leads_out(tmp_path):
    for root in ("set", "/data/set", "."):
        assert path_within(Path(root), "a", "../b/./1.jpg") == Path(root) / "b" / "1.jpg"
    assert path_within(tmp_path, str(tmp_path / "a" / "1.jpg")) == tmp_path / "a" / "1.jpg"
    for path in ("..", "a/../../x.jpg", "/etc/passwd", "../set2/x"):
        assert path_within(Path("set"), path) is None, path
