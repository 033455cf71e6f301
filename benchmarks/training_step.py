"""The steps that are timed, what arithmetic they need, and the ceiling that they are held against.

Runs under TensorFlow and, forward and pretraining, under JAX without it.
"""

import contextlib
from collections.abc import Callable

import keras
import numpy as np
from keras import ops

from benchmarks.gathers import baseline_layers
from posewarp.errors import UsageError
from posewarp.networks import Discriminator, Generator, ModelConfig
from posewarp.perceptual import CHANNELS, ActivationStatistics, PerceptualLoss, vgg19
from posewarp.volumes import network_inputs

PARTS = ("forward", "pretrain", "gan")
DTYPES = ("float32", "tensorfloat32", "bfloat16")
VARIANTS = ("baseline", "posewarp", "posewarp-xla")
GEMM_SIZES = {"cpu": 4096, "gpu": 8192}
STD = 50.0
"""Of every VGG channel; the time does not depend on it."""


def constant_loss() -> PerceptualLoss:
    """The perceptual loss, random weights and all statistics being `STD`."""
    statistics = [tuple(np.full(channels, STD) for channels in CHANNELS)] * 2
    return PerceptualLoss(vgg19("random"), ActivationStatistics(*statistics))


def count_flops(model: keras.Model, image_size: int) -> int:
    """Operations of a model's convolutions and dense layers for one example, two per product.

    Args:
        model: keras.Model, functional.
        image_size: int. Height and width, for a model that takes any.
    """
    flops = 0
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D | keras.layers.Dense):
            places = layer.output.shape[1:-1]
            if None in places:  # VGG: halved once a block
                places = [image_size >> (int(layer.name[len("block")]) - 1)] * 2
            flops += 2 * int(np.prod(layer.kernel.shape)) * int(np.prod(places))
    return flops


def step_flops(part: str, config: ModelConfig, batch: int) -> int:
    """Operations that a part needs: a gradient by inputs or by weights costs a forward pass.

    That of the first layer by the image, which nobody needs, is counted in; it is 1 %.
    """
    with keras.device("cpu"):
        generator = count_flops(Generator(config), config.image_size)
        vgg = count_flops(vgg19("random"), config.image_size)
        discriminator = count_flops(Discriminator(config), config.image_size)
    # VGG: the target's features, those of the output, and their gradient by the output.
    flops = {"forward": generator, "pretrain": 3 * generator + 3 * vgg}
    # The discriminator learns from real and generated images; then it judges, with a gradient by
    # the image.
    flops["gan"] = generator + (2 * 3 + 2) * discriminator + flops["pretrain"]
    return batch * flops[part]


def random_batch(config: ModelConfig, batch: int):
    """Inputs and target of the shapes, ranges and transforms of real ones."""
    random = np.random.default_rng(0)
    size, joints = config.image_size, len(config.skeleton.joints)
    images = random.uniform(-1, 1, (2, batch, size, size, 3)).astype("float32")
    poses = random.uniform(0.2 * size, 0.8 * size, (2, batch, joints, 2))
    inputs = network_inputs(ops.convert_to_tensor(images[0]), *poses, config.skeleton, size)
    return inputs, ops.convert_to_tensor(images[1])


def make_step(
    part: str, config: ModelConfig, batch: int, dtype: str, variant: str
) -> Callable[[], None]:
    """A function that does one step, and returns when it is done."""
    if dtype == "bfloat16":
        keras.config.set_dtype_policy("mixed_bfloat16")
    with baseline_layers() if variant == "baseline" else contextlib.nullcontext():
        generator = Generator(config)
    loss = constant_loss()
    inputs, target = random_batch(config, batch)
    if keras.backend.backend() == "jax":
        return _jax_step(part, generator, loss, inputs, target, dtype)
    return _tensorflow_step(part, generator, loss, inputs, target, variant == "posewarp-xla")


def _tensorflow_step(part, generator, loss, inputs, target, xla):
    import tensorflow as tf

    from train.adversarial import PoseWarpGAN
    from train.loop import compile_update
    from train.pretrain import Pretraining

    if part == "forward":

        def forward(inputs, target):  # the target is for the other parts
            return generator(inputs, training=False)

        functions = [tf.function(forward, jit_compile=xla, autograph=False)]
    else:
        learner = (
            Pretraining(generator, loss, 1e-4)
            if part == "pretrain"
            else PoseWarpGAN(generator, Discriminator(generator.config), loss)
        )
        functions = [
            compile_update(learner.updates[name], tf.distribute.get_strategy(), xla)
            for name in learner.schedule(0)
        ]

    def step():
        for function in functions:
            function(inputs, target)
        tf.test.experimental.sync_devices()

    return step


def _jax_step(part, generator, loss, inputs, target, dtype):
    import jax

    if part == "gan":
        raise UsageError("--parts: gan is TensorFlow's; under JAX, take forward and pretrain")
    _set_jax_precision(dtype)
    fixed = [variable.value for variable in generator.non_trainable_variables]
    weights = [variable.value for variable in generator.trainable_variables]
    if part == "forward":
        forward = jax.jit(lambda w, f, x: generator.stateless_call(w, f, x, training=False)[0])
        return lambda: jax.block_until_ready(forward(weights, fixed, inputs))

    optimizer = keras.optimizers.Adam(1e-4)
    optimizer.build(generator.trainable_variables)
    state = [variable.value for variable in optimizer.variables]
    vgg_weights = [variable.value for variable in loss.vgg.variables]

    def objective(weights, fixed, vgg_weights, inputs, target):
        output, fixed = generator.stateless_call(weights, fixed, inputs, training=True)
        mapping = zip(loss.vgg.variables, vgg_weights, strict=True)
        with keras.StatelessScope(state_mapping=list(mapping)):
            return loss.mean(target, output), fixed

    def update(weights, fixed, state, vgg_weights, inputs, target):
        gradient = jax.value_and_grad(objective, has_aux=True)
        (value, fixed), found = gradient(weights, fixed, vgg_weights, inputs, target)
        weights, state = optimizer.stateless_apply(state, found, weights)
        return weights, fixed, state, value

    compiled = jax.jit(update, donate_argnums=(0, 1, 2))
    held = [weights, fixed, state]

    def step():
        *held[:], value = compiled(*held, vgg_weights, inputs, target)
        jax.block_until_ready(value)

    return step


def _set_jax_precision(dtype):
    import jax

    precision = "highest" if dtype == "float32" else "default"
    jax.config.update("jax_default_matmul_precision", precision)


def make_multiplication(dtype: str) -> Callable[[], None]:
    """The ceiling: a function that multiplies two square matrices of `GEMM_SIZES`."""
    size = GEMM_SIZES[device()[0]]
    arrays = np.random.default_rng(0).standard_normal((2, size, size))
    dtype_held = "bfloat16" if dtype == "bfloat16" else "float32"
    if keras.backend.backend() == "jax":
        import jax

        _set_jax_precision(dtype)
        multiply = jax.jit(jax.numpy.matmul)
        a, b = jax.numpy.asarray(arrays, dtype_held)
        return lambda: jax.block_until_ready(multiply(a, b))
    import tensorflow as tf

    a, b = tf.unstack(tf.cast(arrays, dtype_held))

    def multiply():
        tf.matmul(a, b)
        tf.test.experimental.sync_devices()

    return multiply


def device() -> tuple[str, str]:
    """Kind, `cpu` or `gpu`, and name of the device that computes."""
    if keras.backend.backend() == "jax":
        import jax

        found = jax.devices()[0]
        return found.platform, found.device_kind
    import tensorflow as tf

    return ("gpu" if tf.config.list_physical_devices("GPU") else "cpu"), "TensorFlow's"
