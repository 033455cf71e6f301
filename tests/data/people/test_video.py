import numpy as np
import pytest

from data.people.video import render_video
from posewarp.skeleton import FULL_BODY

JOINT = {name: index for index, name in enumerate(FULL_BODY.joints)}


@pytest.mark.parametrize("upper", [True, False])
def test_a_video_is_drawn_again_from_its_seed_and_holds_the_person_still_framed(upper):
    first, second = (
        list(render_video(np.random.default_rng(3), 2, 40, 15, upper)) for _ in range(2)
    )
    for one, other in zip(first, second, strict=True):
        assert all(np.array_equal(*pair, equal_nan=True) for pair in zip(one, other, strict=True))
    for picture, joints, box in first:
        assert picture.shape == (40, 40, 3) and picture.dtype == np.uint8
        assert 40 < picture.mean() < 220 and picture.std() > 8
        there = ~np.isnan(joints).any(axis=1)
        assert there[[JOINT["head"], JOINT["neck"], JOINT["left_shoulder"]]].all()
        assert there[JOINT["left_ankle"]] != upper
        low, high = box[:2] - 3, box[:2] + box[2:] + 3
        assert ((joints[there] > low) & (joints[there] < high)).all()
        assert box[3] > 0.6 * 40
    # The person moves, the place does not.
    assert np.abs(first[0][1] - first[1][1])[: JOINT["left_wrist"]].max() > 0.5
