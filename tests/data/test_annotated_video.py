import numpy as np
import pytest
from published_layout import standing_person

from data.annotated_video import Video, without_outside
from posewarp.errors import DataError
from posewarp.skeleton import FULL_BODY, UPPER_BODY


def test_joints_are_selected_by_name():
    video = Video("walk", (), FULL_BODY.joints, standing_person())
    upper = video.select(UPPER_BODY)
    column = FULL_BODY.joints.index("left_wrist")
    np.testing.assert_array_equal(upper.joints[:, 2], video.joints[:, column])
    with pytest.raises(DataError, match=r"'walk'.*not annotated: neck, right_hip"):
        upper.select(FULL_BODY)


def test_upper_body_size_is_of_the_videos_median_shoulder_distance():
    joints = standing_person(3)
    joints[0, FULL_BODY.joints.index("left_shoulder"), 0] += 30
    video = Video("walk", (), FULL_BODY.joints, joints)
    np.testing.assert_allclose(video.person_sizes(UPPER_BODY), 4.5 * 40)


def test_full_body_size_is_the_larger_of_trunk_and_calf_or_of_neither_the_videos_median():
    joints = standing_person(4)
    joints[2] *= 1.5
    joints[0, [name.endswith(("hip", "knee")) for name in FULL_BODY.joints]] = np.nan
    joints[1, FULL_BODY.joints.index("head")] = np.nan
    video = Video("walk", (), FULL_BODY.joints, joints)
    # 2.5 times 100 px of trunk or 5 times 45 px of calf
    np.testing.assert_allclose(video.person_sizes(FULL_BODY), [250, 225, 375, 250])
    assert video.usable(FULL_BODY).all()
    alone = Video("walk", (), FULL_BODY.joints, joints[:1])
    assert np.isnan(alone.person_sizes(FULL_BODY)).all()
    assert not alone.usable(FULL_BODY).any()


def test_joints_beyond_the_edge_of_the_outermost_pixels_are_outside():
    joints = np.array([[-0.5, 0], [-0.6, 0], [99.5, 49.5], [99.6, 0], [0, 49.6], [np.nan, 0]])
    found = without_outside(joints, height=50, width=100)
    assert np.isnan(found).all(axis=1).tolist() == [False, True, False, True, True, True]
    np.testing.assert_array_equal(found[[0, 2]], joints[[0, 2]])
