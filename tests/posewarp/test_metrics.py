import keras
import numpy as np
import pytest

from posewarp.metrics import psnr, ssim


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="compares with TensorFlow")
def test_ssim_and_psnr_equal_tensorflows():
    import tensorflow as tf

    random = np.random.default_rng(0)
    smooth = np.cumsum(random.normal(0, 0.05, (3, 40, 48, 3)), axis=2)
    noisy = smooth + random.normal(0, 0.1, smooth.shape)
    images = [np.clip(image, -1, 1).astype("float32") for image in (smooth, noisy)]
    scaled = [(image + 1) / 2 for image in images]
    np.testing.assert_allclose(ssim(*images), tf.image.ssim(*scaled, max_val=1), atol=1e-5)
    np.testing.assert_allclose(psnr(*images), tf.image.psnr(*scaled, max_val=1), atol=1e-4)
