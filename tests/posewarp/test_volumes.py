import numpy as np
import pytest

from posewarp import volumes
from posewarp.skeleton import FULL_BODY, SKELETONS

RUNS = [(name, size) for name in SKELETONS for size in (64, 256)]


def person(random, size=256):
    """A random pose (1, 14, 2) well inside the image."""
    return random.uniform(0.1 * size, 0.9 * size, (1, 14, 2)).astype("float32")


@pytest.mark.parametrize(("skeleton", "size"), RUNS)
def test_volumes_priors_and_transforms_equal_the_published_ones(reference, skeleton, size):
    recorded = reference(skeleton, size)
    inputs, arrays = recorded.inputs(0), recorded.arrays

    def flat(key, where):
        return inputs[key].ravel()[arrays[where]]

    for key in ("source_volume", "target_volume"):
        np.testing.assert_allclose(flat(key, "volume_at"), arrays[f"{key}_values"], atol=1e-4)
    np.testing.assert_allclose(flat("mask_prior", "prior_at"), arrays["prior_values"], atol=1e-4)
    np.testing.assert_allclose(inputs["transforms"][0], arrays["transforms"], atol=1e-3)


def test_a_joint_volume_peaks_at_its_joint():
    joints = np.array([[[40, 20], [12, 50]]], "float32")
    drawn = np.array(volumes.joint_volumes(joints, 64, sigma=1.0))
    assert drawn.shape == (1, 32, 32, 2)
    assert drawn[0, 10, 20, 0] == drawn[0, 25, 6, 1] == 1.0
    assert drawn[0, 10, 21, 0] == pytest.approx(np.exp(-0.5), abs=1e-6)


@pytest.mark.parametrize(
    "joint", [(0, 20), (20, 0), (62, 20), (20, 62), (-5, 9), (99, 9), (np.nan, np.nan)]
)
def test_a_joint_at_the_border_or_missing_has_an_empty_volume(joint):
    assert not np.array(volumes.joint_volumes(np.array([[joint]], "float32"), 64)).any()


def test_limb_masks_are_largest_along_their_limb():
    random = np.random.default_rng(1)
    joints = person(random)
    prior = np.array(volumes.mask_prior(joints, FULL_BODY, 256))
    masks = np.exp(prior[..., 1:])
    for index, limb in enumerate(FULL_BODY.limbs):
        if len(limb.joints) > 2:
            continue
        middle = joints[0, [FULL_BODY.joints.index(joint) for joint in limb.joints]].mean(0)
        y, x = np.unravel_index(masks[0, ..., index].argmax(), (256, 256))
        assert np.hypot(*(middle - (x, y))) < 1.5, limb.name
    assert masks.max() <= 1
    np.testing.assert_allclose(np.exp(prior[..., 0]), 1 - masks.max(-1), atol=1e-6)


def test_a_similarity_of_the_pose_is_recovered_exactly():
    target = person(np.random.default_rng(3))
    angle, scale, shift = 0.7, 1.3, np.array([12.0, -7.0])
    matrix = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    source = target @ matrix.T + shift
    transforms = np.array(volumes.limb_transforms(source, target, FULL_BODY))
    expected = np.concatenate([matrix, shift[:, None]], 1)
    for limb in range(1, len(FULL_BODY.limbs) + 1):
        np.testing.assert_allclose(transforms[0, ..., limb], expected, atol=2e-3)
    np.testing.assert_array_equal(transforms[0, ..., 0], np.eye(2, 3))


def test_coincident_target_joints_give_a_translation():
    target = np.full((1, 14, 2), 50, "float32")
    source = person(np.random.default_rng(4))
    head = np.array(volumes.limb_transforms(source, target, FULL_BODY))[0, ..., 1]
    np.testing.assert_array_equal(head[:, :2], np.eye(2))
    np.testing.assert_allclose(head @ [50, 50, 1], source[0, :2].mean(0), rtol=1e-5)


@pytest.mark.parametrize("role", ["source", "target"])
def test_a_limb_with_a_missing_joint_does_not_move(role):
    random = np.random.default_rng(5)
    poses = {"source": person(random), "target": person(random)}
    elbow = FULL_BODY.joints.index("right_elbow")
    poses[role][0, elbow] = np.nan
    image = np.zeros((1, 64, 64, 3), "float32")
    inputs = volumes.network_inputs(image, poses["source"], poses["target"], FULL_BODY, 64)
    inputs = {key: np.array(value) for key, value in inputs.items()}
    assert all(np.isfinite(value).all() for value in inputs.values())
    for channel in (2, 3):  # the right arm; 0 is the background, 1 the head
        np.testing.assert_array_equal(inputs["transforms"][0, ..., channel], np.eye(2, 3))
        if role == "source":
            np.testing.assert_allclose(inputs["mask_prior"][..., channel], np.log(1e-10), 1e-5)
    assert np.abs(inputs["transforms"][0, ..., 1] - np.eye(2, 3)).max() > 0.1
