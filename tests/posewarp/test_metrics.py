import keras
import numpy as np
import pytest

from posewarp.metrics import l1, psnr, ssim


@pytest.fixture(scope="module")
def images():
    random = np.random.default_rng(0)
    smooth = np.cumsum(random.normal(0, 0.05, (3, 40, 48, 3)), axis=2)
    noisy = smooth + random.normal(0, 0.1, smooth.shape)
    return [np.clip(x, -1, 1).astype("float32") for x in (smooth, noisy)]


def test_l1_and_psnr_are_on_the_scale_from_0_to_1_and_equal_images_have_the_best_values(images):
    black, grey = np.full((2, 8, 8, 3), -1.0), np.zeros((2, 8, 8, 3))
    np.testing.assert_allclose(l1(black, grey), [0.5, 0.5])
    np.testing.assert_allclose(psnr(black, grey), [-20 * np.log10(0.5)] * 2, rtol=1e-6)
    image = images[0]
    np.testing.assert_allclose(ssim(image, image), 1, atol=1e-6)
    assert not np.array(l1(image, image)).any()
    assert np.isinf(psnr(image, image)).all()


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="compares with TensorFlow")
def test_ssim_and_psnr_equal_tensorflows(images):
    import tensorflow as tf

    scaled = [(image + 1) / 2 for image in images]
    np.testing.assert_allclose(ssim(*images), tf.image.ssim(*scaled, max_val=1), atol=1e-5)
    np.testing.assert_allclose(psnr(*images), tf.image.psnr(*scaled, max_val=1), atol=1e-4)
