"""The paper's networks as Keras functional models, all made from one `ModelConfig`.

Figure 3 of Balakrishnan et al., "Synthesizing Images of Humans in Unseen Poses" (CVPR 2018).
Layer names follow the figure: module A makes `mask_source`, B `warped_limbs`, D `background`,
C `foreground` and `foreground_mask`; `output` is the blend of the two.
"""

import contextlib
import dataclasses

import keras
import numpy as np

from posewarp.errors import ModelError
from posewarp.layers import AffineWarp, BilinearUpsampling, Blend, HiddenPerson, LimbLayers
from posewarp.skeleton import FULL_BODY, Skeleton

ENCODER = (64, 64, 128, 128, 128, 128, 128, 128, 128, 128, 128)
DECODER = (128, 128, 128, 128)
BASELINE_ENCODER = (64, 128, 128, 128, 256, 256, 256, 256, 256, 256, 256)
BASELINE_DECODER = (256, 256, 256, 128, 64)
SLOPE = 0.2
"""Negative slope of every LeakyReLU."""
INITIALIZER = "he_normal"
"""The paper names none. He's holds the signal's variance; with Keras's default, Glorot's, a U-Net
stays on a plateau for its first 100 steps."""
COMPOSITE_FILTERS = 12
"""Of the first and the last layer of a U-Net, so many make the identity start."""
KINK, GAIN = 0.6, 1.3
"""Of the identity start's colours: from here on the line before tanh is steeper; its slope up to
there. Some more than 1 also brightens the limbs' soft edges."""
MASK_GAIN, MASK_BIAS = 8.0, -5.0
"""Of the identity start's foreground mask: its logit is the bias where no limb is."""
SMALLEST_SIZE, LARGEST_SIZE = 64, 4096
"""Of the images: below, a U-Net has nothing left to halve; above, only a mistake."""


@dataclasses.dataclass(frozen=True)
class ModelConfig:
    """What all networks of a run have in common.

    Args:
        image_size: int. S, height and width of the images, a multiple of 32 from 64 to 4096.
        width: float. Multiplies every hidden layer's filters; 1.0 is the published network.
        background_noise: float. Sigma of training's noise in the hidden person's place, on the
            scale of [-1, 1]; 0 is the published code.

    Raises:
        ModelError: A value is outside its range.
    """

    skeleton: Skeleton = FULL_BODY
    image_size: int = 256
    width: float = 1.0
    background_noise: float = 0.5

    def __post_init__(self):
        size, width, noise = self.image_size, self.width, self.background_noise
        if type(size) is not int or not SMALLEST_SIZE <= size <= LARGEST_SIZE or size % 32:
            raise ModelError(
                f"image_size: expected a multiple of 32 from {SMALLEST_SIZE} to {LARGEST_SIZE} "
                f"(256 is the paper's), got {size!r}"
            )
        if type(width) not in (int, float) or not 0 < width <= 16:
            raise ModelError(f"width: expected a number in (0, 16], got {width!r}")
        if type(noise) not in (int, float) or not 0 <= noise < float("inf"):
            raise ModelError(f"background_noise: expected a number of 0 or more, got {noise!r}")

    def filters(self, published: int) -> int:
        """The number of filters where the published network has `published`."""
        return max(1, round(published * self.width))

    def to_dict(self) -> dict:
        """The configuration as plain JSON values; `from_dict` takes it back."""
        return {**dataclasses.asdict(self), "skeleton": self.skeleton.to_dict()}

    @classmethod
    def from_dict(cls, fields: dict) -> "ModelConfig":
        """Makes a configuration from JSON values.

        Raises:
            ModelError: A field is missing, unknown, or of the wrong type.
        """
        try:
            return cls(**{**fields, "skeleton": Skeleton.from_dict(fields["skeleton"])})
        except (KeyError, TypeError) as error:
            raise ModelError(f"model configuration: {error}") from error


class _ConfiguredModel(keras.Model):
    """A functional model that knows its `ModelConfig`, in memory and in a `.keras` file."""

    def __init__(self, config: ModelConfig, inputs, outputs, **kwargs):
        super().__init__(inputs=inputs, outputs=outputs, **kwargs)
        self.config = config

    def get_config(self):
        return {"config": self.config.to_dict(), "name": self.name}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(ModelConfig.from_dict(config["config"]), name=config["name"])


@keras.saving.register_keras_serializable(package="posewarp")
class Generator(_ConfiguredModel):
    """The modular network: source photo and two poses in, the person in the target pose out.

    Takes a dict of `source_image` (B, S, S, 3), RGB in [-1, 1]; `source_volume` and
    `target_volume` (B, S/2, S/2, J); `mask_prior` (B, S, S, L + 1); `transforms`
    (B, 2, 3, L + 1). Gives (B, S, S, 3), RGB in [-1, 1].

    Args:
        start: str. `"identity"`: before any training, the output is the composite of the warped
            limbs over the photo without the person. `"random"`: the published code's start.
            Networks with fewer than `COMPOSITE_FILTERS` filters always start at random.
    """

    def __init__(
        self, config: ModelConfig, name: str = "generator", start: str = "identity", **kwargs
    ):
        inputs = _inputs(config)
        image, source_volume = inputs["source_image"], inputs["source_volume"]
        channels = len(config.skeleton.limbs) + 1

        # Module A. From zero, the mask begins at its prior; random logits may hide the whole image
        # at once, from which training hardly recovers.
        features = _unet(config, "mask", image, source_volume, (*DECODER, 32))
        logits = keras.layers.Conv2D(
            channels, 3, padding="same", kernel_initializer="zeros", name="mask_logits"
        )(features)
        # Probabilities stay float32 under mixed precision, as do all colours from here on.
        logits = keras.layers.Add(dtype="float32", name="mask_with_prior")(
            [logits, inputs["mask_prior"]]
        )
        mask = keras.layers.Softmax(dtype="float32", name="mask_source")(logits)

        # Module B.
        limbs = LimbLayers(dtype="float32", name="limb_layers")(image, mask)
        warped = AffineWarp(dtype="float32", name="warped_limbs")(
            limbs, inputs["transforms"][..., 1:]
        )

        # Module D.
        hidden = HiddenPerson(config.background_noise, dtype="float32", name="hidden_person")(
            image, mask
        )
        features = _unet(config, "background", hidden, source_volume, (*DECODER, 64))
        background = _head(features, 3, "background", "tanh")

        # Module C.
        features = _unet(config, "foreground", warped, inputs["target_volume"], (*DECODER, 64))
        foreground = _head(features, 3, "foreground", "tanh")
        foreground_mask = _head(features, 1, "foreground_mask", "sigmoid")

        output = Blend(dtype="float32", name="output")(foreground, background, foreground_mask)
        super().__init__(config, inputs, output, name=name, **kwargs)
        if start == "identity" and config.filters(ENCODER[0]) >= COMPOSITE_FILTERS:
            _start_as_composite(self)


@keras.saving.register_keras_serializable(package="posewarp")
class PlainUNet(_ConfiguredModel):
    """The paper's baseline: one U-Net on the source image and both poses.

    Takes and gives what `Generator` does; the mask prior and the transforms are not used.
    """

    def __init__(self, config: ModelConfig, name: str = "plain_unet", **kwargs):
        inputs = _inputs(config)
        poses = keras.layers.Concatenate(name="poses")(
            [inputs["source_volume"], inputs["target_volume"]]
        )
        image = inputs["source_image"]
        features = _unet(config, "unet", image, poses, BASELINE_DECODER, BASELINE_ENCODER)
        super().__init__(config, inputs, _head(features, 3, "output", "tanh"), name=name, **kwargs)


@keras.saving.register_keras_serializable(package="posewarp")
class Discriminator(_ConfiguredModel):
    """Tells a real image of a person in a pose from a generated one.

    Takes a dict of `image` (B, S, S, 3), RGB in [-1, 1], `source_volume` and `target_volume`
    (B, S/2, S/2, J). Gives (B, 1): the probability that the image is real.
    """

    def __init__(self, config: ModelConfig, name: str = "discriminator", **kwargs):
        size, volumes = config.image_size, ("source_volume", "target_volume")
        inputs = {"image": keras.Input((size, size, 3), name="image")}
        inputs |= {name: tensor for name, tensor in _inputs(config).items() if name in volumes}

        def pool(x):
            return keras.layers.MaxPooling2D(2)(x)

        x = pool(_convolution(inputs["image"], config.filters(64), "conv_0", kernel=5))
        x = keras.layers.Concatenate()([x, inputs["source_volume"], inputs["target_volume"]])
        x = pool(_convolution(x, config.filters(128), "conv_1", kernel=5))
        for index in (2, 3, 4):
            x = pool(_convolution(x, config.filters(256), f"conv_{index}"))
        x = keras.layers.Flatten()(_convolution(x, config.filters(256), "conv_5"))
        for index in (0, 1):
            x = keras.layers.Dense(
                config.filters(256), "relu", kernel_initializer=INITIALIZER, name=f"dense_{index}"
            )(x)
        # From zero, it says 0.5 to everything and leaves the generator alone until it has learned
        # something; random advice spoils what pretraining reached.
        x = keras.layers.Dense(1, kernel_initializer="zeros", name="dense_2")(x)
        x = keras.layers.Activation("sigmoid", dtype="float32", name="probability")(x)
        super().__init__(config, inputs, x, name=name, **kwargs)


def _inputs(config):
    size, half = config.image_size, config.image_size // 2
    joints, limbs = len(config.skeleton.joints), len(config.skeleton.limbs)
    shapes = {
        "source_image": (size, size, 3),
        "source_volume": (half, half, joints),
        "target_volume": (half, half, joints),
        "mask_prior": (size, size, limbs + 1),
        "transforms": (2, 3, limbs + 1),
    }
    # float32 also under a mixed policy: the layers cast what they compute in.
    return {key: keras.Input(shape, dtype="float32", name=key) for key, shape in shapes.items()}


def _convolution(x, filters, name, kernel=3, strides=1):
    x = keras.layers.Conv2D(
        filters, kernel, strides, padding="same", kernel_initializer=INITIALIZER, name=name
    )(x)
    return keras.layers.LeakyReLU(SLOPE, name=f"{name}_activation")(x)


def _head(features, channels, name, activation):
    x = keras.layers.Conv2D(channels, 3, padding="same", name=f"{name}_logits")(features)
    return keras.layers.Activation(activation, dtype="float32", name=name)(x)


def _unet(config, name, image, pose, decoder, encoder=ENCODER):
    """A U-Net on (B, S, S, C) that the pose (B, S/2, S/2, P) joins at half size.

    Returns:
        Features (B, S, S, F), F = the decoder's last filters times the configured width.
    """

    def encode(x, index, **kwargs):
        filters = config.filters(encoder[index])
        return _convolution(x, filters, f"{name}_encoder_{index}", **kwargs)

    x = encode(image, 0, kernel=7)
    skips = [x]
    x = encode(x, 1, strides=2)
    x = encode(keras.layers.Concatenate(name=f"{name}_with_pose")([x, pose]), 2)
    for index in (3, 5, 7, 9):
        skips.append(x)
        x = encode(encode(x, index, strides=2), index + 1)
    for index, filters in enumerate(decoder):
        x = BilinearUpsampling(name=f"{name}_upsampling_{index}")(x)
        x = keras.layers.Concatenate(name=f"{name}_skip_{index}")([x, skips.pop()])
        x = _convolution(x, config.filters(filters), f"{name}_decoder_{index}")
    return x


def _start_as_composite(generator):
    """Gives a generator initial weights with which it shows its own warped limbs.

    LeakyReLU has `lrelu(x) - lrelu(-x) = (1 + SLOPE) x`: a pair of filters, one of x and one of
    -x, carries a colour through a layer without loss. Six filters carry the three colours from
    the first layer of a U-Net over its uppermost skip to its head. Subtracting `KINK` in the last
    layer makes the head's line steeper for bright and dark colours, where it undoes tanh.

    The mask has six filters more, without the kink: `lrelu(x) + lrelu(-x) = (1 - SLOPE) |x|`, so
    their sum is large where a limb is. All other weights stay random, and silent in the heads.
    """

    @contextlib.contextmanager
    def edited(name):
        layer = generator.get_layer(name)
        kernel, bias = layer.get_weights()
        yield kernel, bias
        layer.set_weights([kernel, bias])

    colours, last = np.arange(3), len(DECODER)
    positive, negative = 2 * colours, 2 * colours + 1  # the filters of x and of -x
    limbs = len(generator.config.skeleton.limbs)
    # Colours of the limbs are summed: where one limb is, the others are zero.
    for module, copies in (("background", 1), ("foreground", limbs)):
        with edited(f"{module}_encoder_0") as (kernel, bias):
            kernel[..., :6], bias[:6] = 0, 0
            for copy in range(copies):
                kernel[3, 3, 3 * copy + colours, positive] = 1
                kernel[3, 3, 3 * copy + colours, negative] = -1
        with edited(f"{module}_decoder_{last}") as (kernel, bias):
            kernel[..., :COMPOSITE_FILTERS] = 0
            bias[:6], bias[6:COMPOSITE_FILTERS] = -KINK, 0
            skip = kernel.shape[2] - generator.config.filters(ENCODER[0])  # where its channels are
            for block in (0, 6):
                for out, sign in ((positive, 1), (negative, -1)):
                    kernel[1, 1, skip + positive, block + out] = sign / (1 + SLOPE)
                    kernel[1, 1, skip + negative, block + out] = -sign / (1 + SLOPE)
        with edited(f"{module}_logits") as (kernel, bias):
            kernel[:] = 0
            # Below the kink, both filters of a pair are on their gentle side.
            kernel[1, 1, positive, colours] = GAIN / (2 * SLOPE)
            kernel[1, 1, negative, colours] = -GAIN / (2 * SLOPE)
    with edited("foreground_mask_logits") as (kernel, bias):
        kernel[:] = 0
        kernel[1, 1, 6:COMPOSITE_FILTERS] = MASK_GAIN
        bias[:] = MASK_BIAS


def with_masks(network: keras.Model) -> keras.Model:
    """A network that gives a dict of its `output` and, of a Generator, of its two masks.

    The masks are `mask_source` (B, S, S, L + 1), module A's, background first, and
    `foreground_mask` (B, S, S, 1), module C's.
    """
    names = {layer.name for layer in network.layers} & {"foreground_mask", "mask_source"}
    masks = {name: network.get_layer(name).output for name in sorted(names)}
    return keras.Model(network.input, {"output": network.output, **masks})
