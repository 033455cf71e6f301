"""Poses, figures and data sets as pictures: RGB bytes, ready to be written."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from data.annotated_video import Video
from data.files import check_output, write_atomically
from data.images import WRITTEN, encode_image, read_photo
from posewarp.errors import DataError, PosewarpError
from posewarp.pixels import to_bytes
from posewarp.skeleton import Skeleton

if TYPE_CHECKING:  # a pipeline takes seconds to import, and pictures need none
    from data.pairs import Example

RIGHT, LEFT, MIDDLE = (240, 130, 50), (70, 160, 240), (120, 205, 110)
"""Colours of the person's right side, left side, and what is on neither."""
PAPER, INK, DARK = (255, 255, 255), (40, 40, 40), (32, 34, 40)
MARGIN = 6
HEADER = 26
MIN_PANEL = 192
FRACTION_BITS = 4
"""OpenCV takes coordinates with so many binary digits after the point."""
SHEET_FRAMES, SHEET_COLUMNS, SHEET_PANEL = 24, 6, 256
"""Of a contact sheet: the most frames, frames a row, and pixels of a frame's longer side."""


def draw_pose(
    image: np.ndarray, joints: np.ndarray, skeleton: Skeleton, scale: float = 1.0
) -> np.ndarray:
    """Draws limbs and joints over an image; what is missing is left out.

    The person's right side is orange, the left blue, the rest green.

    Args:
        image: Byte array (H, W, 3), RGB.
        joints: Float array (J, 2) in pixels; NaN where missing.
        skeleton: Skeleton.
        scale: float. Pixels of the image per pixel of the joints.

    Returns:
        Byte array (H, W, 3).
    """
    image = np.ascontiguousarray(image)
    points = _scaled(joints, scale)
    present = np.isfinite(points).all(axis=1)
    ends = skeleton.end_weights
    for index, limb in enumerate(skeleton.limbs):
        if all(present[skeleton.joints.index(name)] for name in limb.joints):
            start, end = (_fixed_point(side[index] @ np.nan_to_num(points)) for side in ends)
            color = _side_color(limb.joints)
            cv2.line(image, start, end, color, 2 * _thickness(image), cv2.LINE_AA, FRACTION_BITS)
    return draw_joints(image, joints, skeleton.joints, scale)


def draw_joints(
    image: np.ndarray, joints: np.ndarray, names: Sequence[str], scale: float = 1.0
) -> np.ndarray:
    """Draws joints over an image, as `draw_pose` does, by their names alone."""
    image = np.ascontiguousarray(image)
    for name, joint in zip(names, _scaled(joints, scale), strict=True):
        if np.isfinite(joint).all():
            for radius, color in ((1.5, PAPER), (1.0, _side_color((name,)))):
                radius = round(radius * _thickness(image) * 2**FRACTION_BITS)
                center = _fixed_point(joint)
                cv2.circle(image, center, radius, color, -1, cv2.LINE_AA, FRACTION_BITS)
    return image


def _thickness(image):
    return max(1, round(min(image.shape[:2]) / 64))


def _scaled(joints, scale):
    # The centre of pixel x of a small image is that of its `scale` pixels in a large one.
    return (np.asarray(joints, "float64") + 0.5) * scale - 0.5


def _fixed_point(position):
    # OpenCV takes 32-bit integers; what is this far outside is not seen anyway.
    return np.clip(np.rint(position * 2**FRACTION_BITS), -(2**24), 2**24).astype(int).tolist()


def _side_color(joints):
    for side, color in (("right", RIGHT), ("left", LEFT)):
        if all(side in joint for joint in joints):
            return color
    return MIDDLE


def pose_panel(joints: np.ndarray, skeleton: Skeleton, size: int) -> np.ndarray:
    """Draws a pose of an S x S image on a dark panel.

    Args:
        joints: Float array (J, 2) in pixels of the S x S image.
        skeleton: Skeleton.
        size: int. S.

    Returns:
        Byte array (P, P, 3), P = S or a multiple of it that is large enough to read.
    """
    factor = max(1, -(-MIN_PANEL // size))
    panel = np.full((size * factor, size * factor, 3), DARK, "uint8")
    return draw_pose(panel, joints, skeleton, factor)


def figure(columns: Mapping[str, Sequence[np.ndarray]]) -> np.ndarray:
    """Lays pictures out as a table with a heading over each column.

    Args:
        columns: By heading, one picture per row: byte arrays (S, S, 3) or (S, S), or float
            arrays (S, S, 3) in [-1, 1], or (S, S) in [0, 1]. Smaller ones are enlarged.

    Returns:
        Byte array (H, W, 3), RGB.
    """
    panels = {
        heading: [_as_panel(picture) for picture in pictures]
        for heading, pictures in columns.items()
    }
    side = max(panel.shape[0] for pictures in panels.values() for panel in pictures)
    rows = max(map(len, panels.values()))
    height = HEADER + rows * (side + MARGIN)
    sheet = np.full((height, MARGIN + len(panels) * (side + MARGIN), 3), PAPER, "uint8")
    for column, (heading, pictures) in enumerate(panels.items()):
        left = MARGIN + column * (side + MARGIN)
        _write_centered(sheet, heading, left, side)
        for row, panel in enumerate(pictures):
            top = HEADER + row * (side + MARGIN)
            panel = cv2.resize(panel, (side, side), interpolation=cv2.INTER_CUBIC)
            sheet[top : top + side, left : left + side] = panel
    return sheet


def _as_panel(picture):
    picture = np.asarray(picture)
    if picture.dtype != np.uint8:
        picture = to_bytes(picture if picture.ndim == 3 else picture * 2 - 1)
    return picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=2)


def _write_centered(sheet, text, left, width):
    """Writes a heading of at most a width at the top of a sheet (H, W, 3), from a column on."""
    font, size = cv2.FONT_HERSHEY_SIMPLEX, 0.5
    text = text.encode("utf-8", "replace").decode()  # OpenCV crashes where this is not possible
    (text_width, _), _ = cv2.getTextSize(text, font, size, 1)
    size = min(size, size * width / text_width)
    (text_width, text_height), _ = cv2.getTextSize(text, font, size, 1)
    position = (left + (width - text_width) // 2, (HEADER + text_height) // 2)
    cv2.putText(sheet, text, position, font, size, INK, 1, cv2.LINE_AA)


def transfer_figure(
    examples: "Sequence[Example]",
    generated: np.ndarray,
    skeleton: Skeleton,
    layers: Mapping[str, np.ndarray] | None = None,
) -> np.ndarray:
    """Draws the report's figure: what goes into a transfer and what comes out, row by row.

    Args:
        examples: N Examples. Where the first has no target image, that column is left out.
        generated: Float array (N, S, S, 3) in [-1, 1].
        skeleton: Skeleton.
        layers: Further columns by heading, each an array of N pictures as `figure` takes them.

    Returns:
        Byte array (H, W, 3), RGB.
    """
    size = generated.shape[1]
    columns = {
        "source": [example.source_image for example in examples],
        "source pose": [pose_panel(e.source_joints, skeleton, size) for e in examples],
        "target pose": [pose_panel(e.target_joints, skeleton, size) for e in examples],
        "target": [example.target_image for example in examples],
        "generated": generated,
    }
    if examples[0].target_image is None:
        del columns["target"]
    return figure(columns | dict(layers or {}))


def draw_sheet(videos: Sequence[tuple[str, Video]], skeleton: Skeleton | None) -> np.ndarray:
    """Draws a contact sheet: frames, evenly spread over all videos, with their joints.

    Args:
        videos: Pairs of split and video.
        skeleton: Skeleton whose limbs are drawn where a video has its joints, or None.

    Returns:
        Byte array (H, W, 3), RGB. Frames that cannot be read are blank.
    """
    frames = [
        (split, video, index) for split, video in videos for index in range(len(video.frames))
    ]
    chosen = np.linspace(0, len(frames) - 1, min(len(frames), SHEET_FRAMES)).round().astype(int)
    frames = [frames[position] for position in chosen]
    panels = [_frame_panel(video, index, skeleton) for _, video, index in frames]
    columns = min(SHEET_COLUMNS, len(panels))
    height = HEADER + max(panel.shape[0] for panel in panels)
    width = MARGIN + max(panel.shape[1] for panel in panels)
    rows = -(-len(panels) // columns)
    sheet = np.full((rows * height + MARGIN, columns * width + MARGIN, 3), PAPER, "uint8")
    for position, ((split, video, index), panel) in enumerate(zip(frames, panels, strict=True)):
        top, left = position // columns * height, position % columns * width + MARGIN
        name = f"{split}/{video.name} {video.frames[index].name}"
        _write_centered(sheet[top : top + height], name, left, width - MARGIN)
        down, across = panel.shape[:2]
        sheet[top + HEADER : top + HEADER + down, left : left + across] = panel
    return sheet


def _frame_panel(video, index, skeleton):
    try:
        image = read_photo(video.frames[index])
    except DataError:
        return np.zeros((SHEET_PANEL, SHEET_PANEL, 3), "uint8")
    scale = SHEET_PANEL / max(image.shape[:2])
    height, width = (max(1, round(side * scale)) for side in image.shape[:2])
    image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    if skeleton is None or not set(skeleton.joints) <= set(video.joint_names):
        return draw_joints(image, video.joints[index], video.joint_names, scale)
    return draw_pose(image, video.select(skeleton).joints[index], skeleton, scale)


def check_image_name(path: str | Path):
    """Checks that an image can be written under a name, before the work of making it.

    Raises:
        PosewarpError: The format is unknown, or there is a folder of that name.
    """
    check_output(path)
    if Path(path).suffix.lower() not in WRITTEN:
        raise PosewarpError(f"{path}: expected a file name that ends in .png or .jpg")


def write_image(path: str | Path, image: np.ndarray):
    """Writes an RGB byte image, atomically, in the format of the path's ending.

    Raises:
        PosewarpError: The format is unknown or too small, or the file cannot be written.
    """
    check_image_name(path)
    path = Path(path)
    data = encode_image(image, path.suffix)
    if not data:
        height, width = image.shape[:2]
        raise PosewarpError(
            f"{path}: cannot be written: {width} x {height} pixels are too many for "
            f"{path.suffix}; choose a name that ends in .png"
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PosewarpError(f"{path}: cannot be written: {error.strerror}") from error
    write_atomically(path, data)
