"""One video: a person moves before a place, and a camera films it.

The camera is a phone's, a webcam or a video camera: where it stands, and what its lens, sensor and
compression make of the light.
"""

from collections.abc import Iterator

import cv2
import numpy as np
from scipy.signal.windows import tukey

from data.people.motion import sample_motion
from data.people.person import Person
from data.people.rendering import Stage, View
from data.people.scenes import sample_place

SAMPLES, PLATE_SAMPLES = 6, 16  # paths per pixel of a frame, and of the empty place
LEAST_LIGHT = 1e-3
MID_GREY = 0.27  # what the automatic exposure takes the mean light to
LIGHTS = 0.36  # the mean light is at least this share of the person's lights
GREY = np.float32([0.3, 0.59, 0.11])  # shares of red, green and blue in brightness
MARGIN = 0.08  # around the person, of what is rendered again, as a share of the picture
FULL_FILL = (0.78, 0.92)  # share of the picture that a whole person's motion fills, drawn from here
UPPER_SPAN = (1.12, 1.5)  # height of the picture in distances from hips to crown, drawn from here


def render_video(
    rng: np.random.Generator, frames: int, size: int, frame_step: int = 1, upper: bool = False
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Renders a random person in motion; everything about it is drawn from `rng`.

    The pictures are `frame_step` steps of the motion apart; `upper` frames the upper body.

    Yields:
        `(picture, joints, box)`: uint8 array (size, size, 3), RGB; float array (14, 2) of
        FULL_BODY in pixels from 0, NaN outside of the picture; float array (4,): x, y, width,
        height of the person's box.
    """
    streams = rng.spawn(6)
    person = Person(streams[0], size)
    figure = person.body, person.rest, person.heads
    motion = sample_motion(streams[1], figure, (frames - 1) * frame_step + 1, upper)[::frame_step]
    joints = np.stack([person.joints(pose) for pose in motion])
    view = sample_view(streams[2], joints, upper)
    meshes, sky, aperture = sample_place(streams[3], upper)
    camera, grain = Camera(streams[4]), streams[5]
    stage = Stage(meshes, sky, view, size)
    bare, _, depth = stage.render([], (0, 0, size, size), PLATE_SAMPLES, 0)
    focus = float(np.linalg.norm(view.eye - (0, 1, 0)))
    plate = defocus(bare, np.where(depth > 0, depth, np.inf), focus, aperture)
    places = view.project(joints) * size - 0.5
    places[((places < -0.5) | (places > size - 0.5)).any(axis=-1)] = np.nan
    level = None
    for number, pose in enumerate(motion):
        light, cover = _compose(stage, person.meshes(pose), plate, bare, number + 1)
        level = level or _level(light, cover)
        box = np.array(cv2.boundingRect((cover > 0.5).astype("uint8")), float)
        yield camera.develop(light, level, grain), places[number], box


def _compose(stage, meshes, plate, bare, seed):
    """The light (S, S, 3) of a frame, and the share (S, S) of every pixel that is the person.

    `bare` is the light of the empty place, `plate` the same with lens blur.
    """
    size = stage.size
    # The part of the picture where the person and most of the shadow is.
    seen = stage.view.project(np.concatenate([mesh.points[::7] for mesh in meshes]))
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
    # In a pixel of both, the place behind the person is blurred.
    person = np.where(share > 0, traced - (1 - share) * shadow * bare[part], 0)
    light[part] = np.maximum(person, 0) + (1 - share) * shadow * plate[part]
    return light, cover


def _level(light, cover):
    """The light that a camera's automatic exposure takes for mid-grey."""
    bright = light @ GREY
    mean = np.exp(np.average(np.log(bright + LEAST_LIGHT), weights=0.2 + cover))
    # Dark clothes do not make a face burn out.
    return float(max(mean, LIGHTS * np.quantile(bright[cover >= cover.max() / 2], 0.9)))


def sample_view(rng: np.random.Generator, joints: np.ndarray, upper: bool) -> View:
    """Chooses a camera's place that has the motion of joints (frames, 14, 3) in the picture."""
    distance = rng.uniform(1.5, 3.0) if upper else rng.uniform(3.5, 6.5)
    height = rng.normal(1.45, 0.12) if upper else rng.uniform(0.8, 1.6)
    eye = np.array([rng.normal(0, 0.08) * distance, height, distance])
    middle = joints.mean(axis=(0, 1))
    wide = View(eye, middle, 60.0)
    seen = wide.project(joints)
    low, high = seen.min(axis=(0, 1)), seen.max(axis=(0, 1))
    if upper:
        trunk = seen[:, [8, 11], 1].mean() - low[1]
        # Most of the time the hands stay in the picture.
        reach = np.quantile(np.abs(seen[:, [4, 7], 0] - 0.5), 0.9)
        side = max(rng.uniform(*UPPER_SPAN) * trunk, 2.15 * reach)
        above = rng.uniform(0.06, 0.22)
        centre = np.array([0.5 + rng.normal(0, 0.05) * side, low[1] + (0.5 - above) * side])
    else:
        # Crown and ankles are inside of the head and the feet.
        low, high = low - (0.02, 0.015), high + (0.02, 0.04)
        side = max(high - low) / rng.uniform(*FULL_FILL)
        centre = (low + high) / 2 + rng.normal(0, 0.02, 2) * side
    breadth = 2 * np.tan(np.radians(wide.angle) / 2)
    right, down = (centre - 0.5) * breadth * np.linalg.norm(middle - eye)
    angle = 2 * np.arctan(side * breadth / 2)
    return View(eye, middle + (right, -down, 0), float(np.degrees(angle)))


def defocus(picture: np.ndarray, depth: np.ndarray, focus: float, aperture: float) -> np.ndarray:
    """Blurs what is not in focus in a linear picture (S, S, 3), whose depth (S, S) is in metres.

    `aperture` is the radius of the blur of what is infinitely far, as a share of S.
    """
    radius = aperture * len(picture) * np.abs(1 - focus / np.maximum(depth, 0.1)).astype("float32")
    smaller = 0.0
    # Each disc is twice as large as the last, and gets a share of the pixels between the two.
    for disc in 0.7 * 2.0 ** np.arange(8):
        if smaller >= radius.max():
            break
        x = np.arange(-np.ceil(disc), np.ceil(disc) + 1)
        kernel = np.clip(disc + 0.5 - np.hypot(x, x[:, None]), 0, 1)
        blurred = cv2.filter2D(picture, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT)
        share = np.clip((radius - smaller) / (disc - smaller), 0, 1)
        share = cv2.GaussianBlur(share, (0, 0), max(0.5, disc / 2))[..., None]
        picture, smaller = picture + share * (blurred - picture), disc
    return picture


class Camera:
    """What a phone, a webcam or a video camera, drawn at random, does to light."""

    def __init__(self, rng: np.random.Generator):
        self.exposure = rng.uniform(0.85, 1.3)  # beside the automatic one
        self.balance = np.float32([rng.uniform(0.93, 1.08), 1, rng.uniform(0.9, 1.08)])
        self.contrast = rng.uniform(1.0, 1.25)
        self.saturation = rng.uniform(0.8, 1.1)
        self.blur = rng.uniform(0.35, 0.6)  # pixels of a 256 px picture
        self.sharpening = rng.choice([0, rng.uniform(0.1, 0.5)])
        self.noise = rng.uniform(0.003, 0.016)  # standard deviation in mid-grey, of 1
        self.vignette = rng.uniform(0, 0.25)  # darkening of the corners
        self.lift = rng.uniform(0, 0.03)  # how bright black is
        self.quality = int(rng.integers(60, 96))  # of the JPEG compression in the camera

    def develop(self, light: np.ndarray, level: float, rng: np.random.Generator) -> np.ndarray:
        """Makes a picture, uint8 RGB, of linear light (S, S, 3); a `level` becomes mid-grey."""
        size = len(light)
        y, x = (np.mgrid[:size, :size] + 0.5) / size - 0.5
        corners = 1 - 2 * self.vignette * (x**2 + y**2)[..., None]
        x = np.maximum(light, 0) * corners * self.balance * (MID_GREY * self.exposure / level)
        # A film's shoulder: the lights are compressed, not cut.
        x = np.clip(x * (1 + x / 6) / (1 + 0.72 * x), 0, 1) ** (1 / 2.2)
        x = np.clip(0.45 + (x - 0.45) * self.contrast, 0, 1)
        grey = (x @ GREY)[..., None]
        x = self.lift + (1 - self.lift) * (grey + (x - grey) * self.saturation)
        # Thin hair and outlines would be jagged without the lens's own blur.
        x = cv2.GaussianBlur(x.astype("float32"), (0, 0), max(0.45, self.blur * size / 256))
        x += self.sharpening * (x - cv2.GaussianBlur(x, (0, 0), size / 256))
        grain = rng.standard_normal(x.shape, "float32")
        grain = 0.6 * grain + 0.8 * cv2.GaussianBlur(grain, (0, 0), 0.8)
        x = np.clip(x + self.noise * grain * (1.3 - x), 0, 1)
        pixels = np.round(255 * x[..., ::-1]).astype("uint8")
        _, data = cv2.imencode(".jpg", pixels, (cv2.IMWRITE_JPEG_QUALITY, self.quality))
        return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])
