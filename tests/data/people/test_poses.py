import numpy as np
import pytest

from data.people import poses
from data.people.body import ARM, LEG, SIDES, load_body
from data.people.geometry import unit


@pytest.fixture(scope="module")
def person():
    body = load_body()
    return body, *body.shape(body.coefficients[3])


def test_limbs_keep_their_lengths_and_feet_stand_on_the_floor(person):
    body, vertices, heads = person
    rng = np.random.default_rng(0)
    for upper in (True, False) * 4:
        pose = poses.sample_pose(rng, upper)
        placed = poses.place(body, heads, pose)
        lengths, expected = (
            np.linalg.norm(points[1:] - points[body.parents[1:]], axis=1)
            for points in (placed.heads, heads)
        )
        np.testing.assert_allclose(lengths, expected, atol=1e-6)
        turned_back = placed.rotations @ placed.rotations.transpose(0, 2, 1)
        np.testing.assert_allclose(turned_back, [np.eye(3)] * len(heads), atol=1e-6)
        lowest = body.skin(vertices, heads, placed)[body.vertices["body"], 1].min()
        assert -0.05 < lowest < 0.05


def test_a_hand_goes_where_it_is_sent_on_either_side(person):
    body, _, heads = person
    pose = poses.sample_pose(np.random.default_rng(1), upper=True)
    pose |= {"spine": np.zeros(3), "turn": np.zeros(1), "hips": np.zeros(3)}
    for side in SIDES:
        pose[f"hand.{side}"] = np.array([0.3, -0.3, 0.6])
        pose[f"elbow.{side}"] = np.array([0.6, -1, 0.0])
    placed = poses.place(body, heads, pose)
    left, right = (placed.heads[body.bone[f"wrist.{side}"]] for side in SIDES)
    np.testing.assert_allclose(left, right * (-1, 1, 1), atol=0.01)
    shoulder, elbow = (heads[body.bone[f"{bone}.L"]] for bone in ("upperarm01", "lowerarm01"))
    shoulders = [placed.heads[body.bone[f"upperarm01.{side}"]] for side in SIDES]
    arm = 2 * np.linalg.norm(elbow - shoulder)
    expected = np.mean(shoulders, axis=0) + arm * np.array([0.3, -0.3, 0.6])
    np.testing.assert_allclose(left, expected, atol=0.02)


def test_elbows_and_knees_bend_only_the_way_they_can(person):
    body, _, heads = person
    rng = np.random.default_rng(3)
    for number in range(20):
        placed = poses.place(body, heads, poses.sample_pose(rng, upper=number < 10))
        for side in SIDES:
            for limb in (ARM, LEG):
                start, hinge, end = (placed.heads[body.bone[f"{bone}.{side}"]] for bone in limb)
                cosine = unit(start - hinge) @ unit(end - hinge)
                assert 30 < np.degrees(np.arccos(cosine)) < 172
            # The foot's rotation has the way that the person's toes point in its third column.
            forwards = placed.rotations[body.bone[f"foot.{side}"]][:, 2]
            assert (hinge - (start + end) / 2) @ forwards > 0


def test_halfway_between_two_poses_is_the_mean_of_their_numbers():
    rng = np.random.default_rng(2)
    first, second = (poses.sample_pose(rng, upper=False) for _ in range(2))
    middle = poses.mix(first, second, 0.5)
    for name, value in middle.items():
        np.testing.assert_allclose(value, (first[name] + second[name]) / 2)
