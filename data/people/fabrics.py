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

PATTERNS = {
    # Layers, each of a form, repeats in a period of s and of t, a colour's index, an opacity.
    "plain": (),
    "melange": (("spots", (9, 9), 1, 0.07),),
    "stripes": (("waves", (0, 1), 1, 1.0),),
    "pinstripes": (("waves", (4, 0), 1, 0.25),),
    "plaid": (("waves", (1, 0), 1, 0.5), ("waves", (0, 1), 1, 0.5), ("waves", (2, 0), 2, 0.3)),
    "dots": (("waves", (1, 1), 1, 1.0),),
    "flowers": (("spots", (1, 1), 1, 1.0), ("spots", (0.9, 1.3), 2, 1.0)),
    "knit": (("waves", (6, 0), 1, 0.08),),
}
WORDS = ("NOVA", "1987", "OSLO", "RUN", "north", "hello", "PEAK 7", "Luna", "CLUB", "ECHO", "wild")
RIB, RIB_HEIGHT = 0.012, 0.0004  # width and height of a knit's ribs in metres


@functools.cache
def _grain(dimensions):
    """Periodic smooth noise, about one cell's detail, of unit deviation."""
    grain = np.random.default_rng(11).standard_normal({2: (384,) * 2, 3: (48,) * 3}[dimensions])
    smooth = scipy.ndimage.gaussian_filter(grain, 1.2, mode="wrap")
    return (smooth / smooth.std()).astype("float32")


def noise(points: np.ndarray, frequency: float) -> np.ndarray:
    """Smooth noise (N,) of unit deviation at points (N, 3) or (N, 2).

    At a frequency f per metre, its sign changes about every 2 / f metres along a line.
    """
    grain, cells = _grain(np.shape(points)[1]), np.float32(2.6 * frequency) * np.transpose(points)
    return scipy.ndimage.map_coordinates(grain, cells, order=1, mode="grid-wrap")


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
    """Draws a linear colour that clothes are dyed in: mostly greys, blues and muted ones."""
    hue = rng.choice((rng.random(), rng.uniform(0.56, 0.66)))
    return hsv(hue, 0.8 * rng.beta(1, 2.5), rng.uniform(0.1, 0.9))


class Fabric:
    """A fabric, drawn at random: its pattern, its colours and what may be `printed` on the chest.

    `kinds` are names of PATTERNS to choose from, separated by spaces; `palette` has main colours
    (N, 3) of a screen to choose from, or is None for any dye.
    """

    def __init__(self, rng: np.random.Generator, kinds="plain", palette=None, printed=False):
        self.kind = rng.choice(kinds.split())
        main = sample_colour(rng) if palette is None else linear(*rng.choice(palette))
        # Half of all patterns are tone in tone.
        shade = main * rng.uniform(0.35, 0.75) if main.mean() > 0.2 else main + 0.15
        second = shade if rng.random() < 0.5 else sample_colour(rng)
        self.colours = (main, second, sample_colour(rng))
        self.period = float(np.exp(rng.uniform(np.log(0.025), np.log(0.10))))
        self.level = rng.uniform(0.1, 0.7)
        self.roughness = rng.uniform(0.65, 0.95)
        self.word = rng.choice(WORDS) if printed and rng.random() < 0.3 else None

    def paint(self, s: np.ndarray, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The colour (..., 3) and the height in metres (...) of the cloth's surface."""
        colour = np.broadcast_to(self.colours[0], (*s.shape, 3))
        for form, repeats, index, opacity in PATTERNS[self.kind]:
            u, v = s * repeats[0] / self.period, t * repeats[1] / self.period
            if form == "waves":
                value = np.cos(2 * np.pi * u) * np.cos(2 * np.pi * v)
            else:
                value = noise(np.stack([u.ravel(), v.ravel()], axis=1), 4).reshape(s.shape)
            mask = opacity * smoothstep(value, self.level - 0.1, self.level + 0.1)
            colour = blend(colour, self.colours[index], mask)
        if self.word is not None:
            colour = blend(colour, self.colours[1], self._print(s, t))
        rib = RIB_HEIGHT * (self.kind == "knit")
        return np.clip(colour, 0.004, 0.9), rib * np.sin(2 * np.pi * s / RIB)

    def _print(self, s, t):
        """Where the word is on the chest, 0 to 1; sleeves and legs have other t."""
        (width, height), _ = cv2.getTextSize(self.word, cv2.FONT_HERSHEY_DUPLEX, 3, 9)
        sheet = np.zeros((2 * height, width), "uint8")
        corner = (0, 3 * height // 2)
        cv2.putText(sheet, self.word, corner, cv2.FONT_HERSHEY_DUPLEX, 3, 255, 9, cv2.LINE_AA)
        scale = width / (0.12 + 0.16 * self.level)
        places = np.stack([height + (1.23 - t) * scale, width / 2 + s * scale])
        return scipy.ndimage.map_coordinates(sheet / np.float32(255), places, order=1)
