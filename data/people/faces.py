"""Faces: skin, brows, lips and beards as colours, eyes that look somewhere, glasses.

Places are those of the mean body's vertices; y is measured from the eyes' height.
"""

import dataclasses

import numpy as np

from data.people.body import Body, fade
from data.people.fabrics import blend, hsv, linear, noise
from data.people.geometry import frame, unit

SKINS = tuple(
    linear(*colour)
    for colour in (
        (246, 214, 192), (235, 196, 168), (224, 178, 146), (205, 156, 118), (176, 124, 86),
        (138, 92, 62), (102, 66, 46), (72, 47, 36),
    )
)  # fmt: skip
HAIRS = {
    "black": (22, 19, 19), "darkest brown": (40, 29, 23), "brown": (68, 46, 32),
    "light brown": (104, 74, 48), "dark blond": (146, 112, 72), "blond": (186, 154, 106),
    "red": (118, 58, 32), "grey": (128, 126, 124), "white": (196, 194, 190),
}  # fmt: skip
IRISES = ((52, 34, 22), (86, 58, 36), (92, 104, 70), (84, 112, 138), (110, 122, 128))
EYE_RINGS = np.radians([0, 6, 11, 12, 18, 24, 26, 28, 40, 70, 110, 150, 180])
"""Angles from an eye's axis: to 11 degrees pupil, to 26 iris, the white beyond."""


@dataclasses.dataclass(frozen=True)
class Look:
    """A face's colours, all linear RGB, and what it wears.

    Args:
        skin: Of the skin.
        hair: Of the hair.
        lips: Of the lips.
        iris: Of the eyes.
        blush: float. How red cheeks and nose are, 0 to 1.
        stubble: float. How much of a shaven beard shows, 0 to 1.
        freckles: float. How strong spots are, 0 to 1.
        age: float. 0 young to 1 old.
        glasses: Colour of the frame, or None.
        squareness: float. Of the glasses: 0 is round.
    """

    skin: np.ndarray
    hair: np.ndarray
    lips: np.ndarray
    iris: np.ndarray
    blush: float
    stubble: float
    freckles: float
    age: float
    glasses: np.ndarray | None
    squareness: float


def sample_look(rng: np.random.Generator, phenotype: np.ndarray) -> Look:
    """Draws a face's colours that go with a body's phenotype (`body.npz`)."""
    gender, age, *_ = phenotype
    african, asian, caucasian = phenotype[5:8]
    tone = np.clip(5.4 * african + 1.9 * asian + 0.9 * caucasian + rng.normal(0, 0.9), 0, 6.99)
    low = int(tone)
    skin = SKINS[low] + (SKINS[low + 1] - SKINS[low]) * np.float32(tone - low)
    dark = african + asian > 0.55
    chances = np.array(
        [6, 4, 1.5, 0.4, 0.1, 0.1, 0.1, 0, 0] if dark else [1, 3, 4, 3, 2, 1.2, 0.8, 0, 0]
    )
    if age > 0.5:
        chances = 0.4 * chances + np.array([0] * 7 + [4, 3]) * age
    name = rng.choice(list(HAIRS), p=chances / chances.sum())
    hair = linear(*HAIRS[name]) * np.float32(rng.uniform(0.8, 1.2))
    painted = gender < 0.5 and rng.random() < 0.35
    lips = skin * np.float32([0.80, 0.50, 0.48])
    if painted:
        lips = hsv(rng.uniform(0.94, 1.02), rng.uniform(0.5, 0.75), rng.uniform(0.35, 0.7))
    glasses = None
    if rng.random() < 0.22:
        glasses = rng.choice([(15, 14, 14), (60, 40, 28), (130, 130, 132), (30, 36, 60)])
        glasses = linear(*glasses)
    return Look(
        skin=skin,
        hair=hair,
        lips=lips,
        iris=linear(*IRISES[0 if dark else rng.integers(len(IRISES))]),
        blush=rng.uniform(0.15, 0.6),
        stubble=rng.uniform(0, 0.5) if gender > 0.5 else 0.0,
        freckles=max(0.0, rng.normal(-0.3, 0.5)) if tone < 2 else 0.0,
        age=float(np.clip(age, 0, 1)),
        glasses=glasses,
        squareness=rng.uniform(0, 1),
    )


def skin_colours(
    body: Body, look: Look, points: np.ndarray, masks: dict, bare: np.ndarray
) -> np.ndarray:
    """Colours (V, 3) of the skin.

    Args:
        body: Body.
        look: Look.
        points: Float array (V, 3) on the mean body.
        masks: The body's masks at those points.
        bare: Float array (V,): how much of a shaven scalp shows.
    """
    eye_x, _, _ = body.mean[body.vertices["left_eye"]].mean(axis=0)
    x, z = np.abs(points[:, 0]), points[:, 2]
    y = points[:, 1] - body.eye_height
    face = fade(z, 0.11, 0.14) * fade(y, -0.15, -0.13)
    colour = look.skin * (1 + 0.035 * noise(points, 12, 2) + 0.03 * noise(points, 60))[:, None]
    red = look.skin * np.float32([1.0, 0.66, 0.60])
    cheek = np.exp(-(((x - 0.040) / 0.020) ** 2) - ((y + 0.040) / 0.018) ** 2)
    nose = np.exp(-((x / 0.013) ** 2) - ((y + 0.038) / 0.014) ** 2) * (z > 0.18)
    joints = masks["ears"] + masks["nails"] + 0.5 * (body_hand(points) * (noise(points, 25) > 0.6))
    colour = blend(
        colour, red, np.clip(look.blush * cheek * face + 0.45 * nose + 0.4 * joints, 0, 0.8)
    )
    socket = np.exp(-(((x - eye_x) / 0.021) ** 2) - ((y + 0.002) / 0.014) ** 2) * face
    colour = blend(colour, look.skin * np.float32([0.62, 0.50, 0.48]), 0.5 * socket)
    spots = fade(noise(points, 130), 1.5, 2.0) * face * fade(y, 0.02, -0.01)
    colour = blend(colour, look.skin * np.float32([0.6, 0.45, 0.35]), 0.5 * look.freckles * spots)
    brow = 0.0205 - 7 * (x - eye_x - 0.006) ** 2
    brow = fade(np.abs(y - brow), 0.0055, 0.0015) * fade(np.abs(x - eye_x - 0.003), 0.022, 0.014)
    colour = blend(colour, 0.3 * look.skin + 0.4 * look.hair, 0.6 * brow * face)
    lid = fade(np.abs(y - 0.0055 + 15 * (x - eye_x) ** 2), 0.0032, 0.0012) * (
        np.abs(x - eye_x) < 0.018
    )
    colour = blend(colour, np.float32([0.012, 0.009, 0.008]), 0.75 * lid * face)
    jaw = (
        fade(y, -0.045, -0.062)
        * fade(np.hypot(x / 1.3, y + 0.073), 0.010, 0.018)
        * fade(z, 0.07, 0.10)
    )
    moustache = np.exp(-(((y + 0.057) / 0.006) ** 2) - (x / 0.026) ** 4) * (z > 0.17)
    shaven = np.maximum(jaw * face, moustache) * look.stubble + 0.6 * bare
    colour = blend(colour, 0.45 * look.skin + 0.35 * look.hair, 0.7 * shaven)
    colour = blend(colour, look.lips, 0.85 * fade(masks["lips"], 0.25, 0.7))
    colour = blend(colour, look.skin * np.float32([0.25, 0.1, 0.1]), masks["mouth"])
    return np.clip(colour, 0.003, 0.9).astype("float32")


def body_hand(points: np.ndarray) -> np.ndarray:
    """1 on the hands of the mean body (V,)."""
    return fade(points[:, 2], 0.26, 0.28) * (np.abs(points[:, 0]) > 0.3)


def eyeball(centre, radius: float, axis, iris) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """An eye that looks along an axis: points, triangles, colours of its vertices."""
    around = 20
    angles = np.linspace(0, 2 * np.pi, around, endpoint=False)
    rings = EYE_RINGS[:, None]
    local = np.stack(
        [
            np.broadcast_to(np.cos(rings), (len(rings), around)),
            np.sin(rings) * np.cos(angles),
            np.sin(rings) * np.sin(angles),
        ],
        axis=-1,
    )
    points = centre + radius * local.reshape(-1, 3) @ frame(axis, (0, 1, 0)).T
    degrees = np.degrees(EYE_RINGS)
    spokes = 1 + 0.25 * np.sin(9 * angles) * np.cos(4 * angles)
    white = np.float32([0.62, 0.58, 0.55]) * (1 - 0.25 * fade(degrees, 28, 60))[:, None, None]
    colours = np.broadcast_to(white, (len(rings), around, 3)).copy()
    inside = (degrees >= 12) & (degrees < 28)
    colours[inside] = (
        iris * spokes[:, None] * (1.15 - 0.5 * fade(degrees[inside], 20, 26))[:, None, None]
    )
    colours[degrees < 12] = 0.004
    ring, step = np.meshgrid(np.arange(len(rings) - 1), np.arange(around), indexing="ij")
    following = (step + 1) % around
    corners = [ring * around + step, (ring + 1) * around + step]
    corners += [(ring + 1) * around + following, ring * around + following]
    a, b, c, d = (corner.ravel() for corner in corners)
    faces = np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)])
    return points, faces, colours.reshape(-1, 3)


def glasses_lines(
    left_eye, right_eye, ear_y: float, ear_x: float, ear_z: float, squareness: float
) -> list:
    """The lines (N, 3) that a frame is bent from, on a face at rest."""
    lines = []
    angles = np.linspace(0, 2 * np.pi, 25)
    power = 1 - 0.5 * squareness
    front = max(left_eye[2], right_eye[2]) + 0.026
    for eye in (left_eye, right_eye):
        cos, sin = np.cos(angles), np.sin(angles)
        across = 0.0235 * np.sign(cos) * np.abs(cos) ** power
        up = 0.0190 * np.sign(sin) * np.abs(sin) ** power
        curve = front - 5.0 * (eye[0] + across) ** 2
        lines.append(np.stack([eye[0] + across, eye[1] - 0.004 + up, curve], axis=1))
        sign = np.sign(eye[0])
        hinge = (
            eye[0] + sign * 0.0235,
            eye[1] + 0.004,
            front - 5.0 * (eye[0] + sign * 0.0235) ** 2,
        )
        lines.append(
            np.array([hinge, (sign * ear_x, ear_y, ear_z + 0.06), (sign * ear_x, ear_y, ear_z)])
        )
    inner = abs(left_eye[0]) - 0.0235
    lines.append(np.array([(x, left_eye[1] + 0.003, front + 0.002) for x in (-inner, 0, inner)]))
    return lines


def tube(line: np.ndarray, radius: float, sides: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """A tube along a line (N, 3): points and triangles."""
    along = unit(np.gradient(line, axis=0))
    across = unit(np.cross(along, np.where(np.abs(along[:, 1:2]) > 0.9, (1.0, 0, 0), (0, 1.0, 0))))
    other = np.cross(along, across)
    angles = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    ring = across[:, None] * np.cos(angles)[:, None] + other[:, None] * np.sin(angles)[:, None]
    points = line[:, None] + radius * ring
    i, j = np.meshgrid(np.arange(len(line) - 1), np.arange(sides), indexing="ij")
    k = (j + 1) % sides
    a, b, c, d = (
        x.ravel() for x in (i * sides + j, i * sides + k, (i + 1) * sides + k, (i + 1) * sides + j)
    )
    return points.reshape(-1, 3), np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
