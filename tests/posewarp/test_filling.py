import numpy as np
import pytest

from posewarp.filling import fill_background, spread
from posewarp.skeleton import FULL_BODY, UPPER_BODY

SIZE = 96
WALL, CLOTH = 0.4, -0.8
RIGHT, LEFT = (UPPER_BODY.joints.index(f"{side}_shoulder") for side in ("right", "left"))


def person(tilt=0.0):
    """A person before a wall, whose left arm was stretched out; where the arm was, and the torso.

    Args:
        tilt: Degrees by which the torso leans.
    """
    joints = np.full((1, len(UPPER_BODY.joints), 2), 40, "float32")
    cosine, sine = np.cos(np.deg2rad(tilt)), np.sin(np.deg2rad(tilt))
    axis, down = np.array([cosine, sine]), np.array([-sine, cosine])
    middle = np.array([48.0, 30.0])
    joints[0, RIGHT], joints[0, LEFT] = middle - 12 * axis, middle + 12 * axis
    y, x = np.mgrid[:SIZE, :SIZE]
    from_middle = np.stack([x, y], axis=-1) - middle
    torso = (abs(from_middle @ axis) < 12) & (from_middle @ down > 0)
    arm = (abs(y - 32) < 5) & (x > 70)
    return joints, arm, torso


def made_of(arm, torso, moved=SIZE):
    """What a network makes that sees the arm and nothing else, and paints zeros; and its inputs.

    Args:
        moved: Pixels by which the arm goes up.
    """
    mask = np.zeros((1, SIZE, SIZE, 3), "float32")
    mask[0, ..., 0], mask[0, ..., 1] = ~arm, arm
    zeros = np.zeros((1, SIZE, SIZE, 4), "float32")
    made = {"mask_source": mask, "output": zeros[..., :3], "foreground_mask": zeros[..., 3:]}
    image = np.where(torso, CLOTH, WALL)[None, ..., None] * np.ones(3)
    image[0, arm] = 1
    transforms = np.tile(np.eye(2, 3)[None, ..., None], 3)
    transforms[:, 1, 2, 1] = moved
    inputs = {"source_image": image, "transforms": transforms, "mask_prior": 0 * mask}
    return made, {name: value.astype("float32") for name, value in inputs.items()}


def filled(joints, arm, torso, skeleton=UPPER_BODY):
    made, inputs = made_of(arm, torso)
    return np.array(fill_background(made, inputs, joints, skeleton)["output"])[0]


@pytest.mark.parametrize("tilt", [0, 20, -20, 180])
def test_an_old_arm_becomes_wall_beside_the_torso(tilt):
    joints, arm, torso = person(tilt)
    if tilt == 180:  # from behind
        _, arm, torso = person()
    output = filled(joints, arm, torso)
    np.testing.assert_allclose(output[arm], WALL, atol=1e-5)
    # The rest is the network's, to be replaced by the photo's own pixels.
    assert not output[:20].any() and not output[torso].any()


def test_a_torso_without_a_limb_is_left_to_the_network_and_does_not_spread():
    joints, _, torso = person()
    before = np.zeros_like(torso)
    before[50:60, 38:80] = True
    output = filled(joints, before, torso)
    assert not output[before & torso].any()
    np.testing.assert_allclose(output[50:60, 70:80], WALL, atol=1e-5)
    # Where it is cannot be told without a shoulder, and full_body has limbs for it.
    joints[0, LEFT] = np.nan
    assert not filled(joints, before, torso).any()
    joints = np.zeros((1, len(FULL_BODY.joints), 2), "float32")
    assert filled(joints, before, torso, FULL_BODY)[before & torso].any()


def test_nothing_is_filled_where_the_person_will_be():
    joints, arm, torso = person()
    made, inputs = made_of(arm, torso)
    made["foreground_mask"] += 1
    assert not np.any(fill_background(made, inputs, joints, UPPER_BODY)["output"])
    # Where the arm stays, though it is not painted.
    made, inputs = made_of(arm, torso, moved=0)
    assert not np.any(np.array(fill_background(made, inputs, joints, UPPER_BODY)["output"])[0, arm])


def test_what_is_far_from_every_limb_is_none():
    joints, arm, torso = person()
    made, inputs = made_of(arm, torso)
    inputs["mask_prior"][..., 1:] = -20
    assert not np.any(fill_background(made, inputs, joints, UPPER_BODY)["output"])


def test_colours_spread_from_what_is_seen():
    image = np.random.default_rng(0).uniform(-1, 1, (2, 64, 64, 3)).astype("float32")
    seen = np.ones((2, 64, 64, 1), "float32")
    np.testing.assert_allclose(spread(image, seen), image, atol=1e-6)
    seen[0, 10:30], seen[1] = 0, 0
    made = np.array(spread(image, seen))
    np.testing.assert_allclose(made[0, 31:], image[0, 31:], atol=1e-6)
    # Far from what is seen, it is a mean of much of it.
    assert np.std(made[0, 15:25]) < 0.2 * np.std(image)
    assert not made[1].any()
