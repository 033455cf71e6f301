"""What a training step costs, and what share of the machine's arithmetic it uses.

python -m benchmarks.step --image_sizes=256 --batch_sizes=2 --dtype=float32,bfloat16

Every variant runs in a process of its own, so that its memory is known; the processes take
their turns at every repeat. The baseline has `benchmarks.gathers`'s layers and no XLA. The
ceiling is the multiplication of two square matrices in the same format, in turn with the others.

KERAS_BACKEND=jax python -m benchmarks.step --parts=forward,pretrain

needs no TensorFlow: everything is compiled by XLA, and there is no baseline.
"""

import itertools

import keras
from absl import flags

from benchmarks.measuring import Timed, peak_memory, table
from benchmarks.training_step import (
    DTYPES,
    GEMM_SIZES,
    PARTS,
    VARIANTS,
    device,
    make_multiplication,
    make_step,
    step_flops,
)
from posewarp.networks import ModelConfig
from posewarp.program import run

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
for name, known in (("parts", PARTS), ("dtype", DTYPES), ("variants", VARIANTS)):
    flags.register_validator(name, set(known).issuperset, f"expected any of {', '.join(known)}")
# Not --width: every process of the benchmark defines the flags of `train.pretrain` as well.
flags.DEFINE_float("network_width", 1.0, "Factor on the number of filters.", lower_bound=0.01)
flags.DEFINE_integer("repeats", 5, "Timings of each.", lower_bound=1)

HEADER = ["step", "s", "ratio", "GFLOP/s", "of ceiling", "peak GB", "first s"]


def peak() -> int:
    """The most memory in bytes that the device, or on a CPU this process, has had in use."""
    if keras.backend.backend() == "jax":
        import jax

        memory = jax.devices()[0].memory_stats()
        if memory:
            return memory["peak_bytes_in_use"]
    return peak_memory()


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
    first = next(iter(timed.values())).median
    gemm = 2 * GEMM_SIZES[device()[0]] ** 3
    ceiling = {dtype: gemm / each.median for dtype, each in ceilings.items()}
    rows = []
    for (variant, dtype), each in timed.items():
        rate = flops / each.median
        rows.append(
            [
                f"{part}, {config.image_size} px, batch {batch}, {dtype}: {variant}",
                f"{each.median:.4g}",
                f"{first / each.median:.2f}",
                f"{rate / 1e9:.0f}",
                f"{100 * rate / ceiling[dtype]:.0f} %",
                f"{each.close(peak) / 1e9:.2f}",
                f"{each.first:.1f}",
            ]
        )
    for dtype, each in ceilings.items():
        figures = [f"{each.median:.4g}", "", f"{ceiling[dtype] / 1e9:.0f}", "", "", ""]
        rows.append([f"matrix product, {dtype}", *figures])
        each.close()
    return rows


def main():
    """Prints the table."""
    variants = ["posewarp-xla"] if keras.backend.backend() == "jax" else FLAGS.variants
    print(f"Keras on {keras.backend.backend()}, device: {device()[1]}")
    for part, size, batch in itertools.product(
        FLAGS.parts, map(int, FLAGS.image_sizes), map(int, FLAGS.batch_sizes)
    ):
        config = ModelConfig(image_size=size, width=FLAGS.network_width)
        rows = measure(part, config, batch, FLAGS.dtype, variants, FLAGS.repeats)
        print(table(rows, HEADER), flush=True)


if __name__ == "__main__":
    run(main)
