"""Distances between images: L1, PSNR and SSIM, as functions and as Keras metrics.

All take images (B, H, W, C) in [-1, 1] and are stated on the scale of [0, 1].
"""

import keras
import numpy as np
from keras import ops

SSIM_WINDOW = 11
SSIM_SIGMA = 1.5
SSIM_CONSTANTS = (0.01**2, 0.03**2)
"""Window and constants of Wang, Bovik, Sheikh and Simoncelli (2004), for a range of 1."""


def l1(y_true, y_pred):
    """Mean absolute difference (B,), in [0, 1]."""
    return ops.mean(ops.abs(y_true - y_pred), axis=(1, 2, 3)) / 2


def psnr(y_true, y_pred):
    """Peak signal-to-noise ratio (B,) in dB; infinite for equal images."""
    error = ops.mean(ops.square((y_true - y_pred) / 2), axis=(1, 2, 3))
    return -10 * ops.log10(error)


def ssim(y_true, y_pred):
    """Structural similarity (B,), in [-1, 1]: the mean over whole windows and channels.

    Gaussian windows of 11 pixels and sigma 1.5, as in `tf.image.ssim` with `max_val=1`.
    """
    x, y = ((ops.cast(image, "float32") + 1) / 2 for image in (y_true, y_pred))
    mean_x, mean_y = _windows(x), _windows(y)
    # Of biased moments within the window, as the paper has them.
    variances = _windows(ops.square(x) + ops.square(y)) - ops.square(mean_x) - ops.square(mean_y)
    covariance = _windows(x * y) - mean_x * mean_y
    c1, c2 = SSIM_CONSTANTS
    luminance = (2 * mean_x * mean_y + c1) / (ops.square(mean_x) + ops.square(mean_y) + c1)
    structure = (2 * covariance + c2) / (variances + c2)
    return ops.mean(luminance * structure, axis=(1, 2, 3))


def _windows(images):
    """Gaussian-weighted mean of every whole window of every channel."""
    distance = np.arange(SSIM_WINDOW) - (SSIM_WINDOW - 1) / 2
    profile = np.exp(-(distance**2) / (2 * SSIM_SIGMA**2)).astype("float32")
    profile /= profile.sum()
    channels = images.shape[-1]
    for shape in ((-1, 1, 1, 1), (1, -1, 1, 1)):
        kernel = np.repeat(profile.reshape(shape), channels, axis=2)
        images = ops.depthwise_conv(images, kernel, strides=1, padding="valid")
    return images


@keras.saving.register_keras_serializable(package="posewarp")
class L1(keras.metrics.MeanMetricWrapper):
    """Mean of `l1` over images."""

    def __init__(self, name: str = "l1", dtype=None):
        super().__init__(l1, name=name, dtype=dtype)

    def get_config(self):
        """The constructor's arguments."""
        return {"name": self.name, "dtype": self.dtype}


@keras.saving.register_keras_serializable(package="posewarp")
class PSNR(keras.metrics.MeanMetricWrapper):
    """Mean of `psnr` over images."""

    def __init__(self, name: str = "psnr", dtype=None):
        super().__init__(psnr, name=name, dtype=dtype)

    def get_config(self):
        """The constructor's arguments."""
        return {"name": self.name, "dtype": self.dtype}


@keras.saving.register_keras_serializable(package="posewarp")
class SSIM(keras.metrics.MeanMetricWrapper):
    """Mean of `ssim` over images."""

    def __init__(self, name: str = "ssim", dtype=None):
        super().__init__(ssim, name=name, dtype=dtype)

    def get_config(self):
        """The constructor's arguments."""
        return {"name": self.name, "dtype": self.dtype}
