"""Fabrics: the colour and the relief of cloth as functions of the place on a garment.

A place is `(s, t)` in metres: s around the body or limb from its front, t upwards along it (on
sleeves and trouser legs, downwards from the shoulder or hip). Colours are linear RGB in [0, 1].
"""

import colorsys
import functools

import cv2
import numpy as np
import scipy.ndimage

from data.people.geometry import smoothstep

KINDS = {
    "plain": 0.40, "melange": 0.12, "stripes": 0.10, "bars": 0.05, "plaid": 0.09, "dots": 0.05,
    "flowers": 0.05, "camouflage": 0.03, "denim": 0.04, "knit": 0.07,
}  # fmt: skip
WORDS = ("NOVA", "1987", "OSLO", "RUN", "north", "hello", "PEAK 7", "Luna", "CLUB", "ECHO", "wild")
CELLS = 48
"""Of the noise's cube, on a side; its sheet has the square of 8 times as many."""


@functools.cache
def _grain(dimensions):
    """Periodic smooth noise, about one cell's detail, of unit deviation."""
    side = CELLS if dimensions == 3 else 8 * CELLS
    grain = np.random.default_rng(11).standard_normal((side,) * dimensions)
    smooth = scipy.ndimage.gaussian_filter(grain, 1.2, mode="wrap")
    return (smooth / smooth.std()).astype("float32")


def noise(points: np.ndarray, frequency: float, octaves: int = 1) -> np.ndarray:
    """Smooth noise (N,) of unit deviation at points (N, 3) or (N, 2); frequency per metre."""
    points = np.asarray(points, "float32")
    grain = _grain(points.shape[1])
    total, power = 0, 0
    for octave in range(octaves):
        cells = points.T * np.float32(2.6 * frequency * 2**octave) + np.float32(9.7 * octave)
        amplitude = 0.55**octave
        total += amplitude * _interpolated(grain, cells)
        power += amplitude**2
    return total / np.float32(np.sqrt(power))


def _interpolated(grain, cells):
    """The grain between its cells, repeated for ever."""
    if grain.ndim == 3:
        return scipy.ndimage.map_coordinates(grain, cells, order=1, mode="grid-wrap")
    # OpenCV is fast, and wants pictures of less than 32,768 pixels on a side.
    columns, count = 1024, cells.shape[1]
    padded = np.zeros((2, -(-count // columns) * columns), "float32")
    padded[:, :count] = cells % len(grain)
    x, y = padded.reshape(2, -1, columns)
    return cv2.remap(grain, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP).ravel()[:count]


def linear(red: float, green: float, blue: float) -> np.ndarray:
    """A colour of a screen, 0 to 255, as linear light."""
    return (np.array([red, green, blue], "float32") / 255) ** np.float32(2.2)


def hsv(hue: float, saturation: float, value: float) -> np.ndarray:
    """A colour by hue, saturation and value, as linear light."""
    return np.array(colorsys.hsv_to_rgb(hue % 1, saturation, value), "float32") ** np.float32(2.2)


def blend(first: np.ndarray, second: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Colours (..., 3): the first where the share (...) is 0, the second where it is 1."""
    return first + (second - first) * np.asarray(share, "float32")[..., None]


def sample_colour(rng: np.random.Generator) -> np.ndarray:
    """A colour that clothes are dyed in: mostly greys, blues and muted ones."""
    kind = rng.choice(["grey", "blue", "muted", "pale", "bright"], p=(0.34, 0.2, 0.25, 0.12, 0.09))
    if kind == "grey":
        value = rng.choice((0.08, 0.13, 0.2, 0.35, 0.55, 0.8, 0.9))
        return hsv(rng.random(), rng.uniform(0, 0.08), value)
    if kind == "blue":
        return hsv(rng.uniform(0.56, 0.66), rng.uniform(0.25, 0.7), rng.uniform(0.16, 0.6))
    if kind == "muted":
        return hsv(rng.random(), rng.uniform(0.15, 0.5), rng.uniform(0.25, 0.7))
    if kind == "pale":
        return hsv(rng.random(), rng.uniform(0.05, 0.25), rng.uniform(0.75, 0.92))
    return hsv(
        rng.choice((0, 0.02, 0.08, 0.13, 0.35, 0.5, 0.6, 0.92)), 0.75, rng.uniform(0.5, 0.85)
    )


class Fabric:
    """A fabric: its kind, its colours, and where on the garment its prints are.

    Args:
        rng: Generator.
        kinds: Names of KINDS to choose from; all by default.
        colour: The main colour; drawn by default.
    """

    def __init__(self, rng: np.random.Generator, kinds=None, colour=None):
        kinds = list(kinds or KINDS)
        chances = np.array([KINDS[kind] for kind in kinds])
        self.kind = rng.choice(kinds, p=chances / chances.sum())
        self.main = sample_colour(rng) if colour is None else np.asarray(colour, "float32")
        if self.kind == "denim":
            self.main = linear(
                *rng.choice([(44, 54, 80), (72, 94, 130), (30, 33, 42), (110, 132, 160)])
            )
        self.second, self.third = sample_colour(rng), sample_colour(rng)
        if rng.random() < 0.5:
            # Tone in tone.
            bright = self.main.mean() > 0.2
            self.second = self.main * rng.uniform(0.35, 0.75) if bright else self.main + 0.15
        self.period = float(np.exp(rng.uniform(np.log(0.012), np.log(0.09))))
        self.share = rng.uniform(0.2, 0.6)
        self.offset = rng.uniform(0, 9, 2).astype("float32")
        self.roughness = rng.uniform(0.55, 0.95)
        self.word = rng.choice(WORDS) if self.kind == "plain" and rng.random() < 0.3 else None
        self.weave = rng.uniform(0.00002, 0.00008)

    def paint(self, s: np.ndarray, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The colour (..., 3) and the height in metres (...) of the cloth's surface."""
        shape = s.shape
        places = np.stack([s.ravel(), t.ravel()], axis=1) + self.offset

        def field(frequency, octaves=1, stretch=(1, 1)):
            return noise(places * np.float32(stretch), frequency, octaves).reshape(shape)

        height = self.weave * field(90)
        colour = np.broadcast_to(self.main, (*shape, 3))
        if self.kind == "melange":
            colour = colour * (1 + 0.10 * field(60, 2))[..., None]
        elif self.kind == "stripes":
            colour = blend(colour, self.second, _bands(t, self.period, self.share))
        elif self.kind == "bars":
            colour = blend(colour, self.second, _bands(s, 0.5 * self.period, 0.3 * self.share))
        elif self.kind == "plaid":
            across, along = (_bands(x, 1.5 * self.period, self.share) for x in (s, t))
            colour = blend(blend(colour, self.second, 0.5 * across), self.second, 0.5 * along)
            thin = np.maximum(*(_bands(x, 1.5 * self.period, 0.06) for x in (s, t)))
            colour = blend(colour, self.third, 0.5 * thin)
        elif self.kind == "dots":
            row = np.floor(t / self.period)
            x = (s / self.period + 0.5 * (row % 2)) % 1 - 0.5
            radius = np.hypot(x, t / self.period - row - 0.5)
            colour = blend(colour, self.second, smoothstep(radius, 0.28, 0.2))
        elif self.kind == "flowers":
            petals = field(0.35 / self.period, 2)
            colour = blend(colour, self.second, smoothstep(petals, 0.7, 0.85))
            colour = blend(colour, self.third, smoothstep(petals, 1.4, 1.5))
            leaves = field(0.4 / self.period, 2, (1, 1.7))
            colour = blend(colour, hsv(0.3, 0.4, 0.35), smoothstep(-leaves, 1.1, 1.25))
        elif self.kind == "camouflage":
            colour = blend(colour, self.second, smoothstep(field(8, 2), 0.2, 0.3))
            colour = blend(colour, 0.4 * self.main, smoothstep(field(9, 2, (1, 1.4)), 0.7, 0.8))
        elif self.kind == "denim":
            twill = 0.08 * field(60, 2, (1, 0.15)) + 0.05 * field(10)
            colour = colour * (1 + twill)[..., None]
        elif self.kind == "knit":
            rib = np.sin(2 * np.pi * s / 0.011) * (0.7 + 0.3 * np.sin(2 * np.pi * t / 0.012))
            height = height + 0.0006 * rib
            colour = colour * (1 + 0.10 * rib + 0.05 * field(60))[..., None]
        colour = colour * (1 + 0.03 * field(7, 2))[..., None]
        if self.word is not None:
            colour = blend(colour, self.second, self._print(s, t))
        return np.clip(colour, 0.004, 0.9).astype("float32"), height.astype("float32")

    def _print(self, s, t):
        """A word on the chest; sleeves and legs have other t."""
        width, height = 512, 160
        sheet = np.zeros((height, width), "uint8")
        face = cv2.FONT_HERSHEY_DUPLEX if self.share > 0.4 else cv2.FONT_HERSHEY_TRIPLEX
        size, _ = cv2.getTextSize(self.word, face, 1.0, 3)
        scale = 0.9 * min(width / size[0], height / size[1])
        corner = (int((width - scale * size[0]) / 2), int((height + scale * size[1]) / 2))
        cv2.putText(sheet, self.word, corner, face, scale, 255, int(3 + 2 * scale), cv2.LINE_AA)
        half = 0.06 + 0.08 * self.share
        x = ((s / half) + 1) / 2 * width
        y = ((1.23 - t) / half + height / width) / 2 * width
        return (
            cv2.remap(
                sheet, x.astype("float32"), y.astype("float32"), cv2.INTER_LINEAR, borderValue=0
            ).astype("float32")
            / 255
        )


def _bands(x, period, share):
    """1 on a share of every period, 0 between, with soft edges."""
    return smoothstep(np.abs((x / period) % 1 - 0.5) * 2, share + 0.05, share - 0.05)


def creases(s: np.ndarray, t: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """The relief of wrinkles (...), about 0 to 1: long soft ridges that run in few directions."""
    places = np.stack([s.ravel(), t.ravel()], axis=1) + offset
    total = np.zeros(len(places), "float32")
    for stretch, frequency, amount in (
        ((1.0, 0.25), 14, 0.5),
        ((0.25, 1.0), 16, 0.4),
        ((0.4, 1.0), 22, 0.3),
    ):
        turned = places @ np.float32([[0.92, 0.39], [-0.39, 0.92]]) if amount == 0.3 else places
        ridge = noise(turned * np.float32(stretch), frequency)
        where = smoothstep(noise(places + amount, 3.5), -0.6, 1.2)
        total += amount * where * (1 - np.minimum(np.abs(ridge), 1))
    return total.reshape(s.shape)
