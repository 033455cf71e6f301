import json

import cv2
import numpy as np
import pytest
from published_layout import standing_person, write_video

from posewarp.networks import Generator, ModelConfig, save_network
from posewarp.skeleton import FULL_BODY
from posewarp.transfer import PoseTransfer

SIZE = (300, 320, 3)


def by_name(joints, **changed):
    points = dict(zip(FULL_BODY.joints, joints.tolist(), strict=True))
    return json.dumps({**points, **changed})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A model, a photo, two poses, and a data set with a split each of one video."""
    folder = tmp_path_factory.mktemp("transfer")
    save_network(Generator(ModelConfig(FULL_BODY, 64, width=0.05)), folder / "generator.keras")
    photo = np.random.default_rng(0).integers(0, 255, SIZE, "uint8")
    cv2.imwrite(str(folder / "photo.png"), photo)
    source, target = standing_person(2) + [[[0, 0]], [[20, 0]]]
    (folder / "source.json").write_text(by_name(source, left_wrist=None))
    (folder / "target.json").write_text(by_name(target, tail=[1, 2]))
    write_video(folder / "data", "walk", split="train")
    write_video(folder / "data", "stroll", split="test")
    return folder


@pytest.fixture
def flags(folder, tmp_path):
    return {
        "model": folder,
        "source": folder / "photo.png",
        "source_joints": folder / "source.json",
        "target_joints": folder / "target.json",
        "output": tmp_path / "new" / "out.png",
    }


def test_a_photo_is_transferred_to_a_pose_as_from_python(program, folder, flags, tmp_path):
    done = program("eval.transfer", **flags, figure=tmp_path / "figure.png")
    assert done.returncode == 0, done.stderr
    assert "target.json: not used, as skeleton full_body does not have them: tail" in done.stderr
    poses = [json.loads((folder / name).read_text()) for name in ("source.json", "target.json")]
    photo = cv2.imread(str(folder / "photo.png"))
    expected = PoseTransfer.load(folder).transfer(photo[..., ::-1], *poses)["photo"]
    made = cv2.imread(str(flags["output"]))
    np.testing.assert_array_equal(made[..., ::-1], expected)
    assert (made != photo).any()
    # Without a picture of the target, four columns.
    assert 4 * 192 < cv2.imread(str(tmp_path / "figure.png")).shape[1] < 5 * 192
    assert sorted(path.name for path in flags["output"].parent.iterdir()) == ["out.png"]


def test_frames_of_a_data_set_serve_as_source_and_target(program, folder, flags, tmp_path):
    del flags["source_joints"]
    flags |= {"source": "walk:1", "target_joints": "stroll:3", "data_dir": folder / "data"}
    done = program("eval.transfer", **flags, retarget="bones", figure=tmp_path / "figure.png")
    assert done.returncode == 0, done.stderr
    assert cv2.imread(str(flags["output"])).shape == SIZE
    assert cv2.imread(str(tmp_path / "figure.png")).shape[1] > 5 * 192


@pytest.fixture(scope="module")
def inputs(library):
    """The functions that read."""
    return library("eval.inputs")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[]", "expected an object of"),
        ("{", "not a JSON file"),
        ('{"head": [1, 2]}', ".*absent: neck, "),
        (by_name(standing_person(1)[0], neck="left"), "neck: expected"),
        (by_name(standing_person(1)[0], neck=["1", "2"]), "neck: expected"),
        (by_name(standing_person(1)[0], neck=[1, [2]]), "neck: expected"),
        (by_name(standing_person(1)[0], neck=[1, 10**400]), "neck: expected"),
    ],
)
def test_joints_that_cannot_be_used_are_refused_by_file_and_name(
    content, message, tmp_path, inputs
):
    from posewarp.errors import DataError

    path = tmp_path / "pose.json"
    path.write_text(content)
    with pytest.raises(DataError, match=f"pose.json: {message}"):
        inputs.read_joints(path, FULL_BODY)
