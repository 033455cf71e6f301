import numpy as np
import pytest
from published_layout import standing_person

from eval.animation import sequence_crop
from posewarp.errors import DataError
from posewarp.skeleton import FULL_BODY


def test_the_crop_of_a_sequence_holds_all_its_joints():
    poses = standing_person(80)
    crop = sequence_crop(poses[0], poses, FULL_BODY, 64)
    inside = poses @ crop[:, :2].T + crop[:, 2]
    assert inside.min() > 0 and inside.max() < 63
    np.testing.assert_allclose((inside.min((0, 1)) + inside.max((0, 1))) / 2, 31.5)
    # Where there is room, the person is as large as in training.
    crop = sequence_crop(poses[0], poses[:2], FULL_BODY, 64)
    assert crop[0, 0] == pytest.approx(1.14 * 200 / 250 / 4)
    with pytest.raises(DataError, match="size cannot be measured"):
        sequence_crop(poses[0] * np.nan, poses * np.nan, FULL_BODY, 64)
