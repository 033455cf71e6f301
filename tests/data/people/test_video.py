import numpy as np
import pytest

from data.people.video import Camera, defocus, render_video, sample_view
from posewarp.skeleton import FULL_BODY

JOINT = {name: index for index, name in enumerate(FULL_BODY.joints)}
HIPS = [JOINT["right_hip"], JOINT["left_hip"]]


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


@pytest.mark.parametrize("upper", [True, False])
def test_the_framing_fits_the_motion(upper):
    rng = np.random.default_rng(0)
    height = np.linspace(1.7, 0.05, 14)
    height[HIPS] = 0.9
    joints = np.stack([np.tile((-0.3, 0.3), 7), height, np.zeros(14)], axis=1)
    motion = np.stack([joints, joints + (0.2, 0, 0.1)])
    for _ in range(20):
        seen = sample_view(rng, motion, upper).project(motion)
        crown, hips, feet = seen[:, 0, 1], seen[:, HIPS, 1], seen[:, 13, 1]
        assert (crown > 0.02).all() and (crown < 0.4).all()
        assert (hips > (0.6 if upper else 0.3)).all()
        assert (feet > 1).all() if upper else (feet < 0.98).all()
        assert upper or 0.58 < np.ptp(seen[..., 1]) < 0.95


def test_what_is_in_focus_stays_sharp_and_what_is_far_is_blurred_without_losing_light():
    picture = np.zeros((64, 64, 3), "float32")
    picture[::8] = 1
    depth = np.full((64, 64), 3.0)
    np.testing.assert_allclose(defocus(picture, depth, 3.0, 0.1), picture, atol=1e-5)
    blurred = defocus(picture, depth + 20, 3.0, 0.05)
    assert blurred.std() < 0.5 * picture.std()
    assert blurred[16:48].mean() == pytest.approx(picture[16:48].mean(), rel=0.1)


def test_cameras_keep_grey_about_grey_and_more_light_brighter():
    rng = np.random.default_rng(0)
    for camera in (Camera(rng) for _ in range(5)):
        dark, middle, light = (
            camera.develop(np.full((16, 16, 3), value, "float32"), 0.4, rng).mean()
            for value in (0.1, 0.4, 1.6)
        )
        assert dark < middle < light and 60 < middle < 170


def test_a_pose_network_finds_rendered_people_and_their_joints(landmarker):
    errors = []
    for seed in range(3):
        ((picture, joints, _),) = render_video(np.random.default_rng(seed), 1, 120)
        (person,) = landmarker.people(picture)
        torso = np.linalg.norm(joints[JOINT["neck"]] - joints[HIPS].mean(axis=0))
        errors.append(np.linalg.norm(person.joints - joints, axis=1) / torso)
    assert np.isfinite(errors).mean() > 0.9
    assert np.nanmean(errors) < 0.08
