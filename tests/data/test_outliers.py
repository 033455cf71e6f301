import numpy as np
from published_layout import standing_person

from data.outliers import far_outside, jumps, swapped_frames
from posewarp.skeleton import FULL_BODY


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
