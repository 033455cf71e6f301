"""Networks as `.keras` files: written whole or not at all, checked before they are trusted."""

import io
import json
import warnings
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np

from posewarp.errors import ModelError, PosewarpError
from posewarp.files import replacing
from posewarp.hdf5 import check_arrays
from posewarp.networks import BASELINE_ENCODER, ENCODER, Generator, ModelConfig, PlainUNet

GENERATOR_FILE = "generator.keras"
"""Where a run directory has its network."""
PRETRAINED = ("upper_body", "full_body")
"""The networks that ship with the package, by their skeletons' names; docs/pretrained.md."""
ARCHIVED = ("metadata.json", "config.json", "model.weights.h5")
"""The files of a `.keras` file."""
LARGEST_DESCRIPTION = 2**20
"""Bytes of the configuration in a `.keras` file."""
LARGEST_EXPANSION = 4
"""Of the weights in a `.keras` file: numbers hardly shrink."""


def load_network(path: str | Path) -> keras.Model:
    """Loads a network that ships with the package, or from a run directory or a `.keras` file.

    Args:
        path: One of `PRETRAINED`, a run directory, whose `generator.keras` is taken, or a file.

    Returns:
        Generator or PlainUNet.

    Raises:
        ModelError: The file is missing, damaged, or not a network of this project.
    """
    if str(path) in PRETRAINED:
        path = Path(__file__).parent / "pretrained" / f"{path}.keras"
    path = Path(path)
    if path.is_dir():
        path /= GENERATOR_FILE
        if not path.is_file():
            below = sorted(path.parent.glob(f"*/{GENERATOR_FILE}"))
            hint = (
                f"try {below[-1].parent}" if below else "a run writes it with its first checkpoint"
            )
            raise ModelError(f"{path}: no such file; {hint}")
    if not path.is_file() or path.suffix != ".keras":
        raise ModelError(
            f"{path}: expected {', '.join(PRETRAINED)}, a run directory or an existing .keras file"
        )
    try:
        _check_archive(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Keras warns of each layer before it raises an error
            model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except PosewarpError as error:
        raise ModelError(f"{path}: {error}") from error
    except Exception as error:  # Keras raises whatever the damage leads to
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(f"{path}: cannot be loaded as a model: {reason}") from error
    for weight in model.weights:
        if not np.isfinite(keras.ops.convert_to_numpy(weight)).all():
            raise ModelError(f"{path}: {weight.path}: expected finite numbers; train it again")
    return model


def _check_archive(path):
    """Reads what a `.keras` file says of itself, before Keras makes what it names.

    Raises:
        PosewarpError: It is damaged, describes another model, or one too large for its weights.
    """
    with zipfile.ZipFile(path) as archive:
        if sorted(archive.namelist()) != sorted(ARCHIVED):  # Keras would extract all others
            raise ModelError(f"expected an archive of {', '.join(ARCHIVED)} alone")
        if archive.getinfo("config.json").file_size > LARGEST_DESCRIPTION:
            raise ModelError(f"config.json: expected at most {LARGEST_DESCRIPTION} bytes")
        described = json.loads(archive.read("config.json"))
        known = map(keras.saving.get_registered_name, (Generator, PlainUNet))
        if described["registered_name"] not in known:
            raise ModelError(f"expected a generator, got a {described['class_name']}")
        config = ModelConfig.from_dict(described["config"]["config"])
        stored = archive.getinfo("model.weights.h5")
        # Of one convolution among many: a width changed by hand may ask for any memory.
        least = 4 * 9 * config.filters(min(ENCODER[-1], BASELINE_ENCODER[-1])) ** 2
        if stored.file_size < least or stored.file_size > LARGEST_EXPANSION * stored.compress_size:
            raise ModelError(
                f"width: {config.width} does not fit the {stored.compress_size} bytes of weights"
            )
        if damaged := archive.testzip():
            raise ModelError(f"{damaged} in it is damaged; take another copy")
        with h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as weights:
            check_arrays(weights, stored.file_size)  # which Keras does not compress


def save_network(model: keras.Model, path: str | Path, half: bool = False):
    """Saves a network as a `.keras` file, atomically.

    Args:
        half: bool. Whether the weights are stored in float16, for half the size. Loaded, they are
            float32 again.

    Raises:
        PosewarpError: The file cannot be written; one that was there before is kept.
    """
    if half:
        policy = keras.config.dtype_policy()
        keras.config.set_dtype_policy("float16")
        try:
            copy = type(model).from_config(model.get_config())
        finally:
            keras.config.set_dtype_policy(policy)
        copy.set_weights(model.get_weights())
        model = copy
    with replacing(path) as partial:
        model.save(partial)
