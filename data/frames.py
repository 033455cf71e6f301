"""Decodes the part of a frame that an example needs, at the size it needs, and caches frames."""

import contextlib
import io
import threading
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from data.images import EXPECTED, check_whole, decode_image, read_image_file

REDUCTIONS = {
    8: cv2.IMREAD_REDUCED_COLOR_8,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    1: cv2.IMREAD_COLOR,
}
"""Factors by which a frame can be reduced while it is decoded."""
CHANNELS = 4
"""Red, green, blue and an unused one: OpenCV resamples four channels twice as fast as three."""
JPEG = b"\xff\xd8\xff"
HEAD = 1 << 16
"""A JPEG file's EXIF data, which may rotate the image, begin within so many bytes."""
MARGIN = 2
"""So many pixels beyond a window are decoded, too: JPEG shares colours between neighbours."""

Window = tuple[int, int, int, int]
"""Top, left, bottom and right of a part of a frame, in reduced pixels; the last two are beyond."""


class Frames:
    """Reads frames, and caches decoded ones until its memory is full.

    Nothing is evicted: frames are drawn at random, so a new one is no likelier to be needed
    again. Several threads may read at once.

    Args:
        cache_mib: int. Room for decoded frames in MiB; 0 for none.
    """

    def __init__(self, cache_mib: int = 0):
        self._room = cache_mib << 20
        self._decoded: dict[tuple[Path, int], np.ndarray] = {}
        self._shapes: dict[Path, tuple[int, int]] = {}
        self._lock = threading.Lock()

    def shape(self, path: Path) -> tuple[int, int]:
        """Height and width of a frame.

        Raises:
            DataError: The file cannot be read as an image.
        """
        if path not in self._shapes:
            data = read_image_file(path)
            self._shapes[path] = _jpeg_shape(data) or _decode(data, path, 1).shape[:2]
        return self._shapes[path]

    def read(self, path: Path, reduction: int, window: Window) -> np.ndarray:
        """Reads a part of a frame.

        Args:
            path: Path of the file.
            reduction: int. One of `REDUCTIONS`.
            window: Window within the frame of `reduced(shape, reduction)`.

        Returns:
            Uint8 array (bottom - top, right - left, CHANNELS), RGB first.

        Raises:
            DataError: The file cannot be read as an image.
        """
        top, left, bottom, right = window
        whole = self._decoded.get((path, reduction))
        if whole is None:
            data = read_image_file(path)
            shape = reduced(self.shape(path), reduction)
            pixels = shape[0] * shape[1]
            # Of most of a frame, OpenCV makes the whole in less time than TensorFlow the part.
            small = 2 * (bottom - top) * (right - left) < pixels
            if small and CHANNELS * pixels > self._room:
                part = _decode_part(data, path, reduction, window, shape)
                if part is not None:
                    return part
            whole = _decode(data, path, reduction)
            with self._lock:
                if whole.nbytes <= self._room and (path, reduction) not in self._decoded:
                    self._room -= whole.nbytes
                    self._decoded[path, reduction] = whole
        return whole[top:bottom, left:right]


def reduced(shape: tuple[int, int], reduction: int) -> tuple[int, int]:
    """Height and width of a frame that is reduced while it is decoded."""
    height, width = shape
    return -(-height // reduction), -(-width // reduction)


def _is_plain_jpeg(data):
    """Whether a file is a JPEG image that is shown as it is stored, not turned."""
    return data.startswith(JPEG) and b"Exif" not in data[:HEAD]


def _jpeg_shape(data):
    """Height and width of a plain JPEG image by its head; None of another, or a damaged, file."""
    with contextlib.suppress(OSError, Image.DecompressionBombError):
        if _is_plain_jpeg(data):
            return Image.open(io.BytesIO(data)).size[::-1]
    return None


def _decode(data, path, reduction):
    # Of other files, OpenCV's reduced sizes are rounded down.
    jpeg = data.startswith(JPEG)
    image = decode_image(data, path, EXPECTED, REDUCTIONS[reduction if jpeg else 1])
    if reduction > 1 and not jpeg:
        rows, columns = (-side % reduction for side in image.shape[:2])
        image = cv2.copyMakeBorder(image, 0, rows, 0, columns, cv2.BORDER_REPLICATE)
        share = 1 / reduction
        image = cv2.resize(image, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGBA)


def _decode_part(data, path, reduction, window, shape):
    """Decodes a part of a JPEG file to the bytes of the whole; None if that cannot be done."""
    if not _is_plain_jpeg(data):
        return None
    # Here, as it takes seconds to import, and a machine that trains with JAX may lack it.
    try:
        import tensorflow as tf
    except ImportError:
        return None
    check_whole(data, path)
    wanted = np.array(window)
    inner = np.clip(wanted + (-MARGIN, -MARGIN, MARGIN, MARGIN), 0, (*shape, *shape))
    (top, left), (height, width) = inner[:2], inner[2:] - inner[:2]
    try:
        image = tf.io.decode_and_crop_jpeg(
            data,
            (top, left, height, width),
            channels=3,
            ratio=reduction,
            dct_method="INTEGER_ACCURATE",
        )
    except tf.errors.InvalidArgumentError:  # damaged: OpenCV says whether it can be read
        return None
    top, left, bottom, right = wanted - (top, left, top, left)
    return cv2.cvtColor(image.numpy()[top:bottom, left:right], cv2.COLOR_RGB2RGBA)
