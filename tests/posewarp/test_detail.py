import keras
import numpy as np
import pytest
from published_layout import standing_person

from posewarp.detail import SOFT, add_detail, kept_photo
from posewarp.networks import Generator, ModelConfig, PlainUNet
from posewarp.skeleton import FULL_BODY
from posewarp.transfer import PoseTransfer

SIZE, FACTOR = 64, 3
SHIFT = np.array([4, -6])
"""From the target's pixels to the source's, at the network's size."""
LARGE = (1, FACTOR * SIZE, FACTOR * SIZE, 3)
PHOTO = np.random.default_rng(0).uniform(-1, 1, LARGE).astype("float32")


def reduced(image, cell=FACTOR):
    cells = FACTOR * SIZE // cell
    return image.reshape(1, cells, cell, cells, cell, 3).mean(axis=(2, 4))


def painted(limbs, foreground, output):
    """Two limbs' masks that are the same everywhere, beside the background's."""
    mask = np.zeros((1, SIZE, SIZE, 3), "float32")
    mask[..., 1], mask[..., 0] = limbs, 1 - limbs
    full = np.full((1, SIZE, SIZE, 1), foreground, "float32")
    return {"mask_source": mask, "foreground_mask": full, "output": output}


def detailed(made, shift=(0, 0)):
    """What a network made, with the photo's detail moved by the same shift for all limbs."""
    transform = np.column_stack([np.eye(2), shift]).astype("float32")
    transforms = np.tile(transform[None, ..., None], 3)
    return np.array(add_detail(made, PHOTO, transforms, FACTOR))


def test_what_the_network_holds_of_the_background_comes_back_as_the_photo():
    made = painted(0, 0, reduced(PHOTO))
    np.testing.assert_allclose(detailed(made), PHOTO, atol=1e-5)
    np.testing.assert_array_equal(kept_photo(made), 1)


@pytest.mark.parametrize("share", [1, 0.25])
def test_the_detail_of_a_limb_moves_with_it(share):
    made = painted(share, 1, 0 * reduced(PHOTO))
    np.testing.assert_array_equal(kept_photo(made), 0)
    still = detailed(made)
    # What enlarging brings back is the network's.
    assert np.abs(reduced(still, SOFT * FACTOR)).mean() < 0.2 * np.abs(still).mean()
    expected = np.roll(still, -FACTOR * SHIFT[::-1], axis=(1, 2))
    inner = np.s_[:, 30:-30, 30:-30]
    np.testing.assert_allclose(detailed(made, SHIFT)[inner], expected[inner], atol=1e-4)
    whole = detailed(painted(1, 1, made["output"]))
    np.testing.assert_allclose(still, min(1, 2 * share) * whole, atol=1e-4)


def test_where_no_person_is_painted_a_limb_adds_nothing():
    made = painted(1, 0, PHOTO[:, :SIZE, :SIZE])
    enlarged = keras.ops.image.resize(made["output"], LARGE[1:3], "bilinear")
    np.testing.assert_allclose(detailed(made, SHIFT), enlarged, atol=1e-5)


def test_a_photo_comes_back_sharper_and_untouched_far_from_the_person():
    """From the identity start, a person in his own pose."""
    keras.utils.set_random_seed(0)
    joints = standing_person(1)[0] * 2
    photo = np.random.default_rng(0).integers(0, 256, (600, 640, 3), "uint8")

    def transferred(network, width, sharp=True):
        model = PoseTransfer(network(ModelConfig(FULL_BODY, SIZE, width)), sharp=sharp)
        return model.transfer(photo, joints, joints)["photo"].astype(int)

    made, plain = (transferred(Generator, 0.1875, sharp) for sharp in (True, False))
    assert np.abs(made - photo).mean() < 0.5 * np.abs(plain - photo).mean()
    assert (made == photo).mean() > 0.6 > 0.3 > (plain == photo).mean()
    # The baseline has no masks.
    assert transferred(PlainUNet, 0.1).shape == photo.shape
