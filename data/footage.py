"""The frames of a video file, or of a folder of images or of videos."""

import dataclasses
import os
import re
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from data.images import IMAGES, decode_photo, read_image_file
from posewarp.errors import DataError
from posewarp.program import quiet_stderr

VIDEOS = (".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi")
AS_THEY_ARE = {b"\xff\xd8": ".jpg", b"\x89PNG": ".png"}
"""How the images begin that a data set takes as they are."""
JPEG_QUALITY = 95
FFMPEG_QUIET = "-8"


@dataclasses.dataclass(frozen=True)
class Frame:
    """A frame of a video or folder.

    Args:
        number: int. Which one it is, from 1.
        image: Byte array (H, W, 3), RGB, turned as the file's metadata say.
        file: bytes or None. The file it was read from, if it was one.
    """

    number: int
    image: np.ndarray
    file: bytes | None = None

    def encoded(self) -> tuple[bytes, str]:
        """The frame as a file of a data set: its bytes and the ending of its name.

        A JPEG or PNG file stays as it is, which loses nothing.
        """
        for begin, suffix in AS_THEY_ARE.items():
            if self.file and self.file.startswith(begin):
                return self.file, suffix
        quality = (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY)
        _, data = cv2.imencode(".jpg", np.ascontiguousarray(self.image[..., ::-1]), quality)
        return data.tobytes(), ".jpg"


class ImageFolder:
    """The images of a folder, in the order of their names, numbers in them counting as such.

    Args:
        path: The folder.

    Raises:
        DataError: There is no image in it.
    """

    def __init__(self, path: Path):
        self.path = path
        self.files = _files(path, IMAGES)
        if not self.files:
            raise DataError(
                f"{path}: expected images ({', '.join(IMAGES)}) or videos ({', '.join(VIDEOS)}) in "
                "it, found none"
            )
        self.count = len(self.files)
        self.bytes = sum(map(file_size, self.files))

    def frames(self, every: int) -> Iterator[Frame]:
        """Every n-th frame, from the first one on.

        Raises:
            DataError: An image cannot be read.
        """
        for index in range(0, self.count, every):
            data = read_image_file(self.files[index])
            yield Frame(index + 1, decode_photo(data, self.files[index]), data)


class VideoFile:
    """The frames of a video.

    Args:
        path: The file.

    Raises:
        DataError: It cannot be read.
    """

    def __init__(self, path: Path):
        # FFmpeg and OpenCV write to stderr what they think of a file.
        os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", FFMPEG_QUIET)
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
        self.path = path
        if not path.is_file():
            raise DataError(
                f"{path}: no such file: expected a video, a folder of images, or a photo"
            )
        # Absolute, as FFmpeg takes what is before a colon for a protocol.
        self._name = str(path.absolute())
        try:
            self._name.encode()
        except UnicodeEncodeError as error:  # OpenCV would crash
            raise DataError(f"{path}: expected a path in UTF-8; rename the file") from error
        with quiet_stderr():
            video = cv2.VideoCapture(self._name)
            can_be_read = video.read()[0]
        self.bytes = file_size(path)
        self.fps = video.get(cv2.CAP_PROP_FPS)
        # What the file says, which need not be so.
        self.count = max(0, int(video.get(cv2.CAP_PROP_FRAME_COUNT)))
        if not can_be_read:
            raise DataError(
                f"{path}: not one frame can be read: expected a video, a folder of images, or a "
                f"photo ({', '.join(IMAGES)})"
            )

    def frames(self, every: int) -> Iterator[Frame]:
        """Every n-th frame, from the first one on."""
        video, number = cv2.VideoCapture(self._name), 0
        while video.grab():
            number += 1
            if (number - 1) % every == 0:
                whole, image = video.retrieve()
                if not whole:
                    return
                yield Frame(number, np.ascontiguousarray(image[..., ::-1]))


class VideoFolder:
    """The videos of a folder, one after the other in the order of their names, as one video.

    Args:
        path: The folder.

    Raises:
        DataError: There is no video in it, or one cannot be read.
    """

    def __init__(self, path: Path):
        self.path = path
        self._videos = [VideoFile(file) for file in _files(path, VIDEOS)]
        if not self._videos:
            raise DataError(f"{path}: expected videos ({', '.join(VIDEOS)}) in it, found none")
        self.count = sum(video.count for video in self._videos)
        self.bytes = sum(video.bytes for video in self._videos)
        self.fps = self._videos[0].fps

    def frames(self, every: int) -> Iterator[Frame]:
        """Every n-th frame, from the first one on; numbers go on from video to video."""
        images = (frame.image for video in self._videos for frame in video.frames(1))
        for index, image in enumerate(images):
            if index % every == 0:
                yield Frame(index + 1, image)


def file_size(path: Path) -> int:
    """Bytes of a file.

    Raises:
        DataError: There is none.
    """
    try:
        return path.stat().st_size
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error


def open_footage(path: Path) -> ImageFolder | VideoFile | VideoFolder:
    """Opens a video file, or a folder of images or, if it has none, of videos.

    Raises:
        DataError: It is none of these.
    """
    if not path.is_dir():
        return VideoFile(path)
    if _files(path, VIDEOS) and not _files(path, IMAGES):
        return VideoFolder(path)
    return ImageFolder(path)


def _files(folder, suffixes):
    """The files of a folder with these endings, in the order of their names."""
    # A Mac puts a file `._1.jpg` beside `1.jpg` on others' disks; it is no image.
    files = (file for file in folder.iterdir() if not file.name.startswith("."))
    return sorted((file for file in files if file.suffix.lower() in suffixes), key=_natural)


def _natural(path):
    parts = re.split(r"(\d+)", path.name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]
