from pathlib import Path

import pytest

from data.splits import names_of_split
from posewarp.errors import DataError, MissingSplitError

WHERE = Path("a.mat")


def test_every_video_is_in_one_split():
    for given, default in (((), ("b",)), (("b",), ("c",))):
        assert names_of_split("abc", "test", given, default, WHERE) == {"b"}
        assert names_of_split("abc", "train", given, default, WHERE) == {"a", "c"}
    for split, given in (("train", "ab"), ("test", ())):
        with pytest.raises(MissingSplitError, match=rf"a\.mat: no video is in the {split} split"):
            names_of_split("ab", split, given, (), WHERE)


def test_names_that_are_not_there_are_named():
    with pytest.raises(
        DataError, match=r"a\.mat: test_videos: no video 'x'; expected names of a, b$"
    ):
        names_of_split("ab", "test", ("a", "x"), (), WHERE)
