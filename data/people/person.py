"""A person: one body with a face, hair and clothes, that can be put in any pose."""

import numpy as np
import scipy.sparse

from data.people import faces, hair
from data.people.body import load_body
from data.people.clothes import Garment, places_of
from data.people.fabrics import blend
from data.people.geometry import euler, normals, smoothstep, subdivide, triangles, unit
from data.people.poses import Parameters, expression, place
from data.people.rendering import Mesh, bitmap, bumped, material, principled, vertex_colours
from data.people.wardrobe import layered, sample_headwear, sample_outfit

DETAILED = 128
"""Height of the picture in pixels from which all is made of finer meshes."""
HIDDEN = 0.03
"""Skin further than this inside of a garment's edge is left out, so that it cannot show through."""
COVER, SHAVEN = 0.9, (0.0, 0.6)
"""How much the scalp is painted like hair below locks, and where it is shaven, 0 to 1."""


class Person:
    """A random person and what is worn, to look well in pictures of `size` pixels.

    `rest` (V, 3) and `heads` (B, 3) are the vertices of the Body `body` and its bones' heads for
    this person at rest; `height` is in metres.
    """

    def __init__(self, rng: np.random.Generator, size: int = 256):
        self.body = body = load_body()
        first, second = rng.integers(len(body.coefficients), size=2)
        share = rng.uniform(0, 0.3)
        mixed = (1 - share) * body.coefficients[first] + share * body.coefficients[second]
        self.rest, self.heads = body.shape(mixed)
        self.height = float(self.rest[body.crown, 1])
        woman, age = body.phenotypes[first, 0] < 0.5, body.phenotypes[first, 1]
        self.face = faces.Face(rng, body.phenotypes[first])
        chances = [style[0 if woman else 1] for style in hair.STYLES.values()]
        self.style = rng.choice(list(hair.STYLES), p=chances)
        self.rise = 0.0 if woman else max(0.0, rng.normal(0.004 + 0.015 * age, 0.012))
        self.detail = 2 if size >= DETAILED else 1
        self._dress(rng, woman, size)
        self._prepare_skin(COVER if self.style != "shaven" else rng.uniform(*SHAVEN))
        self._prepare_ribbons(rng, woman)

    def _dress(self, rng, woman, size):
        body = self.body
        cuts = sample_outfit(rng, woman)
        headwear = sample_headwear(rng, woman, body.eye_height)
        cuts += [] if headwear is None else [headwear]
        groups = {cut.group for cut in cuts} | {"body"}
        places = {group: places_of(body, self.rest, self.heads, group) for group in groups}
        self.garments = []
        for cut in layered(cuts):
            garment = Garment(body, cut, places[cut.group], self.detail, rng)
            colours, heights = garment.texture(int(np.clip(1.5 * size, 64, 512)))
            cloth = principled(bitmap(colours), cut.fabric.roughness, 0.2)
            self.garments.append((garment, material(bumped(cloth, heights))))
        # Skirts stand off; all else covers the skin below it, and hats the hair.
        worn = np.max([cut.keep(places["body"]) for cut in cuts if cut.group != "skirt"], axis=0)
        self.hidden, self.hatless = worn > HIDDEN, smoothstep(worn, 0.004, -0.004)

    def _prepare_skin(self, cover):
        """Prepares the skin that shows, finer on the head, and the eyes."""
        body, skin = self.body, self.body.vertices["body"]
        quads = body.quads["body"]
        quads = quads[~self.hidden[quads].all(axis=1)]
        on_head = (body.head[quads] > 0.5).all(axis=1)
        fine, self.skin_matrix = subdivide(quads[on_head], skin.stop)
        self.skin_faces = triangles(np.concatenate([quads[~on_head], fine]))
        points = self.skin_matrix @ body.mean[skin]
        masks = {name: self.skin_matrix @ mask[skin] for name, mask in body.masks.items()}
        colours = self.face.skin_colours(body, points, masks)
        hairy = cover * faces.scalp(body, points, self.rise)
        self.skin_colours = blend(colours, 0.6 * self.face.hair, hairy)
        self.skin_material = material(principled(vertex_colours(), 0.45, 0.4, flatness=0.4))
        self.eyes = []
        for group in ("left_eye", "right_eye"):
            part = body.vertices[group]
            quads = body.quads[group] - part.start
            matrix = scipy.sparse.identity(part.stop - part.start, "float32", "csr")
            for _ in range(self.detail + 1):
                quads, finer = subdivide(quads, matrix.shape[0])
                matrix = finer @ matrix
            self.eyes.append((part, matrix, triangles(quads)))
        self.eye_material = material(principled(vertex_colours(), 0.1, 0.5))

    def _prepare_ribbons(self, rng, woman):
        """Prepares what moves with the head: locks of hair and beard, glasses."""
        body, face = self.body, self.face
        head = hair.Head(body, self.rest, hair.LOCKS * self.detail // 2)
        density = {self.style: self.hatless * faces.scalp(body, head.mean, self.rise)}
        if not woman and rng.random() < 0.35:
            lips = body.masks["lips"][body.vertices["body"]]
            density["beard"] = faces.beard(body, head.mean, lips, rng.choice(faces.BEARDS))
        grown = [style for style in density if style != "shaven" and density[style].any()]
        ribbons = [head.hair(rng, style, density[style], face.hair) for style in grown]
        if face.glasses is not None:
            eye = self.rest[body.vertices["left_eye"]].mean(axis=0)
            ear = self.rest[body.masks["ears"] * body.mean[:, 0] > 0.03].mean(axis=0)
            lines = faces.glasses_lines(eye, ear)
            ribbons += [head.ribbons(rng, line[None], faces.FRAME, face.glasses) for line in lines]
        chin = self.heads[body.bone["head"], 1]
        # What hangs below the chin goes with the chest.
        self.ribbons = [(smoothstep(mesh[0][:, 1:2], chin, chin - 0.14), *mesh) for mesh in ribbons]
        self.ribbon_material = material(principled(vertex_colours(), 0.45, 0.3))

    def meshes(self, pose: Parameters) -> tuple[list[Mesh], np.ndarray]:
        """What to render of the person in a pose, and the joints (14, 3) of FULL_BODY."""
        body = self.body
        placed = place(body, self.heads, pose)
        rest = body.express(self.rest, expression(pose))
        vertices = body.skin(rest, self.heads, placed)
        skin = self.skin_matrix @ vertices[body.vertices["body"]]
        facing = normals(skin, self.skin_faces)
        found = [Mesh(skin, self.skin_faces, self.skin_material, facing, colours=self.skin_colours)]
        turn = placed.rotations[body.bone["head"]]
        down, aside = np.clip(pose["gaze"], (-0.3, -0.5), (0.3, 0.5))
        for part, matrix, mesh_faces in self.eyes:
            points = matrix @ vertices[part]
            centre = (points.min(axis=0) + points.max(axis=0)) / 2
            facing = unit(points - centre)
            colours = faces.eye_colours(facing, turn @ euler(down, aside)[:, 2], self.face.iris)
            found.append(Mesh(points, mesh_faces, self.eye_material, facing, colours=colours))
        for fall, points, mesh_faces, facing, colours in self.ribbons:
            with_head, with_chest = (
                (points - self.heads[bone]) @ placed.rotations[bone].T + placed.heads[bone]
                for bone in (body.bone["head"], body.bone["spine01"])
            )
            points, facing = with_head + fall * (with_chest - with_head), facing @ turn.T
            found.append(Mesh(points, mesh_faces, self.ribbon_material, facing, colours=colours))
        for garment, cloth in self.garments:
            points, facing, texcoords = garment.put_on(vertices)
            found.append(Mesh(points, garment.mesh_faces, cloth, facing, texcoords))
        return found, body.joints(vertices, placed, self.height)
