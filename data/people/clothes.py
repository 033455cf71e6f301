"""Clothes: layers cut from meshes around the body, that hang, fold and have thickness.

A garment is a part of one of the body's meshes, found by the sign of a function of its vertices,
moved off the body. How far depends on its cut and on gravity: cloth rests where it faces up and
hangs where it faces down. It folds where a pose makes it shorter.
"""

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import scipy.sparse

from data.people import geometry
from data.people.body import Body
from data.people.fabrics import Fabric, noise

ARM_LENGTH, LEG_LENGTH = 0.27, 0.40
"""Metres of one unit of `along_arm` and `along_leg` on cloth."""
TORSO, ARM, LEG = range(3)
"""Parts of a garment. A texture has a column of 1 m for each, s = 0 in its middle."""
LOWEST, HIGHEST = -0.25, 1.85
"""Bounds of t in a texture."""
SMOOTHING = 3
"""Rounds of smoothing of the body's form below cloth."""
TURN, DEEPEST = 0.012, 0.03
"""Metres from its edge in which cloth is turned in towards the body, and how far at most."""
STILL, PUSHED = 0.014, 0.08
"""Metres that folds are high in every pose, and where cloth is as short as can be."""


class Places(NamedTuple):
    """Where vertices of a mesh are: on the mean body, and on the person at rest.

    `mean` and `rest` are (V, 3). The others are (V,), but `around_arm`, (V, 2): coordinates
    across the person's arm, the first one in the direction that the elbow bends.
    """

    mean: np.ndarray
    rest: np.ndarray
    arm: np.ndarray
    leg: np.ndarray
    along_arm: np.ndarray
    along_leg: np.ndarray
    around_arm: np.ndarray

    @property
    def across(self) -> np.ndarray:
        """Distance from the body's middle plane."""
        return np.abs(self.mean[:, 0])

    def mixed(self, matrix: scipy.sparse.csr_matrix) -> "Places":
        """The places of vertices that are weighted means of these."""
        return Places(*(matrix @ values for values in self))


def places_of(body: Body, vertices: np.ndarray, heads: np.ndarray, group: str) -> Places:
    """The places of a mesh's vertices for a person at rest."""
    part = body.vertices[group]
    rest, along = vertices[part], body.along_arm[part]
    bones = heads[[body.bone[f"{name}.L"] for name in ("upperarm01", "lowerarm01", "wrist")]]
    on_bones = [np.interp(along, (0, 1, 2), column) for column in bones.T]
    away = rest * np.where(rest[:, :1] < 0, (-1, 1, 1), 1) - np.transpose(on_bones)
    hinge = geometry.unit(np.cross(bones[1] - bones[0], bones[2] - bones[1]))
    bend = geometry.unit(np.cross(hinge, bones[2] - bones[0]))
    around = away @ np.stack([bend, hinge], axis=1)
    masks = (mask[part] for mask in (body.arm, body.leg))
    return Places(body.mean[part], rest, *masks, along, body.along_leg[part], around)


@dataclasses.dataclass(frozen=True)
class Cut:
    """What a tailor decides of a garment.

    Args:
        name: str.
        keep: Maps places to the signed distance (V,) inside the garment's edges.
        room: Maps places to the distance off the body in metres that cloth always has, and the
            further distance that it hangs where it faces down; each is (V,) or a number.
        fabric: Fabric.
        folds: float. Height of folds; about 1 for a shirt.
        group: str. The mesh of `Body.vertices` that it is cut from.
        decorate: Maps `(part, s, t, colour)` of a texture to the colour with buttons and so on.
    """

    name: str
    keep: Callable
    room: Callable
    fabric: Fabric
    folds: float = 0.0
    group: str = "tights"
    decorate: Callable = lambda part, s, t, colour: colour


class Garment:
    """A cut garment on one person, ready to be put on in any pose; `mesh_faces` are triangles.

    Args:
        body: Body.
        cut: Cut.
        places: Places of the whole mesh.
        detail: int. How often the mesh is subdivided.
        rng: Generator.
    """

    def __init__(self, body: Body, cut: Cut, places: Places, detail: int, rng: np.random.Generator):
        self.cut, self.part = cut, body.vertices[cut.group]
        quads = body.quads[cut.group] - self.part.start
        quads = quads[cut.keep(places)[quads].max(axis=1) > 0]
        used, compact = np.unique(quads, return_inverse=True)
        quads = compact.reshape(-1, 4)
        matrix = scipy.sparse.identity(len(places.arm), "float32", "csr")[used]
        for _ in range(detail):
            quads, finer = geometry.subdivide(quads, matrix.shape[0])
            matrix = finer @ matrix
        inside = cut.keep(places.mixed(matrix))
        cutter, self.faces = geometry.clip(geometry.triangles(quads), inside)
        self.matrix = cutter @ matrix
        here = places.mixed(self.matrix)
        self.average = geometry.neighbour_average(self.faces, len(here.arm))
        self.least, self.slack = cut.room(here)
        self.turned = geometry.smoothstep(cut.keep(here), TURN, 0)
        self.pairs = np.unique(geometry.edges(self.faces), axis=0)
        self.lengths = self._lengths(here.rest)
        self._add_folds(here.mean, rng.uniform(0, 9, 3))
        self._add_texcoords(here)

    def _lengths(self, points):
        steps = points[self.pairs[:, 0]] - points[self.pairs[:, 1]]
        return np.maximum(np.linalg.norm(steps, axis=1), 1e-4)

    def _add_folds(self, mean, offset):
        """Heights of folds in every pose, and of folds that appear where one shortens cloth."""
        # Ridges run where a noise is 0: long upright ones, and rings.
        upright, rings = (
            np.exp(-3 * noise(mean * stretch + offset, frequency) ** 2)
            for stretch, frequency in (((1, 0.4, 1), 16), ((0.35, 1, 0.35), 34))
        )
        somewhere = geometry.smoothstep(noise(mean + offset, 6), -0.3, 1.5)
        self.still = self.cut.folds * STILL * somewhere * (upright - 0.3)
        self.pushed = self.cut.folds * PUSHED * (rings - 0.2)

    def _add_texcoords(self, here):
        """Texture coordinates; vertices where two parts meet become several."""
        part = np.where(here.arm > 0.5, ARM, TORSO)
        part = np.where((here.leg > 0.5) & (here.along_leg > 0.12), LEG, part)
        # A triangle lies where most of its corners do.
        part = np.sort(part[self.faces], axis=1)[:, [1, 1, 1]].ravel()
        corner = self.faces.ravel()
        x, y, z = here.mean.T
        # Radii times angles. The back mirrors the front, so that nothing tears at the sides.
        arm = 0.05 * np.arctan2(here.around_arm[:, 1], np.abs(here.around_arm[:, 0]))
        leg = 0.075 * np.arctan2(here.across - 0.12 - 0.03 * here.along_leg, np.abs(z - 0.085))
        s = np.stack([0.14 * np.arctan2(x, np.abs(z - 0.06)), arm, leg])
        t = np.stack([y, ARM_LENGTH * here.along_arm, LEG_LENGTH * here.along_leg])
        u = (part + 0.5 + s[part, corner]) / len(s)
        v = (t[part, corner] - LOWEST) / (HIGHEST - LOWEST)
        found, mesh_faces = np.unique(np.stack([corner, u, v], 1), axis=0, return_inverse=True)
        self.mesh_faces = mesh_faces.reshape(-1, 3)
        self.copies, self.texcoords = found[:, 0].astype(int), found[:, 1:].astype("float32")

    def put_on(self, vertices: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Points (N, 3), normals (N, 3) and texture coordinates (N, 2) on a posed body (V, 3)."""
        points = self.matrix @ vertices[self.part]
        for _ in range(SMOOTHING):
            points = 0.4 * points + 0.6 * (self.average @ points)
        outwards = geometry.normals(points, self.faces)
        # How long edges are left, averaged at their ends.
        stretch = np.clip(self._lengths(points) / self.lengths, 0.4, 1).repeat(2)
        ends = self.pairs.ravel()
        squeeze = 1 - np.bincount(ends, stretch) / np.bincount(ends)
        folds = self.still + (self.average @ squeeze) * self.pushed
        away = self.least + self.slack * (0.75 - 0.7 * outwards[:, 1])
        away += np.maximum(folds, -0.6 * self.least)
        away -= self.turned * np.minimum(away - 0.001, DEEPEST)
        points = points + outwards * away[:, None]
        points[:, 1] -= 0.35 * self.slack
        outwards = geometry.normals(points, self.faces)
        return points[self.copies], outwards[self.copies], self.texcoords

    def texture(self, texels: int) -> tuple[np.ndarray, np.ndarray]:
        """The garment's colours (H, W, 3) and relief (H, W) in metres, with W = 4 texels."""
        place, t = np.meshgrid(
            np.linspace(0, 3, 4 * texels, endpoint=False, dtype="float32"),
            np.linspace(LOWEST, HIGHEST, 2 * texels, dtype="float32"),
        )
        part, s = place.astype(int), place % 1 - 0.5
        colour, height = self.cut.fabric.paint(s, t)
        return self.cut.decorate(part, s, t, colour), height
