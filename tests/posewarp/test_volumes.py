import numpy as np
import pytest

from posewarp import volumes
from posewarp.skeleton import FULL_BODY, SKELETONS

RUNS = [(name, size) for name in SKELETONS for size in (64, 256)]


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


def test_a_joint_volume_is_empty_at_the_border_and_without_its_joint():
    away = [(0, 20), (20, 0), (62, 20), (20, 62), (-5, 9), (99, 9), (np.nan, np.nan)]
    assert not np.array(volumes.joint_volumes(np.array([away], "float32"), 64)).any()


def test_coincident_target_joints_give_a_translation():
    target = np.full((1, 14, 2), 50, "float32")
    source = np.random.default_rng(4).uniform(25, 230, (1, 14, 2)).astype("float32")
    head = np.array(volumes.limb_transforms(source, target, FULL_BODY))[0, ..., 1]
    np.testing.assert_array_equal(head[:, :2], np.eye(2))
    np.testing.assert_allclose(head @ [50, 50, 1], source[0, :2].mean(0), rtol=1e-5)
