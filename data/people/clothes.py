"""Clothes: layers cut from the body's helper meshes, that hang, fold and have thickness.

A garment is a part of a helper mesh, found by the sign of a function of its vertices, moved
off the body. How far depends on its cut and on gravity: cloth rests where it faces up and
hangs where it faces down. It folds where a pose makes it shorter.
"""

import dataclasses
from collections.abc import Callable

import numpy as np
import scipy.sparse

from data.people.body import Body, body_side, fade, limb_radius
from data.people.fabrics import Fabric, creases, noise
from data.people.geometry import (
    boundary,
    clip,
    edges,
    neighbour_average,
    normals,
    subdivide,
    triangles,
    unit,
)

ARM = ("upperarm01", "lowerarm01", "wrist")
LEG = ("upperleg01", "lowerleg01", "foot")
ARM_LENGTH, LEG_LENGTH = 0.27, 0.40
"""Metres of one unit of `along_arm` and `along_leg` on cloth."""
CHARTS = {
    # The part of the texture that each part of a garment has: s and t in metres.
    "torso": ((-0.48, 0.48), (0.05, 1.55)),
    "arm": ((-0.24, 0.24), (-0.15, 0.62)),
    "leg": ((-0.33, 0.33), (-0.25, 0.90)),
    "foot": ((-0.05, 0.33), (-0.02, 0.20)),
}
CHART_NAMES = ("torso", "arm", "arm", "leg", "leg", "foot")
"""By index: torso, left and right arm, left and right leg, feet."""
HEM = 0.03
"""Metres that cloth is turned in at its edges, at most."""
MARGIN = 0.12
"""How far beyond the cut a garment's mesh is kept, in the units of its cut, before clipping."""


@dataclasses.dataclass(frozen=True)
class Places:
    """Where vertices of a helper mesh are, on the mean body and on the person.

    All arrays are (V,), but `mean` and `rest`, which are (V, 3).
    """

    mean: np.ndarray
    rest: np.ndarray
    arm: np.ndarray
    leg: np.ndarray
    foot: np.ndarray
    along_arm: np.ndarray
    along_leg: np.ndarray
    arm_radius: np.ndarray
    leg_radius: np.ndarray

    @property
    def across(self) -> np.ndarray:
        """Distance from the body's middle plane."""
        return np.abs(self.mean[:, 0])


def places_of(body: Body, vertices: np.ndarray, heads: np.ndarray, group: str) -> Places:
    """The places of a helper mesh's vertices for a person at rest."""
    part = body.vertices[group]
    rest = vertices[part]
    along_arm, along_leg = body.along_arm[part], body.along_leg[part]
    return Places(
        mean=body.mean[part],
        rest=rest,
        arm=body.arm[part],
        leg=body.leg[part],
        foot=body.foot[part],
        along_arm=along_arm,
        along_leg=along_leg,
        arm_radius=limb_radius(body, rest, along_arm, heads, ARM),
        leg_radius=limb_radius(body, rest, along_leg, heads, LEG),
    )


def _at(matrix, places):
    fields = (field.name for field in dataclasses.fields(places))
    return Places(**{name: matrix @ getattr(places, name) for name in fields})


@dataclasses.dataclass(frozen=True)
class Cut:
    """What a tailor decides of a garment.

    Args:
        name: str. `"shirt"`, `"trousers"`, `"skirt"`, `"jacket"`, `"shoes"`.
        keep: Maps places to the signed distance (V,) inside the garment's edges.
        least: Maps places to the distance (V,) off the body in metres that it always has.
        slack: Maps places to the further distance (V,) that it hangs where it faces down.
        fabric: Fabric.
        smoothing: int. Rounds of smoothing of the body's form below.
        folds: float. Height of folds; about 1 for a shirt.
        flat_edge: float. Metres from its edges in which it does not fold, as under another layer.
        group: str. The helper mesh that it is cut from.
        decorate: Maps `(chart, s, t, colour)` to the colour with seams, buttons and so on.
    """

    name: str
    keep: Callable
    least: Callable
    slack: Callable
    fabric: Fabric
    smoothing: int = 3
    folds: float = 1.0
    flat_edge: float = 0.0
    group: str = "tights"
    decorate: Callable | None = None


class Garment:
    """A cut garment on one person, ready to be put on in any pose.

    Args:
        body: Body.
        cut: Cut.
        places: Places of the whole helper mesh.
        detail: int. How often the helper mesh is subdivided.
        rng: Generator.
    """

    def __init__(self, body: Body, cut: Cut, places: Places, detail: int, rng: np.random.Generator):
        self.cut, self.part = cut, body.vertices[cut.group]
        quads = body.quads[cut.group] - self.part.start
        near = cut.keep(places)[quads].max(axis=1) > -MARGIN
        used, quads = np.unique(quads[near], return_inverse=True)
        quads = quads.reshape(-1, 4)
        matrix = scipy.sparse.identity(len(places.arm), "float32", "csr")[used]
        for _ in range(detail):
            quads, finer = subdivide(quads, matrix.shape[0])
            matrix = finer @ matrix
        self.matrix = matrix
        here = _at(matrix, places)
        self.faces = triangles(quads)
        self.average = neighbour_average(quads, matrix.shape[0])
        self.least = np.asarray(cut.least(here), "float32")
        self.slack = np.asarray(cut.slack(here), "float32")
        self.offset = rng.uniform(0, 9, 2).astype("float32")
        self._add_folds(here)
        self.cutter, faces = clip(self.faces, np.asarray(cut.keep(here), "float32"))
        self._add_charts(_at(self.cutter, here), faces)

    def _add_folds(self, here):
        """Folds that every pose shows, those that appear where it shortens, and lengths at rest."""
        s, t = chart_places(here, _charts_of_vertices(here))
        limb = np.maximum(here.arm, here.leg)
        height = self.cut.folds
        if self.cut.flat_edge:
            height = height * fade(self.cut.keep(here), 0.02, self.cut.flat_edge)
        drift = np.stack([s * (1 + limb), t], axis=1) + self.offset
        self.still = height * (0.016 * creases(s, t, self.offset) - 0.004)
        rings = noise(drift * np.float32([0.25, 1]), 11)
        self.pushed = height * (1 - np.minimum(np.abs(rings), 1.2))
        self.pairs = np.unique(edges(self.faces), axis=0)
        self.lengths = np.linalg.norm(np.diff(here.rest[self.pairs], axis=1)[:, 0], axis=1)

    def _add_charts(self, here, faces):
        """Texture coordinates; vertices on seams, where two parts meet, become several."""
        parts = _charts_of_vertices(here)
        # A triangle lies where most of its corners do.
        part = np.sort(parts[faces], axis=1)[:, 1]
        self.charts = {CHART_NAMES[index] for index in np.unique(part)}
        corner_part = np.repeat(part[:, None], 3, axis=1)
        flat = faces.ravel()
        s, t = chart_places(_take(here, flat), corner_part.ravel())
        s = s.reshape(faces.shape)
        around = np.float32(_girth(corner_part))
        # Where a triangle goes round the back, its corners are all taken to the same side.
        broken = (s.max(axis=1) - s.min(axis=1))[:, None] > around / 2
        wrapped = broken & (s < 0) & (corner_part < 5)
        s = np.where(wrapped, s + around, s)
        keys = np.stack([flat, corner_part.ravel(), wrapped.ravel()], axis=1)
        _, first, inverse = np.unique(keys, axis=0, return_index=True, return_inverse=True)
        self.copies = flat[first]
        self.cut_faces, self.sewn_faces = faces, inverse.reshape(-1, 3)
        self.texcoords = atlas_places(s.ravel()[first], t[first], corner_part.ravel()[first])
        edge = boundary(faces)
        self.hem, local = np.unique(edge, return_inverse=True)
        self.hem_edges = local.reshape(-1, 2)
        # The hem has the colour of the cloth next to it.
        _, place = np.unique(self.copies, return_index=True)
        self.hem_texcoords = self.texcoords[place[self.hem]]

    def put_on(self, vertices: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The garment in a pose: points (N, 3), normals (N, 3), texture coordinates (N, 2).

        `mesh_faces` are its triangles. `vertices` are all of the posed body's.
        """
        points = self.matrix @ vertices[self.part]
        for _ in range(self.cut.smoothing):
            points = 0.4 * points + 0.6 * (self.average @ points)
        outwards = normals(points, self.faces)
        span = np.linalg.norm(points[self.pairs[:, 0]] - points[self.pairs[:, 1]], axis=1)
        shortening = np.clip(1 - span / self.lengths, 0, 0.6)
        count = len(points)
        pushed = sum(np.bincount(self.pairs[:, i], shortening, count) for i in (0, 1))
        touching = np.bincount(self.pairs.ravel(), minlength=count)
        squeeze = self.average @ (pushed / np.maximum(touching, 1)).astype("float32")
        hang = self.slack * (0.75 - 0.7 * outwards[:, 1])
        folds = self.still + 0.05 * squeeze * self.pushed
        away = self.least + hang + np.maximum(folds, -0.6 * self.least)
        points = points + outwards * away[:, None]
        points[:, 1] -= 0.35 * self.slack
        cut = self.cutter @ points
        outwards = normals(cut, self.cut_faces)
        # The hem is turned in towards the body, so that no edge looks like paper.
        depth = np.minimum((self.cutter @ away)[self.hem, None] - 0.001, HEM)
        hem = np.concatenate([cut[self.hem], cut[self.hem] - outwards[self.hem] * depth])
        strip = self.mesh_faces[len(self.sewn_faces) :] - len(self.copies)
        return (
            np.concatenate([cut[self.copies], hem]),
            np.concatenate([outwards[self.copies], normals(hem, strip)]),
            np.concatenate([self.texcoords, self.hem_texcoords, self.hem_texcoords]),
        )

    @property
    def mesh_faces(self) -> np.ndarray:
        """Triangles of what `put_on` returns."""
        start, count = len(self.copies), len(self.hem)
        first, second = (start + self.hem_edges).T
        turned = np.concatenate(
            [
                np.stack([second, first, first + count], axis=1),
                np.stack([second, first + count, second + count], axis=1),
            ]
        )
        return np.concatenate([self.sewn_faces, turned])

    def texture(self, texels: int) -> tuple[np.ndarray, np.ndarray]:
        """The garment's colours (texels, 4 texels, 3) and relief (texels, 4 texels) in metres."""
        colours, heights = [], []
        for chart, ((left, right), (low, high)) in CHARTS.items():
            if chart not in self.charts:
                colours.append(np.zeros((texels, texels, 3), "float32"))
                heights.append(np.zeros((texels, texels), "float32"))
                continue
            s, t = np.meshgrid(
                np.linspace(left, right, texels, dtype="float32"),
                np.linspace(high, low, texels, dtype="float32"),
            )
            colour, height = self.cut.fabric.paint(s, t)
            if self.cut.decorate is not None:
                colour = self.cut.decorate(chart, s, t, colour)
            colours.append(colour)
            heights.append(height + 0.009 * self.cut.folds * creases(s, t, self.offset + 3))
        return np.concatenate(colours, axis=1), np.concatenate(heights, axis=1)


def _take(places, index):
    fields = (field.name for field in dataclasses.fields(places))
    return Places(**{name: getattr(places, name)[index] for name in fields})


def _charts_of_vertices(places):
    """0 torso, 1 and 2 the arms, 3 and 4 the legs, 5 the feet."""
    right = body_side(places.mean) < 0
    part = np.where(places.arm > 0.5, 1 + right, 0)
    part = np.where((places.leg > 0.5) & (places.along_leg > 0.12), 3 + right, part)
    return np.where(places.foot > 0.6, 5, part)


def _girth(parts):
    """Metres of s around a part."""
    return 2 * np.pi * np.choose(parts, (0.14, 0.05, 0.05, 0.075, 0.075, 1e3))


def chart_places(places: Places, parts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where vertices are on the cloth, (s, t) in metres."""
    x, y, z = places.mean.T
    side = body_side(places.mean)
    torso = 0.14 * np.arctan2(x, z - 0.06)
    # Around the arm: from the plane of shoulder, elbow and wrist, which the hinge stands on.
    shoulder, elbow, wrist = (np.array(p) for p in _ARM_AXIS)
    mirrored = places.mean * np.stack([side, 1 + 0 * x, 1 + 0 * x], axis=1)
    share = places.along_arm[:, None]
    axis = np.where(
        share < 1, shoulder + share * (elbow - shoulder), elbow + (share - 1) * (wrist - elbow)
    )
    hinge = unit(np.cross(elbow - shoulder, wrist - elbow))
    along = np.where(share < 1, unit(elbow - shoulder), unit(wrist - elbow))
    away = mirrored - axis
    arm = 0.05 * np.arctan2((away * np.cross(along, hinge)).sum(axis=1), away @ hinge)
    leg = 0.075 * np.arctan2((np.abs(x) - 0.12 - 0.03 * places.along_leg), z - 0.085)
    s = np.choose(parts, (torso, arm, arm, leg, leg, z))
    arm_t, leg_t = ARM_LENGTH * places.along_arm, LEG_LENGTH * places.along_leg
    return s, np.choose(parts, (y, arm_t, arm_t, leg_t, leg_t, y))


_ARM_AXIS = ((0.175, 1.334, 0.088), (0.338, 1.156, 0.094), (0.458, 1.036, 0.257))
"""The mean body's left shoulder, elbow and wrist."""


def atlas_places(s: np.ndarray, t: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Texture coordinates (N, 2), the charts side by side."""
    names = list(CHARTS)
    column = np.array([names.index(name) for name in CHART_NAMES])[parts]
    bounds = np.array([CHARTS[name] for name in names])[column]
    low, high = bounds[..., 0], bounds[..., 1]
    inside = np.clip((np.stack([s, t], axis=1) - low) / (high - low), 0.002, 0.998)
    return np.stack([(column + inside[:, 0]) / len(names), inside[:, 1]], axis=1).astype("float32")


def hang_distance(places: Places) -> np.ndarray:
    """How far cloth that falls straight from the chest is from the body below it (V,)."""
    x, _, z = places.rest.T
    angle, radius = np.arctan2(x, z - 0.05), np.hypot(x, z - 0.05)
    bins = ((angle / (2 * np.pi) + 0.5) * 24).astype(int) % 24
    chest = (places.arm < 0.3) & (places.mean[:, 1] > 1.1) & (places.mean[:, 1] < 1.26)
    ring = np.array([radius[chest & (bins == index)].max(initial=0.08) for index in range(24)])
    ring = (np.roll(ring, 1) + 2 * ring + np.roll(ring, -1)) / 4
    at = (angle / (2 * np.pi) + 0.5) * 24 - 0.5
    straight = np.interp(at, np.arange(-1, 25), np.concatenate([ring[-1:], ring, ring[:1]]))
    below = fade(places.mean[:, 1], 1.24, 1.12) * fade(places.arm, 0.6, 0.2)
    return np.clip(straight - radius, 0, 0.10) * below
