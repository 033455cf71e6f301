"""Mean and standard deviation of every VGG19 channel over training images.

python -m train.statistics --data_dir=<data set> --vgg_weights=imagenet --output=statistics.npz

The trainers estimate these from a few batches unless --vgg_statistics names a file of this
program, or one of the published `.mat` form (key `str(layer)`: mean and std, (2, channels)).
"""

from pathlib import Path

import numpy as np
import scipy.io

from posewarp.errors import ModelError
from posewarp.perceptual import LAYERS, ActivationStatistics


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
    try:
        fields = scipy.io.loadmat(path)
        layers = [np.asarray(fields[str(index)], "float64") for index in range(len(LAYERS))]
        mean, std = zip(*layers, strict=True)
    except Exception as error:  # SciPy fails in many ways on a damaged file
        raise ModelError(
            f"{path}: expected a MATLAB file with arrays (2, channels) under the keys 0 to "
            f"{len(LAYERS) - 1}: {type(error).__name__}: {error}"
        ) from error
    try:
        return ActivationStatistics(mean, std)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error
