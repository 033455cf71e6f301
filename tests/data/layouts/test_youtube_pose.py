import numpy as np
import pytest
import scipy.io
from annotated_layouts import upper_body, write_frame, write_youtube_pose, youtube_video

from data.videos import read_videos
from posewarp.errors import DataError
from posewarp.skeleton import UPPER_BODY


def training_video(root, **fields):
    """Writes a video of either split, that of training with some fields, and reads this one."""
    write_youtube_pose(root, [youtube_video("a", **fields), youtube_video("b", 1)])
    (video,) = read_videos(root, "train")
    return video


def test_joints_and_frames_with_and_without_zero_padding_are_read(tmp_path):
    joints = upper_body()
    joints[0, 0] = -1  # (0, 0) in the file, which says that it is missing
    training_video(tmp_path, joints=joints)
    folder = tmp_path / "GT_frames" / "a"
    (folder / "frame_000123.jpg").rename(folder / "123.jpg")
    (video,) = read_videos(tmp_path, "train")
    assert video.name == "a"
    assert video.joint_names == UPPER_BODY.joints
    joints[0, 0] = np.nan
    np.testing.assert_allclose(video.joints, joints)
    names = ["frame_000007.jpg", "123.jpg", "frame_002050.jpg"]
    assert [path.name for path in video.frames] == names
    assert video.boxes is None


def test_a_video_of_one_frame_without_optional_fields_is_read(tmp_path):
    video = training_video(tmp_path, frame_ids=(4,), url=None, imgPath=None)
    assert video.joints.shape == (1, 7, 2)


def test_without_the_field_of_the_subset_every_tenth_video_is_in_the_test_split(tmp_path):
    letters = "abcdefghijklmnopqrstu"
    videos = [youtube_video(name, isYouTubeSubset=None) for name in letters]
    write_youtube_pose(tmp_path, videos)
    assert [video.name for video in read_videos(tmp_path, "test")] == ["j", "t"]
    assert len(read_videos(tmp_path, "train")) == len(letters) - 2


def test_the_frames_path_wins_where_the_file_exists_in_the_data_set(tmp_path):
    root = tmp_path / "set"
    first, second = (write_frame(root / "other" / f"{n}.jpg") for n in ("first", "second"))
    outside = write_frame(tmp_path / "secret.jpg")
    paths = ["other/first.jpg", str(second), "other/absent.jpg"]
    paths += ["../secret.jpg", str(outside), "GT_frames/../../secret.jpg"]
    video = training_video(root, frame_ids=range(6), imgPath=np.array([paths], object))
    assert video.frames[:2] == (first, second)
    expected = [root / "GT_frames" / "a" / f"frame_00000{n}.jpg" for n in range(2, 6)]
    assert list(video.frames[2:]) == expected


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"locs": np.zeros((2, 14, 3))}, r"data\(1\)\.locs: expected shape \(2, 7, frames\)"),
        ({"locs": "joints"}, r"data\(1\)\.locs: expected real numbers"),
        ({"frameids": np.array([[1.0, 2.0]])}, r"data\(1\)\.frameids: .* each of the 3 frames"),
        ({"frameids": np.array([[1, 2, 0.5]])}, r"data\(1\)\.frameids: expected whole"),
        ({"frameids": np.array([[1, 2, np.inf]])}, r"data\(1\)\.frameids: expected whole"),
        ({"frameids": np.array([[7, 123, 5.0]])}, r"a.frame_000005\.jpg: no such file"),
        ({"imgPath": np.array([["x"]], object)}, r"data\(1\)\.imgPath: expected a cell of 3 paths"),
        ({"videoname": 5.0}, r"data\(1\)\.videoname: expected the video's name"),
        ({"videoname": "b"}, r"data\(2\)\.videoname: 'b' is there twice"),
        ({"frameids": None}, r"data\(1\)\.frameids: the field is missing"),
        ({"isYouTubeSubset": np.ones((2, 2))}, r"data\(1\)\.isYouTubeSubset: expected 0 or 1"),
    ],
)
def test_a_damaged_field_is_named(fields, message, tmp_path):
    training_video(tmp_path)
    videos = [youtube_video("a", **fields), youtube_video("b", 1)]
    write_youtube_pose(tmp_path, videos, frames=False)
    with pytest.raises(DataError, match=message) as caught:
        read_videos(tmp_path, "train")
    assert "\n" not in str(caught.value)


def test_a_file_of_something_else_is_refused(tmp_path):
    path = tmp_path / "YouTube_Pose_dataset.mat"
    for name, message in (
        ("other", "expected a MATLAB file with a struct array data"),
        ("data", "data: expected a struct array"),
    ):
        scipy.io.savemat(path, {name: np.zeros((2, 7))})
        with pytest.raises(DataError, match=message):
            read_videos(tmp_path, "train")
