from pathlib import Path

import keras
import numpy as np
import pytest

from posewarp.layers import AffineWarp, BilinearUpsampling, Blend, HiddenPerson, LimbLayers


@pytest.fixture(scope="module")
def recorded():
    return np.load(Path(__file__).parents[1] / "reference" / "warp.npz")


def test_warp_equals_the_published_one(recorded):
    warped = AffineWarp()(recorded["image"], recorded["transform"][..., None])
    np.testing.assert_allclose(warped, recorded["warped"], atol=1e-3)


def test_the_gradient_of_the_warp_equals_the_published_one(recorded, gradient):
    transform, upstream = recorded["transform"][..., None], recorded["upstream_gradient"]
    found = gradient(
        lambda image: keras.ops.sum(AffineWarp()(image, transform) * upstream),
        recorded["image"],
    )
    np.testing.assert_allclose(found, recorded["image_gradient"], atol=1e-3)


def test_warp_moves_every_group_of_channels_by_its_own_transform(recorded):
    images, transforms = recorded["image"], recorded["transform"]
    together = AffineWarp()(
        np.concatenate(images, axis=-1)[None], np.moveaxis(transforms, 0, -1)[None]
    )
    apart = AffineWarp()(images, transforms[..., None])
    np.testing.assert_allclose(together[0], np.concatenate(apart, axis=-1), atol=1e-6)


def test_upsampling_equals_the_published_one(recorded):
    upsampled = BilinearUpsampling()(recorded["upsample_in"])
    np.testing.assert_allclose(upsampled, recorded["upsample_out"], atol=1e-6)


def test_limb_layers_are_stacked_limb_by_limb():
    random = np.random.default_rng(0)
    image, mask = random.random((2, 4, 5, 3)), random.random((2, 4, 5, 3))
    layers = np.array(LimbLayers()(image, mask))
    assert layers.shape == (2, 4, 5, 6)
    np.testing.assert_allclose(layers[..., 3:], image * mask[..., 2:], rtol=1e-6)


def test_noise_fills_only_the_persons_place_and_only_in_training():
    image = np.zeros((1, 64, 64, 3), "float32")
    mask = np.zeros((1, 64, 64, 2), "float32")
    mask[:, :32, :, 0] = 1
    layer = HiddenPerson(0.5)
    hidden = np.array(layer(image, mask, training=True))
    assert not hidden[:, :32, :, :3].any()
    assert hidden[:, 32:, :, :3].std() == pytest.approx(0.5, rel=0.05)
    for without in (layer(image, mask), HiddenPerson(0.0)(image, mask, training=True)):
        assert not np.array(without)[..., :3].any()


def test_blend_takes_the_foreground_where_the_mask_is_one():
    ones = np.ones((1, 2, 2, 3))
    mask = np.array([[0.0, 0.25], [0.5, 1.0]]).reshape(1, 2, 2, 1)
    np.testing.assert_allclose(Blend()(ones, -ones, mask), (2 * mask - 1) * ones)


@pytest.mark.parametrize(
    "layer", [AffineWarp(), BilinearUpsampling(), LimbLayers(), HiddenPerson(0.3, 7), Blend()]
)
def test_layers_serialize(layer):
    config = keras.saving.serialize_keras_object(layer)
    assert keras.saving.deserialize_keras_object(config).get_config() == layer.get_config()
