"""What an evaluation measures of an image, and how measurements are summed up and shown."""

from collections.abc import Sequence

import numpy as np

from data.pairs import Example
from posewarp.metrics import SSIM_WINDOW, l1, psnr, ssim
from posewarp.perceptual import PerceptualLoss

METRICS = {"l1": l1, "psnr": psnr, "ssim": ssim}
LABELS = {
    "perceptual_loss": "perceptual loss",
    "perceptual_person": "perceptual loss, box",
    "l1_image": "L1, image",
    "l1_person": "L1, person's box",
    "psnr_image": "PSNR, image (dB)",
    "psnr_person": "PSNR, person's box (dB)",
    "ssim_image": "SSIM, image",
    "ssim_person": "SSIM, person's box",
    "sharpness": "sharpness, person's box",
}
GENERATED, COPIED, UNET, PLAIN = "generated", "copied source", "plain U-Net", "without detail"
"""What is measured: the run's network, the two baselines, and its images only enlarged."""
PERCEPTUAL = ("perceptual_loss", "perceptual_person")
"""The perceptual losses of the image and of the person's box."""
METRICS_FILE = "metrics.json"
BOX_MARGIN = 0.1
"""The person's box is that of the joints, wider on each side by this share of its height."""


def person_box(example: Example) -> tuple[slice, slice]:
    """The rows and columns of a pair's person, in either pose, at least an SSIM window large."""
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


def measure(
    example: Example, image: np.ndarray, perceptual_loss: PerceptualLoss | None = None
) -> dict[str, float]:
    """Measures an image, float array (S, S, 3), RGB in [-1, 1], against a pair's target.

    Returns:
        Values by the names of `LABELS`, in their order. `sharpness` is the mean magnitude of the
        image's gradient over the target's, in the person's box: 1 is as sharp as the target.
    """
    values = {}
    regions = {"image": (slice(None), slice(None)), "person": person_box(example)}
    if perceptual_loss:
        for name, region in zip(PERCEPTUAL, regions.values(), strict=True):
            pair = (picture[region][None] for picture in (example.target_image, image))
            values[name] = float(perceptual_loss(*pair))
    for name, function in METRICS.items():
        for region, (rows, columns) in regions.items():
            target, output = (x[None, rows, columns] for x in (example.target_image, image))
            values[f"{name}_{region}"] = float(np.asarray(function(target, output))[0])
    ours, theirs = (
        np.hypot(*np.gradient(x[regions["person"]].astype("float64"), axis=(0, 1))).mean()
        for x in (image, example.target_image)
    )
    values["sharpness"] = float(ours / theirs) if theirs else float("inf")
    return values


def summarize(measured: Sequence[dict[str, float]]) -> dict[str, dict]:
    """Mean and standard error of every metric over pairs.

    The PSNR of equal images is infinite, as is the sharpness beside a target of one colour; such
    pairs are left out of it, and `pairs` says how many are left.

    Returns:
        By metric, a dict of `mean` (None of no pair), `standard_error` (the sample's standard
        deviation over the root of the number of pairs; None of fewer than two) and `pairs`.
    """
    summary = {}
    for name in measured[0]:
        values = np.array([values[name] for values in measured])
        values = values[np.isfinite(values)]
        count = len(values)
        summary[name] = {
            "mean": float(np.mean(values)) if count else None,
            "standard_error": float(np.std(values, ddof=1) / count**0.5) if count > 1 else None,
            "pairs": count,
        }
    return summary


def table(report: dict) -> list[list[str]]:
    """The overall figures of a `metrics.json`, a row per metric and a column per predictor.

    The first row and the first column are headings.
    """
    overall = report["overall"]
    rows = [["", *overall]]
    for name, label in LABELS.items():
        if name in overall[GENERATED]:
            rows.append([label, *(_cell(summary[name]) for summary in overall.values())])
    seconds = [report["networks"].get(name, {}).get("seconds_per_image") for name in overall]
    cells = ("" if value is None else f"{value:.4f}" for value in seconds)
    rows.append(["seconds per image", *cells])
    return rows


def _cell(summary):
    if summary["mean"] is None:
        return "infinite"
    if summary["standard_error"] is None:
        return f"{summary['mean']:.4f}"
    return f"{summary['mean']:.4f} +- {summary['standard_error']:.4f}"
