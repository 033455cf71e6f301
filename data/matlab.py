"""Structs of MATLAB files, and the marks that their annotations have for a missing joint."""

from pathlib import Path

import numpy as np
import scipy.io

from posewarp.errors import DataError


def read_mat_struct(path: Path, name: str, fields: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Reads numeric fields of a scalar struct in a MATLAB file.

    Args:
        path: Path of the `.mat` file.
        name: Name of the struct.
        fields: Names of the wanted fields.

    Returns:
        Float64 arrays by field.

    Raises:
        DataError: The file or a field is missing or not of that form.
    """
    expected = f"a struct {name} of numeric fields {', '.join(fields)}"
    struct = load_variable(path, name, expected)
    try:
        return {field: np.asarray(struct[0, 0][field], "float64") for field in fields}
    except Exception as error:  # whatever a variable of another kind makes of this
        raise _unexpected(path, expected, error) from error


def load_variable(path: Path, name: str, expected: str) -> np.ndarray:
    """Reads a variable of a MATLAB file, as `scipy.io.loadmat` gives it.

    Args:
        path: Path of the `.mat` file.
        name: Name of the variable.
        expected: What it should be, for messages.

    Raises:
        DataError: The file or the variable is missing or damaged.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    try:
        return scipy.io.loadmat(path, variable_names=[name])[name]
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error}") from error
    except NotImplementedError as error:  # SciPy's word for HDF5-based version 7.3
        raise DataError(
            f"{path}: MATLAB version 7.3 is not supported; save it with save -v7"
        ) from error
    except Exception as error:  # SciPy fails in many ways on a damaged file
        raise _unexpected(path, expected, error) from error


def _unexpected(path, expected, error):
    return DataError(
        f"{path}: expected a MATLAB file with {expected}: {type(error).__name__}: {error}"
    )


def mark_missing(joints: np.ndarray) -> np.ndarray:
    """Makes the published formats' marks of a missing joint NaN.

    Pixels are counted from 1 in these formats, so a joint with x or y of 0 or less is not in
    the picture: (0, 0) and negative numbers are marks of what was not annotated.

    Args:
        joints: Float array (..., 2) in pixels counted from 1.

    Returns:
        Float array (..., 2), both coordinates NaN where one is not finite, zero or negative.
    """
    present = (np.isfinite(joints) & (joints > 0)).all(axis=-1, keepdims=True)
    return np.where(present, joints, np.nan)
