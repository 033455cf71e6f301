"""The same network and pretraining step in PyTorch, in turn with ours.

pip install ".[bench]"
python -m benchmarks.peer_torch --size=256 --batch=2

The port is written as PyTorch users would: channels-last tensors, `grid_sample` for the warp,
`interpolate` for upsampling, eager mode. It takes our weights, and has to give our output
before anything is timed.
"""

import os
from unittest import mock

import keras
import numpy as np
import torch
from absl import flags
from torch import nn
from torch.nn import functional

from benchmarks.measuring import Timed, table
from benchmarks.training_step import STD, make_step, random_batch, step_flops
from posewarp.errors import PosewarpError
from posewarp.networks import SLOPE, Generator, ModelConfig
from posewarp.perceptual import IMAGENET_MEAN_RGB, LAYERS, STD_OFFSET, vgg19
from posewarp.pixels import to_levels
from posewarp.program import run

MAX_DIFFERENCE = 1e-4
"""By which outputs in [-1, 1] may differ."""

FLAGS = flags.FLAGS
# Not --image_size: every process of the benchmark defines the flags of `train.pretrain` as well.
flags.DEFINE_integer("size", 256, "Height and width of the images.", lower_bound=64)
flags.DEFINE_integer("batch", 2, "Examples a batch.", lower_bound=1)
flags.DEFINE_float("network_width", 1.0, "Factor on the number of filters.", lower_bound=0.01)
flags.DEFINE_integer("repeats", 5, "Timings of each.", lower_bound=1)


def convolution(layer: keras.layers.Conv2D) -> nn.Conv2d:
    """A convolution with a Keras layer's weights; its caller pads."""
    kernel, bias = (torch.tensor(keras.ops.convert_to_numpy(weight)) for weight in layer.weights)
    made = nn.Conv2d(kernel.shape[2], kernel.shape[3], kernel.shape[:2], layer.strides)
    made.weight = nn.Parameter(kernel.permute(3, 2, 0, 1).contiguous())
    made.bias = nn.Parameter(bias)
    return made


def same(layer: nn.Conv2d, x: torch.Tensor) -> torch.Tensor:
    """Convolves with 'same' padding, as TensorFlow pads: at stride 2, only right and below."""
    size, stride = layer.kernel_size[0], layer.stride[0]
    before, after = (size - stride) // 2, (size - stride + 1) // 2
    if before == after:
        return functional.conv2d(x, layer.weight, layer.bias, stride, before)
    return layer(functional.pad(x, (before, after, before, after)))


def upsample(x: torch.Tensor) -> torch.Tensor:
    """Doubles (B, C, H, W) by looking up at x/2, y/2."""
    height, width = x.shape[2:]
    x = functional.pad(x, (0, 1, 0, 1), mode="reflect")
    x = functional.interpolate(
        x, (2 * height + 1, 2 * width + 1), mode="bilinear", align_corners=True
    )
    return x[:, :, :-1, :-1]


def warp(images: torch.Tensor, transforms: torch.Tensor) -> torch.Tensor:
    """Warps (N, 3, S, S) by (N, 2, 3) from output to input pixels."""
    size = images.shape[-1]
    axis = torch.arange(size, dtype=torch.float32)
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    points = torch.stack([x, y, torch.ones_like(x)], -1)
    found = torch.einsum("hwk,nrk->nhwr", points, transforms) + 1
    grid = found * (2 / (size + 1)) - 1
    extended = functional.pad(images, (1, 1, 1, 1), mode="reflect")
    return functional.grid_sample(extended, grid, padding_mode="border", align_corners=True)


class UNet(nn.Module):
    """One of the generator's U-Nets, up to its last features."""

    def __init__(self, generator: Generator, name: str):
        super().__init__()

        def layers(part, count):
            names = (f"{name}_{part}_{index}" for index in range(count))
            return nn.ModuleList(convolution(generator.get_layer(each)) for each in names)

        self.encoder, self.decoder = layers("encoder", 11), layers("decoder", 5)

    def forward(self, image, pose):
        """Takes (B, C, S, S) and (B, P, S/2, S/2)."""

        def step(layer, x):
            return functional.leaky_relu(same(layer, x), SLOPE)

        x = step(self.encoder[0], image)
        skips = [x]
        x = step(self.encoder[1], x)
        x = step(self.encoder[2], torch.cat([x, pose], 1))
        for index in (3, 5, 7, 9):
            skips.append(x)
            x = step(self.encoder[index + 1], step(self.encoder[index], x))
        for layer in self.decoder:
            x = step(layer, torch.cat([upsample(x), skips.pop()], 1))
        return x


class TorchGenerator(nn.Module):
    """The modular network with a Keras generator's weights."""

    def __init__(self, generator: Generator):
        super().__init__()
        self.sigma = generator.config.background_noise
        for name in ("mask", "background", "foreground"):
            setattr(self, f"unet_{name}", UNet(generator, name))
        for name in ("mask", "background", "foreground", "foreground_mask"):
            setattr(self, f"head_{name}", convolution(generator.get_layer(f"{name}_logits")))

    def forward(self, image, source, target, prior, transforms, noise=False):
        """Takes the generator's inputs, channels second, and transforms (B, L, 2, 3)."""
        logits = same(self.head_mask, self.unet_mask(image, source))
        mask = torch.softmax(logits + prior, 1)
        batch, limbs, size = len(image), transforms.shape[1], image.shape[-1]
        layers = mask[:, 1:, None] * image[:, None]
        warped = warp(layers.reshape(-1, 3, size, size), transforms.reshape(-1, 2, 3))
        warped = warped.reshape(batch, 3 * limbs, size, size)
        warped = warped.contiguous(memory_format=torch.channels_last)

        shown = mask[:, :1]
        visible = image * shown
        if noise:
            visible = visible + (1 - shown) * self.sigma * torch.randn_like(image)
        hidden = torch.cat([visible, shown], 1)
        features = self.unet_background(hidden, source)
        background = torch.tanh(same(self.head_background, features))
        features = self.unet_foreground(warped, target)
        foreground = torch.tanh(same(self.head_foreground, features))
        blend = torch.sigmoid(same(self.head_foreground_mask, features))
        return blend * foreground + (1 - blend) * background


class TorchPerceptualLoss(nn.Module):
    """The perceptual loss with a Keras VGG19's weights."""

    def __init__(self, vgg: keras.Model):
        super().__init__()
        self.layers = nn.ModuleList(convolution(vgg.get_layer(name)) for name in LAYERS)
        self.requires_grad_(False)

    def features(self, images):
        """The 12 activations of (B, 3, S, S), RGB in [-1, 1]."""
        x = to_levels(images) - torch.tensor(IMAGENET_MEAN_RGB)[:, None, None]
        x = x.flip(1)
        found = []
        for name, layer in zip(LAYERS, self.layers, strict=True):
            if found and name.endswith("conv1"):
                x = functional.avg_pool2d(x, 2)
            x = functional.relu(same(layer, x))
            found.append(x)
        return found

    def forward(self, target, output):
        """The scalar loss."""
        with torch.no_grad():
            wanted = self.features(target)
        distances = [
            (a - b).abs().mean() / (STD + STD_OFFSET)
            for a, b in zip(wanted, self.features(output), strict=True)
        ]
        return sum(distances) / len(distances)


def torch_inputs(inputs) -> list[torch.Tensor]:
    """The generator's inputs for `TorchGenerator`."""
    names = ("source_image", "source_volume", "target_volume", "mask_prior")
    images = [_torch_image(inputs[name]) for name in names]
    transforms = torch.tensor(keras.ops.convert_to_numpy(inputs["transforms"][..., 1:]))
    return [*images, transforms.permute(0, 3, 1, 2)]


def _torch_image(x):
    x = torch.tensor(keras.ops.convert_to_numpy(x)).permute(0, 3, 1, 2)
    return x.contiguous(memory_format=torch.channels_last)


def difference(config: ModelConfig) -> float:
    """The largest difference between the outputs of both networks with the same weights."""
    keras.utils.set_random_seed(0)
    generator = Generator(config)
    inputs, _ = random_batch(config, 1)
    ours = np.array(generator(inputs, training=False))
    with torch.no_grad():
        theirs = TorchGenerator(generator)(*torch_inputs(inputs)).permute(0, 2, 3, 1).numpy()
    return float(np.abs(ours - theirs).max())


def make_torch_step(config: ModelConfig, batch: int):
    """A function that does one pretraining step in PyTorch."""
    model = TorchGenerator(Generator(config)).to(memory_format=torch.channels_last)
    loss = TorchPerceptualLoss(vgg19("random")).to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters(), 1e-4)
    inputs, target = random_batch(config, batch)
    inputs, target = torch_inputs(inputs), _torch_image(target)

    def step():
        optimizer.zero_grad()
        loss(target, model(*inputs, noise=True)).backward()
        optimizer.step()

    return step


def main():
    """Prints the table."""
    found = difference(ModelConfig(image_size=64, width=0.25))
    if not found < MAX_DIFFERENCE:
        raise PosewarpError(f"the port's output differs by {found}: it is not the same network")
    config = ModelConfig(image_size=FLAGS.size, width=FLAGS.network_width)
    # PyTorch's optimizers and TensorFlow bring an LLVM each, and cannot be in one process.
    with mock.patch.dict(os.environ, KERAS_BACKEND="torch"):
        peer = Timed(make_torch_step, config, FLAGS.batch)
    ours = Timed(make_step, "pretrain", config, FLAGS.batch, "float32", "posewarp")
    timed = {f"PyTorch {torch.__version__}, eager": peer, "posewarp": ours}
    for _ in range(FLAGS.repeats):
        for each in timed.values():
            each.call()
    flops = step_flops("pretrain", config, FLAGS.batch)
    rows = [
        [
            name,
            f"{each.median:.4g}",
            f"{peer.median / each.median:.2f}",
            f"{flops / each.median / 1e9:.0f}",
            f"{each.close() / 1e9:.2f}",
        ]
        for name, each in timed.items()
    ]
    print(f"Largest difference of outputs: {found:.1e}")
    print(table(rows, ["pretraining step", "s", "ratio", "GFLOP/s", "peak GB"]))


if __name__ == "__main__":
    run(main)
