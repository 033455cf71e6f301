"""MATLAB files, and the marks that their annotations have for a missing joint.

SciPy allocates what a file says that it has, recurses as deep as it says, and reads beyond its
tables for a kind that it does not know: `_check_elements` looks through a file before SciPy does.
"""

import math
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import scipy.io

from data.annotated_video import FARTHEST
from posewarp.errors import DataError

MATRIX, COMPRESSED = 14, 15
KINDS = {*range(1, 8), 9, *range(12, 19)}
"""The kinds of elements that the format defines."""
HOLDERS = (1, 2, 3)
"""Classes of arrays of arrays: cells, structs and objects."""
DEEPEST = 16
"""Arrays may be nested so deep."""
LARGEST_VARIABLE = 2**28
"""Bytes after decompression; the joints of a million frames have as many."""


def read_mat(
    path: Path, names: Sequence[str], expected: str, parse: Callable[[Mapping], object]
) -> object:
    """Reads variables of a MATLAB file.

    Args:
        path: Path of the `.mat` file.
        names: Names of the variables.
        expected: What they should be, for messages.
        parse: Makes the result of the variables by name, as `scipy.io.loadmat` gives them. It
            may raise anything where they are not as expected.

    Raises:
        DataError: The file is missing, damaged, or not as expected.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    try:
        _check_elements(path.read_bytes())
        return parse(scipy.io.loadmat(path, variable_names=names))
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error}") from error
    except NotImplementedError as error:  # SciPy's word for HDF5-based version 7.3
        raise DataError(
            f"{path}: MATLAB version 7.3 is not supported; save it with save -v7"
        ) from error
    except Exception as error:  # SciPy fails in many ways on a damaged file
        raise DataError(
            f"{path}: expected a MATLAB file with {expected}: {type(error).__name__}: {error}"
        ) from error


def real_numbers(value: np.ndarray) -> np.ndarray:
    """Makes an array of a MATLAB file float64.

    Raises:
        TypeError: It holds no real numbers; NumPy would read text, and drop imaginary parts.
    """
    value = np.asarray(value)
    if value.dtype.kind not in "biuf":
        raise TypeError(f"expected real numbers, got {value.dtype}")
    return value.astype("float64")


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


def _check_elements(data):
    """Checks a file of version 5, as MathWorks, "MAT-File Format", describes it.

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
