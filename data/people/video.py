"""One video: a person moves before a place, and a camera films it."""

from collections.abc import Iterator

import cv2
import numpy as np

from data.people.camera import Camera, defocus, sample_view
from data.people.motion import Collider, sample_motion
from data.people.person import Person
from data.people.poses import place
from data.people.rendering import Stage
from data.people.scenes import sample_place

SAMPLES, PLATE_SAMPLES, SHADOW_SAMPLES = 9, 16, 4
"""Paths per pixel of a frame, of the empty place, and of what its shadows are measured by."""
LEAST_LIGHT = 1e-3
LIGHTS = 0.36
"""Mid-grey is at least this share of the person's lights."""
MARGIN = 0.10
"""Of the part of the picture that is rendered around the person, as a share of the size."""


def render_video(
    rng: np.random.Generator, frames: int, size: int, frame_step: int = 1, upper: bool = False
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Renders a random person in motion.

    Args:
        rng: Generator; everything about the video is drawn from it.
        frames: int. Pictures.
        size: int. Their height and width in pixels.
        frame_step: int. Steps of the motion from one picture to the next.
        upper: bool. Whether to frame the upper body.

    Yields:
        `(picture, joints, box)`: uint8 array (size, size, 3), RGB; float array (14, 2) of
        FULL_BODY in pixels from 0, NaN outside of the picture; float array (4,): x, y, width,
        height of the person's box.
    """
    streams = rng.spawn(6)
    person = Person(streams[0], size)
    collider = Collider(person.body, person.rest, person.heads)
    motion = sample_motion(streams[1], collider, (frames - 1) * frame_step + 1, upper)
    motion = motion[::frame_step]
    tracks = [_joints_of(person, pose) for pose in motion]
    view = sample_view(streams[2], np.stack(tracks), upper)
    scene = sample_place(streams[3], upper)
    camera, grain = Camera.sample(streams[4]), streams[5]
    stage = Stage(scene.near, scene.sky, view, size)
    plate, depth = Stage([*scene.near, *scene.far], scene.sky, view, size).empty(PLATE_SAMPLES, 0)
    bare = stage.empty(SHADOW_SAMPLES, 1)[0] if scene.far else plate
    if scene.aperture:
        focus = float(np.linalg.norm(view.eye - (0, 1, 0)))
        plate = defocus(plate, depth, focus, scene.aperture)
    level = None
    for number, pose in enumerate(motion):
        meshes, joints = person.meshes(pose)
        light, cover = _compose(stage, meshes, plate, bare, number + 2)
        if level is None:
            level = _level(light, cover)
        picture = camera.develop(light, level, grain)
        seen, _ = view.project(joints)
        joints = seen * size - 0.5
        box = _box(cover)
        outside = ((joints < -0.5) | (joints > size - 0.5)).any(axis=1)
        joints[outside] = np.nan
        yield picture, joints, box


def _joints_of(person, pose):
    placed = place(person.body, person.heads, pose)
    vertices = person.body.skin(person.rest, person.heads, placed)
    return person.body.joints(vertices, placed, person.height)


def _compose(stage, meshes, plate, bare, seed):
    """The person before the plate, with the shadows that fall on the place around.

    Returns:
        `(light, cover)`: the linear picture, and the share of every pixel that is the person.
    """
    size = stage.size
    window = _window(stage, meshes)
    left, top, width, height = window
    part = (slice(top, top + height), slice(left, left + width))
    traced, cover = stage.trace(meshes, SAMPLES, seed, window)
    share = cover[..., None]
    # Where the place is seen, only the change that the person makes to its light is taken.
    weight = np.float32(1e-3) + (1 - share) ** 4
    softness = max(1.0, 0.012 * size)

    def spread(values):
        return cv2.GaussianBlur(values, (0, 0), softness, borderType=cv2.BORDER_REPLICATE)

    before = spread(bare[part] * weight) + LEAST_LIGHT * spread(weight)[..., None]
    after = spread(traced * weight) + LEAST_LIGHT * spread(weight)[..., None]
    shadow = np.clip(after / before, 0, 1.15)
    light, whole = plate.copy(), np.zeros((size, size), "float32")
    edge = _edge_fade(height, width)
    shadow = 1 + (shadow - 1) * edge[..., None]
    light[part] = share * traced + (1 - share) * plate[part] * shadow
    whole[part] = cover
    return light, whole


def _edge_fade(height, width):
    """1 inside of a window, 0 at its edges."""
    y = np.minimum(np.arange(height), np.arange(height)[::-1])[:, None]
    x = np.minimum(np.arange(width), np.arange(width)[::-1])[None]
    return np.clip(np.minimum(x, y) / (0.06 * max(height, width)), 0, 1).astype("float32")


def _window(stage, meshes):
    """The part of the picture where the person and most of the shadow is."""
    size = stage.size
    seen, _ = stage.view.project(np.concatenate([mesh.points[::7] for mesh in meshes]))
    low = np.floor((seen.min(axis=0) - MARGIN) * size).astype(int)
    high = np.ceil((seen.max(axis=0) + MARGIN) * size).astype(int)
    left, top = np.clip(low, 0, size - 8)
    right, bottom = np.clip(high, (left + 8, top + 8), size)
    return int(left), int(top), int(right - left), int(bottom - top)


def _level(light, cover):
    """The light that a camera's automatic exposure takes for mid-grey."""
    bright = light @ np.float32([0.3, 0.59, 0.11])
    weight = 0.2 + cover
    mean = np.exp((weight * np.log(bright + LEAST_LIGHT)).sum() / weight.sum())
    # Dark clothes do not make a face or a white wall burn out.
    person = bright[cover > 0.5]
    lights = LIGHTS * np.quantile(person, 0.9) if person.size else 0
    return float(max(mean, lights, 0.6 * LIGHTS * np.quantile(bright, 0.9)))


def _box(cover):
    rows, columns = (np.flatnonzero((cover > 0.5).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return np.zeros(4)
    return np.array([columns[0], rows[0], np.ptp(columns) + 1, np.ptp(rows) + 1], float)
