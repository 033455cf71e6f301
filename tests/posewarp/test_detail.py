import keras
import numpy as np
import pytest
from published_layout import standing_person

from posewarp.detail import add_detail, kept_photo
from posewarp.networks import Generator, ModelConfig, PlainUNet
from posewarp.skeleton import FULL_BODY
from posewarp.transfer import PoseTransfer

SIZE, FACTOR = 64, 3
SHIFT = np.array([4.0, -6.0], "float32")
"""From the target's pixels to the source's, at the network's size."""


def noise(*shape):
    return np.random.default_rng(0).uniform(-1, 1, shape).astype("float32")


def masks(limbs, foreground, output):
    """Two limbs' masks that are the same everywhere, beside the background's."""
    mask = np.zeros((1, SIZE, SIZE, 3), "float32")
    mask[..., 1], mask[..., 0] = limbs, 1 - limbs
    full = np.full((1, SIZE, SIZE, 1), foreground, "float32")
    return {"mask_source": mask, "foreground_mask": full, "output": output}


def reduced(image):
    return image.reshape(1, SIZE, FACTOR, SIZE, FACTOR, 3).mean(axis=(2, 4))


def moved(shift):
    transforms = np.zeros((1, 2, 3, 3), "float32")
    transforms[:, 0, 0] = transforms[:, 1, 1] = 1
    transforms[:, :, 2] = shift[:, None]
    return transforms


def test_what_the_network_holds_of_the_background_comes_back_as_the_photo():
    photo = noise(1, FACTOR * SIZE, FACTOR * SIZE, 3)
    made = masks(0, 0, reduced(photo))
    result = np.array(add_detail(made, photo, moved(0 * SHIFT), FACTOR))
    np.testing.assert_allclose(result, photo, atol=1e-5)
    np.testing.assert_array_equal(np.array(kept_photo(made)), 1)


@pytest.mark.parametrize(("limbs", "share"), [(1, 1), (0.5, 0.5)])
def test_the_detail_of_a_limb_moves_with_it(limbs, share):
    photo = noise(1, FACTOR * SIZE, FACTOR * SIZE, 3)
    made = masks(limbs, 1, np.zeros((1, SIZE, SIZE, 3), "float32"))
    assert not np.array(kept_photo(made)).any()
    still = np.array(add_detail(made, photo, moved(0 * SHIFT), FACTOR))
    result = np.array(add_detail(made, photo, moved(SHIFT), FACTOR))
    # What enlarging brings back is the network's.
    assert np.abs(reduced(still)).mean() < 0.2 * np.abs(still).mean()
    across, down = (FACTOR * SHIFT).astype(int)
    inner = slice(30, -30)
    expected = np.roll(still, (-down, -across), axis=(1, 2))
    np.testing.assert_allclose(result[:, inner, inner], expected[:, inner, inner], atol=1e-4)
    whole = np.array(add_detail(masks(1, 1, made["output"]), photo, moved(0 * SHIFT), FACTOR))
    np.testing.assert_allclose(still, share * whole, atol=1e-4)


def test_where_no_person_is_painted_a_limb_adds_nothing():
    photo = noise(1, FACTOR * SIZE, FACTOR * SIZE, 3)
    made = masks(1, 0, noise(1, SIZE, SIZE, 3))
    result = np.array(add_detail(made, photo, moved(SHIFT), FACTOR))
    enlarged = keras.ops.image.resize(made["output"], (FACTOR * SIZE, FACTOR * SIZE), "bilinear")
    np.testing.assert_allclose(result, np.array(enlarged), atol=1e-5)


def test_a_photo_comes_back_sharper_and_untouched_far_from_the_person():
    """From the identity start, a person in his own pose."""
    keras.utils.set_random_seed(0)
    generator = Generator(ModelConfig(FULL_BODY, SIZE, width=0.1875))
    joints = standing_person(1)[0] * 2
    photo = ((noise(600, 640, 3) + 1) * 127.5).astype("uint8")
    made, plain = (
        PoseTransfer(generator, sharp=sharp).transfer(photo, joints, joints)["photo"].astype(int)
        for sharp in (True, False)
    )
    assert np.abs(made - photo).mean() < 0.5 * np.abs(plain - photo).mean()
    assert (made == photo).mean() > 0.6 > 0.3 > (plain == photo).mean()
    # The baseline has no masks.
    baseline = PoseTransfer(PlainUNet(ModelConfig(FULL_BODY, SIZE, width=0.1)))
    assert baseline.transfer(photo, joints, joints)["photo"].shape == photo.shape
