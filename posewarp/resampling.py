"""Scaling and shifting of images, each of a batch by its own numbers."""

from keras import ops


def resample(images, scale, shift, height, width):
    """Scales and shifts images, bilinearly; beyond an image, its edge repeats.

    Args:
        images: Float tensor (B, H, W, C).
        scale, shift: Float tensors (B, 2), x first: output is scale * input + shift.
        height, width: Size of the output.

    Returns:
        Float tensor (B, height, width, C).
    """
    # Separable, hence two matrix products; unlike `keras.ops.image.scale_and_translate`, each
    # image of a batch has a scale of its own.
    rows, columns = ops.shape(images)[1:3]
    across = _resampling_weights(scale[:, 0], shift[:, 0], columns, width)
    down = _resampling_weights(scale[:, 1], shift[:, 1], rows, height)
    # The smaller result first: products of a large photo are what takes the time.
    images = ops.einsum("bji,bhic->bhjc", across, images)
    return ops.einsum("bkh,bhjc->bkjc", down, images)


def _resampling_weights(scale, shift, size, new_size):
    """The matrix (B, new_size, size) that resamples one axis as the training pipeline does.

    That is bilinear after averaging over cells of 2, 4, 8, ... pixels, as many as leave the
    scale at 1 or below: bilinear look-ups alone skip pixels below a scale of one half.
    """
    cell = 2 ** ops.maximum(ops.floor(ops.log2(1 / scale)), 0)[:, None]
    position = (ops.arange(new_size, dtype="float32") - shift[:, None]) / scale[:, None]
    pixel_cell = ops.floor(ops.arange(size, dtype="float32") / cell)
    position = ops.clip((position - (cell - 1) / 2) / cell, 0, pixel_cell[:, -1:])
    # The last cell has fewer pixels where the size is no multiple.
    pixels = ops.minimum(cell, ops.cast(size, "float32") - pixel_cell * cell)
    distance = ops.abs(position[:, :, None] - pixel_cell[:, None])
    return ops.maximum(1 - distance, 0) / pixels[:, None]
