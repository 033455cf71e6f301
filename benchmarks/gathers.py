"""The baseline of warp and upsampling: four look-ups an output pixel, limb by limb.

Written plainly, as spatial transformers usually are; it gives what `posewarp.layers` gives.
"""

import contextlib
from unittest import mock

import keras
from keras import ops

from posewarp.layers import AffineWarp, BilinearUpsampling


def look_up(images, x, y):
    """Looks positions up bilinearly; beyond the border its value holds.

    Args:
        images: Tensor (B, H, W, C).
        x, y: Float tensors (B, h, w) in pixels.

    Returns:
        Tensor (B, h, w, C).
    """
    height, width, channels = images.shape[1:]
    pixels = ops.reshape(images, (-1, channels))
    first_pixel = ops.arange(ops.shape(images)[0], dtype="int32")[:, None, None] * height * width
    left, top = ops.floor(x), ops.floor(y)

    def corner(column, row):
        weight = (1 - ops.abs(x - column)) * (1 - ops.abs(y - row))
        column = ops.cast(ops.clip(column, 0, width - 1), "int32")
        row = ops.cast(ops.clip(row, 0, height - 1), "int32")
        found = ops.take(pixels, first_pixel + row * width + column, axis=0)
        return ops.cast(weight, images.dtype)[..., None] * found

    return (
        corner(left, top)
        + corner(left + 1, top)
        + corner(left, top + 1)
        + corner(left + 1, top + 1)
    )


@keras.saving.register_keras_serializable(package="benchmarks")
class GatherWarp(AffineWarp):
    """`AffineWarp`, one limb after the other."""

    def call(self, images, transforms):
        """Takes and gives what `AffineWarp.call` does."""
        height, width, channels = images.shape[1:]
        groups = transforms.shape[-1]
        depth = channels // groups
        grid_x, grid_y = ops.meshgrid(
            ops.arange(width, dtype="float32"), ops.arange(height, dtype="float32")
        )
        warped = []
        for group in range(groups):
            image = images[..., group * depth : (group + 1) * depth]
            image = ops.pad(image, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect")
            rows = transforms[..., group][..., None, None]
            x = rows[:, 0, 0] * grid_x + rows[:, 0, 1] * grid_y + rows[:, 0, 2] + 1
            y = rows[:, 1, 0] * grid_x + rows[:, 1, 1] * grid_y + rows[:, 1, 2] + 1
            warped.append(look_up(image, ops.clip(x, 0, width + 1), ops.clip(y, 0, height + 1)))
        return ops.concatenate(warped, axis=-1)


@keras.saving.register_keras_serializable(package="benchmarks")
class GatherUpsampling(BilinearUpsampling):
    """`BilinearUpsampling` by looking up x/2, y/2."""

    def call(self, x):
        """Takes and gives what `BilinearUpsampling.call` does."""
        height, width = x.shape[1:3]
        extended = ops.pad(x, ((0, 0), (0, 1), (0, 1), (0, 0)), mode="reflect")
        grid_x, grid_y = ops.meshgrid(
            ops.arange(2 * width, dtype="float32") / 2, ops.arange(2 * height, dtype="float32") / 2
        )
        shape = (ops.shape(x)[0], 2 * height, 2 * width)
        return look_up(extended, ops.broadcast_to(grid_x, shape), ops.broadcast_to(grid_y, shape))


@contextlib.contextmanager
def baseline_layers():
    """Networks that are made within have the baseline's layers."""
    with (
        mock.patch("posewarp.networks.AffineWarp", GatherWarp),
        mock.patch("posewarp.networks.BilinearUpsampling", GatherUpsampling),
    ):
        yield
