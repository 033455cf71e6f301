import json

import cv2
import numpy as np
import pytest
from annotated_layouts import write_frame
from people import person

from data.annotate.photo import annotate_photo
from posewarp.errors import DataError
from posewarp.skeleton import FULL_BODY


def test_a_photos_joints_are_named(tmp_path):
    photo, output = write_frame(tmp_path / "3.png"), tmp_path / "new" / "joints.json"
    someone = person()
    someone.joints[3] = np.nan

    def both(_):
        return [person(50, 0.5), someone]

    picture = annotate_photo(photo, output, both, "largest")
    assert picture.shape == (300, 320, 3)
    joints = json.loads(output.read_text())
    assert tuple(joints) == FULL_BODY.joints
    assert joints["right_elbow"] is None
    assert joints["head"] == someone.joints[0].tolist()
    annotate_photo(photo, output, both, "largest")
    with pytest.raises(DataError, match="holds other joints, .*--overwrite replaces them"):
        annotate_photo(photo, output, both, "left")
    assert json.loads(output.read_text()) == joints
    annotate_photo(photo, output, both, "left", overwrite=True)
    assert json.loads(output.read_text()) != joints
    with pytest.raises(DataError, match=r"3\.png: person 3: 2 people found"):
        annotate_photo(photo, tmp_path / "other.json", both, "3")
    with pytest.raises(DataError, match=r"person left: no one found: half a body is enough"):
        annotate_photo(photo, tmp_path / "other.json", lambda _: [], "left")


def test_the_program_annotates_a_photo_and_says_what_is_wrong(
    program, assert_refused, tennis, pose_model, tmp_path
):
    output, figure = tmp_path / "joints.json", tmp_path / "figure.png"
    flags = {"input": tennis.frames[2], "output": output, "pose_model": pose_model}
    done = program("data.annotate", **flags, figure=figure)
    assert (done.returncode, done.stderr) == (0, "")
    joints = json.loads(output.read_text())
    errors = np.array(list(joints.values())) - tennis.joints[2]
    assert np.linalg.norm(errors, axis=1).mean() < 10
    assert cv2.imread(str(figure)).shape == cv2.imread(str(tennis.frames[2])).shape
    flags["input"] = tmp_path / "me.heic"
    refused = program("data.annotate", **flags)
    assert_refused(refused, "--output: expected a folder for what is no .jpg")
