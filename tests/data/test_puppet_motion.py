import numpy as np
import pytest

from data.puppet_motion import (
    JOINT,
    body_points,
    place_in_frame,
    sample_body,
    sample_motion,
)

BONES = {
    "head": ("head", "neck"),
    **{
        f"{side}_{bone}": (f"{side}_{start}", f"{side}_{end}")
        for side in ("right", "left")
        for bone, start, end in (
            ("upper_arm", "shoulder", "elbow"),
            ("lower_arm", "elbow", "wrist"),
            ("upper_leg", "hip", "knee"),
            ("lower_leg", "knee", "ankle"),
        )
    },
}


def placed(seed, frames=60):
    rng = np.random.default_rng(seed)
    body = sample_body(rng)
    motion = sample_motion(rng, frames)
    points, scale = place_in_frame(rng, body, body_points(body, motion))
    return body, motion, points, scale


@pytest.mark.parametrize("seed", range(10))
def test_bones_keep_their_lengths_up_to_the_distance_from_the_camera(seed):
    body, motion, points, scale = placed(seed)
    for name, (start, end) in BONES.items():
        length = np.linalg.norm(points[:, JOINT[start]] - points[:, JOINT[end]], axis=-1)
        rest = getattr(body, name.removeprefix("right_").removeprefix("left_"))
        np.testing.assert_allclose(length, scale * rest * motion["scale"])
    assert np.ptp(motion["scale"]) < 0.1


@pytest.mark.parametrize("seed", range(10))
def test_the_person_fills_the_frame_and_stays_in_it(seed):
    _, _, points, scale = placed(seed)
    assert 0.5 < scale <= 0.66
    assert points.min() > 0.035
    assert points.max() < 0.965


@pytest.mark.parametrize("seed", range(10))
def test_motion_is_smooth(seed):
    _, _, points, _ = placed(seed)
    velocity = np.diff(points[:, : len(JOINT)], axis=0)
    assert np.linalg.norm(velocity, axis=-1).max() < 0.08
    assert np.linalg.norm(np.diff(velocity, axis=0), axis=-1).max() < 0.03


def test_motion_is_diverse():
    _, _, points, _ = placed(3, frames=600)
    one, other = np.random.default_rng(0).integers(0, 600, (2, 500))
    moved = np.linalg.norm(points[one] - points[other], axis=-1)
    for name in ("right_wrist", "left_wrist"):
        assert np.median(moved[:, JOINT[name]]) > 0.1
    middle = (points[:, JOINT["right_shoulder"], 0] + points[:, JOINT["left_shoulder"], 0]) / 2
    across = (points[:, JOINT["right_wrist"], 0] > middle) | (
        points[:, JOINT["left_wrist"], 0] < middle
    )
    assert 0.05 < across.mean() < 0.6
    crossed = points[:, JOINT["right_ankle"], 0] > points[:, JOINT["left_ankle"], 0]
    assert 0.01 < crossed.mean() < 0.5
    wrists = points[:, [JOINT["right_wrist"], JOINT["left_wrist"]], 1]
    assert (wrists.min(axis=1) < points[:, JOINT["head"], 1]).any()


@pytest.mark.parametrize("seed", range(10))
def test_elbows_and_knees_stay_within_human_limits(seed):
    motion = sample_motion(np.random.default_rng(seed), 200)
    for side in ("right", "left"):
        assert -38 <= motion[f"{side}_arm"].min() <= motion[f"{side}_arm"].max() <= 174
        assert np.abs(motion[f"{side}_elbow"]).max() <= 142
        # An arm that hangs down cannot bend outwards.
        hangs = motion[f"{side}_arm"] < 5
        assert (motion[f"{side}_elbow"][hangs] < 35).all()
        assert -20 <= motion[f"{side}_leg"].min() <= motion[f"{side}_leg"].max() <= 62


def test_the_persons_right_is_on_the_images_left():
    _, _, points, _ = placed(0)
    for name in ("shoulder", "hip"):
        assert (points[:, JOINT[f"right_{name}"], 0] < points[:, JOINT[f"left_{name}"], 0]).all()


def test_the_lower_foot_stands_on_the_floor_unless_the_person_hops():
    rng = np.random.default_rng(1)
    body = sample_body(rng)
    motion = sample_motion(rng, 100) | {"hop": np.zeros(100), "scale": np.ones(100)}
    points = body_points(body, motion)
    ankles = points[:, [JOINT["right_ankle"], JOINT["left_ankle"]], 1]
    np.testing.assert_allclose(ankles.max(axis=1) + body.foot, points[:, -1, 1], atol=0.005)
