"""Measures a trained model on fixed pairs of frames, beside copying the source image.

python -m eval.evaluate --run_dir=runs/mine --data_dir=<data set>

L1, PSNR and SSIM on the scale of [0, 1], over the whole image and over the person's box, by video
and overall, with standard errors over pairs. Writes `evaluation.json` into the run directory.
"""

import json
import os
from pathlib import Path

import numpy as np
from absl import flags
from tqdm import tqdm

from data.data_flags import log_left_out, read_split
from data.pipeline import Example, Pairs, collate
from posewarp.errors import UsageError
from posewarp.metrics import SSIM_WINDOW, l1, psnr, ssim
from posewarp.networks import load_network
from posewarp.program import require_flags, run

FLAGS = flags.FLAGS
flags.DEFINE_string("run_dir", None, "Run directory, or a .keras file.")
flags.DEFINE_string("split", "test", "Split of the data set: train or test.")
flags.DEFINE_integer("pairs", 200, "Number of pairs.", lower_bound=2)
flags.DEFINE_integer("seed", 0, "Seed of the choice of pairs.", lower_bound=0)
flags.DEFINE_string("output", None, "JSON file to write; by default evaluation.json in --run_dir.")

METRICS = {"l1": l1, "psnr": psnr, "ssim": ssim}
BOX_MARGIN = 0.1
"""The person's box is that of the joints, wider on each side by this share of its height."""


def person_box(example: Example) -> tuple[slice, slice]:
    """The rows and columns of a pair's person, in either pose, at least an SSIM window large.

    What the box leaves out is background in both images.
    """
    size = example.target_image.shape[0]
    joints = np.concatenate([example.source_joints, example.target_joints])
    low, high = np.nanmin(joints, axis=0), np.nanmax(joints, axis=0)
    margin = BOX_MARGIN * (high[1] - low[1])
    middle = np.clip((low + high) / 2, SSIM_WINDOW / 2, size - SSIM_WINDOW / 2)
    low = np.minimum(low - margin, middle - SSIM_WINDOW / 2)
    high = np.maximum(high + margin, middle + SSIM_WINDOW / 2)
    x, y = (
        slice(max(0, int(np.floor(start))), min(size, int(np.ceil(end)) + 1))
        for start, end in zip(low, high, strict=True)
    )
    return y, x


def measure(example: Example, image: np.ndarray) -> dict[str, float]:
    """All metrics of an image (S, S, 3) against a pair's target, by metric and region."""
    values = {}
    for region, (rows, columns) in {
        "image": (slice(None), slice(None)),
        "person": person_box(example),
    }.items():
        target, output = (x[None, rows, columns] for x in (example.target_image, image))
        for name, function in METRICS.items():
            values[f"{name}_{region}"] = float(np.asarray(function(target, output))[0])
    return values


def summarize(measured: list[dict[str, float]]) -> dict[str, dict[str, float]]:
    """Mean and standard error of every metric over pairs; equal images, of infinite PSNR, apart."""
    summary = {}
    for name in measured[0]:
        values = np.array([values[name] for values in measured])
        values = values[np.isfinite(values)]
        error = np.std(values, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else None
        summary[name] = {
            "mean": float(np.mean(values)) if len(values) else None,
            "standard_error": None if error is None else float(error),
        }
    return summary


def main():
    """Prints the table and writes the JSON file."""
    require_flags("run_dir", "data_dir")
    model = load_network(FLAGS.run_dir)
    if not FLAGS.output and not Path(FLAGS.run_dir).is_dir():
        raise UsageError("--output: required where --run_dir is a file: JSON file to write")
    output = Path(FLAGS.output or Path(FLAGS.run_dir) / "evaluation.json")
    pairs = Pairs(read_split(FLAGS.split), model.config, FLAGS.seed, fit=FLAGS.fit)
    log_left_out(pairs.left_out, FLAGS.split)
    measured = {"generated": [], "copied source": []}
    names = []
    for index in tqdm(range(FLAGS.pairs), unit="pair"):
        example = pairs.example(index)
        generated = model.predict_on_batch(collate([example], model.config))[0]
        measured["generated"].append(measure(example, generated))
        measured["copied source"].append(measure(example, example.source_image))
        names.append(pairs.videos[pairs.draw(index)[0]].name)

    overall = {name: summarize(values) for name, values in measured.items()}
    by_video = {
        video: {
            name: summarize([v for v, n in zip(values, names, strict=True) if n == video])
            for name, values in measured.items()
        }
        for video in sorted(set(names))
    }
    report = {
        "data_dir": str(FLAGS.data_dir),
        "split": FLAGS.split,
        "pairs": FLAGS.pairs,
        "seed": FLAGS.seed,
        "image_size": model.config.image_size,
        "overall": overall,
        "by_video": by_video,
    }
    output.parent.mkdir(parents=True, exist_ok=True)
    partial = output.with_name(f".{output.name}.partial")
    partial.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    os.replace(partial, output)
    print(table(overall))
    ours, copied = (overall[name]["l1_person"]["mean"] for name in ("generated", "copied source"))
    print(f"\nL1 in the person's box: {ours / copied:.0%} of copying ({FLAGS.pairs} pairs)")
    print(f"{output}: all of it, by video too")


def table(overall: dict) -> str:
    """The overall figures as a table: mean and standard error by region and metric."""
    columns = list(next(iter(overall.values())))
    heading = "".join(f"{column.replace('_', ', '):>20}" for column in columns)
    lines = [f"{'':14}{heading}"]
    for name, summary in overall.items():
        cells = (
            "{mean:.4f} +- {standard_error:.4f}".format(**summary[column])
            if summary[column]["standard_error"] is not None
            else "inf"
            for column in columns
        )
        lines.append(f"{name:14}" + "".join(f"{cell:>20}" for cell in cells))
    return "\n".join(lines)


if __name__ == "__main__":
    run(main)
