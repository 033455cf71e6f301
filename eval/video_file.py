"""Writes frames as MP4 that browsers play, or as GIF."""

import os
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from data.files import check_output
from posewarp.errors import PosewarpError

FORMATS = (".mp4", ".gif")
QUALITY = "18"
"""H.264's constant rate factor: hardly to be told from the frames."""


class VideoFile:
    """A video file to be written, as a context manager.

    It is written under a temporary name in its folder, and takes its own name when the context
    ends; if that ends in an error, nothing is left.

    Args:
        path: File name that ends in .mp4 or .gif.
        fps: float. Frames a second.

    Raises:
        PosewarpError: The format is unknown, or the file cannot be written.
    """

    def __init__(self, path: str | Path, fps: float):
        self.path = Path(path)
        check_video_name(self.path)
        self.fps = Fraction(fps).limit_denominator(1000)
        self._partial = self.path.with_name(f".{self.path.name}.partial")
        self._container = self._stream = self._graph = None

    def __enter__(self) -> "VideoFile":
        with self._errors():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # The index goes first, so that a browser plays before it has all of the file.
            options = {"movflags": "faststart"} if self.path.suffix == ".mp4" else {}
            self._container = av.open(
                str(self._partial), "w", format=self.path.suffix[1:], options=options
            )
        return self

    def write(self, frame: np.ndarray):
        """Adds a frame, uint8 (H, W, 3), RGB; all have the size of the first."""
        height, width = frame.shape[:2]
        with self._errors():
            if self._stream is None:
                self._open(width, height)
            self._graph.push(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), "rgb24"))
            self._encode_ready()

    def _open(self, width, height):
        mp4 = self.path.suffix == ".mp4"
        self._stream = self._container.add_stream("libx264" if mp4 else "gif", rate=self.fps)
        self._stream.pix_fmt = "yuv420p" if mp4 else "pal8"
        # H.264 has one colour per 2 x 2 pixels, so sides are even.
        self._stream.width, self._stream.height = (
            (width + width % 2, height + height % 2) if mp4 else (width, height)
        )
        if mp4:
            self._stream.options = {"crf": QUALITY}
        self._graph = graph = av.filter.Graph()
        source = graph.add_buffer(
            width=width, height=height, format="rgb24", time_base=1 / self.fps
        )
        if mp4:
            links = [
                graph.add("pad", "ceil(iw/2)*2:ceil(ih/2)*2"),
                graph.add("format", "yuv420p"),
                graph.add("buffersink"),
            ]
            graph.link_nodes(source, *links)
        else:
            # One palette for all frames, so that what holds still keeps its colours.
            split, palette = graph.add("split"), graph.add("palettegen")
            mapped, sink = graph.add("paletteuse"), graph.add("buffersink")
            source.link_to(split)
            split.link_to(mapped, 0, 0)
            split.link_to(palette, 1, 0)
            palette.link_to(mapped, 0, 1)
            mapped.link_to(sink)
        graph.configure()
        self._count = 0

    def _encode_ready(self):
        while True:
            try:
                frame = self._graph.pull()
            except (av.BlockingIOError, av.EOFError):
                return
            frame.pts, frame.time_base = self._count, 1 / self.fps
            self._count += 1
            self._container.mux(self._stream.encode(frame))

    def __exit__(self, kind, error, trace):
        try:
            with self._errors():
                if kind is None and self._stream is not None:
                    self._graph.push(None)
                    self._encode_ready()
                    self._container.mux(self._stream.encode(None))
                self._container.close()
                if kind is None:
                    os.replace(self._partial, self.path)
        finally:
            self._partial.unlink(missing_ok=True)

    def _errors(self):
        return _Errors(self.path)


class _Errors:
    """Raises what FFmpeg and the file system raise as our error, with the file's name."""

    def __init__(self, path):
        self.path = path

    def __enter__(self):
        pass

    def __exit__(self, kind, error, trace):
        if isinstance(error, (OSError, av.FFmpegError)):
            problem = error.strerror or error
            raise PosewarpError(f"{self.path}: cannot be written: {problem}") from error


def check_video_name(path: str | Path):
    """Checks that a video can be written under a name, before the work of making it.

    Raises:
        PosewarpError: The format is unknown, or there is a folder of that name.
    """
    check_output(path)
    if Path(path).suffix not in FORMATS:
        raise PosewarpError(f"{path}: expected a file name that ends in {' or '.join(FORMATS)}")
