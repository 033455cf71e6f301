"""The layers that Keras lacks: bilinear warp, bilinear upsampling, and the masks' arithmetic.

All are registered, serializable, and written in `keras.ops`.
"""

import keras
from keras import ops


def affine_warp(images, transforms):
    """Looks every output pixel up at an affine map of its position, bilinearly.

    The image is extended by one reflected pixel on each side; beyond that border, the
    border's value holds.

    Args:
        images: Tensor (N, H, W, C).
        transforms: Float tensor (N, 2, 3) from output to input pixels, (x, y) order.

    Returns:
        Tensor (N, H, W, C) of the images' dtype.
    """
    count, height, width, channels = ops.shape(images)
    # Coordinates stay float32 whatever the images are: bfloat16 resolves no half pixel.
    transforms = ops.cast(transforms, "float32")
    grid_y = ops.arange(height, dtype="float32")[None, :, None]
    grid_x = ops.arange(width, dtype="float32")[None, None, :]

    def coordinate(row, limit):
        a, b, shift = (transforms[:, row, k, None, None] for k in range(3))
        limit = ops.cast(limit, "float32")
        # In the extended image, where everything moves by one pixel.
        position = ops.clip(a * grid_x + b * grid_y + shift + 1, 0, limit + 1)
        corner = ops.clip(ops.floor(position), 0, limit)
        fraction = ops.cast(position - corner, images.dtype)[..., None]
        return ops.cast(corner, "int32"), fraction

    column, right = coordinate(0, width)
    row, below = coordinate(1, height)

    padded = ops.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect")
    pixels = ops.reshape(padded, (-1, channels))
    image_index = ops.arange(count, dtype="int32")[:, None, None]
    index = (image_index * (height + 2) + row) * (width + 2) + column

    def corner(offset):
        return ops.take(pixels, index + offset, axis=0)

    above = corner(0) * (1 - right) + corner(1) * right
    beneath = corner(width + 2) * (1 - right) + corner(width + 3) * right
    return above * (1 - below) + beneath * below


@keras.saving.register_keras_serializable(package="posewarp")
class AffineWarp(keras.layers.Layer):
    """Warps groups of channels, each group by its own affine transform.

    The paper's module B warps every limb's layer by that limb's similarity. Group by group, as
    XLA compiles that to half the time of one look-up for all.
    """

    def call(self, images, transforms):
        """Warps (B, H, W, G * C), G groups of C channels, by (B, 2, 3, G) as `affine_warp` does."""
        groups = ops.split(images, transforms.shape[-1], axis=-1)
        warped = [affine_warp(group, transforms[..., g]) for g, group in enumerate(groups)]
        return ops.concatenate(warped, axis=-1)


@keras.saving.register_keras_serializable(package="posewarp")
class BilinearUpsampling(keras.layers.Layer):
    """Doubles height and width by looking up at x/2, y/2.

    Even outputs are the inputs; odd outputs are the mean of two neighbours. Past the last
    pixel comes its reflection, in[n - 2]. `keras.layers.UpSampling2D` samples at pixel
    centres instead, which would shift every skip connection by half a pixel.
    """

    def call(self, x):
        """Upsamples (B, H, W, C) to (B, 2H, 2W, C)."""
        height, width, channels = x.shape[1:]
        x = _doubled(ops.reshape(x, (-1, width, channels)))
        x = _doubled(ops.reshape(x, (-1, height, 2 * width * channels)))
        return ops.reshape(x, (-1, 2 * height, 2 * width, channels))


@ops.custom_gradient
def _doubled(x):
    """Puts between neighbours, and after the last and its reflection, their mean.

    The gradient is spelled out since that of the slices is a sum of tensors that are mostly zero,
    and costs more than a convolution.

    Args:
        x: Tensor (N, n, M), n >= 2.

    Returns:
        Tensor (N, 2n, M).
    """
    count, inner = x.shape[1:]
    following = ops.concatenate([x[:, 1:], x[:, -2:-1]], axis=1)
    doubled = ops.reshape(ops.stack([x, (x + following) / 2], axis=2), (-1, 2 * count, inner))

    def gradient(*arguments, upstream=None):
        if upstream is None:
            (upstream,) = arguments
        pairs = ops.reshape(upstream, (-1, count, 2, inner))
        given, means = pairs[:, :, 0], pairs[:, :, 1] / 2
        # Every mean is also that of the one that follows; the last one's is the last but one.
        to_following = ops.concatenate([ops.zeros_like(means[:, :1]), means[:, :-1]], axis=1)
        reflected = to_following[:, -2:-1] + means[:, -1:]
        to_following = ops.concatenate(
            [to_following[:, :-2], reflected, to_following[:, -1:]], axis=1
        )
        return given + means + to_following

    return doubled, gradient


@keras.saving.register_keras_serializable(package="posewarp")
class LimbLayers(keras.layers.Layer):
    """Cuts the image into one masked copy per limb."""

    def call(self, image, mask):
        """Multiplies (B, H, W, 3) by a mask (B, H, W, L + 1), background first: (B, H, W, 3 L)."""
        height, width, masks = mask.shape[1:]
        layers = mask[..., 1:, None] * image[..., None, :]
        return ops.reshape(layers, (-1, height, width, 3 * (masks - 1)))


@keras.saving.register_keras_serializable(package="posewarp")
class HiddenPerson(keras.layers.Layer):
    """The image without the person, and the mask that says where the person is.

    `I * M + N(0, sigma) * (1 - M)`, the input of the paper's background module. The noise is fresh
    at each call in training; at inference it is its mean, 0, as with `keras.layers.GaussianNoise`:
    the network passes a little of it on, as specks.

    Args:
        sigma: float. Standard deviation on the image's scale of [-1, 1]; 0 leaves the
            person's place zero in training, too, as the published code does.
    """

    def __init__(self, sigma: float, **kwargs):
        super().__init__(**kwargs)
        self.sigma = sigma
        # Made only where used, so that a network without noise has no random state.
        self.seed_generator = keras.random.SeedGenerator(0) if sigma > 0 else None

    def call(self, image, mask, training=False):
        """Hides the person in (B, H, W, 3), by a mask (B, H, W, L + 1), background first.

        Returns:
            Tensor (B, H, W, 4): the image without the person, then the background's mask.
        """
        background = mask[..., :1]
        visible = image * background
        if training and self.sigma > 0:
            noise = keras.random.normal(
                ops.shape(image), stddev=self.sigma, dtype=image.dtype, seed=self.seed_generator
            )
            visible = visible + (1 - background) * noise
        return ops.concatenate([visible, background], axis=-1)

    def get_config(self):
        """The constructor's arguments."""
        return {**super().get_config(), "sigma": self.sigma}


@keras.saving.register_keras_serializable(package="posewarp")
class Blend(keras.layers.Layer):
    """Lays a foreground over a background: `mask * foreground + (1 - mask) * background`."""

    def call(self, foreground, background, mask):
        """Blends (B, H, W, 3) images by a mask (B, H, W, 1) in [0, 1]."""
        return mask * foreground + (1 - mask) * background
