import numpy as np
import pytest
from published_layout import standing_person

from data.outliers import ARMS, LEGS, far_outside, jumps, repair, swapped_frames
from posewarp.skeleton import FULL_BODY

WRIST, ELBOW, ANKLE = (
    FULL_BODY.joints.index(name) for name in ("left_wrist", "left_elbow", "left_ankle")
)
ALL = [*ARMS, *LEGS]


def swapped(joints, frames, part):
    joints = joints.copy()
    mirrored = [FULL_BODY.mirrored[joint] for joint in part]
    joints[np.ix_(frames, part)] = joints[np.ix_(frames, mirrored)]
    return joints


def repaired(joints):
    return repair(joints, np.full(len(joints), 200.0))


def assert_left(joints):
    mended, *counts = repaired(joints)
    np.testing.assert_array_equal(mended, joints)
    assert counts == [0, 0]


def test_frames_with_sides_swapped_against_a_clear_majority_are_found():
    joints = standing_person(6)
    joints[[1, 4]] = joints[[1, 4]][:, FULL_BODY.mirrored]
    assert swapped_frames(FULL_BODY.joints, joints) == [1, 4]
    joints[2] = joints[2][FULL_BODY.mirrored]  # who turns round often
    assert swapped_frames(FULL_BODY.joints, joints) == []
    joints = standing_person(6)
    joints[1] = np.nan
    middle = joints[2, :, 0].mean()
    joints[2, :, 0] = middle - (joints[2, :, 0] - middle) * 0.1  # from the side
    assert swapped_frames(FULL_BODY.joints, joints) == []
    assert swapped_frames(["nose"], joints[:, :1]) == []


def test_far_outside_is_a_tenth_of_the_image():
    joints = np.array([[-5, 50], [-25, 50], [50, 109], [50, 111], [np.nan, np.nan], [240, 3]])
    assert far_outside(joints, 100, 200) == [1, 3, 5]


def test_a_joint_that_moves_alone_by_half_the_size_jumps():
    joints = standing_person(4)
    joints[2:, 4] += 110  # and stays there
    joints[1:] += 40
    (found,) = jumps(joints, np.full(4, 200.0))
    assert found[:2] == (2, 4)
    np.testing.assert_allclose(found[2], 110 * 2**0.5)
    for size in (400.0, np.nan):
        assert list(jumps(joints, np.full(4, size))) == []
    # All joints move at a cut.
    joints[2:] = joints[2:] * 3 + np.random.default_rng(0).uniform(-300, 300, (14, 2))
    assert list(jumps(joints, np.full(4, 200.0))) == []


@pytest.mark.parametrize("part", [ARMS, LEGS, ALL])
@pytest.mark.parametrize("frames", [[3], [3, 4, 5]])
def test_sides_that_are_swapped_for_a_moment_are_swapped_back(part, frames):
    joints = standing_person(9)
    mended, *counts = repaired(swapped(joints, frames, part))
    np.testing.assert_array_equal(mended, joints)
    assert counts == [len(frames), 0]


def test_sides_that_change_for_long_a_little_or_in_a_stride_are_left():
    assert_left(swapped(standing_person(12), range(5, 12), ALL))
    crossing = [joint for joint in LEGS if not FULL_BODY.joints[joint].endswith("hip")]
    assert_left(swapped(standing_person(6), [2, 4], crossing))
    from_the_side = standing_person(6)
    from_the_side[..., 0] = 150 + (from_the_side[..., 0] - 150) * 0.1
    assert_left(swapped(from_the_side, [3], ALL))


def test_a_joint_that_jumps_is_put_back_if_no_limb_allows_it():
    joints = standing_person(7)
    jumping = joints.copy()
    jumping[3, WRIST] += (120, -90)
    mended, *counts = repaired(jumping)
    np.testing.assert_allclose(mended, joints)
    assert counts == [0, 1]
    kick = joints.copy()
    kick[3, ANKLE] += (60, -60)
    assert_left(kick)
    leap = joints.copy()
    leap[3] -= (0, 150)
    assert_left(leap)


def test_missing_joints_stay_missing():
    joints = standing_person(5)
    joints[2, WRIST] = np.nan
    joints[:, ELBOW] = np.nan
    joints[4] = np.nan
    assert_left(joints)
    assert_left(joints[:1])
    unknown, *_ = repair(joints, np.full(5, np.nan))
    np.testing.assert_array_equal(unknown, joints)
