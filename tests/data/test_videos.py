import pytest
from annotated_layouts import write_json_video, write_youtube_pose, youtube_video
from published_layout import write_video

from data.videos import find_layout
from posewarp.errors import DataError


def test_a_layout_is_found_in_the_folder(published_data, tmp_path):
    assert find_layout(published_data) == "published"
    youtube = write_youtube_pose(tmp_path / "youtube", [youtube_video("a")], frames=False)
    assert find_layout(youtube) == "youtube_pose"
    annotation = write_json_video(tmp_path / "json", "frames", "test")
    assert (annotation.parent / "frames").is_dir()
    assert find_layout(tmp_path / "json") == "json"
    assert find_layout(annotation.parent, test_videos=True) == "json"


def test_a_folder_of_no_layout_is_one_line_that_names_the_data_set_below_it(tmp_path):
    (tmp_path / "run").mkdir()
    looked_for = "no data set: looked for YouTube_Pose_dataset.mat, train or test with .json files"
    with pytest.raises(DataError, match=f"{looked_for}.* frames and info$"):
        find_layout(tmp_path)
    write_video(tmp_path / "walks", "a")
    with pytest.raises(DataError, match="the folder below it, .*walks, looks like one"):
        find_layout(tmp_path)
