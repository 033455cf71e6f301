"""The perceptual loss: distances between activations of an average-pooled VGG19.

Section 3.4 of the CVPR 2018 paper: 12 convolutions of VGG19, each channel's difference
divided by that channel's standard deviation over training images.
"""

import dataclasses
import warnings
import zipfile
from collections.abc import Iterable
from pathlib import Path

import h5py
import keras
import numpy as np
from keras import ops

from posewarp.errors import ModelError
from posewarp.files import replacing
from posewarp.hdf5 import check_arrays
from posewarp.pixels import to_levels

BLOCKS = {"block1": (2, 64), "block2": (2, 128), "block3": (4, 256), "block4": (4, 512)}
"""Convolutions and channels of the VGG19 blocks in use, up to `block4_conv4`."""
LAYERS = tuple(
    f"{block}_conv{index + 1}" for block, (count, _) in BLOCKS.items() for index in range(count)
)
CHANNELS = tuple(channels for count, channels in BLOCKS.values() for _ in range(count))
IMAGENET_MEAN_RGB = (123.68, 116.779, 103.939)
"""What `keras.applications.vgg19.preprocess_input` subtracts."""
LARGEST_VECTOR = 2**16
"""Bytes of a file in an archive of statistics; those of 512 channels take 4224."""
LARGEST_WEIGHTS = 2**28
"""Bytes of VGG19's weights in a file; without the top they take 80 million."""
STD_OFFSET = 0.1
"""Added to every standard deviation, so that silent channels do not dominate."""


@dataclasses.dataclass(frozen=True)
class ActivationStatistics:
    """Mean and standard deviation of every channel of the 12 VGG19 layers.

    Args:
        mean: 12 float arrays (C,), in the order of `LAYERS`.
        std: 12 float arrays (C,).

    Raises:
        ModelError: The number of layers, a shape, or a value does not fit.
    """

    mean: tuple[np.ndarray, ...]
    std: tuple[np.ndarray, ...]

    def __post_init__(self):
        for name, arrays in (("mean", self.mean), ("std", self.std)):
            shapes = [np.shape(array) for array in arrays]
            if shapes != [(channels,) for channels in CHANNELS]:
                raise ModelError(
                    f"VGG statistics: {name}: expected 12 vectors of {CHANNELS} values, "
                    f"got shapes {shapes}"
                )
            if not all(np.isfinite(array).all() for array in arrays):
                raise ModelError(f"VGG statistics: {name}: expected finite numbers")
        if any((array < 0).any() for array in self.std):
            raise ModelError("VGG statistics: std: expected no negative numbers")

    @classmethod
    def load(cls, path: str | Path) -> "ActivationStatistics":
        """Reads the `.npz` file that `save` writes.

        Raises:
            ModelError: The file cannot be read or does not hold statistics.
        """
        try:
            with zipfile.ZipFile(path) as archive:
                if max(member.file_size for member in archive.infolist()) > LARGEST_VECTOR:
                    raise ValueError(f"an array is larger than {LARGEST_VECTOR} bytes")
            with np.load(path, allow_pickle=False) as arrays:
                mean, std = (
                    tuple(arrays[f"{layer}_{moment}"].astype("float64") for layer in LAYERS)
                    for moment in ("mean", "std")
                )
            return cls(mean, std)
        except ModelError as error:
            raise ModelError(f"{path}: {error}") from error
        except Exception as error:  # a damaged archive makes NumPy fail in many ways
            raise ModelError(
                f"{path}: not a file of VGG statistics (expected an .npz with arrays "
                f"{LAYERS[0]}_mean, {LAYERS[0]}_std, ...): {error}"
            ) from error

    def save(self, path: str | Path):
        """Writes an `.npz` file of arrays `<layer>_mean` and `<layer>_std`, atomically.

        Raises:
            PosewarpError: The file cannot be written; one that was there before is kept.
        """
        arrays = {f"{layer}_mean": mean for layer, mean in zip(LAYERS, self.mean, strict=True)}
        arrays |= {f"{layer}_std": std for layer, std in zip(LAYERS, self.std, strict=True)}
        with replacing(path) as partial:
            np.savez(partial, **arrays)


def activation_statistics(vgg: keras.Model, batches: Iterable) -> ActivationStatistics:
    """Measures every channel's mean and standard deviation over images, in one pass.

    Args:
        vgg: keras.Model. Made by `vgg19`.
        batches: Float arrays (B, H, W, 3), RGB in [-1, 1]; at least one.

    Returns:
        ActivationStatistics.
    """
    # Activations vary as much as they are large: in float64 the squares' difference loses nothing.
    counts, sums = [0] * len(LAYERS), [np.zeros((2, channels)) for channels in CHANNELS]
    for images in batches:
        for layer, activations in enumerate(vgg(images)):
            values = np.reshape(activations, (-1, CHANNELS[layer])).astype("float64")
            counts[layer] += len(values)
            sums[layer] += [values.sum(axis=0), np.square(values).sum(axis=0)]
    moments = [total / count for total, count in zip(sums, counts, strict=True)]
    std = [np.sqrt(np.maximum(square - mean**2, 0)) for mean, square in moments]
    return ActivationStatistics(tuple(mean for mean, _ in moments), tuple(std))


@keras.saving.register_keras_serializable(package="posewarp")
class VGGPreprocessing(keras.layers.Layer):
    """From RGB in [-1, 1] to what VGG19 was trained on: BGR in [0, 255] less the mean."""

    def call(self, images):
        """Converts (B, H, W, 3)."""
        images = to_levels(images) - ops.convert_to_tensor(IMAGENET_MEAN_RGB, images.dtype)
        return ops.flip(images, axis=-1)


def vgg19(weights: str | Path = "imagenet") -> keras.Model:
    """Builds VGG19 up to `block4_conv4`, with average in place of max pooling.

    Args:
        weights: `"imagenet"` fetches the published weights through `keras.applications`;
            `"random"` draws He-normal kernels and zero biases; anything else is the path of a
            `.h5` file in the form of `keras.applications` without the top.

    Returns:
        keras.Model, not trainable, from (B, H, W, 3), RGB in [-1, 1], to the 12 activations
        (B, h, w, C) of `LAYERS`.

    Raises:
        ModelError: The weights cannot be fetched or read.
    """
    policy = keras.config.dtype_policy()
    if policy.compute_dtype == "float16":  # whose range the activations would leave
        policy = "float32"
    inputs = keras.Input((None, None, 3))
    # Bytes need more than the 8 bits of bfloat16's fraction once the mean is subtracted.
    x = VGGPreprocessing(dtype="float32", name="preprocessing")(inputs)
    activations = []
    for block, (count, channels) in BLOCKS.items():
        if activations:
            x = keras.layers.AveragePooling2D(2, dtype=policy, name=f"{block}_pool")(x)
        for index in range(count):
            name = f"{block}_conv{index + 1}"
            x = keras.layers.Conv2D(channels, 3, padding="same", activation="relu", name=name)(x)
            activations.append(x)
    model = keras.Model(inputs, activations, name="vgg19")
    found = _random(model) if weights == "random" else _stored(weights)
    for name, values in found.items():
        model.get_layer(name).set_weights(values)
    model.trainable = False
    return model


def _random(model):
    """He-normal kernels and zero biases by layer, always the same."""
    random = np.random.RandomState(5)
    shapes = {name: model.get_layer(name).kernel.shape for name in LAYERS}
    return {
        name: [random.standard_normal(shape) * np.sqrt(2 / np.prod(shape[:3])), np.zeros(shape[3])]
        for name, shape in shapes.items()
    }


def _stored(weights):
    """Kernels and biases by layer, of `keras.applications` or a file."""
    called = f"VGG weights {str(weights)!r}"
    if weights != "imagenet" and not Path(weights).is_file():
        raise ModelError(
            f"{called}: no such file (expected imagenet, random or the path of an .h5 file)"
        )
    try:
        if weights != "imagenet":
            with h5py.File(weights) as file:
                check_arrays(file, LARGEST_WEIGHTS)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Keras warns of each layer before it raises an error
            original = keras.applications.VGG19(include_top=False, weights=str(weights))
    except Exception as error:  # Keras raises bare exceptions here, by cause and version
        if weights == "imagenet":
            raise ModelError(
                "VGG weights imagenet: cannot be downloaded; go online, or give "
                "--vgg_weights=<path of vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5>, or "
                "--vgg_weights=random for a trial"
            ) from error
        raise ModelError(
            f"{called}: expected an .h5 file of keras.applications' VGG19 without the top: "
            f"{str(error).splitlines()[0]}"
        ) from error
    found = {name: original.get_layer(name).get_weights() for name in LAYERS}
    for name, values in found.items():
        if not all(np.isfinite(value).all() for value in values):
            raise ModelError(f"{called}: {name}: expected finite numbers")
    return found


class PerceptualLoss(keras.losses.Loss):
    """Mean over VGG19 layers of the mean absolute difference over (std + 0.1).

    Args:
        vgg: keras.Model. Made by `vgg19`.
        statistics: ActivationStatistics. Only the standard deviations matter to a distance.
    """

    def __init__(self, vgg: keras.Model, statistics: ActivationStatistics):
        super().__init__(name="perceptual_loss")
        self.vgg = vgg
        self.statistics = statistics
        self._weights = [(1 / (std + STD_OFFSET)).astype("float32") for std in self.statistics.std]

    def mean(self, y_true, y_pred):
        """The mean over the batch, of one replica.

        Called as a function, the loss is also divided by the number of `tf.distribute`'s replicas,
        which the training loop does itself.
        """
        return ops.mean(self.call(y_true, y_pred))

    def call(self, y_true, y_pred):
        """Compares images (B, H, W, 3), RGB in [-1, 1].

        Returns:
            Float32 tensor (B,); NaN for an output that is not finite. No gradient flows to
            `y_true`.
        """
        distances = []
        targets = self.vgg(ops.stop_gradient(y_true))
        for target, output, weight in zip(targets, self.vgg(y_pred), self._weights, strict=True):
            difference = ops.abs(ops.cast(target, "float32") - ops.cast(output, "float32"))
            # Weighted where there is one number per channel, no longer one per pixel.
            distances.append(ops.mean(ops.mean(difference, axis=(1, 2)) * weight, axis=-1))
        # Fused ReLUs of some backends turn NaN into 0, which would hide a diverged generator.
        broken = ops.logical_not(ops.isfinite(ops.sum(y_pred, axis=(1, 2, 3))))
        return ops.where(broken, np.nan, sum(distances) / len(distances))
