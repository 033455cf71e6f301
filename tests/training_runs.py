"""Small runs of the training programs: their flags, and what they write."""

import csv

from published_layout import write_video

from posewarp.networks import Generator, ModelConfig
from posewarp.skeleton import FULL_BODY

WIDTH = 0.05
SMALL = {"batch_size": 2, "vgg_weights": "random", "xla": False}
MODEL = {"image_size": 64, "width": WIDTH}


def small_stages(folder):
    """Flags of both training programs, on a small data set that is written into a folder."""
    for split in ("train", "test"):
        write_video(folder / "data", "walk", frames=4, split=split)
    generator = folder / "generator.keras"
    Generator(ModelConfig(FULL_BODY, 64, WIDTH)).save(generator)
    return {
        "train.pretrain": {**SMALL, **MODEL, "data_dir": folder / "data"},
        "train.gan": {**SMALL, "data_dir": folder / "data", "generator": generator},
    }


def history(run_dir):
    """Rows of the history: step and logged values, NaN where a value is not logged; no times."""
    path = run_dir / "history.csv"
    if not path.is_file():
        return []
    with open(path) as file:
        rows = [{**row} for row in csv.DictReader(file)]
    for row in rows:
        assert float(row.pop("seconds")) > 0
    return [[float(value or "nan") for value in row.values()] for row in rows]
