import json

import av
import cv2
import numpy as np
import pytest
from published_layout import standing_person, write_video

from posewarp.errors import DataError
from posewarp.networks import Generator, ModelConfig, save_network
from posewarp.skeleton import FULL_BODY

SIZE = (301, 321, 3)


def by_name(joints, **changed):
    return {**dict(zip(FULL_BODY.joints, joints.tolist(), strict=True)), **changed}


@pytest.fixture(scope="module")
def animate(library):
    """The functions of the program."""
    return library("eval.animate")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A model, a photo with a pose, a driving sequence that holds still, and a data set."""
    folder = tmp_path_factory.mktemp("animate")
    save_network(Generator(ModelConfig(FULL_BODY, 64, width=0.05)), folder / "generator.keras")
    photo = np.random.default_rng(0).integers(0, 255, SIZE, "uint8")
    cv2.imwrite(str(folder / "photo.png"), cv2.GaussianBlur(photo, (0, 0), 5))
    source, target = standing_person(2) + [[[0, 0]], [[20, 0]]]
    (folder / "source.json").write_text(json.dumps(by_name(source)))
    (folder / "still.json").write_text(json.dumps([by_name(target, left_wrist=None)] * 5))
    write_video(folder / "data", "walk", frames=5)
    return folder


@pytest.fixture
def flags(folder):
    return {
        "model": folder,
        "source": folder / "photo.png",
        "source_joints": folder / "source.json",
        "driver": folder / "still.json",
    }


def read(path):
    with av.open(str(path)) as container:
        return np.stack([f.to_ndarray(format="rgb24") for f in container.decode(video=0)])


def test_constant_poses_give_identical_frames_of_the_photos_size(program, flags, tmp_path):
    outputs = tmp_path / "out.gif", tmp_path / "out.mp4"
    done = program("eval.animate", **flags, output=",".join(map(str, outputs)), batch_size=2)
    assert done.returncode == 0, done.stderr
    assert "5 of 5 poses lack joints" in done.stderr
    gif, mp4 = map(read, outputs)
    assert gif.shape == (5, *SIZE)
    assert not np.ptp(gif, axis=0).any()
    # Padded to even sides.
    assert mp4.shape == (5, 302, 322, 3)
    photo = cv2.imread(str(flags["source"]))[..., ::-1].astype(int)
    difference = np.abs(mp4[0, :301, :321] - photo).mean(axis=-1)
    assert difference[:, -30:].mean() < 3  # outside the crop
    assert difference[100:200, 100:200].mean() > 3


def test_a_video_drives_a_frame_of_a_data_set_side_by_side(program, flags, folder, tmp_path):
    del flags["source_joints"]
    flags |= {"source": "walk:2", "driver": "walk", "data_dir": folder / "data"}
    output = tmp_path / "out.gif"
    done = program(
        "eval.animate", "--side_by_side", **flags, retarget="bones", smooth=1, output=output
    )
    assert done.returncode == 0, done.stderr
    frames = read(output)
    assert frames.shape == (5, 300, 3 * 320, 3)
    assert not np.ptp(frames[:, :, :320], axis=0).any()
    assert np.ptp(frames[:, :, 320:640], axis=0).any()
    assert np.ptp(frames[:, :, 640:], axis=0).any()


def test_smoothing_passes_over_missing_joints_and_leaves_them_missing(animate):
    poses = np.full((30, 14, 2), 7.0) + [0, 100]
    poses[::3, 4] = np.nan
    smooth = animate.smoothed(poses, 2.0)
    np.testing.assert_allclose(smooth, poses)
    random = np.random.default_rng(0).normal(size=(200, 14, 2))
    assert animate.smoothed(random, 2.0).std() < 0.5 * random.std()
    np.testing.assert_array_equal(animate.smoothed(poses, 0), poses)


def test_a_file_of_poses_is_a_list_or_a_video_of_a_json_data_set(animate, tmp_path, monkeypatch):
    pose = by_name(standing_person(1)[0])
    head = {"head": [1, 2]}
    for content, expected in [
        ([pose, pose], (2, 14, 2)),
        ({"joints": list(pose), "frames": [{"image": "1.jpg", "joints": head}]}, (1, 14, 2)),
        ([pose, head], "pose 2: .*absent: neck"),
        ({"joints": ["head"], "frames": [{"joints": head}]}, "pose 1: .*absent: neck"),
        ({"joints": list(pose), "frames": [3]}, "pose 1: expected an object"),
        ({"joints": 1, "frames": []}, "joints: expected a list of joint names"),
        ([], "expected a list of poses"),
        (pose, "expected a list of poses"),
    ]:
        path = tmp_path / "driver.json"
        path.write_text(json.dumps(content))
        monkeypatch.setattr(animate, "FLAGS", type("Flags", (), {"driver": str(path)}))
        if isinstance(expected, tuple):
            assert animate.read_driver(FULL_BODY, None)[0].shape == expected
        else:
            with pytest.raises(DataError, match=f"driver.json: {expected}"):
                animate.read_driver(FULL_BODY, None)
