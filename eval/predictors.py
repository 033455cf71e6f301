"""What an evaluation measures: networks' images, at their own size or enlarged."""

import dataclasses
import time
from collections.abc import Mapping

import keras
import numpy as np
from keras import ops

from data.pairs import Example
from data.pipeline import collate
from eval.measures import GENERATED, PLAIN
from posewarp.detail import add_detail, enlarged, kept_photo
from posewarp.filling import fill_background
from posewarp.networks import with_masks


class Predictor:
    """Networks whose images are F times as large as what they were made for.

    Args:
        networks: By name, Generators or PlainUNets of the same inputs; one is `GENERATED`.
        factor: int. F; 1 leaves images alone. Larger ones of a Generator have the photo's detail,
            as in `posewarp.transfer.PoseTransfer`; others are enlarged bilinearly.
    """

    def __init__(self, networks: Mapping[str, keras.Model], factor: int = 1):
        self._small, self._factor = networks[GENERATED].config, factor
        self._models = {name: with_masks(network) for name, network in networks.items()}
        size = factor * self._small.image_size
        self.config = dataclasses.replace(self._small, image_size=size)

    def __call__(self, example: Example) -> tuple[dict[str, np.ndarray], dict[str, float]]:
        """Paints an example of F S x F S pixels.

        Returns:
            By network, float arrays (F S, F S, 3), RGB, and of F > 1 `PLAIN`, which is
            `GENERATED` without the detail; and by network, the seconds that its image took, with
            its inputs.
        """
        start, factor = time.perf_counter(), self._factor
        small = reduced(example, factor) if factor > 1 else example
        inputs = collate([small], self._small)
        preparing = time.perf_counter() - start
        images, seconds, plain = {}, {}, {}
        for name, model in self._models.items():
            start = time.perf_counter()
            made = model.predict_on_batch(inputs)
            image = plain[name] = made["output"]
            if factor > 1 and "mask_source" in made:
                photo = example.source_image[None]
                kept = enlarged(kept_photo(made), factor)
                joints = small.source_joints[None].astype("float32")
                made = fill_background(made, inputs, joints, self._small.skeleton)
                sharp = add_detail(made, photo, inputs["transforms"], factor)
                image = kept * photo + (1 - kept) * sharp
            elif factor > 1:
                image = enlarged(image, factor)
            images[name] = np.asarray(image)[0]
            seconds[name] = preparing + time.perf_counter() - start
        if factor > 1:
            images[PLAIN] = np.asarray(enlarged(plain[GENERATED], factor))[0]
        return images, seconds


def reduced(example: Example, factor: int) -> Example:
    """An example of F S x F S pixels as one of S x S, by the means of F x F pixels."""
    joints = (
        (joints - (factor - 1) / 2) / factor
        for joints in (example.source_joints, example.target_joints)
    )
    image = ops.average_pool(example.source_image[None], factor)[0]
    return Example(np.asarray(image), *joints, None)
