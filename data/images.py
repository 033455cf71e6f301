"""Decodes and encodes image files. What is cut off, damaged or too large is refused."""

import io
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from posewarp.errors import DataError

WRITTEN = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")
IMAGES = (*WRITTEN, ".heic")
EXPECTED = f"expected an image ({', '.join(IMAGES)})"
MAX_PIXELS = 2**28
"""Phones take photos of 200 million; this many pixels take 0.75 GiB as RGB bytes."""
COMPLETE_FILE_ENDS = ((b"\xff\xd8", b"\xff\xd9"), (b"\x89PNG", b"IEND"))
"""The first bytes of a JPEG and a PNG file, and what is near the end of a whole one."""
HEIC = (b"ftypheic", b"ftypheix", b"ftyphevc", b"ftypmif1")
"""What follows the first four bytes of an iPhone's photo, which OpenCV does not read."""
TAIL = 4096
"""The end is looked for in so many last bytes, as cameras and editors append to a picture."""

# Pillow's own bound is below what phones take, and a warning; `decode_image` has one that holds.
Image.MAX_IMAGE_PIXELS = None


def read_photo(path: str | Path, expected: str = EXPECTED) -> np.ndarray:
    """Reads an image file as RGB bytes (H, W, 3), turned as its EXIF data say.

    Raises:
        DataError: It cannot be read.
    """
    return decode_photo(read_image_file(path, expected), path, expected)


def decode_photo(data: bytes, name: str | Path, expected: str = EXPECTED) -> np.ndarray:
    """Decodes an image file as `read_photo` does; its name is for messages.

    Raises:
        DataError: It cannot be decoded.
    """
    return np.ascontiguousarray(decode_image(data, name, expected)[..., ::-1])


def read_image_file(path: str | Path, expected: str = EXPECTED) -> bytes:
    """Reads a file that should be an image, as `expected` says in messages.

    Raises:
        DataError: It cannot be read.
    """
    path = Path(path)
    try:
        # Of a pipe or a device there may be no end.
        if path.exists() and not path.is_file():
            raise DataError(f"{path}: not a file: {expected}")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{path}: cannot be read: {reason}: {expected}") from error


def check_whole(data: bytes, path: str | Path, expected: str = EXPECTED):
    """Checks that a JPEG or PNG file has its end; arguments are those of `decode_image`.

    Raises:
        DataError: It is cut off.
    """
    for begin, end in COMPLETE_FILE_ENDS:
        if data.startswith(begin) and end not in data[-TAIL:]:
            raise DataError(f"{path}: the file is cut off: {expected}, whole")


def decode_image(
    data: bytes, path: str | Path, expected: str = EXPECTED, mode: int = cv2.IMREAD_COLOR
) -> np.ndarray:
    """Decodes an image file of any kind: grey, transparent, CMYK, of 16 bits; a GIF's first frame.

    Args:
        data: The file.
        path: Its name, for messages.
        expected: What it should be, for messages.
        mode: int. One of OpenCV's `IMREAD_COLOR` and `IMREAD_REDUCED_COLOR_<n>`.

    Returns:
        Byte array (H, W, 3), BGR, turned as the file's EXIF data say.

    Raises:
        DataError: It is cut off, damaged, no image, or larger than `MAX_PIXELS`.
    """
    check_whole(data, path, expected)
    if data[4:12] in HEIC:
        data = _heic_as_bmp(data, path)
    try:
        # Pillow reads the head alone, and a PNG's checksums; OpenCV allocates before it looks.
        with Image.open(io.BytesIO(data)) as head:
            _check_size(head, path)
            head.verify()
        # Not imread, which fills up what is cut off, and writes lines of its own to stderr.
        image = cv2.imdecode(np.frombuffer(data, "uint8"), mode)
    except DataError:
        raise
    except Exception as error:  # both fail in many ways on a damaged file
        raise DataError(f"{path}: cannot be read as an image: {expected}") from error
    if image is None:
        raise DataError(f"{path}: cannot be read as an image: {expected}")
    return image


def _check_size(image, path):
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise DataError(
            f"{path}: {width} x {height} pixels are too many: expected at most {MAX_PIXELS:,}; "
            "make the image smaller"
        )


def _heic_as_bmp(data, path):
    convert = "convert it to JPEG or PNG"
    try:
        import pillow_heif
    except ImportError as error:
        install = 'install a decoder with pip install --editable ".[heic]"'
        raise DataError(f"{path}: HEIC is not read: {install}, or {convert}") from error
    pillow_heif.register_heif_opener()
    try:
        with Image.open(io.BytesIO(data)) as photo:
            _check_size(photo, path)
            bmp = io.BytesIO()
            photo.convert("RGB").save(bmp, "BMP")
    except DataError:
        raise
    except Exception as error:  # it fails in many ways on a damaged file
        raise DataError(f"{path}: HEIC that cannot be read: {convert}") from error
    return bmp.getvalue()


def encode_image(image: np.ndarray, suffix: str) -> bytes:
    """Encodes RGB bytes (H, W, 3) in the format of a file name's ending, JPEG at a quality of 95.

    Returns:
        The file; nothing where the image is too large for the format.
    """
    _, data = cv2.imencode(suffix, np.ascontiguousarray(image[..., ::-1]))
    return np.array(data, "uint8").tobytes()
