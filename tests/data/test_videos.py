import pytest
from published_layout import write_video

from data.videos import open_videos, read_videos
from posewarp.errors import DataError, UsageError


def test_a_layout_that_is_unknown_or_has_no_test_videos_is_refused(published_data):
    with pytest.raises(UsageError, match="--test_videos: the published layout"):
        read_videos("published", published_data, "train", ["walk"])
    with pytest.raises(UsageError, match="expected one of published, youtube_pose, json"):
        read_videos("coco", published_data, "train")


def test_a_video_is_opened_without_being_read(tmp_path):
    folder, _ = write_video(tmp_path, "a")
    write_video(tmp_path, "b")
    (folder / "1.jpg").unlink()
    damaged, whole = open_videos("published", tmp_path, "train")
    assert whole().name == "b"
    with pytest.raises(DataError, match=r"1\.jpg: no such file"):
        damaged()
