"""One video: a person moves before a place, and a camera films it."""

from collections.abc import Iterator

import cv2
import numpy as np
from scipy.signal.windows import tukey

from data.people.camera import GREY, Camera, defocus, sample_view
from data.people.motion import Collider, sample_motion
from data.people.person import Person
from data.people.poses import place
from data.people.rendering import Stage
from data.people.scenes import sample_place

SAMPLES, PLATE_SAMPLES = 6, 16
"""Paths per pixel of a frame, and of the empty place."""
LEAST_LIGHT = 1e-3
LIGHTS = 0.36
"""Mid-grey is at least this share of the person's lights."""
MARGIN = 0.08
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
    view = sample_view(streams[2], np.stack([_joints(person, pose) for pose in motion]), upper)
    scene = sample_place(streams[3], upper)
    camera, grain = Camera(streams[4]), streams[5]
    # What is far neither shades nor is shaded by the person: it is rendered once a video.
    stage = Stage(scene.near, scene.sky, view, size)
    behind = Stage([*scene.near, *scene.far], scene.sky, view, size)
    whole = (0, 0, size, size)
    bare, _, _ = stage.render([], whole, SAMPLES, 0)
    plate, _, depth = behind.render([], whole, PLATE_SAMPLES, 0)
    focus = float(np.linalg.norm(view.eye - (0, 1, 0)))
    plate = defocus(plate, np.where(depth > 0, depth, np.inf), focus, scene.aperture)
    level = None
    for number, pose in enumerate(motion):
        meshes, joints = person.meshes(pose)
        light, cover = _compose(stage, meshes, plate, bare, number + 1)
        level = level or _level(light, cover)
        joints = view.project(joints)[0] * size - 0.5
        joints[((joints < -0.5) | (joints > size - 0.5)).any(axis=1)] = np.nan
        box = np.array(cv2.boundingRect((cover > 0.5).astype("uint8")), float)
        yield camera.develop(light, level, grain), joints, box


def _joints(person, pose):
    placed = place(person.body, person.heads, pose)
    vertices = person.body.skin(person.rest, person.heads, placed)
    return person.body.joints(vertices, placed, person.height)


def _compose(stage, meshes, plate, bare, seed):
    """The person before the plate, with the shadows that fall on the place around.

    `plate` is the light of the whole empty place with lens blur, `bare` that of the empty stage.
    Returns the light (S, S, 3), and the share (S, S) of every pixel that is the person.
    """
    size = stage.size
    # The part of the picture where the person and most of the shadow is.
    seen, _ = stage.view.project(np.concatenate([mesh.points[::7] for mesh in meshes]))
    low, high = seen.min(axis=0) - MARGIN, seen.max(axis=0) + MARGIN
    left, top = np.clip(np.floor(low * size), 0, size - 8).astype(int).tolist()
    right, bottom = np.clip(np.ceil(high * size), (left + 8, top + 8), size).astype(int).tolist()
    width, height = right - left, bottom - top
    part = (slice(top, bottom), slice(left, right))
    traced, share, _ = stage.render(meshes, (left, top, width, height), SAMPLES, seed)
    light, cover = plate.copy(), np.zeros((size, size), "float32")
    cover[part], share = share, share[..., None]
    # Around the person, the smooth change of the place's light is the shadow.
    weight = np.float32(1e-3) + (1 - share) ** 4
    before, after = (
        cv2.GaussianBlur((values + LEAST_LIGHT) * weight, (0, 0), max(1.0, 0.012 * size))
        for values in (bare[part], traced)
    )
    # It fades out towards the edges of the part.
    fade = np.outer(tukey(height, 0.2), tukey(width, 0.2))[..., None]
    shadow = 1 + (np.clip(after / before, 0, 1.15) - 1) * fade
    # In a pixel of both, the stage behind the person makes room for the plate.
    person = np.where(share > 0, traced - (1 - share) * shadow * bare[part], 0)
    light[part] = np.maximum(person, 0) + (1 - share) * shadow * plate[part]
    return light, cover


def _level(light, cover):
    """The light that a camera's automatic exposure takes for mid-grey."""
    bright = light @ GREY
    mean = np.exp(np.average(np.log(bright + LEAST_LIGHT), weights=0.2 + cover))
    # Dark clothes do not make a face burn out.
    return float(max(mean, LIGHTS * np.quantile(bright[cover >= cover.max() / 2], 0.9)))
