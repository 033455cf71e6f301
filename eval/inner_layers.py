"""What a generator's modules made on the way to its image, as pictures."""

from collections.abc import Mapping

import keras
import numpy as np

LAYERS = ("mask_source", "warped_limbs", "background", "foreground", "foreground_mask")


def with_inner_layers(model: keras.Model, layers: bool = True) -> keras.Model:
    """A Generator, or without layers any network, that gives `output` and `LAYERS` by name."""
    names = ["output", *(LAYERS if layers else ())]
    return keras.Model(model.input, {name: model.get_layer(name).output for name in names})


def layer_pictures(results: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Turns the arrays (N, S, S, C) of `LAYERS` into pictures that `data.drawing.figure` takes.

    Returns:
        By heading, float arrays (N, S, S, 3) in [-1, 1] or (N, S, S) in [0, 1].
    """
    mask, limbs = results["mask_source"], results["warped_limbs"]
    # Limbs are masked, hence black elsewhere in the sense of 0; shown on grey as they add up.
    layers = limbs.reshape(*limbs.shape[:3], -1, 3).sum(axis=3)
    return {
        "source mask": 1 - mask[..., 0],
        "warped limbs": np.clip(layers, -1, 1),
        "background": results["background"],
        "foreground": results["foreground"],
        "foreground mask": results["foreground_mask"][..., 0],
    }
