"""What an evaluation measures: a network's images, at its own size or enlarged."""

import dataclasses
from collections.abc import Sequence

import keras
import numpy as np
from keras import ops

from data.pipeline import Example, collate
from posewarp.detail import add_detail, enlarged, kept_photo
from posewarp.networks import Generator, ModelConfig, with_masks


class Predictor:
    """A network whose images are F times as large as what it was made for.

    Args:
        network: Generator or PlainUNet.
        factor: int. F; 1 leaves the network alone.
        sharp: bool. Whether a Generator's images get the photo's detail, as in
            `posewarp.transfer.PoseTransfer`; else they are enlarged bilinearly.
    """

    def __init__(self, network: keras.Model, factor: int = 1, sharp: bool = True):
        self.network, self._factor = network, factor
        self._sharp = sharp and factor > 1 and isinstance(network, Generator)
        self._model = with_masks(network) if self._sharp else network

    @property
    def config(self) -> ModelConfig:
        """The configuration of the examples that it takes."""
        config = self.network.config
        return dataclasses.replace(config, image_size=self._factor * config.image_size)

    def __call__(self, examples: Sequence[Example]) -> np.ndarray:
        """Paints examples of F S x F S pixels: float array (B, F S, F S, 3), RGB."""
        if self._factor == 1:
            return self.network.predict_on_batch(collate(examples, self.network.config))
        small = [reduced(example, self._factor) for example in examples]
        inputs = collate(small, self.network.config)
        made = self._model.predict_on_batch(inputs)
        if not self._sharp:
            return np.asarray(enlarged(made, self._factor))
        photo = np.stack([example.source_image for example in examples])
        sharp = add_detail(made, photo, inputs["transforms"], self._factor)
        kept = enlarged(kept_photo(made), self._factor)
        return np.asarray(kept * photo + (1 - kept) * sharp)


def reduced(example: Example, factor: int) -> Example:
    """An example of F S x F S pixels as one of S x S, by the means of F x F pixels."""
    joints = (
        (joints - (factor - 1) / 2) / factor
        for joints in (example.source_joints, example.target_joints)
    )
    image = ops.average_pool(example.source_image[None], factor)[0]
    return Example(np.asarray(image), *joints, None)
