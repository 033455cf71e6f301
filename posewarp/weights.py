"""The published code's weights in our networks.

The published generator works on BGR images and creates its convolutions in a fixed order;
ours works on RGB. Both facts are handled here and nowhere else.
"""

from collections.abc import Sequence

import numpy as np

from posewarp.errors import ModelError
from posewarp.networks import DECODER, ENCODER, Discriminator, Generator

BGR = [2, 1, 0]


def published_layers(model: Generator | Discriminator) -> list[str]:
    """Names of the layers with weights, in the order in which the published code makes them."""
    if isinstance(model, Discriminator):
        return [f"conv_{index}" for index in range(6)] + [f"dense_{index}" for index in range(3)]
    heads = {
        "mask": ["mask_logits"],
        "background": ["background_logits"],
        "foreground": ["foreground_logits", "foreground_mask_logits"],
    }
    names = []
    for module, module_heads in heads.items():
        names += [f"{module}_encoder_{index}" for index in range(len(ENCODER))]
        names += [f"{module}_decoder_{index}" for index in range(len(DECODER) + 1)]
        names += module_heads
    return names


def assign_published(
    model: Generator | Discriminator, weights: Sequence[tuple[np.ndarray, np.ndarray]]
):
    """Sets a network's weights from the published network's, turning BGR into RGB.

    Args:
        model: Generator or Discriminator.
        weights: (kernel, bias) pairs in the order of `published_layers`.

    Raises:
        ModelError: The number of layers or a shape does not fit; nothing is assigned then.
    """
    names = published_layers(model)
    if len(weights) != len(names):
        raise ModelError(f"expected weights of {len(names)} layers, got {len(weights)}")
    for name, (kernel, bias) in zip(names, weights, strict=True):
        expected = tuple(model.get_layer(name).kernel.shape)
        if kernel.shape != expected or bias.shape != expected[-1:]:
            raise ModelError(
                f"layer {name}: expected kernel {expected} and bias {expected[-1:]}, "
                f"got {kernel.shape} and {bias.shape}"
            )
    for name, (kernel, bias) in zip(names, weights, strict=True):
        if name in ("mask_encoder_0", "conv_0"):
            kernel = kernel[:, :, BGR]
        elif name == "background_encoder_0":  # three colours, then the mask
            kernel = kernel[:, :, [*BGR, 3]]
        elif name == "foreground_encoder_0":  # three colours per limb
            limbs = kernel.shape[2] // 3
            kernel = kernel[:, :, [3 * limb + c for limb in range(limbs) for c in BGR]]
        elif name in ("background_logits", "foreground_logits"):
            kernel, bias = kernel[..., BGR], bias[BGR]
        model.get_layer(name).set_weights([kernel, bias])
