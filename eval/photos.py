"""Photos of any kind, as users see them."""

from pathlib import Path

import cv2
import numpy as np

from posewarp.errors import DataError


def read_photo(path: str | Path) -> np.ndarray:
    """Reads an image of any kind as RGB bytes (H, W, 3), turned as its EXIF data say.

    Raises:
        DataError: It cannot be read.
    """
    expected = "expected a photo, or <video>:<frame number> of a data set"
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}: {expected}") from error
    return decode_photo(data, path, expected)


def decode_photo(data: bytes, name: str | Path, expected: str) -> np.ndarray:
    """Decodes an image file as `read_photo` does; messages have its name and what was expected.

    Raises:
        DataError: It cannot be decoded.
    """
    # Not imread, which writes lines of its own to stderr.
    image = cv2.imdecode(np.frombuffer(data, "uint8"), cv2.IMREAD_COLOR) if data else None
    if image is None:
        raise DataError(f"{name}: cannot be read as an image: {expected}")
    return np.ascontiguousarray(image[..., ::-1])
