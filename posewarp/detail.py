"""Sharp detail: the network says what is where, the photo supplies what its size cannot hold.

A network of 256 pixels blurs the cloth and the faces of a larger photo. What a limb has above the
network's band is in the photo: the limbs are cut out of it, warped by the network's own masks and
transforms, and what enlarging would not bring back of them is added to the enlarged output. The
background's detail is added where module A sees background and no person is painted. As a network
paints softly, the upper half of its own band comes from the photo, too.
"""

from keras import ops

from posewarp.layers import affine_warp
from posewarp.resampling import resample

LEAST_COVERAGE = 1e-3
"""Below, no limb is there whose colours could be divided by it."""
COVERED = 0.5
"""From this coverage on, a limb's detail counts fully: masks are soft."""
SOFT = 2
"""The photo's detail is what reducing to the network's size over this would lose."""
MARGIN = 5
"""Pixels of the network's image about a pixel that all have to be background for it to be: module
A's masks end a little inside of the limbs, whose outlines would stay."""
KEPT = (0.6, 0.9)
"""The share of untouched background from which the photo's own pixels begin to show, and from
which they alone do."""


def kept_photo(made):
    """Where the photo's own pixels stay: the person neither was nor will be there.

    Args:
        made: Dict of the generator's `mask_source` (B, S, S, L + 1) and `foreground_mask`
            (B, S, S, 1).

    Returns:
        Float tensor (B, S, S, 1) in [0, 1].
    """
    return _kept(_background(made) * (1 - made["foreground_mask"]))


def clear_background(made):
    """Where the photo shows its background, as `kept_photo` but for where the person will be."""
    return _kept(_background(made))


def enlarged(images, factor):
    """Images (B, S, S, C) as (B, F S, F S, C), bilinearly."""
    count, height, width, _ = ops.shape(images)
    scale, shift = enlarged_map(ops.ones((count, 2)), ops.zeros((count, 2)), factor)
    return resample(images, scale, shift, height * factor, width * factor)


def enlarged_map(scale, shift, factor):
    """The map to an image of F times the size, whose pixels cover those of the smaller one.

    Args:
        scale, shift: Float tensors (B, 2), x first: a pixel of the smaller image is
            scale * pixel + shift.
        factor: int, or integer tensor. F.
    """
    factor = ops.cast(factor, "float32")
    return factor * scale, factor * shift + (factor - 1) / 2


def add_detail(made, crop, transforms, factor):
    """Enlarges what the network made, with the detail of the photo.

    Args:
        made: Dict of the generator's `output` (B, S, S, 3), RGB in [-1, 1], and of its masks as
            in `kept_photo`.
        crop: Float tensor (B, F S, F S, 3): what the network was given, F times as large.
        transforms: Float tensor (B, 2, 3, L + 1) from target to source pixels of S x S images,
            background first.
        factor: int, or integer tensor. F.

    Returns:
        Float tensor (B, F S, F S, 3), RGB.
    """
    mask, foreground = (enlarged(made[name], factor) for name in ("mask_source", "foreground_mask"))
    transforms = _at_factor(transforms, factor)
    total = 0.0
    for limb in range(1, mask.shape[-1]):
        share = mask[..., limb : limb + 1]
        layer = ops.concatenate([crop * share, share], axis=-1)
        total += affine_warp(layer, transforms[..., limb])
    warped, coverage = total[..., :3], total[..., 3:]
    warped /= ops.maximum(coverage, LEAST_COVERAGE)
    person = ops.clip(coverage / COVERED, 0, 1) * foreground
    background = enlarged(_background(made), factor) * (1 - foreground)
    cell = SOFT * factor
    # What is left of the output where the detail counts fully.
    soft = enlarged(_reduced(made["output"], SOFT), cell)
    output = enlarged(made["output"], factor)
    detail = person * _above_band(warped, cell) + background * _above_band(crop, cell)
    return output + (person + background) * (soft - output) + detail


def _kept(background):
    return ops.clip((background - KEPT[0]) / (KEPT[1] - KEPT[0]), 0, 1)


def _background(made):
    """Module A's background mask (B, S, S, 1), without a margin about the limbs."""
    limbs = 1 - made["mask_source"][..., :1]
    return 1 - ops.max_pool(limbs, MARGIN, strides=1, padding="same")


def _at_factor(transforms, factor):
    """Maps (B, 2, 3, G) between pixels of S x S images as maps between those of F S x F S ones."""
    # The centre of pixel i is that of its F pixels.
    center = (ops.cast(factor, "float32") - 1) / 2
    linear, shift = transforms[:, :, :2], transforms[:, :, 2:]
    moved = center - center * ops.sum(linear, axis=2, keepdims=True)
    return ops.concatenate([linear, shift * ops.cast(factor, "float32") + moved], axis=2)


def _above_band(images, cell):
    """What reducing by a factor and enlarging again would lose of images (B, H, W, C)."""
    return images - enlarged(_reduced(images, cell), cell)


def _reduced(images, cell):
    """The means of cells of so many pixels a side."""
    height, width = ops.shape(images)[1:3]
    cells = (-1, height // cell, cell, width // cell, cell, images.shape[-1])
    return ops.mean(ops.reshape(images, cells), axis=(2, 4))
