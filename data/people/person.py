"""A person: one body with a face, hair and clothes, that can be put in any pose."""

import numpy as np
import scipy.spatial

from data.people import faces, hair
from data.people.body import fade, load_body
from data.people.clothes import Garment, places_of
from data.people.geometry import normals, subdivide, triangles, unit
from data.people.poses import Parameters, expression, place
from data.people.rendering import (
    Mesh,
    bitmap,
    bumped,
    material,
    principled,
    vertex_colours,
)
from data.people.wardrobe import layered, sample_headwear, sample_outfit

HIDDEN = 0.03
"""Skin further than this inside of a garment's edge is left out, so that it cannot show through."""
DETAILED = 128
"""Height of the picture from which bodies, clothes and hair are made of finer meshes."""
STRANDS = 20
"""Of a head of hair, for every pixel of the picture's height."""


class Person:
    """A person and what is worn.

    Args:
        rng: Generator.
        size: int. Height of the pictures that it is to look well in.
    """

    def __init__(self, rng: np.random.Generator, size: int = 256):
        detail = 2 if size >= DETAILED else 1
        self.body = body = load_body()
        first, second = rng.integers(len(body.coefficients), size=2)
        share = rng.uniform(0, 0.3)
        mixed = (1 - share) * body.coefficients[first] + share * body.coefficients[second]
        self.phenotype = body.phenotypes[first]
        self.woman = bool(self.phenotype[0] < 0.5)
        self.rest, self.heads = body.shape(mixed)
        self.height = float(self.rest[body.crown, 1])
        self.look = faces.sample_look(rng, self.phenotype)
        self._dress(rng, detail, int(np.clip(1.5 * size, 64, 512)))
        self._grow_hair(rng, int(np.clip(STRANDS * size, 1000, 10000)))
        self._prepare_skin(detail)

    def _dress(self, rng, detail, texels):
        body = self.body
        cuts = sample_outfit(rng, self.woman)
        self.headwear = sample_headwear(rng, self.woman, body.eye_height)
        if self.headwear is not None:
            cuts.append(self.headwear)
        groups = {cut.group for cut in cuts}
        places = {group: places_of(body, self.rest, self.heads, group) for group in groups}
        self.garments = [
            Garment(body, cut, places[cut.group], detail, rng) for cut in layered(cuts)
        ]
        self.garment_materials = []
        for garment in self.garments:
            colours, heights = garment.texture(texels)
            fabric = garment.cut.fabric
            inner = principled(bitmap(colours), fabric.roughness, 0.2)
            self.garment_materials.append(material(bumped(inner, heights)))
        tights = body.vertices["tights"]
        inside = [cut.keep(places["tights"]) for cut in cuts if cut.group == "tights"]
        skin = body.mean[body.vertices["body"]]
        _, nearest = scipy.spatial.cKDTree(body.mean[tights]).query(skin)
        hand = body.arm[: len(skin)] * (body.along_arm[: len(skin)] > 1.92) > 0.5
        face = body.head[: len(skin)] > 0.5
        self.hidden = (np.max(inside, axis=0)[nearest] > HIDDEN) & ~hand & ~face

    def _grow_hair(self, rng, count):
        styles = hair.WOMEN if self.woman else hair.MEN
        chances = np.array(list(styles.values()))
        self.style = rng.choice(list(styles), p=chances / chances.sum())
        if self.style == "afro" and self.phenotype[5] < 0.4:
            self.style = "curly"
        self.rise = (
            0.0 if self.woman else max(0.0, rng.normal(0.004, 0.012) + 0.015 * self.look.age)
        )
        head = hair.Head(self.body, self.rest)
        grown = [hair.brow_strands(rng, head, self.look.hair, 260)]
        free = self._free_of_headwear()
        if self.style != "bald" and free.any():
            colour = self.look.hair
            grown.append(hair.scalp_strands(rng, head, self.style, colour, self.rise, count, free))
        if not self.woman and rng.random() < 0.35:
            kind = rng.choice(("full", "moustache", "goatee"), p=(0.6, 0.2, 0.2))
            length = rng.uniform(0.006, 0.035)
            grown.append(hair.beard_strands(rng, head, self.look.hair, length, kind, count // 3))
        self.ribbons = [strands.ribbons() for strands in grown]
        chin = self.heads[self.body.bone["head"], 1]
        self.hair_fall = [fade(points[:, 1], chin, chin - 0.14) for points, *_ in self.ribbons]
        self.hair_material = material(principled(vertex_colours(), 0.42, 0.35))

    def _free_of_headwear(self):
        """1 where hair of the body's skin can be seen, 0 under a hat (V,)."""
        body = self.body
        skin = body.vertices["body"]
        if self.headwear is None:
            return np.ones(skin.stop)
        if self.headwear.name == "headscarf" or self.style in ("afro", "curly", "tied"):
            return np.zeros(skin.stop)
        places = places_of(body, self.rest, self.heads, "body")
        return fade(self.headwear.keep(places), 0.004, -0.004)

    def _prepare_skin(self, detail):
        body = self.body
        quads = body.quads["body"]
        quads = quads[~self.hidden[quads].all(axis=1)]
        count = body.vertices["body"].stop
        self.skin_matrix = None
        if detail > 1:
            fine = (body.head[quads] > 0.5).all(axis=1)
            finer, self.skin_matrix = subdivide(quads[fine], count)
            quads = np.concatenate([quads[~fine], finer])
        self.skin_faces = triangles(quads)
        points = self._refined(body.mean[:count])
        masks = {name: self._refined(mask[:count]) for name, mask in body.masks.items()}
        line = hair.hairline(body, points, self.rise)
        scalp = fade(line, -0.002, 0.010) * (self._refined(body.head[:count]) > 0.5)
        shaven = scalp if self.style in ("bald", "buzz") else 0 * scalp
        colours = faces.skin_colours(body, self.look, points, masks, 0.5 * shaven)
        cover = {"bald": 0.0, "buzz": 0.45}.get(self.style, 0.9)
        under = 0.45 * self.look.hair + 0.02 * self.look.skin
        self.skin_colours = colours + (under - colours) * (cover * scalp)[:, None]
        self.skin_material = material(principled(vertex_colours(), 0.42, 0.45, flatness=0.4))
        self.eye_material = material(principled(vertex_colours(), 0.06, 0.6))
        if self.look.glasses is not None:
            self.glasses_material = material(principled(self.look.glasses, 0.25, 0.6))

    def _refined(self, values):
        return values if self.skin_matrix is None else self.skin_matrix @ values

    def meshes(self, pose: Parameters) -> tuple[list[Mesh], np.ndarray]:
        """What to render of the person in a pose, and the joints (14, 3) of FULL_BODY."""
        body = self.body
        placed = place(body, self.heads, pose)
        rest = body.express(self.rest, expression(pose))
        vertices = body.skin(rest, self.heads, placed)
        joints = body.joints(vertices, placed, self.height)
        skin = self._refined(vertices[body.vertices["body"]])
        found = [
            Mesh(
                skin,
                self.skin_faces,
                self.skin_material,
                normals(skin, self.skin_faces),
                colours=self.skin_colours,
            )
        ]
        found += self._eyes(vertices, placed, pose)
        found += self._hair(placed)
        for garment, ready in zip(self.garments, self.garment_materials, strict=True):
            points, outwards, texcoords = garment.put_on(vertices)
            found.append(Mesh(points, garment.mesh_faces, ready, outwards, texcoords))
        return found, joints

    def _eyes(self, vertices, placed, pose):
        body, found = self.body, []
        turn = placed.rotations[body.bone["head"]]
        down, aside = np.clip(pose["gaze"], (-0.3, -0.5), (0.3, 0.5))
        axis = turn @ np.array([np.sin(aside), -np.sin(down), np.cos(aside) * np.cos(down)])
        centres = []
        for group in ("left_eye", "right_eye"):
            eye = vertices[body.vertices[group]]
            centre = (eye.min(axis=0) + eye.max(axis=0)) / 2
            rest = self.rest[body.vertices[group]]
            radius = (rest[:, 0].max() - rest[:, 0].min()) / 2
            points, triangle, colours = faces.eyeball(centre, radius, axis, self.look.iris)
            found.append(
                Mesh(points, triangle, self.eye_material, unit(points - centre), colours=colours)
            )
            centres.append(rest.mean(axis=0))
        if self.look.glasses is not None:
            ears = self.rest[: len(body.masks["ears"])][body.masks["ears"] > 0.5]
            lines = faces.glasses_lines(
                *centres, centres[0][1] + 0.002, np.abs(ears[:, 0]).max() - 0.012,
                ears[:, 2].mean(), self.look.squareness,
            )  # fmt: skip
            tubes = [faces.tube(line, 0.0013 if i % 2 else 0.0017) for i, line in enumerate(lines)]
            head = body.bone["head"]
            for points, triangle in tubes:
                moved = (points - self.heads[head]) @ turn.T + placed.heads[head]
                found.append(Mesh(moved, triangle, self.glasses_material, normals(moved, triangle)))
        return found

    def _hair(self, placed):
        found = []
        head, chest = self.body.bone["head"], self.body.bone["spine01"]
        for (points, triangle, facing, colours), fall in zip(
            self.ribbons, self.hair_fall, strict=True
        ):
            with_head, with_chest = (
                (points - self.heads[bone]) @ placed.rotations[bone].T + placed.heads[bone]
                for bone in (head, chest)
            )
            moved = with_head + fall[:, None] * (with_chest - with_head)
            turned = facing @ placed.rotations[head].T
            found.append(Mesh(moved, triangle, self.hair_material, turned, colours=colours))
        return found
