"""The published code's weights in our networks.

The published generator works on BGR images and creates its convolutions in a fixed order;
ours works on RGB. Both facts are handled here and nowhere else.
"""

import contextlib
import re
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np

from posewarp.errors import ModelError
from posewarp.hdf5 import check_array
from posewarp.networks import DECODER, ENCODER, Discriminator, Generator, ModelConfig
from posewarp.skeleton import FULL_BODY, SKELETONS, Skeleton

BGR = [2, 1, 0]
VARIABLES = ("kernel:0", "bias:0")
"""What Keras 2 calls the weights of a convolution."""


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
    _require_fit(model, weights, names)
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


def load_published(
    path: str | Path, skeleton: Skeleton | None = None, image_size: int = 256
) -> Generator:
    """Builds the generator whose weights the published code has saved.

    The file is what Keras 2 writes by `save_weights`, or by `save`, for a network of the
    published code: a group for every layer, the convolutions named `conv2d`, `conv2d_1`, ...,
    from any number on, in the order of their creation. Nothing outside the file is read,
    whatever its links say.

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
    skeleton = skeleton or _find_skeleton(path)
    model = Generator(ModelConfig(skeleton, image_size, background_noise=0))
    with _published_file(path) as layers:
        _require_fit(model, layers.values(), layers)
        weights = [tuple(_read(name, dataset) for dataset in pair) for name, pair in layers.items()]
    assign_published(model, weights)
    return model


def _require_fit(model, weights, called):
    names = published_layers(model)
    if len(weights) != len(names):
        raise ModelError(f"expected weights of {len(names)} layers, got {len(weights)}")
    for name, label, (kernel, bias) in zip(names, called, weights, strict=True):
        expected = tuple(model.get_layer(name).kernel.shape)
        if kernel.shape != expected or bias.shape != expected[-1:]:
            raise ModelError(
                f"layer {label}: expected kernel {expected} and bias {expected[-1:]} for the "
                f"skeleton {model.config.skeleton.name}, got {kernel.shape} and {bias.shape}"
            )


@contextlib.contextmanager
def _published_file(path):
    """Opens a file as a dict of (kernel, bias) datasets by layer, in the order of creation."""
    if not Path(path).is_file():
        raise ModelError(f"{path}: no such file of published weights")
    try:
        with h5py.File(path, "r") as file:
            yield _find_layers(file)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error
    except (OSError, RuntimeError, ValueError, TypeError, KeyError) as error:
        # What h5py raises depends on where a file is damaged.
        raise ModelError(f"{path}: cannot be read as an HDF5 file: {error}") from error


def _find_layers(file):
    datasets = {}

    def collect(path, node):
        if isinstance(node, h5py.Dataset):
            datasets[path] = node

    file.visititems(collect)  # which does not follow links, so that all of it is in this file
    whole_model = "model_weights/"  # beside the optimizer's
    if any(path.startswith(whole_model) for path in datasets):
        datasets = {
            path.removeprefix(whole_model): dataset
            for path, dataset in datasets.items()
            if path.startswith(whole_model)
        }
    groups = {}
    for path in datasets:
        groups.setdefault(path.partition("/")[0], []).append(path)
    layers = {}
    for layer in sorted(groups, key=_creation_number):
        names = [path.rpartition("/")[2] for path in groups[layer]]
        if sorted(names) != sorted(VARIABLES):
            raise ModelError(
                f"layer {layer}: expected {' and '.join(VARIABLES)}, got {', '.join(names)}"
            )
        paths = (groups[layer][names.index(variable)] for variable in VARIABLES)
        layers[layer] = tuple(datasets[path] for path in paths)
    return layers


def _creation_number(layer):
    match = re.fullmatch(r"conv2d(?:_([1-9][0-9]*))?", layer)
    if match is None:
        raise ModelError(
            f"layer {layer}: expected a generator, whose layers with weights are convolutions "
            "named conv2d_<number>"
        )
    return int(match[1] or 0)


def _find_skeleton(path):
    with _published_file(path) as layers:
        channels = {bias.shape for _, bias in layers.values()}
    for skeleton in SKELETONS.values():
        if (len(skeleton.limbs) + 1,) in channels:  # the mask's, the background being one
            return skeleton
    return FULL_BODY  # to say of what layer the shape does not fit


def _read(layer, dataset):
    if dataset.dtype.kind != "f":
        raise ModelError(f"layer {layer}: expected floating-point numbers, got {dataset.dtype}")
    check_array(f"layer {layer}", dataset)
    values = dataset.astype("float32")[()]
    if not np.isfinite(values).all():
        raise ModelError(f"layer {layer}: expected finite numbers")
    return values
