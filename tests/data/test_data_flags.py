import shutil

import pytest
from absl import flags
from absl.testing import flagsaver
from annotated_layouts import write_youtube_pose, youtube_video

from data import data_flags
from posewarp.errors import UsageError


@pytest.fixture
def given():
    """Sets flags for one test, which no command line has parsed."""
    if not flags.FLAGS.is_parsed():
        flags.FLAGS.mark_as_parsed()
    with flagsaver.flagsaver():
        yield lambda **values: [setattr(flags.FLAGS, *item) for item in values.items()]


@pytest.fixture(scope="module")
def youtube(tmp_path_factory):
    root = tmp_path_factory.mktemp("youtube")
    return write_youtube_pose(root, [youtube_video(name, name == "b") for name in "abc"])


def read(split):
    return [video.name for video in data_flags.read_split(split)]


def test_a_layout_is_read_with_its_test_videos_or_those_named_in_the_flag_or_a_file(
    given, published_data, youtube, tmp_path
):
    given(data_dir=str(published_data))
    assert read("train") == ["stroll", "walk"]
    given(data_dir=str(youtube))
    assert (read("train"), read("test")) == (["a", "c"], ["b"])
    given(test_videos=" a, c ,")
    assert (read("train"), read("test")) == (["b"], ["a", "c"])
    names = tmp_path / "names.txt"
    names.write_text("c\n\n")
    given(test_videos=str(names))
    assert read("test") == ["c"]


def test_several_data_sets_are_drawn_from_equally_often(given, published_data, tmp_path):
    shutil.copytree(published_data, tmp_path / "one")
    shutil.rmtree(tmp_path / "one" / "train" / "frames" / "stroll")
    given(data_dir=f"{published_data},{tmp_path / 'one'}")
    assert read("train") == ["stroll", "walk", "walk", "walk"]
    assert len(data_flags.open_split("train")) == 3
    (tmp_path / "one" / "train").rename(tmp_path / "one" / "test")
    given(data_dir=f"{tmp_path / 'one'},{tmp_path / 'one'}")
    assert read("test") == ["walk", "walk"]


def test_test_videos_that_name_nothing_or_nothing_there_are_refused(given, youtube, tmp_path):
    names = tmp_path / "names.txt"
    names.write_bytes(b"\xff\xfe\x00")
    given(data_dir=str(youtube), test_videos=str(names))
    with pytest.raises(UsageError, match=r"--test_videos: .*names\.txt: cannot be read"):
        read("test")
    given(test_videos=",")
    with pytest.raises(UsageError, match="--test_videos: ,: expected names of videos"):
        read("test")
