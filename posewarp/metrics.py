"""Distances between images (B, H, W, C) in [-1, 1], stated on the scale of [0, 1]."""

from keras import ops

SSIM_WINDOW = 11


def l1(y_true, y_pred):
    """Mean absolute difference (B,), in [0, 1]."""
    return ops.mean(ops.abs(y_true - y_pred), axis=(1, 2, 3)) / 2


def psnr(y_true, y_pred):
    """Peak signal-to-noise ratio (B,) in dB; infinite for equal images."""
    error = ops.mean(ops.square((y_true - y_pred) / 2), axis=(1, 2, 3))
    return -10 * ops.log10(error)


def ssim(y_true, y_pred):
    """Structural similarity (B,), in [-1, 1]: the mean over whole windows and channels.

    Wang, Bovik, Sheikh and Simoncelli (2004): Gaussian windows of 11 pixels and sigma 1.5.
    """
    x, y = ((ops.cast(image, "float32") + 1) / 2 for image in (y_true, y_pred))
    return ops.image.ssim(x, y, filter_size=SSIM_WINDOW)
