"""Faces: colours of skin, lips and brows, where hair and beards grow, eyes and glasses.

Places are on the mean body: y from the eyes' height, x from the middle.
"""

import numpy as np

from data.people.body import Body
from data.people.fabrics import blend, hsv, linear, noise, sample_colour
from data.people.geometry import smoothstep

SKINS = ((246, 214, 192), (224, 178, 146), (180, 128, 90), (115, 76, 51), (72, 47, 36))
HAIRS = ((24, 20, 19), (62, 43, 32), (106, 76, 50), (176, 144, 96), (120, 60, 34), (150, 148, 146))
DARK, MIXED, OLD = np.array([(10, 2, 0.3, 0.1, 0.1, 0), (2, 6, 4, 3, 1, 0), (0, 0, 0, 0, 0, 8)])
"""Weights of HAIRS in people of African or Asian descent, in others, and what age adds."""
IRISES = ((62, 40, 26), (96, 66, 42), (98, 110, 76), (90, 120, 146), (116, 128, 134))
"""Colours of a screen, 0 to 255: from light to dark skin, of hair, of irises."""
BEARDS = (1.0, 1.0, 0.03, 0.0)  # half the breadth in metres: full ones, a goatee, a moustache
LENS, FRAME = (0.0235, 0.0190), 0.003  # half the size of glasses, breadth of their frame; metres


class Face:
    """A face's linear colours that go with a row of `Body.phenotypes`; `glasses` may be None."""

    def __init__(self, rng: np.random.Generator, phenotype: np.ndarray):
        woman, age, (african, asian, caucasian) = phenotype[0] < 0.5, phenotype[1], phenotype[5:8]
        tone = 3.1 * african + 1.1 * asian + 0.5 * caucasian + rng.normal(0, 0.5)
        self.skin = linear(*(np.interp(tone, range(5), channel) for channel in np.transpose(SKINS)))
        dark = african + asian > 0.55
        weights = (DARK if dark else MIXED) + 6 * max(age - 0.5, 0) * OLD
        self.hair = linear(*rng.choice(HAIRS, p=weights / weights.sum())) * rng.uniform(0.8, 1.2)
        self.lips = self.skin * np.float32([0.84, 0.56, 0.53])
        if woman and rng.random() < 0.35:
            self.lips = hsv(*rng.uniform((0.94, 0.45, 0.4), (1.02, 0.7, 0.7)))
        self.iris = linear(*IRISES[0 if dark else rng.integers(len(IRISES))])
        self.glasses = sample_colour(rng) if rng.random() < 0.22 else None

    def skin_colours(self, body: Body, points: np.ndarray, masks: dict) -> np.ndarray:
        """Colours (V, 3) of the skin at points (V, 3), where the body's masks (V,) are given."""
        x, y, z = np.abs(points[:, 0]), points[:, 1] - body.eye_height, points[:, 2]
        face = smoothstep(z, 0.11, 0.14) * smoothstep(y, -0.15, -0.13)
        colour = self.skin * (1 + 0.03 * noise(points, 16) + 0.02 * noise(points, 60))[:, None]
        cheek = np.exp(-(((x - 0.040) / 0.022) ** 2) - ((y + 0.040) / 0.018) ** 2)
        nose = np.exp(-((x / 0.013) ** 2) - ((y + 0.038) / 0.014) ** 2)
        red = 0.35 * face * (cheek + nose) + 0.4 * (masks["ears"] + masks["nails"])
        colour = blend(colour, self.skin * np.float32([1.0, 0.66, 0.60]), red)
        out = x - body.mean[body.vertices["left_eye"], 0].mean()
        arch = np.abs(y - 0.0205 + 7 * (out - 0.006) ** 2)
        brow = face * smoothstep(arch, 0.0055, 0.0015) * smoothstep(np.abs(out), 0.023, 0.012)
        colour = blend(colour, 0.2 * self.skin + 0.5 * self.hair, 0.85 * brow)
        lid = smoothstep(np.abs(y - 0.0055 + 15 * out**2), 0.003, 0.001) * (np.abs(out) < 0.018)
        colour = blend(colour, 0.15 * self.skin, 0.6 * lid * face)
        colour = blend(colour, self.lips, 0.85 * smoothstep(masks["lips"], 0.25, 0.7))
        colour = blend(colour, self.skin * np.float32([0.25, 0.1, 0.1]), masks["mouth"])
        return np.clip(colour, 0.003, 0.9)


def scalp(body: Body, points: np.ndarray, rise: float) -> np.ndarray:
    """How much hair grows at points (V, 3), 0 to 1; the hairline is `rise` metres receded."""
    depth = (-0.05, 0.05, 0.075, 0.095, 0.115, 0.135, 0.165, 0.20)
    line = np.array((-0.085, -0.075, -0.035, -0.010, 0.012, 0.038, 0.062, 0.070))
    line += rise * np.array((0, 0, 0, 0.1, 0.3, 0.7, 1, 1))
    above = points[:, 1] - body.eye_height - np.interp(points[:, 2], depth, line)
    return smoothstep(above + 0.003 * noise(points, 60), -0.002, 0.008)


def beard(body: Body, points: np.ndarray, lips: np.ndarray, breadth: float) -> np.ndarray:
    """How much beard grows at points (V, 3), 0 to 1; `breadth` is one of BEARDS."""
    x, y, z = np.abs(points[:, 0]), points[:, 1] - body.eye_height, points[:, 2]
    cheek = 0.25 * (x - 0.06).clip(0) - 0.042
    jaw = smoothstep(y, cheek, cheek - 0.018) * smoothstep(y, -0.15, -0.135)
    jaw *= smoothstep(np.hypot(x / 1.35, y + 0.074), 0.015, 0.022) * smoothstep(z, 0.075, 0.10)
    jaw *= smoothstep(x, breadth + 0.004, breadth - 0.004)
    moustache = np.exp(-(((y + 0.0575) / 0.006) ** 2) - (x / 0.027) ** 4) * (z > 0.17)
    return np.maximum(jaw, moustache) * smoothstep(lips, 0.4, 0.1)


def eye_colours(outwards: np.ndarray, axis: np.ndarray, iris: np.ndarray) -> np.ndarray:
    """Colours (V, 3) of an eye that looks along an axis; `outwards` (V, 3) are its normals."""
    angle = np.degrees(np.arccos(np.clip(outwards @ axis, -1, 1)))
    ring = iris * (1.3 - 0.8 * smoothstep(angle, 16, 26))[:, None]
    colour = blend(np.float32([0.80, 0.77, 0.75]), ring, smoothstep(angle, 28, 24))
    return colour * (1 - 0.98 * smoothstep(angle, 13, 9))[:, None]


def glasses_lines(eye: np.ndarray, ear: np.ndarray) -> list[np.ndarray]:
    """Lines (N, 3) that glasses are bent from; `eye` and `ear` (3,) are the left ones' centres."""
    angles = np.linspace(0, 2 * np.pi, 25)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    # Between an ellipse and a rectangle.
    rim = eye[:2] - (0, 0.004) + LENS * np.sign(circle) * np.abs(circle) ** 0.75
    bridge = np.array([(eye[0] - LENS[0], eye[1] + 0.003), (0, eye[1] + 0.003)])
    # The front is bent around the face.
    front = [np.column_stack([p, eye[2] + 0.026 - 5 * p[:, 0] ** 2]) for p in (rim, bridge)]
    temple = np.stack([front[0][0], (ear[0], eye[1] + 0.004, ear[2] + 0.06), ear])
    return [line * (side, 1, 1) for line in (*front, temple) for side in (1, -1)]
