"""Cameras: where they stand, and what lens, sensor and compression make of the light."""

import dataclasses

import cv2
import numpy as np

from data.people.rendering import View

FULL_FILL = (0.78, 0.92)
"""Share of the picture's height or width that a whole person's motion fills, drawn from here."""
UPPER_SPAN = (1.12, 1.5)
"""Height of the picture in distances from the hips to the crown, drawn from here."""

MID_GREY = 0.27
"""What the automatic exposure takes the picture's mean light to."""


def sample_view(rng: np.random.Generator, joints: np.ndarray, upper: bool) -> View:
    """Chooses where a camera stands for a video, so that the motion is in the picture.

    Args:
        rng: Generator.
        joints: Float array (frames, 14, 3) of FULL_BODY.
        upper: bool. Whether to frame the upper body.
    """
    distance = rng.uniform(1.5, 3.0) if upper else rng.uniform(3.5, 6.5)
    crown, hips = joints[:, 0], joints[:, [8, 11]].mean(axis=1)
    middle = joints.mean(axis=(0, 1))
    eye_height = rng.normal(1.45, 0.12) if upper else rng.uniform(0.8, 1.6)
    eye = np.array([rng.normal(0, 0.08) * distance, eye_height, distance])
    if upper:
        low, high = hips[:, 1].mean(), crown[:, 1].max()
        span = rng.uniform(*UPPER_SPAN) * (high - low)
        top = high + rng.uniform(0.06, 0.22) * span
        # Most of the time the hands stay in the picture.
        wrists = np.abs(joints[:, [4, 7], 0] - middle[0])
        span = max(span, 2.15 * np.quantile(wrists, 0.9))
        target = np.array([middle[0] + rng.normal(0, 0.05) * span, top - span / 2, middle[2]])
        angle = 2 * np.arctan(span / 2 / np.linalg.norm(eye - target))
        return View(eye, target, float(np.degrees(angle)))
    target = np.array([middle[0], joints[..., 1].max() / 2, middle[2]])
    first = View(eye, target, 60.0)
    seen, _ = first.project(joints)
    low, high = seen.min(axis=(0, 1)) - (0.02, 0.015), seen.max(axis=(0, 1)) + (0.02, 0.04)
    side = max(high - low) / rng.uniform(*FULL_FILL)
    centre = (low + high) / 2 + rng.normal(0, 0.02, 2) * side
    aside = first.axes @ [*(first.breadth * (centre - 0.5)), 1]
    return View(eye, eye + aside, float(np.degrees(2 * np.arctan(side * first.breadth / 2))))


def defocus(picture: np.ndarray, depth: np.ndarray, focus: float, aperture: float) -> np.ndarray:
    """Blurs what is not in focus, in linear light.

    Args:
        picture: Float array (S, S, 3).
        depth: Float array (S, S), metres.
        focus: float. Metres at which the picture is sharp.
        aperture: float. Radius of the blur of what is infinitely far, as a share of S.
    """
    radius = aperture * len(picture) * np.abs(1 - focus / np.maximum(depth, 0.1)).astype("float32")
    result = picture.copy()
    levels = [r for r in (0.7, 1.4, 2.8, 5.6, 11.2, 22.4, 44.8) if r < 2 * radius.max() + 0.7]
    below = 0.0
    blurred_before = picture
    for level in levels:
        blurred = cv2.filter2D(picture, -1, _disc(level), borderType=cv2.BORDER_REFLECT)
        share = np.clip((radius - below) / (level - below), 0, 1)
        share = cv2.GaussianBlur(share, (0, 0), max(0.5, 0.5 * level))[..., None]
        result = np.where(share > 0, blurred_before + share * (blurred - blurred_before), result)
        below, blurred_before = level, result
    return result


def _disc(radius):
    half = int(np.ceil(radius))
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    disc = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1).astype("float32")
    return disc / disc.sum()


@dataclasses.dataclass(frozen=True)
class Camera:
    """What a phone, a webcam or a video camera does to light.

    Args:
        exposure: float. Factor, beside the automatic one.
        balance: Factors (3,) of a white balance that is a little off.
        contrast: float. About 1.
        saturation: float. About 1.
        softness: float. Blur in pixels of a 256 px picture.
        sharpening: float. Amount, 0 for none.
        noise: float. Standard deviation in mid-grey, of 1.
        vignette: float. Darkening of the corners, 0 to 1.
        lift: float. How bright black is, of 1.
        quality: int. Of the JPEG compression inside of the camera.
    """

    exposure: float
    balance: np.ndarray
    contrast: float
    saturation: float
    softness: float
    sharpening: float
    noise: float
    vignette: float
    lift: float
    quality: int

    @classmethod
    def sample(cls, rng: np.random.Generator) -> "Camera":
        """Draws a camera."""
        return cls(
            exposure=rng.uniform(0.85, 1.3),
            balance=np.float32([rng.uniform(0.93, 1.08), 1, rng.uniform(0.9, 1.08)]),
            contrast=rng.uniform(1.0, 1.25),
            saturation=rng.uniform(0.8, 1.1),
            softness=rng.choice([0, rng.uniform(0.3, 0.8)]),
            sharpening=rng.choice([0, rng.uniform(0.2, 0.7)]),
            noise=rng.uniform(0.003, 0.016),
            vignette=rng.uniform(0, 0.25),
            lift=rng.uniform(0, 0.03),
            quality=int(rng.integers(60, 96)),
        )

    def develop(self, light: np.ndarray, level: float, rng: np.random.Generator) -> np.ndarray:
        """Makes a picture of light.

        Args:
            light: Float array (S, S, 3), linear.
            level: float. The light that is to be mid-grey.
            rng: Generator, of the noise.

        Returns:
            Uint8 array (S, S, 3), RGB.
        """
        size = len(light)
        y, x = (np.mgrid[:size, :size] + 0.5) / size - 0.5
        corners = 1 - self.vignette * (x**2 + y**2)[..., None] * 2
        x = np.maximum(light, 0) * corners * self.balance * (MID_GREY * self.exposure / level)
        # A film's shoulder: the lights are compressed, not cut.
        x = x * (1 + x / 6) / (1 + 0.72 * x)
        x = np.clip(x, 0, 1) ** (1 / 2.2)
        x = np.clip(0.45 + (x - 0.45) * self.contrast, 0, 1)
        grey = x @ np.float32([0.3, 0.59, 0.11])
        x = grey[..., None] + (x - grey[..., None]) * self.saturation
        x = (self.lift + (1 - self.lift) * x).astype("float32")
        scale = size / 256
        if self.softness:
            x = cv2.GaussianBlur(x, (0, 0), max(0.2, self.softness * scale))
        if self.sharpening:
            x = x + self.sharpening * (x - cv2.GaussianBlur(x, (0, 0), scale))
        grain = rng.standard_normal(x.shape).astype("float32")
        grain = 0.6 * grain + 0.8 * cv2.GaussianBlur(grain, (0, 0), 0.8)
        x = np.clip(x + self.noise * grain * (1.3 - x), 0, 1)
        pixels = np.round(255 * x).astype("uint8")
        options = (cv2.IMWRITE_JPEG_QUALITY, self.quality)
        _, data = cv2.imencode(".jpg", np.ascontiguousarray(pixels[..., ::-1]), options)
        return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])
