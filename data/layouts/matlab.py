"""Reads MATLAB files, and the marks that their annotations have for a missing joint.

MathWorks, "MAT-File Format", describes versions 5 to 7. SciPy reads them, too, but allocates what
a damaged file says that it has, recurses as deep as it says, and can end the process.
"""

import math
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from data.annotated_video import FARTHEST
from posewarp.errors import DataError

MATRIX, COMPRESSED = 14, 15
NUMBERS = {
    **{1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4"},
    **{7: "f4", 9: "f8", 12: "i8", 13: "u8"},
}
"""NumPy's types of the kinds of elements with numbers."""
TEXTS = {1: "latin-1", 2: "latin-1", 4: "utf-16", 16: "utf-8", 17: "utf-16", 18: "utf-32"}
"""Python's encodings of the kinds of elements with text."""
WIDE = (4, 17, 18)
"""Kinds of texts whose characters have several bytes, in the file's order."""
KINDS = {MATRIX, COMPRESSED, *NUMBERS, *TEXTS}
CELL, STRUCT, TEXT, NUMERIC = 1, 2, 4, range(6, 16)
"""Classes of arrays."""
DEEPEST = 16
"""Arrays may be nested so deep."""
LARGEST_VARIABLE = 2**28
"""Bytes after decompression; the joints of a million frames have as many."""


def read_mat(path: Path, expected: str, parse: Callable[[dict], object]) -> object:
    """Reads a MATLAB file.

    Args:
        path: Path of the `.mat` file.
        expected: What it should hold, for messages.
        parse: Makes the result of the variables by name. A numeric array is a NumPy array, a line
            of text a string, a cell array a list, a struct array a list of dicts, and anything
            else None. It may raise any error where they are not as expected.

    Raises:
        DataError: The file is missing, damaged, or not as expected.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    try:
        return parse(_variables(path.read_bytes()))
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error}") from error
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    except Exception as error:  # a damaged file fails in many ways
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


def _variables(data):
    order = {b"IM": "<", b"MI": ">"}.get(data[126:128])
    version = data[124:126][:: -1 if order == "<" else 1]
    if version == b"\2\0":  # HDF5
        raise DataError("MATLAB version 7.3 is not supported; save it with save -v7")
    if version != b"\1\0":
        raise ValueError("no header of MATLAB's versions 5 to 7")
    found = {}
    for kind, content in _elements(memoryview(data)[128:], order):
        if kind == COMPRESSED:
            inflater = zlib.decompressobj()
            content = inflater.decompress(content, LARGEST_VARIABLE)
            if inflater.unconsumed_tail:
                raise ValueError(f"a variable is larger than {LARGEST_VARIABLE} bytes")
            ((kind, content),) = _elements(memoryview(content), order)
        name, value = _array(kind, content, order, DEEPEST)
        found[name] = value
    return found


def _array(kind, content, order, depth):
    """An array's name and value, as `read_mat` describes it."""
    if kind != MATRIX:
        raise ValueError(f"expected an array, got an element of kind {kind}")
    if not depth:
        raise ValueError(f"arrays lie within arrays more than {DEEPEST} times")
    if not content:  # a field that was never set
        return "", np.zeros((0, 0))
    (_, flags), (_, dimensions), (_, name), *parts = _elements(content, order)
    sizes = struct.unpack(f"{order}{len(dimensions) // 4}i", dimensions)
    name, value = bytes(name).decode("latin-1"), None
    array_class = struct.unpack_from(f"{order}I", flags)[0] & 0xFF
    if array_class == STRUCT:
        (_, length), (_, fields), *parts = parts
        (length,) = struct.unpack(f"{order}i", length)
        fields = [bytes(fields[i : i + length]) for i in range(0, len(fields), length)]
        fields = [field.partition(b"\0")[0].decode("latin-1") for field in fields]
        values = [_array(*part, order, depth - 1)[1] for part in parts]
        firsts = range(0, len(values), max(1, len(fields)))
        value = [dict(zip(fields, values[i : i + len(fields)], strict=True)) for i in firsts]
    elif array_class == TEXT:
        ((kind, text),) = parts
        endian = {"<": "-le", ">": "-be"}[order] if kind in WIDE else ""
        value = bytes(text).decode(TEXTS[kind] + endian)
        value = value if sizes[0] <= 1 else list(value)
    elif array_class == CELL:
        value = [_array(*part, order, depth - 1)[1] for part in parts]
        _check_count(sizes, value)
    elif array_class in NUMERIC:
        numbers = [np.frombuffer(part, order + NUMBERS[kind]) for kind, part in parts]
        value = numbers[0] if len(numbers) == 1 else numbers[0] + 1j * numbers[1]
        _check_count(sizes, value)
        value = value.reshape(sizes, order="F")
    return name, value


def _check_count(sizes, values):
    if min(sizes, default=-1) < 0 or math.prod(sizes) != len(values):
        raise ValueError(f"an array of {sizes} values has {len(values)} of them")


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
