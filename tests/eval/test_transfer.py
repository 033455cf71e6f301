import json

import cv2
import numpy as np
import pytest
from published_layout import by_name, standing_person, write_video

from posewarp.errors import DataError
from posewarp.skeleton import FULL_BODY, UPPER_BODY

SIZE = (300, 320, 3)
SOURCE, TARGET = standing_person(2) + [[[0, 0]], [[20, 0]]]


@pytest.fixture
def given(tmp_path):
    """Flags of a photo, and of what is written."""
    photo = np.random.default_rng(0).integers(0, 255, SIZE, "uint8")
    cv2.imwrite(str(tmp_path / "photo.png"), photo)
    names = {"source": "photo.png", "output": "new/out.png", "figure": "figure.png"}
    return {flag: tmp_path / name for flag, name in names.items()}


def test_a_photo_is_transferred_to_a_pose_as_from_python(
    succeed, model, transfer_model, given, tmp_path
):
    poses = by_name(SOURCE, left_wrist=None), by_name(TARGET, tail=[1, 2])
    for name, pose in zip(("source_joints", "target_joints"), poses, strict=True):
        given[name] = tmp_path / f"{name}.json"
        given[name].write_text(json.dumps(pose))
    done = succeed("eval.transfer", model=model, **given)
    assert "joints.json: not used, as skeleton full_body does not have them: tail" in done.stderr
    photo, made = (cv2.imread(str(given[name]))[..., ::-1] for name in ("source", "output"))
    np.testing.assert_array_equal(made, transfer_model.transfer(photo, *poses)["photo"])
    assert (made != photo).any()
    # Without a picture of the target, four columns.
    assert 4 * 192 < cv2.imread(str(given["figure"])).shape[1] < 5 * 192
    assert [path.name for path in given["output"].parent.iterdir()] == ["out.png"]


def test_a_frame_of_a_data_set_is_a_pose_and_joints_without_legs_choose_the_network(
    succeed, given, tmp_path
):
    write_video(tmp_path / "data", "walk", split="train")
    write_video(tmp_path / "data", "stroll", split="test")
    joints = tmp_path / "source.json"
    joints.write_text(json.dumps({name: by_name(SOURCE)[name] for name in UPPER_BODY.joints}))
    given |= {"source_joints": joints, "target_joints": "stroll:3", "data_dir": tmp_path / "data"}
    done = succeed("eval.transfer", **given, retarget="bones")
    assert "--model=upper_body, as the joints allow" in done.stderr
    assert cv2.imread(str(given["output"])).shape == SIZE
    assert cv2.imread(str(given["figure"])).shape[1] > 5 * 192


def test_joints_that_cannot_be_used_are_refused_by_file_and_name(library, tmp_path):
    path = tmp_path / "pose.json"
    necks = ("left", [True, 2], [1, [2]], [1, float("inf")], [1, 10**400])
    for text, message in (
        ("{", "not a JSON file"),
        ("[]", "expected an object of"),
        ('{"head": [1, 2]}', ".*absent: neck, "),
        *((json.dumps(by_name(SOURCE, neck=neck)), "neck: expected") for neck in necks),
    ):
        path.write_text(text)
        with pytest.raises(DataError, match=f"pose.json: {message}"):
            library("eval.inputs").read_joints(path, FULL_BODY)
