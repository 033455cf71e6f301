"""Cameras: where they stand, and what lens, sensor and compression make of the light."""

import cv2
import numpy as np

from data.people.rendering import View

FULL_FILL = (0.78, 0.92)
"""Share of the picture's height or width that a whole person's motion fills, drawn from here."""
UPPER_SPAN = (1.12, 1.5)
"""Height of the picture in distances from the hips to the crown, drawn from here."""
MID_GREY = 0.27
"""What the automatic exposure takes the picture's mean light to."""
GREY = np.float32([0.3, 0.59, 0.11])
"""Shares of red, green and blue in brightness."""


def sample_view(rng: np.random.Generator, joints: np.ndarray, upper: bool) -> View:
    """Chooses where a camera stands for a video, so that the motion is in the picture.

    Args:
        rng: Generator.
        joints: Float array (frames, 14, 3) of FULL_BODY.
        upper: bool. Whether to frame the upper body.
    """
    distance = rng.uniform(1.5, 3.0) if upper else rng.uniform(3.5, 6.5)
    height = rng.normal(1.45, 0.12) if upper else rng.uniform(0.8, 1.6)
    eye = np.array([rng.normal(0, 0.08) * distance, height, distance])
    middle = joints.mean(axis=(0, 1))
    wide = View(eye, middle, 60.0)
    seen, _ = wide.project(joints)
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
    """Blurs what is not in focus, in linear light.

    Args:
        picture: Float array (S, S, 3).
        depth: Float array (S, S), metres.
        focus: float. Metres at which the picture is sharp.
        aperture: float. Radius of the blur of what is infinitely far, as a share of S.
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
    """What a phone, a webcam or a video camera does to light.

    Args:
        rng: Generator that its settings are drawn from.
    """

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
