"""Which network `--model=auto` takes, and whose joints."""

import json

import cv2
import numpy as np
import pytest
from published_layout import standing_person, write_video

from posewarp.skeleton import FULL_BODY, UPPER_BODY


@pytest.fixture(scope="module")
def inputs(library):
    return library("eval.inputs")


def test_the_joints_say_which_network_paints(inputs):
    whole = standing_person(3)
    knee = FULL_BODY.joints.index("left_knee")
    model, source, poses = inputs.choose_model(whole[0], whole[1:])
    assert model.config.skeleton == FULL_BODY and model.sharp
    np.testing.assert_array_equal(source, whole[0])
    np.testing.assert_array_equal(poses, whole[1:])
    half = whole[0].copy()
    half[knee] = np.nan
    model, source, poses = inputs.choose_model(half, whole[1])
    assert model.config.skeleton == UPPER_BODY and model.config.image_size == 256
    assert source.shape == poses.shape == (7, 2)
    wrist = UPPER_BODY.joints.index("left_wrist")
    np.testing.assert_array_equal(poses[wrist], whole[1][FULL_BODY.joints.index("left_wrist")])
    # Most of a film's poses decide.
    assert inputs.choose_model(whole[0], np.stack([half, *whole[1:]]))[0].config.skeleton.limbs[5:]


def test_joints_without_legs_are_enough_for_a_choice(program, by_name, tmp_path):
    cv2.imwrite(str(tmp_path / "me.png"), np.full((300, 320, 3), 90, "uint8"))
    pose = by_name(standing_person(1)[0])
    pose = {name: pose[name] for name in UPPER_BODY.joints}
    (tmp_path / "pose.json").write_text(json.dumps(pose))
    write_video(tmp_path / "data", "walk", split="train")
    given = {"source": tmp_path / "me.png", "source_joints": tmp_path / "pose.json"}
    given |= {"target_joints": "walk:2", "data_dir": tmp_path / "data"}
    done = program("eval.transfer", **given, output=tmp_path / "out.png")
    assert done.returncode == 0, done.stderr
    assert "--model=upper_body, as the joints allow" in done.stderr
    assert cv2.imread(str(tmp_path / "out.png")).shape == (300, 320, 3)
