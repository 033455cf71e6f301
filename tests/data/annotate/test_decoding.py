import numpy as np

from data.annotate.decoding import LANDMARK_INDEX, full_body
from posewarp.skeleton import FULL_BODY


def test_what_is_not_seen_is_missing():
    points, visible, present = np.zeros((39, 2)), np.ones(39), np.ones(39)
    visible[LANDMARK_INDEX["left_wrist"]] = 0.4
    present[LANDMARK_INDEX["right_knee"]] = 0.4
    visible[LANDMARK_INDEX["left_ear"]] = 0.1  # the person is seen from the side
    joints = full_body(points, visible, present)
    missing = [name for name, j in zip(FULL_BODY.joints, joints, strict=True) if np.isnan(j).any()]
    assert missing == ["left_wrist", "right_knee"]
    visible[LANDMARK_INDEX["right_ear"]] = 0.1
    assert np.isnan(full_body(points, visible, present)[:2]).all()
