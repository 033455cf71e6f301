"""What puppets and their backgrounds are painted with: outlines, textures, a canvas.

Everything is given in the canvas' own units and rasterised at any density, so the same
drawing can be made at any resolution. Outlines are float arrays (points, 2) of (x, y), y
downwards. A colour is three floats in [0, 1], RGB. A texture maps coordinate arrays (H, W)
to colours (H, W, 3); it is a function of the coordinates alone, so it moves with its shape.
"""

import colorsys
import dataclasses
from collections.abc import Callable

import cv2
import numpy as np

Colour = tuple[float, float, float]
Texture = Callable[[np.ndarray, np.ndarray], np.ndarray]

SUBPIXEL_BITS = 6
"""Fixed-point digits of the corners that cv2 rasterises."""


@dataclasses.dataclass(frozen=True)
class Sprite:
    """A painted shape that can be moved by a similarity.

    Args:
        pixels: Float32 array (H, W, 4) in [0, 1]: RGB multiplied by alpha, then alpha.
        corner: (x, y) of the top left corner of the first pixel, in the sprite's units.
        density: float. Pixels per unit.
    """

    pixels: np.ndarray
    corner: tuple[float, float]
    density: float


class Canvas:
    """A transparent sheet to paint on.

    Args:
        extent: (left, top, right, bottom) in units.
        density: float. Pixels per unit.
    """

    def __init__(self, extent: tuple[float, float, float, float], density: float):
        left, top, right, bottom = extent
        width, height = (int(np.ceil(side * density)) for side in (right - left, bottom - top))
        self.corner = (left, top)
        self.density = density
        x = left + (np.arange(width, dtype="float32") + 0.5) / density
        y = top + (np.arange(height, dtype="float32") + 0.5) / density
        self.x, self.y = np.meshgrid(x, y)
        self.pixels = np.zeros((height, width, 4), "float32")

    def fill(
        self,
        outlines: np.ndarray | list[np.ndarray],
        paint: Colour | Texture,
        shade: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None,
        opacity: float = 1.0,
        within: np.ndarray | None = None,
    ):
        """Paints a shape over what is there.

        Args:
            outlines: One outline, or several; where two overlap is a hole.
            paint: A colour or a texture.
            shade: Maps coordinates (H, W) to the brightness (H, W) to multiply by.
            opacity: float in [0, 1].
            within: A further outline that the shape is cut to.
        """
        outlines = outlines if isinstance(outlines, list) else [outlines]
        corners = np.concatenate(outlines)
        shape = self.pixels.shape
        low = (corners.min(axis=0) - self.corner) * self.density - 2
        high = (corners.max(axis=0) - self.corner) * self.density + 2
        left, top = (int(max(bound, 0)) for bound in low)
        right, bottom = (
            int(min(bound, side)) for bound, side in zip(high, shape[1::-1], strict=True)
        )
        if right <= left or bottom <= top:
            return
        region = (slice(top, bottom), slice(left, right))
        alpha = self._coverage(outlines, region)
        if within is not None:
            alpha = alpha * self._coverage([within], region)
        alpha = (opacity * alpha)[..., None]
        x, y = self.x[region], self.y[region]
        colours = paint(x, y) if callable(paint) else np.array(paint, "float32")
        if shade is not None:
            colours = colours * shade(x, y)[..., None]
        under = self.pixels[region]
        under *= 1 - alpha
        under[..., :3] += alpha * np.clip(colours, 0, 1)
        under[..., 3:] += alpha

    def _coverage(self, outlines, region):
        """Share of each pixel of the region that the shape covers, in [0, 1]."""
        offset = np.array([region[1].start, region[0].start])
        corners = [
            np.round(
                ((outline - self.corner) * self.density - 0.5 - offset) * 2**SUBPIXEL_BITS
            ).astype("int32")
            for outline in outlines
        ]
        mask = np.zeros(self.x[region].shape, "uint8")
        cv2.fillPoly(mask, corners, 255, cv2.LINE_AA, SUBPIXEL_BITS)
        return mask.astype("float32") / 255

    def sprite(self, reduction: int = 1) -> Sprite:
        """Returns what is painted, averaged over `reduction` x `reduction` pixels."""
        height, width = (-(-side // reduction) * reduction for side in self.pixels.shape[:2])
        padded = np.zeros((height, width, 4), "float32")
        padded[: self.pixels.shape[0], : self.pixels.shape[1]] = self.pixels
        size = (width // reduction, height // reduction)
        pixels = cv2.resize(padded, size, interpolation=cv2.INTER_AREA)
        return Sprite(pixels, self.corner, self.density / reduction)


# Outlines


def ellipse(x, y, rx, ry, start=0.0, end=360.0, turn=0.0) -> np.ndarray:
    """An ellipse, or the segment between two angles (degrees, 0 right, 90 down)."""
    angles = np.radians(np.linspace(start, end, 49))
    points = np.stack([rx * np.cos(angles), ry * np.sin(angles)], axis=-1)
    cos, sin = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    return points @ np.array([[cos, sin], [-sin, cos]]) + (x, y)


def rectangle(left, top, right, bottom) -> np.ndarray:
    """An upright rectangle."""
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], float)


def line(start, end, width) -> np.ndarray:
    """A straight stroke with square ends."""
    start, end = np.array(start, float), np.array(end, float)
    along = (end - start) / np.linalg.norm(end - start)
    side = width / 2 * np.array([-along[1], along[0]])
    return np.array([start + side, end + side, end - side, start - side])


def star(x, y, radius, points=5, depth=0.45) -> np.ndarray:
    """A star that points up."""
    angles = np.pi * np.arange(2 * points) / points - np.pi / 2
    radii = np.where(np.arange(2 * points) % 2, depth * radius, radius)
    return np.stack([x + radii * np.cos(angles), y + radii * np.sin(angles)], axis=-1)


def heart(x, y, radius) -> np.ndarray:
    """A heart."""
    t = np.linspace(0, 2 * np.pi, 49)
    height = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return np.stack([x + radius * np.sin(t) ** 3, y - radius * height / 16], axis=-1)


def symmetric(half: list[tuple[float, float]], rounds: int = 0) -> np.ndarray:
    """Closes the right half of a shape, given from top to bottom, with its mirror image.

    `rounds` of Chaikin's corner cutting smooth the half first.
    """
    half = np.array(half, float)
    for _ in range(rounds):
        a, b = half[:-1], half[1:]
        cut = np.stack([0.75 * a + 0.25 * b, 0.25 * a + 0.75 * b], axis=1).reshape(-1, 2)
        half = np.concatenate([half[:1], cut, half[-1:]])
    return np.concatenate([half, half[::-1] * (-1, 1)])


def tube(start, end, radius, caps=(True, True)) -> np.ndarray:
    """A limb along the y axis between two y, with rounded or flat ends.

    `radius` maps an array of y to half widths.
    """
    y = np.linspace(start, end, 24)
    half = np.stack([radius(y), y], axis=-1)
    angles = np.linspace(np.pi / 2, 0, 12)[:-1]
    if caps[0]:
        cap = half[0, 0] * np.stack([np.cos(angles), -np.sin(angles)], axis=-1)
        half = np.concatenate([cap + (0, start), half])
    if caps[1]:
        cap = half[-1, 0] * np.stack([np.cos(angles), np.sin(angles)], axis=-1)[::-1]
        half = np.concatenate([half, cap + (0, end)])
    return symmetric(half)


# Colours and textures


def hsv(hue: float, saturation: float, value: float) -> Colour:
    """A colour; the hue wraps around at 1."""
    return colorsys.hsv_to_rgb(hue % 1, saturation, value)


def brighter(colour: Colour, factor: float) -> Colour:
    """The colour with its brightness multiplied, clipped at white."""
    return tuple(float(min(channel * factor, 1)) for channel in colour)


def solid(colour: Colour) -> Texture:
    """The same colour everywhere."""
    return lambda x, y: np.broadcast_to(np.array(colour, "float32"), (*x.shape, 3))


def mixed(weight: Callable, first: Colour, second: Colour) -> Texture:
    """`first` where `weight(x, y)` is 0, `second` where it is 1."""
    first, second = np.array(first, "float32"), np.array(second, "float32")
    return lambda x, y: first + weight(x, y)[..., None].astype("float32") * (second - first)


def stripes(first, second, period, angle=0.0, share=0.5) -> Texture:
    """Bands of `second` on `first`; 0 degrees is horizontal bands."""
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return mixed(lambda x, y: ((x * sin + y * cos) / period) % 1 < share, first, second)


def checks(first, second, period) -> Texture:
    """A chessboard."""
    return mixed(lambda x, y: (np.floor(x / period) + np.floor(y / period)) % 2, first, second)


def plaid(first, second, period) -> Texture:
    """Woven bands: half mixed where one band crosses, full where both do."""
    return mixed(
        lambda x, y: ((x / period % 1 < 0.4) + 0.0 + (y / period % 1 < 0.4)) / 2, first, second
    )


def dots(first, second, period) -> Texture:
    """Dots of `second` in a staggered grid."""

    def inside(x, y):
        row = np.floor(y / period)
        across = (x / period + row % 2 / 2) % 1 - 0.5
        return np.hypot(across, y / period - row - 0.5) < 0.28

    return mixed(inside, first, second)


def blotches(rng: np.random.Generator, first, second, period) -> Texture:
    """Irregular patches of `second`, as on camouflage or tie-dye."""
    waves = Waves(rng, period)
    return mixed(lambda x, y: np.clip(0.5 + 2.5 * waves(x, y), 0, 1), first, second)


class Waves:
    """Smooth noise: a sum of sine waves of random directions, about [-1, 1].

    Args:
        rng: Generator.
        period: float. Typical distance between two crests.
    """

    def __init__(self, rng: np.random.Generator, period: float):
        angles = rng.uniform(0, 2 * np.pi, 7)
        frequencies = 2 * np.pi / (period * rng.uniform(0.6, 1.8, 7))
        self.terms = list(
            zip(
                (frequencies * np.cos(angles)).tolist(),
                (frequencies * np.sin(angles)).tolist(),
                rng.uniform(0, 2 * np.pi, 7).tolist(),
                strict=True,
            )
        )

    def __call__(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Evaluates the noise at coordinates of any shape."""
        return sum(np.sin(fx * x + fy * y + phase) for fx, fy, phase in self.terms) / 3.5


def speckle(rng: np.random.Generator, height: int, width: int, cells: int) -> np.ndarray:
    """Random grain (height, width), about [-1, 1], the same picture at any resolution."""
    grain = np.clip(rng.normal(0, 0.45, (cells, cells)), -1, 1).astype("float32")
    return cv2.resize(grain, (width, height), interpolation=cv2.INTER_LINEAR)
