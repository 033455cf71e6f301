"""The published code's weights in our networks.

The published generator works on BGR images and creates its convolutions in a fixed order;
ours works on RGB. Both facts are handled here and nowhere else.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np

from posewarp.errors import ModelError
from posewarp.hdf5 import check_arrays
from posewarp.networks import DECODER, ENCODER, Discriminator, Generator, ModelConfig
from posewarp.skeleton import FULL_BODY, SKELETONS, Skeleton

BGR = [2, 1, 0]
VARIABLES = ("kernel:0", "bias:0")
"""What Keras 2 calls the weights of a convolution."""
WHOLE_MODEL = "model_weights/"
"""Where a file of Keras 2 has them that also holds the optimizer's."""
LARGEST = 2**28
"""Bytes of a file's arrays; with an optimizer's, a generator has 95 million."""


def published_layers(model: Generator | Discriminator) -> list[str]:
    """Names of the layers with weights, in the order in which the published code makes them."""
    if isinstance(model, Discriminator):
        return [f"conv_{index}" for index in range(6)] + [f"dense_{index}" for index in range(3)]
    names = []
    for module in ("mask", "background", "foreground"):
        names += [f"{module}_encoder_{index}" for index in range(len(ENCODER))]
        names += [f"{module}_decoder_{index}" for index in range(len(DECODER) + 1)]
        names.append(f"{module}_logits")
    return [*names, "foreground_mask_logits"]


def assign_published(
    model: Generator | Discriminator,
    weights: Sequence[tuple[np.ndarray, np.ndarray]],
    called: Sequence[str] | None = None,
):
    """Sets a network's weights from the published network's, turning BGR into RGB.

    Args:
        model: Generator or Discriminator.
        weights: (kernel, bias) pairs in the order of `published_layers`.
        called: What messages call the layers; by default, as we do.

    Raises:
        ModelError: The number of layers or a shape does not fit.
    """
    names = published_layers(model)
    if len(weights) != len(names):
        raise ModelError(f"expected weights of {len(names)} layers, got {len(weights)}")
    for name, label, (kernel, bias) in zip(names, called or names, weights, strict=True):
        expected = tuple(model.get_layer(name).kernel.shape)
        if kernel.shape != expected or bias.shape != expected[-1:]:
            raise ModelError(
                f"layer {label}: expected kernel {expected} and bias {expected[-1:]} for the "
                f"skeleton {model.config.skeleton.name}, got {kernel.shape} and {bias.shape}"
            )
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


def load_published(
    path: str | Path, skeleton: Skeleton | None = None, image_size: int = 256
) -> Generator:
    """Builds the generator whose weights the published code has saved.

    The file is what Keras 2 writes by `save_weights`, or by `save`, for a network of the
    published code: a group for every layer, the convolutions named `conv2d`, `conv2d_1`, ...,
    from any number on, in the order of their creation.

    Args:
        path: The `.h5` file.
        skeleton: Skeleton. By default, the built-in one with as many limbs as the file's mask.
        image_size: int. The network is convolutional: its weights fit any size.

    Returns:
        Generator of the published width, without background noise.

    Raises:
        ModelError: The file is missing or damaged, its layers are not the generator's, or
            `image_size` is outside its range.
    """
    if not Path(path).is_file():
        raise ModelError(f"{path}: no such file of published weights")
    try:
        with h5py.File(path, "r") as file:
            layers = _read_layers(check_arrays(file, LARGEST))
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error
    except (OSError, RuntimeError, ValueError, TypeError, KeyError) as error:
        # What h5py raises depends on where a file is damaged.
        raise ModelError(f"{path}: cannot be read as an HDF5 file: {error}") from error
    if skeleton is None:
        masks = {bias.shape for _, bias in layers.values()}  # one of them, of limbs and background
        fitting = (known for known in SKELETONS.values() if (len(known.limbs) + 1,) in masks)
        skeleton = next(fitting, FULL_BODY)  # to say of what layer the shape does not fit
    model = Generator(ModelConfig(skeleton, image_size, background_noise=0))
    try:
        assign_published(model, list(layers.values()), list(layers))
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error
    return model


def _read_layers(arrays):
    """(kernel, bias) by layer, in the order of creation."""
    of_model = [path for path in arrays if path.startswith(WHOLE_MODEL)]
    groups = {}
    for path in of_model or arrays:
        layer, _, variable = path.removeprefix(WHOLE_MODEL).partition("/")
        groups.setdefault(layer, {})[variable.rpartition("/")[2]] = arrays[path]
    layers = {}
    for layer in sorted(groups, key=_creation_number):
        found = groups[layer]
        if set(found) != set(VARIABLES):
            raise ModelError(
                f"layer {layer}: expected {' and '.join(VARIABLES)}, got {', '.join(found)}"
            )
        layers[layer] = tuple(found[name].astype("float32")[()] for name in VARIABLES)
        if not all(np.isfinite(values).all() for values in layers[layer]):
            raise ModelError(f"layer {layer}: expected finite numbers")
    return layers


def _creation_number(layer):
    match = re.fullmatch(r"conv2d(?:_([1-9][0-9]*))?", layer)
    if match is None:
        raise ModelError(
            f"layer {layer}: expected a generator, whose layers with weights are convolutions "
            "named conv2d_<number>"
        )
    return int(match[1] or 0)
