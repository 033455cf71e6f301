import numpy as np
import pytest

from data.people.body import load_body
from data.people.motion import DEEPEST, Collider, sample_motion
from data.people.poses import place, sample_pose

UNTESTED = 0.01
"""Metres that an arm may come nearer between the moments that are tested."""


@pytest.fixture(scope="module")
def collider():
    body = load_body()
    return Collider(body, *body.shape(body.coefficients[7]))


def placed(collider, pose):
    return place(collider.body, collider.heads, pose)


@pytest.mark.parametrize("upper", [True, False])
def test_arms_stay_out_of_the_body_and_move_smoothly(collider, upper):
    motion = sample_motion(np.random.default_rng(4), collider, 60, upper)
    assert len(motion) == 60
    poses = [placed(collider, pose) for pose in motion]
    assert max(collider.depth(pose) for pose in poses[::3]) < DEEPEST + UNTESTED
    heads = np.stack([pose.heads for pose in poses])
    steps = np.linalg.norm(np.diff(heads, axis=0), axis=2)
    assert steps.max() < 0.25  # metres in a 25th of a second
    assert steps.max(axis=0)[collider.body.bone["wrist.L"]] > 0.005


def test_a_hand_in_the_chest_and_arms_in_each_other_are_noticed(collider):
    pose = sample_pose(np.random.default_rng(0), upper=True)
    pose |= {name: np.zeros(3) for name in ("spine", "neck")}
    for side in "LR":
        pose[f"hand.{side}"] = np.array([0.55, -0.75, 0.1])
        pose[f"elbow.{side}"] = np.array([0.6, 0, -1.0])
        pose[f"wrist.{side}"] = np.zeros(2)
    assert collider.depth(placed(collider, pose)) <= DEEPEST
    through = pose | {"hand.L": np.array([0.05, -0.45, 0.05])}
    assert collider.depth(placed(collider, through)) > DEEPEST
    together = pose | {f"hand.{side}": np.array([0.0, -0.2, 0.6]) for side in "LR"}
    assert collider.depth(placed(collider, together)) > DEEPEST


def test_the_same_generator_gives_the_same_motion(collider):
    first, second = (sample_motion(np.random.default_rng(9), collider, 12, True) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        assert all(np.array_equal(one[name], other[name]) for name in one)
