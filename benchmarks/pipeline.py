"""Times the data pipeline beside a plain NumPy and OpenCV loop that makes the same batches.

python -m benchmarks.pipeline [--dataset=<layout> --data_dir=<data set>]

Without --data_dir, a few people are rendered first. For one core and for all of them, with
and without augmentation, it prints examples a second: of the loop, of the pipeline when it decodes
every frame anew, and when decoded frames fit into --cache_frames. A ratio is that of two medians
of one run, in which all three took turns. What is timed has been checked to be the same.
"""

import dataclasses
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
from absl import flags

from benchmarks.measuring import all_cores, in_own_process, medians, peak_memory, table
from benchmarks.numpy_loop import NumpyLoop, require_agreement
from data.data_flags import read_split
from data.pairs import Pairs
from data.people.dataset import Settings, write_people
from data.pipeline import make_dataset
from data.videos import Video, read_videos
from posewarp.networks import ModelConfig
from posewarp.program import run
from posewarp.skeleton import FULL_BODY

FLAGS = flags.FLAGS
flags.DEFINE_integer("image_size", 256, "Height and width of the images, a multiple of 32.")
flags.DEFINE_integer("batch_size", 4, "Examples a batch.", lower_bound=1)
flags.DEFINE_integer("batches", 256, "Batches of the pipeline that are timed.", lower_bound=1)
flags.DEFINE_integer("repeats", 5, "Timings of each, in turn.", lower_bound=1)
flags.DEFINE_integer("cache_frames", 1024, "Room for decoded frames in MiB.", lower_bound=1)

LOOP_SHARE = 16
"""The loop makes this many times fewer batches than the pipeline, which takes as long."""
READY = 8
"""Batches that a pipeline has made, or begun, when nobody takes them."""
NAMES = ("loop", "decoding", "cached")


@dataclasses.dataclass(frozen=True)
class Work:
    """What is timed: the videos of a data set, and how batches are made of them."""

    videos: Sequence[Video]
    config: ModelConfig
    fit: str
    batch_size: int
    batches: int
    cache_mib: int

    def pairs(self, augment: bool, cache_mib: int = 0) -> Pairs:
        """The examples of the videos."""
        return Pairs(self.videos, self.config, augment=augment, fit=self.fit, cache_mib=cache_mib)


def maker(work: Work, name: str, augment: bool) -> tuple[Callable[[], None], int]:
    """A function that makes batches, and how many they are."""
    pairs = work.pairs(augment, work.cache_mib if name == "cached" else 0)
    if name == "loop":
        loop, count = NumpyLoop(pairs, work.batch_size), max(work.batches // LOOP_SHARE, 1)

        def make():
            for number in range(count):
                loop.batch(number)
    else:
        batches, count = iter(make_dataset(pairs, work.batch_size)), work.batches

        def make():
            # As many again as may be ready when its turn begins.
            for _ in range(count + READY):
                next(batches)

    return make, count


def timings(work: Work, augment: bool, repeats: int) -> dict[str, float]:
    """Seconds per example, medians, of the loop and of the pipeline, decoding and cached."""
    # One thread makes the loop's images; the pipeline makes several at once.
    cv2.setNumThreads(1)
    makers = {name: maker(work, name, augment) for name in NAMES}
    found = medians({name: make for name, (make, _) in makers.items()}, repeats)
    return {name: found[name] / (count * work.batch_size) for name, (_, count) in makers.items()}


def memory(work: Work, name: str) -> int:
    """Bytes that making batches adds to the process's peak of memory."""
    before = peak_memory()
    make, _ = maker(work, name, True)
    make()
    return peak_memory() - before


def ceilings(work: Work) -> dict[str, float]:
    """What one core needs per example to do no more than write the tensors, and decode."""
    inputs, target = NumpyLoop(work.pairs(False), work.batch_size).batch(0)
    tensors = [*inputs.values(), target]
    paths = [str(path) for video in work.videos for path in video.frames][:32]
    functions = {
        "write": lambda: [tensor.fill(0.0) for tensor in tensors],
        "decode": lambda: [cv2.imread(path) for path in paths],
    }
    found = medians(functions, 9)
    return {
        "bytes": sum(tensor.nbytes for tensor in tensors) / work.batch_size,
        "write": found["write"] / work.batch_size,
        "decode": 2 * found["decode"] / len(paths),
    }


def report(work: Work, repeats: int):
    """Times everything and prints it."""
    for augment in (False, True):
        pairs = work.pairs(augment)
        print(f"Largest differences, PSNR of images: {require_agreement(pairs, work.batch_size)}")
    rows, best = [], {}
    for cores in sorted({1, all_cores()}):
        for augment in (False, True):
            seconds = in_own_process(timings, work, augment, repeats, cores=cores)
            rates = [f"{1 / value:.1f}" for value in seconds.values()]
            ratios = [f"{seconds['loop'] / seconds[name]:.1f}" for name in ("decoding", "cached")]
            rows.append([str(cores), "yes" if augment else "no", *rates, *ratios])
            best[cores] = seconds
    header = ["cores", "augmentation", *NAMES, "decoding / loop", "cached / loop"]
    print(f"\nExamples a second\n\n{table(rows, header)}\n")

    used = {name: in_own_process(memory, work, name) for name in NAMES}
    print("Memory, MiB:", ", ".join(f"{name} {used[name] >> 20}" for name in NAMES))
    least = in_own_process(ceilings, work, cores=1)
    cached, decoding = best[1]["cached"], best[1]["decoding"]
    print(
        f"On one core, an example's {least['bytes'] / 1e6:.1f} MB can be written at "
        f"{least['bytes'] / least['write'] / 1e9:.1f} GB/s, which is "
        f"{least['write'] / cached:.0%} of the pipeline's time with cached frames; to decode its "
        f"two whole frames alone would take {least['decode'] / decoding:.0%} of the time without"
    )
    print(
        f"On all cores, a batch takes {1e3 * work.batch_size * best[max(best)]['decoding']:.1f} ms "
        f"decoding, {1e3 * work.batch_size * best[max(best)]['cached']:.1f} ms cached: a step that "
        "leaves the cores alone and takes longer never waits"
    )


def main():
    """Renders a data set if none is given, and measures."""
    config = ModelConfig(FULL_BODY, FLAGS.image_size)
    settings = (config, FLAGS.fit, FLAGS.batch_size, FLAGS.batches, FLAGS.cache_frames)
    if FLAGS.data_dir:
        report(Work(read_split("train"), *settings), FLAGS.repeats)
        return
    with tempfile.TemporaryDirectory() as folder:
        people = Settings(4, 0, frames=30, size=FLAGS.image_size, framing="full")
        write_people(folder, people, workers=2)
        report(Work(read_videos(Path(folder), "train"), *settings), FLAGS.repeats)


if __name__ == "__main__":
    run(main)
