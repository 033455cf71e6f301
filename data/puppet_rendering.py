"""How puppets get into the picture: sprites, pasted frame by frame over a still scene.

A frame moves each sprite by the similarity that takes its bone at rest to the bone's joints,
so clothes' patterns stay fixed to the limb as the network expects (section 3.2 of the CVPR
2018 paper), and draws them from the back to the front.
"""

from collections.abc import Iterator

import cv2
import numpy as np

from data.puppet_motion import (
    JOINT,
    body_points,
    place_in_frame,
    sample_body,
    sample_motion,
)
from data.puppet_people import make_parts
from data.puppet_scenery import paint_background

OVERSAMPLING = 2
"""Canvas pixels per pixel of the frame; averaging them smooths the edges."""


def render_video(
    rng: np.random.Generator, frames: int, size: int, frame_step: int = 1
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Draws a random person in motion before a random background.

    Args:
        rng: Generator. With the same state, another size gives the same video in another
            resolution.
        frames: int. At least 1.
        size: int. Height and width of the frames.
        frame_step: int. Steps of the motion from one frame to the next; 1 is smooth.

    Yields:
        `(image, joints, box)` per frame: a byte array (size, size, 3), RGB; a float64 array
        (14, 2), (x, y) of the joints of `FULL_BODY` in pixels, 0 at the centre of the first
        pixel; a float64 array (4,), x, y, width, height of the person in the same pixels.
    """
    scenery, people, moves, places = rng.spawn(4)
    body = sample_body(people)
    motion = sample_motion(moves, frames * frame_step)
    motion = {name: values[::frame_step] for name, values in motion.items()}
    points, scale = place_in_frame(places, body, body_points(body, motion))
    background = paint_background(scenery, OVERSAMPLING * size)
    # The fourth channel collects what the person covers.
    background = np.dstack([background, np.zeros(background.shape[:2], "float32")])
    parts = make_parts(people, body, OVERSAMPLING * size * scale)
    for pose in points:
        image, box = _draw_frame(background, parts, pose, size, scale * body.foot)
        joints = pose[: len(JOINT)] * size - 0.5
        low = np.minimum(box[:2], joints.min(axis=0))
        high = np.maximum(box[2:], joints.max(axis=0))
        yield image, joints, np.concatenate([low, high - low])


def _draw_frame(background, parts, pose, size, foot):
    """Returns the image and (left, top, right, bottom) of the person in its pixels."""
    canvas = background.copy()
    _cast_shadow(canvas, pose, foot)
    for part in parts:
        _paste(canvas, part, pose * len(canvas))
    covered = canvas[..., 3] > 0.5
    rows, columns = (np.flatnonzero(covered.any(axis=axis)) for axis in (1, 0))
    box = np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]) / OVERSAMPLING - 0.5
    image = cv2.resize(canvas[..., :3], (size, size), interpolation=cv2.INTER_AREA)
    return np.clip(np.rint(image * 255), 0, 255).astype("uint8"), box


def _cast_shadow(canvas, pose, foot):
    """Darkens the floor below the body, and more so where a foot touches it."""
    height, width = canvas.shape[:2]
    floor = pose[-1, 1] - 0.008
    top = max(int((floor - 0.1) * height), 0)
    y, x = np.ogrid[top:height, 0:width]
    x, y = (x + 0.5) / width, (y + 0.5) / height
    ankles = pose[[JOINT["right_ankle"], JOINT["left_ankle"]]]
    spots = [(ankles[:, 0].mean(), 0.06 + abs(np.ptp(ankles[:, 0])) / 2, 0.3)]
    for ankle in ankles:
        lift = max(floor - ankle[1] - foot, 0)
        spots.append((ankle[0], 0.05 + lift, 0.5 / (1 + (lift / 0.04) ** 2)))
    light = 1.0
    for centre, radius, strength in spots:
        distance = ((x - centre) / radius) ** 2 + ((y - floor) / (0.03 + 0.2 * radius)) ** 2
        light = light * (1 - strength * np.exp(-2 * distance))
    canvas[top:, :, :3] *= light[..., None].astype("float32")


def _paste(canvas, part, pose):
    """Moves a part's sprite to its bone in canvas pixels, and draws it over the canvas."""
    start, end = pose[list(part.start)].mean(axis=0), pose[list(part.end)].mean(axis=0)
    along = (end - start) / part.length
    if part.planted:
        turn = np.arctan2(along[0], along[1]) / 2
        along = np.linalg.norm(along) * np.array([np.sin(turn), np.cos(turn)])
        start = end - part.length * along
    sprite = part.sprite
    # From pixel centres of the sprite, over its units, to pixel centres of the canvas.
    similarity = np.array([[along[1], along[0]], [-along[0], along[1]]])
    linear = similarity / sprite.density
    offset = start + similarity @ sprite.corner + linear @ (0.5, 0.5) - 0.5
    height, width = sprite.pixels.shape[:2]
    corners = np.array([(-1, -1), (width, -1), (-1, height), (width, height)])
    corners = corners @ linear.T + offset
    side = len(canvas)
    left, top = np.clip(np.floor(corners.min(axis=0)).astype(int), 0, side)
    right, bottom = np.clip(np.ceil(corners.max(axis=0)).astype(int) + 1, 0, side)
    if right <= left or bottom <= top:
        return
    matrix = np.column_stack([linear, offset - (left, top)])
    size = (int(right - left), int(bottom - top))
    moved = cv2.warpAffine(sprite.pixels, matrix, size, flags=cv2.INTER_LINEAR)
    region = canvas[top:bottom, left:right]
    region *= 1 - moved[..., 3:]
    region += moved
