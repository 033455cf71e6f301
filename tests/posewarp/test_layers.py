from pathlib import Path

import keras
import numpy as np
import pytest

from posewarp.layers import AffineWarp, BilinearUpsampling, Blend, HiddenPerson, LimbLayers


def test_warp_its_gradient_and_upsampling_equal_the_published_ones(gradient):
    recorded = np.load(Path(__file__).parents[1] / "reference" / "warp.npz")
    transform, upstream = recorded["transform"][..., None], recorded["upstream_gradient"]
    warped = AffineWarp()(recorded["image"], transform)
    np.testing.assert_allclose(warped, recorded["warped"], atol=1e-3)
    found = gradient(
        lambda image: keras.ops.sum(AffineWarp()(image, transform) * upstream),
        recorded["image"],
    )
    np.testing.assert_allclose(found, recorded["image_gradient"], atol=1e-3)
    upsampled = BilinearUpsampling()(recorded["upsample_in"])
    np.testing.assert_allclose(upsampled, recorded["upsample_out"], atol=1e-6)


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


@pytest.mark.parametrize(
    "layer", [AffineWarp(), BilinearUpsampling(), LimbLayers(), HiddenPerson(0.3), Blend()]
)
def test_layers_serialize(layer):
    config = keras.saving.serialize_keras_object(layer)
    assert keras.saving.deserialize_keras_object(config).get_config() == layer.get_config()
