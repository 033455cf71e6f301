"""A person: one body with a face, hair and clothes, that can be put in any pose."""

import numpy as np

from data.people import faces, hair
from data.people.body import load_body
from data.people.clothes import Garment
from data.people.fabrics import blend
from data.people.geometry import euler, normals, smoothstep, subdivide, triangles, unit
from data.people.motion import Parameters, place
from data.people.rendering import Mesh, material
from data.people.wardrobe import sample_headwear, sample_outfit

DETAILED = 128  # height of the picture in pixels from which all is made of finer meshes
HIDDEN = 0.03  # metres inside of a garment's edge from which skin is left out
COVER, SHAVEN = 0.9, (0.0, 0.6)  # how much a scalp is painted like hair, below locks and shaven


class Person:
    """A random person and what is worn, to look well in pictures of `size` pixels.

    `rest` (V, 3) and `heads` (B, 3) are the vertices of the Body `body` and its bones' heads for
    this person at rest.
    """

    def __init__(self, rng: np.random.Generator, size: int = 256):
        self.body = body = load_body()
        first, second = rng.integers(len(body.coefficients), size=2)
        share = rng.uniform(0, 0.3)
        mixed = (1 - share) * body.coefficients[first] + share * body.coefficients[second]
        self.rest, self.heads = body.shape(mixed)
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
        cuts = sample_outfit(rng, woman) + sample_headwear(rng, woman, body.eye_height)
        texels = int(np.clip(1.5 * size, 64, 512))
        self.garments = [
            Garment(rng, body, self.rest, cut, cuts[index + 1 :], self.detail, texels)
            for index, cut in enumerate(cuts)
        ]
        # Skirts stand off; all else covers the skin below it, and hats the hair.
        skin = body.places["body"]
        worn = np.max([cut.keep(skin) for cut in cuts if cut.group != "skirt"], axis=0)
        self.hidden, self.hatless = worn > HIDDEN, smoothstep(worn, 0.004, -0.004)

    def _prepare_skin(self, cover):
        """Prepares the skin that shows, finer on the head, and the eyes."""
        body, skin = self.body, self.body.places["body"]
        quads = body.quads["body"]
        quads = quads[~self.hidden[quads].all(axis=1)]
        on_head = (skin.head[quads] > 0.5).all(axis=1)
        fine, self.skin_matrix = subdivide(quads[on_head], len(skin.mean))
        mesh_faces = triangles(np.concatenate([quads[~on_head], fine]))
        points = self.skin_matrix @ skin.mean
        masks = {name: self.skin_matrix @ mask for name, mask in body.masks.items()}
        colours = self.face.skin_colours(body, points, masks)
        hairy = cover * faces.scalp(body, points, self.rise)
        colours = blend(colours, 0.6 * self.face.hair, hairy)
        surface = material(None, 0.45, 0.4, flatness=0.4)
        self.skin = Mesh(points, mesh_faces, surface, colours=colours)
        self.eyes, shiny = [], material(None, 0.1, 0.5)
        for group in ("left_eye", "right_eye"):
            part = body.vertices[group]
            quads = body.quads[group] - part.start
            quads, finer = subdivide(quads, part.stop - part.start, self.detail + 1)
            mesh = Mesh(finer @ body.mean[part], triangles(quads), shiny)
            self.eyes.append((mesh, part, finer))

    def _prepare_ribbons(self, rng, woman):
        """Prepares what moves with the head: locks of hair and beard, glasses."""
        body, face = self.body, self.face
        head = hair.Head(body, self.rest, hair.LOCKS * self.detail // 2)
        density = {self.style: self.hatless * faces.scalp(body, head.mean, self.rise)}
        if not woman and rng.random() < 0.35:
            breadth = rng.choice(faces.BEARDS)
            density["beard"] = faces.beard(body, head.mean, body.masks["lips"], breadth)
        grown = [style for style in density if style != "shaven" and density[style].any()]
        ribbons = [head.hair(rng, style, density[style], face.hair) for style in grown]
        if face.glasses is not None:
            eye = self.rest[body.vertices["left_eye"]].mean(axis=0)
            left_ear = np.flatnonzero(body.masks["ears"] * head.mean[:, 0] > 0.03)
            ear = self.rest[left_ear].mean(axis=0)
            lines = faces.glasses_lines(eye, ear)
            ribbons += [head.ribbons(rng, line[None], faces.FRAME, face.glasses) for line in lines]
        chin = self.heads[body.bone["head"], 1]
        # What hangs below the chin goes with the chest.
        falls = [smoothstep(mesh.points[:, 1:2], chin, chin - 0.14) for mesh in ribbons]
        self.ribbons = list(zip(ribbons, falls, strict=True))

    def joints(self, pose: Parameters) -> np.ndarray:
        """The joints (14, 3) of FULL_BODY in a pose."""
        return self.body.joints(self.rest, self.heads, place(self.body, self.heads, pose))

    def meshes(self, pose: Parameters) -> list[Mesh]:
        """What to render of the person in a pose."""
        body = self.body
        placed = place(body, self.heads, pose)
        vertices = body.skin(body.express(self.rest, pose["face"]), self.heads, placed)
        points = self.skin_matrix @ vertices[body.vertices["body"]]
        found = [self.skin._replace(points=points, normals=normals(points, self.skin.faces))]
        turn = placed.rotations[body.bone["head"]]
        down, aside = np.clip(pose["gaze"], (-0.3, -0.5), (0.3, 0.5))
        for mesh, part, matrix in self.eyes:
            points = matrix @ vertices[part]
            centre = (points.min(axis=0) + points.max(axis=0)) / 2
            facing = unit(points - centre)
            colours = faces.eye_colours(facing, turn @ euler(down, aside)[:, 2], self.face.iris)
            found.append(mesh._replace(points=points, normals=facing, colours=colours))
        for mesh, fall in self.ribbons:
            with_head, with_chest = (
                (mesh.points - self.heads[bone]) @ placed.rotations[bone].T + placed.heads[bone]
                for bone in (body.bone["head"], body.bone["spine01"])
            )
            points = with_head + fall * (with_chest - with_head)
            found.append(mesh._replace(points=points, normals=mesh.normals @ turn.T))
        return found + [garment.put_on(vertices) for garment in self.garments]
