import numpy as np
import pytest

from data.people import motion
from data.people.body import ARM, LEG, SIDES, load_body
from data.people.geometry import unit

BODY = load_body()
REST, HEADS = BODY.shape(BODY.coefficients[7])
UNTESTED = 0.01
"""Metres that an arm may come nearer between the moments that are tested."""


def depth(pose):
    return motion.arm_depth(BODY, REST, HEADS, pose)


def at(placed, *bones):
    return [placed.heads[BODY.bone[bone]] for bone in bones]


def reaching(hand, elbow):
    """A pose of someone who stands straight and sends both hands to mirrored places."""
    pose = motion.sample_pose(np.random.default_rng(0), upper=True)
    straight = ("spine", "neck", "turn", "hips", "wrist.L", "wrist.R")
    pose |= {name: np.zeros_like(pose[name]) for name in straight}
    for side in SIDES:
        pose |= {f"hand.{side}": np.array(hand), f"elbow.{side}": np.array(elbow)}
    return pose


@pytest.mark.parametrize("upper", [True, False])
def test_arms_stay_out_of_the_body_and_move_smoothly(upper):
    poses = motion.sample_motion(np.random.default_rng(4), (BODY, REST, HEADS), 60, upper)
    assert len(poses) == 60
    assert max(map(depth, poses[::3])) < motion.DEEPEST + UNTESTED
    heads = np.stack([motion.place(BODY, HEADS, pose).heads for pose in poses])
    steps = np.linalg.norm(np.diff(heads, axis=0), axis=2)
    assert steps.max() < 0.25  # metres in a 25th of a second
    assert steps.max(axis=0)[BODY.bone["wrist.L"]] > 0.005


def test_a_hand_in_the_chest_and_arms_in_each_other_are_noticed():
    pose = reaching(hand=(0.55, -0.75, 0.1), elbow=(0.6, 0, -1.0))
    assert depth(pose) <= motion.DEEPEST
    assert depth(pose | {"hand.L": np.array([0.05, -0.45, 0.05])}) > motion.DEEPEST
    assert depth(reaching(hand=(0.0, -0.2, 0.6), elbow=(0.6, 0, -1.0))) > motion.DEEPEST


def test_limbs_keep_their_lengths_bend_the_way_they_can_and_feet_stand_on_the_floor():
    rng = np.random.default_rng(0)
    for number in range(20):
        placed = motion.place(BODY, HEADS, motion.sample_pose(rng, upper=number < 10))
        lengths, expected = (
            np.linalg.norm(points[1:] - points[BODY.parents[1:]], axis=1)
            for points in (placed.heads, HEADS)
        )
        np.testing.assert_allclose(lengths, expected, atol=1e-6)
        turned_back = placed.rotations @ placed.rotations.transpose(0, 2, 1)
        np.testing.assert_allclose(turned_back, [np.eye(3)] * len(HEADS), atol=1e-6)
        lowest = BODY.skin(REST, HEADS, placed)[BODY.vertices["body"], 1].min()
        assert -0.05 < lowest < 0.05
        for side in SIDES:
            for limb in (ARM, LEG):
                start, hinge, end = at(placed, *(f"{bone}.{side}" for bone in limb))
                cosine = unit(start - hinge) @ unit(end - hinge)
                assert 30 < np.degrees(np.arccos(cosine)) < 172
            # The foot's rotation has the way that the person's toes point in its third column.
            forwards = placed.rotations[BODY.bone[f"foot.{side}"]][:, 2]
            assert (hinge - (start + end) / 2) @ forwards > 0


def test_a_hand_goes_where_it_is_sent_on_either_side():
    hand = np.array([0.3, -0.3, 0.6])
    placed = motion.place(BODY, HEADS, reaching(hand, elbow=(0.6, -1, 0.0)))
    left, right, *shoulders = at(placed, "wrist.L", "wrist.R", "upperarm01.L", "upperarm01.R")
    np.testing.assert_allclose(left, right * (-1, 1, 1), atol=0.01)
    shoulder, elbow = (HEADS[BODY.bone[bone]] for bone in ("upperarm01.L", "lowerarm01.L"))
    reach = 2 * np.linalg.norm(elbow - shoulder) * hand
    np.testing.assert_allclose(left, np.mean(shoulders, axis=0) + reach, atol=0.02)
