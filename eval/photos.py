"""Photos of any kind, as users see them."""

from pathlib import Path

import numpy as np

from data.images import decode_image, read_image_file


def read_photo(path: str | Path) -> np.ndarray:
    """Reads an image of any kind as RGB bytes (H, W, 3), turned as its EXIF data say.

    Raises:
        DataError: It cannot be read.
    """
    expected = "expected a photo, or <video>:<frame number> of a data set"
    return decode_photo(read_image_file(path, expected), path, expected)


def decode_photo(data: bytes, name: str | Path, expected: str) -> np.ndarray:
    """Decodes an image file as `read_photo` does; messages have its name and what was expected.

    Raises:
        DataError: It cannot be decoded.
    """
    return np.ascontiguousarray(decode_image(data, name, expected)[..., ::-1])
