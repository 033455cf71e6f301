import json

import cv2
import numpy as np
import pytest
from published_layout import standing_person

from posewarp.errors import DataError
from posewarp.skeleton import FULL_BODY

SIZE = (301, 321, 3)


@pytest.fixture(scope="module")
def animate(library):
    """The functions of the program."""
    return library("eval.animate")


def test_constant_poses_give_identical_frames_of_the_photos_size(
    program, model, by_name, read_film, tmp_path
):
    noise = np.random.default_rng(0).integers(0, 255, SIZE, "uint8")
    photo = cv2.GaussianBlur(noise, (0, 0), 5)
    cv2.imwrite(str(tmp_path / "photo.png"), photo)
    source, target = standing_person(2) + [[[0, 0]], [[20, 0]]]
    (tmp_path / "source.json").write_text(json.dumps(by_name(source)))
    (tmp_path / "still.json").write_text(json.dumps([by_name(target, left_wrist=None)] * 5))
    flags = {"source": tmp_path / "photo.png", "source_joints": tmp_path / "source.json"}
    outputs = tmp_path / "out.gif", tmp_path / "out.mp4"
    flags |= {"driver": tmp_path / "still.json", "output": ",".join(map(str, outputs))}
    done = program("eval.animate", model=model, **flags, batch_size=2)
    assert done.returncode == 0, done.stderr
    assert "5 of 5 poses lack joints" in done.stderr
    gif, mp4 = (read_film(path)[0] for path in outputs)
    assert gif.shape == (5, *SIZE)
    assert not np.ptp(gif, axis=0).any()
    # Padded to even sides.
    assert mp4.shape == (5, 302, 322, 3)
    difference = np.abs(mp4[0, :301, :321].astype(int) - photo[..., ::-1]).mean(axis=-1)
    assert difference[:, -30:].mean() < 3  # outside the crop
    assert difference[100:200, 100:200].mean() > 3


def test_a_video_drives_a_frame_of_a_data_set_side_by_side(
    program, model, published_data, read_film, tmp_path
):
    flags = {"data_dir": published_data, "source": "stroll:2", "driver": "stroll"}
    flags |= {"retarget": "bones", "smooth": 1, "output": tmp_path / "out.gif"}
    done = program("eval.animate", "--side_by_side", model=model, **flags)
    assert done.returncode == 0, done.stderr
    frames, _ = read_film(flags["output"])
    assert frames.shape == (5, 300, 3 * 320, 3)
    assert not np.ptp(frames[:, :, :320], axis=0).any()
    assert np.ptp(frames[:, :, 320:640], axis=0).any()
    assert np.ptp(frames[:, :, 640:], axis=0).any()


def test_smoothing_passes_over_missing_joints_and_leaves_them_missing(animate):
    poses = np.full((30, 14, 2), 7.0) + [0, 100]
    poses[::3, 4] = np.nan
    np.testing.assert_allclose(animate.smoothed(poses, 2.0), poses)
    np.testing.assert_array_equal(animate.smoothed(poses, 0), poses)
    random = np.random.default_rng(0).normal(size=(200, 14, 2))
    assert animate.smoothed(random, 2.0).std() < 0.5 * random.std()


def test_a_file_of_poses_is_a_list_or_a_video_of_a_json_data_set(
    animate, by_name, tmp_path, monkeypatch
):
    path = tmp_path / "driver.json"
    monkeypatch.setattr(animate, "FLAGS", type("Flags", (), {"driver": str(path), "model": "mine"}))
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
        path.write_text(json.dumps(content))
        if isinstance(expected, tuple):
            assert animate.read_driver(FULL_BODY)[0].shape == expected
        else:
            with pytest.raises(DataError, match=f"driver.json: {expected}"):
                animate.read_driver(FULL_BODY)
