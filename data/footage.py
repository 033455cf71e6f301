"""Reads the frames of a video file, or of a folder of images or of videos."""

import contextlib
import dataclasses
import itertools
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import av
import numpy as np

from data.images import IMAGES, decode_photo, encode_image, read_image_file
from posewarp.errors import DataError

VIDEOS = (".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi")
AS_THEY_ARE = {b"\xff\xd8": ".jpg", b"\x89PNG": ".png"}
"""The first bytes of the image files that are copied unchanged."""


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
        return encode_image(self.image, ".jpg"), ".jpg"


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
        self.bytes = sum(file.stat().st_size for file in self.files)

    def frames(self, every: int) -> Iterator[Frame]:
        """Every n-th frame, from the first one on.

        Raises:
            DataError: An image cannot be read.
        """
        for index in range(0, self.count, every):
            data = read_image_file(self.files[index])
            yield Frame(index + 1, decode_photo(data, self.files[index]), data)


class VideoReader:
    """The frames of a video, or of several one after the other, as those of one video.

    Args:
        path: The file, or the folder of the files.
        files: The video files.

    Raises:
        DataError: One of them cannot be read.
    """

    def __init__(self, path: Path, files: Sequence[Path]):
        self.path, self._files = path, files
        self.bytes = sum(file.stat().st_size for file in files)
        # What the files say, which need not be so.
        self.count, self.fps = 0, 0.0
        for file in files:
            if next(_decoded(file), None) is None:
                raise DataError(
                    f"{file}: not one frame can be read: expected a video, a folder of images, or "
                    f"a photo ({', '.join(IMAGES)})"
                )
            with open(file, "rb") as data, av.open(data) as container:
                stream = container.streams.video[0]
                fps = stream.guessed_rate or 0
                seconds = (container.duration or 0) / av.time_base
                self.count += stream.frames or round(seconds * fps)
                self.fps = self.fps or float(fps)

    def frames(self, every: int) -> Iterator[Frame]:
        """Every n-th frame, from the first one on; numbers go on from video to video."""
        decoded = itertools.chain.from_iterable(map(_decoded, self._files))
        for index, frame in enumerate(decoded):
            if index % every == 0:
                image = np.rot90(frame.to_ndarray(format="rgb24"), frame.rotation // 90)
                yield Frame(index + 1, np.ascontiguousarray(image))


def _decoded(path):
    """Gives what can be decoded of a video."""
    # An open file, as FFmpeg takes what is before a colon in a name for a protocol.
    with (
        contextlib.suppress(av.FFmpegError, IndexError, OSError),
        open(path, "rb") as file,
        av.open(file) as container,
    ):
        container.streams.video[0].thread_type = "AUTO"
        for packet in container.demux(video=0):
            with contextlib.suppress(av.FFmpegError):  # the next ones may be whole
                yield from packet.decode()


def open_footage(path: Path) -> ImageFolder | VideoReader:
    """Opens a video file, or a folder of images or, if it has none, of videos.

    Raises:
        DataError: It is none of these.
    """
    if path.is_file():
        return VideoReader(path, [path])
    if not path.is_dir():
        raise DataError(f"{path}: no such file: expected a video, a folder of images, or a photo")
    videos = _files(path, VIDEOS)
    if videos and not _files(path, IMAGES):
        return VideoReader(path, videos)
    return ImageFolder(path)


def _files(folder, suffixes):
    """The files of a folder with these endings, in the order of their names."""
    # A Mac puts a file `._1.jpg` beside `1.jpg` on others' disks; it is no image.
    files = (file for file in folder.iterdir() if not file.name.startswith("."))
    return sorted((file for file in files if file.suffix.lower() in suffixes), key=_natural)


def _natural(path):
    parts = re.split(r"(\d+)", path.name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]
