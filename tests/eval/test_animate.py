import json

import cv2
import numpy as np
import pytest
from published_layout import by_name, standing_person

from posewarp.errors import DataError
from posewarp.skeleton import FULL_BODY

SIZE = (301, 321, 3)


def test_constant_poses_give_identical_frames_of_the_photos_size(
    succeed, model, read_film, tmp_path
):
    noise = np.random.default_rng(0).integers(0, 255, SIZE, "uint8")
    photo = cv2.GaussianBlur(noise, (0, 0), 5)
    flags = {"source": tmp_path / "photo.png", "source_joints": tmp_path / "source.json"}
    flags |= {"driver": tmp_path / "still.json"}
    cv2.imwrite(str(flags["source"]), photo)
    source, target = standing_person(2) + [[[0, 0]], [[20, 0]]]
    flags["source_joints"].write_text(json.dumps(by_name(source)))
    flags["driver"].write_text(json.dumps([by_name(target, left_wrist=None)] * 5))
    outputs = tmp_path / "out.gif", tmp_path / "out.mp4"
    output = ",".join(map(str, outputs))
    done = succeed("eval.animate", model=model, **flags, output=output, batch_size=2)
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
    succeed, model, published_data, read_film, tmp_path
):
    flags = {"data_dir": published_data, "source": "stroll:2", "driver": "stroll"}
    flags |= {"retarget": "bones", "smooth": 1, "output": tmp_path / "out.gif"}
    succeed("eval.animate", "--side_by_side", model=model, **flags)
    frames, _ = read_film(flags["output"])
    assert frames.shape == (5, 300, 3 * 320, 3)
    moves = [np.ptp(column, axis=0).any() for column in np.split(frames, 3, axis=2)]
    assert moves == [False, True, True]


def test_smoothing_passes_over_missing_joints_and_leaves_them_missing(library):
    smoothed = library("eval.animate").smoothed
    poses = np.full((30, 14, 2), 7.0) + [0, 100]
    poses[::3, 4] = np.nan
    np.testing.assert_allclose(smoothed(poses, 2.0), poses)
    np.testing.assert_array_equal(smoothed(poses, 0), poses)
    random = np.random.default_rng(0).normal(size=(200, 14, 2))
    assert smoothed(random, 2.0).std() < 0.5 * random.std()


def test_a_file_of_poses_is_a_list_or_a_video_of_a_json_data_set(library, tmp_path, monkeypatch):
    animate, path = library("eval.animate"), tmp_path / "driver.json"
    monkeypatch.setattr(animate, "FLAGS", type("Flags", (), {"driver": str(path), "model": "mine"}))
    pose, head = by_name(standing_person(1)[0]), {"head": [1, 2]}
    for content, frames in (
        ([pose, pose], 2),
        ({"joints": list(pose), "frames": [{"image": "1.jpg", "joints": head}]}, 1),
    ):
        path.write_text(json.dumps(content))
        assert animate.read_driver(FULL_BODY)[0].shape == (frames, 14, 2)
    for content, message in (
        ([pose, head], "pose 2: .*absent: neck"),
        ({"joints": ["head"], "frames": [{"joints": head}]}, "pose 1: .*absent: neck"),
        ({"joints": list(pose), "frames": [3]}, "pose 1: expected an object"),
        ({"joints": 1, "frames": []}, "joints: expected a list of joint names"),
        ([], "expected a list of poses"),
        (pose, "expected a list of poses"),
    ):
        path.write_text(json.dumps(content))
        with pytest.raises(DataError, match=f"driver.json: {message}"):
            animate.read_driver(FULL_BODY)
