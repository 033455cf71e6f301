import shutil

import numpy as np
import pytest
from published_layout import standing_person, write_video

from data.published import read_published
from posewarp.errors import DataError


def test_the_published_layout_is_read_with_pixels_from_zero(tmp_path):
    write_video(tmp_path, "b", frames=2)
    folder, _ = write_video(tmp_path, "a", frames=11)
    (folder / "2.jpg").rename(folder / "2.png")
    first, second = read_published(tmp_path, "train")
    assert (first.name, second.name) == ("a", "b")
    assert [path.name for path in first.frames[:3]] == ["1.jpg", "2.png", "3.jpg"]
    assert first.frames[10].name == "11.jpg"
    np.testing.assert_allclose(first.joints, standing_person(11))
    np.testing.assert_allclose(first.person_centers()[0], [150, 140])


def test_a_video_of_one_frame_is_read(tmp_path):
    write_video(tmp_path, frames=1)
    assert read_published(tmp_path, "train")[0].joints.shape == (1, 14, 2)


def test_the_tennis_video_is_read(tennis):
    assert len(tennis.frames) == 8
    assert tennis.joints.shape == (8, 14, 2)
    np.testing.assert_allclose(tennis.joints[0, 0], [358.36435331, 316.80599369])


def test_a_damaged_data_set_is_refused_with_the_files_name(tmp_path):
    def assert_refused(message):
        with pytest.raises(DataError, match=message):
            read_published(tmp_path, "train")

    folder, annotation = write_video(tmp_path)
    (folder / "2.jpg").unlink()
    assert_refused(r"2\.jpg: no such file \(nor \.png\)")
    annotation.write_bytes(annotation.read_bytes()[:200])
    assert_refused(r"walk\.mat: .*an element is cut off")
    for content in ("joints", ""):
        annotation.write_text(content)
        assert_refused(r"walk\.mat: expected a MATLAB file")
    annotation.unlink()
    assert_refused(r"walk\.mat: no such file")
    shutil.rmtree(folder)
    assert_refused("one folder of frames per video")
    for absent in ("train/frames", "train", ""):
        shutil.rmtree(tmp_path / absent)
        assert_refused("expected the published layout")


def test_an_annotation_of_another_shape_is_refused_with_its_field(tmp_path):
    for fields, message in (
        ({"X": np.zeros((7, 2, 3))}, r"walk\.mat: data\.X: expected shape \(14, 2, frames\)"),
        ({"bbox": np.zeros((5, 4))}, r"walk\.mat: data\.bbox: expected \(3, 4\)"),
        ({"X": "joints"}, r"walk\.mat: expected .* numeric"),
    ):
        write_video(tmp_path, **fields)
        with pytest.raises(DataError, match=message):
            read_published(tmp_path, "train")


def test_zero_negative_and_nan_marks_of_the_published_layout_are_missing_joints(tmp_path):
    joints = standing_person(3)
    joints[0, 0] = -1  # (0, 0) in the file
    joints[0, 1, 1] = -30
    joints[1, 2, 0] = np.nan
    joints[2, 3] = -0.5  # 0.5 in the file, which is on the first pixel
    joints[2, 4] = 1e200
    write_video(tmp_path, joints=joints)
    (video,) = read_published(tmp_path, "train")
    missing = np.isnan(video.joints).all(axis=2)
    assert np.argwhere(missing).tolist() == [[0, 0], [0, 1], [1, 2], [2, 4]]
    assert np.isfinite(video.joints[~missing]).all()


def test_a_box_without_an_area_is_passed_over(tmp_path):
    boxes = np.tile([120.0, 40.0, 60.0, 200.0], (3, 1))
    boxes[0, 0] = 1e200
    boxes[1] = 0
    boxes[2, 3] = np.nan
    write_video(tmp_path, bbox=boxes)
    (video,) = read_published(tmp_path, "train")
    # Without a box, it is that of the joints.
    np.testing.assert_allclose(video.person_centers(), [[150, 137.5], [155, 137.5], [160, 137.5]])
