"""Hair: locks that grow from the scalp and the jaws of a head at rest.

A lock is a ribbon that starts the way it is combed and falls. Broad locks that overlap, shaded like
the head below them, look like one mass of hair.
"""

import numpy as np
import scipy.spatial

from data.people.body import Body
from data.people.fabrics import noise
from data.people.geometry import normals, smoothstep, triangles, unit
from data.people.rendering import Mesh, material

STYLES = {
    # Chances for women and men; length in metres, and the share of it at the sides; how far hair
    # stands off the skin, 0 to 1; radius of its curls in metres; how much it is combed aside and
    # backwards; how soon it falls, 0 to 1.
    "shaven": (0.00, 0.24, 0.00, 1.00, 0.0, 0.000, 0.0, 0.0, 0.0),
    "short": (0.08, 0.28, 0.04, 0.45, 0.2, 0.000, 0.2, -0.8, 0.2),
    "swept": (0.08, 0.18, 0.06, 0.40, 0.3, 0.003, 0.5, 0.9, 0.2),
    "parted": (0.00, 0.14, 0.08, 0.40, 0.2, 0.000, 1.2, 0.2, 0.2),
    "curly": (0.12, 0.07, 0.10, 0.70, 0.6, 0.011, 0.6, 0.0, 0.2),
    "afro": (0.05, 0.05, 0.07, 0.85, 1.0, 0.009, 0.0, 0.0, 0.0),
    "bob": (0.19, 0.00, 0.22, 0.75, 0.1, 0.000, 1.0, 0.1, 0.7),
    "long": (0.19, 0.02, 0.40, 0.80, 0.1, 0.002, 1.0, 0.1, 0.7),
    "wavy": (0.14, 0.02, 0.36, 0.80, 0.2, 0.011, 1.0, 0.1, 0.6),
    "tied": (0.15, 0.00, 0.32, 0.80, 0.0, 0.003, 0.0, 1.0, 1.0),
    "beard": (0.00, 0.00, 0.014, 1.00, 0.4, 0.002, 0.0, 0.0, 0.2),
}
LOCKS, SEGMENTS, TURNS = 2600, 12, 2.5
"""Locks on a head that is seen large; segments of a lock; how often a curl goes round on it."""
BREADTH, BROADER = 0.004, 0.015  # metres of a lock, and more for every metre of its length
LIFT, COLLAR = 0.013, 0.022  # metres that locks lie off the skin, and off clothed shoulders
SKULL, KNOT, FACE = 0.105, 0.03, 0.072  # radii in metres; long hair leaves the face free


class Head:
    """The head of a person at rest, whose vertices (V, 3) are given, for `locks` to grow on."""

    def __init__(self, body: Body, vertices: np.ndarray, locks: int = LOCKS):
        self.locks = locks
        self.mean, self.vertices = body.places["body"].mean, vertices[body.vertices["body"]]
        self.faces = triangles(body.quads["body"])
        self.normals = normals(self.vertices, self.faces)
        self.centre = self.vertices[body.crown] - (0, SKULL, 0.005)
        self.tree = scipy.spatial.cKDTree(self.vertices)

    def hair(self, rng, style: str, density: np.ndarray, colour: np.ndarray) -> Mesh:
        """Grows hair of one of STYLES on skin of a density (V,) in [0, 1]."""
        length, sides, stand, curl, aside, back, fall = STYLES[style][2:]
        roots, outwards, mean = self._roots(rng, density)
        x, y, z = mean.T
        top = smoothstep(y, 1.59, 1.66)[:, None]
        # From the parting, a line from the forehead to the crown, hair lies to all sides.
        to_side = np.stack([x - rng.uniform(-0.03, 0.03), 0 * y - 0.02, np.minimum(z - 0.1, 0)], 1)
        combed = top * unit(aside * unit(to_side) - (0, 0.3, back)) + (1 - top) * (0, -1, -0.3)
        lying = unit(combed - outwards * (combed * outwards).sum(axis=1, keepdims=True))
        ways = unit(stand * outwards + (1 - stand) * lying + rng.normal(0, 0.05, lying.shape))
        lengths = length * (sides + (1 - sides) * top) * rng.uniform(0.85, 1.1, top.shape)
        lengths *= rng.uniform(0.75, 1.2)
        knot = self.centre + (0, rng.uniform(-0.02, 0.07), -SKULL) if style == "tied" else None
        lines = self._grow(roots, ways, lengths, fall, knot)
        # Neighbours curl together.
        share = np.linspace(0, 1, SEGMENTS + 1)
        phase = rng.uniform(0, 1, top.shape) + 3 * noise(roots, 12)[:, None]
        turn = phase + 2 * np.pi * TURNS * share
        sway = np.stack([np.cos(turn), 0.4 * np.sin(2 * turn), np.sin(turn)], axis=-1)
        lines += curl * share[:, None] ** 0.5 * sway
        # What would hang before the eyes and cheeks is put aside.
        across, up, forwards = np.moveaxis(lines - self.centre, -1, 0)
        side = np.where(to_side[:, :1] > 0, 1, -1)
        before = (top > 0) * smoothstep(forwards, 0.03, 0.06) * smoothstep(up, 0.05, 0.02)
        missing = before * np.clip(FACE - side * across, 0, 2 * FACE)
        lines += missing[..., None] * np.stack([side, 0 * side, -0.3 + 0 * side], axis=-1)
        # Fewer locks are broader, so that they cover as much.
        breadth = (BREADTH + BROADER * length) * np.sqrt(LOCKS / self.locks)
        return self.ribbons(rng, lines, breadth, colour)

    def _roots(self, rng, density):
        """Places, the skin's normals there, and their places on the mean body, each (N, 3)."""
        corners = self.faces[density[self.faces].any(axis=1)]
        first, second, third = self.vertices[corners].swapaxes(0, 1)
        area = np.linalg.norm(np.cross(second - first, third - first), axis=1)
        corners = corners[rng.choice(len(corners), 3 * self.locks, p=area / area.sum())]
        shares = rng.dirichlet((1, 1, 1), len(corners))
        grows = (density[corners] * shares).sum(axis=1) > rng.random(len(corners))
        corners, shares = corners[grows][: self.locks], shares[grows][: self.locks, :, None]
        return [(at[corners] * shares).sum(1) for at in (self.vertices, self.normals, self.mean)]

    def _grow(self, roots, ways, lengths, fall, knot):
        """Lines (N, SEGMENTS + 1, 3) of locks, that lie on the body and lead to a knot first."""
        lines, tied = [roots], np.full(lengths.shape, knot is not None)
        lift = np.minimum(LIFT * (1 + 0.35 * noise(roots, 25)), 0.3 * lengths[:, 0])
        for step in range(1, SEGMENTS + 1):
            ways = unit(ways + (0, -fall, 0))
            if knot is not None:
                tied &= np.linalg.norm(knot - lines[-1], axis=1, keepdims=True) > KNOT
                ways = np.where(tied, unit(knot - lines[-1]), ways)
            points = lines[-1] + lengths / SEGMENTS * ways
            _, nearest = self.tree.query(points)
            off = ((points - self.vertices[nearest]) * self.normals[nearest]).sum(axis=1)
            below = smoothstep(points[:, 1] - self.centre[1], -0.10, -0.16)
            missing = np.clip(lift * min(1, step / 3) + COLLAR * below - off, 0, 0.08)
            lines.append(points + missing[:, None] * self.normals[nearest])
        return np.stack(lines, axis=1)

    def ribbons(self, rng, lines: np.ndarray, breadth: float, colour: np.ndarray) -> Mesh:
        """Ribbons along lines (N, K, 3), two points for each of a line's, of about a breadth."""
        # They face away from the skull's centre above it, from the head's axis below it.
        away = lines - self.centre
        away = unit(away * np.where(away[..., 1:2] > 0, (1, 1, 1), (1, 0, 1)))
        along = unit(np.gradient(lines, axis=1))
        across = unit(np.cross(along, away))
        share = np.linspace(0, 1, lines.shape[1])
        half = 0.5 * breadth * rng.uniform(0.7, 1.3, (len(lines), 1, 1)) * across
        half *= np.interp(share, (0, 0.6, 1), (1, 1, 0.35))[:, None]
        points = np.stack([lines - half, lines + half], axis=2)
        facing = unit(away + np.cross(across, along))[:, :, None]
        facing = unit(facing + 0.3 * np.stack([-across, across], axis=2))
        corners = np.arange(points[..., 0].size).reshape(points.shape[:3])
        start, end = corners[:, :-1], corners[:, 1:]
        quads = np.stack([start[..., 0], start[..., 1], end[..., 1], end[..., 0]], axis=-1)
        shade = np.exp(rng.normal(0, 0.09, len(lines))) * (1 + 0.10 * noise(lines[:, 0], 25))
        colours = np.outer(shade, 0.75 + 0.35 * share).repeat(2)[:, None] * colour
        faces = triangles(quads.reshape(-1, 4))
        points, facing = points.reshape(-1, 3), facing.reshape(-1, 3)
        return Mesh(points, faces, material(None, 0.45, 0.3), facing, colours=colours)
