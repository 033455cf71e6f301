import shutil

import numpy as np
import pytest
from published_layout import standing_person, write_video

from data.videos import read_videos
from posewarp.errors import DataError


def test_the_published_layout_is_read_with_pixels_from_zero(tmp_path):
    write_video(tmp_path, "b", frames=1)
    folder, _ = write_video(tmp_path, "a", frames=11)
    (folder / "2.jpg").rename(folder / "2.png")
    first, second = read_videos(tmp_path, "train")
    assert (first.name, second.name) == ("a", "b")
    assert [path.name for path in first.frames[:3]] == ["1.jpg", "2.png", "3.jpg"]
    assert first.frames[10].name == "11.jpg"
    np.testing.assert_allclose(first.joints, standing_person(11))
    np.testing.assert_allclose(first.person_centers()[0], [150, 140])
    assert second.joints.shape == (1, 14, 2)


def test_a_damaged_data_set_is_refused_with_the_files_name_and_field(tmp_path):
    def assert_refused(message):
        with pytest.raises(DataError, match=message):
            read_videos(tmp_path, "train", layout="published")

    for fields, message in (
        ({"X": np.zeros((7, 2, 3))}, r"walk\.mat: data\.X: expected shape \(14, 2, frames\)"),
        ({"bbox": np.zeros((5, 4))}, r"walk\.mat: data\.bbox: expected \(3, 4\)"),
    ):
        write_video(tmp_path, **fields)
        assert_refused(message)
    folder, annotation = write_video(tmp_path)
    (folder / "2.jpg").unlink()
    assert_refused(r"2\.jpg: no such file \(nor \.png\)")
    annotation.write_bytes(annotation.read_bytes()[:200])
    assert_refused(r"walk\.mat: .*an element is cut off")
    for content in ("joints", ""):
        annotation.write_text(content)
        assert_refused(r"walk\.mat: expected a MATLAB file")
    shutil.rmtree(folder)
    assert_refused("one folder of frames per video")
    for absent in ("train/frames", "train", ""):
        shutil.rmtree(tmp_path / absent)
        assert_refused("expected the published layout")


def test_marks_of_missing_joints_and_boxes_without_an_area_are_passed_over(tmp_path):
    joints = standing_person(3)
    joints[0, 0] = -1  # (0, 0) in the file
    boxes = np.tile([120.0, 40.0, 60.0, 200.0], (3, 1))
    boxes[0, 0] = 1e200
    boxes[1] = 0
    boxes[2, 3] = np.nan
    write_video(tmp_path, joints=joints, bbox=boxes)
    (video,) = read_videos(tmp_path, "train")
    assert np.argwhere(np.isnan(video.joints).all(axis=2)).tolist() == [[0, 0]]
    assert np.isnan(video.boxes).all()
