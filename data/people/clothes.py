"""Clothes: layers cut from meshes around the body, that hang, fold and have thickness.

A garment is a part of one of the body's meshes, found by the sign of a function, moved off the
body: cloth rests where it faces up and hangs where it faces down. It folds where a pose makes it
shorter.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from data.people import geometry
from data.people.body import Body
from data.people.fabrics import Fabric, noise
from data.people.rendering import Mesh, material

ARM_LENGTH, LEG_LENGTH = 0.27, 0.40  # metres of one unit of `along_arm` and `along_leg` on cloth
TORSO, ARM, LEG = range(3)  # parts of a garment; a texture has a column of 1 m for each
LOWEST, HIGHEST = -0.25, 1.85  # bounds of t in a texture
SMOOTHING = 3  # rounds of smoothing of the body's form below cloth
TURN, DEEPEST = 0.012, 0.03  # metres from its edge in which cloth is turned in, and how deep
STILL, PUSHED = 0.014, 0.08  # metres of folds in every pose, and in cloth as short as can be
UNDER = 0.05  # metres that a garment goes on under the edge of another


class Cut(NamedTuple):
    """What a tailor decides of a garment; `group` is the mesh of the body that it is cut from.

    `keep` maps Places to the signed distance (V,) inside the garment's edges; `room`, to how far
    off the body cloth always is, and how much further it hangs where it faces down, in metres.
    Folds are 1 high on a shirt. `decorate` adds buttons to `(part, s, t, colour)` of a texture.
    """

    name: str
    keep: Callable
    room: Callable
    fabric: Fabric
    folds: float = 0.0
    group: str = "tights"
    decorate: Callable = lambda part, s, t, colour: colour


class Garment:
    """A cut garment on one person, whose vertices at `rest` are given, to put on in any pose.

    `over` are the cuts worn over it: what lies under them could show through, and is left out.
    The body's mesh is subdivided `detail` times; the texture has so many texels per metre.
    """

    def __init__(self, rng, body: Body, rest, cut: Cut, over: list[Cut], detail: int, texels: int):
        def keep(p):
            outer = (UNDER - other.keep(p) for other in over if other.group == cut.group)
            return np.minimum.reduce([cut.keep(p), *outer])

        self.cut, self.part, places = cut, body.vertices[cut.group], body.places[cut.group]
        quads = body.quads[cut.group] - self.part.start
        quads = quads[keep(places)[quads].max(axis=1) > 0]
        quads, finer = geometry.subdivide(quads, len(places.arm), detail)
        inside = keep(places.mixed(finer))
        cutter, self.faces = geometry.clip(geometry.triangles(quads), inside)
        self.matrix = cutter @ finer
        here = places.mixed(self.matrix)
        self.least, self.slack = cut.room(here)
        self.turned = geometry.smoothstep(keep(here), TURN, 0)
        self.pairs = np.unique(geometry.edges(self.faces), axis=0)
        self.average = geometry.neighbour_average(self.pairs, len(here.arm))
        self.lengths = self._lengths(self.matrix @ rest[self.part])
        offset = rng.uniform(0, 9, 3)
        # Ridges run where a noise is 0: long upright ones, and rings where one shortens cloth.
        upright, rings = (
            np.exp(-3 * noise(here.mean * stretch + offset, frequency) ** 2)
            for stretch, frequency in (((1, 0.4, 1), 16), ((0.35, 1, 0.35), 34))
        )
        somewhere = geometry.smoothstep(noise(here.mean + offset, 6), -0.3, 1.5)
        self.still = cut.folds * STILL * somewhere * (upright - 0.3)
        self.pushed = cut.folds * PUSHED * (rings - 0.2)
        self._add_texcoords(here)
        colours, heights = self.texture(texels)
        self.material = material(colours, cut.fabric.roughness, 0.2, heights)

    def _lengths(self, points):
        steps = points[self.pairs[:, 0]] - points[self.pairs[:, 1]]
        return np.maximum(np.linalg.norm(steps, axis=1), 1e-4)

    def _add_texcoords(self, here):
        """Texture coordinates; vertices where two parts meet become several."""
        part = np.where(here.arm > 0.5, ARM, TORSO)
        part = np.where((here.leg > 0.5) & (here.along_leg > 0.12), LEG, part)
        # A triangle lies where most of its corners do.
        part = np.sort(part[self.faces], axis=1)[:, [1, 1, 1]].ravel()
        corner = self.faces.ravel()
        x, y, z = here.mean.T
        # Radii times angles. The back mirrors the front, so that nothing tears at the sides.
        forearm = np.interp(here.along_arm, (1, 2), (0.09, 0.26))
        arm = 0.05 * np.arctan2(0.74 * here.across + 0.675 * y - 1.03, np.abs(z - forearm))
        leg = 0.075 * np.arctan2(here.across - 0.12 - 0.03 * here.along_leg, np.abs(z - 0.085))
        s = np.stack([0.14 * np.arctan2(x, np.abs(z - 0.06)), arm, leg])
        t = np.stack([y, ARM_LENGTH * here.along_arm, LEG_LENGTH * here.along_leg])
        u = (part + 0.5 + s[part, corner]) / len(s)
        v = (t[part, corner] - LOWEST) / (HIGHEST - LOWEST)
        found, mesh_faces = np.unique(np.stack([corner, u, v], 1), axis=0, return_inverse=True)
        self.mesh_faces = mesh_faces.reshape(-1, 3)
        self.copies, self.texcoords = found[:, 0].astype(int), found[:, 1:].astype("float32")

    def put_on(self, vertices: np.ndarray) -> Mesh:
        """The garment on a posed body's vertices (V, 3)."""
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
        points, outwards = points[self.copies], geometry.normals(points, self.faces)[self.copies]
        return Mesh(points, self.mesh_faces, self.material, outwards, self.texcoords)

    def texture(self, texels: int) -> tuple[np.ndarray, np.ndarray]:
        """The garment's colours (H, W, 3) and relief (H, W) in metres, with W = 4 texels."""
        place, t = np.meshgrid(
            np.linspace(0, 3, 4 * texels, endpoint=False, dtype="float32"),
            np.linspace(LOWEST, HIGHEST, 2 * texels, dtype="float32"),
        )
        part, s = place.astype(int), place % 1 - 0.5
        colour, height = self.cut.fabric.paint(s, t)
        return self.cut.decorate(part, s, t, colour), height
