"""Reads VGG19's weights, and its activation statistics from `.npz` or `.mat` files."""

from pathlib import Path

import keras
import numpy as np
import scipy.io
from absl import logging

from data.files import check_output
from data.layouts.matlab import read_mat, real_numbers
from posewarp.errors import DataError, ModelError, UsageError
from posewarp.files import replacing
from posewarp.perceptual import LAYERS, ActivationStatistics, vgg19

STATISTICS_FILE = "vgg_statistics.npz"
"""Where a run directory has its statistics."""


def load_vgg(weights: str) -> keras.Model:
    """Loads VGG19 as `posewarp.perceptual.vgg19` does; says so when the weights are random."""
    if weights == "random":
        logging.warning("VGG19 has random weights: good for trials and tests, not for results")
    return vgg19(weights)


def read_statistics(path: str | Path) -> ActivationStatistics:
    """Reads statistics from our `.npz` or the published `.mat` form.

    Raises:
        ModelError: The file is missing, or holds something else.
    """
    path = Path(path)
    if not path.is_file():
        raise ModelError(f"{path}: no such file of VGG statistics")
    if path.suffix != ".mat":
        return ActivationStatistics.load(path)
    names = [str(index) for index in range(len(LAYERS))]

    def parse(found):
        mean, std = zip(*(real_numbers(found[name]) for name in names), strict=True)
        return ActivationStatistics(mean, std)

    expected = f"arrays (2, channels) under the keys {names[0]} to {names[-1]}"
    try:
        return read_mat(path, expected, parse)
    except DataError as error:
        raise ModelError(str(error)) from error


def write_statistics(statistics: ActivationStatistics, path: str | Path):
    """Writes statistics in the form of the path's ending, atomically.

    Raises:
        UsageError: The ending is neither `.npz` nor `.mat`.
        PosewarpError: The file cannot be written.
    """
    path = Path(path)
    check_ending(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".npz":
            statistics.save(path)
            return
        layers = zip(statistics.mean, statistics.std, strict=True)
        arrays = {str(index): np.stack(pair) for index, pair in enumerate(layers)}
        with replacing(path) as partial:
            scipy.io.savemat(partial, arrays)
    except OSError as error:
        raise ModelError(f"{path}: cannot be written: {error.strerror}") from error


def check_ending(path: str | Path):
    """Raises UsageError unless a path ends in `.npz` or `.mat`, and can be written."""
    check_output(path)
    if Path(path).suffix not in (".npz", ".mat"):
        raise UsageError(f"{path}: expected a file name that ends in .npz or .mat")
