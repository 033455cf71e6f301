"""What keeps the generator's masks alive: a guide for the first steps, and what is logged of them.

Where poses differ little, copying the source is a deep local optimum: the foreground mask falls
to zero, and no gradient leads out. For the first steps of pretraining, both masks are drawn to
what the poses alone say of them.
"""

import keras
from keras import ops

from posewarp.layers import AffineWarp
from posewarp.networks import Generator

WEIGHT = 2.0
"""Of the guide in the first step; the perceptual loss is about 0.1."""
COVERAGE_GAIN = 1.3
"""Limbs overlap softly: up to here, their coverage is 1."""


class MaskGuide:
    """The distance of a generator's masks from their prior, with a weight that falls.

    Args:
        steps: int. The weight falls to 0 in so many, at least 1.
    """

    def __init__(self, steps: int):
        self._steps = steps
        self._warp = AffineWarp(dtype="float32")

    def loss(self, inputs, made, step):
        """The guide's part of the loss.

        Args:
            inputs: Dict of the generator's inputs, batch B.
            made: Dict of `foreground_mask` (B, S, S, 1), of module C, and `mask_source`
                (B, S, S, L + 1), of module A.
            step: Integer tensor. Steps taken so far.

        Returns:
            A scalar.
        """
        prior = ops.softmax(inputs["mask_prior"], axis=-1)
        coverage = self._warp(prior[..., 1:], inputs["transforms"][..., 1:])
        coverage = ops.clip(COVERAGE_GAIN * ops.sum(coverage, axis=-1, keepdims=True), 0, 1)
        distance = ops.mean(ops.square(made["foreground_mask"] - coverage))
        distance += ops.mean(ops.square(made["mask_source"] - prior))
        progress = ops.cast(step, "float32") / self._steps
        return WEIGHT * ops.maximum(1 - progress, 0.0) * distance


def vital_names(network: keras.Model) -> list[str]:
    """The names of what `vital_signs` gives for a network."""
    masks = ["foreground_mask", "limb_mask"] if isinstance(network, Generator) else []
    return ["contrast", *masks]


def vital_signs(inputs, made, target) -> dict:
    """What tells a living network from a dead one, for the log.

    Args:
        inputs: Dict of the generator's inputs, batch B.
        made: Dict that `posewarp.networks.with_masks` gives.
        target: Float tensor (B, S, S, 3) in [-1, 1].

    Returns:
        Dict of scalars: `contrast`, the output's standard deviation over the target's; of a
        generator also `foreground_mask`, its mean in the box of the target's joints, and
        `limb_mask`, the share of module A's mask in the box of the source's joints that is limb.
    """
    # By example, so that the mean over replicas is that over the whole batch.
    deviation, wanted = (ops.std(image, axis=(1, 2, 3)) for image in (made["output"], target))
    signs = {"contrast": ops.mean(deviation / ops.maximum(wanted, 1e-3))}
    if "mask_source" in made:
        foreground, limbs = made["foreground_mask"], 1 - made["mask_source"][..., :1]
        signs["foreground_mask"] = _mean_in_box(foreground, inputs["target_volume"])
        signs["limb_mask"] = _mean_in_box(limbs, inputs["source_volume"])
    return {name: ops.stop_gradient(sign) for name, sign in signs.items()}


def _mean_in_box(mask, volume):
    """The mean of a mask (B, S, S, 1) from the first to the last row and column with a joint."""
    joints = ops.max(volume, axis=-1) > 0.5  # (B, S/2, S/2)

    def between(axis):
        there = ops.cast(ops.any(joints, axis=axis), "float32")
        from_first, to_last = ops.cumsum(there, 1), ops.flip(ops.cumsum(ops.flip(there, 1), 1), 1)
        return ops.repeat(ops.cast(from_first * to_last > 0, "float32"), 2, axis=1)

    box = between(2)[:, :, None, None] * between(1)[:, None, :, None]
    area = ops.sum(box, axis=(1, 2, 3))
    return ops.mean(ops.sum(mask * box, axis=(1, 2, 3)) / ops.maximum(area, 1))
