"""Hair: thousands of strands that grow from the scalp, brows and jaws; hats and headscarves.

A strand is a ribbon: a line of points that starts at a root and bends from the way it is combed
towards where it falls. Strands are made once a person, on the head at rest, and move with it.
"""

import dataclasses

import numpy as np
import scipy.spatial

from data.people.body import Body, fade
from data.people.fabrics import noise
from data.people.geometry import normals, triangles, unit

STYLES = {
    # Length in metres, how far hair stands off, its curl, its number of strands per share.
    "buzz": (0.006, 0.9, 0.0, 1.2),
    "short": (0.035, 0.35, 0.0, 1.0),
    "textured": (0.050, 0.6, 0.25, 1.0),
    "parted": (0.075, 0.22, 0.05, 1.0),
    "curly": (0.085, 0.8, 1.0, 1.0),
    "afro": (0.075, 1.0, 1.4, 1.3),
    "bob": (0.20, 0.12, 0.05, 1.0),
    "long": (0.38, 0.08, 0.06, 1.2),
    "wavy": (0.34, 0.10, 0.35, 1.2),
    "tied": (0.09, 0.0, 0.0, 1.0),
}
WOMEN = {
    "short": 0.08, "textured": 0.06, "curly": 0.1, "afro": 0.06, "bob": 0.18, "long": 0.2,
    "wavy": 0.14, "tied": 0.18,
}  # fmt: skip
MEN = {
    "bald": 0.1, "buzz": 0.16, "short": 0.3, "textured": 0.16, "parted": 0.14, "curly": 0.07,
    "afro": 0.04, "long": 0.03,
}  # fmt: skip
LONG, HALF_FACE = 0.15, 0.078
"""Metres: hair that reaches below the chin, and the half of a face's breadth."""
SEGMENTS = 6
"""Of a strand."""


@dataclasses.dataclass(frozen=True)
class Strands:
    """Ribbons on the head at rest.

    Args:
        lines: Float array (N, SEGMENTS + 1, 3).
        outwards: Float array (N, 3): where a strand's root faces.
        width: Float array (N,) in metres.
        colours: Float array (N, SEGMENTS + 1, 3), linear RGB.
    """

    lines: np.ndarray
    outwards: np.ndarray
    width: np.ndarray
    colours: np.ndarray

    def ribbons(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Points, triangles, normals, colours of the strands' mesh."""
        lines = self.lines
        along = unit(np.gradient(lines, axis=1))
        facing = unit(self.outwards)[:, None] + 0 * along
        facing = unit(facing - along * (facing * along).sum(axis=2, keepdims=True))
        across = np.cross(along, facing)
        taper = np.interp(np.linspace(0, 1, lines.shape[1]), [0, 0.6, 1], [1, 0.9, 0.25])
        half = 0.5 * self.width[:, None, None] * taper[:, None]
        points = np.stack([lines - half * across, lines + half * across], axis=2)
        # As if the ribbon were round.
        shading = unit(np.stack([facing - 0.7 * across, facing + 0.7 * across], axis=2))
        count, steps = lines.shape[:2]
        corner = 2 * (np.arange(count)[:, None] * steps + np.arange(steps - 1)).ravel()
        faces = np.concatenate(
            [
                np.stack([corner, corner + 1, corner + 3], axis=1),
                np.stack([corner, corner + 3, corner + 2], axis=1),
            ]
        )
        colours = np.repeat(self.colours[:, :, None], 2, axis=2)
        return points.reshape(-1, 3), faces, shading.reshape(-1, 3), colours.reshape(-1, 3)


def hairline(body: Body, points: np.ndarray, rise: float) -> np.ndarray:
    """Signed height (V,) above the line where hair begins, on the mean body."""
    y = points[:, 1] - body.eye_height
    depth = (-0.05, 0.05, 0.075, 0.095, 0.115, 0.135, 0.165, 0.20)
    line = np.array((-0.085, -0.075, -0.035, -0.010, 0.012, 0.038, 0.062, 0.070))
    line = line + rise * np.array((0, 0, 0, 0.1, 0.3, 0.7, 1, 1))
    return y - np.interp(points[:, 2], depth, line)


class Head:
    """A person's head at rest, to grow hair on.

    Args:
        body: Body.
        vertices: Float array (V, 3), the person at rest.
    """

    def __init__(self, body: Body, vertices: np.ndarray):
        self.body, self.vertices = body, vertices
        part = body.vertices["body"]
        self.faces = triangles(body.quads["body"])
        self.normals = normals(vertices[part], self.faces)
        crown = vertices[body.crown]
        self.centre = np.array([0, crown[1] - 0.105, crown[2] - 0.005])
        near = vertices[part, 1] > self.centre[1] - 0.5
        self.near = np.flatnonzero(near)
        self.tree = scipy.spatial.cKDTree(vertices[self.near])

    def roots(self, rng, density: np.ndarray, count: int):
        """Draws roots by a density (V,) in [0, 1]: points, normals, places on the mean body."""
        weight = density[self.faces].mean(axis=1)
        corners = self.vertices[self.faces]
        area = np.linalg.norm(
            np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1
        )
        chance = weight * area
        face = rng.choice(len(chance), size=2 * count, p=chance / chance.sum())
        share = rng.dirichlet((1, 1, 1), size=2 * count)[..., None]
        corner = self.faces[face]
        # Where the density ends within a triangle, hair does too.
        here = (density[corner] * share[..., 0]).sum(axis=1) / density[corner].max(axis=1)
        grows = np.flatnonzero(here > rng.uniform(0.25, 0.75, 2 * count))[:count]
        face, corner, share = face[grows], corner[grows], share[grows]
        mean = (self.body.mean[corner] * share).sum(axis=1)
        return (
            (corners[face] * share).sum(axis=1),
            unit((self.normals[corner] * share).sum(axis=1)),
            mean,
        )

    def push_out(self, points: np.ndarray, gap: float) -> np.ndarray:
        """Points (N, 3), moved off the body where they are in it."""
        _, index = self.tree.query(points)
        nearest = self.near[index]
        away = self.normals[nearest]
        inside = gap - ((points - self.vertices[nearest]) * away).sum(axis=1)
        return points + away * np.clip(inside, 0, 0.08)[:, None]


def grow(rng, head: Head, roots, outwards, combed, length, stand, curl, fall) -> np.ndarray:
    """Strands' lines (N, SEGMENTS + 1, 3).

    Args:
        rng: Generator.
        head: Head.
        roots: Float array (N, 3).
        outwards: Float array (N, 3), the skin's normals.
        combed: Float array (N, 3), the way hair lies.
        length: Float array (N,) in metres.
        stand: float. 0 lies on the skin, 1 stands off it.
        curl: float. How much a strand turns.
        fall: float. How soon it falls.
    """
    lying = combed - outwards * (combed * outwards).sum(axis=1, keepdims=True)
    direction = unit(stand * outwards + (1 - stand) * unit(lying))
    # Neighbours lie the same way; few strands have their own.
    stray = 0.03 + 0.10 * (rng.random((len(roots), 1)) < 0.12)
    direction = direction + stray * rng.standard_normal(roots.shape)
    direction[:, 0] += 0.15 * noise(roots, 30)
    direction[:, 2] += 0.15 * noise(roots + 1, 30)
    direction = unit(direction)
    step = (length / SEGMENTS)[:, None]
    points, lines = roots - 0.002 * outwards, [roots - 0.002 * outwards]
    phase = rng.uniform(0, 2 * np.pi, len(roots))
    # Neighbours curl together.
    lock = 3 * noise(roots, 18)
    for index in range(SEGMENTS):
        turn = phase * 0.3 + lock + 1.9 * (index + 1) * curl
        sway = np.stack([np.cos(turn), 0.4 * np.sin(2 * turn), np.sin(turn)], axis=1)
        direction = unit(direction + fall * np.array([0, -1, 0]) + 0.75 * curl * sway)
        points = head.push_out(points + step * direction, 0.004 + 0.004 * min(index, 2))
        lines.append(points)
    return np.stack(lines, axis=1)


def scalp_strands(
    rng, head: Head, style: str, colour: np.ndarray, rise: float, count: int, free: np.ndarray
) -> Strands:
    """The hair of a style.

    Args:
        rng: Generator.
        head: Head.
        style: One of STYLES.
        colour: Float array (3,), linear RGB.
        rise: float. Metres that the hairline is higher than at its lowest, above the brow.
        count: int. Strands, about.
        free: Float array (V,): 1 where nothing covers the body's skin, 0 under a hat.
    """
    length, stand, curl, number = STYLES[style]
    body = head.body
    skin = body.mean[body.vertices["body"]]
    line = hairline(body, skin, rise) + 0.004 * noise(skin, 60)
    density = fade(line, 0, 0.008) * (body.head[: len(skin)] > 0.5) * free
    roots, outwards, mean = head.roots(rng, density, int(count * number))
    above = mean[:, 1] - body.eye_height
    down = np.array([0, -1.0, 0])
    back = np.array([0, 0.1, -1.0])
    forward = np.array([0.15 * rng.choice((-1, 1)), -0.2, 1.0])
    parting = rng.uniform(-0.035, 0.035)
    aside = np.stack([np.sign(mean[:, 0] - parting), -0.5 + 0 * above, 0 * above], axis=1)
    lengths = length * rng.uniform(0.75, 1.1, len(roots))
    fall = 0.25
    if style in ("buzz", "short", "textured"):
        way = forward if rng.random() < 0.6 else aside * 0.8 + forward * 0.3
        top = fade(above, 0.02, 0.09)
        combed = unit(way * top[:, None] + (down + 0.6 * back) * (1 - top)[:, None])
        lengths = lengths * (0.35 + 0.65 * top)
        stand = stand * (0.5 + 0.5 * top)[:, None]
    elif style in ("curly", "afro"):
        combed, fall = unit(outwards + 0.2 * down), 0.05 if style == "afro" else 0.22
    elif style == "parted":
        combed, fall = unit(aside * 0.9 + back * 0.35 + down * 0.1), 0.1
        lengths = lengths * (0.45 + 0.55 * fade(above, 0.03, 0.09))
    else:
        # Long hair lies to the sides of a parting and behind the ears, then falls.
        combed = unit(aside + 0.8 * back + 0.3 * down)
        fringe = rng.random() < 0.3
        front = fade(mean[:, 2], 0.14, 0.16) * (np.abs(mean[:, 0]) < 0.05)
        if fringe:
            combed = unit(combed + front[:, None] * np.array([0, -0.6, 3.0]))
            lengths = lengths * (1 - 0.75 * front)
        fall = 0.45
    stand = np.broadcast_to(np.reshape(stand, (-1, 1)), (len(roots), 1))
    if style == "tied":
        knot = head.centre + (0, rng.uniform(-0.02, 0.07), -0.105)
        lines = np.concatenate([_to_knot(head, roots, knot), _tail(rng, head, knot, count // 3)])
        outwards = np.concatenate([outwards, unit(lines[len(roots) :, 3] - knot + 1e-4)])
    else:
        lines = grow(rng, head, roots, outwards, combed, lengths, stand, curl, fall)
        if length > LONG:
            lines = _off_the_face(head, lines)
    # Fewer strands are wider, so that they cover as much.
    return _coloured(rng, lines, outwards, colour, length, 0.0024 * np.sqrt(4000 / count))


def _off_the_face(head, lines):
    """Long strands, moved aside where they would hang before the eyes and cheeks."""
    x, y, z = np.moveaxis(lines - head.centre, -1, 0)
    before = fade(z, 0.03, 0.06) * fade(y, 0.05, 0.02)
    missing = np.clip(HALF_FACE - np.abs(x), 0, None) * before
    moved = lines.copy()
    moved[..., 0] += np.where(x >= 0, missing, -missing)
    moved[..., 2] -= 0.5 * missing
    return moved


def _to_knot(head, roots, knot):
    """Strands that lie on the skull from their roots to a knot."""
    first, last = roots - head.centre, knot - head.centre
    lines = []
    for share in np.linspace(0, 1, SEGMENTS + 1):
        away = unit((1 - share) * unit(first) + share * unit(last) + 1e-6)
        radius = (1 - share) * np.linalg.norm(first, axis=1, keepdims=True)
        radius = radius + share * np.linalg.norm(last)
        lines.append(head.push_out(head.centre + away * radius, 0.004))
    return np.stack(lines, axis=1)


def _tail(rng, head, knot, count):
    """The end of tied hair: a bun or a ponytail."""
    if rng.random() < 0.5:
        axis, angle = unit(rng.standard_normal((count, 3))), rng.uniform(0, 6.3, count)
        turn = angle[:, None] + np.linspace(0, 2.4, SEGMENTS + 1)
        first = unit(np.cross(axis, (0.3, 1, 0.2)))
        second = np.cross(axis, first)
        ring = np.cos(turn)[..., None] * first[:, None] + np.sin(turn)[..., None] * second[:, None]
        return knot + (0, 0.005, -0.02) + rng.uniform(0.024, 0.033, (count, 1, 1)) * ring
    start = knot + 0.012 * rng.standard_normal((count, 3))
    back = unit(np.array([0, 0.2, -1.0]) + 0.25 * rng.standard_normal((count, 3)))
    length = rng.uniform(0.16, 0.26, count)
    return grow(rng, head, start, back, back, length, 1.0, 0.06, 0.5)


def _coloured(rng, lines, outwards, colour, length, width):
    steps = lines.shape[1]
    shade = np.exp(rng.normal(0, 0.16, len(lines))) * (1 + 0.15 * noise(lines[:, 0], 25))
    along = np.linspace(0.65, 1.15, steps) if length > 0.02 else np.ones(steps)
    colours = colour * shade[:, None, None] * along[:, None]
    width = width * rng.uniform(0.7, 1.3, len(lines))
    return Strands(lines, outwards, width, np.clip(colours, 0.002, 0.8).astype("float32"))


def brow_strands(rng, head: Head, colour: np.ndarray, count: int) -> Strands:
    """Brows."""
    body = head.body
    skin = body.mean[body.vertices["body"]]
    x, y = np.abs(skin[:, 0]), skin[:, 1] - body.eye_height
    eye_x = body.mean[body.vertices["left_eye"], 0].mean()
    dx = x - eye_x
    arch = 0.0205 - 7 * (dx - 0.006) ** 2
    density = fade(np.abs(y - arch), 0.0060, 0.0025) * fade(np.abs(dx - 0.003), 0.022, 0.015)
    density = density * (skin[:, 2] > 0.12)
    roots, outwards, mean = head.roots(rng, density, count)
    outer = np.stack(
        [np.sign(mean[:, 0]), 0.25 - 12 * (np.abs(mean[:, 0]) - eye_x), 0 * roots[:, 0]], axis=1
    )
    lines = grow(rng, head, roots, outwards, unit(outer), np.full(len(roots), 0.006), 0.05, 0, 0)
    return _coloured(rng, lines, outwards, colour * np.float32(0.7), 0.0, 0.0007)


def beard_strands(
    rng, head: Head, colour: np.ndarray, length: float, kind: str, count: int
) -> Strands:
    """A beard: `"full"`, `"moustache"` or `"goatee"`."""
    body = head.body
    skin = body.mean[body.vertices["body"]]
    x, y, z = np.abs(skin[:, 0]), skin[:, 1] - body.eye_height, skin[:, 2]
    mouth = np.hypot(x / 1.35, y + 0.074)
    jaw = (
        fade(y, -0.042 + 0.25 * (x - 0.06).clip(0, 1), -0.060)
        * fade(mouth, 0.013, 0.02)
        * fade(z, 0.075, 0.10)
    )
    jaw = jaw * fade(y, -0.150, -0.135) * (body.head[: len(skin)] > 0.5)
    moustache = np.exp(-(((y + 0.0575) / 0.006) ** 2) - (x / 0.027) ** 4) * (z > 0.17)
    density = {
        "full": np.maximum(jaw, moustache),
        "moustache": moustache,
        "goatee": np.maximum(moustache, jaw * fade(x, 0.034, 0.026)),
    }[kind] * (1 - fade(body.masks["lips"][: len(skin)], 0.1, 0.4))
    roots, outwards, _ = head.roots(rng, density, count)
    lengths = length * rng.uniform(0.6, 1.2, len(roots))
    lines = grow(
        rng, head, roots, outwards, np.array([0, -1.0, 0.15]) + 0 * roots, lengths, 0.4, 0.15, 0.2
    )
    return _coloured(rng, lines, outwards, colour * np.float32(0.8), length, 0.0016)
