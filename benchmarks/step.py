"""What a training step costs, and what share of the machine's arithmetic it uses.

python -m benchmarks.step --image_sizes=256 --batch_sizes=2 --dtype=float32,bfloat16

Every variant runs in a process of its own, so that its memory is known; the processes take
their turns at every repeat. The baseline has `benchmarks.gathers`'s layers and no XLA. The
ceiling is the multiplication of two square matrices in the same format, in turn with the others.

KERAS_BACKEND=jax python -m benchmarks.step --parts=forward,pretrain

needs no TensorFlow: everything is compiled by XLA, and there is no baseline.
"""

import contextlib
import itertools
import multiprocessing
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

import keras
import numpy as np
from absl import flags
from keras import ops

from benchmarks.gathers import baseline_layers
from benchmarks.measuring import peak_memory, table
from posewarp.errors import UsageError
from posewarp.networks import Discriminator, Generator, ModelConfig
from posewarp.perceptual import CHANNELS, ActivationStatistics, PerceptualLoss, vgg19
from posewarp.program import run
from posewarp.volumes import network_inputs

PARTS = ("forward", "pretrain", "gan")
DTYPES = ("float32", "tensorfloat32", "bfloat16")
VARIANTS = ("baseline", "posewarp", "posewarp-xla")
GEMM_SIZES = {"cpu": 4096, "gpu": 8192}

FLAGS = flags.FLAGS
flags.DEFINE_list("image_sizes", ["256"], "Heights and widths of the images.")
flags.DEFINE_list("batch_sizes", ["2"], "Examples a batch.")
flags.DEFINE_list("parts", ["pretrain"], f"Any of {', '.join(PARTS)}.")
flags.DEFINE_list(
    "dtype",
    ["float32"],
    f"Any of {', '.join(DTYPES)}: what convolutions compute in; tensorfloat32 is float32 that a "
    "GPU may round, with JAX.",
)
flags.DEFINE_list("variants", list(VARIANTS), f"Any of {', '.join(VARIANTS)}.")
# Not --width: every process of the benchmark defines the flags of `train.pretrain` as well.
flags.DEFINE_float("network_width", 1.0, "Factor on the number of filters.", lower_bound=0.01)
flags.DEFINE_integer("repeats", 5, "Timings of each.", lower_bound=1)


def count_flops(model: keras.Model, image_size: int) -> int:
    """Operations of a model's convolutions and dense layers for one example, two per product.

    Args:
        model: keras.Model, functional.
        image_size: int. Height and width, for a model that takes any.
    """
    flops = 0
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            kernel = layer.kernel.shape
            height, width = (side or image_size for side in layer.output.shape[1:3])
            if layer.output.shape[1] is None:  # VGG: halved once a block
                height = width = image_size >> (int(layer.name[len("block")]) - 1)
            flops += 2 * height * width * int(np.prod(kernel))
        elif isinstance(layer, keras.layers.Dense):
            flops += 2 * int(np.prod(layer.kernel.shape))
    return flops


def step_flops(part: str, config: ModelConfig, batch: int) -> int:
    """Operations that a part needs: a gradient by inputs or by weights costs a forward pass.

    That of the first layer by the image, which nobody needs, is counted in; it is 1 %.
    """
    with keras.device("cpu"):
        generator = count_flops(Generator(config), config.image_size)
        vgg = count_flops(vgg19("random"), config.image_size)
        discriminator = count_flops(Discriminator(config), config.image_size)
    # The target's features, those of the output, and their gradient by the output.
    pretraining = 3 * generator + 3 * vgg
    return (
        batch
        * {
            "forward": generator,
            "pretrain": pretraining,
            # The discriminator learns from real and generated images; then it judges, with a
            # gradient by the image.
            "gan": generator + 2 * 3 * discriminator + pretraining + 2 * discriminator,
        }[part]
    )


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
    statistics_ = ActivationStatistics(*([np.full(n, 50.0) for n in CHANNELS] for _ in range(2)))
    loss = PerceptualLoss(vgg19("random"), statistics_)
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
        call = tf.function(
            lambda inputs: generator(inputs, training=False), jit_compile=xla, autograph=False
        )
        functions = [lambda: call(inputs)]
    else:
        learner = (
            Pretraining(generator, loss, 1e-4)
            if part == "pretrain"
            else PoseWarpGAN(generator, Discriminator(generator.config), loss)
        )
        updates = [
            compile_update(learner.updates[name], tf.distribute.get_strategy(), xla)
            for name in learner.schedule(0)
        ]
        functions = [lambda update=update: update(inputs, target) for update in updates]

    def step():
        for function in functions:
            function()
        tf.test.experimental.sync_devices()

    return step


def _jax_step(part, generator, loss, inputs, target, dtype):
    import jax

    if part == "gan":
        raise UsageError("--parts: gan is TensorFlow's; under JAX, take forward and pretrain")
    precision = "highest" if dtype == "float32" else "default"
    jax.config.update("jax_default_matmul_precision", precision)
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
            return ops.mean(loss.call(target, output)), fixed

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


def make_multiplication(dtype: str) -> Callable[[], None]:
    """The ceiling: a function that multiplies two square matrices; `gemm_flops` counts it."""
    size = GEMM_SIZES[device()[0]]
    arrays = np.random.default_rng(0).standard_normal((2, size, size))
    if keras.backend.backend() == "jax":
        import jax
        import jax.numpy as jnp

        jax.config.update(
            "jax_default_matmul_precision", "highest" if dtype == "float32" else "default"
        )
        multiply = jax.jit(jnp.matmul)
        a, b = jnp.asarray(arrays, "bfloat16" if dtype == "bfloat16" else "float32")
        return lambda: jax.block_until_ready(multiply(a, b))
    import tensorflow as tf

    a, b = tf.unstack(tf.cast(arrays, "bfloat16" if dtype == "bfloat16" else "float32"))

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


_function: Callable[[], None]
"""What `_timed` calls, in a process of `Timed`."""


def _set(make, arguments):
    global _function
    start = time.perf_counter()
    _function = make(*arguments)
    _function()
    return time.perf_counter() - start


def _timed():
    start = time.perf_counter()
    _function()
    return time.perf_counter() - start


def _peak():
    if keras.backend.backend() == "jax":
        import jax

        memory = jax.devices()[0].memory_stats()
        if memory:
            return memory["peak_bytes_in_use"]
    return peak_memory()


class Timed:
    """A function in a process of its own, which keeps it between its calls.

    Args:
        make: A function of a module that makes it.
        arguments: Of `make`.

    `first` is the time in seconds to make it and to call it once, compilation included.
    """

    def __init__(self, make: Callable, *arguments):
        self._pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
        self.first = self._pool.submit(_set, make, arguments).result()
        self.seconds: list[float] = []

    def call(self):
        """Times one call."""
        self.seconds.append(self._pool.submit(_timed).result())

    def close(self) -> int:
        """Ends the process; gives its peak memory in bytes."""
        peak = self._pool.submit(_peak).result()
        self._pool.shutdown()
        return peak

    @property
    def median(self) -> float:
        """Median time of a call in seconds."""
        return statistics.median(self.seconds)


def measure(part: str, config: ModelConfig, batch: int, dtypes, variants, repeats: int):
    """Times all variants of one step in turn.

    Returns:
        Rows of the table.
    """
    flops = step_flops(part, config, batch)
    timed = {
        (variant, dtype): Timed(make_step, part, config, batch, dtype, variant)
        for dtype, variant in itertools.product(dtypes, variants)
        # There is one baseline, in the format of the published code.
        if variant != "baseline" or dtype == dtypes[0]
    }
    ceilings = {dtype: Timed(make_multiplication, dtype) for dtype in dtypes}
    for _ in range(repeats):
        for each in (*timed.values(), *ceilings.values()):
            each.call()
    gemm = 2 * GEMM_SIZES[device()[0]] ** 3
    first = next(iter(timed.values())).median
    rows = []
    for (variant, dtype), each in timed.items():
        rate = flops / each.median
        rows.append(
            [
                f"{part}, {config.image_size} px, batch {batch}, {dtype}: {variant}",
                f"{each.median:.4g}",
                f"{first / each.median:.2f}",
                f"{rate / 1e9:.0f}",
                f"{100 * rate / (gemm / ceilings[dtype].median):.0f} %",
                f"{each.close() / 1e9:.2f}",
                f"{each.first:.1f}",
            ]
        )
    for dtype, ceiling in ceilings.items():
        rate = gemm / ceiling.median / 1e9
        rows.append(
            [f"matrix product, {dtype}", f"{ceiling.median:.4g}", "", f"{rate:.0f}", *"   "]
        )
        ceiling.close()
    return rows


def chosen(name: str, known) -> list[str]:
    """A list flag's values.

    Raises:
        UsageError: One is not known.
    """
    for value in getattr(FLAGS, name):
        if value not in known:
            raise UsageError(f"--{name}: expected any of {', '.join(known)}, got {value!r}")
    return getattr(FLAGS, name)


def main():
    """Prints the table."""
    parts, dtypes, variants = (
        chosen(name, known)
        for name, known in (("parts", PARTS), ("dtype", DTYPES), ("variants", VARIANTS))
    )
    if keras.backend.backend() == "jax":
        variants = ["posewarp-xla"]
    header = ["step", "s", "ratio", "GFLOP/s", "of ceiling", "peak GB", "first s"]
    print(f"Keras on {keras.backend.backend()}, device: {device()[1]}")
    for part, size, batch in itertools.product(
        parts, map(int, FLAGS.image_sizes), map(int, FLAGS.batch_sizes)
    ):
        config = ModelConfig(image_size=size, width=FLAGS.network_width)
        rows = measure(part, config, batch, dtypes, variants, FLAGS.repeats)
        print(table(rows, header), flush=True)


if __name__ == "__main__":
    run(main)
