"""Weights files in the form in which the published code saves them, made of constants."""

import functools

import h5py

from posewarp.networks import Generator, ModelConfig
from posewarp.weights import published_layers


@functools.cache
def shapes(skeleton):
    """Shapes of kernel and bias of every layer, in the published order."""
    model = Generator(ModelConfig(skeleton, image_size=64))
    return [[w.shape for w in model.get_layer(name).weights] for name in published_layers(model)]


def write_weights(path, skeleton, first=0, group="/"):
    """Writes a generator's weights: every kernel is its place in the order, every bias minus it.

    Constants that no array was written over take no room in the file.
    """
    with h5py.File(path, "w") as file:
        layers = file.require_group(group)
        for index, (kernel, bias) in enumerate(shapes(skeleton)):
            name = f"conv2d_{first + index}" if first + index else "conv2d"
            layer = layers.create_group(f"{name}/{name}")
            layer.create_dataset("kernel:0", kernel, "float32", chunks=True, fillvalue=index)
            layer.create_dataset("bias:0", bias, "float32", chunks=True, fillvalue=-index)
        for name in ("input_1", "leaky_re_lu", "mask_src", "top_level_model_weights"):
            layers.create_group(name)
        if group != "/":
            file["optimizer_weights/Adam/iterations:0"] = 5
    return path
