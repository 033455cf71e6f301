"""A data set at one look: frames with their joints, in rows."""

from collections.abc import Sequence

import cv2
import numpy as np

from data.annotated_video import Video
from data.drawing import HEADER, MARGIN, PAPER, draw_joints, draw_pose, write_centered
from data.images import read_photo
from posewarp.errors import DataError
from posewarp.skeleton import Skeleton

FRAMES, COLUMNS, PANEL = 24, 6, 256
"""How many frames are shown at most, how many a row, and the pixels of a frame's longer side."""


def draw_sheet(videos: Sequence[tuple[str, Video]], skeleton: Skeleton | None) -> np.ndarray:
    """Draws frames, evenly spread over all videos, with their joints.

    Args:
        videos: Pairs of split and video.
        skeleton: Skeleton whose limbs are drawn where a video has its joints, or None.

    Returns:
        Byte array (H, W, 3), RGB. Frames that cannot be read are blank.
    """
    frames = [
        (split, video, index) for split, video in videos for index in range(len(video.frames))
    ]
    chosen = np.linspace(0, len(frames) - 1, min(len(frames), FRAMES)).round().astype(int)
    panels = []
    for split, video, index in (frames[position] for position in chosen):
        path = video.frames[index]
        panels.append((f"{split}/{video.name} {path.name}", _panel(video, index, skeleton)))
    return _rows(panels)


def _panel(video, index, skeleton):
    try:
        image = read_photo(video.frames[index])
    except DataError:
        return np.zeros((PANEL, PANEL, 3), "uint8")
    scale = PANEL / max(image.shape[:2])
    height, width = (max(1, round(side * scale)) for side in image.shape[:2])
    image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    if skeleton is None or not set(skeleton.joints) <= set(video.joint_names):
        return draw_joints(image, video.joints[index], video.joint_names, scale)
    return draw_pose(image, video.select(skeleton).joints[index], skeleton, scale)


def _rows(panels):
    """Lays panels out in rows, with its name over each."""
    columns = min(COLUMNS, len(panels))
    height = HEADER + max(panel.shape[0] for _, panel in panels)
    width = MARGIN + max(panel.shape[1] for _, panel in panels)
    rows = -(-len(panels) // columns)
    sheet = np.full((rows * height + MARGIN, columns * width + MARGIN, 3), PAPER, "uint8")
    for index, (name, panel) in enumerate(panels):
        top, left = index // columns * height, index % columns * width + MARGIN
        write_centered(sheet[top : top + height], name, left, width - MARGIN)
        down, across = panel.shape[:2]
        sheet[top + HEADER : top + HEADER + down, left : left + across] = panel
    return sheet
