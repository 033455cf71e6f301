"""The body: 160 people's shapes, a skeleton that poses them, and the joints of an annotator.

`body.npz` is MakeHuman's public-domain base mesh (`LICENSE-body.txt`): a skinned body with eyes,
and meshes around it that clothes are made from. Metres; at rest it is in an A pose with the feet
at y = 0. Left and right are mirror images.
"""

import functools
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy.sparse

from data.people.geometry import unit

SIDES = {"L": 1, "R": -1}  # the sides' suffixes, and the sign of x there
GROUPS = ("body", "left_eye", "right_eye", "tights", "skirt", "hair")
MASKS = ("lips", "eyelids", "ears", "nails", "mouth")
SMILE, BLINK = ("mouthSmileLeft", "mouthSmileRight"), ("eyeBlinkLeft", "eyeBlinkRight")
ACTIONS = (SMILE, ("jawOpen",), ("mouthPucker",), ("browInnerUp",), BLINK)
"""Movements of the face that go together."""
HEAD_RISE, SHOULDER_RISE, NECK_RISE = 0.015, 0.017, 0.015
"""Shares of the body's height that an annotator's head is above the crown, for there is hair, the
shoulders above the arms' bones, and the neck above the shoulders' line."""
ARM = ("upperarm01", "lowerarm01", "wrist")
LEG = ("upperleg01", "lowerleg01", "foot")  # bones that start at a limb's three joints
PARTS = ("upperarm lowerarm wrist finger", "upperleg lowerleg foot", "head neck03")
"""What the names of the bones of arms, legs and head begin with."""


class Pose(NamedTuple):
    """Where the bones are: rotations (B, 3, 3) from the rest pose, and their heads (B, 3)."""

    rotations: np.ndarray
    heads: np.ndarray


class Places(NamedTuple):
    """Where vertices are on the mean body: points (V, 3), and coordinates (V,) to cut clothes by.

    `arm`, `leg` and `head` are the shares of those bones. `along_arm` is 0 at the shoulder, 1 at
    the elbow, 2 at the wrist; `along_leg` is 0 at the hip, 1 at the knee, 2 at the ankle.
    """

    mean: np.ndarray
    arm: np.ndarray
    leg: np.ndarray
    head: np.ndarray
    along_arm: np.ndarray
    along_leg: np.ndarray

    @property
    def across(self) -> np.ndarray:
        """Distance from the body's middle plane."""
        return np.abs(self.mean[:, 0])

    def mixed(self, matrix: scipy.sparse.csr_matrix) -> "Places":
        """The places of vertices that are weighted means of these."""
        return Places(*(matrix @ values for values in self))


class Body:
    """What all people share: topology, skinning, and the `places` of each mesh's vertices."""

    def __init__(self):
        with np.load(Path(__file__).with_name("body.npz")) as file:
            data = dict(file)
        self.mean, self.mean_heads = data["mean"], data["joints"][0]
        self.bone = {name: index for index, name in enumerate(data["bones"].tolist())}
        self.parents = data["parents"].astype(int)
        self.basis = data["basis"].astype("float32")
        self.coefficients, self.phenotypes = data["coefficients"], data["phenotypes"]
        ranges = (slice(*ends) for ends in data["vertex_ranges"])
        self.vertices = dict(zip(GROUPS, ranges, strict=True))
        quads, group = data["quads"].astype(int), data["quad_group"]
        self.quads = {name: quads[group == index] for index, name in enumerate(GROUPS)}
        masks = data["masks"][self.vertices["body"]].T.astype("float32") / 255
        self.masks = dict(zip(MASKS, masks, strict=True))
        names = data["expression_names"].tolist()
        self.expressions = dict(zip(names, data["expressions"], strict=True))
        self.expression_vertices = data["expression_vertices"].astype(int)
        weights = np.zeros((len(self.mean), len(self.bone)), "float32")
        shares = data["weights"].astype("float32") / 65535
        np.put_along_axis(weights, data["weight_bones"].astype(int), shares, axis=1)
        self.weights = scipy.sparse.csr_matrix(weights)
        shares = [
            weights[:, [name.startswith(tuple(part.split())) for name in self.bone]].sum(axis=1)
            for part in PARTS
        ]
        places = (self.mean, *shares, self._along(ARM), self._along(LEG))
        self.places = {
            group: Places(*(values[part] for values in places))
            for group, part in self.vertices.items()
        }
        skin = self.places["body"].mean
        self.crown = int(np.where(np.abs(skin[:, 0]) < 0.01, skin[:, 1], 0).argmax())
        self.eye_height = float(self.mean[self.vertices["left_eye"], 1].mean())

    def _along(self, bones):
        """How far along a limb every vertex is: 0 at its start, 1 at its hinge, 2 at its end."""
        start, hinge, end = (self.mean_heads[self.bone[f"{bone}.L"]] for bone in bones)
        upper, lower = hinge - start, end - hinge
        # The right side is mirrored onto the left one.
        points = np.stack([np.abs(self.mean[:, 0]), *self.mean.T[1:]], axis=1)
        on_upper = (points - start) @ upper / (upper @ upper)
        on_lower = (points - hinge) @ lower / (lower @ lower)
        beyond = (points - hinge) @ (unit(upper) + unit(lower)) > 0
        return np.where(beyond, 1 + np.maximum(on_lower, 0), np.minimum(on_upper, 1))

    def shape(self, coefficients: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """A person's vertices (V, 3) and bones' heads (B, 3) in the rest pose."""
        moved = np.tensordot(coefficients.astype("float32"), self.basis, 1)
        vertices, heads = np.split(moved[: len(self.mean) + len(self.bone)], [len(self.mean)])
        return self.mean + vertices, (self.mean_heads + heads).astype(float)

    def express(self, vertices: np.ndarray, amounts: np.ndarray) -> np.ndarray:
        """Vertices with an expression: the amount of each of ACTIONS, 0 to about 1."""
        vertices = vertices.copy()
        for names, amount in zip(ACTIONS, amounts, strict=True):
            for name in names:
                vertices[self.expression_vertices] += np.float32(amount) * self.expressions[name]
        return vertices

    def forward(self, heads, local: dict, fixed: dict, position) -> Pose:
        """Places the bones of a person, whose heads (B, 3) at rest are given, the root's first.

        By bone, `local` has rotations relative to the parent, `fixed` ones from the rest pose.
        """
        rotations = np.tile(np.eye(3), (len(heads), 1, 1))
        placed = np.tile(position, (len(heads), 1))
        for (bone, index), parent in zip(self.bone.items(), self.parents, strict=True):
            if parent >= 0:
                rotations[index] = rotations[parent]
                placed[index] = placed[parent] + rotations[parent] @ (heads[index] - heads[parent])
            rotations[index] = fixed.get(bone, rotations[index] @ local.get(bone, np.eye(3)))
        return Pose(rotations, placed)

    def skin(self, vertices: np.ndarray, heads: np.ndarray, pose: Pose) -> np.ndarray:
        """Moves a person's vertices (V, 3) at rest into a pose."""
        shifts = pose.heads - np.einsum("bij,bj->bi", pose.rotations, heads)
        transforms = np.concatenate([pose.rotations, shifts[..., None]], axis=2)
        blended = (self.weights @ transforms.reshape(-1, 12).astype("float32")).reshape(-1, 3, 4)
        return np.einsum("vij,vj->vi", blended[..., :3], vertices) + blended[..., 3]

    def joints(self, vertices: np.ndarray, heads: np.ndarray, pose: Pose) -> np.ndarray:
        """The joints (14, 3) of FULL_BODY where annotators put them, of a person at rest."""
        bones = [f"{bone}.{side}" for limb in (ARM, LEG) for side in "RL" for bone in limb]
        limbs, shoulders = pose.heads[[self.bone[name] for name in bones]], [0, 3]
        head, height = self.bone["head"], vertices[self.crown, 1]
        top = vertices[self.crown] - heads[head] + (0, HEAD_RISE * height, 0)
        upwards = height * pose.rotations[self.bone["spine01"]][:, 1]
        limbs[shoulders] += SHOULDER_RISE * upwards
        neck = limbs[shoulders].mean(axis=0) + NECK_RISE * upwards
        return np.stack([pose.heads[head] + pose.rotations[head] @ top, neck, *limbs])


@functools.cache
def load_body() -> Body:
    """The body that is shipped with the package, read once a process."""
    return Body()
