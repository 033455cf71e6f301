import keras
import numpy as np
import pytest
from published_layout import standing_person

from posewarp.skeleton import FULL_BODY
from posewarp.volumes import network_inputs
from train.guide import WEIGHT, MaskGuide, vital_signs


@pytest.fixture(scope="module")
def inputs():
    """A person who raises an arm, and who fills the picture."""
    source, target = (standing_person(2) - [100, 30]) * 0.3
    target[FULL_BODY.joints.index("left_wrist")] += [10, -25]
    photo = np.random.default_rng(0).uniform(-1, 1, (1, 64, 64, 3)).astype("float32")
    joints = (pose[None].astype("float32") for pose in (source, target))
    made = network_inputs(photo, *joints, FULL_BODY, 64)
    return {name: np.array(tensor) for name, tensor in made.items()}


def test_masks_at_their_prior_cost_nothing_and_the_weight_falls_to_zero(inputs):
    prior = np.array(keras.ops.softmax(inputs["mask_prior"], axis=-1))
    masks = {"mask_source": prior, "foreground_mask": np.zeros((1, 64, 64, 1), "float32")}
    guide = MaskGuide(steps=100)
    losses = [float(guide.loss(inputs, masks, step)) for step in (0, 50, 100, 10_000)]
    np.testing.assert_allclose(losses, losses[0] * np.array([1, 0.5, 0, 0]), rtol=1e-5)
    # What is left is the foreground's, which is off where the moved limbs are.
    assert 0.02 * WEIGHT < losses[0] < WEIGHT

    # In the pose of the photo, the warped prior is the prior itself.
    still = {**inputs, "transforms": np.tile(np.eye(2, 3)[None, ..., None], (1, 1, 1, 11))}
    coverage = np.clip(1.3 * (1 - prior[..., :1]), 0, 1)
    assert float(guide.loss(still, {**masks, "foreground_mask": coverage}, 0)) < 1e-6


def test_the_masks_shares_are_those_in_the_persons_boxes(inputs):
    target = inputs["source_image"]
    y, x = np.nonzero(inputs["target_volume"][0].max(axis=-1) > 0.5)
    inside = np.zeros((1, 64, 64, 1), "float32")
    inside[:, 2 * y.min() : 2 * y.max() + 2, 2 * x.min() : 2 * x.max() + 2] = 1
    assert 0.1 < inside.mean() < 0.9
    background = np.tile(np.eye(11, dtype="float32")[0], (1, 64, 64, 1))
    made = {"output": target / 2, "foreground_mask": inside, "mask_source": background}
    signs = {name: float(sign) for name, sign in vital_signs(inputs, made, target).items()}
    assert signs == pytest.approx({"contrast": 0.5, "foreground_mask": 1, "limb_mask": 0})
    made["foreground_mask"] = 1 - inside
    assert float(vital_signs(inputs, made, target)["foreground_mask"]) == 0
