"""Structs of MATLAB files, and the marks that their annotations have for a missing joint."""

import math
import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import scipy.io

from data.annotated_video import FARTHEST
from posewarp.errors import DataError

MATRIX, COMPRESSED = 14, 15
KINDS = {*range(1, 8), 9, *range(12, 19)}
"""The kinds that the format defines. For others, SciPy reads beyond the end of its tables."""
HOLDERS = (1, 2, 3)
"""Classes of arrays of arrays: cells, structs and objects."""
DEEPEST = 16
"""Arrays may be nested so deep; SciPy recurses into each, without a limit."""
LARGEST_VARIABLE = 2**28
"""Bytes after decompression; the joints of a million frames have as many."""


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
    record = load_variable(path, name, expected)
    try:
        return {field: real_numbers(record[0, 0][field]) for field in fields}
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
    return load_variables(path, [name], expected)[name]


def load_variables(path: Path, names: Sequence[str], expected: str) -> dict[str, np.ndarray]:
    """Reads variables of a MATLAB file, as `scipy.io.loadmat` gives them.

    Args:
        path: Path of the `.mat` file.
        names: Names of the variables.
        expected: What they should be, for messages.

    Raises:
        DataError: The file or a variable is missing or damaged.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    try:
        _check_sizes(path.read_bytes())
        found = scipy.io.loadmat(path, variable_names=names)
        return {name: found[name] for name in names}
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error}") from error
    except NotImplementedError as error:  # SciPy's word for HDF5-based version 7.3
        raise DataError(
            f"{path}: MATLAB version 7.3 is not supported; save it with save -v7"
        ) from error
    except Exception as error:  # SciPy fails in many ways on a damaged file
        raise _unexpected(path, expected, error) from error


def real_numbers(value: np.ndarray) -> np.ndarray:
    """Makes an array of a MATLAB file float64.

    Raises:
        TypeError: It holds no real numbers; NumPy would read text, and drop imaginary parts.
    """
    value = np.asarray(value)
    if value.dtype.kind not in "biuf":
        raise TypeError(f"expected real numbers, got {value.dtype}")
    return value.astype("float64")


def _check_sizes(data):
    """Checks what a file of version 5 says of its arrays' sizes, all of which SciPy allocates.

    MathWorks, "MAT-File Format", describes the elements.

    Raises:
        ValueError, struct.error, zlib.error: The file is damaged.
    """
    order = {b"IM": "<", b"MI": ">"}.get(data[126:128])
    version = data[124:126][:: -1 if order == "<" else 1]
    if version == b"\2\0":
        return  # HDF5, which SciPy refuses
    # A zero in the beginning makes it a file of version 4 to SciPy, whatever else it is.
    if version != b"\1\0" or 0 in data[:4]:
        raise ValueError("no header of MATLAB's versions 5 to 7")
    for kind, content in _elements(memoryview(data)[128:], order):
        if kind == COMPRESSED:
            inflater = zlib.decompressobj()
            content = inflater.decompress(content, LARGEST_VARIABLE)
            if inflater.unconsumed_tail:
                raise ValueError(f"a variable is larger than {LARGEST_VARIABLE} bytes")
            ((kind, content),) = _elements(memoryview(content), order)
        _check_array(kind, content, order, DEEPEST)


def _check_array(kind, content, order, depth):
    if kind != MATRIX or not content:
        return
    if not depth:
        raise ValueError(f"arrays lie within arrays more than {DEEPEST} times")
    elements = _elements(content, order)
    (_, flags), (_, dimensions), _ = (next(elements, (None, b"")) for _ in range(3))
    sizes = struct.unpack(f"{order}{len(dimensions) // 4}i", dimensions)
    # A number takes a byte or more, and anything else takes eight.
    if min(sizes, default=-1) < 0 or math.prod(sizes) > len(content):
        raise ValueError(f"an array of {sizes} values has {len(content)} bytes")
    holds_arrays = struct.unpack_from(f"{order}I", flags)[0] & 0xFF in HOLDERS
    for inner in elements:
        if holds_arrays:
            _check_array(*inner, order, depth - 1)


def _elements(data: memoryview, order: str) -> Iterator[tuple[int, memoryview]]:
    """Gives kind and content of the elements that lie one after another."""
    position = 0
    while position < len(data):
        kind, size = struct.unpack_from(f"{order}II", data, position)
        start, end = position + 8, position + 8 + size
        if kind >> 16:  # a small element: its size and up to four bytes share its head
            kind, start, end = kind & 0xFFFF, position + 4, position + 4 + (kind >> 16)
        if kind not in KINDS:
            raise ValueError(f"an element is of an unknown kind: {kind}")
        if end > len(data):
            raise ValueError("an element is cut off")
        yield kind, data[start:end]
        position = end if kind == COMPRESSED else position + 8 * -(-(end - position) // 8)


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
        Float array (..., 2), both coordinates NaN where one is not a number, zero, negative, or
        beyond any image.
    """
    present = ((joints > 0) & (joints < FARTHEST)).all(axis=-1, keepdims=True)
    return np.where(present, joints, np.nan)
