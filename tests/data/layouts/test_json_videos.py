import json

import numpy as np
import pytest
from annotated_layouts import write_frame, write_json_video
from published_layout import standing_person

from data.layouts.json_videos import open_json
from data.videos import read_videos
from posewarp.errors import DataError, MissingSplitError
from posewarp.skeleton import FULL_BODY

ONE = {"joints": ["head"], "frames": [{"image": "walk/0.jpg", "joints": {"head": [1, 2]}}]}


def changed(frame=None, **fields):
    """A video of one joint and one frame, with other fields; None takes a field away."""
    content = json.loads(json.dumps(ONE))
    content["frames"][0] |= frame or {}
    return {key: value for key, value in (content | fields).items() if value is not None}


def test_every_file_is_a_video_in_the_splits_folder_or_of_named_test_videos(tmp_path):
    for name, split in (("b", "train"), ("a", "train"), ("c", "test")):
        write_json_video(tmp_path, name, split)
    first, second = read_videos(tmp_path, "train")
    assert (first.name, second.name) == ("a", "b")
    assert first.joint_names == FULL_BODY.joints
    np.testing.assert_allclose(first.joints, standing_person(3))
    assert first.frames[1] == tmp_path / "train" / "a" / "1.jpg"
    assert first.boxes is None
    assert [video.name for video in read_videos(tmp_path, "test")] == ["c"]
    (named,) = read_videos(tmp_path / "train", "test", ["b"])
    assert named.name == "b"


def test_null_nan_and_absent_joints_are_missing_and_so_is_a_box(tmp_path):
    points = {"a": [1, 2.5], "b": [0, -3], "c": None, "d": [float("nan"), 3]}
    frame = {"image": "walk/0.jpg", "joints": points}
    frames = [{**frame, "box": [10, 20, 30, 40]}, frame]
    write_json_video(tmp_path, content={"joints": list("abcde"), "frames": frames})
    (video,) = read_videos(tmp_path, "train")
    np.testing.assert_array_equal(video.joints[0], [[1, 2.5], [0, -3], *[[np.nan] * 2] * 3])
    # Without a box, the centre is that of the joints.
    np.testing.assert_allclose(video.person_centers(), [[25, 40], [0.5, -0.25]])


def test_images_may_lie_beside_the_splits(tmp_path):
    shared = write_frame(tmp_path / "images" / "0.jpg")
    write_json_video(tmp_path, content=changed({"image": "../images/0.jpg"}))
    assert read_videos(tmp_path, "train")[0].frames == (shared,)


def test_a_folder_without_the_split_is_told_apart_from_damage(tmp_path):
    with pytest.raises(MissingSplitError, match=r"test: no such folder; expected one \.json"):
        open_json(tmp_path, "test")
    (tmp_path / "test").mkdir()
    with pytest.raises(MissingSplitError, match=r"test: expected one \.json file per video"):
        open_json(tmp_path, "test")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not a JSON file"),
        ([], "expected an object with joints and frames"),
        (changed(joints=None), "the field joints is missing"),
        (changed(joints=[]), "joints: expected a list of joint names"),
        (changed(joints=[1]), "joints: expected a list of joint names"),
        (changed(joints=["head", "head"]), "joints: expected every name once"),
        ({**ONE, "frames": []}, r"frames: expected a list of frames"),
        ({**ONE, "frames": [5]}, r"frames\[0\]: expected an object with image and joints, got 5"),
        (changed({"image": 5}), r"frames\[0\]\.image: expected a path, got 5"),
        (changed({"image": "absent.jpg"}), r"frames\[0\]\.image: .*absent\.jpg: no such file"),
        (changed({"image": "a\0b"}), r'frames\[0\]\.image: expected a path, got "a'),
        (changed({"joints": [[1, 2]]}), r"frames\[0\]\.joints: expected an object of"),
        (changed({"joints": {"haed": [1, 2]}}), r'names that the field joints lists .* "haed"'),
        (changed({"joints": {"head": [1, None]}}), r"head: expected .*, got \[1, null\]$"),
        *(
            (changed({"joints": {"head": [x, 2]}}), r"joints\.head: expected \[x, y\]")
            for x in ("1", True, 1e999, 1e7, 10**400)
        ),
        (changed({"box": [1e200, 2, 3, 4]}), r"frames\[0\]\.box: expected \[x, y"),
        (changed({"box": [1, 2, 3, 0]}), r"frames\[0\]\.box: expected .* positive size"),
    ],
)
def test_a_damaged_file_is_named_with_its_field(content, message, tmp_path):
    write_json_video(tmp_path, content=content)
    with pytest.raises(DataError, match=message) as caught:
        read_videos(tmp_path, "train")
    assert str(caught.value).startswith(str(tmp_path / "train" / "walk.json"))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400
