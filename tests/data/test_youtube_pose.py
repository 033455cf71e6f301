import numpy as np
import pytest
import scipy.io
from annotated_layouts import upper_body, write_frame, write_youtube_pose, youtube_video

from data.youtube_pose import read_youtube_pose
from posewarp.errors import DataError, MissingSplitError
from posewarp.skeleton import UPPER_BODY


def names(root, split, **arguments):
    return [video.name for video in read_youtube_pose(root, split, **arguments)]


def test_joints_and_frames_are_read_with_pixels_from_zero(tmp_path):
    write_youtube_pose(tmp_path, [youtube_video("a"), youtube_video("b", subset=1)])
    (video,) = read_youtube_pose(tmp_path, "train")
    assert video.name == "a"
    assert video.joint_names == UPPER_BODY.joints
    np.testing.assert_allclose(video.joints, upper_body())
    assert [path.name for path in video.frames] == [
        "frame_000007.jpg",
        "frame_000123.jpg",
        "frame_002050.jpg",
    ]
    assert video.boxes is None


def test_zero_negative_and_nan_marks_are_missing_joints(tmp_path):
    joints = upper_body()
    joints[0, 0] = -1  # (0, 0) in the file
    joints[0, 1, 0] = -6
    joints[1, 2, 1] = np.nan
    write_youtube_pose(tmp_path, [youtube_video("a", joints=joints), youtube_video("b", 1)])
    (video,) = read_youtube_pose(tmp_path, "train")
    missing = np.isnan(video.joints).all(axis=2)
    assert np.argwhere(missing).tolist() == [[0, 0], [0, 1], [1, 2]]
    assert np.isfinite(video.joints[~missing]).all()


def test_the_youtube_subset_is_the_test_split(tmp_path):
    write_youtube_pose(tmp_path, [youtube_video(name, name in "bd") for name in "abcd"])
    assert names(tmp_path, "test") == ["b", "d"]
    assert names(tmp_path, "train") == ["a", "c"]


def test_without_that_field_every_tenth_video_is_in_the_test_split(tmp_path):
    letters = "abcdefghijklmnopqrstu"
    videos = [youtube_video(name, isYouTubeSubset=None) for name in letters]
    write_youtube_pose(tmp_path, videos)
    assert names(tmp_path, "test") == ["j", "t"]
    assert names(tmp_path, "train") == [name for name in letters if name not in "jt"]


def test_named_test_videos_come_before_the_field(tmp_path):
    write_youtube_pose(tmp_path, [youtube_video(name, name == "b") for name in "abc"])
    assert names(tmp_path, "test", test_videos=["c"]) == ["c"]
    assert names(tmp_path, "train", test_videos=["c"]) == ["a", "b"]
    with pytest.raises(DataError, match=r"dataset\.mat: test_videos: no video 'x'; .* a, b, c"):
        names(tmp_path, "test", test_videos=["x"])


def test_a_split_without_videos_is_told_apart_from_damage(tmp_path):
    write_youtube_pose(tmp_path, [youtube_video("a")])
    with pytest.raises(MissingSplitError, match="no video is in the test split"):
        names(tmp_path, "test")


@pytest.mark.parametrize("absent", ["url", "label_names", "crop", "scale", "imgPath", "origRes"])
def test_optional_fields_may_be_absent(absent, tmp_path):
    write_youtube_pose(tmp_path, [youtube_video(n, n == "b", **{absent: None}) for n in "ab"])
    assert names(tmp_path, "train") == ["a"]


def test_the_frames_path_wins_where_the_file_exists(tmp_path):
    paths = ["other/first.jpg", str(tmp_path / "other" / "second.jpg"), "other/absent.jpg"]
    video = youtube_video("a", imgPath=np.array([paths], object))
    write_youtube_pose(tmp_path, [video, youtube_video("b", 1)])
    first, second = (write_frame(tmp_path / "other" / f"{n}.jpg") for n in ("first", "second"))
    (read,) = read_youtube_pose(tmp_path, "train")
    assert read.frames == (first, second, tmp_path / "GT_frames/a/frame_002050.jpg")


def test_a_frames_path_out_of_the_data_set_is_passed_over(tmp_path):
    outside = write_frame(tmp_path / "secret.jpg")
    paths = ["../secret.jpg", str(outside), "GT_frames/../../secret.jpg"]
    videos = [youtube_video("a", imgPath=np.array([paths], object)), youtube_video("b", 1)]
    root = write_youtube_pose(tmp_path / "set", videos)
    (read,) = read_youtube_pose(root, "train")
    assert all((root / "GT_frames" / "a") == path.parent for path in read.frames)


def test_frames_without_zero_padding_are_found(tmp_path):
    write_youtube_pose(tmp_path, [youtube_video("a"), youtube_video("b", 1)])
    folder = tmp_path / "GT_frames" / "a"
    (folder / "frame_000123.jpg").rename(folder / "123.jpg")
    (video,) = read_youtube_pose(tmp_path, "train")
    assert [path.name for path in video.frames] == [
        "frame_000007.jpg",
        "123.jpg",
        "frame_002050.jpg",
    ]


def test_a_video_of_one_frame_is_read(tmp_path):
    videos = [youtube_video("a", frame_ids=(4,)), youtube_video("b", 1)]
    write_youtube_pose(tmp_path, videos)
    assert read_youtube_pose(tmp_path, "train")[0].joints.shape == (1, 7, 2)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"locs": np.zeros((2, 14, 3))}, r"data\(1\)\.locs: expected shape \(2, 7, frames\)"),
        ({"locs": "joints"}, r"data\(1\)\.locs: expected real numbers"),
        ({"frameids": np.array([[1.0, 2.0]])}, r"data\(1\)\.frameids: .* each of the 3 frames"),
        ({"frameids": np.array([[1, 2, 0.5]])}, r"data\(1\)\.frameids: expected whole numbers"),
        ({"frameids": np.array([[1, 2, np.nan]])}, r"data\(1\)\.frameids: expected whole"),
        ({"frameids": np.array([[7, 123, 5.0]])}, r"a.frame_000005\.jpg: no such file"),
        ({"imgPath": np.array([["x"]], object)}, r"data\(1\)\.imgPath: expected a cell of 3 paths"),
        ({"imgPath": np.ones((1, 3))}, r"data\(1\)\.imgPath: expected a cell of 3 paths"),
        ({"videoname": 5.0}, r"data\(1\)\.videoname: expected the video's name"),
        ({"videoname": "b"}, r"data\(2\)\.videoname: 'b' is there twice"),
        ({"videoname": "../a"}, r"data\(1\)\.videoname: '\.\./a' leads out of"),
        ({"isYouTubeSubset": np.ones((2, 2))}, r"data\(1\)\.isYouTubeSubset: expected 0 or 1"),
    ],
)
def test_a_damaged_field_is_named(fields, message, tmp_path):
    write_youtube_pose(tmp_path, [youtube_video("a"), youtube_video("b", 1)])
    videos = [youtube_video("a", **fields), youtube_video("b", 1)]
    write_youtube_pose(tmp_path, videos, frames=False)
    with pytest.raises(DataError, match=message) as caught:
        read_youtube_pose(tmp_path, "train")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("absent", ["videoname", "locs", "frameids"])
def test_a_required_field_that_is_absent_is_named(absent, tmp_path):
    videos = [youtube_video(n, n == "b") for n in "ab"]
    write_youtube_pose(tmp_path, videos)
    write_youtube_pose(tmp_path, [{**video, absent: None} for video in videos], frames=False)
    with pytest.raises(DataError, match=rf"data\(1\)\.{absent}"):
        read_youtube_pose(tmp_path, "train")


def test_a_file_of_something_else_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"YouTube_Pose_dataset\.mat: no such file"):
        read_youtube_pose(tmp_path, "train")
    path = tmp_path / "YouTube_Pose_dataset.mat"
    path.write_text("data")
    with pytest.raises(DataError, match="expected a MATLAB file with a struct array data"):
        read_youtube_pose(tmp_path, "train")
    scipy.io.savemat(path, {"data": np.zeros((2, 7))})
    with pytest.raises(DataError, match="data: expected a struct array"):
        read_youtube_pose(tmp_path, "train")
    scipy.io.savemat(path, {"other": np.zeros((2, 7))})
    with pytest.raises(DataError, match="expected a MATLAB file with a struct array data"):
        read_youtube_pose(tmp_path, "train")
