import json

import cv2
import numpy as np
import pytest
from published_layout import standing_person, write_video

from posewarp.errors import DataError
from posewarp.skeleton import FULL_BODY

SIZE = (300, 320, 3)


def test_a_photo_is_transferred_to_a_pose_as_from_python(
    program, model, transfer_model, by_name, tmp_path
):
    photo = np.random.default_rng(0).integers(0, 255, SIZE, "uint8")
    cv2.imwrite(str(tmp_path / "photo.png"), photo)
    source, target = standing_person(2) + [[[0, 0]], [[20, 0]]]
    poses = by_name(source, left_wrist=None), by_name(target, tail=[1, 2])
    flags = {"source": tmp_path / "photo.png", "output": tmp_path / "new" / "out.png"}
    for name, pose in zip(("source_joints", "target_joints"), poses, strict=True):
        flags[name] = tmp_path / f"{name}.json"
        flags[name].write_text(json.dumps(pose))
    done = program("eval.transfer", model=model, **flags, figure=tmp_path / "figure.png")
    assert done.returncode == 0, done.stderr
    assert "joints.json: not used, as skeleton full_body does not have them: tail" in done.stderr
    expected = transfer_model.transfer(photo[..., ::-1], *poses)["photo"]
    made = cv2.imread(str(flags["output"]))
    np.testing.assert_array_equal(made[..., ::-1], expected)
    assert (made != photo).any()
    # Without a picture of the target, four columns.
    assert 4 * 192 < cv2.imread(str(tmp_path / "figure.png")).shape[1] < 5 * 192
    assert [path.name for path in flags["output"].parent.iterdir()] == ["out.png"]


def test_frames_of_a_data_set_serve_as_source_and_target(program, model, tmp_path):
    write_video(tmp_path / "data", "walk", split="train")
    write_video(tmp_path / "data", "stroll", split="test")
    flags = {"data_dir": tmp_path / "data", "source": "walk:1", "target_joints": "stroll:3"}
    flags |= {"output": tmp_path / "out.png", "figure": tmp_path / "figure.png"}
    done = program("eval.transfer", model=model, **flags, retarget="bones")
    assert done.returncode == 0, done.stderr
    assert cv2.imread(str(flags["output"])).shape == SIZE
    assert cv2.imread(str(flags["figure"])).shape[1] > 5 * 192


def test_joints_that_cannot_be_used_are_refused_by_file_and_name(library, by_name, tmp_path):
    path = tmp_path / "pose.json"
    path.write_text("{")
    with pytest.raises(DataError, match="pose.json: not a JSON file"):
        library("eval.inputs").read_joints(path, FULL_BODY)
    necks = ("left", [True, 2], [1, [2]], [1, float("inf")], [1, 10**400])
    for content, message in (
        ([], "expected an object of"),
        ({"head": [1, 2]}, ".*absent: neck, "),
        *((by_name(standing_person(1)[0], neck=neck), "neck: expected") for neck in necks),
    ):
        path.write_text(json.dumps(content))
        with pytest.raises(DataError, match=f"pose.json: {message}"):
            library("eval.inputs").read_joints(path, FULL_BODY)
