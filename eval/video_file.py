"""Writes frames as MP4 that browsers play, or as GIF."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from data.files import check_output
from posewarp.errors import PosewarpError
from posewarp.files import replacing

QUALITY = {"crf": "18"}
"""H.264's constant rate factor: hardly to be told from the frames."""
FORMATS = {".mp4": ("libx264", "yuv420p", QUALITY), ".gif": ("gif", "pal8", {})}
"""Codec, format of pixels and options of the codec, by the ending of a file's name."""


@contextlib.contextmanager
def video_file(path: str | Path, fps: float) -> Iterator[Callable[[np.ndarray], None]]:
    """Opens a video file, and gives a function that adds a frame to it.

    A frame is uint8 (H, W, 3), RGB; all have the size of the first. The file takes its name when
    the context ends; if that ends in an error, nothing is left.

    Args:
        path: File name that ends in .mp4 or .gif.
        fps: float. Frames a second.

    Raises:
        PosewarpError: The format is unknown, or the file cannot be written.
    """
    check_video_name(path)
    path, rate = Path(path), Fraction(fps).limit_denominator(1000)
    codec, pixels, codec_options = FORMATS[path.suffix]
    mp4 = path.suffix == ".mp4"
    # The index goes first, so that a browser plays before it has all of the file.
    options = {"movflags": "faststart"} if mp4 else {}
    stream, pictures = None, []

    def write(frame):
        nonlocal stream
        if mp4:  # H.264 has one colour per 2 x 2 pixels, so sides are even
            frame = np.pad(frame, [(0, side % 2) for side in frame.shape[:2]] + [(0, 0)])
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), "rgb24")
        if stream is None:
            size = {"width": picture.width, "height": picture.height}
            stream = container.add_stream(codec, rate, codec_options, pix_fmt=pixels, **size)
        if mp4:
            container.mux(stream.encode(picture))
        else:
            pictures.append(picture)

    with replacing(path) as partial:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with av.open(str(partial), "w", options=options) as container:
                yield write
                for picture in _with_one_palette(pictures, 1 / rate):
                    container.mux(stream.encode(picture))
                container.mux(stream.encode(None))
        except av.FFmpegError as error:
            raise PosewarpError(f"{path}: cannot be written: {error.strerror}") from error


def _with_one_palette(pictures: Sequence[av.VideoFrame], time_base: Fraction):
    """Reduces pictures to 256 colours, the same for all, so that what holds still keeps its own."""
    if not pictures:
        return
    graph, first = av.filter.Graph(), pictures[0]
    source = graph.add_buffer(
        width=first.width, height=first.height, format=first.format, time_base=time_base
    )
    split, palette, mapped, sink = map(
        graph.add, ("split", "palettegen", "paletteuse", "buffersink")
    )
    source.link_to(split)
    split.link_to(mapped, 0, 0)
    split.link_to(palette, 1, 0)
    palette.link_to(mapped, 0, 1)
    mapped.link_to(sink)
    graph.configure()
    for picture in (*pictures, None):
        graph.push(picture)
    for number in range(len(pictures)):
        picture = graph.pull()
        picture.pts, picture.time_base = number, time_base
        yield picture


def check_video_name(path: str | Path):
    """Checks that a video can be written under a name, before the work of making it."""
    check_output(path)
    if Path(path).suffix not in FORMATS:
        raise PosewarpError(f"{path}: expected a file name that ends in {' or '.join(FORMATS)}")
