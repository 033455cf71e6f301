"""Measures a trained model on fixed pairs of frames, beside copying the source image.

python -m eval.evaluate --model=runs/mine --data_dir=<data set>

Perceptual loss, and L1, PSNR and SSIM on the scale of [0, 1] over the whole image and over the
person's box, and sharpness there, by video, over the pairs that move most and overall, with
standard errors over pairs. `--unet_run_dir` adds the paper's other baseline. `--detail=2` measures
at twice the network's size, with the photo's detail and without. `--output` gets `metrics.json`,
and in `best.png` and `worst.png` the pairs at both ends of L1 in the person's box, less that of
copying.
"""

import os
import platform
import re
from collections import defaultdict
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from absl import flags, logging
from tqdm import tqdm

from data.data_flags import log_left_out, read_split
from data.drawing import transfer_figure, write_image
from data.files import check_folder, read_json_file, write_json
from data.layouts import SPLITS
from data.pairs import Pairs
from data.vgg_files import STATISTICS_FILE, load_vgg, read_statistics
from eval.measures import COPIED, GENERATED, METRICS_FILE, UNET, measure, summarize, table
from eval.predictors import Predictor
from posewarp.errors import ModelError, UsageError
from posewarp.networks import ModelConfig, PlainUNet
from posewarp.perceptual import PerceptualLoss
from posewarp.program import run
from posewarp.saving import load_network

FLAGS = flags.FLAGS
flags.DEFINE_string(
    "model", None, "Run directory, a .keras file, or upper_body or full_body, which ship."
)
flags.DEFINE_alias("run_dir", "model")
flags.DEFINE_string("unet_run_dir", None, "The plain U-Net's run directory, or its .keras file.")
flags.DEFINE_enum("split", "test", SPLITS, "Split of the data set.")
flags.DEFINE_integer("pairs", 200, "Number of pairs.", lower_bound=2)
flags.DEFINE_integer(
    "detail", 1, "Measure at so many times the network's size, with the photo's detail.", 1, 8
)
flags.DEFINE_integer("seed", 0, "Seed of the choice of pairs.", lower_bound=0)
flags.DEFINE_string("output", None, "Folder to write; by default evaluation in the run directory.")
flags.DEFINE_string(
    "vgg_weights",
    None,
    "imagenet, random, the path of an .h5 file, or none for no perceptual loss; by default what "
    "the run was trained with.",
)
flags.DEFINE_string(
    "vgg_statistics", None, "Activation statistics, .npz or .mat; by default the run's own."
)

PARTS = {
    "overall": (1, "all pairs"),
    "half_moved": (2, "half of the pairs that move most"),
    "most_moved": (3, "third of the pairs that move most"),
}
"""The pairs that move most, as a part of all, and what it is called."""
SHARES = {"l1_person": "L1", "perceptual_person": "perceptual loss"}
END_ROWS = 6
"""Pairs in each figure, if there are enough."""


def main():
    """Measures, prints the table, and writes the folder."""
    run_dir = Path(FLAGS.model)
    paths = {GENERATED: run_dir}
    networks = {GENERATED: load_network(run_dir)}
    if FLAGS.unet_run_dir:
        paths[UNET] = Path(FLAGS.unet_run_dir)
        networks[UNET] = load_baseline(paths[UNET], networks[GENERATED].config)
    if not FLAGS.output and not run_dir.is_dir():
        raise UsageError("--output: required where --model is a file: folder to write")
    output = Path(FLAGS.output or run_dir / "evaluation")
    measured_on = {"data_dir": FLAGS.data_dir, "split": FLAGS.split}
    check_measured_on(output / METRICS_FILE, measured_on)
    predictor = Predictor(networks, FLAGS.detail)
    pairs = Pairs(read_split(FLAGS.split), predictor.config, FLAGS.seed, fit=FLAGS.fit)
    vgg_weights, perceptual_loss = load_perceptual_loss(run_dir)
    check_folder(output)
    output.mkdir(parents=True, exist_ok=True)
    log_left_out(pairs.left_out, FLAGS.split)

    measured, moved, seconds = measure_pairs(predictor, pairs, perceptual_loss)
    ends = find_ends(measured)
    names = [pairs.videos[pairs.draw(index)[0]].name for index in range(FLAGS.pairs)]
    report = {
        **measured_on,
        "pairs": FLAGS.pairs,
        "seed": FLAGS.seed,
        "image_size": predictor.config.image_size,
        "vgg_weights": vgg_weights,
        "processor": processor(),
        "networks": {
            name: describe(network, paths[name], seconds[name])
            for name, network in networks.items()
        },
        **summaries(measured, names, moved),
        "ends": {
            end: [{"index": index, "video": names[index]} for index in indices]
            for end, indices in ends.items()
        },
    }
    for end, indices in ends.items():
        write_image(output / f"{end}.png", draw(predictor, pairs, indices))
    write_json(output / METRICS_FILE, report)
    print_report(report, output)


def check_measured_on(path: Path, measured_on: dict[str, str]):
    """Checks that figures which are there, if any, are of the same data set; else UsageError."""
    there = read_json_file(path) if path.is_file() else {}
    kept = measured_on | {name: there[name] for name in measured_on if name in there}
    if kept != measured_on:
        raise UsageError(
            f"--output: {path.parent} has the figures of {kept['data_dir']} ({kept['split']}): "
            f"give another folder, or remove it"
        )


def load_baseline(path: Path, config: ModelConfig) -> PlainUNet:
    """Loads the plain U-Net to compare with.

    Raises:
        ModelError: It is another network, or works on other joints or on images of another size.
    """
    model = load_network(path)
    if not isinstance(model, PlainUNet):
        raise ModelError(f"{path}: expected a plain U-Net, got a {type(model).__name__}")
    if (model.config.skeleton, model.config.image_size) != (config.skeleton, config.image_size):
        theirs, ours = (
            f"skeleton {c.skeleton.name} at {c.image_size} px" for c in (model.config, config)
        )
        raise ModelError(f"{path}: expected {ours} as --model has, got {theirs}")
    return model


def load_perceptual_loss(run_dir: Path) -> tuple[str | None, PerceptualLoss | None]:
    """Loads the perceptual loss of the flags, by default the one that the run was trained on.

    Returns:
        The VGG19 weights, as the flag names them, and the loss; None and None where there are no
        statistics, or --vgg_weights=none.

    Raises:
        ModelError, UsageError: Weights or statistics cannot be read, or are not of one kind.
    """
    folder = run_dir if run_dir.is_dir() else run_dir.parent
    trained = trained_weights(folder)
    weights = FLAGS.vgg_weights or trained or "imagenet"
    if weights == "none":
        return None, None
    path = Path(FLAGS.vgg_statistics or folder / STATISTICS_FILE)
    if not FLAGS.vgg_statistics:
        if not path.is_file():
            logging.warning("%s: no such file: no perceptual loss without --vgg_statistics", path)
            return None, None
        if trained and (weights == "random") != (trained == "random"):
            raise UsageError(
                f"--vgg_weights={weights}: {path} belongs to --vgg_weights={trained}; take that, "
                f"or give --vgg_statistics"
            )
    return weights, PerceptualLoss(load_vgg(weights), read_statistics(path))


def trained_weights(folder: Path) -> str | None:
    """The VGG19 weights that a run was trained with, if its `flags.txt` is there to say so."""
    path = folder / "flags.txt"
    text = path.read_text("utf-8", "surrogateescape") if path.is_file() else ""
    found = re.search(r"^--vgg_weights=(.+)$", text, re.MULTILINE)
    return found[1] if found else None


def measure_pairs(
    predictor: Predictor, pairs: Pairs, perceptual_loss: PerceptualLoss | None
) -> tuple[dict[str, list[dict[str, float]]], list[float], dict[str, float]]:
    """Measures the predictor's images, and the source images, of the pairs of the flags.

    Returns:
        By image, what `measure` gives for each pair, in order; each pair's mean distance between
        a joint's places in source and target, in pixels; and by network, the median seconds that
        one image takes, its inputs included.

    Raises:
        ModelError: A network's output is not finite.
    """
    measured, seconds, moved = defaultdict(list), defaultdict(list), []
    for index in tqdm(range(FLAGS.pairs), unit="pair", disable=None):
        example = pairs.example(index)
        images, taken = predictor(example)
        images = {GENERATED: images.pop(GENERATED), COPIED: example.source_image, **images}
        for name, image in images.items():
            if not np.isfinite(image).all():
                raise ModelError(f"{name}: pair {index}: the network's output is not finite")
            measured[name].append(measure(example, image, perceptual_loss))
        for name, value in taken.items():
            seconds[name].append(value)
        distances = np.linalg.norm(example.target_joints - example.source_joints, axis=-1)
        moved.append(float(np.nanmean(distances)))
    # The first call builds the function.
    return measured, moved, {name: float(np.median(x[1:])) for name, x in seconds.items()}


def find_ends(measured: dict[str, list[dict[str, float]]]) -> dict[str, list[int]]:
    """The pairs with the best and with the worst results, from the end inwards."""
    ours, copied = (
        np.array([values["l1_person"] for values in measured[name]]) for name in (GENERATED, COPIED)
    )
    order = np.argsort(ours - copied, kind="stable").tolist()
    rows = min(END_ROWS, len(order) // 2)
    return {"best": order[:rows], "worst": order[::-1][:rows]}


def summaries(
    measured: dict[str, list[dict[str, float]]], videos: list[str], moved: list[float]
) -> dict:
    """Every predictor's summary over all pairs, those that move most, and each video's."""

    def over(indices):
        return {
            name: summarize([values[index] for index in indices])
            for name, values in measured.items()
        }

    most, count = np.argsort(moved, kind="stable")[::-1], len(videos)
    return {
        **{name: over(most[: max(1, count // part)]) for name, (part, _) in PARTS.items()},
        "by_video": {
            video: over([index for index, name in enumerate(videos) if name == video])
            for video in sorted(set(videos))
        },
    }


def describe(network: keras.Model, path: Path, seconds: float) -> dict:
    """What a reader has to know of a network; a run directory tells its steps."""
    numbers = (file.stem.removeprefix("ckpt-") for file in path.glob("checkpoints/ckpt-*.index"))
    return {
        "network": type(network).__name__,
        "width": network.config.width,
        "parameters": network.count_params(),
        "steps": max((int(number) for number in numbers if number.isdecimal()), default=None),
        "seconds_per_image": seconds,
    }


def processor() -> str:
    """The name of what the networks run on, and of a CPU how many cores there are."""
    for device in tf.config.list_physical_devices("GPU"):
        return tf.config.experimental.get_device_details(device).get("device_name", "GPU")
    cpuinfo = Path("/proc/cpuinfo")
    text = cpuinfo.read_text() if cpuinfo.is_file() else ""
    found = re.search(r"^model name\s*: (.+)$", text, re.MULTILINE)
    name = found[1] if found else platform.processor() or platform.machine()
    return f"{name}, {os.cpu_count()} cores"


def draw(predictor: Predictor, pairs: Pairs, indices: list[int]) -> np.ndarray:
    """Draws some pairs, made again, with all that the predictor makes of them."""
    examples = [pairs.example(index) for index in indices]
    made = [predictor(example)[0] for example in examples]
    images = {name: np.stack([images[name] for images in made]) for name in made[0]}
    generated = images.pop(GENERATED)
    return transfer_figure(examples, generated, pairs.config.skeleton, images)


def print_report(report: dict, output: Path):
    """Prints the overall figures and where everything is."""
    rows = table(report)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for label, *cells in rows:
        aligned = (f"{cell:>{width}}" for cell, width in zip(cells, widths[1:], strict=True))
        print(f"{label:{widths[0]}}", *aligned, sep="   ")
    print(f"\nmean +- standard error over {report['pairs']} pairs; {report['processor']}")
    print(f"{output}: {METRICS_FILE} (by video too), best.png, worst.png")
    for pairs, (_, text) in reversed(PARTS.items()):
        ours, copied = (report[pairs][name] for name in (GENERATED, COPIED))
        shares = [
            f"{label} {ours[name]['mean'] / copied[name]['mean']:.0%}"
            for name, label in SHARES.items()
            if name in ours and copied[name]["mean"]
        ]
        if shares:
            print(f"of copying, in the person's box, {text}: {', '.join(shares)}")


if __name__ == "__main__":
    run(main, "model", "data_dir")
