import numpy as np
import pytest

from data.people import poses
from data.people.body import SIDES, load_body


@pytest.fixture(scope="module")
def person():
    body = load_body()
    return body, *body.shape(body.coefficients[3])


def test_limbs_keep_their_lengths_and_feet_stand_on_the_floor(person):
    body, vertices, heads = person
    rng = np.random.default_rng(0)
    for upper in (True, False) * 6:
        pose = poses.sample_pose(rng, upper)
        placed = poses.place(body, heads, pose)
        for index, parent in enumerate(body.parents):
            if parent >= 0:
                length = np.linalg.norm(placed.heads[index] - placed.heads[parent])
                assert length == pytest.approx(
                    np.linalg.norm(heads[index] - heads[parent]), abs=1e-6
                )
        np.testing.assert_allclose(
            placed.rotations @ placed.rotations.transpose(0, 2, 1),
            np.broadcast_to(np.eye(3), placed.rotations.shape),
            atol=1e-6,
        )
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
    shoulders = [placed.heads[body.bone[f"upperarm01.{side}"]] for side in SIDES]
    arm = np.linalg.norm(heads[body.bone["wrist.L"]] - heads[body.bone["lowerarm01.L"]])
    arm += np.linalg.norm(heads[body.bone["lowerarm01.L"]] - heads[body.bone["upperarm01.L"]])
    expected = np.mean(shoulders, axis=0) + arm * np.array([0.3, -0.3, 0.6])
    np.testing.assert_allclose(left, expected, atol=0.02)


def test_halfway_between_two_poses_is_the_mean_of_their_numbers():
    rng = np.random.default_rng(2)
    first, second = (poses.sample_pose(rng, upper=False) for _ in range(2))
    middle = poses.mix(first, second, 0.5)
    for name, value in middle.items():
        np.testing.assert_allclose(value, (first[name] + second[name]) / 2)
